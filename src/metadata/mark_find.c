/* mark_find.c - looks for the mark where it is put (see mark.h), and where tools that write a file
 * anew move it to. */
#include <string.h>

#include "metadata/mark.h"
#include "probe/jpeg_segments.h"
#include "probe/png_chunks.h"
#include "probe/tiff.h"
#include "probe/window.h"

static bool has(struct window *window, uint64_t at, const char *text, size_t size)
{
	const unsigned char *p = window_look(window, at, size);

	return p && !memcmp(p, text, size);
}

/* The segments before the picture's data. */
static bool find_in_jpeg(struct window *window)
{
	const size_t size = MARK_SIZE(MARK_JPEG);
	uint64_t at = JPEG_SEGMENTS_BEGIN;
	struct jpeg_place place;

	while (jpeg_place_next(window, &at, &place))
		if (place.code == MARK_JPEG_CODE && place.size == size &&
		    has(window, place.at, MARK_JPEG, size))
			return true;
	return false;
}

/* The chunks before the picture's data. */
static bool find_in_png(struct window *window)
{
	const size_t size = MARK_SIZE(MARK_PNG);
	uint64_t at = PNG_CHUNKS_BEGIN;
	struct png_place place;

	while (png_place_next(window, &at, &place) && memcmp(place.type, "IDAT", 4) != 0)
		if (!memcmp(place.type, "tEXt", 4) && place.size == size &&
		    has(window, place.at, MARK_PNG, size))
			return true;
	return false;
}

/* Behind the blocks of data at `at`; 0 if the file ends before. */
static uint64_t skip_blocks(struct window *window, uint64_t at)
{
	const unsigned char *p;

	while (window_step(window) && (p = window_look(window, at, 1))) {
		if (*p == 0)
			return at + 1;
		at += UINT64_C(1) + *p;
	}
	return 0;
}

/* GIF89a: the extensions before the first picture. */
static bool find_in_gif(struct window *window)
{
	const unsigned char *p = window_look(window, 0, 13);
	uint64_t at = 13;

	if (p && p[10] & 0x80)
		at += UINT64_C(3) << ((p[10] & 7) + 1);
	while (at > 0 && (p = window_look(window, at, 3)) && p[0] == 0x21) {
		if (has(window, at, MARK_GIF, sizeof MARK_GIF))
			return true;
		at = skip_blocks(window, at + 2);
	}
	return false;
}

/* The first directory. */
static bool find_in_tiff(struct window *window)
{
	struct tiff_walk walk;
	struct tiff_entry entry;

	if (!tiff_walk_begin(&walk, window))
		return false;
	while (tiff_walk_next(&walk, &entry))
		if (entry.tag == TAG_SOFTWARE)
			return entry.type == TYPE_ASCII && entry.count == sizeof MARK &&
			       has(window, entry.at, MARK, sizeof MARK);
	return false;
}

static enum br_image_mark mark_of(bool found)
{
	return found ? BR_IMAGE_MARK_FOUND : BR_IMAGE_MARK_MISSING;
}

enum br_image_mark br_image_find_mark(const struct br_image_bytes *file)
{
	struct window window = {.file = file};

	switch (window_sniff(&window)) {
	case BR_IMAGE_FORMAT_JPEG:
		return mark_of(find_in_jpeg(&window));
	case BR_IMAGE_FORMAT_PNG:
		return mark_of(find_in_png(&window));
	case BR_IMAGE_FORMAT_GIF:
		return mark_of(find_in_gif(&window));
	case BR_IMAGE_FORMAT_TIFF:
		return mark_of(find_in_tiff(&window));
	default:
		return BR_IMAGE_MARK_NONE;
	}
}
