/* unmade.h - records of what no executor is asked for: items that the plan refuses, dry runs, and
 * what a run that is stopped does not come to. Every source is recorded, stopped or not.
 */
#ifndef BATCH_UNMADE_H
#define BATCH_UNMADE_H

#include "batch/pump.h"

/* Records each item that the plan refuses. */
void unmade_refused(struct pump *pump);

/* Records each other item as what it would become. */
void unmade_planned(struct pump *pump);

/* Records each item from pump->next on as cancelled. */
void unmade_rest(struct pump *pump);

#endif
