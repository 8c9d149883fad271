/* kernel.c - Lanczos weights, as floats and as integers that sum up exactly. */
#include "image/kernel.h"

#include <math.h>
#include <stdlib.h>

#include <batchresize/error.h>

#define LOBES 3.0

static double lanczos(double x)
{
	const double pi_x = M_PI * x;

	if (fabs(x) >= LOBES)
		return 0;
	if (fabs(x) < 1e-9)
		return 1;
	return LOBES * sin(pi_x) * sin(pi_x / LOBES) / (pi_x * pi_x);
}

static double stretch(uint32_t in, uint32_t out)
{
	return in > out ? (double)in / out : 1;
}

uint32_t kernel_taps(uint32_t in, uint32_t out)
{
	const double taps = ceil(2 * LOBES * stretch(in, out)) + 1;

	return taps < in ? (uint32_t)taps : in;
}

/* Integers are taken from the running sum, so that their own sum is exact and no rounding error
 * gathers in one of them. */
static void fill(struct kernel *kernel, uint32_t i, double centre, double width)
{
	float *real = kernel->real + (size_t)i * kernel->stride;
	int16_t *fixed = kernel->fixed + (size_t)i * kernel->stride;
	double sum = 0, running = 0;
	long before = 0;

	for (uint32_t k = 0; k < kernel->count[i]; k++) {
		real[k] = (float)lanczos((kernel->start[i] + k - centre) / width);
		sum += real[k];
	}
	for (uint32_t k = 0; k < kernel->count[i]; k++) {
		const double weight = real[k] / sum;
		long now;

		running += weight;
		now = lround(running * (1 << KERNEL_ONE_BITS));
		real[k] = (float)weight;
		fixed[k] = (int16_t)(now - before);
		before = now;
	}
}

/* Sets start and count of every result, from the samples within the filter's reach. */
static void place(struct kernel *kernel, uint32_t i, double centre, double reach)
{
	const double first = ceil(centre - reach), last = floor(centre + reach);
	uint32_t start = first > 0 ? (uint32_t)first : 0;
	uint32_t end = last < kernel->in - 1.0 ? (uint32_t)last + 1 : kernel->in;

	if (end - start > kernel->taps)
		end = start + kernel->taps;
	kernel->start[i] = start;
	kernel->count[i] = end - start;
}

int kernel_make(struct kernel *kernel, uint32_t in, uint32_t out)
{
	const double scale = (double)in / out, width = stretch(in, out);

	*kernel = (struct kernel){.in = in, .out = out, .taps = kernel_taps(in, out)};
	kernel->stride = (kernel->taps + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
	kernel->start = calloc(out, sizeof *kernel->start);
	kernel->count = calloc(out, sizeof *kernel->count);
	kernel->fixed = calloc((size_t)out * kernel->stride, sizeof *kernel->fixed);
	kernel->real = calloc((size_t)out * kernel->stride, sizeof *kernel->real);
	if (!kernel->start || !kernel->count || !kernel->fixed || !kernel->real) {
		kernel_release(kernel);
		return ERROR_MEMORY;
	}
	for (uint32_t i = 0; i < out; i++) {
		const double centre = (i + 0.5) * scale - 0.5;

		place(kernel, i, centre, LOBES * width);
		fill(kernel, i, centre, width);
	}
	return 0;
}

void kernel_release(struct kernel *kernel)
{
	free(kernel->start);
	free(kernel->count);
	free(kernel->fixed);
	free(kernel->real);
	*kernel = (struct kernel){0};
}
