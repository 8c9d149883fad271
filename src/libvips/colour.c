/* colour.c - colour spaces, profiles, bit depths. */
#include "libvips/colour.h"

#include <batchresize/image.h>

#include "colour/cms.h"
#include "libvips/convert.h"
#include "colour/icc.h"
#include "libvips/inks.h"
#include "libvips/pixels.h"
#include "libvips/tone.h"

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
			return BR_ERROR_UNSUPPORTED;
		pixels_step(image, next);
		return 0;
	}
	if (vips_band_format_iscomplex((*image)->BandFmt))
		return BR_ERROR_UNSUPPORTED;
	if (has_own_space(type))
		return 0;
	if ((*image)->BandFmt != VIPS_FORMAT_UCHAR && !is_16_bit(*image) && to_unsigned(image))
		return BR_ERROR_UNSUPPORTED;
	most = type == VIPS_INTERPRETATION_CMYK ? 5 : bands < 3 ? 2 : 4;
	/* bands of unknown meaning: the first three */
	if (type == VIPS_INTERPRETATION_MULTIBAND && bands > 4)
		most = 3;
	if (type == VIPS_INTERPRETATION_CMYK && bands >= 4 && bands <= most)
		return 0;
	bands = bands > most ? most : bands;
	if ((bands != (*image)->Bands || type != plain_type(*image, bands)) &&
	    take_bands(image, bands, plain_type(*image, bands)))
		return BR_ERROR_UNSUPPORTED;
	return 0;
}

static VipsInterpretation space_of(bool gray, bool deep)
{
	return gray   ? deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W
	       : deep ? VIPS_INTERPRETATION_RGB16
	              : VIPS_INTERPRETATION_sRGB;
}

/* From 16 bits to 8, rounded: libvips' own step takes the upper byte, which makes shadows darker
 * and highlights lighter by half a value. */
static int reduce(VipsImage **image, VipsInterpretation type)
{
	VipsImage *next;

	if (vips_linear1(*image, &next, 1 / 257.0, 0.5, "uchar", TRUE, NULL))
		return -1;
	pixels_step(image, next);
	if (vips_copy(*image, &next, "interpretation", type, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

/* Pixels whose colours stay as they are (sRGB, or with their profile): only their depth is wrong.
 */
static int to_depth(VipsImage **image, bool deep)
{
	if (!is_16_bit(*image) || deep)
		return 0;
	return reduce(image, (*image)->Type == VIPS_INTERPRETATION_CMYK
	                         ? VIPS_INTERPRETATION_CMYK
	                         : space_of((*image)->Bands < 3, false));
}

static int convert_cmyk(VipsImage **image, struct bytes profile, const struct colour_target *target,
                        struct colour_result *result, uint32_t *notes)
{
	const bool usable = cms_usable(profile, ICC_CMYK);

	if (profile.size && !usable)
		*notes |= BR_IMAGE_NOTE_PROFILE_BROKEN;
	if (target->keep && target->cmyk) {
		if (usable)
			result->profile = profile;
		return to_depth(image, target->deep);
	}
	result->converted = true;
	if (usable && !convert_to_srgb(image, profile, ICC_CMYK, target->deep))
		return 0;
	*notes |= profile.size ? BR_IMAGE_NOTE_PROFILE_BROKEN : BR_IMAGE_NOTE_PROFILE_MISSING;
	return inks_to_srgb(image, target->deep);
}

/* A profile as the format can have it. Returns false if it can't. */
static bool fit_profile(struct bytes *profile, enum icc_pixels pixels,
                        const struct colour_target *target)
{
	struct br_buffer *made = target->rgb_profile;

	if (pixels != ICC_GRAY || !made)
		return true;
	made->size = 0;
	if (cms_gray_to_rgb(*profile, made))
		return false;
	*profile = (struct bytes){made->data, made->size};
	return true;
}

static int convert_profile(VipsImage **image, struct bytes profile,
                           const struct colour_target *target, struct colour_result *result,
                           uint32_t *notes)
{
	const enum icc_pixels pixels = (*image)->Bands < 3 ? ICC_GRAY : ICC_RGB;
	const enum icc_kind kind = icc_classify(profile, pixels);
	struct bytes fit = profile;
	const bool fits = kind != ICC_UNUSABLE && fit_profile(&fit, pixels, target);
	const bool keep = fits && target->keep && (pixels == ICC_RGB || target->gray);

	if (kind == ICC_OTHER && !keep && !convert_to_srgb(image, profile, pixels, target->deep)) {
		result->converted = true;
		return 0;
	}
	if ((kind == ICC_SRGB && fits) || (keep && cms_usable(profile, pixels)))
		result->profile = fit;
	else if (profile.size && kind != ICC_SRGB)
		*notes |= BR_IMAGE_NOTE_PROFILE_BROKEN;
	return to_depth(image, target->deep);
}

/* Colour spaces of their own need no profile. CIELAB of a file is for D50 (TIFF 6.0, section 23,
 * leaves it open; everyone who writes it means the profile connection space). */
static int convert_own_space(VipsImage **image, const struct colour_target *target,
                             struct colour_result *result)
{
	const bool lab =
	    (*image)->Type == VIPS_INTERPRETATION_LAB || (*image)->Type == VIPS_INTERPRETATION_LABS;
	VipsImage *next;

	if (lab && target->keep && target->lab)
		return 0;
	result->converted = true;
	if (vips_colourspace(*image, &next,
	                     lab ? VIPS_INTERPRETATION_LAB : space_of(false, target->deep), NULL))
		return -1;
	pixels_step(image, next);
	if (!lab)
		return 0;
	if (vips_cast_float(*image, &next, NULL))
		return -1;
	pixels_step(image, next);
	return convert_to_srgb(image, (struct bytes){0}, ICC_LAB, target->deep);
}

static bool stays_hdr(const struct colour_source *source, const struct colour_target *target)
{
	return target->keep && target->hdr &&
	       (target->codes ||
	        (icc_codes(source->profile).told && cms_usable(source->profile, ICC_RGB)));
}

bool colour_wants_peak(const struct colour_source *source, const struct colour_target *target)
{
	return source->hdr.told && !stays_hdr(source, target);
}

/* Numbers go before a profile, which says less of PQ and HLG. */
static int convert_hdr(VipsImage **image, const struct colour_source *source,
                       const struct colour_target *target, struct colour_result *result,
                       uint32_t *notes)
{
	if (!stays_hdr(source, target)) {
		*notes |= BR_IMAGE_NOTE_TONE_MAPPED;
		result->converted = true;
		return tone_to_srgb(image, &source->hdr, source->peak, target->deep);
	}
	if (target->codes)
		result->codes = source->hdr;
	else
		result->profile = source->profile;
	return to_depth(image, target->deep);
}

int colour_convert(VipsImage **image, const struct colour_source *source,
                   const struct colour_target *target, struct colour_result *result,
                   uint32_t *notes)
{
	struct colour_target wanted = *target;
	int failed;

	*result = (struct colour_result){0};
	if (has_own_space((*image)->Type))
		return convert_own_space(image, target, result) ? BR_ERROR_UNSUPPORTED : 0;
	wanted.deep = target->deep && is_16_bit(*image);
	if ((*image)->Type == VIPS_INTERPRETATION_CMYK)
		failed = convert_cmyk(image, source->profile, &wanted, result, notes);
	else if (source->hdr.told)
		failed = convert_hdr(image, source, &wanted, result, notes);
	else
		failed = convert_profile(image, source->profile, &wanted, result, notes);
	return failed < 0 ? BR_ERROR_UNSUPPORTED : failed;
}

int colour_pack(VipsImage **image, uint32_t bits)
{
	VipsImage *next;

	if ((*image)->Type != VIPS_INTERPRETATION_LAB || bits > 8)
		return 0;
	if (vips_Lab2LabQ(*image, &next, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}
