/* run.h - the page of a run: what was done, when and by whom, how long it took, what failed, and
 * what it looks like.
 */
#ifndef HTML_RUN_H
#define HTML_RUN_H

#include <time.h>

#include "html/figures.h"
#include "html/html.h"
#include "html/thumbs.h"

/* All is borrowed. */
struct html_run {
	const struct figures *figures;
	const struct thumbs *thumbs; /* or NULL */
	const struct br_batch_options *options;
	const struct html_fact *setting; /* options that were given, with who gave them as note */
	size_t settings;
	const char *summary; /* the run in one sentence */
	const char *ending;  /* why it ended before its end; or NULL */
	time_t begun;
	double seconds;      /* that work was done in; 0: as long as figures were gathered */
	unsigned workers;    /* 0: unknown */
	unsigned io_threads; /* 0: unknown, or none */
	unsigned walls;      /* of the sandbox: bits of enum br_executor_wall */
	bool goes_on;        /* it is not at its end */
};

/* Appends the whole page. */
void html_run_add(struct text *page, const struct html_run *run);

#endif
