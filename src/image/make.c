/* make.c - asks for the memory, and sends the picture the shortest way there is. */
#include "image/make.h"

#include <errno.h>

#include "base/base.h"
#include "picture/cost.h"
#include "image/way.h"
#include "image/way_jpeg.h"
#include "image/way_rows.h"
#include "pipeline/library.h"
#include "picture/words.h"

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whoever looks at a picture has a copy of it, and of 16 bits one more. */
static uint64_t cost_shown(const struct picture *picture, const struct br_image_geometry *geometry)
{
	const struct br_image_info *info = &picture->source.info;
	const uint64_t sample = (info->bits + 7) / 8;

	if (!picture->options->show)
		return 0;
	return (uint64_t)geometry->canvas_width * geometry->canvas_height * (info->bands + 1) *
	       (sample + 1);
}

/* Bytes at the peak: the source, what decoding or encoding takes, and the pictures of all sizes,
 * which smaller ones come from and which are files in the end. */
static uint64_t cost(const struct picture *picture)
{
	const struct br_image_info *info = &picture->source.info;
	const uint64_t pixel = (uint64_t)info->bands * ((info->bits + 7) / 8);
	uint64_t work = 0, pictures = 0, shown = 0;
	uint32_t width, height;

	picture_largest_sides(picture, &width, &height);
	if (!picture->animated)
		work = source_cost(&picture->source, width, height);
	for (unsigned i = 0; i < picture->options->sizes; i++) {
		const struct br_image_geometry *g = &picture->geometry[i];

		if (!picture_wants(picture, i))
			continue;
		work = most(work, cost_encode(picture->result->out_format, info, picture->options,
		                              g->canvas_width, g->canvas_height));
		if (picture->animated)
			work = most(work,
			            cost_frames(info, &picture->source.scan, picture->options, g));
		pictures += (uint64_t)g->canvas_width * g->canvas_height * pixel;
		shown = most(shown, cost_shown(picture, g));
	}
	return picture->source.bytes.size + work + pictures + shown;
}

/* Asks whoever hands out the memory. */
static int admit(struct picture *picture)
{
	const struct br_image_options *options = picture->options;
	const uint64_t bytes = cost(picture);
	int status;

	picture->bytes = bytes;
	if (!options->admit)
		return 0;
	worker_make_room(picture->source.worker, bytes, options->keep);
	if (picture->source.shared)
		words_unshare();
	status = options->admit(options->admit_arg, bytes);
	if (picture->source.shared)
		words_share();
	if (status == -E2BIG)
		return br_error_set(
		    picture->error, BR_ERROR_TOO_LARGE,
		    "resizing %ux%u pixels of this encoding takes some %llu MB: raise "
		    "--max-memory, or choose a smaller --size",
		    picture->source.info.width, picture->source.info.height,
		    (unsigned long long)(bytes >> 20));
	return status;
}

int make(struct picture *picture)
{
	enum picture_way way;
	bool taken = false;
	int status = admit(picture);

	if (status)
		return status;
	/* the time that was waited for memory is nobody's */
	picture_enter(picture, BR_IMAGE_STAGE_DECODE);
	picture->pull.limit = run_limit_in(picture->options->timeout_ms);
	way = way_choose(picture, &picture->result->detour);
	if (way == WAY_PLANES)
		status = way_jpeg(picture, &taken);
	else if (way == WAY_ROWS)
		status = way_rows(picture, &taken);
	if (!status && !taken) {
		picture->result->library = true;
		status = library_make(picture);
	}
	return status;
}
