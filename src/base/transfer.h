/* transfer.h - all of it, at a place in a file: loops over pread(2) and pwrite(2), which may do
 * less than they were asked to, or nothing because a signal came. The file's own offset, which
 * other processes may share, is neither used nor moved.
 *
 * Thread-safe, fork-safe, no state.
 */
#ifndef BASE_TRANSFER_H
#define BASE_TRANSFER_H

#include <stddef.h>
#include <sys/types.h>

/* Writes all bytes from `at` on. Returns 0 or a negative errno. */
int transfer_write_at(int fd, const void *bytes, size_t size, off_t at);

/* Returns how many bytes were read from `at` on, fewer than `size` only at the file's end, or a
 * negative errno. */
ssize_t transfer_read_at(int fd, void *bytes, size_t size, off_t at);

#endif
