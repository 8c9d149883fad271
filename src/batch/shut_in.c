/* shut_in.c - see shut_in.h. */
#include "batch/shut_in.h"

#include <stdio.h>
#include <string.h>

#include "batch/tell.h"

#define NAMES_MAX 96

/* The names of the walls: "seccomp, landlock". */
static const char *names_of(unsigned walls, char names[NAMES_MAX])
{
	size_t used = 0;

	names[0] = '\0';
	for (unsigned wall = 1; wall <= walls && used < NAMES_MAX; wall <<= 1)
		if (walls & wall)
			used += (size_t)snprintf(
			    names + used, NAMES_MAX - used, "%s%s", used ? ", " : "",
			    br_executor_wall_name((enum br_executor_wall)wall));
	return names;
}

void shut_in_tell(struct pump *pump)
{
	const struct br_executor_stats stats = br_executor_stats(pump->executor);
	char names[NAMES_MAX], text[NAMES_MAX + 256];

	const unsigned not_built = stats.walls_missing & ~br_executor_walls();
	const unsigned refused = stats.walls_missing & ~not_built;

	if (not_built) {
		(void)snprintf(text, sizeof(text),
		               "workers run without %s, which this build is made without: take one "
		               "that has it, or say --sandbox=off",
		               names_of(not_built, names));
		tell_notice_of(pump, BR_BATCH_WARNING, "--sandbox", text);
	}
	if (refused) {
		(void)snprintf(text, sizeof(text),
		               "workers run without %s (%s): allow it where they run, install "
		               "what is missing, or say --sandbox=off",
		               names_of(refused, names), strerror(stats.walls_error));
		tell_notice_of(pump, BR_BATCH_WARNING, "--sandbox", text);
	}
	if (stats.walls) {
		(void)snprintf(text, sizeof(text), "workers are shut in by %s",
		               names_of(stats.walls, names));
		tell_notice_of(pump, BR_BATCH_REMARK, "--sandbox", text);
	}
}
