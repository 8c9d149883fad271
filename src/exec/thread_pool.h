/* thread_pool.h - one thread of a pool, and what it shares with the caller.
 *
 * thread.c is a thread's life, thread_pool.c the caller's side. Private to the two. Everything here
 * is guarded by the pool's mutex, and unless another word is said, every function is called with it
 * held. The executor's lock is taken before it, never after.
 */
#ifndef EXEC_THREAD_POOL_H
#define EXEC_THREAD_POOL_H

#include <pthread.h>

#include "base/run_clock.h"
#include "exec/admission.h"
#include "exec/gang.h"
#include "exec/internal.h"
#include "exec/together.h"

/* What a commit that is under way is given when the executor is killed, ms: what it does is seen
 * right afterwards. */
#define GRACE_MS 500U

struct pool;

/* A job under way. */
struct thread_seat {
	struct thread *thread;
	struct job *job; /* or NULL */
	struct br_slot slot;
	unsigned index;
};

struct thread {
	struct pool *pool;
	void *state;               /* the task's */
	struct gang *gang;         /* NULL: one job at a time */
	struct thread_seat *seats; /* options.together of them */
	unsigned under_way;
	struct job *job;            /* that it works at; NULL: none, or what is done for several */
	uint64_t deadline;          /* of what it works at, on the pool's clock */
	struct together_step since; /* when that began, if it may be for several */
	unsigned index;
	unsigned jobs; /* that used its state */
	bool commits;  /* too late to take it back */
	bool abandoned;
	bool stateless; /* worker_init() has failed */
	pthread_t handle;
};

struct pool {
	struct br_executor_options options;
	pthread_mutex_t mutex;
	pthread_cond_t work;     /* the queue has a job, or `stopping` */
	pthread_cond_t granted;  /* a thread that asked for memory may go on */
	pthread_cond_t finished; /* the finished list has a job, or a thread began or failed */
	bool woken;              /* the caller is to look again, whatever there is */
	int bell;                /* -1, or what to write to while nobody waits; once, ... */
	bool bell_armed;         /* ... and then not until the next look */
	struct job_list queue;
	struct job_list done;
	struct admission admission;
	struct run_clock clock;
	unsigned idle;      /* threads that wait for work */
	unsigned starting;  /* threads that have not come back from worker_init() */
	unsigned ready;     /* threads that take from the queue */
	uint64_t companies; /* of jobs that are kept from others, so far */
	uint64_t slowest;   /* see together.h */
	unsigned abandoned;
	int init_error;            /* what the last worker_init() that failed returned */
	unsigned least_timeout_ms; /* of all jobs so far; 0: none had any */
	bool killed, cancelled;
	bool caller_waits;
	bool caller_is_patient; /* it looks again soon: see PATIENCE_NS */
	bool stopping;
	unsigned references;     /* the executor, and every thread that has not ended */
	struct thread **threads; /* options.workers of them */
	struct br_executor_stats stats;
	/* The caller's alone, without the mutex, under the executor's lock. */
	struct job_list taken;
};

/* The time on the pool's clock. A caller that waits looks at it often. */
uint64_t pool_now(struct pool *pool);
/* `ms` from now, on that clock; UINT64_MAX for 0. */
uint64_t pool_deadline(struct pool *pool, unsigned ms);

/* The caller has something to look at. */
void pool_tell(struct pool *pool);

/* Whether the threads have enough to do for a while. */
bool pool_has_backlog(const struct pool *pool);

/* The memory of the job of a thread that ended it, or is abandoned. */
void pool_give_back(struct pool *pool, unsigned index);

/* Lets go of the pool, which the last one frees. Releases the mutex. */
void pool_release(struct pool *pool);

/* Starts one, in the place of that number. Returns 0 or a negative errno. */
int thread_start(struct pool *pool, unsigned index);
/* One that has ended; without the mutex. */
void thread_free(struct thread *thread);

#endif
