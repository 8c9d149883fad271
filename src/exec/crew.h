/* crew.h - the table of worker processes: where each stands, how it comes and goes.
 *
 * The supervisor's other half: supervisor.c hands out work and collects it, this sees that there
 * are workers. Private to the two; one thread.
 *
 * A worker's place in the table lives through these states:
 *
 *   NONE --spawn--> STARTING --READY--> READY --end of file--> DYING --EXITED--> NONE
 *
 * Every worker that the zygote made ends with exactly one EXITED, whatever came before it, and only
 * that takes its jobs from it: by then every result that it managed to send has been read. When the
 * zygote itself has died, the kernel has killed its workers, and the end of file stands for that: a
 * channel is closed after the memory is gone, so that nobody writes to a job's slot any more.
 *
 * Nothing that a worker says is believed: a message that does not fit the worker's state, the job
 * that it has or what it may say of it costs the worker its life, and counts as a crash on the job
 * that it was at.
 */
#ifndef EXEC_CREW_H
#define EXEC_CREW_H

#include <limits.h>

#include "base/run_clock.h"
#include "exec/admission.h"
#include "exec/channel.h"
#include "exec/desk.h"
#include "exec/supervisor.h"
#include "exec/together.h"
#include "exec/worker.h"
#include "exec/zygote.h"

/* The largest number that stands for an error of the system. */
#define ERRNO_MAX 4095

/* Before a place whose worker was refused is filled again: the first pause, doubled each time, and
 * the longest. */
#define PAUSE_MS      UINT64_C(50)
#define PAUSE_LAST_MS UINT64_C(3200)

/* How many refusals or failed starts in a row, over some time and without a worker alive, mean that
 * there is no hope. Who kills workers one after the other is soon through with so many, and may
 * leave off. */
#define HOPELESS 8

/* A worker whose jobs are short gets the next ones before it has answered: from its answer to the
 * next job it would wait until the parent has had a turn, 12 us on an idle machine and some 70 us
 * where workers keep every CPU busy. For long jobs that is noise, and a job queued behind a long
 * one would wait although another worker is free. Nor where workers are secluded. */
#define BRIEF_JOB_NS 200000U
#define SHORT_JOB_NS 5000000U

enum worker_state { WORKER_NONE, WORKER_STARTING, WORKER_READY, WORKER_DYING };
enum worker_doom {
	DOOM_NONE,
	DOOM_TIMEOUT,
	DOOM_CANCEL,
	DOOM_NONSENSE,
	DOOM_ORPHAN,
	DOOM_UNPREPARED,
	DOOM_DEAF /* it takes no message: most likely it has died by itself */
};

struct worker {
	enum worker_state state;
	int channel; /* -1: closed */
	struct desk desk;
	uint32_t generation;
	struct job_list jobs;  /* sent to it; the first is the one that it runs, unless several
	                        * are under way: crew_is_gang() */
	uint64_t deadline;     /* of the first; WORKER_STARTING: for its READY */
	uint64_t began;        /* when the first became so */
	uint64_t pace;         /* of its last jobs, ns, a moving average */
	uint64_t spawn_at;     /* WORKER_NONE: when to try again */
	bool proved;           /* it has been WORKER_READY */
	uint32_t answered;     /* serial of the job that it has answered last, or 0 */
	bool counted;          /* as started */
	int failure;           /* why it has not, if it is known: a negative errno */
	enum worker_doom doom; /* why it was killed: it gets no job any more */
	uint64_t dead_by;      /* when its death, if it was killed, is overdue; or 0 */
	uint32_t lineage;      /* number of its zygote */
	uint32_t doomed;       /* DOOM_TIMEOUT: the serial of the job that was late */
	bool asks;             /* it waits for memory, and time stands still for it */
	bool owed;             /* `answer` to that could not be sent yet */
	int answer;
	bool prepared;  /* forked after ops->prepare() was called */
	bool asked;     /* it has, for the first of its jobs */
	unsigned given; /* jobs, so far */
	bool crammed;   /* a job had no memory in it that others have left: it gets none any more */
	/* With several jobs under way: which step of its was seen last; and which job (0: all) it
	 * was at when it was late, or spoke of when it talked nonsense. */
	uint32_t step, accused;
	struct together_step since; /* when that was */
};

struct supervisor {
	const struct br_executor_options *options;
	struct supervisor_hooks hooks;
	struct desk_shape shape; /* of all desks: with places (hybrid), jobs lie in slots */
	int epoll;
	int wake;
	struct worker_setup setup; /* of the zygotes */
	struct zygote zygote;      /* which workers come from */
	uint32_t lineage;          /* its number */
	uint64_t answer_by;        /* if it owes an answer */
	unsigned reminders;        /* since its last answer */
	unsigned zygote_deaths;    /* since a job was answered */
	struct zygote spare;       /* to take its place, or none */
	uint64_t spare_at;         /* when to have one made */
	uint32_t spares;           /* so far */
	struct job_list queue;
	struct job_list suspects; /* ended their worker, and are to be tried again */
	uint64_t alone_at;        /* the first of them, at the latest */
	bool alone;               /* nothing else is begun until they are done */
	struct admission admission;
	struct run_clock clock; /* of all deadlines here */
	uint32_t sent;          /* jobs, so far */
	uint64_t companies;     /* of jobs that are kept from others, so far */
	uint64_t slowest;       /* see together.h */
	bool answered;          /* a job has been, ever */
	unsigned failures;      /* refused or failed starts since a job was answered */
	uint64_t failing_since; /* when the first of those was */
	int last_error;         /* of those */
	bool struck;            /* the last of them was killed by somebody else */
	int choked;             /* what sendmsg(2) last said instead of sending, or 0 */
	uint64_t choked_at;     /* since when nothing was sent and no worker did anything */
	bool cancelled;
	bool hopeless;
	bool prepared; /* workers are to be forked after ops->prepare() was called */
	struct br_executor_stats stats;
	struct worker *workers; /* options->workers of them */
	unsigned char *result;  /* result_size bytes: where messages land */
};

/* What an epoll event is about, if it is not a worker's index. */
enum { EVENT_CONTROL = INT_MAX, EVENT_WAKE = INT_MAX - 1, EVENT_SPARE = INT_MAX - 2 };

/* Adds a descriptor to the epoll set. 0 or a negative errno. */
int crew_watch(const struct supervisor *supervisor, int fd, int event);

/* A worker was started. */
void crew_count_start(struct supervisor *supervisor, struct worker *worker);

/* Reads all that has arrived from a worker. */
void crew_hear(struct supervisor *supervisor, struct worker *worker);

/* The time on the supervisor's clock. */
uint64_t crew_now(struct supervisor *supervisor);

unsigned crew_index(const struct supervisor *supervisor, const struct worker *worker);

/* Hands a job back through the hook. */
void crew_finish(struct supervisor *supervisor, struct job *job);

/* Finishes every job of a list as CANCELLED. */
void crew_cancel(struct supervisor *supervisor, struct job_list *list);

/* The first of a worker's jobs begins, or it has none. */
void crew_begin(struct supervisor *supervisor, struct worker *worker);

/* Whether workers have several jobs under way, of which any may be answered next. */
static inline bool crew_is_gang(const struct supervisor *supervisor)
{
	return supervisor->options->together > 1;
}

/* In a gang: its jobs have time from the last step that it has taken. */
void crew_see_step(struct supervisor *supervisor, struct worker *worker, uint64_t now);

/* In a gang: the number of the job that the worker says it is at, or 0. */
uint32_t crew_active(const struct worker *worker);

/* Of the jobs of a worker the one of that number, or NULL. */
struct job *crew_find_job(const struct worker *worker, uint32_t serial);

/* What becomes of the jobs of a worker of a gang that died: which of them is to blame is finished,
 * or to be tried again; the others are put into *rest, in their order. Returns one that is
 * finished, or NULL. */
struct job *crew_blame_gang(struct supervisor *supervisor, struct worker *worker,
                            const struct channel_message *exit, struct job_list *rest);
/* A job of a gang that has been answered, and has failed for want of memory with others there, is
 * begun again without any; and once more in a worker that had none before, since this one may keep
 * what they have left. That does not count as an attempt. Whether it is to be. */
bool crew_takes_apart(struct supervisor *supervisor, struct worker *worker, struct job *job,
                      int status);
/* A job of which its worker died: returned when it is finished; else NULL, and it is tried again,
 * alone if it was a crash, or from the front of *rest. */
struct job *crew_charge(struct supervisor *supervisor, const struct worker *worker, struct job *job,
                        const struct channel_message *exit, struct job_list *rest);
/* How many workers may die with a job that they had not begun, before it counts as their end: a
 * worker's own word for that is not believed for ever. */
#define SPARED_MAX 100
/* So many count for one that died at a job with its zygote: it could be the job that kills it. */
#define ORPHAN_COUNTS 25

/* Whether the worker may be given a job, as far as it is concerned itself. */
bool crew_takes_jobs(const struct supervisor *supervisor, const struct worker *worker);
/* Gives it one. 0 or why it could not be sent, and has to wait. */
int crew_send(struct supervisor *supervisor, struct worker *worker, struct job *job);

/* A job that ended its worker waits for its time to be tried again, alone. */
void crew_suspect(struct supervisor *supervisor, struct job *job);
/* When that time comes at the latest; UINT64_MAX for none. */
uint64_t crew_alone_at(const struct supervisor *supervisor);
/* Gives a worker such a job, if it is time. True when nothing else may be begun. */
bool crew_dispatch_alone(struct supervisor *supervisor);

/* Gives every worker that may take more a job, those with the fewest first. */
void crew_dispatch(struct supervisor *supervisor);

/* A worker asks for memory. False when none that is well would ask for that now. */
bool crew_ask(struct supervisor *supervisor, struct worker *worker, uint64_t bytes);

/* Gives memory to those who wait and whose turn has come; with none left, jobs may begin again. */
void crew_grant(struct supervisor *supervisor);

/* Sends answers that could not be sent before. */
void crew_answer_again(struct supervisor *supervisor);

/* When sending is to be tried again, UINT64_MAX for no need. Gives up when it has failed for long.
 */
uint64_t crew_choked_until(struct supervisor *supervisor, uint64_t now);

/* There will be no worker any more: everything is finished as CANCELLED. */
void crew_give_up(struct supervisor *supervisor);

/* A worker could not be started: its place stays empty for a while. Without any worker alive this
 * can only happen so often before the crew gives up. */
void crew_refused(struct supervisor *supervisor, struct worker *worker, int error);

/* Says how a worker or zygote came to its end, by its status as of waitpid(2). Returns -ECHILD. */
int crew_explain_exit(const struct supervisor *supervisor, const char *what, int wait_status);

/* Sends an order to the zygote, with descriptors. 0; -EPIPE when it has died, which is told
 * of by its channel; -EAGAIN when it has not answered for long; or another negative errno. */
int crew_order(struct supervisor *supervisor, const struct channel_message *order, const int *fds,
               unsigned fd_count);

/* Deals with what the zygote says, its end among it: its workers have been killed then, and another
 * one takes its place. The jobs of those workers are not to blame, and are begun again. */
void crew_take_control(struct supervisor *supervisor);
/* The same for the spare. */
void crew_take_spare(struct supervisor *supervisor);

/* Has a spare made, if it is time. */
void crew_keep_spare(struct supervisor *supervisor);

/* A zygote that does not answer is told to go on, in case that somebody has stopped it, and then
 * killed. Returns when to look again. */
uint64_t crew_look_after_zygote(struct supervisor *supervisor, uint64_t now);

/* The end of a worker whose zygote has died. */
void crew_bury_orphan(struct supervisor *supervisor, struct worker *worker);

/* Fills the places whose pause is over. */
void crew_respawn(struct supervisor *supervisor);

/* Nothing more will come from this worker. */
void crew_lose(struct worker *worker);

/* Nothing more is read from this worker. Its end is still told of by its channel. */
void crew_deafen(const struct supervisor *supervisor, struct worker *worker);

/* A worker is dead, as `exit` tells (CHANNEL_EXITED), and all that it said has been read: its jobs
 * are finished or go back to the queue, and its place is free. */
void crew_bury(struct supervisor *supervisor, struct worker *worker,
               const struct channel_message *exit);

/* Whether it has been given all the jobs that a worker may have. */
bool crew_is_used_up(const struct supervisor *supervisor, const struct worker *worker);

/* Has the zygote kill it: it knows whether the process still is the one that is meant. */
void crew_kill(struct supervisor *supervisor, struct worker *worker);
/* The same, for that reason: it gets no job any more. */
void crew_doom(struct supervisor *supervisor, struct worker *worker, enum worker_doom doom);

#endif
