/* kernel.c - filter curves, and the weights of one output; see kernel.h. */
#include "resample/kernel.h"

#include <math.h>
#include <string.h>

/* Two samples are as near as each other when the computed place is this close to between them:
 * more than the rounding errors of a window's origin, less than any other place comes close. */
#define TIE 1e-8

struct kernel_axis kernel_axis_whole(uint32_t samples, uint32_t size)
{
	return (struct kernel_axis){.extent = samples, .samples = samples, .size = size};
}

static double sinc(double x)
{
	const double pi = 3.14159265358979323846;

	return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

/* Mitchell and Netravali's equation 8; x >= 0. */
static double cubic(double b, double c, double x)
{
	if (x < 1)
		return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x +
		        (6 - 2 * b)) /
		       6;
	if (x < 2)
		return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x +
		        (-12 * b - 48 * c) * x + (8 * b + 24 * c)) /
		       6;
	return 0;
}

static double radius_of(enum br_image_filter filter)
{
	static const double radius[KERNEL_FILTERS] = {
	    [BR_IMAGE_FILTER_LANCZOS3] = 3,  [BR_IMAGE_FILTER_MITCHELL] = 2,
	    [BR_IMAGE_FILTER_CUBIC] = 2,     [BR_IMAGE_FILTER_LINEAR] = 1,
	    [BR_IMAGE_FILTER_NEAREST] = 0.5,
	};

	return radius[filter];
}

static double filter_value(enum br_image_filter filter, double x)
{
	switch (filter) {
	case BR_IMAGE_FILTER_LANCZOS3:
		return x < 3 ? sinc(x) * sinc(x / 3) : 0;
	case BR_IMAGE_FILTER_MITCHELL:
		return cubic(1.0 / 3, 1.0 / 3, x);
	case BR_IMAGE_FILTER_CUBIC:
		return cubic(0, 0.5, x);
	case BR_IMAGE_FILTER_LINEAR:
		return x < 1 ? 1 - x : 0;
	case BR_IMAGE_FILTER_NEAREST:
		break;
	}
	return 0;
}

void kernel_curve_make(struct kernel_curve *curve, enum br_image_filter filter)
{
	if (curve->made && curve->filter == filter)
		return;
	for (int i = 0; i < KERNEL_RADIUS_MAX * KERNEL_STEPS + 2; i++)
		curve->value[i] = (float)filter_value(filter, (double)i / KERNEL_STEPS);
	curve->filter = filter;
	curve->made = true;
}

/* x is at most KERNEL_RADIUS_MAX in magnitude. */
static double curve_value(const struct kernel_curve *curve, double x)
{
	double at = fabs(x) * KERNEL_STEPS;
	unsigned i = (unsigned)at;
	double part = at - i;

	return curve->value[i] + part * ((double)curve->value[i + 1] - curve->value[i]);
}

static double stretch_of(const struct kernel_axis *axis)
{
	double scale = axis->extent / axis->size;

	return scale < 1 ? 1 : scale;
}

/* Of one output: its place, and the samples that count, both included; they may lie outside the
 * source. */
struct span {
	double centre, stretch;
	int64_t low, high;
};

static struct span span_of(const struct kernel_axis *axis, enum br_image_filter filter,
                           uint32_t index)
{
	struct span span = {.stretch = stretch_of(axis)};
	double support = radius_of(filter) * span.stretch;

	/* In this order, so that a place that is a whole number comes out as one. */
	span.centre = axis->origin + (index + 0.5) * axis->extent / axis->size;
	span.low = (int64_t)ceil(span.centre - support - 0.5);
	span.high = (int64_t)floor(span.centre + support - 0.5);
	if (filter == BR_IMAGE_FILTER_NEAREST || span.high < span.low)
		span.low = span.high = (int64_t)floor(span.centre + TIE);
	return span;
}

static int64_t clamp(int64_t value, int64_t high)
{
	return value < 0 ? 0 : value > high ? high : value;
}

uint32_t kernel_taps_max(const struct kernel_axis *axis, enum br_image_filter filter)
{
	double most = 2 * radius_of(filter) * stretch_of(axis) + 2;

	if (filter == BR_IMAGE_FILTER_NEAREST)
		return 1;
	return most < axis->samples ? (uint32_t)most : axis->samples;
}

/* The weights that fall outside the source are the edge sample's. */
uint32_t kernel_weights(const struct kernel_axis *axis, const struct kernel_curve *curve,
                        uint32_t index, double *weight, uint32_t *count)
{
	const struct span span = span_of(axis, curve->filter, index);
	const int64_t last = (int64_t)axis->samples - 1;
	const int64_t low = clamp(span.low, last), high = clamp(span.high, last);
	double sum = 0;

	*count = (uint32_t)(high - low + 1);
	if (*count == 1) {
		weight[0] = 1;
		return (uint32_t)low;
	}
	memset(weight, 0, *count * sizeof(*weight));
	for (int64_t k = span.low; k <= span.high; k++) {
		const double value =
		    curve_value(curve, ((double)k + 0.5 - span.centre) / span.stretch);

		weight[clamp(k, last) - low] += value;
		sum += value;
	}
	for (uint32_t k = 0; k < *count; k++)
		weight[k] /= sum;
	return (uint32_t)low;
}
