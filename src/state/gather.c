/* gather.c - see gather.h. */
#include "state/gather.h"

#include <errno.h>
#include <stdlib.h>

#include "state/told.h"

/* So many come one after another. */
#define GATHERED_MAX 64

struct gathered {
	unsigned count;
	struct told *entry[GATHERED_MAX];
	uint64_t place[GATHERED_MAX]; /* in the plan */
	char text[STATE_OUTPUTS_MAX][PATH_MAX];
};

struct gathered *gather_new(void)
{
	return calloc(1, sizeof(struct gathered));
}

void gather_free(struct gathered *gathered)
{
	while (gathered && gathered->count > 0)
		free(gathered->entry[--gathered->count]);
	free(gathered);
}

/* Takes over the entry. */
static void add(struct gathered *gathered, struct told *entry, uint64_t place)
{
	gathered->entry[gathered->count] = entry;
	gathered->place[gathered->count] = place;
	gathered->count++;
}

int gather_add(struct state *state, const struct state_picture *picture)
{
	struct told *entry = told_make(state, picture);
	int status;

	if (!entry) {
		if (gather_put(state) == 0)
			(void)state_tell(state, picture); /* who commits is told what is wrong */
		return -ENOMEM;
	}
	status = told_write(state, entry);
	add(state->gathered, entry, picture->place);
	return status;
}

bool gather_is_full(const struct state *state)
{
	return state->gathered->count == GATHERED_MAX;
}

static int put(struct state *state, const struct told *entry, uint64_t place)
{
	struct state_picture picture;

	if (!told_read(entry, &picture, state->gathered->text))
		return 0; /* such a one makes no sense to the next run either */
	picture.place = place;
	return state_tell(state, &picture);
}

int gather_put(struct state *state)
{
	struct gathered *gathered = state->gathered;
	const unsigned count = gathered->count;
	int status = 0;

	gathered->count = 0; /* statements of these are not to wait for them */
	for (unsigned i = 0; i < count; i++) {
		if (status == 0)
			status = put(state, gathered->entry[i], gathered->place[i]);
		free(gathered->entry[i]);
	}
	return status;
}
