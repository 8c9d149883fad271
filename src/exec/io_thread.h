/* io_thread.h - one thread of an I/O pool, and what it shares with the caller.
 *
 * The pool's other half: io_pool.c starts threads, gives them up and speaks with the caller, this
 * does their work. Private to the two. Everything here is guarded by the pool's mutex, and unless
 * another word is said, every function is called with it held.
 */
#ifndef EXEC_IO_THREAD_H
#define EXEC_IO_THREAD_H

#include <pthread.h>

#include "base/run_clock.h"
#include "exec/internal.h"
#include "exec/io_control.h"
#include "exec/slots.h"
#include "exec/way.h"

/* How long a call under way may still take when the executor is killed or freed, ms. */
#define IO_GRACE_MS 500U

struct io_thread {
	struct io_pool *pool;
	struct job *job;   /* that it is busy with, or NULL */
	uint64_t deadline; /* of that, on the pool's clock */
	unsigned index;
	bool fills; /* it opens the job, and has not got to its end */
	bool given_up;
	pthread_t handle;
};

struct io_pool {
	struct br_executor_options options;
	struct slot_table *slots;
	int wake; /* eventfd */
	pthread_mutex_t mutex;
	pthread_cond_t work;  /* a thread may find something to do */
	pthread_cond_t ended; /* a thread has left its loop, while `stopping` */
	struct run_clock clock;
	struct job_list fill, drain, ready, done;
	unsigned places, places_free;
	unsigned places_lost; /* whose slot a call that hangs may still use */
	bool starved; /* memory or descriptors ran out: nothing is filled until a place is free */
	bool caller_waits;
	bool caller_is_patient; /* it looks again soon, and needs no wake */
	bool cancelled;
	bool killed;
	bool stopping;
	bool dead;
	unsigned idle;       /* threads that wait for work */
	unsigned waking;     /* of those, who have been woken */
	unsigned running;    /* threads in their loop, except those given up */
	unsigned stuck;      /* given up, and not come back */
	unsigned references; /* the executor, and each thread */
	unsigned timeouts;
	unsigned least_timeout_ms;  /* of all jobs so far; 0: none had any */
	struct io_thread *caller;   /* the system refuses threads: the caller does their work */
	struct io_thread **threads; /* `wanted` of them, options.io_threads_most at most; NULL: none
	                             */
	unsigned wanted;            /* threads, by what there was to do so far */
	unsigned filling;           /* threads that open and read, except those given up */
	struct io_control control;  /* its limit: how many of them may */
	struct exec_way way;        /* of an auto executor's jobs */
	struct io_watch watch;      /* for how long all have been busy */
	uint64_t served;            /* pieces of work that threads are done with, */
	uint64_t units;             /* and the same, of io_work() */
};

/* The time on the pool's clock. A caller that waits looks at it often. */
uint64_t io_now(struct io_pool *pool);

/* When a call that begins at that time, and has so many milliseconds, is over its own. */
uint64_t io_deadline(const struct io_pool *pool, uint64_t now, unsigned timeout_ms);

/* The caller has something to look at: it is woken if it waits for that. */
void io_notify(struct io_pool *pool);

/* Whether there is a thread that waits for work and could be woken. */
bool io_thread_is_idle(const struct io_pool *pool);

/* One more thread may find something to do. */
void io_wake_thread(struct io_pool *pool);

/* Hands a job back. */
void io_finish(struct io_pool *pool, struct job *job);

/* Whether a job can be opened now. */
bool io_can_fill(const struct io_pool *pool);

void io_free_place(struct io_pool *pool);

/* Opened jobs that are not to run are to be closed. */
void io_cancel_ready(struct io_pool *pool);

/* Does one piece of work; false when there is none. */
bool io_thread_step(struct io_thread *thread);

/* Works until the pool stops or the thread has been given up. */
void io_thread_work(struct io_thread *thread);

#endif
