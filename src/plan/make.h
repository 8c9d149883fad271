/* make.h - a plan, or a piece of one, from what was named to what will be done. */
#ifndef PLAN_MAKE_H
#define PLAN_MAKE_H

#include "plan/before.h"
#include "plan/named.h"

/* An empty plan, to be freed with make_free(). Returns 0, BR_ERROR_USAGE or -ENOMEM. */
int make_begin(struct plan **plan, const struct br_batch_options *options,
               const struct plan_observer *observer, struct br_error *error);

/* Finds plan_roots() and plan_walked(), and calls the observer's rooted(). Returns 0 or -ENOMEM. */
int make_roots(const struct named *named);

/* Walks the directories that were named, and settles what collides. `before`: what came before this
 * piece; NULL for a whole plan. Returns 0, BR_ERROR_USAGE or a negative errno. */
int make_settle(struct named *named, fold_decision *folds, struct place_answers *answers,
                struct before *before);

void make_free(struct plan *plan);

#endif
