/* advice.h - the error when a run can have no workers, or its executor has ended. */
#ifndef BATCH_ADVICE_H
#define BATCH_ADVICE_H

#include <batchresize/error.h>
#include <batchresize/executor.h>

/* br_executor_new() returned `status` for `reason` ("": unknown). Returns it, with *error saying
 * why.
 */
int advice_start(struct br_error *error, int status, const char *reason, enum br_executor_mode mode,
                 unsigned workers);

/* The executor can run nothing any more: `cause` is its stats' error, `reason` its own words.
 * Returns a code or a negative
 * errno, never 0, with *error saying why. */
int advice_end(struct br_error *error, int cause, const char *reason);

#endif
