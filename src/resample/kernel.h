/* kernel.h - the resampling filters: the one place where weights are computed, for every path.
 *
 * Lanczos of three lobes is sinc(x) sinc(x / 3) for |x| < 3 (Duchon, "Lanczos Filtering in One and
 * Two Dimensions", 1979; as an image filter: Turkowski, "Filters for Common Resampling Tasks",
 * 1990). MITCHELL and CUBIC are the two-parameter cubics of Mitchell and Netravali,
 * "Reconstruction Filters in Computer Graphics", 1988, equation 8. LINEAR is the triangle. All are
 * stretched by the scale when the picture gets smaller. NEAREST takes the sample whose centre is
 * nearest (of two as near, the later one), and so has no stretch and no weight other than 1.
 *
 * Pure functions; thread-safe.
 */
#ifndef RESAMPLE_KERNEL_H
#define RESAMPLE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/image.h>

#define KERNEL_FILTERS (BR_IMAGE_FILTER_NEAREST + 1)

/* One direction. Sample i of the source covers [i, i + 1): its centre is at i + 0.5. The window
 * [origin, origin + extent) becomes `size` outputs. It may begin and end between samples, or
 * outside the source: there the edge sample goes on for ever. */
struct kernel_axis {
	double origin, extent; /* source samples; extent > 0 */
	uint32_t samples;      /* of the source, at least 1 */
	uint32_t size;         /* of the output, at least 1 */
};

/* The axis from all of a source's samples to `size` outputs. */
struct kernel_axis kernel_axis_whole(uint32_t samples, uint32_t size);

/* A filter's curve is sampled this finely and interpolated linearly. The error is below 2e-6: a
 * thirtieth of the last bit of a weight of 14 bits, a fifth of the last bit of a sample of 16.
 * Evaluating sines for every weight would cost a picture of a new size more than the resampling
 * itself. */
#define KERNEL_STEPS      512
#define KERNEL_RADIUS_MAX 3

struct kernel_curve {
	enum br_image_filter filter;
	bool made;
	float value[KERNEL_RADIUS_MAX * KERNEL_STEPS + 2];
};

/* Prepares the curve for the filter; a curve that is zeroed was made for none. */
void kernel_curve_make(struct kernel_curve *curve, enum br_image_filter filter);

/* The most weights that any output of the axis has. */
uint32_t kernel_taps_max(const struct kernel_axis *axis, enum br_image_filter filter);

/* The weights of output `index`: of *count samples (at least 1) from the one returned on, which
 * never decreases with the index. weight has room for kernel_taps_max(); they sum up to 1. */
uint32_t kernel_weights(const struct kernel_axis *axis, const struct kernel_curve *curve,
                        uint32_t index, double *weight, uint32_t *count);

#endif
