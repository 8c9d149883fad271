/* explain.h - why an image is made, or not: see br_batch_options.explain. */
#ifndef BATCH_EXPLAIN_H
#define BATCH_EXPLAIN_H

#include "batch/pump.h"

/* Fills in reason and explanation of a record of an item of the plan that is otherwise complete,
 * unless nobody asked; before known.h is told what became of it. The outcome has what
 * existing_look() found; NULL: nobody looked. */
void explain_record(struct pump *pump, struct br_batch_record *record, uint64_t item,
                    const struct task_outcome *outcome);

#endif
