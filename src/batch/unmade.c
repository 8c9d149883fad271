/* unmade.c - see unmade.h. */
#include "batch/unmade.h"

#include "batch/agenda.h"
#include "batch/existing.h"
#include "batch/explain.h"
#include "batch/files.h"
#include "batch/known.h"
#include "batch/tell.h"
#include "state/file.h"

/* A picture that nothing is made of, since all that it becomes is there. */
static void record_same(struct pump *pump, struct br_batch_record *record, uint64_t item)
{
	struct task_outcome outcome = {0};

	files_visit(pump->context, item);
	outcome.listed =
	    pump->options->tell_existing && known_list(pump->known, item, &outcome.image);
	record_there(record, &pump->paths, pump->context, item, &outcome);
}

static void record_refusal(struct pump *pump, uint64_t item)
{
	struct br_batch_record record;

	pump_begin_record(pump, &record, item);
	record.status = plan_is_passed_over(pump->plan, item) ? BR_BATCH_SKIPPED : BR_BATCH_FAILED;
	(void)plan_refusal(pump->plan, item, &record.error);
	record.kind = plan_kind(pump->plan, item);
	record.bytes_in = plan_item(pump->plan, item)->size;
	/* the source has gone; others have no output of their own */
	if (record.error.code == BR_ERROR_SYSTEM)
		record_there(&record, &pump->paths, pump->context, item, NULL);
	if (record.error.code == BR_ERROR_SKIPPED)
		record_same(pump, &record, item);
	if (record.error.code == BR_ERROR_POISON) {
		known_explain_poison(pump->known, item, &record);
		record_there(&record, &pump->paths, pump->context, item, NULL);
	}
	explain_record(pump, &record, item, NULL);
	tell_finished(pump, &record, 0);
	pump_close_record(pump, item);
}

/* What a worker would find out of a source whose bytes alone can tell. */
static int judge_planned(struct pump *pump, uint64_t item, const struct br_batch_record *record,
                         struct task_outcome *outcome)
{
	int status = existing_judge_early(pump->context, item, outcome);
	uint64_t hash;

	if (status || outcome->expected == 0 || state_hash_file(record->source, NULL, &hash) != 0 ||
	    hash != outcome->expected)
		return status;
	return br_error_set(&outcome->error, BR_ERROR_SKIPPED,
	                    "the source has the same bytes (--existing update)");
}

static void record_planned(struct pump *pump, uint64_t item)
{
	struct task_outcome outcome = {0};
	struct br_batch_record record;
	bool typed;

	pump_begin_record(pump, &record, item);
	record.status = BR_BATCH_PLANNED;
	record.bytes_in = plan_item(pump->plan, item)->size;
	/* nobody asks the server of a source that is to be fetched whether it has changed */
	const bool fetched = plan_url(pump->plan, item, &typed) != NULL;
	const bool judges = pump->options->existing != BR_BATCH_EXISTING_OVERWRITE &&
	                    !(fetched && pump->options->existing == BR_BATCH_EXISTING_UPDATE);
	const bool found = (judges || pump->options->explain) &&
	                   (fetched || stat(record.source, &outcome.source) == 0);

	if (fetched)
		outcome.source.st_nlink = 1;

	if (found && pump->options->explain)
		existing_look(pump->context, item, &outcome);
	if (found && judges) {
		const int status = judge_planned(pump, item, &record, &outcome);

		record.error = outcome.error;
		if (status)
			record.status =
			    status == BR_ERROR_SKIPPED ? BR_BATCH_SKIPPED : BR_BATCH_FAILED;
	}
	if (record.status == BR_BATCH_PLANNED)
		record_planned_outputs(&record, &pump->paths, pump->plan, item);
	explain_record(pump, &record, item, &outcome);
	tell_finished(pump, &record, record.bytes_in);
	pump_close_record(pump, item);
}

void unmade_refused(struct pump *pump)
{
	for (uint64_t i = pump->next; i < pump->items; i++) {
		if (pump_is_refused(pump, i) && !plan_stands(pump->plan, i))
			record_refusal(pump, i);
		tell_tick(pump);
	}
}

void unmade_planned(struct pump *pump)
{
	for (; pump->next < pump->items && !pump_is_stopped(pump); pump->next++) {
		if (!pump_is_idle(pump, pump->next))
			record_planned(pump, pump->next);
		tell_tick(pump);
	}
	unmade_rest(pump);
}

void unmade_explain(struct pump *pump, struct br_batch_record *record, uint64_t item)
{
	record->status = BR_BATCH_CANCELLED;
	if (!pump->over_time || pump_is_stopped(pump)) {
		(void)br_error_set(&record->error, BR_ERROR_CANCELLED,
		                   "the run was stopped first: start it again");
		return;
	}
	pump->outcome->time_up = true;
	pump->outcome->left[plan_promised(pump->plan, item)]++;
	(void)br_error_set(&record->error, BR_ERROR_TIME_BOX,
	                   "the time was up first: start it again");
}

void unmade_rest(struct pump *pump)
{
	struct br_batch_record record;

	if (pump->agenda)
		pump->outcome->left_seconds += agenda_rest(pump->agenda);
	for (; pump->next < pump->items; pump->next++) {
		const uint64_t item = pump_item_at(pump, pump->next);

		if (!pump_is_left(pump, item))
			continue;
		pump_begin_record(pump, &record, item);
		record.bytes_in = plan_item(pump->plan, item)->size;
		unmade_explain(pump, &record, item);
		tell_finished(pump, &record, record.bytes_in);
		pump_close_record(pump, item);
	}
}
