/* entry.c - see entry.h. */
#include "report/entry.h"

#include <time.h>
#include <unistd.h>

#include "text/json.h"

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		break;
	}
	return "debug";
}

/* RFC 3339, in local time. */
static void add_time(struct text *text)
{
	struct timespec now = {0};
	struct tm local = {0};
	char date[32], zone[16];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)localtime_r(&now.tv_sec, &local);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &local);
	(void)strftime(zone, sizeof(zone), "%z", &local);
	text_addf(text, "%s.%03ld%.3s:%s", date, now.tv_nsec / 1000000, zone, zone + 3);
}

void entry_add_text(struct text *text, const struct log_entry *entry)
{
	add_time(text);
	text_addf(text, " batchresize[%ld] %s: ", (long)getpid(), level_name(entry->level));
	text_add(text, entry->text);
	text_add(text, "\n");
}

static void add_member(struct text *text, const char *name, const char *value)
{
	text_addf(text, ",\"%s\":", name);
	json_string(text, value);
}

static void add_record(struct text *text, const struct br_batch_record *record)
{
	add_member(text, "source", record->source);
	if (!text_is_utf8(record->source)) {
		text_add(text, ",\"source_bytes\":");
		json_base64(text, record->source);
	}
	add_member(text, "output", record->output);
	add_member(text, "status", br_batch_status_name(record->status));
	if (record->error.code != BR_ERROR_NONE)
		add_member(text, "code", br_error_code_name(record->error.code));
	if (record->explanation) {
		add_member(text, "reason", br_batch_reason_name(record->reason));
		add_member(text, "explanation", record->explanation);
	}
	if (record->signal > 0)
		text_addf(text, ",\"signal\":%d", record->signal);
	if (record->stage != BR_BATCH_STAGE_NONE)
		add_member(text, "stage", br_batch_stage_name(record->stage));
}

void entry_add_json(struct text *text, const struct log_entry *entry)
{
	text_add(text, "{\"time\":\"");
	add_time(text);
	text_addf(text, "\",\"level\":\"%s\",\"pid\":%ld", level_name(entry->level),
	          (long)getpid());
	add_member(text, "message", entry->text);
	if (entry->record)
		add_record(text, entry->record);
	text_add(text, "}\n");
}
