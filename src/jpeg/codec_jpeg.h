/* codec_jpeg.h - JPEG to JPEG without leaving Y, Cb and Cr.
 *
 * The picture is decoded, shrunk by scaled transforms, straight into planes; each plane is
 * resampled on its own as its rows come, registered by its true (fractional) extent; the outputs
 * are turned upright and encoded from planes. No chroma is interpolated up, no RGB is made, and no
 * more rows of the source are kept than the filters need.
 *
 * A file that is as the standard has it is decoded by jpeg_reader.h, at a scale that suits each
 * component; any other by libjpeg, which has one scale for all, and the last word on what is
 * damaged.
 *
 * Only what this keeps exact is taken: gray and YCbCr, untagged or tagged as sRGB, or with any
 * profile that is kept. The header says
 * so before any work is done; everything else is for the general path.
 *
 * Ownership: a struct jpeg_codec belongs to one worker and is used by one thread at a time; it
 * keeps its memory for the next picture. Prints nothing, has no global state. Fork-safe.
 *
 * Bad data: the levels of br_image_fail_on mean what they mean in the general path (libvips 8.14,
 * jpeg2vips.c): from "truncated" on, data that ends early is an error; at "warning" every warning
 * of libjpeg is; a hundred of them always are. Below that, damage is not seen in scans of a
 * progressive picture that are not read, since only the means of its blocks are needed.
 */
#ifndef JPEG_CODEC_JPEG_H
#define JPEG_CODEC_JPEG_H

#include <batchresize/buffer.h>
#include <batchresize/error.h>
#include <batchresize/image.h>

#include "base/bytes.h"
#include "jpeg/plane.h"
#include "resample/raster.h"
#include "resample/resampler.h"

struct jpeg_codec;

/* Why a picture is not for this path. */
enum jpeg_decline {
	JPEG_DECLINE_NONE,     /* it is */
	JPEG_DECLINE_COLOUR,   /* CMYK, YCCK, RGB: neither gray nor YCbCr */
	JPEG_DECLINE_PROFILE,  /* a profile that is not sRGB's */
	JPEG_DECLINE_SAMPLING, /* components sampled in no whole ratio */
	JPEG_DECLINES
};

struct jpeg_limits {
	enum br_image_fail_on fail_on;
	uint64_t max_pixels; /* more are refused */
	uint64_t max_memory; /* bytes for one picture's decoding and planes; 0: no limit */
	bool any_profile;    /* whatever the profile says: the outputs are to be seen by it too */
};

/* Optimal Huffman tables and several scans both need all coefficients of the output in memory, up
 * to 6 bytes a pixel. A picture with more pixels than this gets the standard's tables, and cannot
 * be progressive. In the general path as well. */
#define JPEG_BUFFERED_PIXELS_MAX (UINT64_C(64) << 20)

/* One output. */
struct jpeg_target {
	struct br_image_geometry geometry; /* of the picture as seen */
	unsigned quality;                  /* 1..100 */
	enum br_image_subsampling subsampling;
	bool progressive;
	uint8_t background[3]; /* RGB as the picture's, if the geometry pads */
	struct bytes markers;  /* whole segments that the output is to begin with, or none */
};

/* A finished target before it is encoded. */
struct jpeg_planes {
	uint32_t width, height; /* pixels */
	unsigned components;    /* 1: gray; 3: Y, Cb and Cr (JFIF 1.02: BT.601, full range) */
	uint32_t step;          /* pixels for each sample of Cb and Cr, across and down */
	/* With as many samples as the pixels ask for, rounded up, or more, which repeat those. They
	 * are the codec's, and may be written to. */
	struct plane plane[3];
};

struct jpeg_job {
	const struct jpeg_target *target;
	unsigned targets; /* 1..BR_IMAGE_SIZES_MAX */
	/* Appends a target as a file of another kind, and has set the error if it fails: its
	 * code or negative errno is returned. NULL: they become JPEGs. */
	int (*encode)(void *context, unsigned target, const struct jpeg_planes *planes,
	              struct br_buffer *out);
	void *context;
	uint32_t encode_bytes; /* that it takes for each pixel */
	/* Looks at a target before it becomes a JPEG, or what `encode` makes, and may write to its
	 * planes; fails as `encode` does. NULL: nobody does. */
	int (*show)(void *context, unsigned target, const struct jpeg_planes *planes);
	/* Where it is written what is being done, enum br_image_stage: while a picture is decoded
	 * it is resized as well, which counts as decoding. NULL: nowhere. */
	uint64_t *stage;
	enum br_image_filter filter;
	/* What the decoder must leave to the filter: the shrunk picture is at least reserve / 8
	 * times the largest target (16: a factor of two, as libvips leaves). At least 8. */
	unsigned reserve;
};

/* The default: a factor of two. By `make quality`, against one and a half: at quality 97 to 800x600
 * the mean PSNR of luma rises by 0.6 dB, that of single photographs by 4 dB, for 7 % more time on
 * sequential pictures and 1 % on progressive ones. */
#define JPEG_RESERVE_DEFAULT 16

/* Enough when a progressive picture can then be made of the means of its blocks, for which only the
 * DC coefficients are read: at 400x300, two thirds more time would buy half a decibel. */
#define JPEG_RESERVE_MEANS 12

struct jpeg_times {
	float decode_ms, resize_ms, encode_ms;
};

/* NULL when memory is short. */
struct jpeg_codec *jpeg_codec_new(void);
void jpeg_codec_free(struct jpeg_codec *codec);

/* Frees the memory of the planes, between two pictures, when it is larger than that. */
void jpeg_codec_trim(struct jpeg_codec *codec, size_t keep);

/* Reads the header of bytes, on which scan_jpeg() has found nothing to refuse. bytes must stay
 * until jpeg_codec_resize() is done with them. info is filled in as far as can be. Returns 0 (and
 * then *decline says whether jpeg_codec_resize() may be called), or a code. */
int jpeg_codec_open(struct jpeg_codec *codec, struct bytes bytes, const struct jpeg_limits *limits,
                    struct br_image_info *info, enum jpeg_decline *decline, struct br_error *error);

/* libjpeg's words for what it stumbled over in the picture last opened; "" when it has not. */
const char *jpeg_codec_words(const struct jpeg_codec *codec);

/* Goes over all data of the picture last opened, once, whether or not it was declined. Returns 0
 * if libjpeg finds nothing to fail for at the level of the limits, or the code. */
int jpeg_codec_check(struct jpeg_codec *codec);

/* Decodes the picture last opened, once; appends the encoded targets to *out one after another;
 * output[] tells where, of JPEGs, notes are bits of enum br_image_note. Returns 0, a code or
 * negative errno; out->size is unchanged then. BR_ERROR_TOO_LARGE: nothing was decoded. */
int jpeg_codec_resize(struct jpeg_codec *codec, struct resampler *resampler,
                      const struct jpeg_job *job, struct br_buffer *out,
                      struct br_image_output *output, uint32_t *notes, struct jpeg_times *times,
                      struct br_error *error);

/* Decodes the picture last opened at its full size by libjpeg, as libvips' jpegload has it: to gray
 * or RGB, `pixels` of one or three bytes each. notes as above. Returns 0 or a code;
 * BR_ERROR_TOO_LARGE: nothing was decoded. */
int jpeg_codec_pixels(struct jpeg_codec *codec, uint8_t *pixels, uint32_t *notes,
                      struct br_error *error);

/* A picture of pixels to be encoded. */
struct jpeg_rows {
	const struct raster *raster;      /* 1 or 3 bands of 8 bits: gray or RGB */
	const struct jpeg_target *target; /* of which the geometry and the rest are not used */
	bool (*late)(void *context);      /* whether to give up; NULL: never */
	void *context;
};

/* Appends the picture as libvips' jpegsave has libjpeg encode it, to the last byte: without a JFIF
 * header and markers. Of the target quality, subsampling and progressive count. Between two
 * pictures of jpeg_codec_open(), too. Returns 0, -ECANCELED when it was late, a code, or a negative
 * errno; out->size is unchanged then. */
int jpeg_codec_write(struct jpeg_codec *codec, const struct jpeg_rows *rows, struct br_buffer *out);

#endif
