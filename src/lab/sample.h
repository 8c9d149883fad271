/* sample.h - pictures to measure with: found in bounded time, however large the tree. Private to
 * the laboratory. */
#ifndef LAB_SAMPLE_H
#define LAB_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include <batchresize/error.h>

struct sample {
	char **path;
	size_t count;
	size_t found; /* before some were left out */
	bool more;    /* not all was looked through */
};

/* Files of the names of pictures, among and below the paths, without links; at most `most` of them,
 * spread over all that were found. Returns 0, or why a path can't be read. Release it in any case.
 */
int sample_take(struct sample *sample, const char *const *paths, size_t count, size_t most,
                struct br_error *error);
void sample_release(struct sample *sample);

#endif
