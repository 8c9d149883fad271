/* shut_in.h - what a run tells of the sandbox around its workers. */
#ifndef BATCH_SHUT_IN_H
#define BATCH_SHUT_IN_H

#include "batch/pump.h"

/* Once the executor is there: a warning of what is missing, and a remark of what stands. */
void shut_in_tell(struct pump *pump);

#endif
