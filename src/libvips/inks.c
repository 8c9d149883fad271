/* inks.c - Neugebauer's equations in linear light of sRGB. */
#include "libvips/inks.h"

#include <stdlib.h>

#include "libvips/line_step.h"
#include "colour/srgb.h"

#define INKS 4

/* What half a dot's area gains, see inks.h. */
#define GAIN_COLOUR 0.14F
#define GAIN_BLACK  0.17F

/* The colours of inks.h in linear light of sRGB: their XYZ divided by the paper's, the black's
 * share taken off, adapted from D50 to D65 by Bradford's matrix. Bit 0: with cyan, 1: magenta, 2:
 * yellow. What is outside sRGB stays so until it has been mixed. */
static const float primaries[8][3] = {
    {1, 1, 1},
    {-0.2015F, 0.3373F, 0.7684F},
    {0.7849F, -0.0206F, 0.1974F},
    {0.0185F, 0.0084F, 0.2188F},
    {1.1316F, 0.8987F, -0.0473F},
    {-0.1114F, 0.2974F, 0.0404F},
    {0.7664F, -0.0104F, -0.0054F},
    {0.0204F, 0.0199F, 0.0183F},
};

struct inks {
	struct srgb_encoder encoder;
	size_t bands;
	bool in_deep, out_deep;
};

static void inks_free(void *data)
{
	struct inks *inks = data;

	free(inks->encoder.table);
	free(inks);
}

/* The area that a dot covers on paper: it gains most at half. */
static float area(float share, float gain)
{
	return share + 4 * gain * share * (1 - share);
}

static void mix(const float share[INKS], float light[3])
{
	const float c = area(share[0], GAIN_COLOUR), m = area(share[1], GAIN_COLOUR),
		    y = area(share[2], GAIN_COLOUR), paper = 1 - area(share[3], GAIN_BLACK);

	for (int i = 0; i < 3; i++)
		light[i] = 0;
	for (unsigned p = 0; p < 8; p++) {
		const float weight =
		    (p & 1 ? c : 1 - c) * (p & 2 ? m : 1 - m) * (p & 4 ? y : 1 - y);

		for (int i = 0; i < 3; i++)
			light[i] += weight * paper * primaries[p][i];
	}
}

static void run(const void *data, const void *in, void *out, size_t width)
{
	const struct inks *inks = data;
	const float max = inks->out_deep ? UINT16_MAX : UINT8_MAX;

	for (size_t x = 0; x < width; x++) {
		const size_t from = x * inks->bands, to = from - x;
		float share[INKS], light[3];

		for (size_t i = 0; i < INKS; i++)
			share[i] = sample_share(in, from + i, inks->in_deep);
		mix(share, light);
		for (size_t i = 0; i < 3; i++)
			sample_put(out, to + i, inks->out_deep,
			           srgb_encode(&inks->encoder, light[i]));
		for (size_t i = INKS; i < inks->bands; i++)
			sample_put(out, to + i - 1, inks->out_deep,
			           max * sample_share(in, from + i, inks->in_deep));
	}
}

int inks_to_srgb(VipsImage **image, bool deep)
{
	struct inks *inks = calloc(1, sizeof *inks);
	const struct line_step step = {
	    .run = run,
	    .data = inks,
	    .free = inks_free,
	    .bands = (*image)->Bands - 1,
	    .format = deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
	    .type = deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB,
	};

	if (!inks || !srgb_encoder_init(&inks->encoder, deep)) {
		free(inks);
		return BR_ERROR_MEMORY;
	}
	inks->bands = (size_t)(*image)->Bands;
	inks->in_deep = (*image)->BandFmt == VIPS_FORMAT_USHORT;
	inks->out_deep = deep;
	return line_step_add(image, &step) ? BR_ERROR_MEMORY : 0;
}
