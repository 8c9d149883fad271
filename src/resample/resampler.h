/* resampler.h - separable resampling of bytes and floats, row by row: every path's inner loops.
 *
 * The source is a plane, or pixels of interleaved components; its rows may lie in a ring and arrive
 * one band at a time, so a decoder need not keep more rows than the filter is tall. The rows pass
 * through the vertical filter first (it costs the least per sample) into one row of intermediates,
 * which the horizontal filter finishes. The filters are kernel.h's.
 *
 * Bytes are resampled in fixed point, exactly: coefficients have 14 fractional bits and sum to
 * exactly one, so a flat picture stays flat; intermediates keep 6 fractional bits and the filter's
 * overshoot. Floats, which also carry samples of 16 bits, are neither rounded nor cut. Either way
 * all versions give the same result to the last bit.
 *
 * Ownership: a struct resampler belongs to one worker and is used by one thread at a time. It keeps
 * its tables and buffers for the next picture; in the steady state nothing is allocated. Fork-safe
 * like any memory.
 */
#ifndef RESAMPLER_H
#define RESAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/error.h>

#include "resample/kernel.h"

enum resampler_samples { RESAMPLER_BYTES, RESAMPLER_FLOATS };

/* Components of a pixel, interleaved, at most. */
#define RESAMPLER_BYTES_MAX  4
#define RESAMPLER_FLOATS_MAX 8

struct resampler_spec {
	struct kernel_axis x, y;
	enum br_image_filter filter;
	enum resampler_samples samples;
	unsigned components; /* 1 to RESAMPLER_..._MAX */
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
	enum resampler_samples samples;
	unsigned components;
	size_t mid;    /* samples of a row of intermediates */
	uint32_t next; /* output rows made so far */
};

/* Output rows that are made at once, at most. */
#define RESAMPLER_ROWS_MAX 4

/* A new resampler with the best kernels that this CPU has. NULL when memory is short. */
struct resampler *resampler_new(void);

/* The same with those that `before` others are faster than; NULL also if there are no more: the
 * last are the portable ones. For tests. */
struct resampler *resampler_new_version(unsigned before);

void resampler_free(struct resampler *resampler);

/* Ends all passes: the tables they used may be replaced from now on. To be called once a picture.
 */
void resampler_recycle(struct resampler *resampler);

/* Prepares a pass. It is valid until resampler_recycle(). Returns 0, BR_ERROR_USAGE for a spec that
 * breaks its own rules, or BR_ERROR_MEMORY. */
int resampler_begin(struct resampler *resampler, const struct resampler_spec *spec,
                    struct resampler_pass *pass, struct br_error *error);

/* Rows that the next output row needs begin here: earlier ones are never read again. UINT32_MAX
 * when all are made. */
uint32_t resampler_first_row(const struct resampler_pass *pass);

/* And end before this one. 0 when all are made. */
uint32_t resampler_end_row(const struct resampler_pass *pass);

/* The most source rows that one output row needs: a ring must hold these and what arrives at once.
 */
uint32_t resampler_height(const struct resampler_pass *pass);

/* Makes the next output row, of which there must be one whose source rows are all there. */
void resampler_row(struct resampler *resampler, struct resampler_pass *pass,
                   const struct resampler_rows *rows, void *out);

/* The same for `count` rows, RESAMPLER_ROWS_MAX at most, `stride` bytes apart: a source row that
 * several of them need comes into the first cache once for all. */
void resampler_rows(struct resampler *resampler, struct resampler_pass *pass,
                    const struct resampler_rows *rows, uint32_t count, void *out, size_t stride);

/* Pixels of four bytes without alpha, the last of each. Whether that is 255 in all of them; else
 * what `out` has is of no use. It has room for as many bytes as `in`, which it does not overlap. */
bool resampler_colours_of(const struct resampler *resampler, uint8_t *out, const uint8_t *in,
                          size_t pixels);

/* Leaves out the next output row, of which there must be one. */
void resampler_skip(struct resampler_pass *pass);

/* Makes every output row that needs only source rows below `ready`, the first of them at
 * out + pass->next * stride. Returns the number of output rows made so far. */
uint32_t resampler_run(struct resampler *resampler, struct resampler_pass *pass,
                       const struct resampler_rows *rows, uint32_t ready, void *out, size_t stride);

/* Bytes that the tables and the buffers of one pass take. */
uint64_t resampler_cost(const struct resampler_spec *spec);

#endif
