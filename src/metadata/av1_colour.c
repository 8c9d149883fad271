/* av1_colour.c - the sequence header of AV1 (AV1 Bitstream & Decoding Process, 5.5), as far as the
 * numbers of its colours.
 */
#include "metadata/av1_colour.h"

#include "metadata/header_bits.h"

#define UNIT_SEQUENCE_HEADER 1

/* What comes before a picture is a few units long. */
#define UNITS_MAX 32

#define LEB128_BYTES 8

/* Levels from which on there are two tiers (5.5.1). */
#define LEVEL_OF_TIERS 8

/* What later parts depend on. */
struct sequence {
	unsigned profile;
	bool reduced;          /* of a still picture: much is left out */
	bool decoder_model;    /* there is one */
	unsigned delay_length; /* of its numbers, in bits */
};

static void skip_timing(struct header_bits *bits, struct sequence *sequence)
{
	if (!header_bits_flag(bits))
		return;
	header_bits_skip(bits, 64);
	if (header_bits_flag(bits))
		(void)header_bits_golomb(bits);
	sequence->decoder_model = header_bits_flag(bits);
	if (!sequence->decoder_model)
		return;
	sequence->delay_length = header_bits_take(bits, 5) + 1;
	header_bits_skip(bits, 32 + 5 + 5);
}

static void skip_operating_points(struct header_bits *bits, const struct sequence *sequence)
{
	const bool displayed = header_bits_flag(bits);
	const unsigned count = header_bits_take(bits, 5) + 1;

	for (unsigned i = 0; i < count && !bits->ended; i++) {
		header_bits_skip(bits, 12);
		if (header_bits_take(bits, 5) >= LEVEL_OF_TIERS)
			header_bits_skip(bits, 1);
		if (sequence->decoder_model && header_bits_flag(bits))
			header_bits_skip(bits, 2 * sequence->delay_length + 1);
		if (displayed && header_bits_flag(bits))
			header_bits_skip(bits, 4);
	}
}

static void skip_size(struct header_bits *bits, const struct sequence *sequence)
{
	const unsigned width = header_bits_take(bits, 4) + 1,
		       height = header_bits_take(bits, 4) + 1;

	header_bits_skip(bits, width + height);
	if (!sequence->reduced && header_bits_flag(bits)) /* numbers of frames */
		header_bits_skip(bits, 4 + 3);
}

/* Chosen frame by frame, or told for all; and if there may be any, so are whole vectors. */
static void skip_screen_content(struct header_bits *bits)
{
	bool any = header_bits_flag(bits);

	if (!any)
		any = header_bits_flag(bits);
	if (any && !header_bits_flag(bits))
		header_bits_skip(bits, 1);
}

static void skip_tools(struct header_bits *bits, const struct sequence *sequence)
{
	bool order_hint;

	header_bits_skip(bits, 3);
	if (!sequence->reduced) {
		header_bits_skip(bits, 4);
		order_hint = header_bits_flag(bits);
		header_bits_skip(bits, order_hint ? 2 : 0);
		skip_screen_content(bits);
		header_bits_skip(bits, order_hint ? 3 : 0);
	}
	header_bits_skip(bits, 3);
}

static struct colour_codes read_colours(struct header_bits *bits, const struct sequence *sequence)
{
	if (header_bits_flag(bits) && sequence->profile == 2)
		header_bits_skip(bits, 1);
	if (sequence->profile != 1)
		header_bits_skip(bits, 1);
	return header_bits_codes(bits);
}

static struct colour_codes read_header(struct bytes header)
{
	struct header_bits bits = {.bytes = header};
	struct sequence sequence = {.profile = header_bits_take(&bits, 3)};

	header_bits_skip(&bits, 1);
	sequence.reduced = header_bits_flag(&bits);
	if (sequence.reduced) {
		header_bits_skip(&bits, 5);
	} else {
		skip_timing(&bits, &sequence);
		skip_operating_points(&bits, &sequence);
	}
	skip_size(&bits, &sequence);
	skip_tools(&bits, &sequence);
	return read_colours(&bits, &sequence);
}

/* 4.10.5; moves *at behind it. What is too long for one does not fit the bytes either. */
static uint64_t take_leb128(struct bytes bytes, uint64_t *at)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < LEB128_BYTES && bytes_have(bytes, *at, 1); i++) {
		const unsigned char byte = bytes.data[(*at)++];

		value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return value;
	}
	return UINT64_MAX;
}

/* The unit at *at, which moves behind it: its type, and the part of its content that is there.
 * Returns false if there is none. */
static bool next_unit(struct bytes units, uint64_t *at, unsigned *type, struct bytes *content)
{
	unsigned char head;
	uint64_t size;

	if (!bytes_have(units, *at, 1))
		return false;
	head = units.data[*at];
	*type = head >> 3 & 15;
	*at += head & 4 ? 2 : 1;
	size = head & 2 ? take_leb128(units, at) : UINT64_MAX;
	if (*at > units.size)
		return false;
	if (size > units.size - *at)
		size = units.size - *at;
	*content = (struct bytes){units.data + *at, (size_t)size};
	*at += size;
	return true;
}

struct colour_codes av1_codes(struct bytes units)
{
	struct bytes content;
	uint64_t at = 0;
	unsigned type;

	for (int i = 0; i < UNITS_MAX && next_unit(units, &at, &type, &content); i++)
		if (type == UNIT_SEQUENCE_HEADER)
			return read_header(content);
	return (struct colour_codes){0};
}
