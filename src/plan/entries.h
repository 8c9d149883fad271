/* entries.h - the names in one directory, sorted.
 *
 * Storage is reused from directory to directory. Not thread-safe.
 */
#ifndef PLAN_ENTRIES_H
#define PLAN_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

struct entry {
	size_t name;        /* where it begins in bytes */
	unsigned char type; /* DT_REG, DT_UNKNOWN, ... */
};

/* All zero is empty. */
struct entries {
	char *bytes;
	size_t used, capacity;
	struct entry *entry;
	size_t count, allocated;
};

/* Reads the directory (a descriptor, which stays open and whose offset moves) into *entries instead
 * of what was there, without "." and ".." and what wanted() refuses, in bytewise order. Returns 0,
 * or a negative errno; what was read before an error is there. */
int entries_read(struct entries *entries, int directory, bool (*wanted)(const void *, const char *),
                 const void *context);
void entries_release(struct entries *entries);

static inline const char *entries_name(const struct entries *entries, size_t index)
{
	return entries->bytes + entries->entry[index].name;
}

#endif
