/* icc.c - reads ICC profiles (ICC.1:2010) as far as telling sRGB from others takes. */
#include "image/icc.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 128

/* sRGB's primaries adapted to D50 (ICC's sRGB2014.icc), in s15Fixed16: X, Y, Z. */
static const int32_t primaries[3][3] = {
    {28578, 14581, 912}, {25241, 46981, 6362}, {9376, 3972, 46799}};

/* Profiles of the same space differ by their chromatic adaptation: about 0.003. */
#define PRIMARY_TOLERANCE 200

/* The transfer function of IEC 61966-2-1 at 0/16 ... 16/16, of 65535. */
static const uint16_t transfer[17] = {0,     338,   940,   1923,  3334,  5215,  7603,  10530, 14027,
                                      18122, 22840, 28206, 34243, 40975, 48420, 56601, 65535};
#define TRANSFER_TOLERANCE 250

/* Its parameters g, a, b, c, d as a parametric curve, s15Fixed16. */
static const int32_t parameters[5] = {157286, 62119, 3417, 5072, 2651};
#define PARAMETER_TOLERANCE 40

static bool near(int64_t a, int64_t b, int64_t tolerance)
{
	return llabs(a - b) <= tolerance;
}

/* The bytes of a tag, empty when there is none or it lies outside. */
static struct bytes find_tag(struct bytes profile, const char *signature)
{
	uint32_t count = bytes_have(profile, HEADER, 4) ? be32(profile.data + HEADER) : 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = HEADER + 4 + 12 * (uint64_t)i;

		if (!bytes_have(profile, at, 12))
			break;
		if (!memcmp(profile.data + at, signature, 4) &&
		    bytes_have(profile, be32(profile.data + at + 4), be32(profile.data + at + 8)))
			return (struct bytes){profile.data + be32(profile.data + at + 4),
			                      be32(profile.data + at + 8)};
	}
	return (struct bytes){0};
}

static bool is_primary(struct bytes tag, const int32_t *primary)
{
	if (tag.size < 20 || memcmp(tag.data, "XYZ ", 4) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!near((int32_t)be32(tag.data + 8 + 4 * i), primary[i], PRIMARY_TOLERANCE))
			return false;
	return true;
}

static bool is_parametric(struct bytes tag)
{
	uint32_t type = be16(tag.data + 8);

	/* types 3 and 4 begin with the same five; 4 has two offsets more, 0 here */
	if ((type != 3 && type != 4) || tag.size < (type == 3 ? 32U : 40U))
		return false;
	for (size_t i = 0; i < 5; i++)
		if (!near((int32_t)be32(tag.data + 12 + 4 * i), parameters[i], PARAMETER_TOLERANCE))
			return false;
	return type == 3 || (near((int32_t)be32(tag.data + 32), 0, PARAMETER_TOLERANCE) &&
	                     near((int32_t)be32(tag.data + 36), 0, PARAMETER_TOLERANCE));
}

static bool is_table(struct bytes tag)
{
	uint64_t count = be32(tag.data + 8);

	if (count < 256 || count > UINT16_MAX || tag.size < 12 + 2 * count)
		return false;
	for (uint64_t i = 0; i <= 16; i++) {
		uint64_t sixteenths = i * (count - 1);
		const unsigned char *p = tag.data + 12 + 2 * (sixteenths / 16);
		int64_t low = be16(p), part = (int64_t)(sixteenths % 16);
		int64_t value = part ? low + ((int64_t)be16(p + 2) - low) * part / 16 : low;

		if (!near(value, transfer[i], TRANSFER_TOLERANCE))
			return false;
	}
	return true;
}

static bool is_transfer(struct bytes tag)
{
	if (tag.size < 12)
		return false;
	return !memcmp(tag.data, "para", 4) ? is_parametric(tag)
	                                    : !memcmp(tag.data, "curv", 4) && is_table(tag);
}

static bool is_srgb(struct bytes profile)
{
	static const char *const colorants[3] = {"rXYZ", "gXYZ", "bXYZ"};
	static const char *const curves[3] = {"rTRC", "gTRC", "bTRC"};

	if (find_tag(profile, "A2B0").size || memcmp(profile.data + 20, "XYZ ", 4) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!is_primary(find_tag(profile, colorants[i]), primaries[i]) ||
		    !is_transfer(find_tag(profile, curves[i])))
			return false;
	return true;
}

enum icc_kind icc_classify(struct bytes profile, enum icc_pixels pixels)
{
	static const char spaces[][5] = {
	    [ICC_GRAY] = "GRAY", [ICC_RGB] = "RGB ", [ICC_CMYK] = "CMYK"};

	if (profile.size < HEADER + 4 || memcmp(profile.data + 36, "acsp", 4) != 0 ||
	    be32(profile.data) > profile.size || memcmp(profile.data + 16, spaces[pixels], 4) != 0)
		return ICC_UNUSABLE;
	return pixels == ICC_RGB && is_srgb(profile) ? ICC_SRGB : ICC_OTHER;
}
