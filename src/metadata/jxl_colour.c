/* jxl_colour.c - reads the header of a codestream, bit by bit, up to its colour encoding. */
#include "metadata/jxl_colour.h"

#include <string.h>

#include "probe/box_scan.h"

/* What follows the number of a part (jxlp, ISO/IEC 18181-2). */
#define PART_HEAD 4

/* Enumerations of ISO/IEC 18181-1, D.3.4. */
enum { SPACE_RGB = 0, SPACE_GRAY = 1, SPACE_XYB = 2, CUSTOM = 2, PRIMARIES_SRGB = 1 };

/* Of more kinds of channels than this the header says so much that it is no picture. */
#define EXTRA_CHANNELS_MAX 16

struct bits {
	struct bytes bytes;
	uint64_t at; /* bits */
	bool beyond;
};

static uint32_t take(struct bits *bits, unsigned count)
{
	uint32_t value = 0;

	if (bits->at + count > 8 * (uint64_t)bits->bytes.size) {
		bits->beyond = true;
		return 0;
	}
	for (unsigned i = 0; i < count; i++, bits->at++)
		value |= (uint32_t)(bits->bytes.data[bits->at / 8] >> (bits->at % 8) & 1) << i;
	return value;
}

/* U32(): one of four ways, each a constant and so many bits more. */
struct way {
	uint32_t base;
	unsigned bits;
};

static uint32_t take_u32(struct bits *bits, const struct way ways[4])
{
	const struct way *way = &ways[take(bits, 2)];

	return way->base + take(bits, way->bits);
}

static uint32_t take_enum(struct bits *bits)
{
	static const struct way ways[4] = {{0, 0}, {1, 0}, {2, 4}, {18, 6}};

	return take_u32(bits, ways);
}

static void skip_size(struct bits *bits)
{
	static const struct way side[4] = {{1, 9}, {1, 13}, {1, 18}, {1, 30}};
	const bool small = take(bits, 1);

	if (small)
		(void)take(bits, 5);
	else
		(void)take_u32(bits, side);
	if (take(bits, 3)) /* the width is a ratio of the height */
		return;
	if (small)
		(void)take(bits, 5);
	else
		(void)take_u32(bits, side);
}

static void skip_preview(struct bits *bits)
{
	static const struct way eighths[4] = {{16, 0}, {32, 0}, {1, 5}, {33, 9}};
	static const struct way side[4] = {{1, 6}, {65, 8}, {321, 10}, {1345, 12}};
	const struct way *ways = take(bits, 1) ? eighths : side;

	(void)take_u32(bits, ways);
	if (!take(bits, 3))
		(void)take_u32(bits, ways);
}

static void skip_animation(struct bits *bits)
{
	static const struct way ticks[4] = {{100, 0}, {1000, 0}, {1, 10}, {1, 30}};
	static const struct way divisor[4] = {{1, 0}, {1001, 0}, {1, 8}, {1, 10}};
	static const struct way loops[4] = {{0, 0}, {0, 3}, {0, 16}, {0, 32}};

	(void)take_u32(bits, ticks);
	(void)take_u32(bits, divisor);
	(void)take_u32(bits, loops);
	(void)take(bits, 1);
}

static void skip_depth(struct bits *bits)
{
	static const struct way integers[4] = {{8, 0}, {10, 0}, {12, 0}, {1, 6}};
	static const struct way floats[4] = {{32, 0}, {16, 0}, {24, 0}, {1, 6}};

	if (!take(bits, 1)) {
		(void)take_u32(bits, integers);
		return;
	}
	(void)take_u32(bits, floats);
	(void)take(bits, 4);
}

/* Red, green, blue and solidity, of 16 bits each. */
static void skip_spot(struct bits *bits)
{
	(void)take(bits, 32);
	(void)take(bits, 32);
}

/* Returns whether it is alpha that colours have been multiplied by. */
static bool take_channel(struct bits *bits)
{
	enum { ALPHA = 0, SPOT = 2, CFA = 5 };
	static const struct way shift[4] = {{0, 0}, {3, 0}, {4, 0}, {1, 3}};
	static const struct way name[4] = {{0, 0}, {0, 4}, {16, 5}, {48, 10}};
	static const struct way cfa[4] = {{1, 0}, {0, 2}, {3, 4}, {19, 8}};
	uint32_t type, length;

	if (take(bits, 1)) /* alpha beside them */
		return false;
	type = take_enum(bits);
	skip_depth(bits);
	(void)take_u32(bits, shift);
	length = take_u32(bits, name);
	for (uint32_t i = 0; i < length; i++)
		(void)take(bits, 8);
	if (type == ALPHA)
		return take(bits, 1);
	if (type == SPOT)
		skip_spot(bits);
	else if (type == CFA)
		(void)take_u32(bits, cfa);
	return false;
}

/* Everything before the colour encoding. Returns false if all is as by default. *associated:
 * whether the colours have been multiplied by alpha. */
static bool skip_to_colour(struct bits *bits, bool *associated)
{
	static const struct way channels[4] = {{0, 0}, {1, 0}, {2, 4}, {1, 12}};
	uint32_t count;

	*associated = false;
	(void)take(bits, 16); /* the signature */
	skip_size(bits);
	if (take(bits, 1))
		return false;
	if (take(bits, 1)) {
		(void)take(bits, 3); /* orientation */
		if (take(bits, 1))
			skip_size(bits);
		if (take(bits, 1))
			skip_preview(bits);
		if (take(bits, 1))
			skip_animation(bits);
	}
	skip_depth(bits);
	(void)take(bits, 1); /* whether 16 bits suffice to decode */
	count = take_u32(bits, channels);
	for (uint32_t i = 0; i < count && i < EXTRA_CHANNELS_MAX; i++)
		*associated |= take_channel(bits);
	(void)take(bits, 1); /* whether it is XYB */
	return count <= EXTRA_CHANNELS_MAX;
}

static void skip_points(struct bits *bits, unsigned count)
{
	static const struct way coordinate[4] = {
	    {0, 19}, {1U << 19, 19}, {1U << 20, 20}, {1U << 21, 21}};

	for (unsigned i = 0; i < 2 * count; i++)
		(void)take_u32(bits, coordinate);
}

static struct colour_codes read_encoding(struct bits *bits)
{
	struct colour_codes codes = {.told = true, .primaries = PRIMARIES_SRGB};
	uint32_t space;

	if (take(bits, 1)) /* the default */
		return (struct colour_codes){0};
	if (take(bits, 1)) /* a profile */
		return (struct colour_codes){0};
	space = take_enum(bits);
	if (space != SPACE_RGB && space != SPACE_GRAY)
		return (struct colour_codes){0};
	if (take_enum(bits) == CUSTOM)
		skip_points(bits, 1);
	if (space == SPACE_RGB)
		codes.primaries = (uint16_t)take_enum(bits);
	if (space == SPACE_RGB && codes.primaries == CUSTOM)
		skip_points(bits, 3);
	if (take(bits, 1)) /* a gamma */
		return (struct colour_codes){0};
	codes.transfer = (uint16_t)take_enum(bits);
	/* "P3" is Display P3 or DCI's by its white point; H.273 has a number for each */
	if (codes.primaries == 11)
		codes.primaries = 12;
	if (bits->beyond)
		codes = (struct colour_codes){0};
	return codes;
}

/* The codestream, or its first part. */
static struct bytes codestream(struct bytes file)
{
	struct box box;
	uint64_t at = 0;

	if (bytes_have(file, 0, 2) && file.data[0] == 0xff)
		return file;
	while (box_next(file, &at, &box)) {
		if (box_is(&box, "jxlc"))
			return box.content;
		if (box_is(&box, "jxlp") && box.content.size > PART_HEAD)
			return (struct bytes){box.content.data + PART_HEAD,
			                      box.content.size - PART_HEAD};
	}
	return (struct bytes){0};
}

struct colour_codes jxl_codes(struct bytes file)
{
	struct bits bits = {.bytes = codestream(file)};
	bool associated;

	if (!skip_to_colour(&bits, &associated))
		return (struct colour_codes){0};
	return read_encoding(&bits);
}

bool jxl_is_premultiplied(struct bytes file)
{
	struct bits bits = {.bytes = codestream(file)};
	bool associated;

	return skip_to_colour(&bits, &associated) && associated && !bits.beyond;
}

bool jxl_has_gain_map(struct bytes file)
{
	struct box box;
	uint64_t at = 0;

	if (!bytes_have(file, 0, 2) || file.data[0] == 0xff)
		return false;
	while (box_next(file, &at, &box))
		if (box_is(&box, "jhgm") || (box_is(&box, "brob") && box.content.size >= 4 &&
		                             !memcmp(box.content.data, "jhgm", 4)))
			return true;
	return false;
}
