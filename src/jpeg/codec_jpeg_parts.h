/* codec_jpeg_parts.h - the direct JPEG path's state. Private to codec_jpeg*.c. */
#ifndef JPEG_CODEC_JPEG_PARTS_H
#define JPEG_CODEC_JPEG_PARTS_H

#include "geometry/cascade.h"
#include "jpeg/codec_jpeg.h"
#include "jpeg/jpeg_io.h"
#include "jpeg/jpeg_kernels.h"
#include "jpeg/jpeg_layout.h"
#include "metadata/jpeg_outline.h"
#include "jpeg/jpeg_reader.h"
#include "jpeg/jpeg_writer.h"
#include "jpeg/plane.h"
#include "resample/resampler.h"

/* The most components that this path takes. */
#define JPEG_COMPONENTS 3

/* One component of the source, as it is decoded. */
struct source_plane {
	struct resampler_rows rows; /* a ring of whole bands */
	uint8_t *data;              /* rows.base, to be written */
	uint32_t band;              /* rows that arrive at once */
	uint32_t width, height;     /* samples that belong to the picture */
	double extent_x, extent_y;  /* the picture's true sides in samples */
	uint32_t decoded;           /* rows so far */
};

/* One component of one target. */
struct target_plane {
	struct jpeg_span x, y;
	struct resampler_pass pass;
	struct plane canvas; /* as it is encoded, with the margins up to whole MCUs */
	struct plane stored; /* the resampled picture as it is stored, before it is turned */
};

struct jpeg_codec {
	struct jpeg_decompress_struct in;
	struct jpeg_compress_struct out;
	struct jpeg_errors in_errors, out_errors;
	struct jpeg_source source;
	struct jpeg_sink sink;
	struct jpeg_limits limits;
	struct jpeg_outline outline;
	struct jpeg_reader *reader;
	struct jpeg_writer *writer;
	struct bytes bytes;
	struct turn turn;
	unsigned components;
	uint8_t size[JPEG_COMPONENTS]; /* samples that a block becomes, across and down */
	struct source_plane plane[JPEG_COMPONENTS];
	struct target_plane target[BR_IMAGE_SIZES_MAX][JPEG_COMPONENTS];
	struct cascade cascade; /* of the targets */
	unsigned char *memory;  /* of all planes and rings */
	size_t capacity;
	/* For the functions that run guarded. */
	struct resampler *resampler;
	const struct jpeg_job *job;
	const struct jpeg_rows *rows;
	unsigned encoded; /* which target */
	uint8_t *pixels;
	uint64_t resize_ns;
};

/* Runs a function that calls libjpeg. Returns 0 or the code that libjpeg's error means. */
int codec_jpeg_guarded(struct jpeg_codec *codec, struct jpeg_errors *errors,
                       void (*function)(struct jpeg_codec *));

/* Fills in what a failure of the decompressor means, and resets it. */
int codec_jpeg_decode_failed(struct jpeg_codec *codec, int status, struct br_error *error);

/* Chooses the scales, those of libjpeg or of the reader, which has one for each component; lays out
 * rings and planes for codec->job. */
int codec_jpeg_plan(struct jpeg_codec *codec, bool reader, struct br_error *error);

/* BR_ERROR_TOO_LARGE if the coefficients of all scans would be too many to keep. */
int codec_jpeg_check_memory(struct jpeg_codec *codec, struct br_error *error);

/* Decodes and resamples everything by the reader. Returns false if that declines: everything is
 * to be planned and done again by libjpeg. */
bool codec_jpeg_read(struct jpeg_codec *codec);

/* The same by libjpeg; to be run guarded. */
void codec_jpeg_decode(struct jpeg_codec *codec);

/* Decodes to codec->pixels by libjpeg; to be run guarded. */
void codec_jpeg_decode_pixels(struct jpeg_codec *codec);

/* Finishes and encodes one target; appends it to out. */
int codec_jpeg_encode(struct jpeg_codec *codec, unsigned index, struct br_buffer *out,
                      struct br_image_output *output, struct br_error *error);

/* Luma samples for each sample of the target's chroma, across and down: 1 or 2. */
uint32_t codec_jpeg_step(const struct jpeg_target *target);

/* Whether the target gets Huffman tables of its own, for which libjpeg keeps all its coefficients.
 * A larger one is written with the standard's tables, as codec_vips.c does. */
static inline bool codec_jpeg_optimizes(const struct jpeg_target *target)
{
	const struct br_image_geometry *geometry = &target->geometry;

	return (uint64_t)geometry->canvas_width * geometry->canvas_height <=
	       JPEG_BUFFERED_PIXELS_MAX;
}

/* Whether the writer, being the quicker one, encodes so many pixels of the target: what it does is
 * what libjpeg does with tables of its own. */
static inline bool codec_jpeg_writes_pixels(const struct jpeg_target *target, uint64_t pixels)
{
	return jpeg_kernels_in_vectors() && !target->progressive &&
	       pixels <= JPEG_WRITER_PIXELS_MAX;
}

static inline bool codec_jpeg_writes(const struct jpeg_target *target)
{
	const struct br_image_geometry *geometry = &target->geometry;

	return codec_jpeg_writes_pixels(target,
	                                (uint64_t)geometry->canvas_width * geometry->canvas_height);
}

/* Whether the stored picture must be turned to be seen upright. */
static inline bool codec_jpeg_turned(struct turn turn)
{
	return turn.swap || turn.flip_x || turn.flip_y;
}

#endif
