/* table.h - a hash table of numbers. What they stand for, and which two are equal, only the caller
 * knows. Nothing is ever taken out.
 *
 * 	size_t cursor = 0;
 * 	while ((value = table_next(&table, hash, &cursor)) != TABLE_NONE)
 * 		if (is_the_one(value)) ...
 *
 * Eight bytes an entry at a load of at most a half. Not thread-safe while entries are added.
 */
#ifndef PLAN_TABLE_H
#define PLAN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

struct table_entry {
	uint32_t hash;
	uint32_t value; /* TABLE_NONE: free */
};

/* All zero is an empty table. */
struct table {
	struct table_entry *entry;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/* Adds a value (not TABLE_NONE), whether or not an equal one is there. Returns 0 or -ENOMEM. */
int table_add(struct table *table, uint32_t hash, uint32_t value);

/* The next value added with that hash, TABLE_NONE when there is none left. *cursor is 0 at first.
 * Values come in the order they were added. */
uint32_t table_next(const struct table *table, uint32_t hash, size_t *cursor);

/* Leaves an empty table. */
void table_release(struct table *table);

/* A hash of bytes, begun with a number that belongs to the key; the first half of the long one. */
uint32_t table_hash(uint64_t seed, const void *bytes, size_t length);
uint64_t table_hash_long(uint64_t seed, const void *bytes, size_t length);

#endif
