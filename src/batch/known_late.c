/* known_late.c - pictures that are made while the states are still being opened; see known.h.
 *
 * What is to be told of them waits in memory, and is lost with a run that is killed meanwhile:
 * these pictures are made again. So it is for disks alone of which each call takes its time, and
 * for modes in which nobody else hands out work while this thread waits for them.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "batch/known_parts.h"

/* So many wait, of some 3 KB each; then the run waits for the disk. */
#define LATE_MAX 1024

struct known_late {
	uint64_t item;
	bool made;
	struct task_outcome outcome; /* without what a plugin has told */
};

bool known_put_off(struct known *known, uint64_t item, const struct task_outcome *outcome,
                   bool made)
{
	struct known_late *late;

	if (!known_still_begins(known, true))
		return false;
	if (!known->late && task_in_processes(known->options))
		known->late = calloc(LATE_MAX, sizeof(*known->late));
	if (!known->late || known->lates == LATE_MAX) {
		known_finish_beginning(known);
		return false;
	}
	late = &known->late[known->lates++];
	late->item = item;
	late->made = made;
	memcpy(&late->outcome, outcome, offsetof(struct task_outcome, told));
	return true;
}

void known_tell_late(struct known *known)
{
	struct known_late *const late = known->late;
	const size_t lates = known->lates;

	known->late = NULL;
	known->lates = 0;
	for (size_t i = 0; i < lates; i++) {
		if (late[i].made)
			known_made(known, late[i].item, &late[i].outcome);
		else
			known_found(known, late[i].item, &late[i].outcome);
	}
	free(late);
}

void known_forget_late(struct known *known)
{
	free(known->late);
	known->late = NULL;
	known->lates = 0;
}
