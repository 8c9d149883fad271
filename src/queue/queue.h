/* queue.h - a run whose orders come from a stream of a Redis server, of which it is a member.
 *
 * The group's members share the stream's entries: each goes to one, and stays pending until that
 * one says that it is done (XACK), which is after its output has got its name. What a member has
 * and does not keep warm for claim_ms, since it is gone, is taken over by another. So an entry may
 * come twice, and is then made again: outputs get their names at once, and the same order has the
 * same bytes.
 *
 * What fails for good goes to the stream of dead letters, with the reason; what can't be done here
 * and now (a full disk) is left to be taken over, ORDER_TRIES_MAX times at most. Counted are the
 * times that an entry was taken over, in a hash beside the stream (STREAM:tries): the server's own
 * count begins anew when it is restarted from its log.
 *
 * Of Redis 6.2 and later are used: XREADGROUP, XACK, XCLAIM, XAUTOCLAIM, XPENDING, XGROUP, EVAL.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <batchresize/batch.h>

#include "queue/options.h"

/* As br_batch_run(), of no paths and no list. The observer's callbacks run in the caller's
 * thread. Returns also a negative errno or BR_ERROR_UNSUPPORTED if the server is not to be had. */
int queue_run(const struct queue_options *options, const struct br_batch_options *batch,
              const struct br_batch_observer *observer, struct br_batch_outcome *outcome,
              struct br_error *error);

#endif
