/* resampler.c - runs the resampling kernels over rows; see resampler.h. */
#include "resample/resampler.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "resample/resampler_kernel.h"

struct resampler {
	const struct resampler_kernels *kernels;
	struct resampler_cache *cache;
	/* Rows of intermediates of each kind, RESAMPLER_ROWS_MAX of them. */
	int16_t *mid;
	size_t mid_capacity;
	float *real;
	size_t real_capacity;
	const void **rows; /* the rows of one output, as pointers */
	size_t rows_capacity;
};

static const struct cpu_code *const versions[] = {
#if defined(CPU_X86)
    &resampler_kernels_vnni.code,     &resampler_kernels_avx2.code,
    &resampler_kernels_sse41.code,
#elif defined(CPU_ARM)
    &resampler_kernels_neon.code,
#endif
    &resampler_kernels_portable.code, NULL,
};

struct resampler *resampler_new_version(unsigned before)
{
	const struct cpu_code *code = cpu_version(versions, before);
	struct resampler *resampler = code ? calloc(1, sizeof(*resampler)) : NULL;

	if (!resampler)
		return NULL;
	resampler->kernels = (const struct resampler_kernels *)code;
	resampler->cache = resampler_cache_new();
	if (!resampler->cache) {
		free(resampler);
		return NULL;
	}
	return resampler;
}

struct resampler *resampler_new(void)
{
	return resampler_new_version(0);
}

void resampler_free(struct resampler *resampler)
{
	if (!resampler)
		return;
	resampler_cache_free(resampler->cache);
	free(resampler->mid);
	free(resampler->real);
	free(resampler->rows);
	free(resampler);
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
static void *mid_grow(void *old, size_t *capacity, size_t samples, size_t bytes)
{
	void *bigger = calloc(samples, bytes);

	if (!bigger)
		return NULL;
	free(old);
	*capacity = samples;
	return bigger;
}

static int mid_reserve(struct resampler *resampler, size_t samples)
{
	int16_t *bigger;

	if (samples <= resampler->mid_capacity)
		return 0;
	bigger = mid_grow(resampler->mid, &resampler->mid_capacity, samples, sizeof(*bigger));
	resampler->mid = bigger ? bigger : resampler->mid;
	return bigger ? 0 : -1;
}

static int real_reserve(struct resampler *resampler, size_t samples)
{
	float *bigger;

	if (samples <= resampler->real_capacity)
		return 0;
	bigger = mid_grow(resampler->real, &resampler->real_capacity, samples, sizeof(*bigger));
	resampler->real = bigger ? bigger : resampler->real;
	return bigger ? 0 : -1;
}

/* Far more than any picture has, and small enough that no sum of positions overflows. */
#define SAMPLES_MAX (1U << 24)

static bool axis_valid(const struct kernel_axis *axis)
{
	return axis->samples > 0 && axis->samples <= SAMPLES_MAX && axis->size > 0 &&
	       axis->size <= SAMPLES_MAX && isfinite(axis->origin) && isfinite(axis->extent) &&
	       axis->extent > 0 && axis->extent <= SAMPLES_MAX && fabs(axis->origin) <= SAMPLES_MAX;
}

static bool spec_valid(const struct resampler_spec *spec)
{
	const unsigned most =
	    spec->samples == RESAMPLER_BYTES ? RESAMPLER_BYTES_MAX : RESAMPLER_FLOATS_MAX;

	return axis_valid(&spec->x) && axis_valid(&spec->y) && spec->components >= 1 &&
	       spec->components <= most && (unsigned)spec->filter < KERNEL_FILTERS;
}

/* Samples of a row of intermediates. */
static size_t mid_samples(const struct resampler_spec *spec, uint32_t stride)
{
	return ((size_t)spec->x.samples + stride + RESAMPLER_SLACK) * spec->components;
}

int resampler_begin(struct resampler *resampler, const struct resampler_spec *spec,
                    struct resampler_pass *pass, struct br_error *error)
{
	size_t samples;

	if (!spec_valid(spec))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "a resampling without a source or a size");
	*pass = (struct resampler_pass){.components = spec->components, .samples = spec->samples};
	pass->x = resampler_cache_get(resampler->cache, &spec->x, spec->filter, spec->samples);
	pass->y = resampler_cache_get(resampler->cache, &spec->y, spec->filter, spec->samples);
	if (!pass->x || !pass->y)
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for resampling");
	pass->mid = mid_samples(spec, pass->x->stride);
	samples = pass->mid * RESAMPLER_ROWS_MAX;
	if ((spec->samples == RESAMPLER_BYTES ? mid_reserve(resampler, samples)
	                                      : real_reserve(resampler, samples)) ||
	    rows_reserve(resampler, (size_t)pass->y->height + RESAMPLER_FOUR))
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for resampling");
	return 0;
}

uint64_t resampler_cost(const struct resampler_spec *spec)
{
	const uint32_t across = kernel_taps_max(&spec->x, spec->filter);
	const uint32_t down = kernel_taps_max(&spec->y, spec->filter);
	const size_t mid = spec->samples == RESAMPLER_BYTES ? sizeof(int16_t) : sizeof(float);

	return resampler_table_cost(&spec->x, spec->filter, spec->samples) +
	       resampler_table_cost(&spec->y, spec->filter, spec->samples) +
	       mid_samples(spec, across) * RESAMPLER_ROWS_MAX * mid + down * sizeof(void *);
}

uint32_t resampler_first_row(const struct resampler_pass *pass)
{
	return pass->next < pass->y->size ? pass->y->first[pass->next] : UINT32_MAX;
}

uint32_t resampler_end_row(const struct resampler_pass *pass)
{
	return pass->next < pass->y->size ? pass->y->first[pass->next] + pass->y->taps[pass->next]
	                                  : 0;
}

uint32_t resampler_height(const struct resampler_pass *pass)
{
	return pass->y->height;
}

/* Points rows[] at `taps` rows from row `first`, offset bytes into each; and some more for kernels
 * that take several at once. */
static void rows_point(const void **out, const struct resampler_rows *rows, uint32_t first,
                       uint32_t taps, size_t offset)
{
	uint32_t at = first % rows->ring;

	for (uint32_t k = 0; k < taps; k++) {
		out[k] = (const char *)rows->base + (size_t)at * rows->stride + offset;
		if (++at == rows->ring)
			at = 0;
	}
	for (uint32_t k = taps; k % RESAMPLER_FOUR; k++)
		out[k] = out[taps - 1];
}

/* Bytes of a row that are worked off at once if there are several output rows: of all rows that a
 * usual filter spans they fit into the first cache. */
#define STRIP ((size_t)1024)

/* The samples [at, at + count) of an output row's intermediates, of those that are needed. */
static void run_down(struct resampler *resampler, const struct resampler_pass *pass,
                     const struct resampler_rows *rows, uint32_t row, size_t at, size_t count)
{
	const struct resampler_kernels *kernels = resampler->kernels;
	const struct resampler_table *y = pass->y;
	const size_t first = (size_t)pass->x->begin * pass->components + at;
	const size_t mid = row * pass->mid + first, coef = (size_t)(pass->next + row) * y->stride;
	const uint32_t begin = y->first[pass->next + row], taps = y->taps[pass->next + row];

	if (pass->samples == RESAMPLER_BYTES) {
		rows_point(resampler->rows, rows, begin, taps, first);
		kernels->vertical(resampler->mid + mid, resampler->rows, y->coef + coef, taps,
		                  count);
	} else {
		rows_point(resampler->rows, rows, begin, taps, first * sizeof(float));
		kernels->vertical_real(resampler->real + mid, resampler->rows, y->real + coef, taps,
		                       count);
	}
}

static void run_across(struct resampler *resampler, const struct resampler_pass *pass, uint32_t row,
                       void *out)
{
	const struct resampler_kernels *kernels = resampler->kernels;

	if (pass->samples == RESAMPLER_BYTES)
		kernels->horizontal[pass->components - 1](out, resampler->mid + row * pass->mid,
		                                          pass->x);
	else
		kernels->horizontal_real(out, resampler->real + row * pass->mid, pass->x,
		                         pass->components);
}

static void run_all_across(struct resampler *resampler, const struct resampler_pass *pass,
                           uint32_t count, void *out, size_t stride)
{
	resampler_horizontal_rows *all =
	    pass->samples == RESAMPLER_BYTES
		? resampler->kernels->horizontal_rows[pass->components - 1]
		: NULL;

	if (all && count == RESAMPLER_ROWS_MAX) {
		all(out, stride, resampler->mid, pass->mid, pass->x);
		return;
	}
	for (uint32_t row = 0; row < count; row++)
		run_across(resampler, pass, row, (char *)out + row * stride);
}

void resampler_rows(struct resampler *resampler, struct resampler_pass *pass,
                    const struct resampler_rows *rows, uint32_t count, void *out, size_t stride)
{
	const size_t samples = (size_t)(pass->x->end - pass->x->begin) * pass->components;
	const size_t strip = pass->samples == RESAMPLER_BYTES ? STRIP : STRIP / sizeof(float);
	size_t at = 0, step;

	for (; at < samples; at += step) {
		step = count > 1 && samples - at >= 2 * strip ? strip : samples - at;
		for (uint32_t row = 0; row < count; row++)
			run_down(resampler, pass, rows, row, at, step);
	}
	run_all_across(resampler, pass, count, out, stride);
	pass->next += count;
}

void resampler_row(struct resampler *resampler, struct resampler_pass *pass,
                   const struct resampler_rows *rows, void *out)
{
	resampler_rows(resampler, pass, rows, 1, out, 0);
}

bool resampler_colours_of(const struct resampler *resampler, uint8_t *out, const uint8_t *in,
                          size_t pixels)
{
	return resampler->kernels->colours(out, in, pixels);
}

void resampler_skip(struct resampler_pass *pass)
{
	pass->next++;
}

uint32_t resampler_run(struct resampler *resampler, struct resampler_pass *pass,
                       const struct resampler_rows *rows, uint32_t ready, void *out, size_t stride)
{
	for (;;) {
		struct resampler_pass ahead = *pass;
		uint32_t count = 0;

		for (; count < RESAMPLER_ROWS_MAX && ahead.next < ahead.y->size; count++) {
			if (resampler_end_row(&ahead) > ready)
				break;
			resampler_skip(&ahead);
		}
		if (!count)
			return pass->next;
		resampler_rows(resampler, pass, rows, count, (char *)out + pass->next * stride,
		               stride);
	}
}
