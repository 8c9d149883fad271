/* convert.c - littleCMS at work in a pipeline of libvips.
 *
 * Why not vips_icc_transform(): that goes to CIELAB and back in two transforms, each with an intent
 * of its own, where littleCMS links the two profiles into one; and gray needs no detour over three
 * channels.
 */
#include "image/convert.h"

#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "image/line_step.h"

/* A profile of tables is made into a finer one first, which takes as long as converting that many
 * pixels exactly. */
#define EXACT_PIXELS_MAX 100000

#define VALUES 256

/* What a step of the pipeline keeps until its image is gone. */
struct conversion {
	cmsContext context;
	cmsHTRANSFORM transform;
	size_t bands;
	bool tabled;           /* gray of 8 bits */
	uint8_t table[VALUES]; /* what each value becomes */
};

static void conversion_free(void *data)
{
	struct conversion *conversion = data;

	if (conversion->transform)
		cmsDeleteTransform(conversion->transform);
	if (conversion->context)
		cmsDeleteContext(conversion->context);
	free(conversion);
}

static void say_nothing(cmsContext context, cmsUInt32Number code, const char *text)
{
	(void)context;
	(void)code;
	(void)text;
}

static cmsContext context_new(void)
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

static unsigned channels_of(enum icc_pixels pixels)
{
	return pixels == ICC_GRAY ? 1 : pixels == ICC_CMYK ? 4 : 3;
}

/* littleCMS' word for pixels. libvips' CMYK has 0 for no ink, as littleCMS' has. */
static cmsUInt32Number layout(enum icc_pixels pixels, unsigned alpha, bool deep)
{
	static const cmsUInt32Number space[] = {
	    [ICC_GRAY] = PT_GRAY, [ICC_RGB] = PT_RGB, [ICC_CMYK] = PT_CMYK, [ICC_LAB] = PT_Lab};

	if (pixels == ICC_LAB)
		return TYPE_Lab_FLT | EXTRA_SH(alpha);
	return COLORSPACE_SH(space[pixels]) | CHANNELS_SH(channels_of(pixels)) | EXTRA_SH(alpha) |
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

static cmsHTRANSFORM link_profiles(cmsContext context, struct bytes profile, enum icc_pixels pixels,
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

/* littleCMS makes a transform faster by putting another in its place. For 8 bits and a matrix it is
 * off by 1 of 255 at most (measured against the exact one, on random pixels); for 16 bits by up to
 * 21 in the shadows, for gray by 10: those are computed exactly. For tables it is off by 4 to 18,
 * by 0.3 in the mean. */
static cmsUInt32Number speed_of(const VipsImage *image, struct bytes profile,
                                enum icc_pixels pixels)
{
	const uint64_t count = (uint64_t)image->Xsize * (uint64_t)image->Ysize;

	if (pixels == ICC_GRAY || pixels == ICC_LAB || image->BandFmt != VIPS_FORMAT_UCHAR)
		return cmsFLAGS_NOOPTIMIZE;
	return icc_is_perceptual(profile) && count < EXACT_PIXELS_MAX ? cmsFLAGS_NOOPTIMIZE : 0;
}

static void fill_table(struct conversion *conversion, unsigned alpha)
{
	uint8_t in[2 * VALUES], out[2 * VALUES];

	for (unsigned i = 0; i < VALUES; i++)
		memset(in + (size_t)i * (1 + alpha), (int)i, 1 + alpha);
	cmsDoTransform(conversion->transform, in, out, VALUES);
	for (unsigned i = 0; i < VALUES; i++)
		conversion->table[i] = out[(size_t)i * (1 + alpha)];
	conversion->tabled = true;
}

static struct conversion *conversion_new(const VipsImage *image, struct bytes profile,
                                         enum icc_pixels pixels, bool deep)
{
	const unsigned alpha = (unsigned)image->Bands - channels_of(pixels);
	const enum icc_pixels result = pixels == ICC_GRAY ? ICC_GRAY : ICC_RGB;
	struct conversion *conversion = calloc(1, sizeof(*conversion));

	if (!conversion)
		return NULL;
	conversion->bands = (size_t)image->Bands;
	conversion->context = context_new();
	if (conversion->context)
		conversion->transform =
		    link_profiles(conversion->context, profile, pixels,
		                  layout(pixels, alpha, image->BandFmt == VIPS_FORMAT_USHORT),
		                  layout(result, alpha, deep), speed_of(image, profile, pixels));
	if (!conversion->transform) {
		conversion_free(conversion);
		return NULL;
	}
	if (pixels == ICC_GRAY && alpha < 2 && image->BandFmt == VIPS_FORMAT_UCHAR && !deep)
		fill_table(conversion, alpha);
	return conversion;
}

static void convert_line(const void *data, const void *in, void *out, size_t width)
{
	const struct conversion *conversion = data;
	const size_t samples = width * conversion->bands;
	const uint8_t *from = in;
	uint8_t *to = out;

	if (!conversion->tabled) {
		cmsDoTransform(conversion->transform, in, out, (cmsUInt32Number)width);
		return;
	}
	for (size_t i = 0; i < samples; i++)
		to[i] = i % conversion->bands ? from[i] : conversion->table[from[i]];
}

static VipsInterpretation type_of(enum icc_pixels pixels, bool deep)
{
	if (pixels == ICC_GRAY)
		return deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
	return deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

int convert_to_srgb(VipsImage **image, struct bytes profile, enum icc_pixels pixels, bool deep)
{
	struct line_step step = {
	    .run = convert_line,
	    .free = conversion_free,
	    .bands = (*image)->Bands + (pixels == ICC_GRAY ? 1 : 3) - (int)channels_of(pixels),
	    .format = deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
	    .type = type_of(pixels, deep),
	};

	if ((*image)->Bands < (int)channels_of(pixels))
		return -1;
	step.data = conversion_new(*image, profile, pixels, deep);
	return step.data ? line_step_add(image, &step) : -1;
}

bool convert_usable(struct bytes profile, enum icc_pixels pixels)
{
	const enum icc_pixels result = pixels == ICC_GRAY ? ICC_GRAY : ICC_RGB;
	cmsContext context = context_new();
	cmsHTRANSFORM transform = NULL;

	if (!context)
		return false;
	transform = link_profiles(context, profile, pixels, layout(pixels, 0, false),
	                          layout(result, 0, false), cmsFLAGS_NOOPTIMIZE);
	if (transform)
		cmsDeleteTransform(transform);
	cmsDeleteContext(context);
	return transform != NULL;
}

int convert_colour(const uint8_t srgb[3], struct bytes profile, uint8_t out[3])
{
	cmsContext context = context_new();
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

/* --- making profiles ----------------------------------------------------------------- */

static cmsHPROFILE build(cmsContext context, const struct convert_space *space, bool gray)
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

static int save(cmsHPROFILE profile, struct buffer *out)
{
	/* else the same input would give other bytes every second */
	static const unsigned char created[CREATED_SIZE] = {0x07, 0xe4, 0, 1, 0, 1};
	const size_t begin = out->size;
	cmsUInt32Number size = 0;
	int status;

	if (!cmsSaveProfileToMem(profile, NULL, &size) || size < CREATED_AT + CREATED_SIZE)
		return -1;
	status = buffer_reserve(out, begin + size);
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

int convert_gray_to_rgb(struct bytes gray, struct buffer *out)
{
	cmsContext context = context_new();
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

int convert_make_profile(const struct convert_space *space, bool gray, struct buffer *out)
{
	cmsContext context = context_new();
	cmsHPROFILE profile = context ? build(context, space, gray) : NULL;
	int status = profile ? save(profile, out) : -1;

	if (profile)
		cmsCloseProfile(profile);
	if (context)
		cmsDeleteContext(context);
	return status;
}
