/* place.h - where a directory really is, whatever path leads to it.
 *
 * A directory that exists is its device and inode; one that does not (yet) is a name below another
 * place. Two paths are one file exactly when their places are one and their names are, after
 * folding where the place folds.
 */
#ifndef PLAN_PLACE_H
#define PLAN_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "plan/fold.h"
#include "plan/paths.h"

struct place {
	uint64_t device, inode; /* when it exists */
	uint32_t parent;        /* PATHS_NONE: it exists */
	uint32_t name;          /* folded, in the paths' arena; when it does not exist */
	bool fold_known, folds;
	bool source, output; /* whether sources, outputs lie directly in it */
};

/* What has been asked of directories that exist, for plans that are made in many pieces: of as many
 * as there is room for, the last ones. All zero is empty. */
#define PLACE_ANSWERS 256
struct place_answers {
	struct {
		uint64_t device, inode; /* 0: nothing */
		bool folds;
	} answer[PLACE_ANSWERS];
};

/* All zero except `folds` is empty. */
struct places {
	struct place *place;
	uint32_t count, allocated;
	struct table known;
	fold_decision *folds;
	struct place_answers *answers; /* the caller's, for places_resolve() alone; or NULL */
};

void places_release(struct places *places);

/* The place of that device and inode, made if it is not known yet. Returns 0, -ENOMEM or
 * -EOVERFLOW. */
int places_existing(struct places *places, dev_t device, ino_t inode, uint32_t *place);

/* The same, PATHS_NONE when it is not known. */
uint32_t places_find(const struct places *places, dev_t device, ino_t inode);

/* Looks up the place of a directory of `paths`, which remembers it. For one that outputs go to also
 * whether it folds. Where it is missing, those above it are looked up in the same way if they have
 * not been. Returns as places_existing(). */
int places_resolve(struct places *places, struct paths *paths, uint32_t directory, bool output);

/* A name as it counts in that place. Returns its length. */
size_t places_key(const struct places *places, uint32_t place, const char *name, char *key,
                  size_t size);

#endif
