/* queue.c - see queue.h. */
#include "queue/queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/cpu.h"
#include "queue/member.h"
#include "report/ndjson.h"

struct queue {
	struct queue_member member;
	const struct br_batch_observer *observer; /* the caller's */
	bool failed;                              /* to start */
	char malformed[ORDER_ID_MAX]; /* the entry that the next notice is about, or "" */
};

/* --- verdicts --------------------------------------------------------------------------------- */

/* What says more of this machine, or of now, than of the order. */
static bool is_of_machine(const struct br_error *error)
{
	switch (error->sys_errno) {
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case ESTALE:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOTCONN:
	case ENODEV:
	case EHOSTDOWN:
	case EHOSTUNREACH:
		return true;
	default:
		return error->code == BR_ERROR_NO_WORKER || error->code == BR_ERROR_NETWORK;
	}
}

static enum verdict_kind verdict_on(const struct br_batch_record *record)
{
	switch (record->status) {
	case BR_BATCH_OK:
	case BR_BATCH_SKIPPED:
		return VERDICT_DONE;
	case BR_BATCH_CANCELLED:
	case BR_BATCH_PLANNED:
		return VERDICT_BACK;
	default:
		return is_of_machine(&record->error) ? VERDICT_LATER : VERDICT_DEAD;
	}
}

/* The report's line without its end; NULL without memory. */
static char *report_of(const struct br_batch_record *record)
{
	struct text text = TEXT_EMPTY;
	char *line = NULL;

	ndjson_add(&text, record);
	if (text.status == 0 && text.bytes.size > 0) {
		text.bytes.data[text.bytes.size - 1] = '\0';
		line = strdup((const char *)text.bytes.data);
	}
	text_release(&text);
	return line;
}

static void judge(struct queue *queue, const struct br_batch_record *record)
{
	struct orders *orders = &queue->member.orders;
	struct order_verdict *verdict = calloc(1, sizeof(*verdict));

	if (!verdict)
		return; /* it is given back at the end, and made once more */
	verdict->kind = verdict_on(record);
	verdict->status = br_batch_status_name(record->status);
	verdict->code = record->error.code ? br_error_code_name(record->error.code) : "";
	if (verdict->kind == VERDICT_DEAD)
		verdict->reason = strdup(record->error.msg);
	if (queue->member.options->results &&
	    (verdict->kind == VERDICT_DEAD || verdict->kind == VERDICT_DONE))
		verdict->report = report_of(record);
	orders_judge(orders, record->entry, verdict);
}

/* --- the observer between ------------------------------------------------------------------------
 */

static void warn(const struct queue *queue, const char *text)
{
	if (queue->observer->notice)
		queue->observer->notice(queue->observer->ctx, BR_BATCH_WARNING,
		                        queue->member.address.shown, text);
}

/* What of orders would always fail by these options: whoever adds them may not know. */
static void warn_of_options(const struct queue *queue, const struct br_batch_options *options)
{
	if (!options->output)
		warn(queue, "orders that name a file as their output go to the dead letters, since "
		            "there is no directory for it: add --output=DIR");
	if (options->image.sizes > 1)
		warn(queue, "orders that name an output or a size go to the dead letters, since "
		            "all have several: give one --size");
}

static void started(void *ctx, const struct br_batch_options *options,
                    const struct br_batch_progress *progress)
{
	struct queue *queue = ctx;

	/* workers have been forked: there may be threads */
	queue->failed = !member_start(&queue->member); /* its list is at its end then */
	warn_of_options(queue, options);
	if (queue->observer->started)
		queue->observer->started(queue->observer->ctx, options, progress);
}

static int finished(void *ctx, const struct br_batch_record *record,
                    const struct br_batch_progress *progress)
{
	struct queue *queue = ctx;

	judge(queue, record);
	return queue->observer->finished
	           ? queue->observer->finished(queue->observer->ctx, record, progress)
	           : 0;
}

static void notice(void *ctx, enum br_batch_weight weight, const char *path, const char *text)
{
	struct queue *queue = ctx;
	char named[BR_ERROR_TEXT_MAX];

	if (!queue->observer->notice)
		return;
	if (queue->malformed[0] && weight == BR_BATCH_SERIOUS) {
		(void)snprintf(named, sizeof(named), "entry %s: %s", queue->malformed, text);
		queue->malformed[0] = '\0';
		text = named;
	}
	queue->observer->notice(queue->observer->ctx, weight, path, text);
}

static void tell_news(struct queue *queue)
{
	char news[BR_ERROR_TEXT_MAX];

	if (member_news(&queue->member, news))
		notice(queue, BR_BATCH_WARNING, queue->member.address.shown, news);
}

static void tick(void *ctx, const struct br_batch_progress *progress)
{
	struct queue *queue = ctx;

	tell_news(queue);
	if (queue->observer->tick)
		queue->observer->tick(queue->observer->ctx, progress);
}

static void malformed(void *ctx, uint64_t entry, const char *text)
{
	struct queue *queue = ctx;
	struct order_verdict *verdict = calloc(1, sizeof(*verdict));

	orders_id(&queue->member.orders, entry, queue->malformed);
	if (!verdict)
		return;
	verdict->kind = VERDICT_DEAD;
	verdict->status = br_batch_status_name(BR_BATCH_FAILED);
	verdict->code = br_error_code_name(BR_ERROR_USAGE);
	verdict->reason = strdup(text);
	orders_judge(&queue->member.orders, entry, verdict);
}

static void unread(void *ctx, const struct br_batch_record *record)
{
	const struct queue *queue = ctx;

	if (queue->observer->unread)
		queue->observer->unread(queue->observer->ctx, record);
}

static void asked(void *ctx, const struct br_batch_progress *progress)
{
	const struct queue *queue = ctx;

	if (queue->observer->asked)
		queue->observer->asked(queue->observer->ctx, progress);
}

static void hung_up(void *ctx)
{
	const struct queue *queue = ctx;

	queue->observer->hung_up(queue->observer->ctx);
}

/* ---------------------------------------------------------------------------------------------- */

static int run(struct queue *queue, const struct br_batch_options *options,
               struct br_batch_outcome *outcome, struct br_error *error)
{
	const struct br_batch_observer between = {
	    .ctx = queue,
	    .started = started,
	    .finished = finished,
	    .tick = tick,
	    .notice = notice,
	    .malformed = malformed,
	    .unread = unread,
	    .asked = asked,
	    .hung_up = queue->observer->hung_up ? hung_up : NULL,
	};
	struct br_batch_options own = *options;
	int status;

	own.orders = true;
	own.order_fd = queue->member.list[0];
	own.files_from = queue->member.address.shown;
	own.redis = queue->member.options->url;
	status = br_batch_run(&own, &between, outcome, error);
	member_end(&queue->member);
	tell_news(queue); /* what a short run had no time for */
	if (queue->failed && !status)
		status = br_error_system(error, EAGAIN, "no thread for the queue");
	if (orders_untold(&queue->member.orders) > 0)
		notice(queue, BR_BATCH_WARNING, queue->member.address.shown,
		       "the server could not be told what became of the last orders: they are made "
		       "once more");
	return status;
}

int queue_run(const struct queue_options *options, const struct br_batch_options *batch,
              const struct br_batch_observer *observer, struct br_batch_outcome *outcome,
              struct br_error *error)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	int status;

	memset(outcome, 0, sizeof(*outcome));
	if (!queue)
		return br_error_system(error, ENOMEM, "no memory for a queue");
	queue->observer = observer;
	status = member_init(&queue->member, options, batch->jobs > 0 ? batch->jobs : cpu_count(),
	                     error);
	if (!status)
		status = run(queue, batch, outcome, error);
	member_release(&queue->member);
	free(queue);
	return status;
}
