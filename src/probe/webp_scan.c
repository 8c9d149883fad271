/* webp_scan.c - walks a WebP's RIFF chunks (WebP container specification).
 *
 * An animation whose first frame is smaller than its canvas is rewritten: the loader of libvips
 * 8.14 leaves the rest of the canvas as the memory was. A transparent first frame of the canvas'
 * size is put before it, so that the picture wanted is the second frame.
 *
 * A picture that ends in zeros, as an unfinished download does, is whole to libwebp:
 * such an end is remembered, for webp_tail.c to judge.
 */
#include "probe/scan.h"

#include <stdlib.h>
#include <string.h>

#define RIFF_HEADER  12
#define CHUNK_HEADER 8
#define VP8X_SIZE    10
#define ANMF_SIZE    16 /* of a frame's own header */
#define VP8L_SIZE    8  /* of the blank picture: 5 bytes of header, 23 bits, rounded up to even */
#define BLANK_SIZE   (CHUNK_HEADER + ANMF_SIZE + CHUNK_HEADER + VP8L_SIZE)

enum { FLAG_ANIMATION = 0x02, FLAG_ALPHA = 0x10 };

/* Bytes of a chunk whose header is at `at`, padded to even. */
static uint64_t chunk_bytes(struct bytes bytes, size_t at)
{
	uint64_t length = le32(bytes.data + at + 4);

	return CHUNK_HEADER + length + (length & 1);
}

/* A key frame of VP8: 3 bytes of tag, start code, 14 bits a side. */
static void read_vp8(struct scan *scan, const unsigned char *p, uint64_t length)
{
	if (length < 10 || (p[0] & 1) || memcmp(p + 3, "\x9d\x01\x2a", 3) != 0)
		return;
	scan->width = le16(p + 6) & 0x3fff;
	scan->height = le16(p + 8) & 0x3fff;
	scan->bands = 3;
}

/* VP8L: signature, 14 bits a side less one, a bit that says alpha. */
static void read_vp8l(struct scan *scan, const unsigned char *p, uint64_t length)
{
	uint32_t bits;

	if (length < 5 || p[0] != 0x2f)
		return;
	bits = le32(p + 1);
	scan->width = (bits & 0x3fff) + 1;
	scan->height = (bits >> 14 & 0x3fff) + 1;
	scan->bands = bits >> 28 & 1 ? 4 : 3;
	scan->lossless = true;
}

struct canvas {
	bool extended, animated;
	uint32_t width, height, frames;
};

/* Zeros at the end of a picture that are worth a look: so many, and of so much of it. Of pictures
 * that are white, or of another colour, in their lower half, libwebp itself writes as many. */
#define TAIL_MIN  32
#define TAIL_PART 16

/* Whether the chunk is a picture; remembers one that ends in zeros. */
static bool is_picture(struct bytes bytes, size_t at, uint64_t length, struct scan *scan)
{
	const unsigned char *type = bytes.data + at, *data = type + CHUNK_HEADER;
	struct scan own = {0};
	uint64_t end = length;

	if (!memcmp(type, "VP8 ", 4))
		read_vp8(&own, data, length);
	else if (!memcmp(type, "VP8L", 4))
		read_vp8l(&own, data, length);
	else
		return false;
	while (end && !data[end - 1])
		end--;
	scan->tail.size = length - end;
	scan->tail.at = at;
	scan->tail.pixels = (uint64_t)own.width * own.height;
	if (scan->tail.size < TAIL_MIN || scan->tail.size < length / TAIL_PART)
		scan->tail.size = 0;
	return true;
}

/* The picture of a frame: after its alpha, if it has any apart. */
static void read_frame_picture(struct bytes bytes, size_t at, uint64_t length, struct scan *scan)
{
	const struct bytes frame = {bytes.data, at + length};

	for (uint64_t chunk = at + ANMF_SIZE; bytes_have(frame, chunk, CHUNK_HEADER);
	     chunk += chunk_bytes(bytes, chunk)) {
		const uint64_t rest = frame.size - chunk - CHUNK_HEADER;
		const uint64_t size = le32(bytes.data + chunk + 4);

		if (is_picture(bytes, chunk, size < rest ? size : rest, scan))
			return;
	}
}

static void read_frame(const unsigned char *p, uint64_t length, struct canvas *canvas,
                       struct scan *scan)
{
	if (length < ANMF_SIZE)
		return;
	if (!canvas->frames++)
		scan->rewrite = le24(p) || le24(p + 3) || le24(p + 6) + 1 < canvas->width ||
		                le24(p + 9) + 1 < canvas->height;
	if (length >= ANMF_SIZE + 4 && !memcmp(p + ANMF_SIZE, "VP8L", 4))
		scan->lossless = true;
}

static void read_chunk(struct bytes bytes, size_t at, struct canvas *canvas, struct scan *scan)
{
	const unsigned char *type = bytes.data + at, *p = type + CHUNK_HEADER;
	uint64_t length = le32(type + 4);

	if (length > bytes.size - at - CHUNK_HEADER)
		length = bytes.size - at - CHUNK_HEADER;
	(void)is_picture(bytes, at, length, scan);
	if (!memcmp(type, "VP8X", 4) && length >= VP8X_SIZE) {
		canvas->extended = true;
		canvas->animated = p[0] & FLAG_ANIMATION;
		scan->bands = p[0] & FLAG_ALPHA ? 4 : 3;
		canvas->width = scan->width = le24(p + 4) + 1;
		canvas->height = scan->height = le24(p + 7) + 1;
	} else if (!memcmp(type, "ANMF", 4) && canvas->extended) {
		read_frame(p, length, canvas, scan);
		read_frame_picture(bytes, at + CHUNK_HEADER, length, scan);
	} else if (!memcmp(type, "VP8 ", 4) && !canvas->extended) {
		read_vp8(scan, p, length);
	} else if (!memcmp(type, "VP8L", 4) && !canvas->extended) {
		read_vp8l(scan, p, length);
	} else if (!memcmp(type, "VP8L", 4)) {
		scan->lossless = true;
	}
}

int scan_webp(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	struct canvas canvas = {0};
	uint64_t end, at = RIFF_HEADER;

	if (!bytes_have(bytes, 0, RIFF_HEADER + CHUNK_HEADER))
		return br_error_set(error, BR_ERROR_TRUNCATED, "WebP that ends within its header");
	end = CHUNK_HEADER + (uint64_t)le32(bytes.data + 4);
	scan->bits = 8;
	while (bytes_have(bytes, at, CHUNK_HEADER) && at < end && !scan->missing) {
		/* no chunk has such a name */
		scan->missing = !le32(bytes.data + at);
		read_chunk(bytes, at, &canvas, scan);
		at += chunk_bytes(bytes, at);
	}
	/* The last chunk's padding is often missing, and does no harm. */
	scan->ended = end <= bytes.size && at <= bytes.size + 1;
	scan->missing |= !scan->ended;
	scan->rewrite &= canvas.animated;
	if (!scan->width || !scan->height)
		return br_error_set(error, scan->ended ? BR_ERROR_CORRUPT : BR_ERROR_TRUNCATED,
		                    scan->ended ? "WebP without a picture"
		                                : "WebP that ends before its picture begins");
	if (canvas.animated && canvas.frames)
		scan->pages = canvas.frames;
	return 0;
}

/* A frame that covers the canvas and is transparent everywhere: in VP8L all five prefix codes have
 * a single symbol, 0, so that no bit is spent on any pixel. */
static void write_blank(unsigned char *p, uint32_t width, uint32_t height)
{
	unsigned char *frame = p + CHUNK_HEADER, *chunk = frame + ANMF_SIZE;

	memset(p, 0, BLANK_SIZE);
	memcpy(p, "ANMF", 4);
	put_le32(p + 4, BLANK_SIZE - CHUNK_HEADER);
	put_le24(frame + 6, width - 1);
	put_le24(frame + 9, height - 1);
	frame[15] = 0x02; /* don't blend */
	memcpy(chunk, "VP8L", 4);
	put_le32(chunk + 4, VP8L_SIZE);
	chunk[CHUNK_HEADER] = 0x2f;
	put_le32(chunk + CHUNK_HEADER + 1, (width - 1) | (height - 1) << 14 | UINT32_C(1) << 28);
	/* no transform, no colour cache, one group of codes; then five times 1000: simple, one
	 * symbol, of one bit, which is 0 */
	put_le24(chunk + CHUNK_HEADER + 5, 0x08 | 0x80 | 0x800 | 0x8000 | 0x80000);
}

/* Where the first frame after the canvas' header begins, 0 when there is none. *canvas is what
 * follows that header's own. */
static uint64_t find_frame(struct bytes bytes, const unsigned char **canvas)
{
	*canvas = NULL;
	for (uint64_t at = RIFF_HEADER; bytes_have(bytes, at, CHUNK_HEADER);
	     at += chunk_bytes(bytes, at)) {
		if (!memcmp(bytes.data + at, "VP8X", 4) &&
		    bytes_have(bytes, at, CHUNK_HEADER + VP8X_SIZE))
			*canvas = bytes.data + at + CHUNK_HEADER;
		else if (!memcmp(bytes.data + at, "ANMF", 4) && *canvas)
			return at;
	}
	return 0;
}

int scan_webp_rewrite(struct bytes bytes, struct bytes *rewritten)
{
	const unsigned char *canvas;
	const uint64_t at = find_frame(bytes, &canvas);
	unsigned char *copy;

	/* scan_webp() does not ask for that */
	if (!at || !canvas)
		return BR_ERROR_INTERNAL;
	copy = malloc(bytes.size + BLANK_SIZE);
	if (!copy)
		return BR_ERROR_MEMORY;
	memcpy(copy, bytes.data, at);
	write_blank(copy + at, le24(canvas + 4) + 1, le24(canvas + 7) + 1);
	memcpy(copy + at + BLANK_SIZE, bytes.data + at, bytes.size - at);
	put_le32(copy + 4, le32(bytes.data + 4) + BLANK_SIZE);
	rewritten->data = copy;
	rewritten->size = bytes.size + BLANK_SIZE;
	return 0;
}
