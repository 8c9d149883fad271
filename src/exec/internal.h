/* internal.h - what the executors share: the task, the executor, the backend behind it.
 *
 * A task is one submission on its way. It belongs to exactly one list or one worker at a time;
 * executor.c makes it, a backend takes it in submit() and gives it back, finished, in wait().
 */
#ifndef EXEC_INTERNAL_H
#define EXEC_INTERNAL_H

#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>

#include <batchresize/executor.h>

struct task {
	struct task *next; /* in the one list that it is in */
	uint64_t id;
	uint64_t tag;
	enum executor_status status;
	int error;
	int signal;
	unsigned attempt; /* attempts begun */
	unsigned worker;
	bool opened;       /* open() was called and neither commit() nor discard() since */
	uint32_t serial;   /* of its last way to a worker process */
	unsigned spared;   /* workers that died with it before they had begun it */
	struct slot *slot; /* &descriptors; hybrid, once it is opened: its slot of the table; or
	                    * NULL */
	struct slot descriptors;
	unsigned char *job;    /* job_size bytes, in bytes */
	unsigned char *result; /* result_size bytes, in bytes */
	alignas(max_align_t) unsigned char bytes[];
};

/* A first-in first-out list of tasks; zeroed is empty. No locking. */
struct task_list {
	struct task *first, *last;
	unsigned count;
};

void task_list_push(struct task_list *list, struct task *task);
void task_list_push_front(struct task_list *list, struct task *task);
struct task *task_list_pop(struct task_list *list);
/* Moves all of `from` behind `to`. */
void task_list_append(struct task_list *to, struct task_list *from);

struct executor;

struct backend {
	/* Makes the workers; executor->state is the backend's. 0 or as executor_new(). On failure
	 * everything is taken down again. */
	int (*start)(struct executor *executor);
	/* Takes a task. */
	void (*submit)(struct executor *executor, struct task *task);
	/* Waits until a task is finished or clock_ns() reaches `deadline`. 0 with *task, -EAGAIN,
	 * or, when every task has been given back, what executor->dead says. */
	int (*wait)(struct executor *executor, struct task **task, uint64_t deadline);
	void (*cancel)(struct executor *executor, bool kill);
	/* Ends the workers, gives up every task, frees the state. Returns how many threads were
	 * left behind. */
	unsigned (*stop)(struct executor *executor);
	void (*stats)(const struct executor *executor, struct executor_stats *stats);
};

extern const struct backend serial_backend, thread_backend, process_backend, hybrid_backend;

struct executor {
	const struct backend *backend;
	struct executor_options options;
	void *state;
	struct task_list unused; /* tasks ready for a submission */
	struct task *handed_out; /* whose bytes the caller may still look at */
	struct task **waiting;   /* ordered: finished ones whose turn has not come, by id */
	uint64_t submitted;
	uint64_t returned;
	bool cancelled;
	int dead; /* set by the backend when nothing can be run any more: why, a negative errno */
};

/* A task with its bytes, not in any list; NULL without memory. */
struct task *task_new(const struct executor_options *options);
void task_free(struct task *task);
/* Ends a task that never began, or begins no more. */
void task_cancel(struct task *task);

/* A task to be handed back in place of one that a thread was left behind with: the same job, and a
 * result that is all zero. NULL without memory. */
struct task *task_substitute(const struct executor_options *options, const struct task *task,
                             enum executor_status status);

/* Writes what failed where the options say, and returns `status`. */
int refused(const struct executor_options *options, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs one stage: 0 when it is NULL. */
int stage_run(const struct executor_options *options, task_stage *stage, struct task *task,
              struct slot *slot);

/* The slot of a task that begins: no bytes, no descriptors. */
void slot_clear(struct slot *slot);

/* A worker's state: worker_init() and worker_exit(), where there are any. */
int state_make(const struct executor_options *options, void **state);
void state_free(const struct executor_options *options, void *state);

/* open() in this thread, with the outcome written down: true when the task goes on. */
bool task_open(const struct executor_options *options, struct task *task, struct slot *slot);
/* commit() for a task that is well, discard() for any other (and for a commit() that failed). */
void task_close(const struct executor_options *options, struct task *task, struct slot *slot);

#define NS_PER_MS 1000000U

/* Deadlines of jobs are times of a struct run_clock, so that a run that was stopped does not find
 * its jobs too late when it goes on. While there are any, somebody looks at the clock this often at
 * least; unless that is the caller's own doing, which may take longer. */
#define LOOK_NS ((uint64_t)100 * NS_PER_MS)
#define AWAY_NS ((uint64_t)1000 * NS_PER_MS)

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
