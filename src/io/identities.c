/* identities.c - see identities.h. */
#include "io/identities.h"

#include <stdlib.h>

#include "base/hash.h"

/* So many of each half. */
#define HALF_MAX ((size_t)1 << 18)

uint64_t identities_key(const char *path, size_t length)
{
	const uint64_t key = hash_bytes(path, length, 0);

	return key ? key : 1;
}

/* Where the key is, or would be. There is a free slot. */
static struct directory_identity *place(struct directory_identity *slot, size_t allocated,
                                        uint64_t key)
{
	size_t at = (size_t)key & (allocated - 1);

	while (slot[at].key != 0 && slot[at].key != key)
		at = (at + 1) & (allocated - 1);
	return &slot[at];
}

static bool grow(struct identities *identities)
{
	struct directory_identity *before = identities->slot[0];
	const size_t old = identities->allocated[0], allocated = old ? old * 2 : 64;
	struct directory_identity *grown = calloc(allocated, sizeof(*grown));

	if (!grown)
		return false;
	for (size_t i = 0; i < old; i++)
		if (before[i].key != 0)
			*place(grown, allocated, before[i].key) = before[i];
	free(before);
	identities->slot[0] = grown;
	identities->allocated[0] = allocated;
	return true;
}

static void turn_over(struct identities *identities)
{
	free(identities->slot[1]);
	identities->slot[1] = identities->slot[0];
	identities->count[1] = identities->count[0];
	identities->allocated[1] = identities->allocated[0];
	identities->slot[0] = NULL;
	identities->count[0] = identities->allocated[0] = 0;
}

static struct directory_identity *insert(struct identities *identities,
                                         const struct directory_identity *identity)
{
	struct directory_identity *at;

	if (identities->count[0] == HALF_MAX)
		turn_over(identities);
	if (identities->count[0] * 2 >= identities->allocated[0] && !grow(identities))
		return NULL;
	at = place(identities->slot[0], identities->allocated[0], identity->key);
	identities->count[0] += at->key == 0;
	*at = *identity;
	return at;
}

static struct directory_identity *find_in(const struct identities *identities, unsigned half,
                                          uint64_t key)
{
	struct directory_identity *at;

	if (identities->allocated[half] == 0)
		return NULL;
	at = place(identities->slot[half], identities->allocated[half], key);
	return at->key == 0 ? NULL : at;
}

struct directory_identity *identities_find(struct identities *identities, uint64_t key)
{
	struct directory_identity *found = find_in(identities, 0, key);
	const struct directory_identity *older = found ? NULL : find_in(identities, 1, key);
	struct directory_identity kept;

	if (!older)
		return found;
	kept = *older; /* whose half may go */
	return insert(identities, &kept);
}

void identities_add(struct identities *identities, const struct directory_identity *identity)
{
	(void)insert(identities, identity); /* or it stays unknown */
}

void identities_free(struct identities *identities)
{
	free(identities->slot[0]);
	free(identities->slot[1]);
	*identities = (struct identities){0};
}
