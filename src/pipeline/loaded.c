/* loaded.c - see loaded.h. */
#include "pipeline/loaded.h"

#include <math.h>
#include <stdlib.h>

#include "libvips/line_step.h"
#include "libvips/pixels.h"
#include "metadata/heif_colour.h"
#include "metadata/jxl_colour.h"

/* What libvips computes with floats before it cuts may be that much off (measured on all pairs of
 * 16 bits: 0.004). */
#define CUT_ERROR 0.005

#define HEIF_BITS "heif-bitdepth"

struct correction {
	size_t bands;
	bool deep;
	bool divided;  /* by alpha, and cut: by libvips */
	unsigned bits; /* of what fills the upper ones of 16 */
};

/* --- associated alpha ------------------------------------------------------------------ */

/* The file's own value p became p * max / alpha, cut: of those below it there is one integer p at
 * most that does, as alpha is no more than max. */
static double multiplied(double value, double alpha, double max)
{
	return ceil((value - CUT_ERROR) * alpha / max);
}

static double divide(double p, double alpha, double max)
{
	return fmin(floor(p * max / alpha + 0.5), max);
}

static void divide_line(const void *data, const void *in, void *out, size_t width)
{
	const struct correction *correction = data;
	const size_t bands = correction->bands;
	const double max = correction->deep ? UINT16_MAX : UINT8_MAX;

	for (size_t i = 0; i < width * bands; i++) {
		const size_t last = i - i % bands + bands - 1;
		double value, alpha;

		if (correction->deep) {
			value = ((const uint16_t *)in)[i];
			alpha = ((const uint16_t *)in)[last];
		} else {
			value = ((const uint8_t *)in)[i];
			alpha = ((const uint8_t *)in)[last];
		}
		if (i != last && value > 0 && value < max && alpha > 0)
			value = divide(correction->divided ? multiplied(value, alpha, max) : value,
			               alpha, max);
		if (correction->deep)
			((uint16_t *)out)[i] = (uint16_t)value;
		else
			((uint8_t *)out)[i] = (uint8_t)value;
	}
}

/* --- 10 and 12 bits -------------------------------------------------------------------- */

static void spread_line(const void *data, const void *in, void *out, size_t width)
{
	const struct correction *correction = data;
	const unsigned shift = 16 - correction->bits;
	const uint32_t max = UINT16_MAX >> shift;
	const uint16_t *from = in;
	uint16_t *to = out;

	for (size_t i = 0; i < width * correction->bands; i++)
		to[i] = (uint16_t)(((uint32_t)(from[i] >> shift) * UINT16_MAX + max / 2) / max);
}

/* --- the steps in a row ---------------------------------------------------------------- */

static int add(VipsImage **image, struct correction how,
               void (*run)(const void *data, const void *in, void *out, size_t width))
{
	struct line_step step = {
	    .run = run,
	    .free = free,
	    .bands = (*image)->Bands,
	    .format = (*image)->BandFmt,
	    .type = (*image)->Type,
	};
	struct correction *correction = malloc(sizeof *correction);

	if (!correction)
		return BR_ERROR_MEMORY;
	how.bands = (size_t)(*image)->Bands;
	how.deep = (*image)->BandFmt == VIPS_FORMAT_USHORT;
	*correction = how;
	step.data = correction;
	return line_step_add(image, &step) ? BR_ERROR_MEMORY : 0;
}

static int add_division(VipsImage **image, bool divided)
{
	const VipsBandFormat format = (*image)->BandFmt;

	if (!vips_image_hasalpha(*image) ||
	    (format != VIPS_FORMAT_UCHAR && format != VIPS_FORMAT_USHORT))
		return 0;
	return add(image, (struct correction){.divided = divided}, divide_line);
}

static int correct_heif(VipsImage **image, struct bytes file)
{
	int bits = 0, status = 0;

	if ((*image)->BandFmt == VIPS_FORMAT_USHORT && vips_image_get_typeof(*image, HEIF_BITS) &&
	    !vips_image_get_int(*image, HEIF_BITS, &bits) && bits >= 9 && bits <= 15)
		status = add(image, (struct correction){.bits = (unsigned)bits}, spread_line);
	return !status && heif_is_premultiplied(file) ? add_division(image, false) : status;
}

static int correct_tiff(VipsImage **image, const struct scan *scan)
{
	return scan->associated ? add_division(image, true) : 0;
}

static int round_floats(VipsImage **image)
{
	const VipsInterpretation type =
	    (*image)->Bands < 3 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16;
	VipsImage *next;

	if (!vips_band_format_isfloat((*image)->BandFmt) ||
	    !vips_image_get_typeof(*image, VIPS_META_ICC_NAME))
		return 0;
	if (vips_linear1(*image, &next, UINT16_MAX, 0.5, NULL))
		return BR_ERROR_MEMORY;
	pixels_step(image, next);
	if (vips_cast(*image, &next, VIPS_FORMAT_USHORT, NULL))
		return BR_ERROR_MEMORY;
	pixels_step(image, next);
	if (vips_copy(*image, &next, "interpretation", type, NULL))
		return BR_ERROR_MEMORY;
	pixels_step(image, next);
	return 0;
}

static int correct_jxl(VipsImage **image, struct bytes file)
{
	const int status = round_floats(image);

	return !status && jxl_is_premultiplied(file) ? add_division(image, false) : status;
}

int loaded_correct(VipsImage **image, enum br_image_format format, const struct scan *scan,
                   struct bytes file)
{
	switch (format) {
	case BR_IMAGE_FORMAT_TIFF:
		return correct_tiff(image, scan);
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return correct_heif(image, file);
	case BR_IMAGE_FORMAT_JXL:
		return correct_jxl(image, file);
	default:
		return 0;
	}
}
