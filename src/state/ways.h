/* ways.h - in which ways the outputs below an output directory were made, and since when: the file
 * ".batchresize/ways", beside the database and for the case that this is lost. What is there then
 * is as the present options want it only as far as the file says so.
 *
 * It has a line for each way: how a run calls its outputs, the formats of source and output, the
 * options and the versions. With another option the line of the same formats is replaced, and its
 * time is that of the run. It is written when a run makes something in a way that none did before,
 * so mostly never. One that is damaged is as good as none, and stands for all that was made before
 * the next.
 */
#ifndef STATE_WAYS_H
#define STATE_WAYS_H

#include "state/state.h"

struct state_way {
	uint64_t names;          /* see state_open() */
	uint32_t source, output; /* as in struct state_setup */
	bool library;
	uint64_t options; /* a hash of them; */
	uint64_t kind;    /* of those that count for outputs that are called otherwise, too */
	uint64_t versions;
	int64_t since; /* ns by the file system's clock: what is older was made otherwise */
};

/* All zero: none are known. */
struct ways {
	int64_t since; /* what was made since then, was made in one of these; 0: there is no file */
	struct state_way *way;
	size_t count;
	bool unfinished; /* beside the file lay one that was being written */
};

/* All but `since` and `kind`, which are 0. */
struct state_way way_of(const struct state_setup *setup, uint64_t names);

/* Whether pictures are made so by now: options and versions are the same. */
bool ways_has(const struct ways *ways, const struct state_way *way);

/* Puts it in the place of the one of the same pictures, or behind all others. False: no memory. */
bool ways_add(struct ways *ways, const struct state_way *way);

/* Reads what is known of the directory `output`, in place of what `ways` has, which is released by
 * ways_free(). */
void ways_read(const char *output, struct ways *ways);
void ways_free(struct ways *ways);

/* Removes what a run that was killed has left of one that it was writing: for who has the lock. */
void ways_sweep(const char *output);

/* Notes in which ways the run that began at `begin`, by clock_ns(), makes pictures; the file is
 * read again first, in place of what *ways has. Where it can't be written that has them all the
 * same. Returns 0 or a negative errno. */
int ways_note(const char *output, struct ways *ways, const struct ways *fresh, uint64_t begin);

#endif
