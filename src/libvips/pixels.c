/* pixels.c - pulls pixels through a libvips pipeline without its threads. */
#include "libvips/pixels.h"

#include <stdlib.h>
#include <string.h>

#include <batchresize/error.h>

#include "base/base.h"

/* Lines asked for at once: enough that the filter's overlap between strips is small, few enough
 * that a strip of an ordinary picture stays in the cache. */
#define STRIP_LINES 16

uint64_t pixels_bytes(const VipsImage *image)
{
	return (uint64_t)image->Xsize * (uint64_t)image->Ysize * (uint64_t)image->Bands *
	       vips_format_sizeof(image->BandFmt);
}

size_t pixels_stride(const VipsImage *image)
{
	return (size_t)image->Xsize * (size_t)image->Bands * vips_format_sizeof(image->BandFmt);
}

void *pixels_line(const VipsImage *image, uint32_t y)
{
	return image->data + y * pixels_stride(image);
}

bool pixels_settled(const VipsImage *image)
{
	return image->dtype == VIPS_IMAGE_SETBUF || image->dtype == VIPS_IMAGE_SETBUF_FOREIGN;
}

void pixels_step(VipsImage **image, VipsImage *next)
{
	g_object_unref(*image);
	*image = next;
}

static void free_pixels(VipsImage *image, void *data)
{
	(void)image;
	free(data);
}

VipsImage *pixels_over(void *data, const VipsImage *in, int width, int height,
                       VipsBandFormat format)
{
	const uint64_t bytes =
	    (uint64_t)width * (uint64_t)height * (uint64_t)in->Bands * vips_format_sizeof(format);
	VipsImage *image =
	    vips_image_new_from_memory(data, (size_t)bytes, width, height, in->Bands, format);

	if (!image) {
		free(data);
		return NULL;
	}
	g_signal_connect(image, "postclose", G_CALLBACK(free_pixels), data);
	image->Type = in->Type;
	image->Xres = in->Xres;
	image->Yres = in->Yres;
	return image;
}

VipsImage *pixels_new_format(const VipsImage *in, int width, int height, VipsBandFormat format)
{
	const uint64_t bytes =
	    (uint64_t)width * (uint64_t)height * (uint64_t)in->Bands * vips_format_sizeof(format);
	void *data = bytes <= SIZE_MAX ? malloc((size_t)bytes) : NULL;

	return data ? pixels_over(data, in, width, height, format) : NULL;
}

VipsImage *pixels_new(const VipsImage *in, int width, int height)
{
	return pixels_new_format(in, width, height, in->BandFmt);
}

static void clear_lines(VipsImage *image, int top)
{
	unsigned char *first = pixels_line(image, (uint32_t)top);
	unsigned char *end = pixels_line(image, (uint32_t)image->Ysize);

	memset(first, 0, (size_t)(end - first));
}

static int pull_strips(VipsRegion *from, VipsRegion *to, struct pull *pull)
{
	const int width = from->im->Xsize, height = from->im->Ysize;

	for (int top = 0; top < height; top += STRIP_LINES) {
		VipsRect strip = {0, top, width, VIPS_MIN(STRIP_LINES, height - top)};

		if (vips_region_prepare_to(from, to, &strip, 0, top)) {
			const int status = pull_missing(pull, top);

			if (!status)
				clear_lines(to->im, top);
			return status;
		}
		if (run_limit_over(&pull->limit))
			return BR_ERROR_TIMEOUT;
	}
	return 0;
}

int pixels_settle(VipsImage **image, struct pull *pull)
{
	VipsImage *settled = NULL;
	VipsRegion *from = NULL, *to = NULL;
	int status = BR_ERROR_MEMORY;

	if (pixels_settled(*image))
		return 0;
	if (!(settled = pixels_new(*image, (*image)->Xsize, (*image)->Ysize)))
		goto out;
	status = BR_ERROR_CORRUPT;
	if (vips_image_pio_input(*image) || !(from = vips_region_new(*image)) ||
	    !(to = vips_region_new(settled)))
		goto out;
	VipsRect whole = {0, 0, settled->Xsize, settled->Ysize};

	if (vips_region_image(to, &whole))
		goto out;
	status = pull_strips(from, to, pull);
out:
	VIPS_UNREF(from);
	VIPS_UNREF(to);
	if (status)
		VIPS_UNREF(settled);
	else
		pixels_step(image, settled);
	return status;
}

struct raster pixels_raster(VipsImage *image)
{
	return (struct raster){
	    .pixels = image->data,
	    .width = (uint32_t)image->Xsize,
	    .height = (uint32_t)image->Ysize,
	    .bands = (unsigned)image->Bands,
	    .bits = 8 * (unsigned)vips_format_sizeof(image->BandFmt),
	    .alpha = vips_image_hasalpha(image),
	};
}

bool pixels_opaque(VipsImage *image)
{
	const struct raster raster = pixels_raster(image);

	return (image->BandFmt == VIPS_FORMAT_UCHAR || image->BandFmt == VIPS_FORMAT_USHORT) &&
	       raster_opaque(&raster);
}
