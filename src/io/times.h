/* times.h - modification times, as different file systems keep them.
 *
 * Thread-safe, no state.
 */
#ifndef IO_TIMES_H
#define IO_TIMES_H

#include <stdbool.h>
#include <time.h>

/* FAT's resolution, the coarsest there is; seconds. */
#define TIMES_COARSEST 2

bool times_is_later(const struct timespec *a, const struct timespec *b);
bool times_is_equal(const struct timespec *a, const struct timespec *b);

/* A time as the file system of the file at `path` would have kept it, which shows `kept` now. Its
 * resolution is seen from that: as many decimals as it has. Only when neither time has decimals,
 * the file system has to be asked whether an even second is chance. */
struct timespec times_as_kept(struct timespec time, const struct timespec *kept, const char *path);

#endif
