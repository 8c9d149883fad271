/* page.c - see page.h. */
#include "report/page.h"

#include <stdlib.h>

#include "html/run.h"

/* Seconds between two pages of a run that goes on. */
#define REFRESH_SECONDS 10

int page_open(struct page *page, const struct report_options *options, struct br_error *error)
{
	*page = (struct page){.options = options, .figures = figures_new()};
	if (!page->figures)
		return br_error_set(error, BR_ERROR_MEMORY, "no memory for the page of --html");
	return html_file_open(&page->file, options->html, error);
}

void page_start(struct page *page, const struct br_batch_options *batch)
{
	if (!page->figures)
		return;
	page->started = true;
	page->batch = *batch;
	page->file.fsync = batch->fsync;
	page->begun = time(NULL);
	figures_begin(page->figures);
}

void page_add(struct page *page, const struct br_batch_record *record)
{
	if (!page->figures)
		return;
	page->added++;
	figures_add(page->figures, record);
}

void page_add_unread(struct page *page, const struct br_batch_record *record)
{
	if (page->figures)
		figures_add_unread(page->figures, record);
}

/* The options that were given, as a list to be freed; NULL without memory, or if there are none. */
static struct html_fact *settings_of(const struct report_options *options)
{
	struct html_fact *facts = calloc(options->settings + 1, sizeof(*facts));

	for (size_t i = 0; facts && i < options->settings; i++)
		facts[i] = (struct html_fact){options->setting[i].name, options->setting[i].value,
		                              options->setting[i].origin};
	return facts;
}

static int publish(struct page *page, const struct page_end *end, struct br_error *error)
{
	const struct br_batch_outcome *outcome = end->outcome;
	struct html_fact *settings = settings_of(page->options);
	struct thumbs *thumbs =
	    thumbs_new(page->figures, &page->batch, outcome && outcome->left_behind == 0);
	const struct html_run run = {
	    .figures = page->figures,
	    .thumbs = thumbs,
	    .options = &page->batch,
	    .setting = settings,
	    .settings = settings ? page->options->settings : 0,
	    .summary = end->summary,
	    .ending = end->ending,
	    .begun = page->begun,
	    .seconds = outcome ? outcome->progress.elapsed : 0,
	    .workers = outcome ? outcome->workers : 0,
	    .io_threads = outcome ? outcome->stats.io_threads : 0,
	    .walls = outcome ? outcome->stats.walls : 0,
	    .goes_on = !outcome,
	};
	struct text text = TEXT_EMPTY;

	html_run_add(&text, &run);
	page->stays = page->stays || (thumbs && thumbs->left_behind > 0);
	thumbs_free(thumbs);
	free(settings);
	const int status = html_file_publish(&page->file, &text, error);

	text_release(&text);
	page->published = page->added;
	page->refreshed = figures_now(page->figures);
	return status;
}

int page_publish(struct page *page, const struct page_end *end, struct br_error *error)
{
	if (!page->started)
		return 0;
	return publish(page, end, error);
}

int page_refresh(struct page *page, struct br_error *error)
{
	if (!page->started || page->published == page->added ||
	    (page->published > 0 && figures_now(page->figures) < page->refreshed + REFRESH_SECONDS))
		return 0;
	return publish(page, &(struct page_end){0}, error);
}

void page_release(struct page *page)
{
	if (!page->stays)
		figures_free(page->figures);
	page->figures = NULL;
}
