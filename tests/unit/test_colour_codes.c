/* test_colour_codes.c - numbers in boxes and headers: where they are found, told, and not trusted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "colour/colour_codes.h"
#include "metadata/gain_map.h"
#include "metadata/heif_colour.h"
#include "metadata/heif_tell.h"
#include "metadata/jxl_colour.h"
#include "box_fixture.h"
#include "image_fixture.h"

/* --- boxes made by hand --------------------------------------------------------------- */

static void put_nclx(uint32_t primaries, uint32_t transfer)
{
	const size_t box = box_begin("colr");

	box_put_bytes("nclx", 4);
	box_put(primaries, 2);
	box_put(transfer, 2);
	box_put(6, 2);
	box_put(0x80, 1);
	box_end(box);
}

/* What differs between the files. */
struct kind {
	bool large;     /* numbers of items of four bytes */
	bool wide;      /* of properties of two */
	bool own;       /* the primary item has numbers of its own */
	bool parts;     /* it is a grid of the second item */
	bool apple;     /* an auxiliary picture */
	const char *as; /* the second item's type */
};

static void put_item(const struct kind *kind, uint32_t number, const char *type)
{
	const size_t box = box_begin("infe");

	box_put(kind->large ? 3U << 24 : 2U << 24, 4);
	box_put(number, kind->large ? 4 : 2);
	box_put(0, 2);
	box_put_bytes(type, 5);
	box_end(box);
}

static void put_association(const struct kind *kind, uint32_t item, uint32_t property)
{
	box_put(item, kind->large ? 4 : 2);
	box_put(2, 1);
	box_put(kind->wide ? 0x8001 : 0x81, kind->wide ? 2 : 1);
	box_put(property, kind->wide ? 2 : 1);
}

static void put_properties(const struct kind *kind)
{
	const size_t iprp = box_begin("iprp"), ipco = box_begin("ipco");
	size_t box = box_begin("ispe");

	box_put(0, 4);
	box_put(64, 4);
	box_put(64, 4);
	box_end(box);
	put_nclx(12, 13);
	put_nclx(9, 16);
	if (kind->apple) {
		box = box_begin("auxC");
		box_put(0, 4);
		box_put_bytes("urn:com:apple:photo:2020:aux:hdrgainmap", 40);
		box_end(box);
	}
	box_end(ipco);
	box = box_begin("ipma");
	box_put((kind->large ? 1U << 24 : 0) | kind->wide, 4);
	box_put(2, 4);
	put_association(kind, 2, 2);
	put_association(kind, 7, kind->own ? 3 : 1);
	box_end(box);
	box_end(iprp);
}

static struct bytes make(const struct kind *kind)
{
	size_t meta, box;

	box_size = 0;
	box = box_begin("ftyp");
	box_put_bytes("avif\0\0\0\0avif", 12);
	box_end(box);
	meta = box_begin("meta");
	box_put(0, 4);
	box = box_begin("pitm");
	box_put(kind->large ? 1U << 24 : 0, 4);
	box_put(7, kind->large ? 4 : 2);
	box_end(box);
	box = box_begin("iinf");
	box_put(0, 4);
	box_put(2, 2);
	put_item(kind, 2, kind->as ? kind->as : "av01");
	put_item(kind, 7, kind->parts ? "grid" : "av01");
	box_end(box);
	put_properties(kind);
	if (kind->parts) {
		const size_t iref = box_begin("iref");

		box_put(kind->large ? 1U << 24 : 0, 4);
		box = box_begin("dimg");
		box_put(7, kind->large ? 4 : 2);
		box_put(1, 2);
		box_put(2, kind->large ? 4 : 2);
		box_end(box);
		box_end(iref);
	}
	box_end(meta);
	return (struct bytes){box_file, box_size};
}

static void assert_codes(struct colour_codes codes, uint16_t primaries, uint16_t transfer)
{
	assert_true(codes.told);
	assert_int_equal(codes.primaries, primaries);
	assert_int_equal(codes.transfer, transfer);
}

static void finds_the_primary_items_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct kind kind = {.large = i & 1, .wide = i & 2, .own = true, .parts = true};
		struct colour_codes codes = {.primaries = 1, .transfer = 8};

		assert_codes(heif_codes(make(&kind)), 9, 16);
		assert_true(heif_set_codes(box_file, box_size, &codes));
		assert_codes(heif_codes((struct bytes){box_file, box_size}), 1, 8);
		/* those of a part, where it has none */
		kind.own = false;
		assert_codes(heif_codes(make(&kind)), 12, 13);
		kind.parts = false;
		assert_false(heif_codes(make(&kind)).told);
		assert_false(heif_set_codes(box_file, box_size, &codes));
	}
}

static void finds_gain_maps(void **state)
{
	struct kind kind = {.own = true};

	(void)state;
	for (int i = 0; i < 2; i++) {
		kind = (struct kind){.large = i};
		assert_false(gain_map_exists(BR_IMAGE_FORMAT_HEIC, make(&kind)));
		kind.apple = true;
		assert_true(gain_map_exists(BR_IMAGE_FORMAT_HEIC, make(&kind)));
		kind = (struct kind){.large = i, .as = "tmap"};
		assert_true(gain_map_exists(BR_IMAGE_FORMAT_AVIF, make(&kind)));
		assert_false(gain_map_exists(BR_IMAGE_FORMAT_PNG, make(&kind)));
	}
}

/* In memory of exactly that size, for the sanitizer. */
static void look(const unsigned char *bytes, size_t length)
{
	unsigned char *copy = malloc(length ? length : 1);
	struct colour_codes codes = {.told = true, .primaries = 9, .transfer = 16};
	struct br_buffer buffer = BR_BUFFER_HEAP;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	(void)heif_codes((struct bytes){copy, length});
	(void)heif_set_codes(copy, length, &codes);
	(void)jxl_codes((struct bytes){copy, length});
	for (int format = 0; format < BR_IMAGE_FORMATS; format++)
		(void)gain_map_exists((enum br_image_format)format, (struct bytes){copy, length});
	assert_int_equal(br_buffer_append(&buffer, bytes, length), 0);
	(void)heif_tell_codes(&buffer, 0, &codes);
	br_buffer_release(&buffer);
	free(copy);
}

static void survives_damage(void **state)
{
	const struct kind kind = {.wide = true, .parts = true, .apple = true};
	unsigned seed = 1;

	(void)state;
	(void)make(&kind);
	for (size_t length = 0; length <= box_size; length++)
		look(box_file, length);
	for (int i = 0; i < 20000; i++) {
		(void)make(&kind);
		for (int j = 0; j < 4; j++) {
			seed = seed * 1103515245U + 12345U;
			box_file[(seed >> 8) % box_size] = (unsigned char)(seed >> 24);
		}
		look(box_file, box_size);
	}
	for (int i = 0; i < 20000; i++) {
		for (size_t j = 0; j < 40; j++) {
			seed = seed * 1103515245U + 12345U;
			box_file[j] = (unsigned char)(seed >> 24);
		}
		box_file[0] = 0xff;
		box_file[1] = i & 1 ? 0x0a : 0xd8;
		look(box_file, 40);
	}
}

/* --- real files ------------------------------------------------------------------------ */

/* As libheif 1.15 writes it, and as 1.23 does, which leaves the box out. */
static void tells_codes(void **state)
{
	static const struct colour_codes codes = {.told = true, .primaries = 9, .transfer = 18};

	(void)state;
	if (!br_image_can_write(BR_IMAGE_FORMAT_AVIF) || !br_image_can_read(BR_IMAGE_FORMAT_AVIF))
		skip();
	for (int bare = 0; bare < 2; bare++) {
		struct file avif = fixture_encode(fixture_picture(80, 60, 3), ".avif[strip]");
		struct br_buffer out = BR_BUFFER_HEAP;
		struct br_image_output whole;
		unsigned char *colr = memmem(avif.data, avif.size, "colrnclx", 8);
		VipsImage *before, *after;

		/* a property that says nothing, in its place */
		if (bare && colr)
			memcpy(colr, "skip", 4);
		assert_int_equal(br_buffer_append(&out, "before", 6), 0);
		assert_int_equal(br_buffer_append(&out, avif.data, avif.size), 0);
		assert_int_equal(heif_tell_codes(&out, 6, &codes), 0);
		assert_codes(heif_codes((struct bytes){out.data + 6, out.size - 6}), 9, 18);
		assert_memory_equal(out.data, "before", 6);
		before = vips_image_new_from_buffer(avif.data, avif.size, "", NULL);
		assert_non_null(before);
		whole = (struct br_image_output){.offset = 6, .size = out.size - 6};
		after = fixture_decode(&out, &whole);
		for (int x = 0; x < 80; x += 9)
			for (int b = 0; b < 3; b++)
				assert_in_range(fixture_sample(before, x, x / 2, b) -
				                    fixture_sample(after, x, x / 2, b) + 3,
				                0, 6);
		g_object_unref(before);
		g_object_unref(after);
		br_buffer_release(&out);
		fixture_free(&avif);
	}
}

static void takes_the_tables_of_h273(void **state)
{
	struct colour_space space;
	static const struct {
		uint16_t primaries, transfer, matrix;
		enum colour_codes_kind kind;
	} cases[] = {{2, 2, 2, COLOUR_CODES_NONE},      {1, 13, 6, COLOUR_CODES_SPACE},
	             {2, 13, 6, COLOUR_CODES_SPACE},    {12, 2, 6, COLOUR_CODES_SPACE},
	             {9, 16, 9, COLOUR_CODES_HDR},      {2, 18, 9, COLOUR_CODES_HDR},
	             {9, 16, 14, COLOUR_CODES_UNKNOWN}, {3, 13, 6, COLOUR_CODES_UNKNOWN},
	             {1, 17, 6, COLOUR_CODES_UNKNOWN},  {1, 0, 6, COLOUR_CODES_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct colour_codes codes = {true, cases[i].primaries, cases[i].transfer,
		                                   cases[i].matrix};

		assert_int_equal(colour_codes_space(&codes, &space), cases[i].kind);
	}
	assert_int_equal(colour_codes_space(&(struct colour_codes){0}, &space), COLOUR_CODES_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_the_primary_items_numbers),
	    cmocka_unit_test(finds_gain_maps),
	    cmocka_unit_test(survives_damage),
	    cmocka_unit_test(tells_codes),
	    cmocka_unit_test(takes_the_tables_of_h273),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
