/* resampler.c - runs the resampling kernels over rows; see resampler.h. */
#include "image/resampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/resampler_kernel.h"

struct resampler {
	const struct resampler_kernels *kernels;
	struct resampler_cache *cache;
	int16_t *mid; /* one row of intermediates */
	size_t mid_capacity;
	const void **rows; /* the rows of one output, as pointers */
	size_t rows_capacity;
};

static const struct resampler_kernels *kernels_best(void)
{
	const struct resampler_kernels *kernels = resampler_kernels_avx2();

	if (!kernels)
		kernels = resampler_kernels_sse41();
	return kernels ? kernels : &resampler_kernels_scalar;
}

static struct resampler *resampler_with(const struct resampler_kernels *kernels)
{
	struct resampler *resampler = calloc(1, sizeof(*resampler));

	if (!resampler)
		return NULL;
	resampler->kernels = kernels;
	resampler->cache = resampler_cache_new();
	if (!resampler->cache) {
		free(resampler);
		return NULL;
	}
	return resampler;
}

struct resampler *resampler_new(void)
{
	return resampler_with(kernels_best());
}

struct resampler *resampler_new_kernels(const char *name)
{
	const struct resampler_kernels *all[] = {
	    resampler_kernels_avx2(), resampler_kernels_sse41(), &resampler_kernels_scalar};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && !strcmp(all[i]->name, name))
			return resampler_with(all[i]);
	return NULL;
}

void resampler_free(struct resampler *resampler)
{
	if (!resampler)
		return;
	resampler_cache_free(resampler->cache);
	free(resampler->mid);
	free(resampler->rows);
	free(resampler);
}

const char *resampler_kernels(const struct resampler *resampler)
{
	return resampler->kernels->name;
}

void resampler_recycle(struct resampler *resampler)
{
	resampler_cache_unpin(resampler->cache);
}

static int rows_reserve(struct resampler *resampler, size_t rows)
{
	if (rows > resampler->rows_capacity) {
		const void **bigger = realloc(resampler->rows, rows * sizeof(*bigger));

		if (!bigger)
			return -1;
		resampler->rows = bigger;
		resampler->rows_capacity = rows;
	}
	return 0;
}

/* New memory is zeroed: kernels multiply what lies behind the last sample with 0. */
static int mid_reserve(struct resampler *resampler, size_t samples)
{
	if (samples > resampler->mid_capacity) {
		int16_t *bigger = calloc(samples, sizeof(*bigger));

		if (!bigger)
			return -1;
		free(resampler->mid);
		resampler->mid = bigger;
		resampler->mid_capacity = samples;
	}
	return 0;
}

/* Far more than any picture has, and small enough that no sum of positions overflows. */
#define SAMPLES_MAX (1U << 24)

static int axis_valid(const struct resampler_axis *axis)
{
	return axis->samples > 0 && axis->samples <= SAMPLES_MAX && axis->size > 0 &&
	       axis->size <= SAMPLES_MAX && isfinite(axis->origin) && isfinite(axis->extent) &&
	       axis->extent > 0 && axis->extent <= SAMPLES_MAX && fabs(axis->origin) <= SAMPLES_MAX;
}

static int spec_valid(const struct resampler_spec *spec)
{
	return axis_valid(&spec->x) && axis_valid(&spec->y) && spec->components >= 1 &&
	       spec->components <= 4 && (spec->bits == 8 || spec->bits == 16) &&
	       (unsigned)spec->filter < RESAMPLER_FILTERS;
}

int resampler_begin(struct resampler *resampler, const struct resampler_spec *spec,
                    struct resampler_pass *pass, struct error *error)
{
	if (!spec_valid(spec))
		return error_set(error, ERROR_USAGE, "a resampling without a source or a size");
	*pass = (struct resampler_pass){.components = spec->components, .bits = spec->bits};
	pass->x = resampler_cache_get(resampler->cache, &spec->x, spec->filter);
	pass->y = resampler_cache_get(resampler->cache, &spec->y, spec->filter);
	if (!pass->x || !pass->y ||
	    mid_reserve(resampler, ((size_t)spec->x.samples + pass->x->stride + RESAMPLER_SLACK) *
	                               spec->components) ||
	    rows_reserve(resampler, (size_t)pass->y->height + 1))
		return error_set(error, ERROR_MEMORY, "no memory for resampling");
	return 0;
}

uint32_t resampler_first_row(const struct resampler_pass *pass)
{
	return pass->next < pass->y->size ? pass->y->first[pass->next] : UINT32_MAX;
}

uint32_t resampler_height(const struct resampler_pass *pass)
{
	return pass->y->height;
}

/* Points rows[] at `taps` rows from row `first`, offset bytes into each; one more for kernels that
 * take them in pairs. */
static void rows_point(const void **out, const struct resampler_rows *rows, uint32_t first,
                       uint32_t taps, size_t offset)
{
	uint32_t at = first % rows->ring;

	for (uint32_t k = 0; k < taps; k++) {
		out[k] = (const char *)rows->base + (size_t)at * rows->stride + offset;
		if (++at == rows->ring)
			at = 0;
	}
	out[taps] = out[taps - 1];
}

uint32_t resampler_run(struct resampler *resampler, struct resampler_pass *pass,
                       const struct resampler_rows *rows, uint32_t ready, void *out, size_t stride)
{
	const struct resampler_kernels *kernels = resampler->kernels;
	const struct resampler_table *x = pass->x, *y = pass->y;
	size_t begin = (size_t)x->begin * pass->components;
	size_t samples = (size_t)(x->end - x->begin) * pass->components;
	resampler_vertical *vertical = pass->bits == 8 ? kernels->vertical8 : kernels->vertical16;
	resampler_horizontal *horizontal = pass->bits == 8
	                                       ? kernels->horizontal8[pass->components - 1]
	                                       : kernels->horizontal16[pass->components - 1];

	for (; pass->next < y->size; pass->next++) {
		uint32_t first = y->first[pass->next], taps = y->taps[pass->next];

		if (first + taps > ready)
			break;
		rows_point(resampler->rows, rows, first, taps, begin * (pass->bits / 8));
		vertical(resampler->mid + begin, resampler->rows,
		         y->coef + (size_t)pass->next * y->stride, taps, samples);
		horizontal((char *)out + pass->next * stride, resampler->mid, x);
	}
	return pass->next;
}
