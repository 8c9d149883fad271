/* part.h - a run over a part of the sources: the files that a filter wants, of all below the
 * directories that were named. */
#ifndef BATCH_PART_H
#define BATCH_PART_H

#include "batch/hold.h"
#include "plan/plan.h"

/* br_batch_run(); a filter of NULL leaves nothing out. Nothing is started if nothing is wanted. A
 * hold that is not NULL is kept when the run is over: it is the caller's to end. */
int batch_run_part(const struct br_batch_options *options, const struct plan_filter *filter,
                   struct hold *hold, const struct br_batch_observer *observer,
                   struct br_batch_outcome *outcome, struct br_error *error);

#endif
