/* hoist.h - pictures that take long are begun in time.
 *
 * A run is over when its last picture is, and one that takes long and begins last keeps one worker
 * while the others have nothing to do. Workers take the next job whenever they are free. Then a job
 * of cost c, of a list that costs `total` with `rest` of it behind the job, is over at
 *
 *     (total - rest - c) / workers + c
 *
 * at the latest (R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17,
 * 1969), which is no later than total / workers, the least that is possible, as long as
 *
 *     rest >= (workers - 1) * c.
 *
 * A job for which this does not hold moves towards the front until it does, give or take what a run
 * is allowed to last longer: as long as its cheapest job, or a 200th of the whole. All others keep
 * their order. What would have to begin before the list does stands at its front, the longest
 * first. A list in which no job costs more than the one before stays as it is.
 *
 * Costs are estimates (price.h): the plan, which is largest first, becomes another one only if
 * formats, or outputs that a list asks for, differ.
 */
#ifndef BATCH_HOIST_H
#define BATCH_HOIST_H

#include "plan/plan.h"

/* What job number `job` costs; 0 for what is no work. */
typedef double hoist_cost(const void *ctx, size_t job);

/* Puts `count` jobs in order, at most UINT32_MAX. Returns 0 or -ENOMEM. *order: the jobs' numbers,
 * to be freed; or NULL if they stay as they are. Jobs that move take 16 bytes each meanwhile. Asks
 * for a job's cost twice. */
int hoist(size_t count, unsigned workers, hoist_cost *cost, const void *ctx, uint32_t **order);

/* The same for the items of a whole plan, of which `image` says what becomes of them. Those that
 * are refused, or only stand there, are no work. */
int hoist_plan(const struct plan *plan, const struct br_image_options *image, unsigned workers,
               uint32_t **order);

#endif
