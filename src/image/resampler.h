/* resampler.h - separable resampling of 8- and 16-bit samples, row by row.
 *
 * The source is a plane, or pixels of up to four interleaved components; its rows may lie in a ring
 * and arrive one band at a time, so a decoder need not keep more rows than the filter is tall. The
 * rows pass through the vertical filter first (it costs the least per sample) into one row of
 * 16-bit intermediates, which the horizontal filter finishes.
 *
 * Arithmetic is fixed point and exact: the scalar code and every SIMD version give the same bytes.
 * Coefficients have 14 fractional bits and sum to exactly one, so a flat picture stays flat. The
 * intermediates keep 6 fractional bits and the filter's overshoot for 8-bit samples; for 16-bit
 * samples they saturate at black and white.
 *
 * Ownership: a struct resampler belongs to one worker and is used by one thread at a time. It keeps
 * its tables and buffers for the next picture; in the steady state nothing is allocated. Fork-safe
 * like any memory.
 */
#ifndef RESAMPLER_H
#define RESAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include <batchresize/error.h>

enum resampler_filter {
	RESAMPLER_LANCZOS3,
	RESAMPLER_MITCHELL, /* Mitchell and Netravali 1988, B = C = 1/3 */
	RESAMPLER_CUBIC,    /* Catmull-Rom: B = 0, C = 1/2 */
	RESAMPLER_LINEAR,
	RESAMPLER_NEAREST, /* picks a sample: no antialiasing */
	RESAMPLER_FILTERS
};

/* One direction. Sample i of the source covers [i, i + 1): its centre is at i + 0.5. The window
 * [origin, origin + extent) becomes `size` outputs. It may begin and end between samples, or
 * outside the source: there the edge sample goes on for ever. */
struct resampler_axis {
	double origin, extent; /* source samples; extent > 0 */
	uint32_t samples;      /* of the source, at least 1 */
	uint32_t size;         /* of the output, at least 1 */
};

struct resampler_spec {
	struct resampler_axis x, y;
	enum resampler_filter filter;
	unsigned components; /* 1..4, interleaved */
	unsigned bits;       /* 8, or 16 (native byte order) */
};

/* Where source rows lie: row y at base + (y % ring) * stride bytes. A whole plane has ring >= its
 * height. */
struct resampler_rows {
	const void *base;
	size_t stride; /* bytes */
	uint32_t ring; /* rows */
};

struct resampler;
struct resampler_table;

/* One resampling in progress; the caller's storage, plain data. */
struct resampler_pass {
	const struct resampler_table *x, *y; /* the resampler's */
	unsigned components, bits;
	uint32_t next; /* output rows made so far */
};

/* A new resampler with the best kernels that this CPU has. NULL when memory is short. */
struct resampler *resampler_new(void);

/* The same with kernels by name: "scalar", "sse4.1", "avx2"; NULL also when this build or this CPU
 * has none of that name. For tests. */
struct resampler *resampler_new_kernels(const char *name);

void resampler_free(struct resampler *resampler);

/* The name of the kernels in use. */
const char *resampler_kernels(const struct resampler *resampler);

/* Ends all passes: the tables they used may be replaced from now on. To be called once a picture.
 */
void resampler_recycle(struct resampler *resampler);

/* Prepares a pass. It is valid until resampler_recycle(). Returns 0, ERROR_USAGE for a spec that
 * breaks its own rules, or ERROR_MEMORY. */
int resampler_begin(struct resampler *resampler, const struct resampler_spec *spec,
                    struct resampler_pass *pass, struct error *error);

/* Rows that the next output row needs begin here: earlier ones are never read again. UINT32_MAX
 * when all are made. */
uint32_t resampler_first_row(const struct resampler_pass *pass);

/* The most source rows that one output row needs: a ring must hold these and what arrives at once.
 */
uint32_t resampler_height(const struct resampler_pass *pass);

/* Makes every output row that needs only source rows below `ready`, the first of them at
 * out + pass->next * stride. Returns the number of output rows made so far. */
uint32_t resampler_run(struct resampler *resampler, struct resampler_pass *pass,
                       const struct resampler_rows *rows, uint32_t ready, void *out, size_t stride);

#endif
