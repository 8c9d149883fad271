/* hevc_colour.c - the sequence parameter set of HEVC (ITU-T H.265, 7.3.2.2), as far as the numbers
 * of its colours, which are in what it says of usability (E.2.1).
 */
#include "metadata/hevc_colour.h"

#include "metadata/header_bits.h"

#define UNIT_PARAMETER_SET 33

/* Before the arrays of units. */
#define CONFIGURATION_HEAD 22

#define PROFILE_BITS 88
#define LEVEL_BITS   8

/* The most that H.265 allows of sub-layers (7.4.3.2.1), sets of reference pictures, pictures in
 * one, and long-term pictures. */
#define SUB_LAYERS_MAX 6
#define SETS_MAX       64
#define PICTURES_MAX   16
#define LONG_TERM_MAX  32

#define CHROMA_444         3
#define ASPECT_RATIO_TOLD  255
#define ORDER_COUNT_BITS   16
#define SCALING_LIST_KINDS 4

static void skip_golombs(struct header_bits *bits, uint32_t count)
{
	for (; count > 0 && !bits->ended; count--)
		(void)header_bits_golomb(bits);
}

/* A count that is no larger than it may be. */
static uint32_t take_count(struct header_bits *bits, uint32_t max)
{
	const uint32_t count = header_bits_golomb(bits);

	bits->ended |= count > max;
	return bits->ended ? 0 : count;
}

static void skip_profile(struct header_bits *bits, unsigned sub_layers)
{
	unsigned told = 0;

	header_bits_skip(bits, PROFILE_BITS + LEVEL_BITS);
	for (unsigned i = 0; i < sub_layers; i++) {
		told += header_bits_flag(bits) ? PROFILE_BITS : 0;
		told += header_bits_flag(bits) ? LEVEL_BITS : 0;
	}
	if (sub_layers)
		header_bits_skip(bits, 2 * (8 - sub_layers));
	header_bits_skip(bits, told);
}

/* Chroma, size, window and depth. */
static void skip_format(struct header_bits *bits)
{
	skip_golombs(bits, 1);
	if (header_bits_golomb(bits) == CHROMA_444)
		header_bits_skip(bits, 1);
	skip_golombs(bits, 2);
	if (header_bits_flag(bits))
		skip_golombs(bits, 4);
	skip_golombs(bits, 2);
}

/* 7.3.4. Signed codes are as long as those without a sign. */
static void skip_scaling_list(struct header_bits *bits, unsigned kind)
{
	if (header_bits_flag(bits))
		skip_golombs(bits, (kind > 1) + (kind ? 64U : 16U));
	else
		skip_golombs(bits, 1);
}

static void skip_scaling_lists(struct header_bits *bits)
{
	const bool enabled = header_bits_flag(bits), told = enabled && header_bits_flag(bits);

	if (!told)
		return;
	for (unsigned kind = 0; kind < SCALING_LIST_KINDS; kind++)
		for (unsigned i = 0; i < (kind == SCALING_LIST_KINDS - 1 ? 2U : 6U); i++)
			skip_scaling_list(bits, kind);
}

static void skip_tools(struct header_bits *bits)
{
	skip_golombs(bits, 6);
	skip_scaling_lists(bits);
	header_bits_skip(bits, 2);
	if (header_bits_flag(bits)) { /* samples as they are */
		header_bits_skip(bits, 8);
		skip_golombs(bits, 2);
		header_bits_skip(bits, 1);
	}
}

/* A set that is told by the one before (7.3.7): which of its pictures, and of its own place, stay.
 * Returns how many. */
static uint32_t read_predicted(struct header_bits *bits, uint32_t before)
{
	uint32_t count = 0;

	header_bits_skip(bits, 1);
	skip_golombs(bits, 1);
	for (uint32_t i = 0; i <= before && !bits->ended; i++) {
		const bool used = header_bits_flag(bits);

		count += used || header_bits_flag(bits);
	}
	bits->ended |= count > PICTURES_MAX;
	return count;
}

static uint32_t read_set(struct header_bits *bits)
{
	const uint32_t negative = take_count(bits, PICTURES_MAX);
	const uint32_t positive = take_count(bits, PICTURES_MAX - negative);

	for (uint32_t i = 0; i < negative + positive && !bits->ended; i++) {
		skip_golombs(bits, 1);
		header_bits_skip(bits, 1);
	}
	return negative + positive;
}

static void skip_references(struct header_bits *bits, uint32_t order_bits)
{
	const uint32_t sets = take_count(bits, SETS_MAX);
	uint32_t pictures = 0;

	for (uint32_t i = 0; i < sets && !bits->ended; i++)
		pictures =
		    i && header_bits_flag(bits) ? read_predicted(bits, pictures) : read_set(bits);
	if (header_bits_flag(bits))
		header_bits_skip(bits, take_count(bits, LONG_TERM_MAX) * (order_bits + 1));
}

/* E.2.1 */
static struct colour_codes read_usability(struct header_bits *bits)
{
	if (header_bits_flag(bits) && header_bits_take(bits, 8) == ASPECT_RATIO_TOLD)
		header_bits_skip(bits, 32);
	if (header_bits_flag(bits)) /* overscan */
		header_bits_skip(bits, 1);
	if (!header_bits_flag(bits))
		return (struct colour_codes){0};
	header_bits_skip(bits, 4);
	return header_bits_codes(bits);
}

/* A unit: two bytes of head, and the parameter set. */
static struct colour_codes read_parameters(struct bytes unit)
{
	struct header_bits bits = {.bytes = unit, .escaped = true};
	unsigned sub_layers;
	uint32_t order_bits;

	header_bits_skip(&bits, 16 + 4);
	sub_layers = header_bits_take(&bits, 3);
	bits.ended |= sub_layers > SUB_LAYERS_MAX;
	header_bits_skip(&bits, 1);
	skip_profile(&bits, sub_layers);
	skip_format(&bits);
	order_bits = take_count(&bits, ORDER_COUNT_BITS - 4) + 4;
	skip_golombs(&bits, header_bits_flag(&bits) ? 3 * (sub_layers + 1) : 3);
	skip_tools(&bits);
	skip_references(&bits, order_bits);
	header_bits_skip(&bits, 2);
	return header_bits_flag(&bits) ? read_usability(&bits) : (struct colour_codes){0};
}

struct colour_codes hevc_codes(struct bytes configuration)
{
	const unsigned char *p = configuration.data;
	uint64_t at = CONFIGURATION_HEAD + 1;
	unsigned arrays = bytes_have(configuration, 0, at) ? p[CONFIGURATION_HEAD] : 0;

	for (; arrays > 0 && bytes_have(configuration, at, 3); arrays--) {
		const unsigned type = p[at] & 63;
		uint32_t units = be16(p + at + 1);

		for (at += 3; units > 0 && bytes_have(configuration, at, 2); units--) {
			const uint32_t size = be16(p + at);

			if (!bytes_have(configuration, at + 2, size))
				return (struct colour_codes){0};
			if (type == UNIT_PARAMETER_SET)
				return read_parameters((struct bytes){p + at + 2, size});
			at += 2 + size;
		}
	}
	return (struct colour_codes){0};
}
