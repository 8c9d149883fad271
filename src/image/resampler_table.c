/* resampler_table.c - coefficient tables, and the bounded cache that keeps them. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/resampler_kernel.h"

/* Tables kept: every axis of luma and chroma of IMAGE_SIZES_MAX sizes made from one decode, twice.
 */
#define SLOTS 128

/* Unpinned tables are dropped while all together are larger. */
#define CACHE_BYTES ((size_t)8 << 20)

/* What a table is made for. */
struct key {
	struct kernel_axis axis;
	enum image_filter filter;
	enum resampler_samples samples;
};

struct slot {
	struct key key;
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

uint64_t resampler_table_cost(const struct kernel_axis *axis, enum image_filter filter,
                              enum resampler_samples samples)
{
	return table_bytes(axis->size, stride_for(kernel_taps_max(axis, filter)), samples);
}

/* The tables' memory, to be written: first[], taps[], the coefficients. */
static uint32_t *memory_first(const struct slot *slot)
{
	return slot->memory;
}

static uint32_t *memory_taps(const struct slot *slot)
{
	return memory_first(slot) + slot->table.size;
}

static void *memory_coef(const struct slot *slot, size_t index)
{
	char *coef = (char *)(memory_taps(slot) + slot->table.size);

	return coef + index * slot->table.stride * coef_bytes(slot->key.samples);
}

/* One output's coefficients, which are zeros so far. Of integers, those at the end that became zero
 * are left out. */
static void fill_output(struct resampler_cache *cache, struct slot *slot, uint32_t index)
{
	const struct kernel_curve *curve = &cache->curve[slot->key.filter];
	uint32_t *taps = &memory_taps(slot)[index];
	float *real = memory_coef(slot, index);
	int16_t *coef = memory_coef(slot, index);

	memory_first(slot)[index] =
	    kernel_weights(&slot->key.axis, curve, index, cache->weight, taps);
	if (slot->key.samples == RESAMPLER_FLOATS) {
		for (uint32_t k = 0; k < *taps; k++)
			real[k] = (float)cache->weight[k];
		return;
	}
	quantise(cache->weight, *taps, coef);
	while (*taps > 1 && coef[*taps - 1] == 0)
		--*taps;
}

static void table_fill(struct resampler_cache *cache, struct slot *slot)
{
	struct resampler_table *table = &slot->table;

	kernel_curve_make(&cache->curve[slot->key.filter], slot->key.filter);
	memset(slot->memory, 0, table_bytes(table->size, table->stride, slot->key.samples));
	table->first = memory_first(slot);
	table->taps = memory_taps(slot);
	table->coef = slot->key.samples == RESAMPLER_BYTES ? memory_coef(slot, 0) : NULL;
	table->real = slot->key.samples == RESAMPLER_FLOATS ? memory_coef(slot, 0) : NULL;
	table->end = 0;
	table->height = 0;
	for (uint32_t i = 0; i < table->size; i++) {
		fill_output(cache, slot, i);
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
	uint32_t most = kernel_taps_max(&slot->key.axis, slot->key.filter);

	table->size = slot->key.axis.size;
	table->stride = stride_for(most);
	if (!scratch_reserve(cache, most) ||
	    !slot_reserve(cache, slot, table_bytes(table->size, table->stride, slot->key.samples)))
		return false;
	table_fill(cache, slot);
	return true;
}

static void slot_drop(struct resampler_cache *cache, struct slot *slot)
{
	free(slot->memory);
	cache->bytes -= slot->capacity;
	*slot = (struct slot){0};
}

static bool key_equal(const struct key *a, const struct key *b)
{
	/* Exactly: the same arithmetic made them. */
	return a->axis.samples == b->axis.samples && a->axis.size == b->axis.size &&
	       a->axis.origin == b->axis.origin && a->axis.extent == b->axis.extent &&
	       a->filter == b->filter && a->samples == b->samples;
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
                                                  const struct kernel_axis *axis,
                                                  enum image_filter filter,
                                                  enum resampler_samples samples)
{
	const struct key key = {.axis = *axis, .filter = filter, .samples = samples};
	struct slot *slot;

	cache->now++;
	for (slot = cache->slot; slot < cache->slot + SLOTS; slot++) {
		if (slot->used && key_equal(&slot->key, &key)) {
			slot->used = cache->now;
			slot->pinned = true;
			return &slot->table;
		}
	}
	slot = slot_oldest(cache, false);
	if (!slot)
		return NULL;
	slot->used = 0;
	slot->key = key;
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
