/* png_scan.c - walks a PNG's chunks (ISO/IEC 15948), and leaves out those that are bombs.
 *
 * Why: libpng allocates what a chunk's length claims before it reads, and inflates compressed text
 * at open; 90 chunks that inflate to megabytes take seconds. Only what a picture looks like is
 * wanted here, so chunks of text and private ones need not reach libpng.
 */
#include "probe/scan.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE 8
#define OVERHEAD  12 /* bytes of a chunk besides its data: length, type, CRC */

/* A file with more than this in chunks that are not wanted is rewritten without them. */
#define UNWANTED_BYTES_MAX  1024
#define UNWANTED_CHUNKS_MAX 16

/* Ancillary chunks that change what is seen. */
static bool is_wanted(const unsigned char *type)
{
	static const char wanted[][5] = {"tRNS", "gAMA", "cHRM", "sRGB", "iCCP",
	                                 "eXIf", "pHYs", "sBIT", "bKGD"};

	if (!(type[0] & 0x20)) /* a critical chunk, by its upper-case letter */
		return true;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!memcmp(type, wanted[i], 4))
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
	const unsigned char *p = bytes.data + SIGNATURE + 8;

	if (!bytes_have(bytes, SIGNATURE, OVERHEAD + 13))
		return br_error_set(error, BR_ERROR_TRUNCATED, "PNG that ends within its header");
	if (!memcmp(p - 4, "CgBI", 4))
		return br_error_set(
		    error, BR_ERROR_UNSUPPORTED,
		    "PNG for Apple's devices alone (CgBI): convert it to an ordinary "
		    "one (pngcrush -revert-iphone-optimizations)");
	if (memcmp(p - 4, "IHDR", 4) != 0 || be32(p - 8) != 13)
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

int scan_png(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	size_t at = SIGNATURE, unwanted_bytes = 0, unwanted = 0;
	bool data = false;
	int status = read_header(bytes, scan, error);

	if (status)
		return status;
	while (bytes_have(bytes, at, OVERHEAD) && !scan->ended) {
		const unsigned char *type = bytes.data + at + 4;
		uint64_t length = be32(bytes.data + at);

		data |= !memcmp(type, "IDAT", 4);
		if (!bytes_have(bytes, at, OVERHEAD + length))
			break;
		if (!memcmp(type, "IDAT", 4))
			scan->packed += length;
		if (!memcmp(type, "tRNS", 4) && scan->bands % 2)
			scan->bands++;
		if (!memcmp(type, "acTL", 4) && length == 8)
			scan->pages = be32(type + 4) ? be32(type + 4) : 1;
		if (!is_wanted(type)) {
			unwanted++;
			unwanted_bytes += length;
		}
		scan->ended = !memcmp(type, "IEND", 4);
		at += OVERHEAD + length;
	}
	scan->rewrite = unwanted > UNWANTED_CHUNKS_MAX || unwanted_bytes > UNWANTED_BYTES_MAX;
	if (!data)
		return br_error_set(error, scan->ended ? BR_ERROR_CORRUPT : BR_ERROR_TRUNCATED,
		                    scan->ended ? "PNG without a picture"
		                                : "PNG that ends before its picture begins");
	return 0;
}

/* Everything but the unwanted chunks; what follows a chunk that is cut off is kept as it is. */
int scan_png_rewrite(struct bytes bytes, struct bytes *rewritten)
{
	unsigned char *copy = malloc(bytes.size);
	size_t at = SIGNATURE, size = SIGNATURE;

	if (!copy)
		return BR_ERROR_MEMORY;
	memcpy(copy, bytes.data, SIGNATURE);
	while (bytes_have(bytes, at, OVERHEAD)) {
		uint64_t length = OVERHEAD + (uint64_t)be32(bytes.data + at);

		if (!bytes_have(bytes, at, length))
			break;
		if (is_wanted(bytes.data + at + 4)) {
			memcpy(copy + size, bytes.data + at, length);
			size += length;
		}
		at += length;
	}
	memcpy(copy + size, bytes.data + at, bytes.size - at);
	*rewritten = (struct bytes){copy, size + bytes.size - at};
	return 0;
}
