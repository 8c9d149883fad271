/* stream.h - descriptors that are no output of a picture's own: standard output, reports, and files
 * that have no name because nobody else is to see them.
 *
 * Thread-safe, fork-safe, no state.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stddef.h>

#include <batchresize/error.h>

/* Writes all of it at the descriptor's own offset, waiting where it is non-blocking. Returns 0 or a
 * negative errno. */
int stream_write(int fd, const void *bytes, size_t size);

/* What close(2) would say now, as network and FUSE file systems do of a full disk; the descriptor
 * stays open. Returns 0 or a negative errno. */
int stream_settle(int fd);

/* A file without a name, empty, for reading and writing, which the kernel forgets when it is
 * closed: memfd_create(2), or where a kernel or a container's filter refuses that, a file in
 * $TMPDIR, /dev/shm or /tmp. Returns a descriptor or a negative errno; `what` it is for stands in
 * the message, and is the memfd's name. */
int stream_memory(const char *what, struct br_error *error);

#endif
