/* cost.c - memory that decoders and encoders take, from what they do (libvips 8.14 and the
 * libraries under it).
 */
#include "picture/cost.h"

#include "jpeg/jpeg_reader.h"
#include "png/png_reader.h"
#include "resample/resample_core.h"
#include "colour/srgb.h"

/* Lines that a streaming pipeline holds in its caches at the widest. */
#define LINES_HELD 64

/* Lines that libvips' savers hold in each of two buffers when a picture streams into them. */
#define SAVER_LINES 512

/* Bytes a pixel of libheif: planes of 4:4:4 at most, the same again in a tile or before its
 * transformation, interleaved RGB; each sample of more than 8 bits takes two. Measured: 7 to 9. */
#define HEIF_PIXEL_BYTES 9

/* Bytes a pixel of libjxl: three float channels and what its filters keep. */
#define JXL_PIXEL_BYTES 20

/* Bytes a pixel of an animation's output: the frame before and after its place on the canvas, and
 * what libwebp (canvases, ARGB, planes, candidates) or libimagequant (floats, maps) and cgif keep.
 * Measured with frames of 9 megapixels: 28 with the decoder's 12. */
#define FRAME_PIXEL_BYTES 40

/* Bytes a pixel of an animated WebP besides: the canvas of the header, which stays open, and the
 * frame as handed out. Measured with frames of 25 megapixels: 20 in all, and the filter's lines. */
#define WEBP_FRAMES_PIXEL_BYTES 8

/* Bytes a pixel of a WebP without loss besides: chains of hashes, references back, histograms. They
 * depend on the picture. Measured: 21 to 38. */
#define WEBP_LOSSLESS_PIXEL_BYTES 40

uint64_t cost_limit(const struct br_image_options *options)
{
	return options->max_memory && options->max_memory < BR_IMAGE_MEMORY_MAX
	           ? options->max_memory
	           : BR_IMAGE_MEMORY_MAX;
}

bool cost_is_lowered(const struct br_image_options *options)
{
	return cost_limit(options) < BR_IMAGE_MEMORY_MAX;
}

static uint64_t whole_decode(const struct br_image_info *info, const struct scan *scan,
                             uint64_t pixels, uint64_t shrunk_pixels)
{
	const uint64_t sample = info->bits > 8 ? 2 : 1;

	switch (info->format) {
	case BR_IMAGE_FORMAT_JPEG:
		/* our own reader's: libjpeg keeps less */
		return scan->whole ? scan->blocks * JPEG_READER_BLOCK_BYTES : 0;
	case BR_IMAGE_FORMAT_PNG:
		return scan->whole ? pixels * info->bands * sample : 0;
	case BR_IMAGE_FORMAT_WEBP:
		/* canvas and frame of libvips; the whole picture in ARGB, or its alpha */
		return 8 * shrunk_pixels + pixels * (scan->lossless ? 4 : info->alpha);
	case BR_IMAGE_FORMAT_GIF:
		/* canvas in RGBA, and another to go back to */
		return 8 * pixels;
	case BR_IMAGE_FORMAT_TIFF:
		/* read, converted, cached */
		return 3 * scan->piece;
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return pixels * HEIF_PIXEL_BYTES * sample;
	case BR_IMAGE_FORMAT_JXL:
		return pixels * JXL_PIXEL_BYTES;
	default:
		return 0;
	}
}

/* What resampling in proportion to light takes beyond itself: tables, a strip of floats, and the
 * result in its own format. */
static uint64_t linear_cost(uint32_t in_width, uint32_t bands, uint32_t bits, uint32_t width,
                            uint32_t height)
{
	const uint64_t tables =
	    srgb_encoder_cost() + (uint64_t)bands * (UINT16_MAX + 1) * sizeof(float);
	const uint64_t strip = (uint64_t)in_width * bands * sizeof(float) * RESAMPLE_STRIP_LINES;

	return tables + strip + (uint64_t)width * height * bands * ((bits + 7) / 8);
}

/* From in_width x in_height to width x height, and what is made of the result before it can be
 * freed. */
static uint64_t resize_cost(const struct br_image_info *info,
                            const struct br_image_options *options, unsigned shrink, uint32_t width,
                            uint32_t height)
{
	const struct resample_job job = {.in_width = info->width / shrink,
	                                 .in_height = info->height / shrink,
	                                 .width = width,
	                                 .height = height,
	                                 .bands = info->bands,
	                                 .bits = options->linear ? 32 : info->bits,
	                                 .alpha = info->alpha,
	                                 .filter = options->filter};
	const enum br_image_format format = options->format ? options->format : info->format;
	const uint64_t result = (uint64_t)width * height * info->bands * ((info->bits + 7) / 8);
	uint64_t cost = resample_cost(&job);

	/* half of it as a file, which is handed on as a copy */
	if (format == BR_IMAGE_FORMAT_PNG || format == BR_IMAGE_FORMAT_TIFF)
		cost += result;
	if (options->linear)
		return cost + linear_cost(job.in_width, info->bands, info->bits, width, height);
	/* its colours converted into memory, to be turned or searched */
	if ((info->orientation > 1 || options->gravity >= BR_IMAGE_GRAVITY_ATTENTION) &&
	    (info->profile || info->bits > 8 || (info->bands > 3 && !info->alpha)))
		cost += result;
	return cost;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* With libvips' own loaders. */
static uint64_t cost_streaming(const struct br_image_info *info, const struct scan *scan,
                               const struct br_image_options *options, unsigned shrink,
                               uint32_t width, uint32_t height)
{
	const uint64_t pixels = (uint64_t)info->width * info->height;
	const uint64_t pixel = (uint64_t)info->bands * ((info->bits + 7) / 8);
	const uint64_t shrunk = pixels / shrink / shrink;
	const uint64_t settled = shrunk * pixel;
	uint64_t cost = whole_decode(info, scan, pixels, shrunk) +
	                (uint64_t)info->width / shrink * pixel * LINES_HELD;

	if (settled <= COST_SETTLE_MAX)
		cost += settled;
	if (width != info->width || height != info->height)
		cost += resize_cost(info, options, shrink, width, height);
	else if (info->orientation > 1)
		/* turning needs all of it in memory */
		cost += pixels * pixel;
	else if (settled > COST_SETTLE_MAX)
		cost += UINT64_C(2) * info->width * pixel * least(SAVER_LINES, info->height);
	return cost;
}

uint64_t cost_png(const struct br_image_info *info, const struct scan *scan,
                  const struct br_image_options *options, uint32_t width, uint32_t height)
{
	const uint64_t cost = png_reader_cost(scan->row_bytes, info->height, scan->packed);

	if (info->format != BR_IMAGE_FORMAT_PNG || scan->whole || cost > COST_PNG_MAX ||
	    cost + cost_streaming(info, scan, options, 1, width, height) > cost_limit(options))
		return 0;
	return cost;
}

uint64_t cost_decode(const struct br_image_info *info, const struct scan *scan,
                     const struct br_image_options *options, unsigned shrink, uint32_t width,
                     uint32_t height)
{
	return cost_streaming(info, scan, options, shrink, width, height) +
	       cost_png(info, scan, options, width, height);
}

static int check(uint64_t cost, const struct br_image_options *options, uint32_t width,
                 uint32_t height, struct br_error *error)
{
	const uint64_t limit = cost_limit(options);

	if (cost <= limit)
		return 0;
	return br_error_set(
	    error, BR_ERROR_TOO_LARGE,
	    "resizing %ux%u pixels of this encoding takes some %llu MB, over the "
	    "limit of %llu MB: %sre-encode it (baseline, not interlaced, or smaller)",
	    width, height, (unsigned long long)(cost >> 20), (unsigned long long)(limit >> 20),
	    cost_is_lowered(options) ? "raise --max-memory, or " : "");
}

int cost_check_decode(const struct br_image_info *info, const struct scan *scan,
                      const struct br_image_options *options, unsigned shrink, uint32_t width,
                      uint32_t height, struct br_error *error)
{
	return check(cost_decode(info, scan, options, shrink, width, height), options, info->width,
	             info->height, error);
}

/* Bytes a pixel of encoders that keep the whole picture; 0 for those that take it as it streams.
 * Measured on photographs of 3 to 12 million pixels, and rounded up. */
static uint64_t encoder_bytes(enum br_image_format format, bool lossless)
{
	switch (format) {
	case BR_IMAGE_FORMAT_WEBP:
		return 7 + (lossless ? WEBP_LOSSLESS_PIXEL_BYTES : 0);
	case BR_IMAGE_FORMAT_GIF:
		return 17;
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return 32;
	case BR_IMAGE_FORMAT_JXL:
		return 42;
	default:
		return 0;
	}
}

uint64_t cost_encode(enum br_image_format format, const struct br_image_info *info,
                     const struct br_image_options *options, uint32_t width, uint32_t height)
{
	const uint64_t pixels = (uint64_t)width * height;
	const uint64_t pixel = encoder_bytes(format, options->lossless);

	return pixel ? pixels * (pixel + (uint64_t)info->bands * ((info->bits + 7) / 8)) : 0;
}

int cost_check_encode(enum br_image_format format, const struct br_image_info *info,
                      const struct br_image_options *options, uint32_t width, uint32_t height,
                      struct br_error *error)
{
	const uint64_t cost = cost_encode(format, info, options, width, height);
	const uint64_t limit = cost_limit(options);

	if (cost <= limit)
		return 0;
	return br_error_set(
	    error, BR_ERROR_TOO_LARGE,
	    "%ux%u pixels take some %llu MB to encode as %s, over the limit of %llu "
	    "MB: %schoose a smaller --size or another --format",
	    width, height, (unsigned long long)(cost >> 20), br_image_format_name(format),
	    (unsigned long long)(limit >> 20),
	    cost_is_lowered(options) ? "raise --max-memory, or " : "");
}

uint64_t cost_frames(const struct br_image_info *info, const struct scan *scan,
                     const struct br_image_options *options,
                     const struct br_image_geometry *geometry)
{
	const uint64_t open = info->format == BR_IMAGE_FORMAT_WEBP ? WEBP_FRAMES_PIXEL_BYTES : 0;
	const enum br_image_format format = options->format ? options->format : info->format;
	const bool lossless = options->lossless && format == BR_IMAGE_FORMAT_WEBP;
	const uint64_t made = FRAME_PIXEL_BYTES + (lossless ? WEBP_LOSSLESS_PIXEL_BYTES : 0);

	return cost_decode(info, scan, options, 1, geometry->scaled_width,
	                   geometry->scaled_height) +
	       open * info->width * info->height +
	       (uint64_t)geometry->canvas_width * geometry->canvas_height * made;
}

int cost_check_header(enum br_image_format format, const struct scan *scan,
                      const struct br_image_options *options, struct br_error *error)
{
	/* libvips allocates a WebP's canvas when it opens it */
	if (format != BR_IMAGE_FORMAT_WEBP)
		return 0;
	return check((uint64_t)scan->width * scan->height * 4, options, scan->width, scan->height,
	             error);
}
