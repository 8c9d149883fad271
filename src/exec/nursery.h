/* nursery.h - what is behind br_executor_zygote: a process, forked before the program has threads,
 * that forks the zygotes of pools that are made later.
 *
 * It has no pool, no job and one thread, and reaps its children. It ends with the program, and its
 * children end with it. The functions may be called from any thread. Private to
 * nursery.c and zygote.c, which share the work of a zygote.
 */
#ifndef EXEC_NURSERY_H
#define EXEC_NURSERY_H

#include "exec/worker.h"

/* Has a zygote forked that does as `setup` says, with its end of the channel to the supervisor.
 * *number is for nursery_signal(). Waits for a nursery that is stopped, and tells it to go on. 0,
 * -EPIPE when it has gone, -ETIME when it does not answer for 6 s, or another negative errno.
 */
int nursery_fork(struct br_executor_zygote *nursery, const struct worker_setup *setup, int control,
                 uint32_t *number);

/* Sends a signal to that zygote, if it is still there. */
void nursery_signal(struct br_executor_zygote *nursery, uint32_t number, int signal);

#endif
