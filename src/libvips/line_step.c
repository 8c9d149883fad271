/* line_step.c - calls a function for every line of a region. */
#include "libvips/line_step.h"

#include <stdlib.h>
#include <string.h>

#include "libvips/pixels.h"

static void step_free(void *data)
{
	struct line_step *step = data;

	step->free(step->data);
	free(step);
}

/* The macro of that name mixes signs. */
static unsigned char *region_at(const VipsRegion *region, int x, int y)
{
	const size_t pixel =
	    (size_t)region->im->Bands * (size_t)vips_format_sizeof(region->im->BandFmt);

	return region->data + (size_t)(y - region->valid.top) * (size_t)region->bpl +
	       (size_t)(x - region->valid.left) * pixel;
}

static int run_region(VipsRegion *out, void *sequence, void *unused, void *data, gboolean *stop)
{
	VipsRegion *in = sequence;
	const struct line_step *step = data;
	const VipsRect *area = &out->valid;

	(void)unused;
	(void)stop;
	if (vips_region_prepare(in, area))
		return -1;
	for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++)
		step->run(step->data, region_at(in, area->left, y), region_at(out, area->left, y),
		          (size_t)area->width);
	return 0;
}

static VipsImage *image_new(VipsImage *source, struct line_step *step)
{
	VipsImage *image = vips_image_new();

	g_object_set_data_full(G_OBJECT(image), "step", step, step_free);
	g_object_set_data_full(G_OBJECT(image), "source", g_object_ref(source), g_object_unref);
	if (!vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, source, NULL)) {
		image->Bands = step->bands;
		image->BandFmt = step->format;
		image->Type = step->type;
		if (!vips_image_generate(image, vips_start_one, run_region, vips_stop_one, source,
		                         step))
			return image;
	}
	g_object_unref(image);
	return NULL;
}

int line_step_add(VipsImage **image, const struct line_step *step)
{
	struct line_step *own = malloc(sizeof *own);
	VipsImage *next;

	if (!own) {
		step->free(step->data);
		return -1;
	}
	memcpy(own, step, sizeof *own);
	next = image_new(*image, own);
	if (!next)
		return -1;
	pixels_step(image, next);
	return 0;
}
