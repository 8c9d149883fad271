/* animation.c - frames in, frames out, as the saver asks for them. */
#include "pipeline/animation.h"

#include <stdlib.h>
#include <string.h>

#include "probe/gif_timing.h"
#include "libvips/libvips.h"
#include "pipeline/view.h"
#include "probe/webp_timing.h"

/* Milliseconds. A GIF counts in hundredths of a second; what it shows for less than two of them,
 * browsers show for ten. */
#define GIF_UNIT  10
#define GIF_LEAST 20
#define GIF_MOST  (65535 * GIF_UNIT)

/* Makes frame `number` the current one. A frame that cannot be had shows the one before, if that
 * is allowed. */
static int make_frame(struct animation *animation, uint32_t number)
{
	VipsImage *frame;
	int status = BR_ERROR_CORRUPT;

	animation->number = number;
	if (animation->cut_short)
		return 0;
	if (vips_extract_area(animation->source, &frame, 0, (int)(number * animation->height),
	                      (int)animation->width, (int)animation->height, NULL))
		return animation->status = BR_ERROR_INTERNAL;
	status = animation->make(animation->ctx, &frame);
	if (!status) {
		VIPS_UNREF(animation->current);
		animation->current = frame;
		return 0;
	}
	g_object_unref(frame);
	if (status == BR_ERROR_CORRUPT && animation->current &&
	    !pull_missing(animation->pull, (int)number)) {
		animation->cut_short = true;
		return 0;
	}
	return animation->status = status;
}

/* Called by libvips for some lines at a time, from top to bottom. */
static int generate(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
	struct animation *animation = a;
	const VipsRect *area = &out->valid;
	const uint32_t height = (uint32_t)animation->current->Ysize;
	const size_t pixel = (size_t)animation->current->Bands;

	(void)seq;
	(void)b;
	(void)stop;
	for (int y = area->top; y < area->top + area->height; y++) {
		const uint32_t number = (uint32_t)y / height;
		const unsigned char *line;

		if (number != animation->number && make_frame(animation, number))
			return -1;
		line = pixels_line(animation->current, (uint32_t)y % height);
		memcpy(out->data + (size_t)(y - area->top) * (size_t)out->bpl,
		       line + (size_t)area->left * pixel, (size_t)area->width * pixel);
	}
	return 0;
}

/* Hundredths of a second that add up to the right sum. */
static void round_delays(int *delays, uint32_t frames)
{
	int carry = 0;

	for (uint32_t i = 0; i < frames; i++) {
		const int wanted = delays[i] + carry;

		if (delays[i] <= GIF_UNIT) { /* 0 has a meaning of its own, and 10 is exact */
			delays[i] = delays[i] > 0 ? GIF_UNIT : 0;
			continue;
		}
		delays[i] = (wanted + GIF_UNIT / 2) / GIF_UNIT * GIF_UNIT;
		delays[i] = VIPS_CLIP(GIF_LEAST, delays[i], GIF_MOST);
		/* what the limits took is not made up for elsewhere */
		carry = VIPS_CLIP(-GIF_UNIT, wanted - delays[i], GIF_UNIT);
	}
}

/* Of the source, as far as it says. */
static int read_timing(struct animation *animation)
{
	const VipsImage *source = animation->source;
	const uint32_t frames = animation->frames;
	int *delays = NULL, count = 0;

	animation->delays = calloc(frames, sizeof *animation->delays);
	if (!animation->delays)
		return BR_ERROR_MEMORY;
	if (vips_image_get_typeof(source, "loop"))
		(void)vips_image_get_int(source, "loop", &animation->loop);
	if (vips_image_get_typeof(source, "delay"))
		(void)vips_image_get_array_int(animation->source, "delay", &delays, &count);
	/* the frame that scan_rewrite() put first has a delay as well */
	for (uint32_t i = 0; i < frames && i < (uint32_t)count; i++)
		animation->delays[i] =
		    delays[(uint32_t)count - VIPS_MIN((uint32_t)count, frames) + i];
	return 0;
}

/* Tells the saver. */
static int write_timing(const struct animation *animation, enum br_image_format out_format,
                        VipsImage *out)
{
	int *told = animation->delays, *ticks = NULL;

	if (out_format == BR_IMAGE_FORMAT_WEBP) {
		ticks = calloc(animation->frames, sizeof *ticks);
		if (!ticks)
			return BR_ERROR_MEMORY;
		for (uint32_t i = 0; i < animation->frames; i++)
			ticks[i] = WEBP_TIMING_TICK;
		told = ticks;
	}
	vips_image_set_array_int(out, "delay", told, (int)animation->frames);
	vips_image_set_int(out, "loop", animation->loop);
	vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, animation->current->Ysize);
	free(ticks);
	return 0;
}

int animation_set_times(const struct animation *animation, enum br_image_format out_format,
                        struct br_buffer *out, size_t begin)
{
	const struct webp_timing timing = {.delays = animation->delays,
	                                   .frames = animation->frames,
	                                   .loop = (uint32_t)VIPS_MAX(0, animation->loop),
	                                   .width = (uint32_t)animation->current->Xsize,
	                                   .height = (uint32_t)animation->current->Ysize};

	if (out_format == BR_IMAGE_FORMAT_WEBP)
		return webp_timing_set(&timing, out, begin);
	return gif_timing_keep(timing.delays, timing.frames, out, begin);
}

static int open_output(struct animation *animation, enum br_image_format out_format,
                       VipsImage **image)
{
	const VipsImage *first = animation->current;
	VipsImage *all = vips_image_new();
	int status = BR_ERROR_INTERNAL;

	vips_image_init_fields(all, first->Xsize, first->Ysize * (int)animation->frames,
	                       first->Bands, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, first->Type, 1,
	                       1);
	if (!vips_image_pipelinev(all, VIPS_DEMAND_STYLE_THINSTRIP, NULL) &&
	    !vips_image_generate(all, NULL, generate, NULL, animation, NULL) &&
	    !vips_sequential(all, image, NULL))
		status = 0;
	g_object_unref(all);
	if (!status)
		status = write_timing(animation, out_format, *image);
	if (status)
		VIPS_UNREF(*image);
	return status;
}

int animation_open(struct animation *animation, struct source *source,
                   enum br_image_format out_format, VipsImage **image, struct br_error *error)
{
	int status = view_load_frames(source, &animation->source, error);

	*image = NULL;
	if (status)
		return status;
	animation->width = source->info.width;
	animation->height = source->info.height;
	animation->frames = source->info.pages;
	if ((uint64_t)animation->source->Ysize != (uint64_t)animation->height * animation->frames)
		return source_fault(source, BR_ERROR_CORRUPT, error);
	status = make_frame(animation, 0);
	if (status)
		return status;
	if (animation->current->BandFmt != VIPS_FORMAT_UCHAR)
		return br_error_set(error, BR_ERROR_INTERNAL, "frames of more than 8 bits");
	status = read_timing(animation);
	if (!status && source->info.format == BR_IMAGE_FORMAT_GIF)
		gif_timing_read(source_file(source), animation->delays, animation->frames);
	if (!status && out_format == BR_IMAGE_FORMAT_GIF)
		round_delays(animation->delays, animation->frames);
	if (!status)
		status = open_output(animation, out_format, image);
	return status ? source_fault(source, status, error) : 0;
}

void animation_close(struct animation *animation)
{
	VIPS_UNREF(animation->current);
	VIPS_UNREF(animation->source);
	free(animation->delays);
	animation->delays = NULL;
}
