/* stream.h - descriptors other than a picture's outputs: standard output, reports, and files
 * without a name, which nobody else is to see.
 *
 * Thread-safe, fork-safe, no state.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <batchresize/error.h>

/* Writes all of it at the descriptor's own offset, and waits if it is non-blocking. Returns 0 or a
 * negative errno. */
int stream_write(int fd, const void *bytes, size_t size);

/* fstat(2) by the system call of that name, which takes no path: the C library makes it of one that
 * does, which a process that is shut in may not make. Returns 0 or a negative errno. */
int stream_examine(int fd, struct stat *st);

/* fsync(2) of a file or directory. Returns 0, 1 if it can't be synchronised by its nature, or a
 * negative errno. */
int stream_sync(int fd);

/* What close(2) would return now, when network and FUSE file systems report a full disk; the
 * descriptor stays open. Returns 0 or a negative errno. */
int stream_settle(int fd);

/* A file without a name, empty, for reading and writing, which the kernel forgets when it is
 * closed: of memfd_create(2), or if a kernel or a container's filter forbids that, in $TMPDIR,
 * /dev/shm or /tmp. Returns a descriptor or a negative errno; `what` says in the message what it is
 * for, and is the memfd's name. */
int stream_memory(const char *what, struct br_error *error);

#endif
