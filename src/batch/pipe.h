/* pipe.h - standard input as one image. */
#ifndef BATCH_PIPE_H
#define BATCH_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include <batchresize/batch.h>

/* Reads all of `fd` into a memfd, since a worker may have to read it twice. *memfd is the caller's
 * to close, *bytes how many there are. Returns 0, BR_ERROR_TOO_LARGE (more than `max` bytes), or a
 * negative errno. */
int pipe_slurp(int fd, size_t max, int *memfd, uint64_t *bytes, struct br_error *error);

#endif
