/* number_set.h - a set of 64-bit numbers, such as hashes are. Not thread-safe. */
#ifndef BATCH_NUMBER_SET_H
#define BATCH_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty. */
struct number_set {
	uint64_t *slot; /* 0: free */
	size_t count, allocated;
};

/* False when memory is short. 0 counts as 1. */
bool number_set_add(struct number_set *set, uint64_t number);
bool number_set_has(const struct number_set *set, uint64_t number);
void number_set_free(struct number_set *set);

#endif
