/* executor.h - concurrent.futures for C: a bounded pool of workers behind one small interface.
 *
 * An executor runs jobs. A job is a block of plain bytes of a fixed size; running it means calling
 * five functions on it, the stages of struct task_ops. Which thread or process calls which stage is
 * all that the four executors differ in:
 *
 *            | open, commit, discard | read           | transform       | write
 *   ---------+-----------------------+----------------+-----------------+---------------
 *   serial   | caller                | caller         | caller          | caller
 *   thread   | worker thread         | the same       | the same        | the same
 *   process  | I/O thread            | worker process | the same        | the same
 *   hybrid   | I/O thread            | I/O thread     | worker process  | I/O thread
 *
 * What that buys: threads start at once and share memory, but one crash ends the program and a
 * stuck one cannot be killed. Processes are isolated: one that crashes or hangs costs its one job,
 * which is tried again and then handed back as EXECUTOR_CRASHED or EXECUTOR_TIMEOUT; the worker is
 * replaced. In a hybrid, waiting for I/O occupies no worker, and workers hold no descriptor of a
 * file: they turn one region of shared memory into another.
 *
 * A call that hangs in the kernel (on a mount whose server is gone) holds its thread, and no thread
 * can be killed: it is given up when its time is over, and another one takes its place, some 64
 * times. What it comes back with is discarded: a commit() asks by executor_confirm() before it
 * makes its outcome visible, and learns that it has been given up. Only the very call that makes it
 * visible (link, rename) can't be taken back while it hangs: EXECUTOR_TIMEOUT means then that the
 * outcome is not known. A serial executor has nobody who could give up: it hangs with its caller.
 *
 * Use: executor_new(), then executor_submit() until it says -EAGAIN, then executor_next() for a
 * result, and so on; executor_free() at the end. executor_map() is that loop, ready made.
 *
 * Thread safety: an executor belongs to the thread that made it; every function is to be called
 * from that thread. The work of the process and hybrid executors that falls to the caller (handing
 * out jobs, noticing crashes and timeouts) happens inside executor_submit() and executor_next(): a
 * caller with jobs under way should not stay away from executor_next() for long.
 *
 * Fork safety: process and hybrid executors fork, and then have I/O threads: a program has one of
 * them at a time. executor_new() returns -EBUSY when the program has more than one thread, since a
 * lock that another thread holds at that moment would stay locked in the child for ever. Workers
 * are descendants of the calling thread and are killed by the kernel when it ends, however it ends.
 * They ignore the signals by which a terminal or a scheduler ends
 * a group of processes (SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU): stopping is the
 * caller's.
 */
#ifndef BATCHRESIZE_EXECUTOR_H
#define BATCHRESIZE_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/buffer.h>

enum executor_mode {
	EXECUTOR_SERIAL,
	EXECUTOR_THREAD,
	EXECUTOR_PROCESS,
	EXECUTOR_HYBRID,
	EXECUTOR_MODES /* how many there are */
};

/* Descriptors that a job can carry from open() to its worker. */
#define EXECUTOR_FDS_MAX 20

/* Bytes of a reason, the final NUL included. */
#define EXECUTOR_REASON_MAX 96

/* Bytes of a job and of a result, each at most. */
#define EXECUTOR_MESSAGE_MAX 4096

/* What a job works in: made by the executor, reused from job to job. The buffers are empty and the
 * descriptors none when open() is called; whoever opens a descriptor puts it here, and commit() or
 * discard() closes it. In another process the descriptors have other numbers, in the same order,
 * and are closed there by the executor, before the result is told: a stage that wants to see what
 * close() says closes one itself and puts -1 in its place. */
struct slot {
	struct buffer in;
	struct buffer out;
	int fd[EXECUTOR_FDS_MAX];
	unsigned fds;
	/* The executor's own, for executor_admit() and executor_confirm(). */
	uint64_t share;
	int (*ask)(struct slot *slot, uint64_t bytes);
	int (*confirm)(struct slot *slot);
	void *asker;
	void *local; /* open()'s own, for commit() and discard(), which free it; NULL in workers
	              * that are another process */
	void *state; /* the worker's own, made by worker_init(); NULL where a stage is not run by
	              * a worker */
};

/* One stage of a task. ctx is executor_options.ctx as it was when the worker started (a process
 * sees its copy of it); job is the submitted bytes; result is result_size bytes, zero at first,
 * carried from stage to stage and handed back by executor_next(). Returns 0 to go on, or a negative
 * errno or positive code of the task's own that ends the job: later stages but discard() are not
 * called. */
typedef int task_stage(void *ctx, const void *job, struct slot *slot, void *result);

struct task_ops {
	task_stage *open;      /* descriptors of what is read and written; may be NULL */
	task_stage *read;      /* I/O: descriptors -> slot->in; may be NULL */
	task_stage *transform; /* CPU: slot->in -> slot->out; touches no descriptor */
	task_stage *write;     /* I/O: slot->out -> descriptors; may be NULL */
	task_stage *commit;    /* makes the outcome visible, closes descriptors; may be NULL */
	/* Undoes open() for a job that failed, crashed or was given up: closes descriptors. Called
	 * in place of commit(), and after a commit() that failed. Its return value is ignored. */
	task_stage *discard;
	/* Process and hybrid: looks at what came from a worker, whose memory may be broken or
	 * somebody else's, before anything of it is used. Called in the thread that the executor
	 * belongs to, with `sent`, the result as it went to the worker, `result`, what came back,
	 * `status`, what the worker's stages are said to have returned, and slot->out.size, the
	 * bytes that they are said to have made. Returns 0, or anything else when no worker that is
	 * well would say so: then it is killed, and its job fares as one that crashed. It must not
	 * wait for anything. May be NULL. */
	int (*check)(void *ctx, const void *job, const struct slot *slot, const void *sent,
	             const void *result, int status);

	/* Called once in each worker (thread, process, or the caller itself when serial) before its
	 * first job: 0, or a negative errno when the worker can't be used. What it puts into *state
	 * is that worker's alone, and is in slot->state whenever it runs a stage: what is costly to
	 * make and can be used again. May be NULL. */
	int (*worker_init)(void *ctx, void **state);
	/* Frees the state at a worker's end. Not called where a process ends, which takes it along.
	 * May be NULL. */
	void (*worker_exit)(void *ctx, void *state);
};

struct executor_options {
	enum executor_mode mode;
	unsigned workers; /* CPU workers, at least 1; serial always has one, the caller */
	/* process: threads for open and commit; hybrid: for open, read, write and commit. Their
	 * stacks have 1 MiB. 0: a sensible number */
	unsigned io_threads;
	unsigned capacity;  /* jobs under way at most, from submit to next; 0: a sensible number */
	size_t job_size;    /* bytes */
	size_t result_size; /* bytes */
	/* For one attempt at a job; 0: none. Process and hybrid: for each stay with an I/O thread,
	 * and each with a worker. Thread: commit has that long for itself. It begins anew with
	 * executor_confirm(). */
	unsigned timeout_ms;
	unsigned retries; /* further attempts after a crash or a timeout of a process */
	bool ordered;     /* results in the order of submission instead of completion */
	/* hybrid: bytes of shared memory for all slots together (0: 1 GiB); a job that needs more
	 * than the rest waits for others to end, one that needs more than all fails with -EFBIG */
	size_t slot_memory;
	/* process, hybrid: bytes of private memory a worker may have (RLIMIT_DATA); 0: no limit.
	 * Allocations beyond it fail in the worker. */
	size_t worker_memory;
	/* Bytes that all jobs under way may take together, as far as they say what they take:
	 * executor_admit(). 0: no limit. */
	uint64_t memory;
	const struct task_ops *ops; /* must outlive the executor */
	void *ctx;                  /* handed to every stage */
	/* Where it is written what failed, for people: "fork(2)", "a worker ended before it was
	 * ready (signal 31)", when executor_new() fails or no worker can be had any more. Bytes:
	 * EXECUTOR_REASON_MAX; must outlive the executor. May be NULL. */
	char *reason;
};

/* For transform(), at most once a job and before the memory is taken: says that the job takes
 * `bytes` in all. Up to options.memory / workers is given at once. For more it waits, as long as it
 * takes, for other jobs to end (the timeout begins anew then, and no other job is begun meanwhile),
 * so that a job that takes nearly all runs alone. A worker that asks twice in one job, or for no
 * more than its share, is taken for broken. Returns 0, -E2BIG for more than options.memory, or
 * -ECANCELED when the job has been given up. The memory is given back at the job's end. */
int executor_admit(struct slot *slot, uint64_t bytes);

/* For commit(), between what may take its time (writing, closing, fsync) and each call that makes
 * the outcome visible, and where that can be taken back, once behind it: whether the job still is
 * to be committed. Returns 0, and the timeout begins anew; or -ECANCELED when the job has been
 * given up, and handed back as such: then nothing of it is to become visible any more. As cheap as
 * a lock. */
int executor_confirm(struct slot *slot);

enum executor_status {
	EXECUTOR_DONE,    /* every stage returned 0 */
	EXECUTOR_FAILED,  /* a stage returned `error` */
	EXECUTOR_CRASHED, /* its worker died: by `signal`, or with exit status `error`; or it talked
	                   * nonsense, and was killed for it: `error` is -EPROTO */
	EXECUTOR_TIMEOUT, /* every attempt ran longer than timeout_ms; or a call that opens or
	                   * publishes did, which is not tried again: `error` is -ETIMEDOUT */
	EXECUTOR_CANCELLED /* executor_cancel() came first, or no worker was left to run it */
};

struct executor_result {
	uint64_t id;  /* number of the submission, from 0 */
	uint64_t tag; /* as submitted */
	enum executor_status status;
	int error;        /* FAILED: what the stage returned; CRASHED, TIMEOUT: see there */
	int signal;       /* CRASHED: the signal, or 0 */
	unsigned attempt; /* attempts made, 0 when it never began */
	unsigned worker;  /* which worker had it last, from 0 */
	const void *job;  /* the job's bytes, valid until the next call on this executor */
	const void
	    *result; /* the result's bytes, valid as long; zero where nothing was filled in */
};

/* How many of what there has been so far. */
struct executor_stats {
	unsigned workers_started; /* replacements included */
	unsigned crashes;
	unsigned timeouts;
	unsigned under_way; /* submitted and not yet handed back */
	uint64_t
	    peak_worker_rss; /* bytes, of the largest worker process that ended; 0 if none did */
	/* Why nothing can be run any more, a negative errno: -ETIMEDOUT when every thread hangs,
	 * what the system said when it refused workers, or messages to them for 10 s, or what
	 * failed in the executor itself, -ECHILD when its workers were killed from outside. 0 while
	 * all is well. */
	int error;
};

struct executor;

/* Makes an executor and its workers. Options are copied. Returns 0, or: -EINVAL for options that
 * make no sense, -EBUSY (see fork safety), -ENOMEM, -EAGAIN or -EMFILE when the system refuses
 * threads, processes or descriptors. *out is NULL then. */
int executor_new(struct executor **out, const struct executor_options *options);

/* Hands a copy of the job in. Never waits: returns -EAGAIN when `capacity` jobs are under way
 * (back-pressure: take a result first), -ECANCELED after executor_cancel(), -ECHILD as
 * executor_next(). */
int executor_submit(struct executor *executor, const void *job, uint64_t tag);

/* Waits for a result, timeout_ms at most (-1: for ever). Returns 0 with *result filled in,
 * -EAGAIN when time ran out or a signal handler ran, -ENODATA when nothing is under way,
 * -ECHILD when the executor can run nothing any more: executor_stats().error says why. The jobs
 * under way are handed back as CANCELLED first. */
int executor_next(struct executor *executor, struct executor_result *result, int timeout_ms);

/* Stops taking jobs: those not begun are handed back as CANCELLED, those running go on to their
 * end. With `kill`, running ones are killed too and handed back as CANCELLED (serial: there is
 * none; thread: the thread is abandoned, and what it does can no longer be committed). Calls that
 * open or publish have half a second for their end. */
void executor_cancel(struct executor *executor, bool kill);

/* Ends the workers and frees everything: cancel and drain first. What is still under way is lost:
 * jobs not begun are dropped, a thread's job is waited for, a process is killed and its job
 * discarded. A thread that was abandoned (timeout, kill) is left behind with the memory it uses.
 * Returns how many there are: for them ops and ctx must stay valid until the program ends, and it
 * should end by _exit(2), since they may run beside whatever exit(3) does. NULL is allowed. */
unsigned executor_free(struct executor *executor);

struct executor_stats executor_stats(const struct executor *executor);

/* The loop that most callers want: submits what next_job() yields (it returns false at the end),
 * calls finished() for each result (a non-zero return cancels what has not begun). Returns 0, or
 * the first non-zero return of finished(), or -ECHILD as executor_next(): next_job() is not called
 * any more then. Signal handlers may run meanwhile; they can set what makes finished() stop it. */
int executor_map(struct executor *executor, bool (*next_job)(void *arg, void *job, uint64_t *tag),
                 int (*finished)(void *arg, const struct executor_result *result), void *arg);

/* "serial", "thread", "process", "hybrid"; and back: 0, or -EINVAL. */
const char *executor_mode_name(enum executor_mode mode);
int executor_mode_parse(const char *name, enum executor_mode *mode);

#endif
