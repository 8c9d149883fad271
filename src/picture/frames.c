/* frames.c - see frames.h. */
#include "picture/frames.h"

#include "picture/cost.h"

_Static_assert(FRAMES_MAX == 4096 && PIXELS_FACTOR == 8, "the errors name them");

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
	                    "animation of %u frames of %ux%u pixels, %s: take its first frame with "
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

	if (info->pages > FRAMES_MAX)
		return refuse(info, "more than the 4096 that are kept", error);
	/* neither product overflows: sides are under 2^17, frames as checked */
	if ((in > out ? in : out) * info->pages / PIXELS_FACTOR > largest)
		return refuse(info, "more than 8 times --max-pixels in all", error);
	if ((uint64_t)height * info->pages > LINES_MAX)
		return refuse(info, "more than 10,000,000 lines in all", error);
	if (cost_frames(info, &source->scan, source->options, geometry) >
	    cost_limit(source->options))
		return refuse(info, "which take more memory than a worker may", error);
	return 0;
}
