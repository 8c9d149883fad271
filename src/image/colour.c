/* colour.c - colour spaces, profiles, bit depths. */
#include "image/colour.h"

#include <batchresize/image.h>

#include "image/icc.h"
#include "image/pixels.h"

static bool is_16_bit(const VipsImage *image)
{
	return image->BandFmt == VIPS_FORMAT_USHORT;
}

/* Takes the first bands and says what they are. */
static int take_bands(VipsImage **image, int bands, VipsInterpretation type)
{
	VipsImage *next;

	if (vips_extract_band(*image, &next, 0, "n", bands, NULL))
		return -1;
	pixels_step(image, next);
	if (vips_copy(*image, &next, "interpretation", type, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

/* Pixels without a colour space of their own: floats are taken to run from 0 to 1, integers of 32
 * bits to fill them, signed ones are cut at 0. */
static int to_unsigned(VipsImage **image)
{
	VipsImage *next;

	if (vips_band_format_isfloat((*image)->BandFmt)) {
		if (vips_linear1(*image, &next, UINT16_MAX, 0.5, NULL))
			return -1;
		pixels_step(image, next);
	}
	if (vips_cast(*image, &next,
	              (*image)->BandFmt == VIPS_FORMAT_CHAR ? VIPS_FORMAT_UCHAR
	                                                    : VIPS_FORMAT_USHORT,
	              "shift",
	              (*image)->BandFmt == VIPS_FORMAT_UINT || (*image)->BandFmt == VIPS_FORMAT_INT,
	              NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

static bool has_own_space(VipsInterpretation type)
{
	return type == VIPS_INTERPRETATION_LAB || type == VIPS_INTERPRETATION_LABS ||
	       type == VIPS_INTERPRETATION_XYZ || type == VIPS_INTERPRETATION_scRGB;
}

static VipsInterpretation plain_type(const VipsImage *image, int bands)
{
	if (bands < 3)
		return is_16_bit(image) ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
	return is_16_bit(image) ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

int colour_normalise(VipsImage **image)
{
	const VipsInterpretation type = (*image)->Type;
	VipsImage *next;
	int bands = (*image)->Bands, most;

	if ((*image)->Coding != VIPS_CODING_NONE) {
		if (vips_image_decode(*image, &next))
			return ERROR_UNSUPPORTED;
		pixels_step(image, next);
		return 0;
	}
	if (vips_band_format_iscomplex((*image)->BandFmt))
		return ERROR_UNSUPPORTED;
	if (has_own_space(type))
		return 0;
	if ((*image)->BandFmt != VIPS_FORMAT_UCHAR && !is_16_bit(*image) && to_unsigned(image))
		return ERROR_UNSUPPORTED;
	most = type == VIPS_INTERPRETATION_CMYK ? 5 : bands < 3 ? 2 : 4;
	/* bands of unknown meaning: the first three */
	if (type == VIPS_INTERPRETATION_MULTIBAND && bands > 4)
		most = 3;
	if (type == VIPS_INTERPRETATION_CMYK && bands >= 4 && bands <= most)
		return 0;
	bands = bands > most ? most : bands;
	if ((bands != (*image)->Bands || type != plain_type(*image, bands)) &&
	    take_bands(image, bands, plain_type(*image, bands)))
		return ERROR_UNSUPPORTED;
	return 0;
}

/* By profile; fallback names one of libvips' own, used where none is embedded. */
static int transform(VipsImage **image, struct bytes profile, const char *fallback)
{
	const int depth = is_16_bit(*image) ? 16 : 8;
	VipsImage *next, *with;
	int failed;

	if (vips_copy(*image, &with, NULL))
		return -1;
	if (profile.size)
		vips_image_set_blob_copy(with, VIPS_META_ICC_NAME, profile.data, profile.size);
	failed =
	    vips_icc_transform(with, &next, "srgb", "embedded", TRUE, "input_profile", fallback,
	                       "intent", VIPS_INTENT_PERCEPTUAL, "depth", depth, NULL);
	g_object_unref(with);
	if (failed)
		return -1;
	pixels_step(image, next);
	return 0;
}

/* A gray profile's pixels came out as three equal bands: one of them and alpha will do. */
static int to_gray(VipsImage **image, bool alpha)
{
	const VipsInterpretation type =
	    is_16_bit(*image) ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
	VipsImage *next, *bands[2] = {NULL, NULL};
	int failed;

	if (!alpha)
		return vips_extract_band(*image, &bands[0], 1, NULL)
		           ? -1
		           : (pixels_step(image, bands[0]), take_bands(image, 1, type));
	failed = vips_extract_band(*image, &bands[0], 1, NULL) ||
	         vips_extract_band(*image, &bands[1], (*image)->Bands - 1, NULL) ||
	         vips_bandjoin(bands, &next, 2, NULL);
	VIPS_UNREF(bands[0]);
	VIPS_UNREF(bands[1]);
	if (failed)
		return -1;
	pixels_step(image, next);
	return take_bands(image, 2, type);
}

static int convert_cmyk(VipsImage **image, struct bytes profile, uint32_t *notes)
{
	if (icc_classify(profile, ICC_CMYK) == ICC_OTHER && !transform(image, profile, "cmyk"))
		return 0;
	*notes |= profile.size ? IMAGE_NOTE_PROFILE_BROKEN : IMAGE_NOTE_PROFILE_MISSING;
	return transform(image, (struct bytes){0}, "cmyk");
}

static int convert_profile(VipsImage **image, struct bytes profile, bool gray, uint32_t *notes)
{
	const bool alpha = vips_image_hasalpha(*image);

	switch (icc_classify(profile, gray ? ICC_GRAY : ICC_RGB)) {
	case ICC_UNUSABLE:
		if (profile.size)
			*notes |= IMAGE_NOTE_PROFILE_BROKEN;
		return 0;
	case ICC_SRGB:
		return 0;
	case ICC_OTHER:
	default:
		if (transform(image, profile, "srgb"))
			*notes |= IMAGE_NOTE_PROFILE_BROKEN;
		else if (gray)
			return to_gray(image, alpha);
		return 0;
	}
}

static int to_space(VipsImage **image, bool gray, bool depth16)
{
	VipsInterpretation type =
	    gray      ? depth16 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W
	    : depth16 ? VIPS_INTERPRETATION_RGB16
		      : VIPS_INTERPRETATION_sRGB;
	VipsImage *next;

	if ((*image)->Type == type)
		return 0;
	if (vips_colourspace(*image, &next, type, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

int colour_convert(VipsImage **image, struct bytes profile, bool depth16, uint32_t *notes)
{
	const bool gray = (*image)->Bands < 3, deep = is_16_bit(*image);
	int failed = 0;

	if ((*image)->Type == VIPS_INTERPRETATION_CMYK)
		failed = convert_cmyk(image, profile, notes);
	else if (!has_own_space((*image)->Type))
		failed = convert_profile(image, profile, gray, notes);
	if (failed || to_space(image, gray, deep && depth16))
		return ERROR_UNSUPPORTED;
	if (deep && !depth16)
		*notes |= IMAGE_NOTE_DEPTH_REDUCED;
	return 0;
}
