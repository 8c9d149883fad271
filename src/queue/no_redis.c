/* no_redis.c - see queue.h: of a build without hiredis. */
#include <string.h>

#include "queue/queue.h"

int queue_run(const struct queue_options *options, const struct br_batch_options *batch,
              const struct br_batch_observer *observer, struct br_batch_outcome *outcome,
              struct br_error *error)
{
	(void)options;
	(void)batch;
	(void)observer;
	memset(outcome, 0, sizeof(*outcome));
	return br_error_set(
	    error, BR_ERROR_UNSUPPORTED,
	    "--queue: this build knows no Redis (make REDIS=no): build it with hiredis");
}
