/* linear.c - the curve of sRGB, by tables; see linear.h. */
#include "libvips/linear.h"

#include <stdlib.h>

#include <batchresize/error.h>

#include "libvips/pixels.h"
#include "colour/srgb.h"

static unsigned value_max(VipsBandFormat format)
{
	return format == VIPS_FORMAT_UCHAR ? UINT8_MAX : UINT16_MAX;
}

bool linear_wants_srgb(const VipsImage *image)
{
	return image->Type == VIPS_INTERPRETATION_CMYK;
}

/* A lookup table for vips_maplut(): a line of as many bands, the last one straight for alpha. */
static VipsImage *decoding_table(VipsBandFormat format, int bands, bool alpha)
{
	const unsigned values = value_max(format) + 1;
	const size_t size = (size_t)values * (size_t)bands * sizeof(float);
	float *table = malloc(size), *entry = table;
	VipsImage *image;

	if (!table)
		return NULL;
	for (unsigned i = 0; i < values; i++) {
		const double value = (double)i / (values - 1);
		const float light = (float)srgb_decoded(value);

		for (int b = 0; b < bands; b++)
			*entry++ = alpha && b == bands - 1 ? (float)value : light;
	}
	image =
	    vips_image_new_from_memory_copy(table, size, (int)values, 1, bands, VIPS_FORMAT_FLOAT);
	free(table);
	return image;
}

static int to_scrgb(VipsImage **image)
{
	VipsImage *next;

	if (vips_colourspace(*image, &next, VIPS_INTERPRETATION_scRGB, NULL))
		return BR_ERROR_UNSUPPORTED;
	pixels_step(image, next);
	return 0;
}

int linear_decode(VipsImage **image, struct linear *was)
{
	const VipsInterpretation type = (*image)->Type;
	VipsImage *table, *next;
	int failed;

	*was = (struct linear){.format = (*image)->BandFmt};
	if (type == VIPS_INTERPRETATION_XYZ || type == VIPS_INTERPRETATION_scRGB)
		return 0;
	if (was->format != VIPS_FORMAT_UCHAR && was->format != VIPS_FORMAT_USHORT)
		return to_scrgb(image);
	table = decoding_table(was->format, (*image)->Bands, vips_image_hasalpha(*image));
	if (!table)
		return BR_ERROR_MEMORY;
	failed = vips_maplut(*image, &next, table, NULL);
	g_object_unref(table);
	if (failed)
		return BR_ERROR_UNSUPPORTED;
	pixels_step(image, next);
	was->curved = true;
	/* which the lookup took from the table, and which says whether there is alpha */
	if (vips_copy(*image, &next, "interpretation", type, NULL))
		return BR_ERROR_UNSUPPORTED;
	pixels_step(image, next);
	return 0;
}

/* The filter may leave what is darker than black or lighter than white. */
static float cut(float light)
{
	return light > 0 ? light < 1 ? light : 1 : 0;
}

static void encode_pixels(const VipsImage *in, const VipsImage *out,
                          const struct srgb_encoder *encoder)
{
	const unsigned bands = (unsigned)in->Bands;
	const float max = (float)value_max(out->BandFmt);
	const bool alpha = vips_image_hasalpha((VipsImage *)(uintptr_t)in);
	const size_t samples = (size_t)in->Xsize * (size_t)in->Ysize * bands;
	const float *light = (const float *)(const void *)in->data;

	for (size_t i = 0; i < samples; i++) {
		const float value = alpha && i % bands == bands - 1
		                        ? cut(light[i]) * max
		                        : srgb_encode(encoder, light[i]);

		if (out->BandFmt == VIPS_FORMAT_UCHAR)
			((uint8_t *)out->data)[i] = (uint8_t)(value + 0.5F);
		else
			((uint16_t *)(void *)out->data)[i] = (uint16_t)(value + 0.5F);
	}
}

int linear_encode(VipsImage **image, const struct linear *was)
{
	struct srgb_encoder encoder;
	VipsImage *next;
	bool ready;

	if (!was->curved)
		return 0;
	ready = srgb_encoder_init(&encoder, was->format == VIPS_FORMAT_USHORT);
	next = pixels_new_format(*image, (*image)->Xsize, (*image)->Ysize, was->format);
	if (ready && next)
		encode_pixels(*image, next, &encoder);
	free(encoder.table);
	if (!ready || !next) {
		VIPS_UNREF(next);
		return BR_ERROR_MEMORY;
	}
	pixels_step(image, next);
	return 0;
}
