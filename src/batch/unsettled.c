/* unsettled.c - see unsettled.h. */
#include "batch/unsettled.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"

/* What a picture looks like whose end has not been written yet. */
static bool is_damage(enum br_error_code code)
{
	return code == BR_ERROR_EMPTY || code == BR_ERROR_TRUNCATED || code == BR_ERROR_CORRUPT;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* A time that is yet to come says that clocks differ, and nothing of the file. */
static bool is_young(const struct stat *st, unsigned settle_ms)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	const double age = (double)(now.tv_sec - st->st_mtim.tv_sec) * 1e3 +
	                   (double)(now.tv_nsec - st->st_mtim.tv_nsec) / 1e6;

	return age >= 0 && age < settle_ms;
}

bool unsettled_is(const struct task_context *context, uint64_t item,
                  const struct task_outcome *outcome)
{
	const unsigned settle_ms = context->options->settle_ms;
	const enum br_error_code code = outcome->error.code;
	char path[PATH_MAX];
	struct stat now;

	if (settle_ms == 0)
		return false;
	if (code == BR_ERROR_CHANGED)
		return true;
	if (!is_damage(code) || plan_source(context->plan, item, path, sizeof(path)) < 0 ||
	    stat(path, &now) != 0)
		return false;
	return !is_same(&now, &outcome->source) || is_young(&now, settle_ms);
}

bool unsettled_put_off(struct unsettled *unsettled, uint64_t item)
{
	if (unsettled->again)
		return false;
	if (unsettled->count == unsettled->room) {
		const size_t room = unsettled->room ? unsettled->room * 2 : 64;
		uint64_t *grown = NULL;

		if (room <= SIZE_MAX / sizeof(*grown))
			grown = realloc(unsettled->item, room * sizeof(*grown));
		if (!grown)
			return false;
		unsettled->item = grown;
		unsettled->room = room;
	}
	unsettled->item[unsettled->count++] = item;
	unsettled->last = clock_ns();
	return true;
}

unsigned unsettled_rest(const struct unsettled *unsettled, unsigned settle_ms)
{
	const unsigned most = settle_ms < UNSETTLED_WAIT_MS ? settle_ms : UNSETTLED_WAIT_MS;
	const uint64_t passed = (clock_ns() - unsettled->last) / NS_PER_MS;

	return passed < most ? most - (unsigned)passed : 0;
}

bool unsettled_next(struct unsettled *unsettled, uint64_t *item)
{
	if (unsettled->next == unsettled->count)
		return false;
	*item = unsettled->item[unsettled->next++];
	return true;
}

int unsettled_explain(struct br_error *error)
{
	return br_error_set(error, BR_ERROR_UNSETTLED,
	                    "it is not whole, and was changed a moment ago, as a file that is "
	                    "still being written: it is left for the next run");
}

void unsettled_free(struct unsettled *unsettled)
{
	free(unsettled->item);
	*unsettled = (struct unsettled){0};
}
