/* prints.h - a set of fingerprints that may become larger than memory should: beyond a number of
 * them they are moved to a file without a name, in the directory for temporary files that SQLite
 * chooses ($SQLITE_TMPDIR, $TMPDIR, /var/tmp, /tmp). If that has no room, memory takes them after
 * all. Not thread-safe.
 */
#ifndef STATE_PRINTS_H
#define STATE_PRINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prints;

/* `in_memory`, a power of two: places of 8 bytes, of which seven in eight are filled. NULL: no
 * memory. */
struct prints *prints_new(size_t in_memory);
void prints_free(struct prints *prints);

/* A fingerprint is never 0. Returns 0 or -ENOMEM. */
int prints_add(struct prints *prints, uint64_t print);
bool prints_has(struct prints *prints, uint64_t print);

#endif
