/* table.c - open addressing with linear probing; see table.h. */
#include "plan/table.h"

#include <errno.h>
#include <stdlib.h>

static void put(struct table *table, struct table_entry entry)
{
	size_t at = entry.hash & (table->capacity - 1);

	while (table->entry[at].value != TABLE_NONE)
		at = (at + 1) & (table->capacity - 1);
	table->entry[at] = entry;
}

/* Entries are put into the larger table in the order of their old places, beginning behind a free
 * one, so that those of one hash keep their order. */
static void move_entries(const struct table *from, struct table *to)
{
	size_t start = 0;

	if (from->capacity == 0)
		return;
	while (from->entry[start].value != TABLE_NONE)
		start++;
	for (size_t i = 0; i < from->capacity; i++) {
		size_t at = (start + i) & (from->capacity - 1);

		if (from->entry[at].value != TABLE_NONE)
			put(to, from->entry[at]);
	}
}

static int table_grow(struct table *table)
{
	struct table larger = {
	    .capacity = table->capacity ? table->capacity * 2 : 64,
	    .count = table->count,
	};

	if (larger.capacity > SIZE_MAX / sizeof(*larger.entry))
		return -ENOMEM;
	larger.entry = malloc(larger.capacity * sizeof(*larger.entry));
	if (!larger.entry)
		return -ENOMEM;
	for (size_t i = 0; i < larger.capacity; i++)
		larger.entry[i].value = TABLE_NONE;
	move_entries(table, &larger);
	free(table->entry);
	*table = larger;
	return 0;
}

int table_add(struct table *table, uint32_t hash, uint32_t value)
{
	if (table->count >= table->capacity / 2) {
		int status = table_grow(table);

		if (status != 0)
			return status;
	}
	put(table, (struct table_entry){.hash = hash, .value = value});
	table->count++;
	return 0;
}

uint32_t table_next(const struct table *table, uint32_t hash, size_t *cursor)
{
	if (table->capacity == 0)
		return TABLE_NONE;
	for (;;) {
		size_t at = (hash + *cursor) & (table->capacity - 1);
		const struct table_entry *entry = &table->entry[at];

		if (entry->value == TABLE_NONE)
			return TABLE_NONE;
		++*cursor;
		if (entry->hash == hash)
			return entry->value;
	}
}

void table_release(struct table *table)
{
	free(table->entry);
	*table = (struct table){0};
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo), folded with the last steps of MurmurHash3's finaliser, since
 * the low bits choose the place. */
uint64_t table_hash_long(uint64_t seed, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	uint64_t hash = 0xCBF29CE484222325U ^ (seed * 0x9E3779B97F4A7C15U);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ byte[i]) * 0x100000001B3U;
	hash ^= hash >> 33;
	return hash * 0xFF51AFD7ED558CCDU;
}

uint32_t table_hash(uint64_t seed, const void *bytes, size_t length)
{
	return (uint32_t)(table_hash_long(seed, bytes, length) >> 32);
}
