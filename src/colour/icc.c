/* icc.c - reads ICC profiles (ICC.1:2010) as far as telling sRGB from others takes. */
#include "colour/icc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "colour/colour_codes.h"
#include "colour/srgb.h"

#define HEADER 128

/* sRGB's primaries adapted to D50 (ICC's sRGB2014.icc), in s15Fixed16: X, Y, Z. */
static const int32_t primaries[3][3] = {
    {28578, 14581, 912}, {25241, 46981, 6362}, {9376, 3972, 46799}};

/* Profiles of the same space differ by their chromatic adaptation: about 0.003. */
#define PRIMARY_TOLERANCE 200

/* How far a curve may lead from sRGB's for the difference to be one of rounding and interpolation
 * (small profiles have tables of 20 to 50 points): in steps of 1/255 of what is seen. A pure gamma
 * of 2.2, the nearest thing that is not sRGB, is off by more than 6. */
#define TRANSFER_TOLERANCE 1.5

/* Values at which a curve is looked at. */
#define PROBES 64

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

static double fixed(const unsigned char *p)
{
	return (int32_t)be32(p) / 65536.0;
}

/* A parametric curve, of the types 0, 3 and 4 (ICC.1:2022, 10.18): the others have no linear part
 * that begins at 0, and so aren't sRGB's. NAN for those. */
static double parametric_at(struct bytes tag, double x)
{
	static const unsigned counts[5] = {1, 0, 0, 5, 7};
	unsigned type = be16(tag.data + 8);
	double p[7] = {0};

	if (type > 4 || !counts[type] || !bytes_have(tag, 12, UINT64_C(4) * counts[type]))
		return NAN;
	for (unsigned i = 0; i < counts[type]; i++)
		p[i] = fixed(tag.data + 12 + UINT64_C(4) * i);
	if (type == 0)
		return pow(x, p[0]);
	return x >= p[4] ? pow(p[1] * x + p[2], p[0]) + p[5] : p[3] * x + p[6];
}

/* A table, or with one entry a gamma in 8.8 bits. */
static double table_at(struct bytes tag, double x)
{
	uint32_t count = be32(tag.data + 8);
	const unsigned char *p = tag.data + 12;

	if (!count)
		return x;
	if (!bytes_have(tag, 12, UINT64_C(2) * count))
		return NAN;
	if (count == 1)
		return pow(x, be16(p) / 256.0);
	double at = x * (count - 1);
	uint32_t low = at >= count - 1 ? count - 2 : (uint32_t)at;
	double first = be16(p + (size_t)2 * low), second = be16(p + (size_t)2 * low + 2);

	return (first + (second - first) * (at - low)) / UINT16_MAX;
}

static double curve_at(struct bytes tag, double x)
{
	return !memcmp(tag.data, "para", 4) ? parametric_at(tag, x) : table_at(tag, x);
}

/* Whether converting from this curve to sRGB's would leave everything as it is. */
static bool is_transfer(struct bytes tag)
{
	if (tag.size < 12 || (memcmp(tag.data, "para", 4) != 0 && memcmp(tag.data, "curv", 4) != 0))
		return false;
	for (int i = 0; i <= PROBES; i++) {
		/* closer in the shadows, where curves differ most */
		double x = (double)i * i / (PROBES * PROBES);
		double off = 255 * (srgb_encoded(curve_at(tag, x)) - x);

		/* not the other way round: NAN is far off */
		if (!(off <= TRANSFER_TOLERANCE && off >= -TRANSFER_TOLERANCE))
			return false;
	}
	return true;
}

/* Tables go before curves if a profile has both (ICC.1:2022, 9.2). */
static bool has_tables(struct bytes profile)
{
	static const char *const tables[] = {"A2B0", "A2B1", "D2B0", "D2B1"};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (find_tag(profile, tables[i]).size)
			return true;
	return false;
}

static bool is_srgb(struct bytes profile)
{
	static const char *const colorants[3] = {"rXYZ", "gXYZ", "bXYZ"};
	static const char *const curves[3] = {"rTRC", "gTRC", "bTRC"};

	if (has_tables(profile) || memcmp(profile.data + 20, "XYZ ", 4) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!is_primary(find_tag(profile, colorants[i]), primaries[i]) ||
		    !is_transfer(find_tag(profile, curves[i])))
			return false;
	return true;
}

static bool is_srgb_gray(struct bytes profile)
{
	return !has_tables(profile) && memcmp(profile.data + 20, "XYZ ", 4) == 0 &&
	       is_transfer(find_tag(profile, "kTRC"));
}

bool icc_is_perceptual(struct bytes profile)
{
	return find_tag(profile, "A2B0").size || find_tag(profile, "D2B0").size;
}

struct colour_codes icc_codes(struct bytes profile)
{
	const struct bytes tag = find_tag(profile, "cicp");

	if (tag.size < 12 || memcmp(tag.data, "cicp", 4) != 0)
		return (struct colour_codes){0};
	return (struct colour_codes){
	    .told = true, .primaries = tag.data[8], .transfer = tag.data[9]};
}

enum icc_kind icc_classify(struct bytes profile, enum icc_pixels pixels)
{
	static const char spaces[][5] = {
	    [ICC_GRAY] = "GRAY", [ICC_RGB] = "RGB ", [ICC_CMYK] = "CMYK", [ICC_LAB] = "Lab "};

	if (profile.size < HEADER + 4 || memcmp(profile.data + 36, "acsp", 4) != 0 ||
	    be32(profile.data) > profile.size || memcmp(profile.data + 16, spaces[pixels], 4) != 0)
		return ICC_UNUSABLE;
	if ((pixels == ICC_RGB && is_srgb(profile)) ||
	    (pixels == ICC_GRAY && is_srgb_gray(profile)))
		return ICC_SRGB;
	return ICC_OTHER;
}

bool icc_is_end(const uint8_t background[3])
{
	return background[0] == background[1] && background[1] == background[2] &&
	       (background[0] == 0 || background[0] == UINT8_MAX);
}
