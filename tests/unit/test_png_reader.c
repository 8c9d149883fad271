/* test_png_reader.c - pixels of PNG files against libpng's, and what is left to libpng. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "png/png_reader.h"
#include "png_fixture.h"

static const struct kind {
	unsigned colour, bits, keys; /* keys: bytes of a right tRNS, 0: there can be none */
} kinds[] = {
    {0, 1, 2}, {0, 2, 2}, {0, 4, 2},   {0, 8, 2}, {0, 16, 2}, {2, 8, 6}, {2, 16, 6}, {3, 1, 2},
    {3, 2, 3}, {3, 4, 9}, {3, 8, 200}, {4, 8, 0}, {4, 16, 0}, {6, 8, 0}, {6, 16, 0},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void expect_equal(const uint8_t *data, size_t size, const char *what)
{
	struct png_pixels theirs = png_by_libpng(data, size);
	struct png_pixels rows = png_by_us(data, size, PNG_ROWS);
	struct png_pixels whole = png_by_us(data, size, PNG_WHOLE);
	struct png_pixels pieces = png_by_us(data, size, PNG_PIECES);

	assert_non_null(theirs.pixels);
	if (!picture_equal(&theirs, &rows) || !picture_equal(&theirs, &whole) ||
	    !picture_equal(&theirs, &pieces))
		fail_msg("%s", what);
	picture_release(&theirs);
	picture_release(&rows);
	picture_release(&whole);
	picture_release(&pieces);
}

static void expect_forged(const struct forge *forge)
{
	struct br_buffer png = BR_BUFFER_HEAP;
	char what[120];

	png_forge(&png, forge);
	(void)snprintf(what, sizeof what, "%ux%u colour %u bits %u filter %d keys %u split %zu",
	               forge->width, forge->height, forge->colour, forge->bits, forge->filter,
	               forge->keys, forge->split);
	expect_equal(png.data, png.size, what);
	br_buffer_release(&png);
}

static struct forge forge_of(const struct kind *kind, uint32_t width, uint32_t height)
{
	static uint32_t seed = 1;

	return (struct forge){.width = width,
	                      .height = height,
	                      .bits = kind->bits,
	                      .colour = kind->colour,
	                      .filter = -1,
	                      .seed = seed++};
}

static void every_kind_and_filter_and_width(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KINDS; k++)
		for (uint32_t width = 1; width <= 40; width++)
			for (int filter = -1; filter < 5; filter++) {
				struct forge forge = forge_of(&kinds[k], width, 7);

				forge.filter = filter;
				expect_forged(&forge);
			}
}

static void transparent_colours(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KINDS; k++)
		for (uint32_t width = 1; kinds[k].keys && width <= 40; width++) {
			struct forge forge = forge_of(&kinds[k], width, 9);

			forge.keys = kinds[k].keys;
			expect_forged(&forge);
		}
}

/* An index that has no colour is opaque black, as libpng has it. */
static void palettes_too_short(void **state)
{
	(void)state;
	for (unsigned entries = 1; entries <= 5; entries++)
		for (unsigned keys = 0; keys <= entries; keys++) {
			struct forge forge =
			    forge_of(&(struct kind){.colour = 3, .bits = 8}, 33, 20);

			forge.entries = entries;
			forge.keys = keys;
			expect_forged(&forge);
		}
}

static void data_in_many_chunks(void **state)
{
	(void)state;
	for (size_t split = 1; split <= 20; split++)
		for (unsigned k = 0; k < KINDS; k++) {
			struct forge forge = forge_of(&kinds[k], 31, 11);

			forge.split = split;
			expect_forged(&forge);
		}
}

static void long_rows_and_columns(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KINDS; k++) {
		struct forge row = forge_of(&kinds[k], 20011, 2);
		struct forge column = forge_of(&kinds[k], 1, 20011);

		expect_forged(&row);
		expect_forged(&column);
	}
}

/* --- what is declined ---------------------------------------------------------------- */

static enum png_decline judge(const uint8_t *data, size_t size)
{
	struct png_reader *reader = png_reader_new();
	struct png_info info;
	enum png_decline decline;

	assert_non_null(reader);
	decline = png_reader_open(reader, (struct bytes){data, size}, 1 << 26, &info);
	if (!decline)
		decline = png_reader_unpack(reader);
	png_reader_free(reader);
	return decline;
}

static const struct forge small = {
    .width = 5, .height = 4, .bits = 8, .colour = 2, .filter = -1, .seed = 77};

/* Up to the end of the picture every byte counts: by CRCs, mostly. */
static void every_damaged_byte(void **state)
{
	struct br_buffer png = BR_BUFFER_HEAP;
	size_t end;

	(void)state;
	png_forge(&png, &small);
	end = png.size - 12; /* IEND */
	assert_int_equal(judge(png.data, png.size), PNG_DECLINE_NONE);
	for (size_t i = 0; i < end; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			png.data[i] ^= (uint8_t)(1U << bit);
			if (judge(png.data, png.size) == PNG_DECLINE_NONE)
				fail_msg("bit %u of byte %zu", bit, i);
			png.data[i] ^= (uint8_t)(1U << bit);
		}
	br_buffer_release(&png);
}

static void every_truncation(void **state)
{
	struct br_buffer png = BR_BUFFER_HEAP;

	(void)state;
	png_forge(&png, &small);
	for (size_t size = 0; size < png.size - 12; size++) {
		/* of its own size, for what reads behind it to be seen */
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, png.data, size);
		assert_int_not_equal(judge(copy, size), PNG_DECLINE_NONE);
		free(copy);
	}
	/* libvips does not read on either */
	assert_int_equal(judge(png.data, png.size - 12), PNG_DECLINE_NONE);
	br_buffer_release(&png);
}

/* A file of parts: those before the data, the data of `rows` in one IDAT, with `tail` after it. */
static enum png_decline judge_parts(const struct forge *forge, const char *const types[],
                                    const size_t sizes[], size_t parts, const uint8_t *rows,
                                    size_t size, size_t tail)
{
	static const uint8_t zeros[1024];
	struct br_buffer png = BR_BUFFER_HEAP;
	enum png_decline decline;
	size_t deflated;
	uint8_t *data = png_forge_deflate(rows, size, &deflated);

	png_forge_signature(&png);
	png_forge_header(&png, forge, 0);
	for (size_t i = 0; i < parts; i++)
		png_forge_chunk(&png, types[i], zeros, sizes[i]);
	data = realloc(data, deflated + tail + 1);
	assert_non_null(data);
	memset(data + deflated, 0, tail);
	png_forge_chunk(&png, "IDAT", data, deflated + tail);
	png_forge_chunk(&png, "IEND", NULL, 0);
	decline = judge(png.data, png.size);
	br_buffer_release(&png);
	free(data);
	return decline;
}

static void data_of_another_length(void **state)
{
	size_t size;
	uint8_t *rows = png_forge_rows(&small, &size);

	(void)state;
	rows = realloc(rows, size + 1);
	assert_non_null(rows);
	rows[size] = 0;
	assert_int_equal(judge_parts(&small, NULL, NULL, 0, rows, size, 0), PNG_DECLINE_NONE);
	assert_int_equal(judge_parts(&small, NULL, NULL, 0, rows, size - 1, 0), PNG_DECLINE_DATA);
	assert_int_equal(judge_parts(&small, NULL, NULL, 0, rows, size + 1, 0), PNG_DECLINE_DATA);
	assert_int_equal(judge_parts(&small, NULL, NULL, 0, rows, 0, 0), PNG_DECLINE_DATA);
	assert_int_equal(judge_parts(&small, NULL, NULL, 0, rows, size, 1), PNG_DECLINE_DATA);
	rows[0] = 5; /* there are filters 0 to 4 */
	assert_int_equal(judge_parts(&small, NULL, NULL, 0, rows, size, 0), PNG_DECLINE_DATA);
	free(rows);
}

/* What chunks may stand before the picture, by their sizes. */
static void chunks_out_of_the_ordinary(void **state)
{
	static const struct {
		unsigned colour, bits;
		const char *types[3];
		size_t sizes[3];
		enum png_decline decline;
	} cases[] = {
	    {2, 8, {"gAMA", "tEXt", "prIv"}, {4, 20, 0}, PNG_DECLINE_NONE},
	    {2, 8, {"PLTE"}, {30}, PNG_DECLINE_NONE},
	    {2, 8, {"PLTE", "tRNS"}, {30, 6}, PNG_DECLINE_NONE},
	    {3, 2, {"PLTE", "tRNS"}, {12, 4}, PNG_DECLINE_NONE},
	    {3, 2, {"PLTE", "tRNS", "prIv"}, {12, 1, 5}, PNG_DECLINE_NONE},
	    {2, 8, {"CRIT"}, {4}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"IHDR"}, {13}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"IEND"}, {0}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"a1Ab"}, {4}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"PLTE", "PLTE"}, {30, 30}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"tRNS", "tRNS"}, {6, 6}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"tRNS", "PLTE"}, {6, 30}, PNG_DECLINE_STRUCTURE},
	    {2, 8, {"tRNS"}, {2}, PNG_DECLINE_STRUCTURE},
	    {0, 8, {"tRNS"}, {6}, PNG_DECLINE_STRUCTURE},
	    {0, 8, {"PLTE"}, {6}, PNG_DECLINE_STRUCTURE},
	    {4, 8, {"tRNS"}, {2}, PNG_DECLINE_STRUCTURE},
	    {6, 8, {"tRNS"}, {6}, PNG_DECLINE_STRUCTURE},
	    {3, 8, {"gAMA"}, {4}, PNG_DECLINE_STRUCTURE},
	    {3, 2, {"PLTE"}, {0}, PNG_DECLINE_STRUCTURE},
	    {3, 2, {"PLTE"}, {11}, PNG_DECLINE_STRUCTURE},
	    {3, 2, {"PLTE"}, {15}, PNG_DECLINE_STRUCTURE},
	    {3, 2, {"tRNS", "PLTE"}, {1, 12}, PNG_DECLINE_STRUCTURE},
	    {3, 2, {"PLTE", "tRNS"}, {6, 3}, PNG_DECLINE_STRUCTURE},
	    {3, 2, {"PLTE", "tRNS"}, {6, 0}, PNG_DECLINE_STRUCTURE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct forge forge = {
		    .width = 3, .height = 2, .bits = cases[i].bits, .colour = cases[i].colour};
		size_t size, parts = 0;
		uint8_t *rows = png_forge_rows(&forge, &size);

		while (parts < 3 && cases[i].types[parts])
			parts++;
		if (judge_parts(&forge, cases[i].types, cases[i].sizes, parts, rows, size, 0) !=
		    cases[i].decline)
			fail_msg("case %zu", i);
		free(rows);
	}
}

static void headers_out_of_the_ordinary(void **state)
{
	static const struct {
		struct forge forge;
		unsigned interlace;
		enum png_decline decline;
	} cases[] = {
	    {{.width = 1, .height = 1, .bits = 8, .colour = 2}, 1, PNG_DECLINE_INTERLACED},
	    {{.width = 1, .height = 1, .bits = 8, .colour = 2}, 2, PNG_DECLINE_STRUCTURE},
	    {{.width = 0, .height = 1, .bits = 8, .colour = 2}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1, .height = 0, .bits = 8, .colour = 2}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1U << 31, .height = 1, .bits = 1}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1, .height = 1, .bits = 4, .colour = 2}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1, .height = 1, .bits = 16, .colour = 3}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1, .height = 1, .bits = 3}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1, .height = 1, .bits = 8, .colour = 1}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = 1, .height = 1, .bits = 8, .colour = 7}, 0, PNG_DECLINE_STRUCTURE},
	    {{.width = INT32_MAX, .height = INT32_MAX, .bits = 16, .colour = 6},
	     0,
	     PNG_DECLINE_SIZE},
	    {{.width = 8192, .height = 8192, .bits = 8, .colour = 0}, 0, PNG_DECLINE_SIZE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct br_buffer png = BR_BUFFER_HEAP;

		png_forge_signature(&png);
		png_forge_header(&png, &cases[i].forge, cases[i].interlace);
		png_forge_chunk(&png, "IDAT", "", 0);
		if (judge(png.data, png.size) != cases[i].decline)
			fail_msg("case %zu", i);
		br_buffer_release(&png);
	}
}

/* The window that zlib's first byte names must hold the picture, or be the largest. */
static void windows(void **state)
{
	const struct forge forge = {
	    .width = 100, .height = 100, .bits = 8, .colour = 0, .filter = 0, .seed = 5};
	size_t size, deflated;
	uint8_t *rows = png_forge_rows(&forge, &size);
	uint8_t *data = png_forge_deflate(rows, size, &deflated);

	(void)state;
	for (unsigned window = 0; window <= 7; window++) {
		struct br_buffer png = BR_BUFFER_HEAP;

		data[0] = (uint8_t)(window << 4 | 8);
		data[1] = (uint8_t)(31 - data[0] * 256 % 31);
		png_forge_signature(&png);
		png_forge_header(&png, &forge, 0);
		png_forge_chunk(&png, "IDAT", data, deflated);
		/* 10,100 bytes fit 16 KB */
		assert_int_equal(judge(png.data, png.size),
		                 window >= 6 ? PNG_DECLINE_NONE : PNG_DECLINE_DATA);
		br_buffer_release(&png);
	}
	free(rows);
	free(data);
}

/* --- a reader's life ----------------------------------------------------------------- */

static void one_reader_for_many_pictures(void **state)
{
	struct png_reader *reader = png_reader_new();
	struct br_buffer png = BR_BUFFER_HEAP;
	struct png_info info;
	uint8_t line[64], *whole;

	(void)state;
	png_forge(&png, &small);
	/* left at every stage */
	for (unsigned stage = 0; stage < 5; stage++) {
		const struct bytes bytes = {png.data, png.size};

		assert_int_equal(png_reader_open(reader, bytes, 1 << 20, &info), 0);
		assert_int_equal(info.line_bytes, 15);
		assert_true(info.in_place);
		if (stage > 0)
			assert_int_equal(png_reader_unpack(reader), 0);
		if (stage == 2 || stage == 4)
			png_reader_next_row(reader, line);
		if (stage > 2) {
			whole = png_reader_whole(reader);
			assert_non_null(whole);
			if (stage == 4)
				assert_memory_equal(whole, line, info.line_bytes);
			free(whole);
		}
	}
	assert_int_equal(
	    png_reader_open(reader, (struct bytes){png.data, png.size}, info.memory - 1, &info),
	    PNG_DECLINE_SIZE);
	br_buffer_release(&png);
	png_reader_free(reader);
	png_reader_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_and_filter_and_width),
	    cmocka_unit_test(transparent_colours),
	    cmocka_unit_test(palettes_too_short),
	    cmocka_unit_test(data_in_many_chunks),
	    cmocka_unit_test(long_rows_and_columns),
	    cmocka_unit_test(every_damaged_byte),
	    cmocka_unit_test(every_truncation),
	    cmocka_unit_test(data_of_another_length),
	    cmocka_unit_test(chunks_out_of_the_ordinary),
	    cmocka_unit_test(headers_out_of_the_ordinary),
	    cmocka_unit_test(windows),
	    cmocka_unit_test(one_reader_for_many_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
