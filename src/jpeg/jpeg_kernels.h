/* jpeg_kernels.h - the inner loops of jpeg_idct.h, jpeg_fdct.h and jpeg_colours.h, as tables of
 * their versions.
 *
 * Pure functions; thread-safe.
 */
#ifndef JPEG_JPEG_KERNELS_H
#define JPEG_JPEG_KERNELS_H

#include <stdbool.h>

#include "base/cpu.h"
#include "jpeg/jpeg_colours.h"
#include "jpeg/jpeg_fdct.h"
#include "jpeg/jpeg_idct.h"

struct jpeg_kernels {
	struct cpu_code code;
	jpeg_idct *idct[4];     /* to 1, 2, 4, 8 samples each way */
	jpeg_idct *idct_few[4]; /* of the first JPEG_IDCT_FEW coefficients at most */
	jpeg_fdct *fdct;
	jpeg_colours *colours;
	jpeg_halve *halve;
};

extern const struct jpeg_kernels jpeg_kernels_portable;

/* The fastest version that this processor has; after `before` others. NULL if there are no more:
 * the last is the portable one. */
const struct jpeg_kernels *jpeg_kernels(unsigned before);

/* Whether there are others than the portable one. If not, libjpeg-turbo's transforms, which are
 * in vectors on more kinds of processors, are quicker than ours. */
bool jpeg_kernels_in_vectors(void);

/* The transform to size x size samples: 1, 2, 4 or 8. With `few` it may be used only if no
 * coefficient after the first JPEG_IDCT_FEW is other than 0. */
jpeg_idct *jpeg_kernels_idct(const struct jpeg_kernels *kernels, unsigned size, bool few);

#endif
