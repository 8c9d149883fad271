/* explain.c - see explain.h. */
#include "batch/explain.h"

#include <stdio.h>

#include "batch/known.h"

static enum br_batch_reason say(char *text, enum br_batch_reason reason, const char *words)
{
	(void)snprintf(text, RECORD_EXPLANATION_MAX, "%s", words);
	return reason;
}

/* Of one that is not made. Whatever else the plan refuses has an error that says why. */
static enum br_batch_reason explain_skipped(const struct pump *pump, uint64_t item, char *text)
{
	bool typed;

	if (pump->options->existing == BR_BATCH_EXISTING_SKIP)
		return say(text, BR_BATCH_REASON_EXISTS, "it exists (--existing=skip)");
	switch (known_judgement(pump->known, item)) {
	case KNOWN_SAME:
		return say(text, BR_BATCH_REASON_UP_TO_DATE, "up to date");
	case KNOWN_DOUBTFUL:
		if (plan_url(pump->plan, item, &typed))
			return say(text, BR_BATCH_REASON_UP_TO_DATE,
			           "up to date, as its server or its bytes say");
		return say(text, BR_BATCH_REASON_UP_TO_DATE,
		           "up to date: the source has another time or inode, and the same bytes");
	default:
		return say(text, BR_BATCH_REASON_UP_TO_DATE,
		           "up to date: not older than the source");
	}
}

/* Of one whose outputs are keys. The server was asked for --existing=skip and error only. */
static enum br_batch_reason explain_keys(const struct pump *pump,
                                         const struct task_outcome *outcome, char *text)
{
	if (pump->options->existing == BR_BATCH_EXISTING_OVERWRITE)
		return say(text, BR_BATCH_REASON_ALWAYS,
		           "outputs in Redis are always made, since nothing is remembered of them");
	if (plan_names_sides(pump->plan))
		return say(text, BR_BATCH_REASON_UNKNOWN,
		           "its outputs' keys are known and looked at when it has been read");
	if (outcome->present == 0)
		return say(text, BR_BATCH_REASON_NEW, "new");
	return say(text, BR_BATCH_REASON_MISSING, "one of its outputs is not there");
}

/* Of one that nothing is known of. */
static enum br_batch_reason explain_by_outputs(const struct pump *pump,
                                               const struct task_outcome *outcome, char *text)
{
	const uint32_t all = (uint32_t)((UINT64_C(1) << plan_outputs(pump->plan)) - 1);

	if (outcome->there == 0)
		return say(text, BR_BATCH_REASON_NEW, "new");
	if (pump->options->existing == BR_BATCH_EXISTING_OVERWRITE)
		return say(text, BR_BATCH_REASON_ALWAYS, "--existing=overwrite");
	if (outcome->there != all)
		return say(text, BR_BATCH_REASON_MISSING, "one of its outputs is not there");
	if (outcome->older)
		return say(text, BR_BATCH_REASON_SOURCE, "the source is newer than its output");
	if (outcome->doubt == BR_BATCH_REASON_OPTION)
		return say(text, outcome->doubt, "what is there was made with other options");
	if (outcome->doubt == BR_BATCH_REASON_VERSION)
		return say(text, outcome->doubt,
		           "what is there was made by another version of the program or a library");
	return say(text, BR_BATCH_REASON_UNKNOWN, "how what is there was made is not remembered");
}

static enum br_batch_reason explain(const struct pump *pump, const struct br_batch_record *record,
                                    uint64_t item, const struct task_outcome *outcome, char *text)
{
	enum br_batch_reason reason = BR_BATCH_REASON_NONE;
	bool typed;

	if (record->error.code == BR_ERROR_DROPPED &&
	    known_judgement(pump->known, item) >= KNOWN_POISON)
		return say(text, BR_BATCH_REASON_UP_TO_DATE,
		           "dropped by the plugin before, and nothing has changed since");
	if (record->status == BR_BATCH_SKIPPED)
		return record->error.code == BR_ERROR_SKIPPED ? explain_skipped(pump, item, text)
		                                              : reason;
	if (record->status == BR_BATCH_PLANNED && plan_url(pump->plan, item, &typed) &&
	    known_hash(pump->known, item) != 0)
		return say(text, BR_BATCH_REASON_UNKNOWN,
		           "its server is not asked before the run whether it has changed");
	if (record->status == BR_BATCH_CANCELLED || record->error.code == BR_ERROR_EXISTS ||
	    !outcome || outcome->source.st_nlink == 0)
		return reason;
	reason = known_explain(pump->known, item, &outcome->source, text, RECORD_EXPLANATION_MAX);
	if (reason != BR_BATCH_REASON_NONE)
		return reason;
	return plan_has_keys(pump->plan, item) ? explain_keys(pump, outcome, text)
	                                       : explain_by_outputs(pump, outcome, text);
}

void explain_record(struct pump *pump, struct br_batch_record *record, uint64_t item,
                    const struct task_outcome *outcome)
{
	if (!pump->options->explain)
		return;
	record->reason = explain(pump, record, item, outcome, pump->paths.explanation);
	if (record->reason != BR_BATCH_REASON_NONE)
		record->explanation = pump->paths.explanation;
}
