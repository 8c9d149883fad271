/* png_scan.c - walks a PNG's chunks (ISO/IEC 15948), and leaves out those that are bombs.
 *
 * Why: libpng allocates what a chunk's length claims before it reads, and inflates compressed text
 * at open; 90 chunks that inflate to megabytes take seconds. Only what a picture looks like is
 * wanted here, so chunks of text and private ones need not reach libpng.
 */
#include "probe/scan.h"

#include <stdlib.h>
#include <string.h>

#include "probe/png_chunks.h"

/* A file with more than this in chunks that are not wanted is rewritten without them. */
#define UNWANTED_BYTES_MAX  1024
#define UNWANTED_CHUNKS_MAX 16

/* Ancillary chunks that change what is seen. */
static bool is_wanted(const struct png_chunk *chunk)
{
	static const char wanted[][5] = {"tRNS", "gAMA", "cHRM", "sRGB", "iCCP",
	                                 "eXIf", "pHYs", "sBIT", "bKGD"};

	if (png_chunk_is_critical(chunk))
		return true;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (png_chunk_is(chunk, wanted[i]))
			return true;
	return false;
}

/* Bands as decoded: a palette becomes RGB. */
static uint32_t bands_of(unsigned colour_type)
{
	static const unsigned char bands[7] = {1, 0, 3, 3, 2, 0, 4};

	return colour_type < 7 ? bands[colour_type] : 0;
}

static int read_header(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	const unsigned char *p = bytes.data + PNG_CHUNKS_BEGIN + 8;

	if (!bytes_have(bytes, PNG_CHUNKS_BEGIN, PNG_CHUNK_OVERHEAD + PNG_IHDR_SIZE))
		return br_error_set(error, BR_ERROR_TRUNCATED, "PNG that ends within its header");
	if (!memcmp(p - 4, "CgBI", 4))
		return br_error_set(
		    error, BR_ERROR_UNSUPPORTED,
		    "PNG for Apple's devices alone (CgBI): convert it to an ordinary "
		    "one (pngcrush -revert-iphone-optimizations)");
	if (memcmp(p - 4, "IHDR", 4) != 0 || be32(p - 8) != PNG_IHDR_SIZE)
		return br_error_set(error, BR_ERROR_CORRUPT, "PNG without a header");
	scan->width = be32(p);
	scan->height = be32(p + 4);
	scan->bits = p[8] == 16 ? 16 : 8;
	scan->bands = bands_of(p[9]);
	scan->palette = p[9] == 3;
	scan->whole = p[12] == 1;
	/* a palette's pixel is one sample */
	scan->row_bytes = ((uint64_t)scan->width * p[8] * (p[9] == 3 ? 1 : scan->bands) + 7) / 8;
	/* 2^31 - 1 is the standard's own limit */
	if (!scan->width || !scan->height || scan->width > INT32_MAX || scan->height > INT32_MAX ||
	    !scan->bands || (p[8] & (p[8] - 1)) || !p[8] || p[8] > 16 || p[10] || p[11] ||
	    p[12] > 1)
		return br_error_set(error, BR_ERROR_CORRUPT, "PNG with a broken header");
	return 0;
}

static void note_chunk(const struct png_chunk *chunk, struct scan *scan)
{
	if (png_chunk_is(chunk, "IDAT"))
		scan->packed += chunk->data.size;
	if (png_chunk_is(chunk, "tRNS") && scan->bands % 2)
		scan->bands++;
	if (png_chunk_is(chunk, "acTL") && chunk->data.size == 8)
		scan->pages = be32(chunk->data.data) ? be32(chunk->data.data) : 1;
	scan->ended = png_chunk_is(chunk, "IEND");
}

int scan_png(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	size_t at = PNG_CHUNKS_BEGIN, unwanted_bytes = 0, unwanted = 0;
	bool data = false;
	struct png_chunk chunk;
	int status = read_header(bytes, scan, error);

	if (status)
		return status;
	while (!scan->ended && png_chunk_next(bytes, &at, &chunk)) {
		note_chunk(&chunk, scan);
		data |= png_chunk_is(&chunk, "IDAT");
		if (!is_wanted(&chunk)) {
			unwanted++;
			unwanted_bytes += chunk.data.size;
		}
	}
	/* one that is cut off */
	if (!scan->ended && bytes_have(bytes, at, PNG_CHUNK_OVERHEAD))
		data |= !memcmp(bytes.data + at + 4, "IDAT", 4);
	scan->rewrite = unwanted > UNWANTED_CHUNKS_MAX || unwanted_bytes > UNWANTED_BYTES_MAX;
	if (!data)
		return br_error_set(error, scan->ended ? BR_ERROR_CORRUPT : BR_ERROR_TRUNCATED,
		                    scan->ended ? "PNG without a picture"
		                                : "PNG that ends before its picture begins");
	return 0;
}

/* Everything except the unwanted chunks; what follows a chunk that is cut off is kept as it is. */
int scan_png_rewrite(struct bytes bytes, struct bytes *rewritten)
{
	unsigned char *copy = malloc(bytes.size);
	size_t at = PNG_CHUNKS_BEGIN, size = PNG_CHUNKS_BEGIN;
	struct png_chunk chunk;

	if (!copy)
		return BR_ERROR_MEMORY;
	memcpy(copy, bytes.data, size);
	while (png_chunk_next(bytes, &at, &chunk))
		if (is_wanted(&chunk)) {
			memcpy(copy + size, chunk.whole.data, chunk.whole.size);
			size += chunk.whole.size;
		}
	memcpy(copy + size, bytes.data + at, bytes.size - at);
	*rewritten = (struct bytes){copy, size + bytes.size - at};
	return 0;
}
