/* identities.h - what directories were when they were first seen: device and inode, by a hash of
 * the path.
 *
 * Two paths of one hash would be taken for one directory, and outputs in the second of them fail:
 * of 100,000 directories that happens once in four thousand million runs.
 *
 * Memory: 32 to 96 bytes a directory. More than 262,144 are forgotten, those first that were not
 * asked for longest, and count as new when they come again. Not thread-safe.
 */
#ifndef IO_IDENTITIES_H
#define IO_IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct directory_identity {
	uint64_t key; /* 0: none */
	dev_t device;
	ino_t inode; /* 0: any, where numbers don't last */
	bool made;   /* by this run: nothing was in it before */
	bool linked; /* a symbolic link led there */
};

/* Of two halves; when the newer is full, it becomes the older, which is dropped. */
struct identities {
	struct directory_identity *slot[2];
	size_t count[2], allocated[2];
};

/* The key of a directory: of its path, up to where names in it follow. */
uint64_t identities_key(const char *path, size_t length);

/* NULL: not known. Valid until the next call. */
struct directory_identity *identities_find(struct identities *identities, uint64_t key);

/* One that is not known yet. Without memory it stays so. */
void identities_add(struct identities *identities, const struct directory_identity *identity);

void identities_free(struct identities *identities);

#endif
