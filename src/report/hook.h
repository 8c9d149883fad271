/* hook.h - the command of --on-finish, and what it is told. */
#ifndef REPORT_HOOK_H
#define REPORT_HOOK_H

#include "report/lines.h"
#include "report/notify.h"

/* What a run came to. */
struct hook_summary {
	int exit; /* status of the program */
	const struct tally *tally;
	const struct run *run;
	const struct br_batch_outcome *outcome;
	const char *error; /* what ended the run; or NULL */
};

/* Appends it as one JSON object and a newline. */
void hook_add_summary(struct text *text, const struct hook_summary *summary);

/* Runs the command by sh -c, with the text on its standard input and its standard output where
 * standard error goes; it has no other descriptor of ours. Waits as long as it takes, and lets the
 * service manager know that the program is alive. `hangup`: SIGHUP, which is ignored here, is to
 * end the command. Returns 0, or what went wrong: a negative errno, or BR_ERROR_SYSTEM for a
 * command that failed. */
int hook_run(const char *command, const struct text *input, bool hangup, struct notify *notify,
             struct br_error *error);

#endif
