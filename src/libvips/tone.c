/* tone.c - the curves of BT.2100, the knee of BT.2390. */
#include "libvips/tone.h"

#include <math.h>
#include <stdlib.h>

#include "libvips/line_step.h"
#include "libvips/pixels.h"
#include "colour/primaries.h"
#include "colour/srgb.h"

#define WHITE     203.0  /* cd/m2; BT.2408 */
#define HLG_PEAK  1000.0 /* cd/m2; BT.2100: the nominal display of HLG */
#define HLG_GAMMA 1.2
#define PQ_PEAK   10000.0

/* Of the knee, by the fourth root of the brightness, which has small steps where the eye has. */
#define GAIN_STEPS 4096

/* Of a histogram by the same root: 1 % of brightness or so. */
#define BINS 1024

/* Pixels of which one may be brighter than the peak. */
#define NOISE 5000

struct tone {
	float *light; /* of each value: cd/m2 of PQ, scene light from 0 to 1 of HLG */
	float gain[GAIN_STEPS + 2];
	float peak;         /* cd/m2 */
	float luminance[3]; /* how bright R, G and B are */
	float matrix[3][3]; /* to sRGB's primaries, and from cd/m2 to white = 1 */
	bool hlg, in_deep, out_deep;
	size_t bands, colours; /* with alpha, without */
	struct srgb_encoder encoder;
};

/* --- curves: SMPTE ST 2084, 5.1 and 5.2 ------------------------------------------------------ */

static const double m1 = 2610 / 16384.0, m2 = 2523 / 4096.0 * 128;
static const double c1 = 3424 / 4096.0, c2 = 2413 / 4096.0 * 32, c3 = 2392 / 4096.0 * 32;

static double pq_decoded(double value)
{
	const double root = pow(value, 1 / m2), low = root - c1;

	return low <= 0 ? 0 : PQ_PEAK * pow(low / (c2 - c3 * root), 1 / m1);
}

static double pq_encoded(double light)
{
	const double power = pow(light / PQ_PEAK, m1);

	return pow((c1 + c2 * power) / (1 + c3 * power), m2);
}

/* BT.2100-2, table 5: scene light. */
static double hlg_decoded(double value)
{
	const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a);

	return value <= 0.5 ? value * value / 3 : (exp((value - c) / a) + b) / 12;
}

/* BT.2390-8, 5.4.1, without a black level: what becomes of so many cd/m2 of at most `peak`. */
static double compress(double light, double peak)
{
	const double source = pq_encoded(peak), max = pq_encoded(WHITE) / source;
	const double knee = 1.5 * max - 0.5, e = pq_encoded(light) / source;
	double t, p;

	if (e < knee || max >= 1)
		return light;
	t = (e - knee) / (1 - knee);
	p = (2 * t * t * t - 3 * t * t + 1) * knee + (t * t * t - 2 * t * t + t) * (1 - knee) +
	    (-2 * t * t * t + 3 * t * t) * max;
	return pq_decoded(p * source);
}

/* --- tables ---------------------------------------------------------------------------------- */

static bool fill_light(struct tone *tone)
{
	const unsigned max = tone->in_deep ? UINT16_MAX : UINT8_MAX;

	tone->light = malloc((max + 1) * sizeof *tone->light);
	if (!tone->light)
		return false;
	for (unsigned i = 0; i <= max; i++) {
		const double value = (double)i / max;

		tone->light[i] = (float)(tone->hlg ? hlg_decoded(value) : pq_decoded(value));
	}
	return true;
}

static void fill_gain(struct tone *tone)
{
	tone->gain[0] = 1;
	for (int i = 1; i <= GAIN_STEPS; i++) {
		const double light = tone->peak * pow((double)i / GAIN_STEPS, 4);

		tone->gain[i] = (float)(compress(light, tone->peak) / light);
	}
	tone->gain[GAIN_STEPS + 1] = tone->gain[GAIN_STEPS];
}

static void tone_free(void *data)
{
	struct tone *tone = data;

	free(tone->light);
	free(tone->encoder.table);
	free(tone);
}

static void fill_matrix(struct tone *tone, const struct colour_codes *codes)
{
	struct colour_space space = colour_codes_srgb;
	double to_srgb[3][3], to_xyz[3][3];

	(void)colour_codes_space(codes, &space);
	primaries_convert(&space, &colour_codes_srgb, to_srgb);
	primaries_to_xyz(&space, to_xyz);
	for (int i = 0; i < 3; i++) {
		tone->luminance[i] = (float)to_xyz[1][i];
		for (int j = 0; j < 3; j++)
			tone->matrix[i][j] = (float)(to_srgb[i][j] / WHITE);
	}
}

/* Everything that does not depend on the output. */
static struct tone *tone_new(const VipsImage *image, const struct colour_codes *codes)
{
	struct tone *tone = calloc(1, sizeof *tone);

	if (!tone)
		return NULL;
	tone->bands = (size_t)image->Bands;
	tone->colours = image->Bands < 3 ? 1 : 3;
	tone->in_deep = image->BandFmt == VIPS_FORMAT_USHORT;
	tone->hlg = codes->transfer == COLOUR_CODES_HLG;
	fill_matrix(tone, codes);
	if (!fill_light(tone)) {
		tone_free(tone);
		return NULL;
	}
	return tone;
}

/* --- pixels ---------------------------------------------------------------------------------- */

static float value_light(const struct tone *tone, const void *samples, size_t i)
{
	return tone
	    ->light[tone->in_deep ? ((const uint16_t *)samples)[i] : ((const uint8_t *)samples)[i]];
}

/* The brightness of R, G and B, in cd/m2. Returns the largest. */
static float read_light(const struct tone *tone, const void *samples, size_t at, float light[3])
{
	float scale = 1, bright = 0, largest;

	for (size_t i = 0; i < 3; i++) {
		light[i] = value_light(tone, samples, at + (tone->colours == 3 ? i : 0));
		bright += tone->luminance[i] * light[i];
	}
	/* BT.2100-2, table 5: the OOTF */
	if (tone->hlg)
		scale = bright > 0 ? (float)HLG_PEAK * powf(bright, (float)HLG_GAMMA - 1) : 0;
	for (size_t i = 0; i < 3; i++)
		light[i] *= scale;
	largest = light[0] > light[1] ? light[0] : light[1];
	return largest > light[2] ? largest : light[2];
}

static float gain_of(const struct tone *tone, float light)
{
	const float share = light / tone->peak;
	float at;
	unsigned i;

	if (share >= 1)
		return tone->gain[GAIN_STEPS] / share;
	at = sqrtf(sqrtf(share)) * GAIN_STEPS;
	i = (unsigned)at;
	return tone->gain[i] + (at - (float)i) * (tone->gain[i + 1] - tone->gain[i]);
}

static void run(const void *data, const void *in, void *out, size_t width)
{
	const struct tone *tone = data;
	const float max = tone->out_deep ? UINT16_MAX : UINT8_MAX;

	for (size_t x = 0; x < width; x++) {
		const size_t at = x * tone->bands;
		float light[3];
		const float gain = gain_of(tone, read_light(tone, in, at, light));

		for (size_t i = 0; i < tone->colours; i++) {
			const float *row = tone->matrix[i];
			const float mixed =
			    row[0] * light[0] + row[1] * light[1] + row[2] * light[2];

			sample_put(out, at + i, tone->out_deep,
			           srgb_encode(&tone->encoder, gain * mixed));
		}
		for (size_t i = tone->colours; i < tone->bands; i++)
			sample_put(out, at + i, tone->out_deep,
			           max * sample_share(in, at + i, tone->in_deep));
	}
}

/* --- on pictures of libvips ------------------------------------------------------------------ */

static void count_line(const struct tone *tone, const void *line, size_t width, uint64_t *count,
                       float *largest)
{
	for (size_t x = 0; x < width; x++) {
		float light[3];
		const float bright = read_light(tone, line, x * tone->bands, light);
		const float root = sqrtf(sqrtf(bright / (float)PQ_PEAK));
		const size_t bin = root < 1 ? (size_t)(root * BINS) : BINS - 1;

		count[bin]++;
		largest[bin] = bright > largest[bin] ? bright : largest[bin];
	}
}

float tone_peak(const VipsImage *image, const struct colour_codes *codes)
{
	const uint64_t pixels = (uint64_t)image->Xsize * (uint64_t)image->Ysize;
	struct tone *tone = tone_new(image, codes);
	uint64_t count[BINS] = {0}, above = 0;
	float largest[BINS] = {0}, peak;
	int bin = BINS - 1;

	if (!tone)
		return TONE_PEAK_MAX;
	for (uint32_t y = 0; y < (uint32_t)image->Ysize; y++)
		count_line(tone, pixels_line(image, y), (size_t)image->Xsize, count, largest);
	tone_free(tone);
	while (bin > 0 && (above += count[bin]) <= pixels / NOISE)
		bin--;
	peak = largest[bin];
	return peak < (float)WHITE ? (float)WHITE : peak < TONE_PEAK_MAX ? peak : TONE_PEAK_MAX;
}

static VipsInterpretation type_of(size_t colours, bool deep)
{
	if (colours == 1)
		return deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
	return deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
}

int tone_to_srgb(VipsImage **image, const struct colour_codes *codes, float peak, bool deep)
{
	struct line_step step = {
	    .run = run,
	    .free = tone_free,
	    .bands = (*image)->Bands,
	    .format = deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
	};
	struct tone *tone = tone_new(*image, codes);

	if (!tone)
		return BR_ERROR_MEMORY;
	step.data = tone;
	step.type = type_of(tone->colours, deep);
	tone->out_deep = deep;
	tone->peak = peak;
	fill_gain(tone);
	if (!srgb_encoder_init(&tone->encoder, deep)) {
		tone_free(tone);
		return BR_ERROR_MEMORY;
	}
	return line_step_add(image, &step) ? BR_ERROR_MEMORY : 0;
}
