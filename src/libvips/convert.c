/* convert.c - littleCMS at work in a pipeline of libvips.
 *
 * Why not vips_icc_transform(): that goes to CIELAB and back in two transforms, each with an intent
 * of its own, for which littleCMS links the two profiles into one; and gray needs no detour over
 * three channels.
 */
#include "libvips/convert.h"

#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "colour/cms_link.h"
#include "libvips/line_step.h"

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
	const unsigned alpha = (unsigned)image->Bands - cms_channels(pixels);
	const enum icc_pixels result = pixels == ICC_GRAY ? ICC_GRAY : ICC_RGB;
	struct conversion *conversion = calloc(1, sizeof(*conversion));

	if (!conversion)
		return NULL;
	conversion->bands = (size_t)image->Bands;
	conversion->context = cms_context_new();
	if (conversion->context)
		conversion->transform =
		    cms_link(conversion->context, profile, pixels,
		             cms_layout(pixels, alpha, image->BandFmt == VIPS_FORMAT_USHORT),
		             cms_layout(result, alpha, deep), speed_of(image, profile, pixels));
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
	    .bands = (*image)->Bands + (pixels == ICC_GRAY ? 1 : 3) - (int)cms_channels(pixels),
	    .format = deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
	    .type = type_of(pixels, deep),
	};

	if ((*image)->Bands < (int)cms_channels(pixels))
		return -1;
	step.data = conversion_new(*image, profile, pixels, deep);
	return step.data ? line_step_add(image, &step) : -1;
}
