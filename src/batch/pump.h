/* pump.h - a run under way: what all its trades share, and the pump itself.
 *
 * The plan goes to an executor and its results to the observer, in the thread that called
 * br_batch_run(). start.h makes the executor, unmade.h records what is not given to it, tell.h
 * talks to the observer; batch.c puts them in order. Private to the files of these trades.
 */
#ifndef BATCH_PUMP_H
#define BATCH_PUMP_H

#include "auto/choice.h"
#include "batch/record.h"
#include "batch/signals.h"
#include "batch/task.h"
#include "batch/hold.h"
#include "batch/unsettled.h"
#include "batch/time_limit.h"

struct agenda;

/* What could not be read while sources were looked for: nothing is known of what it holds. */
struct prune_unread {
	char **path;
	size_t count;
	bool all; /* more than can be remembered */
};

/* What the stages of a job use. A thread that was left behind, in a call that hangs, may still use
 * it: it is freed only when there is none. */
struct ground {
	struct br_batch_options options; /* a copy, with what the run itself adds */
	struct task_context context;
};

/* What --load-limit has to remember. */
struct load {
	uint64_t looked; /* clock_ns(), 0: not yet */
	bool closed;     /* the machine has too much to do */
	bool told;
};

struct pump {
	struct ground *ground;
	const struct br_batch_options *options; /* of the ground */
	struct task_context *context;           /* of the ground */
	const struct br_batch_observer *observer;
	struct br_batch_outcome *outcome;
	const struct plan_filter *filter; /* for a part of the sources; or NULL */
	struct hold *hold;
	struct hold own_hold;       /* where it is nobody else's */
	int hold_status;            /* of hold_take(), while the plan is made */
	struct br_error hold_error; /* the same */
	struct auto_choice choice;  /* of --mode=auto; or zeroed */
	struct br_executor *executor;
	char reason[BR_EXECUTOR_REASON_MAX]; /* the executor's */
	struct plan *plan;
	struct prune_unread unread_paths; /* for --prune */
	struct known *known;              /* what earlier runs have left; or NULL */
	uint64_t items;          /* behind the last of the plan, or of its piece; a pipe: 1 */
	uint64_t next;           /* where the item stands that is to be submitted next */
	bool streams;            /* the plan is a stream, and there may be more pieces */
	int list;                /* of such a plan: to be waited for; -1: nothing is */
	struct plan_piece piece; /* of a stream: the one that was taken last */
	bool tried;              /* start_try_output(), for such a plan */
	int list_status;         /* why such a plan ended early, and why in words */
	struct br_error list_error;
	struct unsettled unsettled; /* those that are tried again at the end */
	struct time_limit limit;
	uint32_t *order;       /* of a whole plan's items, if another than its own; or NULL */
	struct agenda *agenda; /* with a time limit: what is submitted next */
	bool has_next;         /* the agenda has said what: */
	uint64_t agenda_next;
	bool over_time; /* the limit is why no more is begun */
	struct load load;
	bool cancelled;
	bool killed;
	bool wrote;                      /* at least one output */
	unsigned unwritten;              /* outputs that could not be written, in a row */
	struct br_error unwritten_error; /* of the last of them */
	unsigned unread;                 /* sources that a disk or mount could not give, in a row */
	unsigned gone;                   /* outputs whose directory is, in a row */
	bool lost;                       /* it is not there any more: lost_error says what */
	struct br_error lost_error;
	struct record_paths paths; /* of the record that is told */
	struct signals signals;
	uint64_t looked; /* when it was begun to look for sources */
	uint64_t begin;  /* when work began, 0 before */
	uint64_t kills;  /* memory_kills() then */
	uint64_t ticked; /* when the observer last ticked */
};

/* A record of an item of the plan, with its paths and nothing else. It lives in pump->paths: one at
 * a time. */
void pump_begin_record(struct pump *pump, struct br_batch_record *record, uint64_t item);

/* The item that stands at this place of what is to be submitted: from pump->next to pump->items. */
uint64_t pump_item_at(const struct pump *pump, uint64_t place);

/* Whether the plan says that the item can't be made. */
bool pump_is_refused(const struct pump *pump, uint64_t item);

/* Whether nothing is to be done for the item: it is refused, or not asked for. */
bool pump_is_idle(const struct pump *pump, uint64_t item);

/* Whether the item, which stands at pump->next or behind, is still to be submitted. */
bool pump_is_left(const struct pump *pump, uint64_t item);

/* Whether a signal, the observer or the number of failures wants the run to end. */
bool pump_is_stopped(const struct pump *pump);

/* An item has been recorded, and no thread uses it any more. */
void pump_close_record(struct pump *pump, uint64_t item);

/* Runs every item that the plan does not refuse, and records each. Returns 0, or what ended the
 * run; *error says why. */
int pump_run(struct pump *pump, struct br_error *error);

#endif
