/* frames.c - see frames.h. */
#include "picture/frames.h"

#include "picture/cost.h"

_Static_assert(SCAN_GIF_FRAMES_READ == 4096 && PIXELS_FACTOR == 8, "the errors name them");

/* Lines of the picture of all frames: libvips' own limit (VIPS_MAX_COORD). */
#define LINES_MAX UINT64_C(10000000)

bool frames_are_kept(const struct source *source, enum br_image_format out_format)
{
	const enum br_image_format format = source->info.format;

	return source->info.pages > 1 &&
	       (format == BR_IMAGE_FORMAT_GIF || format == BR_IMAGE_FORMAT_WEBP) &&
	       (out_format == BR_IMAGE_FORMAT_GIF || out_format == BR_IMAGE_FORMAT_WEBP);
}

static int refuse(const struct br_image_info *info, const char *why, struct br_error *error)
{
	return br_error_set(error, BR_ERROR_TOO_LARGE,
	                    "animation of %u frames of %ux%u pixels, %s take its first frame with "
	                    "--format jpeg or png",
	                    info->pages, info->width, info->height, why);
}

int frames_check(const struct source *source, const struct br_image_geometry *geometry,
                 struct br_error *error)
{
	const struct br_image_info *info = &source->info;
	const uint64_t in = (uint64_t)info->width * info->height;
	const uint64_t out = (uint64_t)geometry->canvas_width * geometry->canvas_height;
	const uint32_t height =
	    info->height > geometry->canvas_height ? info->height : geometry->canvas_height;
	const uint64_t largest = source->options->max_pixels;
	const uint64_t all =
	    largest > UINT64_MAX / PIXELS_FACTOR ? UINT64_MAX : largest * PIXELS_FACTOR;

	if (info->format == BR_IMAGE_FORMAT_GIF && info->pages > SCAN_GIF_FRAMES_READ)
		return refuse(info, "more than the 4096 that can be read of a GIF:", error);
	if (info->pages > source->options->max_frames)
		return refuse(info, "more than --max-frames allows: raise it, or", error);
	if ((in > out ? in : out) > all / info->pages)
		return refuse(info, "more than 8 times --max-pixels in all: raise it, or", error);
	if ((uint64_t)height * info->pages > LINES_MAX)
		return refuse(info, "more than 10,000,000 lines in all:", error);
	if (cost_frames(info, &source->scan, source->options, geometry) >
	    cost_limit(source->options))
		return refuse(info,
		              cost_is_lowered(source->options)
		                  ? "which take more memory than there is: raise --max-memory, or"
		                  : "which take more memory than any picture may:",
		              error);
	return 0;
}
