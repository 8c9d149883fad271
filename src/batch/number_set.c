/* number_set.c - see number_set.h. */
#include "batch/number_set.h"

#include <stdlib.h>

static uint64_t *find(const struct number_set *set, uint64_t number)
{
	size_t at = (size_t)number;

	for (;; at++) {
		uint64_t *slot = &set->slot[at & (set->allocated - 1)];

		if (*slot == 0 || *slot == number)
			return slot;
	}
}

static bool grow(struct number_set *set)
{
	const struct number_set before = *set;
	const size_t allocated = before.allocated ? before.allocated * 2 : 256;
	uint64_t *slot = calloc(allocated, sizeof(*slot));

	if (!slot)
		return false;
	set->slot = slot;
	set->allocated = allocated;
	for (size_t i = 0; i < before.allocated; i++)
		if (before.slot[i] != 0)
			*find(set, before.slot[i]) = before.slot[i];
	free(before.slot);
	return true;
}

bool number_set_add(struct number_set *set, uint64_t number)
{
	uint64_t *slot;

	number += number == 0;
	/* three quarters full at most */
	if (set->count + 1 > set->allocated / 4 * 3 && !grow(set))
		return false;
	slot = find(set, number);
	set->count += *slot == 0;
	*slot = number;
	return true;
}

bool number_set_has(const struct number_set *set, uint64_t number)
{
	number += number == 0;
	return set->allocated > 0 && *find(set, number) == number;
}

void number_set_free(struct number_set *set)
{
	free(set->slot);
	*set = (struct number_set){0};
}
