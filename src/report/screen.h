/* screen.h - stderr: messages, and below them a bar that they never tear. */
#ifndef REPORT_SCREEN_H
#define REPORT_SCREEN_H

#include <batchresize/batch.h>

#include "report/options.h"
#include "report/rate.h"
#include "report/terminal.h"
#include "text/text.h"

enum screen_show {
	SCREEN_NOTHING,
	SCREEN_BAR,  /* one line, redrawn in place */
	SCREEN_LINES /* a line now and then, for logs */
};

struct screen {
	struct terminal terminal;
	enum screen_show show;
	bool drawn;   /* a bar stands in the cursor's line */
	double shown; /* seconds of the run when it was last drawn */
	struct rate rate;
	struct br_batch_progress progress; /* what is drawn */
	struct text text;                  /* what is written next, in one go */
};

struct screen screen_new(int fd, enum report_bar bar, bool quiet);
void screen_release(struct screen *screen);

/* Time has passed: draws if it is time to. */
void screen_update(struct screen *screen, const struct br_batch_progress *progress);
/* Whether it is time for another line of a log: `shown` is when the last one was written. */
bool screen_is_time(double elapsed, double shown);
/* Takes the bar away so that somebody else can write on the same terminal; screen_redraw() brings
 * it back. */
void screen_erase(struct screen *screen);
void screen_redraw(struct screen *screen);
/* Takes the bar away for good. */
void screen_end(struct screen *screen);

/* Writes what the caller put into screen->text since screen_begin(): whole lines, above the bar. */
struct text *screen_begin(struct screen *screen);
void screen_message(struct screen *screen);

#endif
