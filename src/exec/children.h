/* children.h - the child processes of a zygote or a nursery: who is there, who has ended.
 *
 * What they fork themselves, and leave, comes to this process (PR_SET_CHILD_SUBREAPER of prctl(2))
 * and is killed: when a child has ended, and at the end. Where the kernel keeps no list of a
 * process's children (CONFIG_PROC_CHILDREN) all processes are looked at, and without /proc nobody
 * tells who that is, and it stays.
 *
 * A PID namespace would end them without being looked for, also when this process is killed itself.
 * It takes a user namespace, which many a container and distribution refuses, so that this would be
 * needed beside it; and the first process of one can't make a sibling (clone(2)), which is how a
 * zygote makes its spare. Nor can a worker fork at all behind the sandbox's filter.
 *
 * Plain data of a process with one thread.
 */
#ifndef EXEC_CHILDREN_H
#define EXEC_CHILDREN_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct child {
	pid_t pid;           /* 0: none */
	uint32_t generation; /* of who is in this place */
};

struct children {
	struct child *child; /* `count` of them, by index */
	unsigned count;
	int signals;  /* a signalfd(2), or -1 */
	bool unswept; /* one has ended, and what it may have left is still to be looked for */
};

/* Room for `count`, none yet. From now on SIGCHLD is read from `signals`; a child unblocks it
 * again. So is SIGCONT, which comes when the thread that made this process ends, instead of a
 * SIGKILL: there may be something to be done first, and it makes one that is stopped go on. 0 or
 * -ENOMEM. */
int children_init(struct children *children, unsigned count);

/* Waits until a child or the parent has ended or there is something to read from `control`: whether
 * there is.
 * Without signalfd(2) it returns now and then without either. A negative errno. */
int children_poll(const struct children *children, int control);

/* Waits for none: the index of one that has ended, whose place is empty now, or -1. That comes
 * after all of them, when what they have left has been killed: it may take its time, and each death
 * is to be told at once. */
int children_reap(struct children *children, int *status, struct rusage *usage);

/* Kills all, and what they have left, and waits for them: what they used of the processor would
 * count for nobody otherwise, and time(1) would show a fraction of what a run takes. One that hangs
 * in the kernel (on a network mount that is gone) is not waited for longer than a second. */
void children_end(struct children *children);

#endif
