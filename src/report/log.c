/* log.c - see log.h. */
#include "report/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static const char program[] = "batchresize: ";

/* --- opening --------------------------------------------------------------------------------- */

/* Where standard error is the journal, whose own protocol says more. */
static void upgrade(struct log *log, int err)
{
	log->prefixed = journal_is_behind(err);
	if (log->prefixed && journal_open(&log->journal) == 0)
		log->format = REPORT_LOG_JOURNAL;
}

/* How far it is becomes a message as others, if a bar would be plain lines. */
static void keep_lines_out(struct log *log)
{
	if (log->screen.show != SCREEN_LINES || (log->format == REPORT_LOG_TEXT && !log->prefixed))
		return;
	log->screen.show = SCREEN_NOTHING;
	log->tells_progress = true;
}

static int open_journal(struct log *log, struct br_error *error)
{
	int status = journal_open(&log->journal);

	log->format = REPORT_LOG_JOURNAL;
	keep_lines_out(log);
	if (status)
		return br_error_system(error, -status,
		                       "--log-format=journal: the journal can't be reached (does "
		                       "systemd run here?)");
	return 0;
}

static int open_file(struct log *log, const struct report_options *options, struct br_error *error)
{
	int status = log_file_open(&log->file, options->log_file, error);

	if (status)
		return status;
	log->file_json = options->log_format == REPORT_LOG_JSON;
	log->file_level = options->log_level ? (enum log_level)options->log_level : LOG_LEVEL_INFO;
	/* before and after the run as well */
	log->ignores_hangup = signal(SIGHUP, SIG_IGN) == SIG_DFL;
	return 0;
}

int log_open(struct log *log, const struct report_options *options, int err, struct br_error *error)
{
	*log = (struct log){.screen = screen_new(err, options->bar, options->quiet),
	                    .format = REPORT_LOG_TEXT,
	                    .journal = JOURNAL_NONE,
	                    .file = LOG_FILE_NONE,
	                    .lines = TEXT_EMPTY,
	                    .line = TEXT_EMPTY};
	if (options->log_format == REPORT_LOG_JOURNAL)
		return open_journal(log, error);
	if (options->log_format == REPORT_LOG_AUTO || options->log_file)
		upgrade(log, err);
	if (options->log_format == REPORT_LOG_JSON && !options->log_file)
		log->format = REPORT_LOG_JSON;
	keep_lines_out(log);
	return options->log_file ? open_file(log, options, error) : 0;
}

bool log_wants_progress(struct log *log, double elapsed)
{
	if (!log->tells_progress || !screen_is_time(elapsed, log->told))
		return false;
	log->told = elapsed;
	return true;
}

void log_release(struct log *log)
{
	journal_release(&log->journal);
	log_file_close(&log->file);
	text_release(&log->lines);
	text_release(&log->line);
	screen_release(&log->screen);
}

/* --- to each place that wants it ------------------------------------------------------------- */

/* Into what goes to standard error next. */
static void show_plain(struct log *log, const struct log_entry *entry, bool named)
{
	struct text *text = &log->screen.text;

	if (log->prefixed)
		text_addf(text, "<%d>", (int)entry->level);
	if (named)
		text_add(text, program);
	text_add(text, entry->text);
	text_add(text, "\n");
}

/* What the journal does not take is shown all the same. */
static void show(struct log *log, const struct log_entry *entry, bool named)
{
	if (log->format == REPORT_LOG_JOURNAL && journal_send(&log->journal, entry) == 0)
		return;
	if (log->format == REPORT_LOG_JSON)
		entry_add_json(&log->screen.text, entry);
	else
		show_plain(log, entry, named);
}

static void say(struct log *log, const char *message)
{
	(void)screen_begin(&log->screen);
	show(log, &(struct log_entry){.level = LOG_LEVEL_ERROR, .text = message}, true);
	screen_message(&log->screen);
}

/* That lines are lost is said once, until one can be written again. */
static void keep(struct log *log, const struct log_entry *entry, bool named)
{
	const int before = log->file.error;
	struct br_error error;

	(void)named; /* each line has our name */
	text_clear(&log->line);
	if (log->file_json)
		entry_add_json(&log->line, entry);
	else
		entry_add_text(&log->line, entry);
	if (log_file_write(&log->file, &log->line) == 0 || before)
		return;
	(void)br_error_system(
	    &error, log->file.error,
	    "cannot write the log '%.100s' (lines are lost until it can be written)",
	    log->file.path);
	say(log, error.msg);
}

struct text *log_begin(struct log *log)
{
	text_clear(&log->lines);
	return &log->lines;
}

bool log_wants(const struct log *log, enum log_level level, bool shown)
{
	return shown || (log->file.fd >= 0 && level <= log->file_level);
}

typedef void tell_entry(struct log *log, const struct log_entry *entry, bool named);

/* Hands on each line of the message by itself. */
static void each_line(struct log *log, enum log_level level, const struct br_batch_record *record,
                      tell_entry *tell)
{
	char *line = (char *)log->lines.bytes.data, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		const bool named = strncmp(line, program, sizeof(program) - 1) == 0;
		const struct log_entry entry = {.level = level,
		                                .text = line + (named ? sizeof(program) - 1 : 0),
		                                .record = record};

		*end = '\0';
		tell(log, &entry, named);
		*end = '\n';
	}
}

void log_end(struct log *log, enum log_level level, const struct br_batch_record *record,
             bool shown)
{
	text_add_bytes(&log->lines, "", 1);
	if (log->lines.status)
		return;
	if (log_wants(log, level, false))
		each_line(log, level, record, keep);
	if (!shown)
		return;
	(void)screen_begin(&log->screen);
	each_line(log, level, record, show);
	screen_message(&log->screen);
}

void log_reopen(struct log *log)
{
	struct br_error error;

	if (log->file.fd >= 0 && log_file_reopen(&log->file, &error))
		say(log, error.msg);
}

void log_finish(struct log *log)
{
	struct br_error error;

	if (log->journal.lost == 0)
		return;
	(void)br_error_set(&error, BR_ERROR_NONE,
	                   "the journal did not take %llu messages: they stand on standard error",
	                   log->journal.lost);
	say(log, error.msg);
}
