/* gif_scan.c - walks a GIF's blocks (CompuServe, version 89a): canvas, frames, their data, trailer.
 */
#include "probe/gif_lzw.h"
#include "probe/scan.h"

/* Bytes of a colour table whose flags are given. */
static size_t table_bytes(unsigned flags)
{
	return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Skips sub-blocks up to and with the empty one. Returns where they end, 0 when they don't: *cut
 * if one of them does not, and more than the empty one is not there. */
static size_t skip_blocks(struct bytes bytes, size_t at, bool *cut)
{
	while (at < bytes.size && bytes.data[at])
		at += 1 + (size_t)bytes.data[at];
	*cut |= at > bytes.size;
	return at < bytes.size ? at + 1 : 0;
}

/* The loader widens a canvas that the first frame does not fit. */
static void widen(struct scan *scan, const unsigned char *p)
{
	uint32_t right = le16(p + 1) + le16(p + 5), bottom = le16(p + 3) + le16(p + 7);

	scan->width = right > scan->width ? right : scan->width;
	scan->height = bottom > scan->height ? bottom : scan->height;
}

/* Where the block at `at` ends, 0 when the file ends first or no block begins so. */
static size_t skip_block(struct bytes bytes, size_t at, struct scan *scan, uint32_t *frames)
{
	const unsigned char *p = bytes.data + at;
	size_t data;

	if (*p == 0x21 && bytes_have(bytes, at, 2)) /* an extension */
		return skip_blocks(bytes, at + 2, &scan->missing);
	if (*p != 0x2c || !bytes_have(bytes, at, 11)) /* an image */
		return 0;
	if (!(*frames)++)
		widen(scan, p);
	/* 9 bytes of position and flags, a local colour table, the size of a code */
	data = at + 10 + table_bytes(p[9]);
	scan->missing |=
	    gif_lzw_count(bytes, data, (uint64_t)le16(p + 5) * le16(p + 7)) == GIF_LZW_SHORT;
	return skip_blocks(bytes, data + 1, &scan->missing);
}

/* From `at` to the trailer, or to where the file ends without one: many do. */
static void walk(struct bytes bytes, size_t at, struct scan *scan, uint32_t *frames)
{
	size_t block = at;

	while (at && at < bytes.size && bytes.data[at] != 0x3b) {
		block = at;
		at = skip_block(bytes, at, scan, frames);
	}
	if (at) {
		scan->ended = *frames || at < bytes.size;
		return;
	}
	/* An extension that is cut off, or what is no block: frames that should follow are not
	 * there. The pixels that a cut-off frame lacks have been counted: none, if it lacks only
	 * its last byte, a 0. */
	scan->missing |= bytes.data[block] != 0x2c || !bytes_have(bytes, block, 11);
}

int scan_gif(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	uint32_t frames = 0;

	if (bytes.size < 13)
		return br_error_set(error, BR_ERROR_TRUNCATED, "GIF that ends within its header");
	scan->width = le16(bytes.data + 6);
	scan->height = le16(bytes.data + 8);
	scan->bits = 8;
	scan->bands = 4;
	scan->palette = true;
	walk(bytes, 13 + table_bytes(bytes.data[10]), scan, &frames);
	if (!frames)
		return br_error_set(error, scan->ended ? BR_ERROR_CORRUPT : BR_ERROR_TRUNCATED,
		                    scan->ended ? "GIF without a picture"
		                                : "GIF that ends before its picture begins");
	scan->pages = frames;
	return 0;
}
