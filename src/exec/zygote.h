/* zygote.h - the process that workers are forked from.
 *
 * It is forked at the start, while the program has one thread, and stays single-threaded and small:
 * so a worker that died can be replaced at any time, although by then the program itself has
 * threads and could not fork safely. It also reaps the workers and tells the supervisor how each
 * ended.
 *
 * It dies with the thread that made it, and its workers die with it.
 */
#ifndef EXEC_ZYGOTE_H
#define EXEC_ZYGOTE_H

#include <sys/types.h>

#include "exec/worker.h"

/* Forks the zygote. *control is the supervisor's end of a channel that takes CHANNEL_SPAWN (with
 * one descriptor) and CHANNEL_KILL and brings CHANNEL_SPAWNED and CHANNEL_EXITED; closing it ends
 * the zygote and kills every worker. What `setup` points at must stay as it is; its parent and
 * index are filled in here. 0, -EBUSY when the program has other threads, -EAGAIN, -EMFILE or
 * -ENOMEM. */
int zygote_start(const struct worker_setup *setup, pid_t *pid, int *control);

#endif
