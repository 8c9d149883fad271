/* way.c - see way.h. */
#include "exec/way.h"

/* Calls that did not wait before it is believed; and at most, as it has been wrong again and again.
 */
#define QUICK_LEAST 4
#define QUICK_MOST  64

/* Of so many inputs that can go either way one is read by a thread, to see how long that takes now.
 */
#define LOOK_EACH 16

/* One of these sizes would take too much of the slots' memory from the others. */
#define SHARE_MOST 4

/* Whether calls are taken not to wait for an input that can go either way. */
static bool is_quick(const struct exec_way *way, const struct way_input *input)
{
	const unsigned wanted = way->wanted ? way->wanted : QUICK_LEAST;

	return way->quick >= wanted || (input->at_hand && !way->waited);
}

bool way_is_hybrid(struct exec_way *way, const struct way_input *input, uint64_t most)
{
	if (input->bytes > most / SHARE_MOST)
		return false;
	if (!way_is_open(input) || !is_quick(way, input))
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
	way->waited = true;
}
