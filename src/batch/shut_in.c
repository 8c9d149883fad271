/* shut_in.c - see shut_in.h. */
#include "batch/shut_in.h"

#include <stdio.h>
#include <string.h>

#include "batch/tell.h"

/* A sentence with names of walls in it. */
#define TEXT_MAX (BR_EXECUTOR_WALL_NAMES_MAX + 256)

void shut_in_tell(struct pump *pump)
{
	const struct br_executor_stats stats = br_executor_stats(pump->executor);
	char names[BR_EXECUTOR_WALL_NAMES_MAX], text[TEXT_MAX];

	const unsigned not_built = stats.walls_missing & ~br_executor_walls();
	const unsigned refused = stats.walls_missing & ~not_built;

	if (not_built) {
		(void)snprintf(text, sizeof(text),
		               "workers run without %s, which this build is made without: take one "
		               "that has it, or say --sandbox=off",
		               br_executor_wall_names(not_built, ", ", names));
		tell_notice_of(pump, BR_BATCH_WARNING, "--sandbox", text);
	}
	if (refused) {
		(void)snprintf(text, sizeof(text),
		               "workers run without %s (%s): allow it where they run, install "
		               "what is missing, or say --sandbox=off",
		               br_executor_wall_names(refused, ", ", names),
		               strerror(stats.walls_error));
		tell_notice_of(pump, BR_BATCH_WARNING, "--sandbox", text);
	}
	if (stats.walls) {
		(void)snprintf(text, sizeof(text), "workers are shut in by %s",
		               br_executor_wall_names(stats.walls, ", ", names));
		tell_notice_of(pump, BR_BATCH_REMARK, "--sandbox", text);
	}
}
