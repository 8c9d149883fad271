/* executor.h - concurrent.futures for C: a bounded pool of workers behind one small interface.
 *
 * An executor runs jobs. A job is a block of plain bytes of a fixed size; running it means calling
 * five functions on it, the stages of struct br_task_ops. Which thread or process calls which stage
 * is all that the executors differ in:
 *
 *            | open, commit, discard | read           | transform       | write
 *   ---------+-----------------------+----------------+-----------------+---------------
 *   serial   | caller                | caller         | caller          | caller
 *   thread   | worker thread         | the same       | the same        | the same
 *   process  | I/O thread            | worker process | the same        | the same
 *   hybrid   | I/O thread            | I/O thread     | worker process  | I/O thread
 *   auto     | as process or hybrid, each job for itself
 *
 * What that buys: threads start at once and share memory, but one crash ends the program and a
 * stuck one cannot be killed. Processes are isolated: one that crashes or hangs costs its one job,
 * which is tried again and then handed back as BR_EXECUTOR_CRASHED or BR_EXECUTOR_TIMEOUT; the
 * worker is replaced. In a hybrid, waiting for I/O occupies no worker, and workers hold no
 * descriptor of a file: each has memory that it shares with its parent alone, where it gets a copy
 * of the input and leaves the output, which is copied before anybody looks at it. Of the two ways
 * an auto executor takes that which costs less: a hybrid's copies cost by the byte, so that large
 * inputs go to the worker as descriptors, unless reading or writing has been seen to wait.
 *
 * A call that hangs in the kernel (on a mount whose server is gone) holds its thread, and no thread
 * can be killed: it is given up when its time is over, and another one takes its place, some 64
 * times. What it comes back with is discarded: a commit() asks by br_executor_confirm() before it
 * makes its outcome visible, and learns that it has been given up. Only the very call that makes it
 * visible (link, rename) can't be taken back while it hangs: BR_EXECUTOR_TIMEOUT means then that
 * the outcome is not known. A serial executor has nobody who could give up: it hangs with its
 * caller.
 *
 * Use, from the simplest on:
 *  - br_executor_array() calls one function for every element of an array, and is all that such a
 *    program needs;
 *  - br_executor_new(), then br_executor_map() for jobs that come one after another, then
 *    br_executor_free();
 *  - br_executor_submit() until it says -EAGAIN, br_executor_next() for a result, and so on, which
 * is what br_executor_map() does;
 *  - br_executor_submit_future() for a job whose result is asked for by name, or that may have to
 * be cancelled;
 *  - br_executor_fd() in a program that has an event loop of its own.
 *
 * Thread safety: jobs may be submitted, awaited and cancelled from any thread, and from the stages
 * of a thread executor's jobs. br_executor_next() and br_executor_map() are for one thread at a
 * time, since the bytes of a result live until the next one; br_executor_new() and
 * br_executor_free() are for a thread that has the executor for itself. There is no thread behind
 * the process and hybrid executors: handing out jobs, and noticing crashes and timeouts, is done by
 * whoever waits in br_executor_next(), br_executor_map() or br_executor_future_wait(), one thread
 * for all who wait. A program with jobs under way should have a thread there most of the time, or
 * poll br_executor_fd().
 *
 * Fork safety: process and hybrid executors fork when they are made. br_executor_new() returns
 * -EBUSY when the program has more than one thread then, since a lock that another thread holds at
 * that moment would stay locked in the child for ever. A program that wants pools later, or several
 * of them (an executor with open(), commit() or discard() has I/O threads), makes an
 * br_executor_zygote before its first thread, and pools from it at any time. Workers, and what they
 * fork, end with the program, however it ends. They ignore the signals by which a terminal or a
 * scheduler ends a group of processes (SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU):
 * stopping is the caller's.
 */
#ifndef BATCHRESIZE_EXECUTOR_H
#define BATCHRESIZE_EXECUTOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/api.h>
#include <batchresize/buffer.h>

BR_API_BEGIN

enum br_executor_mode {
	BR_EXECUTOR_SERIAL,
	BR_EXECUTOR_THREAD,
	BR_EXECUTOR_PROCESS,
	BR_EXECUTOR_HYBRID,
	BR_EXECUTOR_AUTO,
	BR_EXECUTOR_MODES /* how many there are */
};

/* Descriptors that a job can carry from open() to its worker. */
#define BR_EXECUTOR_FDS_MAX 20

/* Numbers that a job can leave for the case that its worker dies. */
#define BR_EXECUTOR_NOTES 4

/* Jobs that can wait for each other in a worker. */
#define BR_EXECUTOR_TOGETHER_MAX 64

/* Bytes of a reason, the final NUL included. */
#define BR_EXECUTOR_REASON_MAX 96

/* Bytes of a job and of a result, each at most. */
#define BR_EXECUTOR_MESSAGE_MAX 4096

/* Bytes of br_executor_options.sandbox_calls, the final NUL included. */
#define BR_EXECUTOR_CALLS_MAX 512

/* What is done for several jobs at once: `pieces` are theirs, `count` of them. */
typedef void br_executor_together(void *arg, void *const *pieces, unsigned count);

/* What a job works in: made by the executor, reused from job to job. The buffers are empty and the
 * descriptors none when open() is called; whoever opens a descriptor puts it here, and commit() or
 * discard() closes it. In another process the descriptors have other numbers, in the same order,
 * and are closed there by the executor, before the result is told: a stage that wants to see what
 * close() says closes one itself and puts -1 in its place. */
struct br_slot {
	struct br_buffer in;
	struct br_buffer out;
	int fd[BR_EXECUTOR_FDS_MAX];
	unsigned fds;
	/* open() may say how many bytes read() is going to bring; 0: not known. */
	uint64_t expects;
	/* open() may say that read() will not have to wait for them: they are in memory. */
	bool at_hand;
	/* For commit(), discard() and check(): in which executor's way the job goes, which is never
	 * AUTO. PROCESS: a worker has had the descriptors. */
	enum br_executor_mode mode;
	/* The executor's own, for br_executor_admit(), _confirm(), _prepare() and _gather(). */
	uint64_t share;
	int (*ask)(struct br_slot *slot, uint64_t bytes);
	int (*confirm)(struct br_slot *slot);
	int (*prepare)(struct br_slot *slot);
	void (*gather)(struct br_slot *slot, void *piece, br_executor_together *function,
	               void *arg);
	void *asker;
	void *local; /* open()'s own, for commit() and discard(), which free it; NULL in workers
	              * that are another process */
	void *state; /* the worker's own, made by worker_init(); NULL if a stage is not run by
	              * a worker */
	/* In a worker process: BR_EXECUTOR_NOTES numbers, 0 when it begins with the job, that are
	 * handed back if it dies of that: where it was, say. Each is stored as one. NULL in any
	 * other place, where nobody would be left to read them. */
	uint64_t *notes;
};

/* One stage of a task. ctx is br_executor_options.ctx as it was when the worker started (a process
 * sees its copy of it); job is the submitted bytes; result is result_size bytes, zero at first,
 * carried from stage to stage and handed back by br_executor_next(). Returns 0 to go on, or a
 * negative errno or positive code of the task's own that ends the job: later stages except
 * discard() are not called. */
typedef int br_task_stage(void *ctx, const void *job, struct br_slot *slot, void *result);

struct br_task_ops {
	br_task_stage *open;      /* descriptors of what is read and written; may be NULL */
	br_task_stage *read;      /* I/O: descriptors -> slot->in; may be NULL */
	br_task_stage *transform; /* CPU: slot->in -> slot->out; touches no descriptor */
	br_task_stage *write;     /* I/O: slot->out -> descriptors; may be NULL */
	br_task_stage *commit;    /* makes the outcome visible, closes descriptors; may be NULL */
	/* Undoes open() for a job that failed, crashed or was given up: closes descriptors. Called
	 * in place of commit(), and after a commit() that failed. Its return value is ignored. */
	br_task_stage *discard;
	/* Process and hybrid: looks at what came from a worker, whose memory may be broken or
	 * somebody else's, before anything of it is used. Called in the thread that the executor
	 * belongs to, with `sent`, the result as it went to the worker, `result`, what came back,
	 * `status`, what the worker's stages are said to have returned, and slot->out.size, the
	 * bytes that they are said to have made. Returns 0, or anything else when no worker that is
	 * well would say so: then it is killed, and its job fares as one that crashed. It must not
	 * wait for anything. May be NULL. */
	int (*check)(void *ctx, const void *job, const struct br_slot *slot, const void *sent,
	             const void *result, int status);

	/* Process and hybrid, in a sandbox: loads what stages may need and is too costly to be
	 * loaded for all: a library, say, that few jobs take. Called once at most, by the process
	 * that workers are forked from, which has one thread before and after; see
	 * br_executor_prepare(). May be NULL. */
	void (*prepare)(void *ctx);
	/* Called once in each worker (thread, process, or the caller itself when serial) before its
	 * first job, and before its sandbox is closed: 0, or a negative errno when the worker can't
	 * be used. What it puts into *state is that worker's alone, and is in slot->state whenever
	 * it runs a stage: what is costly to make and can be used again. May be NULL. */
	int (*worker_init)(void *ctx, void **state);
	/* Frees the state at a worker's end. Not called if a process ends, which takes it along.
	 * May be NULL. */
	void (*worker_exit)(void *ctx, void *state);
};

/* The whole of a simple task: fills in *result from *job. Returns as a stage does. */
typedef int br_executor_function(void *ctx, const void *job, void *result);

struct br_executor_zygote;

/* Whether worker processes are shut in: they keep what they have, memory and descriptors, and can
 * reach nothing else. What a stage that runs in a worker opens, starts or connects to fails then,
 * with EPERM or EACCES; worker_init() may do as it likes. */
enum br_executor_sandbox {
	/* Not at all, since a task that was written without it in mind may open files. What is
	 * made of strangers' bytes should ask for one of the others. */
	BR_EXECUTOR_SANDBOX_OFF,
	BR_EXECUTOR_SANDBOX_AUTO, /* as far as the system lets it: br_executor_stats() says how */
	/* Or br_executor_new() fails with -EOPNOTSUPP; process, hybrid and auto alone. Besides,
	 * options.secluded is taken as said. */
	BR_EXECUTOR_SANDBOX_REQUIRE
};

/* Of what it is made: bits. */
enum br_executor_wall {
	/* No capabilities, and none to be had by execve(2) (no_new_privs); not dumpable, so that
	 * others can't trace or read it either. */
	BR_EXECUTOR_WALL_PRIVILEGES = 1 << 0,
	/* seccomp(2): no system call beyond memory, threads, clocks, and reading, writing and
	 * closing what is open. */
	BR_EXECUTOR_WALL_CALLS = 1 << 1,
	BR_EXECUTOR_WALL_FILES = 1 << 2, /* landlock(7): no file can be opened, made or removed */
	/* Not asked for by themselves, and never missing, since WALL_CALLS refuses as much: newer
	 * versions of Landlock know TCP ports, and signals and abstract sockets of others. */
	BR_EXECUTOR_WALL_NETWORK = 1 << 3,
	BR_EXECUTOR_WALL_SIGNALS = 1 << 4
};

/* Jobs under way for each worker by the executor's own choice, or twice options.together if that is
 * more. Few beyond those that are together have files open. */
#define BR_EXECUTOR_JOBS_PER_WORKER 32

/* Zeroed, a field has its default. */
struct br_executor_options {
	enum br_executor_mode mode;
	unsigned workers; /* CPU workers; 0: one for each CPU that this process may use. Serial
	                   * always has one, the caller */
	/* What is done with a job: one of the two. */
	br_executor_function *function;
	const struct br_task_ops *ops; /* must outlive the executor */
	void *ctx;                     /* handed to the function and every stage */
	/* Bytes at ctx, at most BR_EXECUTOR_MESSAGE_MAX, that are copied to the workers of an
	 * executor made from a zygote; 0: they get the pointer, to what was there when the zygote
	 * was made.
	 */
	size_t ctx_size;
	/* Process, hybrid: where workers come from. It must outlive the executor; NULL: from here
	 * and now. */
	struct br_executor_zygote *zygote;
	/* process: threads for open and commit; hybrid, auto: for open, read, write and commit.
	 * Their stacks have 1 MiB. 0: a sensible number. None are started for a process executor
	 * whose task has no such stage. */
	unsigned io_threads;
	/* The same: more of them are started, up to so many in all, when each of them waits in a
	 * call for longer than a moment, while there is more for them to do and the workers have
	 * not enough; and they read fewer at a time again where that was of no use. 0: none, as
	 * with no more than io_threads */
	unsigned io_threads_most;
	/* A worker is replaced after so many jobs, before what it leaks can hurt: a process by
	 * another one, of a thread and in a serial executor the state. No job is lost or counts
	 * as tried. 0: never */
	unsigned max_jobs_per_worker;
	/* Jobs under way at most, from submit to next. 0: BR_EXECUTOR_JOBS_PER_WORKER for each
	 * worker, and some for each I/O thread. */
	unsigned capacity;
	size_t job_size;    /* bytes */
	size_t result_size; /* bytes */
	/* For one attempt at a job that has no timeout of its own; 0: none. Process and hybrid: for
	 * each stay with an I/O thread, and each with a worker. Thread: commit has that long for
	 * itself. It begins anew with br_executor_confirm(). */
	unsigned timeout_ms;
	unsigned start_ms; /* process, hybrid: for worker_init(); 0: 10 s, UINT_MAX: no limit */
	unsigned retries;  /* further attempts after a crash or a timeout of a process */
	/* Jobs that a worker may have under way at a time, up to BR_EXECUTOR_TOGETHER_MAX, one of
	 * them at work, the others waiting in br_executor_gather(). Of the time limit and of
	 * `memory` see there. 0: 1. */
	unsigned together;
	/* Process, hybrid, auto: a worker gets its next job when it has answered, and sees nothing
	 * of it before, unless jobs are done together. Otherwise up to three of the next ones lie
	 * ready for it while its jobs take less than 5 ms, which spares it a wait for each of some
	 * 0.04 ms: one that a hostile input has taken over could read them. */
	bool secluded;
	bool ordered; /* results in the order of submission instead of completion */
	/* hybrid, auto: bytes of memory for all jobs together (0: 1 GiB), from read() to write(); a
	 * job that needs more than the rest waits for others to end, one that needs more than all
	 * fails with -EFBIG. What workers are at lies with them once more, as a copy: each has no
	 * more of such memory than twice this, whatever it does, and some MiB. */
	size_t slot_memory;
	/* process, hybrid: bytes of private memory a worker may have (RLIMIT_DATA); 0: no limit.
	 * Allocations beyond it fail in the worker. */
	size_t worker_memory;
	/* process, auto: bytes that a file may have which a worker writes (RLIMIT_FSIZE); 0: no
	 * limit. Writing beyond it fails in the worker, with EFBIG. */
	uint64_t worker_file;
	/* Bytes that all jobs under way may take together, as far as they say what they take:
	 * br_executor_admit(). 0: no limit. */
	uint64_t memory;
	/* Process, hybrid: whether workers are shut in, the bits of enum br_executor_wall to do
	 * without, and names of system calls that are allowed beside, with spaces between them, at
	 * most BR_EXECUTOR_CALLS_MAX bytes (NULL: none; -EINVAL for a name that is none): a task
	 * that opens files does without WALL_FILES, and asks for "openat newfstatat fcntl". */
	enum br_executor_sandbox sandbox;
	unsigned sandbox_without;
	const char *sandbox_calls;
	/* For tests of a task: a call that WALL_CALLS forbids ends the worker (SIGSYS) instead of
	 * failing, so that none goes unseen. Looking for a file still fails with EACCES. */
	bool sandbox_kills;
	/* Where it is written what failed, for people: "fork(2)", "a worker ended before it was
	 * ready (signal 31)", when br_executor_new() fails or no worker can be had any more. Bytes:
	 * BR_EXECUTOR_REASON_MAX; must outlive the executor. May be NULL. */
	char *reason;
};

/* For transform(), at most once a job and before the memory is taken: says that the job takes
 * `bytes` in all. Up to options.memory / workers is given at once. For more it waits, as long as it
 * takes, for other jobs to end (the timeout begins anew then, and no other job is begun meanwhile),
 * so that a job that takes nearly all runs alone. A worker that asks twice in one job, or for no
 * more than its share, is taken for broken. Returns 0, -E2BIG for more than options.memory, or
 * -ECANCELED when the job has been given up. The memory is given back at the job's end. */
int br_executor_admit(struct br_slot *slot, uint64_t bytes);

/* For transform(), where something is done best for many jobs at once: waits, and lets the worker
 * begin others meanwhile, until options.together jobs of it wait here or no other one is ready to
 * be begun; then `function` is called once for the pieces of all who wait, in the order of their
 * seats, and each call returns, one job going on after the other. So nobody waits for a job that
 * may never come. `function` and `arg` are the same for all jobs of a worker. In a serial executor,
 * and without options.together, it is called at once, for the one piece. May be called more than
 * once a job. A worker's jobs run in threads that take turns, with stacks of 2 MiB.
 *
 * Time: each job has its timeout for every piece of work between two such calls; the function has
 * the longest timeout of one, or ten times as long for each of its jobs as any took before, if that
 * is more and not more than their timeouts together. What ends a worker process, a crash or the end
 * of the time, is nobody's fault as long as several jobs were there, whatever the worker says: they
 * are begun again in two halves, for which the function has the longest timeout of one, and so on;
 * one in whose own work it was is begun again alone, which counts as an attempt if there are more.
 * The guilty one is that which does it alone. A thread executor begins each again alone at the end
 * of the time in the function, so that no more than two threads are left behind.
 *
 * Memory: br_executor_admit() counts all jobs of a worker together. One that needs more than the
 * rest of the worker's share waits until the others have ended, and goes on alone. One of a worker
 * process whose stage returns -ENOMEM all the same is begun again without others, if there were
 * any, and then in a new worker, which does not count as an attempt. */
void br_executor_gather(struct br_slot *slot, void *piece, br_executor_together *function,
                        void *arg);

/* For transform() or whatever stage runs in a worker process, before it loads what a sandbox would
 * keep from being loaded. Returns 0 where ops->prepare() has run, or is not needed: there is no
 * sandbox, no worker process, or no such function. Otherwise it does not return: the worker is
 * replaced by one from a process in which prepare() has run, and the job begins anew in it, which
 * does not count as an attempt. */
int br_executor_prepare(struct br_slot *slot);

/* For commit(), between what may take its time (writing, closing, fsync) and each call that makes
 * the outcome visible, and if that can be taken back, once behind it: whether the job still is
 * to be committed. Returns 0, and the timeout begins anew; or -ECANCELED when the job has been
 * given up, and handed back as such: then nothing of it is to become visible any more. As cheap as
 * a lock. */
int br_executor_confirm(struct br_slot *slot);

enum br_executor_status {
	BR_EXECUTOR_DONE,     /* every stage returned 0 */
	BR_EXECUTOR_FAILED,   /* a stage returned `error` */
	BR_EXECUTOR_CRASHED,  /* its worker died: by `signal`, or with exit status `error`; or it
	                       * talked  nonsense, and was killed for it: `error` is -EPROTO */
	BR_EXECUTOR_TIMEOUT,  /* every attempt ran longer than timeout_ms; or a call that opens or
	                       * publishes did, which is not tried again: `error` is -ETIMEDOUT */
	BR_EXECUTOR_CANCELLED /* it was cancelled first, or no worker was left to run it */
};

struct br_executor_result {
	uint64_t id;  /* number of the submission, from 0 */
	uint64_t tag; /* as submitted */
	enum br_executor_status status;
	int error;        /* FAILED: what the stage returned; CRASHED, TIMEOUT: see there */
	int signal;       /* CRASHED: the signal, or 0 */
	unsigned attempt; /* attempts made, 0 when it never began */
	unsigned worker;  /* which worker had it last, from 0 */
	enum br_executor_mode mode; /* as slot->mode; of a job of an AUTO executor that was never
	                             * opened HYBRID */
	/* Of the worker process that died of it, or was killed for its timeout, last; else 0: */
	uint64_t note[BR_EXECUTOR_NOTES]; /* slot->notes, which may hold anything */
	uint64_t worker_rss; /* bytes: the most that it had in memory in all its life */
	unsigned worker_ms;  /* how long it was at the job */
	const void *job; /* the job's bytes, valid until the next br_executor_next(), or until the
	                  * future is freed */
	const void *result; /* the result's bytes, valid as long; zero if nothing was filled in */
};

/* Counts since the executor was made. */
struct br_executor_stats {
	unsigned workers_started; /* replacements included */
	unsigned crashes;
	unsigned timeouts;
	unsigned under_way;  /* submitted and not yet handed back */
	unsigned io_threads; /* that there are; 0: none */
	unsigned io_reading; /* how many of them open or read at a time, at most */
	uint64_t
	    peak_worker_rss; /* bytes, of the largest worker process that ended; 0 if none did */
	/* Of the sandbox, bits of enum br_executor_wall: what stands around the workers, what was
	 * asked for and does not, and what the system said of the first of those: a positive errno,
	 * or 0. As the worker tells that was ready last. */
	unsigned walls;
	unsigned walls_missing;
	int walls_error;
	/* Why nothing can be run any more, a negative errno: -ETIMEDOUT when every thread hangs,
	 * what the system said when it refused workers, or messages to them for 10 s, or what
	 * failed in the executor itself, -ECHILD when its workers were killed from outside. 0 while
	 * all is well. */
	int error;
};

struct br_executor;

/* Makes an executor and its workers. Options are copied. Returns 0, or: -EINVAL for options that
 * make no sense, -EBUSY (see fork safety), -ENOMEM, -EAGAIN or -EMFILE when the system refuses
 * threads, processes, descriptors or memory to share with a worker (hybrid: memfd_create(2), or a
 * file in /dev/shm or /tmp), -EOPNOTSUPP for a sandbox that is required and not to be had, what
 * worker_init() returned, -ETIME when options.zygote does not answer for some seconds. *out is NULL
 * then. */
int br_executor_new(struct br_executor **out, const struct br_executor_options *options);

/* Ends the workers and frees everything, futures included: cancel and drain first. What is still
 * under way is lost: jobs not begun are dropped, a thread's job is waited for, a process is killed
 * and its job discarded. A thread that was abandoned (timeout, kill) is left behind with the memory
 * it uses. Returns how many there are: for them ops and ctx must stay valid until the program ends,
 * and it should end by _exit(2), since they may run beside whatever exit(3) does. NULL is allowed.
 */
unsigned br_executor_free(struct br_executor *executor);

/* --- jobs and results ----------------------------------------------------------------------------
 */

/* Hands a copy of the job in. Never waits: returns -EAGAIN when `capacity` jobs are under way
 * (back-pressure: take a result first), -ECANCELED after br_executor_cancel(), -ECHILD as
 * br_executor_next(). */
int br_executor_submit(struct br_executor *executor, const void *job, uint64_t tag);

/* A timeout that is none, for a job in an executor that has one. */
#define BR_EXECUTOR_NO_TIMEOUT UINT_MAX

struct br_executor_job {
	const void *bytes; /* job_size of them */
	uint64_t tag;
	int priority;        /* of the jobs that have not begun, a higher one is begun first, of
	                      * equals the one that was submitted first */
	unsigned timeout_ms; /* instead of the executor's; 0: as that */
};

/* The same with all that can be said of one job. */
int br_executor_submit_job(struct br_executor *executor, const struct br_executor_job *job);

/* Waits for a result, timeout_ms at most (-1: for ever; 0: looks once). Returns 0 with *result
 * filled in, -EAGAIN when time ran out or a signal handler ran, -ENODATA when nothing is under way
 * (except jobs that have a future), -ECHILD when the executor can run nothing any more:
 * br_executor_stats().error says why. The jobs under way are handed back as CANCELLED first. */
int br_executor_next(struct br_executor *executor, struct br_executor_result *result,
                     int timeout_ms);

/* Stops taking jobs: those not begun are handed back as CANCELLED, those running go on to their
 * end. With `kill`, running ones are killed too and handed back as CANCELLED (serial: there is
 * none; thread: the thread is abandoned, and what it does can no longer be committed). Calls that
 * open or publish have half a second for their end. */
void br_executor_cancel(struct br_executor *executor, bool kill);

struct br_executor_stats br_executor_stats(struct br_executor *executor);

/* --- a handle for a job --------------------------------------------------------------------------
 *
 * The result of a job that has a future goes there, and not to br_executor_next(). The job counts
 * as under way until the future is freed.
 */

struct br_executor_future;

/* As br_executor_submit_job(), and a future for the job; or -ENOMEM. *out is NULL on failure. Free
 * it with br_executor_future_free(). */
int br_executor_submit_future(struct br_executor *executor, const struct br_executor_job *job,
                              struct br_executor_future **out);

/* Waits for the result, as br_executor_next() does: 0 or -EAGAIN. May be called again, and by
 * several threads. */
int br_executor_future_wait(struct br_executor_future *future, struct br_executor_result *result,
                            int timeout_ms);

/* Cancels the job if it has not begun, with `kill` also if a worker is at it: then the worker is
 * killed and replaced, and other jobs that were sent to it are run elsewhere. Never waits: the
 * result comes as CANCELLED. Returns 0, -EALREADY when the job is finished, or -EBUSY when it can't
 * be stopped any more: it runs (serial, or without `kill`), has been sent to a worker behind
 * another one (without `kill`), or is being published. */
int br_executor_future_cancel(struct br_executor_future *future, bool kill);

/* Drops the handle; a job that is under way goes on, and what comes of it is seen by nobody. Nobody
 * may be waiting for it. NULL is allowed. */
void br_executor_future_free(struct br_executor_future *future);

/* --- an event loop -------------------------------------------------------------------------------
 */

/* A descriptor for poll(2) and its like that is readable when there is something to do: then call
 * br_executor_next() with a timeout of 0 until it returns no result, and look at futures the same
 * way. The executor's own, the same every time, closed by br_executor_free(); never read from it.
 * Returns it or a negative errno. */
int br_executor_fd(struct br_executor *executor);

/* --- loops that are ready made -------------------------------------------------------------------
 */

struct br_executor_loop {
	/* Fills in the next job and its tag (0 before), false at the end. Not called any more after
	 * br_executor_cancel(). */
	bool (*next_job)(void *arg, void *job, uint64_t *tag);
	/* Asked before each call of next_job(): false puts that off until the next result, or for
	 * look_ms. The jobs under way go on meanwhile. NULL: always true. */
	bool (*ready)(void *arg);
	/* A descriptor, or -1: where ready() has put next_job() off it is asked again as soon as
	 * that can be read, too, unless the workers have plenty to do. Looked up each time. NULL:
	 * none. */
	const int *wake;
	/* Takes a result: every job of next_job() comes here once. A return other than 0 is
	 * br_executor_map()'s, and cancels what has not begun. */
	int (*finished)(void *arg, const struct br_executor_result *result);
	/* Called after each result, when a signal handler has run, and each look_ms: a return other
	 * than 0 is taken as one of finished(). May call br_executor_cancel(). May be NULL. */
	int (*look)(void *arg);
	int look_ms; /* 0: 100 */
	void *arg;
};

/* Submits what next_job() yields, and hands every result to finished(), in the calling thread.
 * Returns 0, the first return of finished() or look() that is not 0, or -ECHILD as
 * br_executor_next(): next_job() is not called any more then. For one thread at a time, beside
 * which others may submit jobs with futures. */
int br_executor_map(struct br_executor *executor, const struct br_executor_loop *loop);

/* Runs `count` jobs, which lie one behind the other in `jobs`, in an executor made for them:
 * options.job_size bytes each; the results, options.result_size bytes each, come to lie in
 * `results` in the same order. Returns 0 when each is DONE; what br_executor_new() returns; or what
 * became of the first that was found to have failed (by its place in the array): its error, -EIO
 * when it crashed, -ETIMEDOUT, -ECANCELED. The others are run all the same. */
int br_executor_array(const struct br_executor_options *options, const void *jobs, void *results,
                      size_t count);

/* --- processes from early on ---------------------------------------------------------------------
 */

/* A small process that workers are forked from. Made before the program has threads, and before it
 * has much memory, it serves any number of executors, at any time and from any thread. They see
 * what was in memory when it was made (code that is loaded later can't be called in them), and
 * options.ctx as options.ctx_size says. Returns 0, -EBUSY when there are threads already, -EAGAIN,
 * -EMFILE or -ENOMEM; *out is NULL then. */
int br_executor_zygote_new(struct br_executor_zygote **out);

/* Ends it; after the executors that came from it. It ends by itself with the program, and its
 * executors' workers with it. NULL is allowed. */
void br_executor_zygote_free(struct br_executor_zygote *zygote);

/* "serial", "thread", "process", "hybrid", "auto"; and back: 0, or -EINVAL. */
const char *br_executor_mode_name(enum br_executor_mode mode);
int br_executor_mode_parse(const char *name, enum br_executor_mode *mode);

/* "no_new_privs", "seccomp", "landlock", "landlock-network", "landlock-signals" for one bit; "" for
 * none of them. */
const char *br_executor_wall_name(enum br_executor_wall wall);

/* Those of several, with `between` (at most two bytes) between them: "seccomp, landlock". `names`
 * has BR_EXECUTOR_WALL_NAMES_MAX bytes, and is returned. Thread-safe, and safe in a forked child.
 */
#define BR_EXECUTOR_WALL_NAMES_MAX 96
const char *br_executor_wall_names(unsigned walls, const char *between, char *names);

/* The walls that this build knows how to put up, bits of enum br_executor_wall: without seccomp if
 * it was made with SECCOMP=no, and 0 under a sanitizer, whose runtime needs what they refuse. Those
 * that are asked for and not among these are missing everywhere. */
unsigned br_executor_walls(void);

BR_API_END

#endif
