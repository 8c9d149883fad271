/* internal.h - what the executors share: the job, the executor, the backend behind it.
 *
 * A job is one submission on its way. It belongs to exactly one list or one worker at a time;
 * executor.c makes it, a backend takes it in submit() and gives it back, finished, in wait().
 */
#ifndef EXEC_INTERNAL_H
#define EXEC_INTERNAL_H

#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>

#include <batchresize/executor.h>

#include "base/base.h"

struct job {
	struct job *next; /* in the one list that it is in */
	uint64_t id;
	uint64_t tag;
	enum br_executor_status status;
	int error;
	int signal;
	unsigned attempt; /* attempts begun */
	unsigned worker;
	int priority;
	unsigned timeout_ms;               /* 0: none */
	uint64_t turn;                     /* without a future: number among those */
	struct br_executor_future *future; /* whom the result is for; NULL: br_executor_next() */
	bool cancelled;                    /* wanted by nobody any more: it is not begun again */
	uint64_t note[BR_EXECUTOR_NOTES];  /* as in struct br_executor_result */
	uint64_t worker_rss;
	unsigned worker_ms;
	bool opened;                /* open() was called and neither commit() nor discard() since */
	uint32_t serial;            /* of its last way to a worker process */
	unsigned place;             /* where it lies at the desk of the worker that has it, or
	                             * DESK_NO_PLACE */
	enum br_executor_mode mode; /* whose way it goes; never AUTO */
	unsigned spared;            /* workers that died with it before they had begun it */
	unsigned apart;             /* times that it was begun again for want of memory */
	uint64_t company;           /* in its worker, only jobs of the same number may be under way
	                             * beside it: see job_part() */
	struct br_slot *slot; /* &descriptors; in a hybrid's way, once it is opened: its slot of the
	                       * table; or NULL */
	struct br_slot descriptors;
	unsigned char *input;  /* job_size bytes, in bytes */
	unsigned char *result; /* result_size bytes, in bytes */
	alignas(max_align_t) unsigned char bytes[];
};

/* Whether it has a slot of the table: it goes a hybrid's way. */
static inline bool job_is_slotted(const struct job *job)
{
	return job->slot && job->slot != &job->descriptors;
}

/* A first-in first-out list of jobs; zeroed is empty. No locking. */
struct job_list {
	struct job *first, *last;
	unsigned count;
};

void job_list_push(struct job_list *list, struct job *job);
/* Behind those of its priority and of higher ones. */
void job_list_insert(struct job_list *list, struct job *job);
void job_list_push_front(struct job_list *list, struct job *job);
struct job *job_list_pop(struct job_list *list);
/* Moves all of `from` behind `to`. */
void job_list_append(struct job_list *to, struct job_list *from);
/* Marks every job of the list as CANCELLED. */
void job_list_cancel(struct job_list *list);
/* Takes the job of that id out; NULL when it is not there. Looks at one after the other. */
struct job *job_list_remove(struct job_list *list, uint64_t id);

/* Memory for jobs is taken in steps of this; a multiple of every page size in use. */
#define MEMORY_STEP ((size_t)1 << 18)

static inline size_t memory_steps(size_t bytes)
{
	return bytes > SIZE_MAX - MEMORY_STEP
	           ? SIZE_MAX
	           : (bytes + MEMORY_STEP - 1) / MEMORY_STEP * MEMORY_STEP;
}

struct br_executor;

/* What runs the jobs. All functions except stop() are called with the executor's lock held. */
struct backend {
	/* Makes the workers; executor->state is the backend's. 0 or as br_executor_new(). On
	 * failure everything is taken down again. */
	int (*start)(struct br_executor *executor);
	/* Takes a job. */
	void (*submit)(struct br_executor *executor, struct job *job);
	/* Waits until a job is finished or clock_ns() reaches `deadline`; lets the lock go while
	 * it sleeps or runs a job. One thread at a time. Looks once at least. 0 with *job,
	 * -EAGAIN with executor->look_by set, or, when every job has been given back, what
	 * executor->dead says. */
	int (*wait)(struct br_executor *executor, struct job **job, uint64_t deadline);
	/* Ends the sleep of a thread that is in wait(): something has changed. */
	void (*wake)(struct br_executor *executor);
	void (*cancel)(struct br_executor *executor, bool kill);
	/* As br_executor_future_cancel(): 0 or -EBUSY. */
	int (*cancel_job)(struct br_executor *executor, uint64_t id, bool kill);
	/* Ends the workers, gives up every job, frees the state. Returns how many threads were
	 * left behind. */
	unsigned (*stop)(struct br_executor *executor);
	void (*stats)(const struct br_executor *executor, struct br_executor_stats *stats);
	/* Nobody waits, and the bell is there to be rung when a call of wait() would find
	 * something. Adds descriptors that tell the same to the epoll set. 0 or a negative errno.
	 * NULL: whatever is under way can be run at once. */
	int (*watch)(struct br_executor *executor, int epoll);
};

extern const struct backend serial_backend, thread_backend, process_backend;

/* What is behind br_executor_fd(). Zeroed: nothing yet. */
struct watch {
	bool made; /* the descriptors are there */
	bool on;   /* and tell what happens */
	bool kept; /* the program has the descriptor: they tell for ever */
	bool rung; /* the bell is */
	int epoll, bell, timer;
	uint64_t clock; /* what the timer is set to, see clock_ns(); UINT64_MAX: to nothing */
};

/* The function of a simple task behind the stages of any. */
struct adapter {
	struct br_task_ops ops;
	br_executor_function *function;
	void *ctx;
};

struct br_executor {
	const struct backend *backend;
	struct br_executor_options options; /* completed: with ops */
	struct adapter *adapter;            /* or NULL */
	void *state;                        /* the backend's */
	pthread_mutex_t mutex;              /* of all that follows, and of the backend's state */
	pthread_cond_t changed;   /* for those who wait while another thread is in wait() */
	bool driven;              /* a thread is in backend->wait() */
	unsigned followers;       /* threads that wait for `changed` */
	struct job_list unused;   /* jobs ready for a submission */
	struct job_list finished; /* for br_executor_next() */
	struct job *handed_out;   /* whose bytes the caller may still look at */
	struct job **waiting;     /* ordered, in place of `finished`: by turn */
	struct br_executor_future *futures; /* all */
	uint64_t submitted;
	uint64_t turns;      /* of those, without a future */
	uint64_t returned;   /* of those, handed back */
	unsigned under_way;  /* submitted and not handed back, or its future not freed */
	unsigned unfinished; /* of those, in the backend */
	bool cancelled;
	int dead; /* set by the backend when nothing can be run any more: why, a negative errno */
	uint64_t look_by; /* by when, of clock_ns(), backend->wait() is to be called again */
	struct watch watch;
};

/* What a backend's wait() lets go of while it sleeps. */
void executor_lock(struct br_executor *executor);
bool executor_try_lock(struct br_executor *executor); /* whether it is taken */
void executor_unlock(struct br_executor *executor);

/* With the lock held: lets a thread that waits find out for itself what another one changed. */
void executor_wake(struct br_executor *executor);

/* With the lock held: waits until something happens, once, in place of all who wait. 0, or why
 * not to wait any more, when what is waited for has not come: as br_executor_next(). */
int executor_drive(struct br_executor *executor, uint64_t deadline);

/* With the lock held: rings and sets the clock of br_executor_fd(), if there is one. */
void watch_arm(struct br_executor *executor);
/* A result has come for somebody; br_executor_next() has been called. */
void watch_ring(struct br_executor *executor);
void watch_clear(struct br_executor *executor);
void watch_release(struct br_executor *executor);

/* Without the lock: as br_executor_fd(), until watch_rest(). To keep the descriptor true costs some
 * system calls a job. */
int watch_begin(struct br_executor *executor);
void watch_rest(struct br_executor *executor);

/* Frees what is left of them. */
void futures_free(struct br_executor *executor);

/* Makes the stages of a simple task; to be freed. NULL without memory. */
struct adapter *adapter_new(br_executor_function *function, void *ctx);

/* A job with its bytes, not in any list; NULL without memory. */
struct job *job_new(const struct br_executor_options *options);
void job_free(struct job *job);
/* Forgets what is known of a worker that died of the job. */
void job_clear_end(struct job *job);
/* Ends a job that never began, or begins no more. */
void job_cancel(struct job *job);

/* A job to be handed back in place of one that a thread was left behind with: of the same input,
 * and a result that is all zero. NULL without memory. */
struct job *job_substitute(const struct br_executor_options *options, const struct job *job,
                           enum br_executor_status status);

/* Of `count` jobs that are begun again, since one of them has ended their worker, or some of them
 * together, this is number `place`: from now on it belongs to one half of them. So the guilty one
 * is found in few steps, as the last of its half; a half of one is alone. For one after the other;
 * *companies counts the numbers that have been given. */
void job_part(struct job *job, uint64_t *companies, unsigned place, unsigned count);

/* Writes what failed where the options say, and returns `status`. */
int refused(const struct br_executor_options *options, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs one stage: 0 when it is NULL. */
int stage_run(const struct br_executor_options *options, br_task_stage *stage, struct job *job,
              struct br_slot *slot);

/* The slot of a job that begins: no bytes, no descriptors. */
void slot_clear(struct br_slot *slot);

/* A worker's state: worker_init() and worker_exit(), if there are any. */
int state_make(const struct br_executor_options *options, void **state);
void state_free(const struct br_executor_options *options, void *state);

/* open() in this thread, with the outcome written down: true when the job goes on. */
bool job_open(const struct br_executor_options *options, struct job *job, struct br_slot *slot);
/* commit() for a job that is well, discard() for any other (and for a commit() that failed). */
void job_close(const struct br_executor_options *options, struct job *job, struct br_slot *slot);

/* Deadlines of jobs are times of a struct run_clock, so that a run that was stopped does not find
 * its jobs too late when it goes on. While there are any, somebody looks at the clock this often at
 * least; unless that is the caller's own doing, which may take longer. */
#define LOOK_NS (100 * NS_PER_MS)
#define AWAY_NS (1000 * NS_PER_MS)

/* With small pictures, being woken for each that is opened, finished or published would take longer
 * than that itself. While workers have enough to do, the caller looks at the latest so many ns
 * after it went to sleep; mostly something else wakes it earlier, and several are dealt with at
 * once. */
#define PATIENCE_NS 2000000U

/* The time `milliseconds` after `now` of such a clock; UINT64_MAX for 0 (none). */
uint64_t deadline_after(uint64_t now, unsigned milliseconds);

/* Until when, of clock_ns(), a wait may last that must not miss the deadline `next` of a clock that
 * says `now`; UINT64_MAX for no deadline. */
uint64_t look_by(uint64_t next, uint64_t now);

uint64_t earlier(uint64_t a, uint64_t b);

/* pthread_cond_wait(), until a time of clock_ns() at the latest; UINT64_MAX for no such time. The
 * condition's clock is CLOCK_MONOTONIC. */
void wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t deadline);

/* Milliseconds until then, of clock_ns(), for poll(2) and its like: -1 for UINT64_MAX. */
int timeout_until(uint64_t deadline);

#endif
