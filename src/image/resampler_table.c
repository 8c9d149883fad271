/* resampler_table.c - filter kernels, coefficient tables, and the bounded cache that keeps them. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/resampler_kernel.h"

/* A filter's curve is sampled this finely and interpolated linearly: the error is below 3e-6, a
 * twentieth of a coefficient's last bit. Evaluating sines for every coefficient would cost a
 * picture of a new size more than the resampling itself. */
#define CURVE_STEPS 512

#define RADIUS_MAX 3

/* Tables kept: every axis of luma and chroma of IMAGE_SIZES_MAX sizes made from one decode, twice.
 */
#define SLOTS 128

/* Unpinned tables are dropped while all together are larger. */
#define CACHE_BYTES ((size_t)8 << 20)

struct slot {
	struct resampler_axis axis;
	enum resampler_filter filter;
	struct resampler_table table;
	void *memory;
	size_t capacity;
	uint64_t used; /* the time of last use; 0: empty */
	bool pinned;
};

struct resampler_cache {
	struct slot slot[SLOTS];
	uint64_t now;
	size_t bytes;
	float curve[RESAMPLER_FILTERS][RADIUS_MAX * CURVE_STEPS + 2];
	bool curve_made[RESAMPLER_FILTERS];
	double *weight; /* scratch for one output */
	size_t weight_capacity;
};

static double sinc(double x)
{
	const double pi = 3.14159265358979323846;

	return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

/* The two-parameter cubics of Mitchell and Netravali, "Reconstruction Filters in Computer
 * Graphics", 1988, equation 8; x >= 0. */
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

static double filter_radius(enum resampler_filter filter)
{
	static const double radius[RESAMPLER_FILTERS] = {
	    [RESAMPLER_LANCZOS3] = 3, [RESAMPLER_MITCHELL] = 2,  [RESAMPLER_CUBIC] = 2,
	    [RESAMPLER_LINEAR] = 1,   [RESAMPLER_NEAREST] = 0.5,
	};

	return radius[filter];
}

static double filter_value(enum resampler_filter filter, double x)
{
	switch (filter) {
	case RESAMPLER_LANCZOS3:
		return x < 3 ? sinc(x) * sinc(x / 3) : 0;
	case RESAMPLER_MITCHELL:
		return cubic(1.0 / 3, 1.0 / 3, x);
	case RESAMPLER_CUBIC:
		return cubic(0, 0.5, x);
	case RESAMPLER_LINEAR:
		return x < 1 ? 1 - x : 0;
	case RESAMPLER_NEAREST:
	case RESAMPLER_FILTERS:
		break;
	}
	return 0;
}

static const float *curve_get(struct resampler_cache *cache, enum resampler_filter filter)
{
	float *curve = cache->curve[filter];

	if (!cache->curve_made[filter]) {
		for (int i = 0; i < RADIUS_MAX * CURVE_STEPS + 2; i++)
			curve[i] = (float)filter_value(filter, (double)i / CURVE_STEPS);
		cache->curve_made[filter] = true;
	}
	return curve;
}

/* x is at most RADIUS_MAX in magnitude. */
static double curve_value(const float *curve, double x)
{
	double at = fabs(x) * CURVE_STEPS;
	unsigned i = (unsigned)at;
	double part = at - i;

	return curve[i] + part * ((double)curve[i + 1] - curve[i]);
}

struct span {
	double centre, support;
	int64_t low, high; /* samples, both included; may lie outside the source */
};

static double axis_stretch(const struct resampler_axis *axis, enum resampler_filter filter)
{
	double scale = axis->extent / axis->size;

	return filter == RESAMPLER_NEAREST || scale < 1 ? 1 : scale;
}

static struct span axis_span(const struct resampler_axis *axis, enum resampler_filter filter,
                             uint32_t index)
{
	struct span span;

	span.centre = axis->origin + (index + 0.5) * (axis->extent / axis->size);
	span.support = filter_radius(filter) * axis_stretch(axis, filter);
	if (filter == RESAMPLER_NEAREST) {
		span.low = span.high = (int64_t)floor(span.centre);
		return span;
	}
	span.low = (int64_t)ceil(span.centre - span.support - 0.5);
	span.high = (int64_t)floor(span.centre + span.support - 0.5);
	if (span.high < span.low)
		span.high = span.low = (int64_t)floor(span.centre);
	return span;
}

static int64_t clamp(int64_t value, int64_t high)
{
	return value < 0 ? 0 : value > high ? high : value;
}

/* The weights of one output, those outside the source added to the edge sample's. Returns the first
 * sample; *count weights stand in weight[]. */
static uint32_t span_weights(const struct resampler_axis *axis, const struct span *span,
                             const float *curve, double stretch, bool nearest, double *weight,
                             uint32_t *count)
{
	int64_t last = (int64_t)axis->samples - 1;
	int64_t low = clamp(span->low, last), high = clamp(span->high, last);

	*count = (uint32_t)(high - low + 1);
	if (nearest || *count == 1) {
		*count = 1;
		weight[0] = 1;
		return (uint32_t)low;
	}
	memset(weight, 0, *count * sizeof(*weight));
	for (int64_t k = span->low; k <= span->high; k++)
		weight[clamp(k, last) - low] +=
		    curve_value(curve, ((double)k + 0.5 - span->centre) / stretch);
	return (uint32_t)low;
}

/* Fixed point by rounding the running sum: the coefficients add up to exactly one, each is off by
 * less than one unit, and the error lies between neighbours, where a picture changes least. */
static void quantise(const double *weight, uint32_t count, int16_t *coef)
{
	double sum = 0, run = 0;
	long before = 0;

	for (uint32_t k = 0; k < count; k++)
		sum += weight[k];
	for (uint32_t k = 0; k < count; k++) {
		long after;

		run += weight[k];
		after = k + 1 == count ? 1L << RESAMPLER_COEF_BITS
		                       : lrint(run / sum * (1 << RESAMPLER_COEF_BITS));
		coef[k] = (int16_t)(after - before);
		before = after;
	}
}

static void table_fill(struct resampler_cache *cache, struct slot *slot, uint32_t *first,
                       uint32_t *taps, int16_t *coef)
{
	const struct resampler_axis *axis = &slot->axis;
	struct resampler_table *table = &slot->table;
	const float *curve = curve_get(cache, slot->filter);
	double stretch = axis_stretch(axis, slot->filter);

	memset(coef, 0, (size_t)table->size * table->stride * sizeof(*coef));
	for (uint32_t i = 0; i < table->size; i++) {
		struct span span = axis_span(axis, slot->filter, i);
		int16_t *c = coef + (size_t)i * table->stride;

		first[i] = span_weights(axis, &span, curve, stretch,
		                        slot->filter == RESAMPLER_NEAREST, cache->weight, &taps[i]);
		quantise(cache->weight, taps[i], c);
		while (taps[i] > 1 && c[taps[i] - 1] == 0)
			taps[i]--;
	}
	table->begin = first[0];
	table->end = 0;
	table->height = 0;
	for (uint32_t i = 0; i < table->size; i++) {
		if (first[i] + taps[i] > table->end)
			table->end = first[i] + taps[i];
		if (taps[i] > table->height)
			table->height = taps[i];
	}
}

static bool scratch_reserve(struct resampler_cache *cache, size_t weights)
{
	if (weights > cache->weight_capacity) {
		double *bigger = realloc(cache->weight, weights * sizeof(*bigger));

		if (!bigger)
			return false;
		cache->weight = bigger;
		cache->weight_capacity = weights;
	}
	return true;
}

static bool slot_reserve(struct resampler_cache *cache, struct slot *slot, size_t bytes)
{
	if (bytes > slot->capacity) {
		void *memory = malloc(bytes);

		if (!memory)
			return false;
		free(slot->memory);
		slot->memory = memory;
		cache->bytes += bytes - slot->capacity;
		slot->capacity = bytes;
	}
	return true;
}

static bool slot_make(struct resampler_cache *cache, struct slot *slot)
{
	struct resampler_table *table = &slot->table;
	double widest = 2 * filter_radius(slot->filter) * axis_stretch(&slot->axis, slot->filter);
	size_t most = widest + 2 < slot->axis.samples ? (size_t)widest + 2 : slot->axis.samples;
	size_t per_output;
	uint32_t *first;

	table->size = slot->axis.size;
	table->stride = ((uint32_t)most + 8) / 8 * 8; /* at least one 0 after the last */
	per_output = 2 * sizeof(uint32_t) + table->stride * sizeof(int16_t);
	if (!scratch_reserve(cache, most + 1) ||
	    !slot_reserve(cache, slot, per_output * table->size))
		return false;
	first = slot->memory;
	table->first = first;
	table->taps = first + table->size;
	table->coef = (int16_t *)(first + 2 * (size_t)table->size);
	table_fill(cache, slot, first, first + table->size,
	           (int16_t *)(first + 2 * (size_t)table->size));
	return true;
}

static void slot_drop(struct resampler_cache *cache, struct slot *slot)
{
	free(slot->memory);
	cache->bytes -= slot->capacity;
	*slot = (struct slot){0};
}

static bool axis_equal(const struct resampler_axis *a, const struct resampler_axis *b)
{
	/* Exactly: the same arithmetic made them. */
	return a->samples == b->samples && a->size == b->size && a->origin == b->origin &&
	       a->extent == b->extent;
}

/* The least recently used slot that is free to be replaced; NULL when every one is pinned. */
static struct slot *slot_oldest(struct resampler_cache *cache, bool full)
{
	struct slot *oldest = NULL;

	for (struct slot *slot = cache->slot; slot < cache->slot + SLOTS; slot++)
		if (!slot->pinned && (!full || slot->used) &&
		    (!oldest || slot->used < oldest->used))
			oldest = slot;
	return oldest;
}

static void cache_shrink(struct resampler_cache *cache)
{
	while (cache->bytes > CACHE_BYTES) {
		struct slot *slot = slot_oldest(cache, true);

		if (!slot)
			break;
		slot_drop(cache, slot);
	}
}

const struct resampler_table *resampler_cache_get(struct resampler_cache *cache,
                                                  const struct resampler_axis *axis,
                                                  enum resampler_filter filter)
{
	struct slot *slot;

	cache->now++;
	for (slot = cache->slot; slot < cache->slot + SLOTS; slot++) {
		if (slot->used && slot->filter == filter && axis_equal(&slot->axis, axis)) {
			slot->used = cache->now;
			slot->pinned = true;
			return &slot->table;
		}
	}
	slot = slot_oldest(cache, false);
	if (!slot)
		return NULL;
	slot->used = 0;
	slot->axis = *axis;
	slot->filter = filter;
	if (!slot_make(cache, slot))
		return NULL;
	slot->used = cache->now;
	slot->pinned = true;
	cache_shrink(cache);
	return &slot->table;
}

void resampler_cache_unpin(struct resampler_cache *cache)
{
	for (struct slot *slot = cache->slot; slot < cache->slot + SLOTS; slot++)
		slot->pinned = false;
	cache_shrink(cache);
}

struct resampler_cache *resampler_cache_new(void)
{
	return calloc(1, sizeof(struct resampler_cache));
}

void resampler_cache_free(struct resampler_cache *cache)
{
	if (!cache)
		return;
	for (struct slot *slot = cache->slot; slot < cache->slot + SLOTS; slot++)
		free(slot->memory);
	free(cache->weight);
	free(cache);
}
