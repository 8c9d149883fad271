/* resample.c - resampling of libvips' images. */
#include "libvips/resample.h"

#include <batchresize/error.h>

#include "libvips/pixels.h"
#include "resample/resample_core.h"

/* Lines of a picture that is not in memory. */
struct strips {
	VipsImage *image;
	VipsRegion *region;
};

static enum sample_format format_of(VipsBandFormat format)
{
	switch (format) {
	case VIPS_FORMAT_UCHAR:
		return SAMPLE_U8;
	case VIPS_FORMAT_USHORT:
		return SAMPLE_U16;
	case VIPS_FORMAT_SHORT:
		return SAMPLE_S16;
	case VIPS_FORMAT_FLOAT:
		return SAMPLE_FLOAT;
	default:
		return SAMPLE_OTHER;
	}
}

/* What VIPS_REGION_ADDR() is, in the types that lengths have. The region spans whole lines. */
static const void *region_line(const VipsRegion *region, int y)
{
	return region->data + (size_t)(y - region->valid.top) * (size_t)region->bpl;
}

static const void *read_line(void *context, uint32_t y, void *room)
{
	const struct strips *strips = context;
	const int top = (int)y, left = strips->image->Ysize - top;
	VipsRect strip = {0, top, strips->image->Xsize, VIPS_MIN(RESAMPLE_STRIP_LINES, left)};

	(void)room;
	if (y % RESAMPLE_STRIP_LINES == 0 && vips_region_prepare(strips->region, &strip))
		return NULL;
	return region_line(strips->region, top);
}

int resample_image(VipsImage **image, double across, double down, uint32_t width, uint32_t height,
                   enum br_image_filter filter, struct pull *pull)
{
	const struct kernel_axis x = {.extent = across,
	                              .samples = (uint32_t)(*image)->Xsize,
	                              .size = width},
				 y = {.extent = down,
	                              .samples = (uint32_t)(*image)->Ysize,
	                              .size = height};
	const bool settled = pixels_settled(*image);
	struct strips strips = {.image = *image};
	const struct resample_source source = {.format = format_of((*image)->BandFmt),
	                                       .bands = (unsigned)(*image)->Bands,
	                                       .alpha = vips_image_hasalpha(*image),
	                                       .pixels = settled ? (*image)->data : NULL,
	                                       .stride = pixels_stride(*image),
	                                       .line = read_line,
	                                       .context = &strips};
	VipsImage *out = pixels_new(*image, (int)width, (int)height);
	int status = BR_ERROR_MEMORY;

	if (!out)
		return status;
	status = BR_ERROR_CORRUPT;
	if (settled || (!vips_image_pio_input(*image) && (strips.region = vips_region_new(*image))))
		status = resample_lines(&source, &x, &y, filter, pull, out->data);
	VIPS_UNREF(strips.region);
	if (status)
		g_object_unref(out);
	else
		pixels_step(image, out);
	return status;
}
