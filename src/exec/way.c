/* way.c - see way.h. */
#include "exec/way.h"

/* Calls that did not wait before it is believed; and at most, as it has been wrong again and again.
 */
#define QUICK_LEAST 4
#define QUICK_MOST  64

/* Of so many large inputs one is read by a thread, to see how long that takes now. */
#define LOOK_EACH 16

/* One of these sizes would take too much of the slots' memory from the others. */
#define SHARE_MOST 4

bool way_is_hybrid(struct exec_way *way, uint64_t bytes, uint64_t most)
{
	const unsigned wanted = way->wanted ? way->wanted : QUICK_LEAST;

	if (bytes > most / SHARE_MOST)
		return false;
	if (bytes < WAY_LARGE || way->quick < wanted)
		return true;
	way->settled = (way->settled + 1) % LOOK_EACH;
	return way->settled == 0;
}

void way_note(struct exec_way *way, bool waited)
{
	const unsigned wanted = way->wanted ? way->wanted : QUICK_LEAST;

	if (!waited) {
		way->quick += way->quick < QUICK_MOST;
		return;
	}
	/* it was believed, and was wrong: next time more is asked for */
	if (way->quick >= wanted && wanted < QUICK_MOST)
		way->wanted = wanted * 2;
	way->quick = 0;
}
