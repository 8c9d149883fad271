/* webp_tail.c - decodes the last picture of a WebP with and without its last zeros. */
#include "pipeline/webp_tail.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "libvips/codec_vips.h"

#define RIFF_HEADER  12
#define CHUNK_HEADER 8

/* Bytes that are changed, which are more than any encoder adds behind what will be read. */
#define CHANGED 12

#define STRIP_LINES 16

/* The picture's chunk alone is a file. */
static unsigned char *copy_picture(struct bytes bytes, uint64_t at, size_t *size)
{
	const uint64_t rest = bytes.size - at - CHUNK_HEADER, says = le32(bytes.data + at + 4);
	const size_t length = (size_t)(says < rest ? says : rest), even = length + (length & 1);
	unsigned char *copy = calloc(1, RIFF_HEADER + CHUNK_HEADER + even);

	if (!copy)
		return NULL;
	memcpy(copy, "RIFF\0\0\0\0WEBP", RIFF_HEADER);
	put_le32(copy + 4, (uint32_t)(4 + CHUNK_HEADER + even));
	memcpy(copy + RIFF_HEADER, bytes.data + at, CHUNK_HEADER + length);
	put_le32(copy + RIFF_HEADER + 4, (uint32_t)length);
	*size = RIFF_HEADER + CHUNK_HEADER + even;
	return copy;
}

/* FNV-1a (Fowler, Noll, Vo), eight bytes at a time. */
static uint64_t hash(uint64_t sum, const unsigned char *p, size_t size)
{
	uint64_t word;

	for (; size >= sizeof word; p += sizeof word, size -= sizeof word) {
		memcpy(&word, p, sizeof word);
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
	}
	for (; size; p++, size--)
		sum = (sum ^ *p) * UINT64_C(0x100000001b3);
	return sum ^ sum >> 32;
}

static int hash_pixels(VipsRegion *region, struct pull *pull, uint64_t *sum)
{
	const VipsImage *image = region->im;
	const size_t line = pixels_stride(image);

	for (int top = 0; top < image->Ysize; top += STRIP_LINES) {
		const VipsRect strip = {0, top, image->Xsize,
		                        VIPS_MIN(STRIP_LINES, image->Ysize - top)};

		if (vips_region_prepare(region, &strip))
			return BR_ERROR_CORRUPT;
		for (int y = top; y < top + strip.height; y++) {
			const int below = y - region->valid.top;

			*sum = hash(*sum, region->data + (size_t)below * (size_t)region->bpl, line);
		}
		if (run_limit_over(&pull->limit))
			return BR_ERROR_TIMEOUT;
	}
	return 0;
}

static int hash_picture(struct bytes file, struct pull *pull, uint64_t *sum)
{
	const struct load_options options = {
	    .fail_on = BR_IMAGE_FAIL_ON_TRUNCATED, .shrink = 1, .scale = 1};
	VipsRegion *region = NULL;
	VipsImage *image;
	int status = codec_vips_load(BR_IMAGE_FORMAT_WEBP, file, &options, &image);

	*sum = 0;
	if (!status && !(region = vips_region_new(image)))
		status = BR_ERROR_MEMORY;
	if (!status)
		status = hash_pixels(region, pull, sum);
	VIPS_UNREF(region);
	VIPS_UNREF(image);
	return status;
}

int webp_tail_judge(struct bytes bytes, struct pull *pull, struct scan *scan)
{
	uint64_t before, after;
	unsigned char *copy;
	size_t size, end;
	int status;

	if (scan->tail.size < CHANGED)
		return 0;
	copy = copy_picture(bytes, scan->tail.at, &size);
	if (!copy)
		return BR_ERROR_MEMORY;
	/* of an odd length, without what makes it even */
	end = size - (le32(copy + RIFF_HEADER + 4) & 1);
	status = hash_picture((struct bytes){copy, size}, pull, &before);
	memset(copy + end - CHANGED, 0xff, CHANGED);
	if (!status)
		status = hash_picture((struct bytes){copy, size}, pull, &after);
	if (!status)
		scan->missing = before == after;
	free(copy);
	return status == BR_ERROR_CORRUPT ? 0 : status;
}
