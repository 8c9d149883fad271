/* screen.c - see screen.h.
 *
 * The cursor rests at the beginning of the bar's line. So a terminal that folds the line when its
 * window shrinks keeps the cursor at its beginning, and erasing from there to the end of the screen
 * takes the folded rest away as well.
 */
#include <limits.h>
#include <stdio.h>

#include "report/bar.h"
#include "io/stream.h"
#include "report/screen.h"

#define ERASE "\r\033[J"

/* Seconds: between two drawings, before the first one (a short run needs no bar), and between two
 * lines of a log, at first and after a minute. */
#define BAR_INTERVAL    0.1
#define BAR_FIRST       0.3
#define LINE_INTERVAL   1.0
#define LINE_INTERVAL_2 10.0
#define LINE_MINUTE     60.0

struct screen screen_new(int fd, enum report_bar bar, bool quiet)
{
	struct screen screen = {
	    .terminal = terminal_probe(fd), .rate = RATE_START, .text = TEXT_EMPTY};

	if (quiet || bar == REPORT_BAR_NEVER)
		screen.show = SCREEN_NOTHING;
	else if (screen.terminal.moves)
		screen.show = SCREEN_BAR;
	else
		screen.show = bar == REPORT_BAR_ALWAYS ? SCREEN_LINES : SCREEN_NOTHING;
	return screen;
}

void screen_release(struct screen *screen)
{
	text_release(&screen->text);
}

/* There is nobody to be told that stderr can't be written to. */
static void flush(struct screen *screen)
{
	(void)stream_write(screen->terminal.fd, screen->text.bytes.data, screen->text.bytes.size);
	text_clear(&screen->text);
}

static void add_bar(struct screen *screen, unsigned columns, bool graph)
{
	struct bar bar = {.progress = &screen->progress,
	                  .rate = &screen->rate,
	                  .columns = columns,
	                  .graph = graph,
	                  .utf8 = screen->terminal.utf8,
	                  .colour = graph && screen->terminal.colour};

	bar_add(&screen->text, &bar);
}

/* Appends the bar, over what stood there. */
static void draw(struct screen *screen)
{
	/* In the last column the cursor would hang between two lines. */
	unsigned columns = terminal_columns(&screen->terminal) - 1;

	if (!terminal_is_ours(&screen->terminal))
		return;
	text_add(&screen->text, "\r");
	add_bar(screen, columns, true);
	text_add(&screen->text, "\033[J\r");
	screen->drawn = true;
}

void screen_redraw(struct screen *screen)
{
	if (screen->show != SCREEN_BAR || screen->shown <= 0)
		return;
	draw(screen);
	flush(screen);
}

bool screen_is_time(double elapsed, double shown)
{
	return elapsed - shown >= (elapsed < LINE_MINUTE ? LINE_INTERVAL : LINE_INTERVAL_2);
}

static bool is_time(const struct screen *screen, double elapsed)
{
	if (screen->show == SCREEN_LINES)
		return screen_is_time(elapsed, screen->shown);
	return elapsed - screen->shown >= (screen->shown > 0 ? BAR_INTERVAL : BAR_FIRST);
}

void screen_update(struct screen *screen, const struct br_batch_progress *progress)
{
	if (screen->show == SCREEN_NOTHING || !is_time(screen, progress->elapsed))
		return;
	screen->shown = progress->elapsed;
	screen->progress = *progress;
	rate_update(&screen->rate, progress);
	if (screen->show == SCREEN_BAR) {
		draw(screen);
	} else {
		add_bar(screen, UINT_MAX, false);
		text_add(&screen->text, "\n");
	}
	flush(screen);
}

void screen_erase(struct screen *screen)
{
	if (!screen->drawn)
		return;
	text_add(&screen->text, ERASE);
	screen->drawn = false;
	flush(screen);
}

void screen_end(struct screen *screen)
{
	screen_erase(screen);
	screen->show = SCREEN_NOTHING;
}

struct text *screen_begin(struct screen *screen)
{
	text_clear(&screen->text);
	if (screen->drawn)
		text_add(&screen->text, ERASE);
	return &screen->text;
}

void screen_message(struct screen *screen)
{
	if (screen->drawn)
		draw(screen);
	flush(screen);
}
