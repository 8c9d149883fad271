/* jpeg_scan.c - walks a JPEG's markers (ITU-T T.81, annex B) to its end.
 *
 * Why to the end: the image library has no limit on the number of scans, each of which goes over
 * the whole picture, however few bytes it takes. And whether the end is there decides what is cut
 * off: libjpeg finds out only where it happens to read on behind the last block, and what never
 * arrived is often zeros, of which it may well make all that is left of the picture.
 */
#include "probe/scan.h"

#include <string.h>

/* Encoders write about 10 scans for a progressive picture, optimizers up to some 20; the standard
 * allows many hundred (one bit of one coefficient at a time). */
#define SCANS_MAX 100

/* All scans together may not go over more pixels than an ordinary progressive picture of the
 * default --max-pixels has in its 16 scans. */
#define SCANNED_PIXELS_MAX (UINT64_C(16) * 268435456)

enum { SOF0 = 0xc0, SOF1 = 0xc1, SOF2 = 0xc2, DHT = 0xc4, SOF9 = 0xc9, SOF10 = 0xca, JPG = 0xc8 };
enum { DAC = 0xcc, SOF15 = 0xcf, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda };
enum { TEM = 0x01, JPEG_LS = 0xf7 /* ITU-T T.87's SOF55 */ };

struct walk {
	struct bytes bytes;
	size_t at;
	unsigned components;
	unsigned scans;
	bool progressive, partial; /* partial: a scan without all components */
};

/* Finds the next marker at or after `at`, past fill bytes and, when entropy-coded data is skipped,
 * past stuffed zeros and restarts. Returns it with `at` behind it, or -1 at the file's end. */
static int next_marker(struct walk *walk)
{
	const unsigned char *data = walk->bytes.data;

	while (walk->at < walk->bytes.size) {
		const unsigned char *ff =
		    memchr(data + walk->at, 0xff, walk->bytes.size - walk->at);

		if (!ff)
			break;
		walk->at = (size_t)(ff - data) + 1;
		while (walk->at < walk->bytes.size && data[walk->at] == 0xff)
			walk->at++;
		if (walk->at == walk->bytes.size)
			break;
		int marker = data[walk->at++];

		if (marker && marker != TEM && (marker < RST0 || marker > RST7))
			return marker;
	}
	walk->at = walk->bytes.size;
	return -1;
}

static bool is_frame(int marker)
{
	return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* Bytes of all coefficients, as jdcoefct.c of libjpeg keeps them: 64 of two bytes a block, sides
 * in whole MCUs. */
static uint64_t coefficient_bytes(const unsigned char *frame, unsigned components, uint64_t width,
                                  uint64_t height)
{
	uint64_t h_max = 1, v_max = 1, blocks = 0;

	for (unsigned i = 0; i < components; i++) {
		uint64_t h = frame[6 + 3 * i + 1] >> 4, v = frame[6 + 3 * i + 1] & 15;

		h_max = h > h_max ? h : h_max;
		v_max = v > v_max ? v : v_max;
		blocks += h * v;
	}
	return blocks * ((width + 8 * h_max - 1) / (8 * h_max)) *
	       ((height + 8 * v_max - 1) / (8 * v_max)) * 128;
}

/* A frame header: precision, height, width, components. */
static int read_frame(struct walk *walk, int marker, const unsigned char *p, size_t length,
                      struct scan *scan, struct br_error *error)
{
	if (length < 6 || length < 6 + 3 * (size_t)p[5] || walk->components)
		return br_error_set(error, BR_ERROR_CORRUPT, "JPEG with a broken frame header");
	if (marker != SOF0 && marker != SOF1 && marker != SOF2 && marker != SOF9 && marker != SOF10)
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "lossless or hierarchical JPEG: convert it to an ordinary one");
	if (p[0] != 8)
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "JPEG of %u bits: convert it to one of 8 bits", p[0]);
	scan->bits = p[0];
	scan->height = be16(p + 1);
	scan->width = be16(p + 3);
	scan->bands = walk->components = p[5];
	walk->progressive = marker == SOF2 || marker == SOF10;
	if (!scan->width || !scan->height || !scan->bands)
		return br_error_set(error, BR_ERROR_CORRUPT, "JPEG that says its size is %ux%u",
		                    scan->width, scan->height);
	scan->coefficients = coefficient_bytes(p, p[5], scan->width, scan->height);
	return 0;
}

static int count_scan(struct walk *walk, const unsigned char *p, size_t length,
                      const struct scan *scan, struct br_error *error)
{
	walk->scans++;
	walk->partial |= length && p[0] < walk->components;
	if (walk->scans > SCANS_MAX ||
	    (uint64_t)walk->scans * scan->width * scan->height > SCANNED_PIXELS_MAX)
		return br_error_set(error, BR_ERROR_TOO_LARGE,
		                    "JPEG with more than %u scans of %ux%u pixels: "
		                    "re-encode it (jpegtran -copy all) to have it resized",
		                    walk->scans - 1, scan->width, scan->height);
	return 0;
}

/* Whether what follows a marker is a segment that lies within the file. */
static bool is_segment(const struct walk *walk)
{
	const unsigned char *p = walk->bytes.data + walk->at;

	return bytes_have(walk->bytes, walk->at, 2) && be16(p) >= 2 &&
	       bytes_have(walk->bytes, walk->at, be16(p));
}

int scan_jpeg(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	struct walk walk = {.bytes = bytes, .at = 2};
	int marker, status = 0;

	while ((marker = next_marker(&walk)) >= 0 && marker != EOI) {
		size_t length;

		if (marker == SOI)
			continue;
		if (!is_segment(&walk)) {
			if (!walk.scans)
				break;
			continue; /* damage within a scan, whose data go on */
		}
		length = be16(bytes.data + walk.at) - 2;
		if (marker == JPEG_LS)
			return br_error_set(error, BR_ERROR_UNSUPPORTED,
			                    "JPEG-LS: convert it to an ordinary JPEG");
		if (is_frame(marker))
			status = read_frame(&walk, marker, bytes.data + walk.at + 2, length, scan,
			                    error);
		else if (marker == SOS)
			status = count_scan(&walk, bytes.data + walk.at + 2, length, scan, error);
		if (status)
			return status;
		walk.at += 2 + length;
	}
	scan->ended = marker == EOI;
	scan->missing = !scan->ended;
	scan->whole = walk.progressive || walk.partial;
	if (!walk.components || !walk.scans)
		return br_error_set(error, scan->ended ? BR_ERROR_CORRUPT : BR_ERROR_TRUNCATED,
		                    scan->ended ? "JPEG without a picture"
		                                : "JPEG that ends within its header");
	return 0;
}
