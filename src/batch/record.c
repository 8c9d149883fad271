/* record.c - see record.h. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "batch/record.h"

static void explain_crash(struct error *error, const struct executor_result *result)
{
	const char *times = result->attempt == 1 ? "once" : result->attempt == 2 ? "twice" : NULL;
	char often[32], how[64];

	(void)snprintf(often, sizeof(often), "%u times", result->attempt);
	if (result->signal)
		(void)snprintf(how, sizeof(how), "signal %d, %s", result->signal,
		               sigdescr_np(result->signal) ? sigdescr_np(result->signal)
		                                           : "unknown");
	else
		(void)snprintf(how, sizeof(how), "exit status %d", result->error);
	(void)error_set(error, ERROR_CRASHED,
	                "its worker died %s (%s): the picture is damaged or too large for the "
	                "memory a worker may have; set it aside",
	                times ? times : often, how);
}

static void explain_timeout(struct error *error, const struct batch_options *options,
                            unsigned attempts)
{
	(void)error_set(error, ERROR_TIMEOUT,
	                "not done within %g s, in %u attempt%s: raise --timeout, or set it aside",
	                options->timeout_ms / 1e3, attempts, attempts == 1 ? "" : "s");
}

static enum batch_status failed_status(enum error_code code)
{
	switch (code) {
	case ERROR_SKIPPED:
		return BATCH_SKIPPED;
	case ERROR_TIMEOUT:
		return BATCH_TIMEOUT;
	default:
		return BATCH_FAILED;
	}
}

/* A stage failed: its own words, or the bare code where it had none. */
static void explain_failure(struct batch_record *record, const struct executor_result *result,
                            const struct task_outcome *outcome)
{
	record->error = outcome->error;
	if (record->error.code == ERROR_NONE) {
		if (result->error < 0)
			(void)error_system(&record->error, -result->error, "could not be done");
		else
			(void)error_set(&record->error, error_code_of(result->error),
			                "could not be done");
	}
	record->status = failed_status(record->error.code);
}

void record_from_result(struct batch_record *record, const struct executor_result *result,
                        const struct batch_options *options)
{
	const struct task_outcome *outcome = result->result;

	record->signal = result->signal;
	record->attempt = result->attempt;
	record->worker = result->worker;
	record->image = outcome->looked ? &outcome->image : NULL;
	record->bytes_in = outcome->bytes_in;
	record->bytes_out = outcome->committed ? outcome->bytes_out : 0;
	record->read_ms = (double)outcome->read_ms;
	record->publish_ms = (double)outcome->publish_ms;
	switch (result->status) {
	case EXECUTOR_DONE:
		record->status = BATCH_OK;
		break;
	case EXECUTOR_FAILED:
		explain_failure(record, result, outcome);
		break;
	case EXECUTOR_CRASHED:
		record->status = BATCH_CRASHED;
		explain_crash(&record->error, result);
		break;
	case EXECUTOR_TIMEOUT:
		record->status = BATCH_TIMEOUT;
		explain_timeout(&record->error, options, result->attempt);
		break;
	case EXECUTOR_CANCELLED:
		record->status = BATCH_CANCELLED;
		(void)error_set(&record->error, ERROR_CANCELLED,
		                "the run was stopped first: start it again");
		break;
	}
}

void progress_count(struct batch_progress *progress, const struct batch_record *record,
                    uint64_t source_bytes)
{
	progress->done++;
	progress->bytes_done += source_bytes;
	progress->bytes_out += record->bytes_out;
	switch (record->status) {
	case BATCH_OK:
	case BATCH_PLANNED:
		progress->ok++;
		break;
	case BATCH_SKIPPED:
		progress->skipped++;
		break;
	case BATCH_CANCELLED:
		progress->cancelled++;
		break;
	default:
		progress->failed++;
		break;
	}
}
