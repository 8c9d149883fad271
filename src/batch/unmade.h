/* unmade.h - records of what no executor is asked for: items that the plan refuses, and dry runs.
 */
#ifndef BATCH_UNMADE_H
#define BATCH_UNMADE_H

#include "batch/pump.h"

/* Records each item that the plan refuses. */
void unmade_refused(struct pump *pump);

/* Records each other item as what it would become. */
void unmade_planned(struct pump *pump);

#endif
