/* agenda.h - which picture is begun next when the time for all of them is limited.
 *
 * Kinds of pictures that cost little come first, as far as names tell the kind, and the largest of
 * a kind before smaller ones, which are good for filling the end. A picture is begun only if it
 * will probably be done in time: what one costs is taken from what others of its kind did cost in
 * this run, and before there are any from figures measured once, scaled to this machine by what
 * other kinds took. Pictures wait in line for workers only as long as that is short, so that what
 * has been learnt meanwhile counts. When the largest do not fit any more, smaller ones are begun.
 *
 * An item takes 8 bytes and a bit. One thread; time is given by the caller.
 */
#ifndef BATCH_AGENDA_H
#define BATCH_AGENDA_H

#include "plan/plan.h"

struct agenda;

/* All items of the plan that are not refused. Format and sizes of `image`, which is not kept, say
 * what there is to write. `workers` share the work. NULL without memory. */
struct agenda *agenda_new(const struct plan *plan, const struct br_image_options *image,
                          unsigned workers);
void agenda_free(struct agenda *agenda);

enum agenda_answer {
	AGENDA_NEXT,  /* this one is begun now */
	AGENDA_LATER, /* none fits, but one may when another picture is done */
	AGENDA_OVER   /* none is left, or none fits */
};

/* What is to be begun, with so many seconds left; `now` is clock_ns(). It counts as begun. */
enum agenda_answer agenda_take(struct agenda *agenda, double left, uint64_t now, uint64_t *item);

/* An item that was taken is finished, after so many seconds of a worker's time. Below 0: what it
 * took says nothing of others. Returns the seconds that it was expected to take, as agenda_rest()
 * does.
 */
double agenda_finish(struct agenda *agenda, uint64_t item, double seconds, uint64_t now);

/* Whether an item has been taken. */
bool agenda_has_taken(const struct agenda *agenda, uint64_t item);

/* Seconds that what has not been taken will probably take, all workers sharing it. */
double agenda_rest(struct agenda *agenda);

#endif
