/* test_resampler.c - the resampler: exact between kernels, true to the filters, exactly registered.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resample/resampler.h"

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static double kernel(enum br_image_filter filter, double x)
{
	const double pi = 3.14159265358979323846;

	x = fabs(x);
	switch (filter) {
	case BR_IMAGE_FILTER_LANCZOS3:
		return x == 0  ? 1
		       : x < 3 ? 3 * sin(pi * x) * sin(pi * x / 3) / (pi * pi * x * x)
		               : 0;
	case BR_IMAGE_FILTER_MITCHELL:
		return x < 1   ? (7 * x * x * x - 12 * x * x + 16.0 / 3) / 6
		       : x < 2 ? (-7.0 / 3 * x * x * x + 12 * x * x - 20 * x + 32.0 / 3) / 6
		               : 0;
	case BR_IMAGE_FILTER_CUBIC:
		return x < 1   ? 1.5 * x * x * x - 2.5 * x * x + 1
		       : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2
		               : 0;
	case BR_IMAGE_FILTER_LINEAR:
		return x < 1 ? 1 - x : 0;
	default:
		return 0;
	}
}

struct picture {
	struct resampler_spec spec;
	void *data;
	size_t stride;
};

static size_t sample_bytes(const struct resampler_spec *spec)
{
	return spec->samples == RESAMPLER_BYTES ? 1 : sizeof(float);
}

static double sample(const struct picture *p, int64_t x, int64_t y, unsigned c)
{
	int64_t right = (int64_t)p->spec.x.samples - 1, bottom = (int64_t)p->spec.y.samples - 1;
	const char *row;
	size_t at;

	x = x < 0 ? 0 : x > right ? right : x;
	y = y < 0 ? 0 : y > bottom ? bottom : y;
	row = (const char *)p->data + (size_t)y * p->stride;
	at = (size_t)x * p->spec.components + c;
	return p->spec.samples == RESAMPLER_BYTES ? (float)((const uint8_t *)row)[at]
	                                          : ((const float *)(const void *)row)[at];
}

/* One output by the definition, in double precision. */
static double by_definition(const struct picture *p, uint32_t ox, uint32_t oy, unsigned c)
{
	const struct kernel_axis *ax = &p->spec.x, *ay = &p->spec.y;
	double sx = ax->extent / ax->size, sy = ay->extent / ay->size;
	double cx = ax->origin + (ox + 0.5) * sx, cy = ay->origin + (oy + 0.5) * sy;
	double fx = sx > 1 ? sx : 1, fy = sy > 1 ? sy : 1, sum = 0, weight = 0;

	if (p->spec.filter == BR_IMAGE_FILTER_NEAREST)
		return sample(p, (int64_t)floor(cx), (int64_t)floor(cy), c);
	for (int64_t y = (int64_t)floor(cy - 3 * fy) - 1; y <= (int64_t)ceil(cy + 3 * fy); y++) {
		double wy = kernel(p->spec.filter, ((double)y + 0.5 - cy) / fy);

		if (wy == 0)
			continue;
		for (int64_t x = (int64_t)floor(cx - 3 * fx) - 1; x <= (int64_t)ceil(cx + 3 * fx);
		     x++) {
			double w = wy * kernel(p->spec.filter, ((double)x + 0.5 - cx) / fx);

			sum += w * sample(p, x, y, c);
			weight += w;
		}
	}
	return sum / weight;
}

static struct picture picture_make(const struct resampler_spec *spec, uint32_t *random)
{
	size_t bytes = sample_bytes(spec), width = (size_t)spec->x.samples * spec->components;
	struct picture p = {.spec = *spec, .stride = width * bytes};

	/* Exactly as large as the picture, so that the sanitizers see every step too far. */
	p.data = malloc(p.stride * spec->y.samples);
	assert_non_null(p.data);
	for (size_t i = 0; i < width * spec->y.samples; i++) {
		const uint32_t value = random_next(random) >> 11;

		if (spec->samples == RESAMPLER_BYTES)
			((uint8_t *)p.data)[i] = (uint8_t)value;
		else
			((float *)p.data)[i] = (float)(uint16_t)value;
	}
	return p;
}

static size_t output_bytes(const struct resampler_spec *spec)
{
	return (size_t)spec->x.size * spec->y.size * spec->components * sample_bytes(spec);
}

static void *run(struct resampler *resampler, const struct picture *p)
{
	const struct resampler_spec *spec = &p->spec;
	size_t stride = (size_t)spec->x.size * spec->components * sample_bytes(spec);
	struct resampler_rows rows = {
	    .base = p->data, .stride = p->stride, .ring = spec->y.samples};
	void *out = malloc(output_bytes(spec));
	struct resampler_pass pass;

	assert_non_null(out);
	resampler_recycle(resampler);
	assert_int_equal(resampler_begin(resampler, spec, &pass, NULL), 0);
	assert_int_equal(resampler_run(resampler, &pass, &rows, spec->y.samples, out, stride),
	                 spec->y.size);
	return out;
}

static struct kernel_axis random_axis(uint32_t *random)
{
	struct kernel_axis axis = {.samples = 1 + random_next(random) % 90,
	                           .size = 1 + random_next(random) % 60};

	axis.origin = random_next(random) % 3 ? 0 : random_next(random) % 1000 / 1000.0 * 5 - 2;
	axis.extent = random_next(random) % 3
	                  ? axis.samples
	                  : 0.3 + random_next(random) % 1000 / 1000.0 * axis.samples;
	return axis;
}

static struct resampler_spec random_spec(uint32_t *random)
{
	struct resampler_spec spec = {
	    .x = random_axis(random),
	    .y = random_axis(random),
	    .filter = (enum br_image_filter)(random_next(random) % KERNEL_FILTERS),
	    .components = 1 + random_next(random) % RESAMPLER_BYTES_MAX,
	    .samples = random_next(random) % 2 ? RESAMPLER_BYTES : RESAMPLER_FLOATS,
	};

	if (spec.samples == RESAMPLER_FLOATS)
		spec.components = 1 + random_next(random) % RESAMPLER_FLOATS_MAX;
	return spec;
}

static void agrees_with(struct resampler *first, struct resampler *other)
{
	uint32_t random = 1;

	for (int i = 0; i < 1500; i++) {
		struct resampler_spec spec = random_spec(&random);
		struct picture p = picture_make(&spec, &random);
		void *a = run(first, &p), *b = run(other, &p);

		assert_memory_equal(a, b, output_bytes(&spec));
		free(a);
		free(b);
		free(p.data);
	}
}

static void versions_agree_to_the_last_bit(void **state)
{
	struct resampler *first = resampler_new_version(0), *other;

	(void)state;
	assert_non_null(first);
	for (unsigned i = 1; (other = resampler_new_version(i)) != NULL; i++) {
		agrees_with(first, other);
		resampler_free(other);
	}
	resampler_free(first);
}

/* Colours are kept, one translucent pixel anywhere is noticed, and nothing behind is touched. */
static void alpha_is_left_out_if_it_is_opaque(void **state)
{
	struct resampler *resampler;
	uint8_t in[4 * 70], out[4 * 70 + 1];

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = i % 4 == 3 ? UINT8_MAX : (uint8_t)(i * 7);
	for (unsigned i = 0; (resampler = resampler_new_version(i)) != NULL; i++) {
		for (size_t pixels = 1; pixels <= 70; pixels++) {
			out[4 * pixels] = 0x5a;
			assert_true(resampler_colours_of(resampler, out, in, pixels));
			for (size_t x = 0; x < pixels; x++)
				assert_memory_equal(out + 3 * x, in + 4 * x, 3);
			for (size_t x = 0; x < pixels; x++) {
				in[4 * x + 3] = UINT8_MAX - 1;
				assert_false(resampler_colours_of(resampler, out, in, pixels));
				in[4 * x + 3] = UINT8_MAX;
			}
			assert_int_equal(out[4 * pixels], 0x5a);
		}
		resampler_free(resampler);
	}
}

/* Noise is the hardest picture. Bytes may be off by rounding and a little; floats of 16 bits by
 * what the interpolated curve leaves, half of the last bit. */
static void results_are_the_filters(void **state)
{
	struct resampler *resampler = resampler_new();
	uint32_t random = 77;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct resampler_spec spec = random_spec(&random);

		struct picture p = picture_make(&spec, &random);
		void *out = run(resampler, &p);
		const bool bytes = spec.samples == RESAMPLER_BYTES;

		for (size_t at = 0; at < output_bytes(&spec) / sample_bytes(&spec); at++) {
			double got = bytes ? ((uint8_t *)out)[at] : (double)((float *)out)[at];
			uint32_t x = (uint32_t)(at / spec.components % spec.x.size);
			uint32_t y = (uint32_t)(at / spec.components / spec.x.size);
			double want = by_definition(&p, x, y, (unsigned)(at % spec.components));

			if (bytes)
				want = want < 0 ? 0 : want > 255 ? 255 : want;
			if (fabs(got - want) > (bytes ? 0.6 : 0.5))
				fail_msg("filter %d: %f instead of %f", (int)spec.filter, got,
				         want);
		}
		free(out);
		free(p.data);
	}
	resampler_free(resampler);
}

/* By integers: of 2 n + 1 halves of an output, those of the source that lie before its middle. */
static void nearest_is_exact(void **state)
{
	struct resampler *resampler = resampler_new();

	(void)state;
	for (uint32_t from = 1; from <= 120; from++)
		for (uint32_t to = 1; to <= 120; to++) {
			struct resampler_spec spec = {.x = kernel_axis_whole(from, to),
			                              .y = kernel_axis_whole(1, 1),
			                              .filter = BR_IMAGE_FILTER_NEAREST,
			                              .components = 1};
			uint8_t row[120], out[120];
			struct resampler_rows rows = {.base = row, .stride = from, .ring = 1};
			struct resampler_pass pass;

			for (uint32_t i = 0; i < from; i++)
				row[i] = (uint8_t)i;
			resampler_recycle(resampler);
			assert_int_equal(resampler_begin(resampler, &spec, &pass, NULL), 0);
			resampler_row(resampler, &pass, &rows, out);
			for (uint32_t i = 0; i < to; i++)
				assert_int_equal(out[i], (2 * i + 1) * from / (2 * to));
		}
	resampler_free(resampler);
}

static void flat_stays_flat(void **state)
{
	struct resampler *resampler = resampler_new();
	uint32_t random = 3;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct resampler_spec spec = random_spec(&random);
		struct picture p = picture_make(&spec, &random);
		const bool bytes = spec.samples == RESAMPLER_BYTES;
		uint8_t value = (uint8_t)random_next(&random);
		void *out;

		for (size_t at = 0; at < p.stride / sample_bytes(&spec) * spec.y.samples; at++)
			if (bytes)
				((uint8_t *)p.data)[at] = value;
			else
				((float *)p.data)[at] = value;
		out = run(resampler, &p);
		for (size_t at = 0; at < output_bytes(&spec) / sample_bytes(&spec); at++)
			if (bytes)
				assert_int_equal(((uint8_t *)out)[at], value);
			else
				assert_true(fabs((double)((float *)out)[at] - value) < 1e-4);
		free(out);
		free(p.data);
	}
	resampler_free(resampler);
}

static void same_size_is_a_copy(void **state)
{
	struct resampler *resampler = resampler_new();
	uint32_t random = 9;

	(void)state;
	for (int filter = 0; filter < KERNEL_FILTERS; filter++) {
		struct resampler_spec spec = {.x = {0, 41, 41, 41},
		                              .y = {0, 23, 23, 23},
		                              .filter = (enum br_image_filter)filter,
		                              .components = 3};
		struct picture p = picture_make(&spec, &random);
		void *out = run(resampler, &p);

		if (filter != BR_IMAGE_FILTER_MITCHELL) /* which blurs */
			assert_memory_equal(out, p.data, output_bytes(&spec));
		free(out);
		free(p.data);
	}
	resampler_free(resampler);
}

/* A ramp has the value of its place; so a window that begins and ends between samples shows where
 * the resampler thinks it lies. */
static void windows_are_registered(void **state)
{
	struct resampler *resampler = resampler_new();
	float ramp[200], out[50];
	struct resampler_spec spec = {.x = {10.25, 133.7, 200, 50},
	                              .y = {0, 1, 1, 1},
	                              .components = 1,
	                              .samples = RESAMPLER_FLOATS};
	struct resampler_rows rows = {.base = ramp, .stride = sizeof(ramp), .ring = 1};
	struct resampler_pass pass;

	(void)state;
	for (int i = 0; i < 200; i++)
		ramp[i] = (float)(1000 + 300 * i);
	assert_int_equal(resampler_begin(resampler, &spec, &pass, NULL), 0);
	assert_int_equal(resampler_run(resampler, &pass, &rows, 1, out, sizeof(out)), 1);
	for (int i = 0; i < 50; i++) {
		double centre = 10.25 + (i + 0.5) * 133.7 / 50;

		assert_true(fabs((double)out[i] - (1000 + 300 * (centre - 0.5))) < 4);
	}
	resampler_free(resampler);
}

/* A ring of just the promised size, filled band by band, with what it no longer may need wiped. */
static void a_ring_is_enough(void **state)
{
	struct resampler *resampler = resampler_new();
	uint32_t random = 21;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct resampler_spec spec = random_spec(&random);
		struct picture p = picture_make(&spec, &random);
		uint32_t band = 1 + random_next(&random) % 9, ready = 0;
		size_t stride = (size_t)spec.x.size * spec.components * sample_bytes(&spec);
		void *whole = run(resampler, &p), *out = calloc(1, output_bytes(&spec));
		struct resampler_pass pass;
		struct resampler_rows rows = {.stride = p.stride};
		uint8_t *ring;

		assert_int_equal(resampler_begin(resampler, &spec, &pass, NULL), 0);
		rows.ring = resampler_height(&pass) + band;
		rows.base = ring = malloc(rows.ring * rows.stride);
		assert_non_null(ring);
		while (ready < spec.y.samples) {
			for (uint32_t k = 0; k < band && ready < spec.y.samples; k++, ready++) {
				assert_true(ready < rows.ring ||
				            resampler_first_row(&pass) > ready - rows.ring);
				memcpy(ring + ready % rows.ring * rows.stride,
				       (char *)p.data + ready * p.stride, p.stride);
			}
			resampler_run(resampler, &pass, &rows, ready, out, stride);
		}
		assert_int_equal(pass.next, spec.y.size);
		assert_memory_equal(out, whole, output_bytes(&spec));
		free(ring);
		free(out);
		free(whole);
		free(p.data);
	}
	resampler_free(resampler);
}

static void nonsense_is_refused(void **state)
{
	struct resampler *resampler = resampler_new();
	const struct resampler_spec good = {.x = {0, 4, 4, 2}, .y = {0, 4, 4, 2}, .components = 1};
	struct resampler_spec bad[10];
	struct resampler_pass pass;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		bad[i] = good;
	bad[0].x.size = 0;
	bad[1].y.samples = 0;
	bad[2].x.extent = 0;
	bad[3].x.extent = -1;
	bad[4].y.origin = NAN;
	bad[5].y.extent = INFINITY;
	bad[6].components = 5;
	bad[7].components = 0;
	bad[8].samples = RESAMPLER_FLOATS;
	bad[8].components = RESAMPLER_FLOATS_MAX + 1;
	bad[9].filter = (enum br_image_filter)KERNEL_FILTERS;
	assert_int_equal(resampler_begin(resampler, &good, &pass, NULL), 0);
	for (size_t i = 0; i < 10; i++) {
		struct br_error error = {0};

		assert_int_equal(resampler_begin(resampler, &bad[i], &pass, &error),
		                 BR_ERROR_USAGE);
		assert_int_equal(error.code, BR_ERROR_USAGE);
	}
	resampler_free(resampler);
}

/* Tables of passes that run are never replaced; between pictures the cache makes room. */
static void the_cache_is_bounded(void **state)
{
	struct resampler *resampler = resampler_new();
	struct resampler_spec spec = {.x = {0, 3000, 3000, 1}, .y = {0, 9, 9, 9}, .components = 1};
	struct resampler_pass pass;
	int begun = 0;

	(void)state;
	for (int round = 0; round < 3; round++) {
		int status = 0;

		resampler_recycle(resampler);
		for (begun = 0; begun < 1000 && !status; begun++) {
			spec.x.size = (uint32_t)(1000 * round + begun + 1);
			status = resampler_begin(resampler, &spec, &pass, NULL);
		}
		assert_int_equal(status, BR_ERROR_MEMORY);
		assert_true(begun > 96); /* two tables for luma and chroma of 16 sizes, and more */
	}
	resampler_recycle(resampler);
	assert_int_equal(resampler_begin(resampler, &spec, &pass, NULL), 0);
	resampler_free(resampler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(versions_agree_to_the_last_bit),
	    cmocka_unit_test(alpha_is_left_out_if_it_is_opaque),
	    cmocka_unit_test(results_are_the_filters),
	    cmocka_unit_test(nearest_is_exact),
	    cmocka_unit_test(flat_stays_flat),
	    cmocka_unit_test(same_size_is_a_copy),
	    cmocka_unit_test(windows_are_registered),
	    cmocka_unit_test(a_ring_is_enough),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(the_cache_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
