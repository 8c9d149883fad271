/* resampler_kernel.h - the inner loops of resampler.c and the tables they read. Private to
 * resampler*.c, also those of x86/ and arm/.
 */
#ifndef RESAMPLER_KERNEL_H
#define RESAMPLER_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "resample/resampler.h"

/* Fractional bits of a coefficient. 1.0 is 16384, so overshooting kernels (their largest weight is
 * at most 1.0) fit into 16 bits, and 32-bit sums hold any row: the absolute weights of a cubic or
 * Lanczos kernel sum to less than two. */
#define RESAMPLER_COEF_BITS 14

/* Fractional bits of a byte's intermediate: 255 * 64 leaves twice the range for overshoot. */
#define RESAMPLER_MID_BITS 6

/* Samples that a horizontal kernel may read beyond the last pixel it needs, for each component. */
#define RESAMPLER_SLACK 16

/* One axis' coefficients, as integers for bytes or as floats for floats. */
struct resampler_table {
	uint32_t size;         /* outputs */
	uint32_t stride;       /* coefficients of one output: a multiple of 8, the last ones 0 */
	uint32_t height;       /* the largest of taps[] */
	uint32_t begin, end;   /* source samples that are read at all: [begin, end) */
	const uint32_t *first; /* [size] the first source sample; never decreases */
	const uint32_t *taps;  /* [size] coefficients that count, at least 1 */
	const int16_t *coef;   /* [size * stride], or NULL */
	const float *real;     /* [size * stride], or NULL */
};

/* Rows are given in whole fours: those behind the last one are any valid row. */
#define RESAMPLER_FOUR 4

/* Bytes: out[i] = the sum over the rows. Coefficients are 0 behind the last one up to the table's
 * stride. */
typedef void resampler_vertical(int16_t *out, const void *const *rows, const int16_t *coef,
                                uint32_t taps, size_t samples);

/* in is the intermediate of source sample 0 of the row. */
typedef void resampler_horizontal(uint8_t *out, const int16_t *in,
                                  const struct resampler_table *table);

/* The same of RESAMPLER_ROWS_MAX rows, whose intermediates are `mid` samples apart, and the results
 * `stride` bytes. */
typedef void resampler_horizontal_rows(uint8_t *out, size_t stride, const int16_t *in, size_t mid,
                                       const struct resampler_table *table);

/* Floats are added up in one order by every version, so that all agree to the last bit. Down: row
 * after row. */
typedef void resampler_vertical_real(float *out, const void *const *rows, const float *coef,
                                     uint32_t taps, size_t samples);

/* Along a row: of 1, 2, or more components, pixels are dealt out to 8, 4, or 2 sums in turn; then
 * the later half of the sums is added to the earlier, until one is left. */
typedef void resampler_horizontal_real(float *out, const float *in,
                                       const struct resampler_table *table, unsigned components);

/* Pixels of four bytes without the last of each, which is alpha: whether that is 255 in all of
 * them, else the result is of no use. `out` has room for as many bytes as `in`. */
typedef bool resampler_colours(uint8_t *out, const uint8_t *in, size_t pixels);

struct resampler_kernels {
	struct cpu_code code;
	resampler_vertical *vertical;
	resampler_horizontal *horizontal[4]; /* by components - 1 */
	/* NULL: it is no faster than row by row. */
	resampler_horizontal_rows *horizontal_rows[4];
	resampler_vertical_real *vertical_real;
	resampler_horizontal_real *horizontal_real;
	resampler_colours *colours;
};

extern const struct resampler_kernels resampler_kernels_portable;

/* Of floats, in vectors of four that every compiler knows. */
resampler_vertical_real resampler_vertical_real_any;
resampler_horizontal_real resampler_horizontal_real_any;

resampler_colours resampler_colours_portable;

#if defined(CPU_X86)
extern const struct resampler_kernels resampler_kernels_vnni, resampler_kernels_avx2,
    resampler_kernels_sse41;
resampler_horizontal resampler_horizontal_1_avx2, resampler_horizontal_2_avx2,
    resampler_horizontal_3_avx2, resampler_horizontal_4_avx2;
resampler_vertical_real resampler_vertical_real_avx2;
resampler_horizontal_real resampler_horizontal_real_avx2;
resampler_colours resampler_colours_avx2;
#elif defined(CPU_ARM)
extern const struct resampler_kernels resampler_kernels_neon;
#endif

/* The cache of tables. */
struct resampler_cache;
struct resampler_cache *resampler_cache_new(void);
void resampler_cache_free(struct resampler_cache *cache);
void resampler_cache_unpin(struct resampler_cache *cache);
/* The table for the axis, pinned until resampler_cache_unpin(). NULL when memory is short. */
const struct resampler_table *resampler_cache_get(struct resampler_cache *cache,
                                                  const struct kernel_axis *axis,
                                                  enum br_image_filter filter,
                                                  enum resampler_samples samples);

/* Bytes that such a table takes. */
uint64_t resampler_table_cost(const struct kernel_axis *axis, enum br_image_filter filter,
                              enum resampler_samples samples);

#endif
