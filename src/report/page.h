/* page.h - the page of --html: gathered while the run goes on, written at its end and, while
 * directories are watched, now and then.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <time.h>

#include "html/figures.h"
#include "html/file.h"
#include "report/options.h"

struct page {
	struct html_file file;
	const struct report_options *options; /* borrowed */
	struct br_batch_options batch;
	struct figures *figures; /* NULL: there is no page */
	bool started;            /* the run has */
	time_t begun;
	uint64_t added, published; /* images */
	double refreshed;          /* seconds of the run */
	bool stays;                /* a thread that hangs may use the figures */
};

/* How the run ended; all zero while it goes on. */
struct page_end {
	const struct br_batch_outcome *outcome;
	const char *summary; /* the run in one sentence */
	const char *ending;  /* why it ended before its end, or NULL */
};

/* Tries whether the file can be written. Returns 0, BR_ERROR_USAGE, BR_ERROR_MEMORY, or a negative
 * errno. */
int page_open(struct page *page, const struct report_options *options, struct br_error *error);

/* The run begins. */
void page_start(struct page *page, const struct br_batch_options *batch);

void page_add(struct page *page, const struct br_batch_record *record);
/* As br_batch_observer.unread. */
void page_add_unread(struct page *page, const struct br_batch_record *record);

/* Writes the page. Returns 0, also if there is none to be written since the run has not started, or
 * a negative errno. */
int page_publish(struct page *page, const struct page_end *end, struct br_error *error);

/* The same while a run that watches directories waits: if images have been added since, and not
 * too often. */
int page_refresh(struct page *page, struct br_error *error);

void page_release(struct page *page);

#endif
