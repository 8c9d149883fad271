/* unmade.h - records of what no executor is asked for: items that the plan refuses, dry runs, and
 * the rest of a run that is stopped. Every source is recorded, stopped or not.
 */
#ifndef BATCH_UNMADE_H
#define BATCH_UNMADE_H

#include "batch/pump.h"

/* Records each item from pump->next on that the plan, or its piece, refuses. */
void unmade_refused(struct pump *pump);

/* Records each other item as what it would become. */
void unmade_planned(struct pump *pump);

/* Makes a record one of a picture that was not begun, or not to its end: cancelled, by whom. */
void unmade_explain(struct pump *pump, struct br_batch_record *record, uint64_t item);

/* Records each item from pump->next on as cancelled, but those that the agenda has given out. */
void unmade_rest(struct pump *pump);

#endif
