/* direct.c - JPEG to JPEG in planes: see codec_jpeg.h for how, here is when.
 *
 * The source has been opened by the general path before: what is refused there is refused here,
 * with the same words. A picture that is declined here takes that path.
 */
#include "image/direct.h"

#include "image/canvas.h"
#include "image/codec_jpeg.h"
#include "image/codec_vips.h"
#include "image/cost.h"

/* What one picture needs; thrown away with it. */
struct direct {
	struct jpeg_codec *codec;
	struct resampler *resampler;
	struct jpeg_target target[IMAGE_SIZES_MAX];
	struct jpeg_job job;
	unsigned size[IMAGE_SIZES_MAX]; /* which size each target is */
	struct image_output output[IMAGE_SIZES_MAX];
};

static int prepare(struct direct *direct, const struct source *source,
                   const struct image_geometry *geometry, uint32_t wanted, struct error *error)
{
	const struct image_options *options = source->options;

	direct->codec = jpeg_codec_new();
	direct->resampler = resampler_new();
	if (!direct->codec || !direct->resampler)
		return error_set(error, ERROR_MEMORY, "no memory to decode the JPEG");
	for (unsigned i = 0; i < options->sizes; i++) {
		if (!(wanted >> i & 1))
			continue;
		direct->size[direct->job.targets] = i;
		direct->target[direct->job.targets++] = (struct jpeg_target){
		    .geometry = geometry[i],
		    .quality = codec_quality(IMAGE_FORMAT_JPEG, options),
		    .subsampling = JPEG_SUBSAMPLING_AUTO,
		    .background = {options->background[0], options->background[1],
		                   options->background[2]},
		};
	}
	direct->job.target = direct->target;
	direct->job.filter = options->filter;
	direct->job.reserve = JPEG_RESERVE_DEFAULT;
	return 0;
}

static void release(struct direct *direct)
{
	jpeg_codec_free(direct->codec);
	resampler_free(direct->resampler);
}

static int run(struct direct *direct, const struct source *source, struct buffer *out,
               struct image_result *result, bool *taken, struct error *error)
{
	const struct jpeg_limits limits = {
	    .fail_on = source->options->fail_on,
	    .max_pixels = source->options->max_pixels,
	    .max_memory = COST_MAX,
	};
	enum jpeg_decline decline = JPEG_DECLINE_NONE;
	struct jpeg_times times = {0};
	struct image_info info;
	uint32_t notes = 0;
	int status = jpeg_codec_open(direct->codec, source->bytes, &limits, &info, &decline, error);

	/* What libjpeg made of the header, the image library has made of it before. */
	if (status || decline != JPEG_DECLINE_NONE || info.orientation != source->info.orientation)
		return 0;
	*taken = true;
	status = jpeg_codec_resize(direct->codec, direct->resampler, &direct->job, out,
	                           direct->output, &notes, &times, error);
	/* Damage is called by the same name on both ways. */
	if (status == ERROR_CORRUPT && !source->scan.ended)
		return source_fault(source, status, error);
	if (status)
		return status;
	result->notes |= notes;
	result->decode_ms = times.decode_ms;
	result->resize_ms = times.resize_ms;
	result->encode_ms = times.encode_ms;
	for (unsigned i = 0; i < direct->job.targets; i++) {
		result->output[direct->size[i]] = direct->output[i];
		if (direct->output[i].size > source->bytes.size)
			result->notes |= IMAGE_NOTE_GREW;
	}
	return 0;
}

/* What planes of Y, Cb and Cr don't show: light in proportion, and where the picture is worth most.
 */
static bool suits(const struct source *source, const struct image_geometry *geometry,
                  uint32_t wanted)
{
	const struct image_options *options = source->options;

	if (options->linear)
		return false;
	for (unsigned i = 0; i < options->sizes; i++)
		if ((wanted >> i & 1) && canvas_searches(&geometry[i], options->gravity))
			return false;
	return true;
}

int direct_resize(const struct source *source, const struct image_geometry *geometry,
                  uint32_t wanted, struct buffer *out, struct image_result *result, bool *taken,
                  struct error *error)
{
	struct direct direct = {0};
	int status;

	*taken = false;
	if (source->info.format != IMAGE_FORMAT_JPEG || result->out_format != IMAGE_FORMAT_JPEG ||
	    !suits(source, geometry, wanted))
		return 0;
	status = prepare(&direct, source, geometry, wanted, error);
	if (!status)
		status = run(&direct, source, out, result, taken, error);
	release(&direct);
	return status;
}
