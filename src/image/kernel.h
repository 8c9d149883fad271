/* kernel.h - the weights of a resampling filter along one axis.
 *
 * Lanczos of three lobes (Turkowski 1990): sinc(x) sinc(x/3) for |x| < 3, stretched by the scale
 * when the picture gets smaller. Sample i of the result lies at (i + 1/2) in / out - 1/2 of the
 * source; beyond its edges nothing is assumed: the weights that fall outside are shared out among
 * those inside.
 *
 * Immutable once made, so shareable among threads.
 */
#ifndef IMAGE_KERNEL_H
#define IMAGE_KERNEL_H

#include <stdint.h>

/* Weights of one result sum up to this. */
#define KERNEL_ONE_BITS 14

/* Weights of one result are followed by zeros up to a multiple of this, for SIMD. */
#define KERNEL_ALIGN 16

struct kernel {
	uint32_t in, out;
	uint32_t taps;   /* of the result that has most, at most in */
	uint32_t stride; /* from one result's weights to the next: taps, rounded up */
	uint32_t *start; /* first source sample of each result */
	uint32_t *count; /* and how many, at least 1, at most taps */
	int16_t *fixed;  /* weights as integers: fixed[result * stride + tap] */
	float *real;     /* the same, as they are */
};

/* Makes the kernel from `in` to `out` samples, both at least 1. Returns 0 or ERROR_MEMORY. */
int kernel_make(struct kernel *kernel, uint32_t in, uint32_t out);
void kernel_release(struct kernel *kernel);

/* The taps that kernel_make() would find. */
uint32_t kernel_taps(uint32_t in, uint32_t out);

#endif
