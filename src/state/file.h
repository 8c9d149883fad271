/* file.h - what a file is known by from one run to the next, and the keys of pictures.
 *
 * Thread-safe, no state.
 */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct state_file {
	uint64_t size, inode;
	int64_t modified, changed; /* nanoseconds of st_mtim and st_ctim */
	uint64_t hash;             /* of the bytes; 0: unknown */
};

/* `hash` is unknown. */
struct state_file state_file_of(const struct stat *st);

/* A number that, as long as it is the same, says that the file is: of size, inode and both times.
 * Never 0. */
uint64_t state_identity(const struct state_file *file);

enum state_likeness {
	STATE_ALIKE,    /* size, times and inode are the same, times as far as kept */
	STATE_DOUBTFUL, /* the same except inode or status change: a restored backup, other
	                   permissions, or another file; only the bytes can tell */
	STATE_DIFFERENT /* another size or modification time */
};

/* How a file, at `path` and as it is `now`, compares with what was recorded of it. A status change
 * of 0 was not recorded, and does not count. Neither do inodes and status changes on file systems
 * that number inodes anew each time. */
enum state_likeness state_compare(const struct state_file *recorded, const struct state_file *now,
                                  const char *path);

/* Whether an output, at `path` and as it is `now`, is as it was recorded, by its bytes if in doubt;
 * of one whose bytes were not recorded nothing but the same inode is believed. *moved: only by
 * them. `stop` as below. */
bool state_is_as_left(const struct state_file *recorded, const struct state_file *now,
                      const char *path, const int *stop, bool *moved);

/* The bytes' hash, as in struct state_file. Returns 0, or a negative errno. `stop` is looked at now
 * and then: not 0 ends it with -ECANCELED. */
int state_hash_file(const char *path, const int *stop, uint64_t *hash);

/* --- keys ----------------------------------------------------------------------------------------
 *
 * A picture is known by the directory below the output directory in which its outputs lie, and its
 * source's name: whatever the sources' tree is called and wherever it is mounted.
 */

#define STATE_KEY_ROOT UINT64_C(1)

/* That of a directory, from that above it. */
uint64_t state_key_directory(uint64_t above, const char *name, size_t length);
/* The same from its path, relative and without "." and "..". */
uint64_t state_key_path(const char *path);
/* Never 0. */
uint64_t state_key(uint64_t directory, const char *name, size_t length);

#endif
