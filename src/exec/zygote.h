/* zygote.h - the process that a pool's workers are forked from.
 *
 * It is forked at the start, while the program has one thread, and stays single-threaded and small:
 * so a worker that died can be replaced at any time, although by then the program itself has
 * threads and could not fork safely. It also reaps the workers and tells the supervisor how each
 * ended. A pool that is made later has its zygote from the nursery, which was forked in time.
 *
 * For the same reason it is the zygote that makes another one, the program's child as it is itself
 * (CLONE_PARENT of clone(2)): a spare, without workers, that waits for the first one's death.
 *
 * It ends with the program, and its workers and all that they have forked end with it.
 *
 * Every order is answered: SPAWN and FORK by SPAWNED, KILL by ALIVE; and ALIVE is a spare's
 * first word.
 */
#ifndef EXEC_ZYGOTE_H
#define EXEC_ZYGOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "exec/channel.h"
#include "exec/worker.h"

/* The supervisor's hold on a zygote. */
struct zygote {
	pid_t pid;                          /* 0: none, or another's child */
	int control;                        /* the supervisor's end of its channel; -1: none */
	unsigned owes;                      /* answers */
	struct br_executor_zygote *nursery; /* whose child it is; NULL: this process's */
	uint32_t number;                    /* among the nursery's; or among the spares */
};

/* In place of a worker's index, in what concerns the zygote itself. */
#define ZYGOTE_INDEX UINT32_MAX

#define ZYGOTE_NONE ((struct zygote){.control = -1})

/* Forks the zygote, or has it forked by options.zygote. What `setup` points at must stay as it is;
 * its parent and index are filled in here. 0, -EBUSY when the program has other threads, -EAGAIN,
 * -EMFILE or -ENOMEM. */
int zygote_start(const struct worker_setup *setup, struct zygote *zygote);

/* Takes from a message of its own who it is. */
void zygote_note(struct zygote *zygote, const struct channel_message *message);

void zygote_signal(const struct zygote *zygote, int signal);

/* The end of one that has closed its channel, or of which nothing can be heard: whether it is known
 * how it ended, and *status as of waitpid(2). One that lives is killed. */
bool zygote_wait(struct zygote *zygote, int *status);

/* Told that no order comes any more, the zygote kills its workers and goes. */
void zygote_retire(const struct zygote *zygote);
/* The same, and waits for it. One that does not go is killed: its own death is its workers'. */
void zygote_end(struct zygote *zygote);

/* The life of a zygote, in its own process. */
_Noreturn void zygote_main(const struct worker_setup *setup, pid_t parent, int control);

#endif
