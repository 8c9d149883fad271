/* jpeg_scan.c - walks a JPEG's markers (ITU-T T.81, annex B) to its end.
 *
 * Why to the end: the image library has no limit on the number of scans, each of which goes over
 * the whole picture, however few bytes it takes. And whether the end is there decides what is cut
 * off: libjpeg finds out only where it happens to read on behind the last block, and what never
 * arrived is often zeros, of which it may well make all that is left of the picture.
 */
#include "probe/scan.h"

#include "probe/jpeg_segments.h"

/* All scans together may not go over more pixels than a picture of --max-pixels has in so many, or
 * one of the default's; encoders write about 10 for a progressive picture, optimizers up to some
 * 20. */
#define SCANS_WHOLE      16
#define SCANS_WHOLE_OVER UINT64_C(268435456)

/* Frames that the decoders know, and JPEG-LS (ITU-T T.87), which they do not. */
enum { SOF1 = 0xc1, SOF2 = 0xc2, SOF9 = 0xc9, SOF10 = 0xca, SOF55 = 0xf7 };

struct walk {
	unsigned components;
	unsigned scans;
	bool progressive, partial; /* partial: a scan without all components */
};

static uint64_t count_blocks(const unsigned char *frame, const struct scan *scan)
{
	struct jpeg_sampling sampling[UINT8_MAX];

	for (unsigned i = 0; i < scan->bands; i++) {
		sampling[i].h = frame[7 + 3 * i] >> 4;
		sampling[i].v = frame[7 + 3 * i] & 15;
	}
	return jpeg_blocks(scan->width, scan->height, sampling, scan->bands);
}

/* A frame header: precision, height, width, components. */
static int read_frame(struct walk *walk, uint8_t marker, struct bytes content, struct scan *scan,
                      struct br_error *error)
{
	const unsigned char *p = content.data;

	if (content.size < 6 || content.size < 6 + 3 * (size_t)p[5] || walk->components)
		return br_error_set(error, BR_ERROR_CORRUPT, "JPEG with a broken frame header");
	if (marker != MARKER_SOF0 && marker != SOF1 && marker != SOF2 && marker != SOF9 &&
	    marker != SOF10)
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
	scan->blocks = count_blocks(p, scan);
	return 0;
}

static int count_scan(struct walk *walk, struct bytes content, const struct scan_limits *limits,
                      const struct scan *scan, struct br_error *error)
{
	const uint64_t over =
	    limits->max_pixels > SCANS_WHOLE_OVER ? limits->max_pixels : SCANS_WHOLE_OVER;

	walk->scans++;
	walk->partial |= content.size && content.data[0] < walk->components;
	if (walk->scans > limits->max_scans)
		return br_error_set(error, BR_ERROR_TOO_LARGE,
		                    "JPEG with more than the %u scans that --max-scans allows: "
		                    "raise it, or re-encode the file (jpegtran -copy all)",
		                    limits->max_scans);
	/* neither product overflows: a side is below 2^16 */
	if ((uint64_t)walk->scans * scan->width * scan->height > SCANS_WHOLE * over)
		return br_error_set(error, BR_ERROR_TOO_LARGE,
		                    "JPEG with more than %u scans of %ux%u pixels, which are %u "
		                    "times %llu together: raise --max-pixels beyond that, or "
		                    "re-encode the file (jpegtran -copy all)",
		                    walk->scans - 1, scan->width, scan->height, SCANS_WHOLE,
		                    (unsigned long long)over);
	return 0;
}

int scan_jpeg(struct bytes bytes, const struct scan_limits *limits, struct scan *scan,
              struct br_error *error)
{
	struct walk walk = {0};
	size_t at = JPEG_SEGMENTS_BEGIN;
	uint8_t marker = 0;
	int status = 0;

	while ((at = jpeg_marker_next(bytes, at)) < bytes.size &&
	       (marker = bytes.data[at]) != MARKER_EOI) {
		const struct bytes content = jpeg_segment_at(bytes, at++);

		if (marker == MARKER_SOI)
			continue;
		if (!content.data) {
			if (!walk.scans)
				break;
			continue; /* damage within a scan, whose data go on */
		}
		if (marker == SOF55)
			return br_error_set(error, BR_ERROR_UNSUPPORTED,
			                    "JPEG-LS: convert it to an ordinary JPEG");
		if (jpeg_marker_is_frame(marker))
			status = read_frame(&walk, marker, content, scan, error);
		else if (marker == MARKER_SOS)
			status = count_scan(&walk, content, limits, scan, error);
		if (status)
			return status;
		at += 2 + content.size;
	}
	scan->ended = marker == MARKER_EOI;
	scan->missing = !scan->ended;
	scan->whole = walk.progressive || walk.partial;
	if (!walk.components || !walk.scans)
		return br_error_set(error, scan->ended ? BR_ERROR_CORRUPT : BR_ERROR_TRUNCATED,
		                    scan->ended ? "JPEG without a picture"
		                                : "JPEG that ends within its header");
	return 0;
}
