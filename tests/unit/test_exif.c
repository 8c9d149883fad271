/* test_exif.c - EXIF made true of an output, and hostile EXIF that must not be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <batchresize/error.h>

#include "metadata/exif.h"

/* A camera's: first directory at 8 (orientation, width, Exif), Exif directory at 50 (maker note,
 * colour space, sizes, interoperability), that one at 104, second directory at 122, the maker note
 * at 152, the thumbnail at 160. */
enum { EXIF = 50, INTEROPERABILITY = 104, SECOND = 122, MAKER = 152, THUMBNAIL = 160, SIZE = 168 };
enum { TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_UNDEFINED = 7 };

struct blob {
	unsigned char data[SIZE];
	bool big;
};

static void put(struct blob *blob, size_t at, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		blob->data[at + i] = (unsigned char)(value >> 8 * (blob->big ? size - 1 - i : i));
}

static uint32_t get(const unsigned char *p, bool big, unsigned size)
{
	return size == 2 ? big ? be16(p) : le16(p) : big ? be32(p) : le32(p);
}

static void entry(struct blob *blob, size_t at, uint32_t tag, uint32_t type, uint32_t count,
                  uint32_t value)
{
	put(blob, at, tag, 2);
	put(blob, at + 2, type, 2);
	put(blob, at + 4, count, 4);
	put(blob, at + 8, value, type == TYPE_SHORT ? 2 : 4);
}

/* A picture that is shown as it is stored, in so many pixels. */
static struct exif_change as_it_is(uint32_t width, uint32_t height)
{
	return (struct exif_change){
	    .placement = {width,
	                  height,
	                  1,
	                  {.scaled_width = width,
	                   .scaled_height = height,
	                   .crop_width = width,
	                   .crop_height = height,
	                   .canvas_width = width,
	                   .canvas_height = height}},
	    .orientation = 1,
	};
}

static struct blob camera(bool big)
{
	struct blob blob = {.big = big};

	memcpy(blob.data, big ? "MM\0*" : "II*\0", 4);
	put(&blob, 4, 8, 4);
	put(&blob, 8, 3, 2);
	entry(&blob, 10, 0x100, TYPE_SHORT, 1, 4000);
	entry(&blob, 22, 0x112, TYPE_SHORT, 1, 6);
	entry(&blob, 34, 0x8769, TYPE_LONG, 1, EXIF);
	put(&blob, 46, SECOND, 4);
	put(&blob, EXIF, 4, 2);
	entry(&blob, EXIF + 2, 0x927c, TYPE_UNDEFINED, 8, MAKER);
	entry(&blob, EXIF + 14, 0xa001, TYPE_SHORT, 1, 0xffff);
	entry(&blob, EXIF + 26, 0xa002, TYPE_SHORT, 1, 4000);
	entry(&blob, EXIF + 38, 0xa005, TYPE_LONG, 1, INTEROPERABILITY);
	put(&blob, INTEROPERABILITY, 1, 2);
	entry(&blob, INTEROPERABILITY + 2, 1, TYPE_ASCII, 4, 0);
	memcpy(blob.data + INTEROPERABILITY + 10, "R03", 4);
	put(&blob, SECOND, 2, 2);
	entry(&blob, SECOND + 2, 0x201, TYPE_LONG, 1, THUMBNAIL);
	entry(&blob, SECOND + 14, 0x202, TYPE_LONG, 1, SIZE - THUMBNAIL);
	memcpy(blob.data + MAKER, "makersXY", 8);
	memcpy(blob.data + THUMBNAIL, "thumbthu", 8);
	return blob;
}

/* In memory of exactly its size, so that a sanitizer sees a read beyond it. */
static int change(const struct blob *blob, size_t size, const struct exif_change *wanted,
                  struct br_buffer *out)
{
	unsigned char *copy = malloc(size ? size : 1);
	int status;

	assert_non_null(copy);
	memcpy(copy, blob->data, size);
	*out = BR_BUFFER_HEAP;
	assert_int_equal(br_buffer_append(out, "before", 6), 0);
	status = exif_change((struct bytes){copy, size}, wanted, out);
	assert_memory_equal(out->data, "before", 6);
	if (status)
		assert_int_equal(out->size, 6);
	free(copy);
	return status;
}

static void makes_it_true(void **state)
{
	struct exif_change wanted = as_it_is(100000, 50);

	(void)state;
	wanted.srgb = true;
	for (int big = 0; big < 2; big++) {
		const struct blob blob = camera(big);
		struct br_buffer out;
		const unsigned char *p;

		assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
		p = out.data + 6;
		/* the second directory lies in the middle, the thumbnail at the end */
		assert_int_equal(out.size, 6 + THUMBNAIL);
		assert_memory_equal(p + MAKER, "makersXY", 8);
		for (size_t i = SECOND; i < MAKER; i++)
			assert_int_equal(p[i], 0);
		assert_int_equal(get(p + 46, big, 4), 0);
		assert_int_equal(get(p + 30, big, 2), 1);
		/* too large for a SHORT: a LONG now */
		assert_int_equal(get(p + 12, big, 2), TYPE_LONG);
		assert_int_equal(get(p + 18, big, 4), 100000);
		assert_int_equal(get(p + EXIF + 34, big, 4), 100000);
		assert_int_equal(get(p + EXIF + 22, big, 2), 1);
		assert_memory_equal(p + INTEROPERABILITY + 10, "R98", 4);
		br_buffer_release(&out);
	}
}

static void leaves_colours_that_have_stayed(void **state)
{
	const struct exif_change wanted = as_it_is(10, 5);
	const struct blob blob = camera(false);
	struct br_buffer out;

	(void)state;
	assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
	assert_int_equal(get(out.data + 6 + EXIF + 22, false, 2), 0xffff);
	assert_int_equal(get(out.data + 6 + 12, false, 2), TYPE_SHORT);
	assert_int_equal(get(out.data + 6 + 18, false, 2), 10);
	assert_memory_equal(out.data + 6 + INTEROPERABILITY + 10, "R03", 4);
	br_buffer_release(&out);
}

static void refuses(const struct blob *blob, size_t size)
{
	const struct exif_change wanted = as_it_is(10, 5);
	struct br_buffer out;

	assert_int_equal(change(blob, size, &wanted, &out), BR_ERROR_CORRUPT);
	br_buffer_release(&out);
}

static void refuses_what_it_cannot_rely_upon(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} damage[] = {
	    {0, 0},          /* no TIFF */
	    {4, 0},          /* first directory in the header */
	    {4, SIZE - 1},   /* beyond the end */
	    {4, UINT32_MAX}, /* far beyond */
	};

	(void)state;
	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		struct blob blob = camera(false);

		put(&blob, damage[i].at, damage[i].value, 4);
		refuses(&blob, SIZE);
	}
	for (size_t size = 0; size < 10; size++) {
		const struct blob blob = camera(size % 2);

		refuses(&blob, size);
	}
}

/* Whatever else is wrong: what can be read is kept, and made true. */
static void keeps_what_is_there(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} damage[] = {
	    {42, UINT32_MAX - 1},     /* Exif: nowhere */
	    {42, 8},                  /* a loop */
	    {42, 20},                 /* over the first */
	    {EXIF + 46, EXIF},        /* interoperability: a loop */
	    {46, 8},                  /* second directory: a loop */
	    {46, EXIF},               /* the Exif directory again */
	    {SECOND + 10, 4},         /* a thumbnail over the header */
	    {SECOND + 10, EXIF + 4},  /* over the Exif directory */
	    {SECOND + 10, MAKER + 2}, /* over the maker note */
	    {SECOND + 22, 1000},      /* beyond the end */
	};
	const struct exif_change wanted = as_it_is(10, 5);

	(void)state;
	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		struct blob blob = camera(false);
		struct br_buffer out;
		const unsigned char *p;

		put(&blob, damage[i].at, damage[i].value, 4);
		assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
		p = out.data + 6;
		assert_int_equal(get(p + 30, false, 2), 1);
		assert_int_equal(get(p + 46, false, 4), 0);
		assert_memory_equal(p + EXIF, blob.data + EXIF, 34);
		assert_memory_equal(p + INTEROPERABILITY, blob.data + INTEROPERABILITY, 14);
		assert_memory_equal(p + MAKER, "makersXY", 8);
		br_buffer_release(&out);
	}
	for (size_t size = 34; size < MAKER; size++) {
		const struct blob blob = camera(size % 2);
		struct br_buffer out;

		assert_int_equal(change(&blob, size, &wanted, &out), 0);
		assert_int_equal(get(out.data + 6 + 30, size % 2, 2), 1);
		br_buffer_release(&out);
	}
}

/* Entries of the Exif directory that no camera has room for otherwise. */
static void moves_the_subject(void **state)
{
	/* 30x20 turned by a quarter, made twice as large */
	struct exif_change wanted = {
	    .placement = {30,
	                  20,
	                  6,
	                  {.scaled_width = 40,
	                   .scaled_height = 60,
	                   .crop_width = 40,
	                   .crop_height = 60,
	                   .canvas_width = 40,
	                   .canvas_height = 60}},
	    .orientation = 1,
	};
	struct br_buffer out;
	const unsigned char *p;

	(void)state;
	for (int big = 0; big < 2; big++) {
		struct blob blob = camera(big);

		/* in the place of the maker note, and of the interoperability directory */
		entry(&blob, EXIF + 2, 0x9214, TYPE_SHORT, 4, 0);
		put(&blob, EXIF + 10, MAKER, 4);
		for (unsigned i = 0; i < 4; i++)
			put(&blob, MAKER + 2 * i, (const uint32_t[]){5, 4, 8, 6}[i], 2);
		entry(&blob, EXIF + 38, 0xa214, TYPE_SHORT, 2, 0);
		put(&blob, EXIF + 46, 29, 2);
		put(&blob, EXIF + 48, 1, 2);
		assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
		p = out.data + 6;
		assert_int_equal(get(p + MAKER, big, 2), 32);
		assert_int_equal(get(p + MAKER + 2, big, 2), 10);
		assert_int_equal(get(p + MAKER + 4, big, 2), 12);
		assert_int_equal(get(p + MAKER + 6, big, 2), 16);
		assert_int_equal(get(p + EXIF + 46, big, 2), 38);
		assert_int_equal(get(p + EXIF + 48, big, 2), 58);
		br_buffer_release(&out);
		/* out of the picture: both entries go, the others move up */
		wanted.placement.geometry.crop_y = 40;
		wanted.placement.geometry.crop_height = 10;
		wanted.placement.geometry.canvas_height = 10;
		assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
		p = out.data + 6;
		assert_int_equal(get(p + EXIF, big, 2), 2);
		assert_int_equal(get(p + EXIF + 2, big, 2), 0xa001);
		assert_int_equal(get(p + EXIF + 14, big, 2), 0xa002);
		assert_int_equal(get(p + EXIF + 26, big, 4), 0);
		br_buffer_release(&out);
		wanted.placement.geometry.crop_y = 0;
		wanted.placement.geometry.crop_height = 60;
		wanted.placement.geometry.canvas_height = 60;
	}
}

/* A preview behind the picture is not claimed any more; one in the block is. */
static void drops_previews_that_are_elsewhere(void **state)
{
	static const struct {
		uint32_t place;
		unsigned left;
	} previews[] = {{SIZE + 1000, 1}, {THUMBNAIL - 4, 3}};
	/* a note of Olympus with three entries lies at 300 */
	enum { NOTE = 300, MORE = 512 };
	const struct exif_change wanted = as_it_is(10, 5);

	(void)state;
	for (int i = 0; i < 2; i++) {
		unsigned char data[MORE] = {0};
		struct blob blob = camera(false), note = {.big = false};
		struct br_buffer out = BR_BUFFER_HEAP;
		const unsigned char *p;

		put(&blob, EXIF + 6, 8 + 2 + 36 + 4, 4);
		put(&blob, EXIF + 10, NOTE, 4);
		memcpy(note.data, "OLYMP\0\1", 7);
		put(&note, 8, 3, 2);
		entry(&note, 10, 0x0088, TYPE_LONG, 1, previews[i].place);
		entry(&note, 22, 0x0089, TYPE_LONG, 1, 4);
		entry(&note, 34, 0x0100, TYPE_LONG, 1, 7);
		memcpy(data, blob.data, SIZE);
		memcpy(data + NOTE, note.data, SIZE);
		assert_int_equal(exif_change((struct bytes){data, MORE}, &wanted, &out), 0);
		p = out.data + NOTE;
		assert_int_equal(le16(p + 8), previews[i].left);
		assert_int_equal(le16(p + 10 + (size_t)12 * (previews[i].left - 1)), 0x0100);
		assert_int_equal(le32(p + 18 + (size_t)12 * (previews[i].left - 1)), 7);
		br_buffer_release(&out);
	}
}

static void believes_no_length(void **state)
{
	const struct exif_change wanted = as_it_is(10, 5);
	struct blob blob = camera(false);
	struct br_buffer out;

	(void)state;
	put(&blob, SECOND + 22, UINT32_MAX, 4);
	assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
	assert_int_equal(out.size, 6 + THUMBNAIL);
	br_buffer_release(&out);
	/* a link that leads nowhere goes */
	blob = camera(false);
	put(&blob, 46, UINT32_MAX, 4);
	assert_int_equal(change(&blob, SIZE, &wanted, &out), 0);
	assert_int_equal(get(out.data + 6 + 46, false, 4), 0);
	br_buffer_release(&out);
}

/* Whatever is wrong with it: what comes out is upright, has no second directory, and says the same
 * when it goes through once more. */
static void survives_any_byte(void **state)
{
	const struct exif_change wanted = as_it_is(70, 5);
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct blob blob = camera(round & 1);
		struct br_buffer out, again = BR_BUFFER_HEAP;
		size_t size = SIZE;

		for (int i = 0; i < 1 + round % 4; i++) {
			random = random * 1664525 + 1013904223;
			blob.data[(random >> 8) % SIZE] = (unsigned char)(random >> 24);
		}
		if (round % 8 == 0)
			size = (random >> 5) % SIZE;
		if (change(&blob, size, &wanted, &out) == 0) {
			const struct bytes kept = {out.data + 6, out.size - 6};

			assert_int_equal(exif_orientation(kept), 1);
			assert_int_equal(exif_change(kept, &wanted, &again), 0);
			assert_int_equal(again.size, kept.size);
			assert_memory_equal(again.data, kept.data, kept.size);
		}
		br_buffer_release(&out);
		br_buffer_release(&again);
	}
}

static void reads_the_orientation(void **state)
{
	struct blob blob = camera(true);

	(void)state;
	assert_int_equal(exif_orientation((struct bytes){blob.data, SIZE}), 6);
	assert_int_equal(exif_orientation((struct bytes){blob.data, 34}), 6);
	assert_int_equal(exif_orientation((struct bytes){blob.data, 33}), 1);
	assert_int_equal(exif_orientation((struct bytes){blob.data, 0}), 1);
	put(&blob, 30, 9, 2);
	assert_int_equal(exif_orientation((struct bytes){blob.data, SIZE}), 1);
	put(&blob, 24, TYPE_LONG, 2);
	put(&blob, 30, 3, 4);
	assert_int_equal(exif_orientation((struct bytes){blob.data, SIZE}), 3);
	put(&blob, 24, TYPE_ASCII, 2);
	assert_int_equal(exif_orientation((struct bytes){blob.data, SIZE}), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_it_true),
	    cmocka_unit_test(leaves_colours_that_have_stayed),
	    cmocka_unit_test(refuses_what_it_cannot_rely_upon),
	    cmocka_unit_test(keeps_what_is_there),
	    cmocka_unit_test(moves_the_subject),
	    cmocka_unit_test(drops_previews_that_are_elsewhere),
	    cmocka_unit_test(believes_no_length),
	    cmocka_unit_test(survives_any_byte),
	    cmocka_unit_test(reads_the_orientation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
