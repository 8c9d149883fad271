/* cms.c - littleCMS where no pixels are: profiles linked, tried and made. */
#include "colour/cms.h"

#include <string.h>

#include "colour/cms_link.h"

static void say_nothing(cmsContext context, cmsUInt32Number code, const char *text)
{
	(void)context;
	(void)code;
	(void)text;
}

cmsContext cms_context_new(void)
{
	cmsContext context = cmsCreateContext(NULL, NULL);

	if (context)
		cmsSetLogErrorHandlerTHR(context, say_nothing);
	return context;
}

static cmsToneCurve *srgb_curve(cmsContext context)
{
	/* IEC 61966-2-1 */
	static const double parameters[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};

	return cmsBuildParametricToneCurve(context, 4, parameters);
}

static cmsHPROFILE gray_profile(cmsContext context, const cmsToneCurve *curve)
{
	return curve ? cmsCreateGrayProfileTHR(context, cmsD50_xyY(), curve) : NULL;
}

static cmsHPROFILE srgb_gray(cmsContext context)
{
	cmsToneCurve *curve = srgb_curve(context);
	cmsHPROFILE profile = gray_profile(context, curve);

	if (curve)
		cmsFreeToneCurve(curve);
	return profile;
}

unsigned cms_channels(enum icc_pixels pixels)
{
	return pixels == ICC_GRAY ? 1 : pixels == ICC_CMYK ? 4 : 3;
}

/* littleCMS' word for pixels. libvips' CMYK has 0 for no ink, as littleCMS' has. */
cmsUInt32Number cms_layout(enum icc_pixels pixels, unsigned alpha, bool deep)
{
	static const cmsUInt32Number space[] = {
	    [ICC_GRAY] = PT_GRAY, [ICC_RGB] = PT_RGB, [ICC_CMYK] = PT_CMYK, [ICC_LAB] = PT_Lab};

	if (pixels == ICC_LAB)
		return TYPE_Lab_FLT | EXTRA_SH(alpha);
	return COLORSPACE_SH(space[pixels]) | CHANNELS_SH(cms_channels(pixels)) | EXTRA_SH(alpha) |
	       BYTES_SH(deep ? 2U : 1U);
}

static cmsHPROFILE open_profile(cmsContext context, struct bytes profile, enum icc_pixels pixels)
{
	if (pixels == ICC_LAB)
		return cmsCreateLab4ProfileTHR(context, NULL);
	if (profile.size > UINT32_MAX)
		return NULL;
	return cmsOpenProfileFromMemTHR(context, profile.data, (cmsUInt32Number)profile.size);
}

static cmsUInt32Number intent_of(struct bytes profile, enum icc_pixels pixels)
{
	return pixels != ICC_LAB && icc_is_perceptual(profile) ? INTENT_PERCEPTUAL
	                                                       : INTENT_RELATIVE_COLORIMETRIC;
}

cmsHTRANSFORM cms_link(cmsContext context, struct bytes profile, enum icc_pixels pixels,
                       cmsUInt32Number from, cmsUInt32Number to, cmsUInt32Number flags)
{
	cmsHPROFILE in = open_profile(context, profile, pixels);
	cmsHPROFILE out =
	    pixels == ICC_GRAY ? srgb_gray(context) : cmsCreate_sRGBProfileTHR(context);
	cmsHTRANSFORM transform = NULL;

	/* no cache of the last pixel: lines may be converted in several threads */
	if (in && out)
		transform =
		    cmsCreateTransformTHR(context, in, from, out, to, intent_of(profile, pixels),
		                          flags | cmsFLAGS_BLACKPOINTCOMPENSATION |
		                              cmsFLAGS_NOCACHE | cmsFLAGS_COPY_ALPHA);
	if (in)
		cmsCloseProfile(in);
	if (out)
		cmsCloseProfile(out);
	return transform;
}

static bool is_convertible(struct bytes profile, enum icc_pixels pixels)
{
	const enum icc_pixels result = pixels == ICC_GRAY ? ICC_GRAY : ICC_RGB;
	cmsContext context = cms_context_new();
	cmsHTRANSFORM transform = NULL;

	if (!context)
		return false;
	transform = cms_link(context, profile, pixels, cms_layout(pixels, 0, false),
	                     cms_layout(result, 0, false), cmsFLAGS_NOOPTIMIZE);
	if (transform)
		cmsDeleteTransform(transform);
	cmsDeleteContext(context);
	return transform != NULL;
}

bool cms_usable(struct bytes profile, enum icc_pixels pixels)
{
	const enum icc_kind kind = icc_classify(profile, pixels);

	return kind == ICC_SRGB || (kind == ICC_OTHER && is_convertible(profile, pixels));
}

int cms_colour(const uint8_t srgb[3], struct bytes profile, uint8_t out[3])
{
	cmsContext context = cms_context_new();
	cmsHPROFILE from, to;
	cmsHTRANSFORM transform = NULL;

	if (!context)
		return -1;
	from = cmsCreate_sRGBProfileTHR(context);
	to = open_profile(context, profile, ICC_RGB);
	if (from && to)
		transform = cmsCreateTransformTHR(
		    context, from, TYPE_RGB_8, to, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
		    cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOOPTIMIZE);
	if (transform) {
		cmsDoTransform(transform, srgb, out, 1);
		cmsDeleteTransform(transform);
	}
	if (from)
		cmsCloseProfile(from);
	if (to)
		cmsCloseProfile(to);
	cmsDeleteContext(context);
	return transform ? 0 : -1;
}

void cms_background(const uint8_t srgb[3], struct bytes profile, uint8_t background[3])
{
	if (icc_classify(profile, ICC_RGB) != ICC_OTHER || cms_colour(srgb, profile, background))
		memcpy(background, srgb, 3);
}

/* --- making profiles ----------------------------------------------------------------- */

static cmsHPROFILE build(cmsContext context, const struct colour_space *space, bool gray)
{
	cmsToneCurve *curve =
	    space->gamma > 0 ? cmsBuildGamma(context, space->gamma) : srgb_curve(context);
	cmsToneCurve *const curves[3] = {curve, curve, curve};
	const cmsCIExyY white = {space->white[0], space->white[1], 1};
	const cmsCIExyYTRIPLE primaries = {{space->red[0], space->red[1], 1},
	                                   {space->green[0], space->green[1], 1},
	                                   {space->blue[0], space->blue[1], 1}};
	cmsHPROFILE profile;

	if (!curve)
		return NULL;
	profile = gray ? gray_profile(context, curve)
	               : cmsCreateRGBProfileTHR(context, &white, &primaries, curves);
	cmsFreeToneCurve(curve);
	return profile;
}

/* Positions in a profile's header (ICC.1:2022, 7.2). */
enum { CREATED_AT = 24, CREATED_SIZE = 12 };

static int save(cmsHPROFILE profile, struct br_buffer *out)
{
	/* else the same input would give other bytes every second */
	static const unsigned char created[CREATED_SIZE] = {0x07, 0xe4, 0, 1, 0, 1};
	const size_t begin = out->size;
	cmsUInt32Number size = 0;
	int status;

	if (!cmsSaveProfileToMem(profile, NULL, &size) || size < CREATED_AT + CREATED_SIZE)
		return -1;
	status = br_buffer_reserve(out, begin + size);
	if (status)
		return status;
	if (!cmsSaveProfileToMem(profile, out->data + begin, &size))
		return -1;
	memcpy(out->data + begin + CREATED_AT, created, CREATED_SIZE);
	out->size = begin + size;
	return 0;
}

/* A table would go before the curve, and a curve to CIELAB is one of lightness. */
static cmsHPROFILE build_from_gray(cmsContext context, cmsHPROFILE gray)
{
	static const cmsCIExyY white = {0.3127, 0.3290, 1};
	static const cmsCIExyYTRIPLE primaries = {
	    {0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
	cmsToneCurve *curve, *curves[3];

	if (cmsGetColorSpace(gray) != cmsSigGrayData || cmsGetPCS(gray) != cmsSigXYZData ||
	    cmsIsTag(gray, cmsSigAToB0Tag) || cmsIsTag(gray, cmsSigAToB1Tag))
		return NULL;
	curve = cmsReadTag(gray, cmsSigGrayTRCTag);
	curves[0] = curves[1] = curves[2] = curve;
	return curve ? cmsCreateRGBProfileTHR(context, &white, &primaries, curves) : NULL;
}

int cms_gray_to_rgb(struct bytes gray, struct br_buffer *out)
{
	cmsContext context = cms_context_new();
	cmsHPROFILE from = context ? open_profile(context, gray, ICC_GRAY) : NULL;
	cmsHPROFILE profile = from ? build_from_gray(context, from) : NULL;
	int status = profile ? save(profile, out) : -1;

	if (profile)
		cmsCloseProfile(profile);
	if (from)
		cmsCloseProfile(from);
	if (context)
		cmsDeleteContext(context);
	return status;
}

int cms_make_profile(const struct colour_space *space, bool gray, struct br_buffer *out)
{
	cmsContext context = cms_context_new();
	cmsHPROFILE profile = context ? build(context, space, gray) : NULL;
	int status = profile ? save(profile, out) : -1;

	if (profile)
		cmsCloseProfile(profile);
	if (context)
		cmsDeleteContext(context);
	return status;
}
