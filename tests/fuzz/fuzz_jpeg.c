/* fuzz_jpeg.c - hostile bytes through the whole direct JPEG path. The last two bytes choose the
 * level of strictness, the sizes, the fit and the filter. */
#include <stdbool.h>
#include <stdlib.h>

#include "jpeg/codec_jpeg.h"
#include "probe/scan.h"

/* Small enough that no input takes long: what is sought is memory touched in error, not slowness.
 */
#define PIXELS_MAX (1U << 21)
#define MEMORY_MAX (64U << 20)

static const struct scan_limits scans = {.max_scans = 100, .max_pixels = PIXELS_MAX};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool plan(struct jpeg_target *target, const struct br_image_info *info, unsigned choice)
{
	static const uint32_t side[] = {1, 31, 100, 333};
	struct br_image_size box = {.width = side[choice & 3], .height = side[choice >> 2 & 3]};
	bool swap = info->orientation > 4;

	*target = (struct jpeg_target){
	    .quality = 1 + choice % 100,
	    .subsampling = (enum br_image_subsampling)((choice >> 3 & 3) % 3),
	    .background = {(uint8_t)choice, 200, 20},
	};
	return br_image_geometry_plan(
		   swap ? info->height : info->width, swap ? info->width : info->height, &box,
		   (enum br_image_fit)(choice >> 4 & 3), (enum br_image_gravity)(choice % 9),
		   choice >> 6 & 1, &target->geometry) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Reused from input to input, as a worker does: a picture must not spoil the next. */
	static struct jpeg_codec *codec;
	static struct resampler *resampler;
	struct jpeg_limits limits = {.max_pixels = PIXELS_MAX, .max_memory = MEMORY_MAX};
	struct jpeg_target target[2];
	struct jpeg_job job = {.target = target, .targets = 2};
	struct br_image_output output[2];
	struct br_buffer out = BR_BUFFER_HEAP;
	struct bytes bytes = {data, size - 2};
	struct br_image_info info;
	enum jpeg_decline decline;
	struct jpeg_times times;
	struct scan scan = {0};
	struct br_error error;
	uint32_t notes;

	if (size < 4)
		return 0;
	if (!codec)
		codec = jpeg_codec_new();
	if (!resampler)
		resampler = resampler_new();
	if (!codec || !resampler)
		abort();
	limits.fail_on = (enum br_image_fail_on)(data[size - 1] & 3);
	job.reserve = data[size - 1] & 4 ? 8 : 16;
	job.filter = (enum br_image_filter)((data[size - 1] >> 3) % KERNEL_FILTERS);
	if (scan_jpeg(bytes, &scans, &scan, &error) == 0 &&
	    jpeg_codec_open(codec, bytes, &limits, &info, &decline, &error) == 0 &&
	    decline == JPEG_DECLINE_NONE && plan(&target[0], &info, data[size - 2]) &&
	    plan(&target[1], &info, data[size - 1] ^ data[size - 2]))
		jpeg_codec_resize(codec, resampler, &job, &out, output, &notes, &times, &error);
	br_buffer_release(&out);
	return 0;
}
