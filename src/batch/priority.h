/* priority.h - how much of processors and disks this program claims beside others: --nice,
 * --ionice. */
#ifndef BATCH_PRIORITY_H
#define BATCH_PRIORITY_H

#include "batch/pump.h"

/* Lowers the priorities of this thread, and so of all threads and processes that it makes, for
 * good. What the system refuses is told as a warning. */
void priority_lower(struct pump *pump);

#endif
