/* resampler_table.c - coefficient tables, and the bounded cache that keeps them. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "resample/resampler_kernel.h"

/* Tables kept: every axis of luma and chroma of BR_IMAGE_SIZES_MAX sizes made from one decode,
 * twice.
 */
#define TABLES_MAX 128

/* Unpinned tables are dropped while all together are larger. */
#define CACHE_BYTES ((size_t)8 << 20)

/* What a table is made for. */
struct key {
	struct kernel_axis axis;
	enum br_image_filter filter;
	enum resampler_samples samples;
};

struct cached {
	struct key key;
	struct resampler_table table;
	void *memory;
	size_t capacity;
	uint64_t used; /* the time of last use; 0: empty */
	bool pinned;
};

struct resampler_cache {
	struct cached entry[TABLES_MAX];
	uint64_t now;
	size_t bytes;
	struct kernel_curve curve[KERNEL_FILTERS];
	double *weight; /* scratch for one output */
	size_t weight_capacity;
};

/* Fixed point by rounding the running sum: the coefficients add up to exactly one, each is off by
 * less than one unit, and the error lies between neighbours, where a picture changes least. */
static void quantise(const double *weight, uint32_t count, int16_t *coef)
{
	double run = 0;
	long before = 0;

	for (uint32_t k = 0; k < count; k++) {
		long after;

		run += weight[k];
		after = k + 1 == count ? 1L << RESAMPLER_COEF_BITS
		                       : lrint(run * (1 << RESAMPLER_COEF_BITS));
		coef[k] = (int16_t)(after - before);
		before = after;
	}
}

/* What kernels read of a row of coefficients: whole groups of this many. */
static uint32_t stride_for(uint32_t taps)
{
	return (taps + 8) / 8 * 8; /* at least one 0 after the last */
}

static size_t coef_bytes(enum resampler_samples samples)
{
	return samples == RESAMPLER_BYTES ? sizeof(int16_t) : sizeof(float);
}

static size_t table_bytes(uint32_t size, uint32_t stride, enum resampler_samples samples)
{
	return size * (2 * sizeof(uint32_t) + stride * coef_bytes(samples));
}

uint64_t resampler_table_cost(const struct kernel_axis *axis, enum br_image_filter filter,
                              enum resampler_samples samples)
{
	return table_bytes(axis->size, stride_for(kernel_taps_max(axis, filter)), samples);
}

/* The tables' memory, to be written: first[], taps[], the coefficients. */
static uint32_t *memory_first(const struct cached *cached)
{
	return cached->memory;
}

static uint32_t *memory_taps(const struct cached *cached)
{
	return memory_first(cached) + cached->table.size;
}

static void *memory_coef(const struct cached *cached, size_t index)
{
	char *coef = (char *)(memory_taps(cached) + cached->table.size);

	return coef + index * cached->table.stride * coef_bytes(cached->key.samples);
}

/* One output's coefficients, which are zeros so far. Of integers, those at the end that became zero
 * are left out. */
static void fill_output(struct resampler_cache *cache, struct cached *cached, uint32_t index)
{
	const struct kernel_curve *curve = &cache->curve[cached->key.filter];
	uint32_t *taps = &memory_taps(cached)[index];
	float *real = memory_coef(cached, index);
	int16_t *coef = memory_coef(cached, index);

	memory_first(cached)[index] =
	    kernel_weights(&cached->key.axis, curve, index, cache->weight, taps);
	if (cached->key.samples == RESAMPLER_FLOATS) {
		for (uint32_t k = 0; k < *taps; k++)
			real[k] = (float)cache->weight[k];
		return;
	}
	quantise(cache->weight, *taps, coef);
	while (*taps > 1 && coef[*taps - 1] == 0)
		--*taps;
}

static void table_fill(struct resampler_cache *cache, struct cached *cached)
{
	struct resampler_table *table = &cached->table;

	kernel_curve_make(&cache->curve[cached->key.filter], cached->key.filter);
	memset(cached->memory, 0, table_bytes(table->size, table->stride, cached->key.samples));
	table->first = memory_first(cached);
	table->taps = memory_taps(cached);
	table->coef = cached->key.samples == RESAMPLER_BYTES ? memory_coef(cached, 0) : NULL;
	table->real = cached->key.samples == RESAMPLER_FLOATS ? memory_coef(cached, 0) : NULL;
	table->end = 0;
	table->height = 0;
	for (uint32_t i = 0; i < table->size; i++) {
		fill_output(cache, cached, i);
		if (table->first[i] + table->taps[i] > table->end)
			table->end = table->first[i] + table->taps[i];
		if (table->taps[i] > table->height)
			table->height = table->taps[i];
	}
	table->begin = table->first[0];
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

static bool cached_reserve(struct resampler_cache *cache, struct cached *cached, size_t bytes)
{
	if (bytes > cached->capacity) {
		void *memory = malloc(bytes);

		if (!memory)
			return false;
		free(cached->memory);
		cached->memory = memory;
		cache->bytes += bytes - cached->capacity;
		cached->capacity = bytes;
	}
	return true;
}

static bool cached_make(struct resampler_cache *cache, struct cached *cached)
{
	struct resampler_table *table = &cached->table;
	uint32_t most = kernel_taps_max(&cached->key.axis, cached->key.filter);

	table->size = cached->key.axis.size;
	table->stride = stride_for(most);
	if (!scratch_reserve(cache, most) ||
	    !cached_reserve(cache, cached,
	                    table_bytes(table->size, table->stride, cached->key.samples)))
		return false;
	table_fill(cache, cached);
	return true;
}

static void cached_drop(struct resampler_cache *cache, struct cached *cached)
{
	free(cached->memory);
	cache->bytes -= cached->capacity;
	*cached = (struct cached){0};
}

static bool key_equal(const struct key *a, const struct key *b)
{
	/* Exactly: the same arithmetic made them. */
	return a->axis.samples == b->axis.samples && a->axis.size == b->axis.size &&
	       a->axis.origin == b->axis.origin && a->axis.extent == b->axis.extent &&
	       a->filter == b->filter && a->samples == b->samples;
}

/* The least recently used entry that is free to be replaced; NULL when every one is pinned. */
static struct cached *cached_oldest(struct resampler_cache *cache, bool full)
{
	struct cached *oldest = NULL;

	for (struct cached *cached = cache->entry; cached < cache->entry + TABLES_MAX; cached++)
		if (!cached->pinned && (!full || cached->used) &&
		    (!oldest || cached->used < oldest->used))
			oldest = cached;
	return oldest;
}

static void cache_shrink(struct resampler_cache *cache)
{
	while (cache->bytes > CACHE_BYTES) {
		struct cached *cached = cached_oldest(cache, true);

		if (!cached)
			break;
		cached_drop(cache, cached);
	}
}

const struct resampler_table *resampler_cache_get(struct resampler_cache *cache,
                                                  const struct kernel_axis *axis,
                                                  enum br_image_filter filter,
                                                  enum resampler_samples samples)
{
	const struct key key = {.axis = *axis, .filter = filter, .samples = samples};
	struct cached *cached;

	cache->now++;
	for (cached = cache->entry; cached < cache->entry + TABLES_MAX; cached++) {
		if (cached->used && key_equal(&cached->key, &key)) {
			cached->used = cache->now;
			cached->pinned = true;
			return &cached->table;
		}
	}
	cached = cached_oldest(cache, false);
	if (!cached)
		return NULL;
	cached->used = 0;
	cached->key = key;
	if (!cached_make(cache, cached))
		return NULL;
	cached->used = cache->now;
	cached->pinned = true;
	cache_shrink(cache);
	return &cached->table;
}

void resampler_cache_unpin(struct resampler_cache *cache)
{
	for (struct cached *cached = cache->entry; cached < cache->entry + TABLES_MAX; cached++)
		cached->pinned = false;
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
	for (struct cached *cached = cache->entry; cached < cache->entry + TABLES_MAX; cached++)
		free(cached->memory);
	free(cache->weight);
	free(cache);
}
