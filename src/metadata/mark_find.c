/* mark_find.c - looks for the mark where it is put (see mark.h), and where tools that write a file
 * anew move it to. */
#include <string.h>

#include "metadata/mark.h"
#include "probe/jpeg_segments.h"
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

/* ISO/IEC 15948, 5.3: the chunks before the picture's data. */
static bool find_in_png(struct window *window)
{
	const size_t size = MARK_SIZE(MARK_PNG);
	uint64_t at = 8;
	const unsigned char *p;

	while (window_step(window) && (p = window_look(window, at, 8)) &&
	       memcmp(p + 4, "IDAT", 4) != 0) {
		const uint32_t length = be32(p);

		if (length == size && !memcmp(p + 4, "tEXt", 4) &&
		    has(window, at + 8, MARK_PNG, size))
			return true;
		at += UINT64_C(12) + length;
	}
	return false;
}

/* Behind the blocks of data at `at`; 0 where the file ends before. */
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

/* TIFF 6.0, section 2: the first directory. */
static bool find_in_tiff(struct window *window)
{
	enum { TAG_SOFTWARE = 305, TYPE_ASCII = 2, ENTRY_SIZE = 12 };
	const unsigned char *p = window_look(window, 0, 8);
	const bool little = p && p[0] == 'I';
	uint64_t at = p ? little ? le32(p + 4) : be32(p + 4) : 0;
	uint32_t count;

	p = window_look(window, at, 2);
	count = p ? little ? le16(p) : be16(p) : 0;
	for (at += 2; count > 0 && window_step(window) && (p = window_look(window, at, ENTRY_SIZE));
	     count--, at += ENTRY_SIZE)
		if ((little ? le16(p) : be16(p)) == TAG_SOFTWARE)
			return (little ? le16(p + 2) : be16(p + 2)) == TYPE_ASCII &&
			       (little ? le32(p + 4) : be32(p + 4)) == sizeof MARK &&
			       has(window, little ? le32(p + 8) : be32(p + 8), MARK, sizeof MARK);
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
