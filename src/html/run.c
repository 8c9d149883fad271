/* run.c - see run.h. */
#include "html/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "html/chart_parts.h"
#include "html/charts.h"
#include "html/conditions.h"

#define TITLE_MAX 160

static uint64_t failed_count(const struct figures *figures)
{
	return figures->count[BR_BATCH_FAILED] + figures->count[BR_BATCH_CRASHED] +
	       figures->count[BR_BATCH_TIMEOUT];
}

static uint64_t all_count(const struct figures *figures)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < BR_BATCH_STATUSES; i++)
		all += figures->count[i];
	return all;
}

static double seconds_of(const struct html_run *run)
{
	return fmax(run->seconds > 0 ? run->seconds : figures_now(run->figures), 1e-6);
}

/* --- head --------------------------------------------------------------------------------------
 */

static void add_head(struct text *page, const struct html_run *run)
{
	const struct figures *figures = run->figures;
	const uint64_t made = figures->count[BR_BATCH_OK];
	struct tm local = {0};
	char title[TITLE_MAX], below[TITLE_MAX];

	(void)localtime_r(&run->begun, &local);
	(void)snprintf(title, sizeof(title), "%s image%s resized in %s", say_count(made).text,
	               made == 1 ? "" : "s", say_seconds(seconds_of(run)).text);
	if (strftime(below, sizeof(below), "Begun on %A, %e %B %Y at %H:%M:%S (UTC%z)", &local) ==
	    0)
		below[0] = '\0';
	html_begin(page, "report", title, below);
}

static void add_status(struct text *page, const struct html_run *run)
{
	const uint64_t failed = failed_count(run->figures);
	const char *class = "good", *sign = "\xE2\x9C\x93"; /* a check mark */
	char words[TITLE_MAX] = "Nothing failed";

	if (failed > 0) {
		class = "bad";
		sign = "\xE2\x9C\x97"; /* a cross */
		(void)snprintf(words, sizeof(words), "%s failed", say_count(failed).text);
	}
	if (run->ending) {
		class = failed > 0 ? "bad" : "warn";
		sign = "\xE2\x96\xA0"; /* a square */
	} else if (run->goes_on) {
		sign = "\xE2\x80\xA6";
	}
	text_addf(page, "<p class=\"status %s\"><span aria-hidden=\"true\">%s</span> ", class,
	          sign);
	html_add(page, words);
	if (run->ending) {
		text_add(page, "; ");
		html_add(page, run->ending);
	} else if (run->goes_on) {
		text_add(page, "; the run goes on");
	}
	text_add(page, "</p>\n");
}

static void add_facts(struct text *page, const struct html_run *run)
{
	const struct figures *figures = run->figures;
	const double seconds = seconds_of(run);
	const double in = (double)figures->bytes_in, out = (double)figures->bytes_out;
	const uint64_t all = all_count(figures), failed = failed_count(figures);
	const uint64_t skipped = figures->count[BR_BATCH_SKIPPED];
	const uint64_t done = figures->count[BR_BATCH_OK] + skipped + failed;
	unsigned workers;
	const double busy = figures_busy(figures, &workers);
	const double hours = fmax(figures->last, 1e-6) * (workers > 0 ? workers : 1);
	const struct chart_words made = say_count(figures->count[BR_BATCH_OK]),
				 whole = say_count(all), rate = say_rate((double)done / seconds),
				 bytes_rate = say_size(in / seconds), time = say_seconds(seconds),
				 saved = say_size(in - out),
				 part = say_share(in > 0 ? 1 - out / in : 0), before = say_size(in),
				 after = say_size(out), bad = say_count(failed),
				 idle = say_count(skipped), used = say_share(fmin(1, busy / hours));
	char of[WORDS_MAX * 2], speed[WORDS_MAX], read[WORDS_MAX * 2], how[WORDS_MAX * 4],
	    beside[WORDS_MAX * 2], by[WORDS_MAX];

	(void)snprintf(of, sizeof(of), "of %s", whole.text);
	(void)snprintf(speed, sizeof(speed), "%.40s/s", rate.text);
	(void)snprintf(read, sizeof(read), "%s of sources a second", bytes_rate.text);
	(void)snprintf(how, sizeof(how), "%s: %s became %s", part.text, before.text, after.text);
	(void)snprintf(beside, sizeof(beside), "%s skipped", idle.text);
	(void)snprintf(by, sizeof(by), "%u worker%s", workers, workers == 1 ? "" : "s");
	const struct html_fact facts[] = {
	    {"Made", made.text, of},         {"Failed", bad.text, beside},
	    {"Time", time.text, NULL},       {"Images", speed, read},
	    {"Workers busy", used.text, by}, {"Bytes saved", saved.text, how}};

	html_facts(page, facts, sizeof(facts) / sizeof(facts[0]));
}

/* --- outcome -----------------------------------------------------------------------------------
 */

static void add_outcome(struct text *page, const struct html_run *run)
{
	static const struct html_column column[] = {
	    {"Images", false}, {"Number", true}, {"Share", true}};
	const struct figures *figures = run->figures;
	const uint64_t all = all_count(figures);

	html_section(page, "outcome", "What became of them", run->summary);
	html_table_begin(page, "outcome-figures", "Images by what became of them", column, 3);
	for (unsigned i = 0; i < BR_BATCH_STATUSES; i++) {
		const double part = all > 0 ? (double)figures->count[i] / (double)all : 0;
		const struct chart_words count = say_count(figures->count[i]),
					 share = say_share(part);
		const struct html_cell cell[] = {HTML_WORDS(br_batch_status_name(i)),
		                                 figure(&count, (double)figures->count[i]),
		                                 figure(&share, part)};

		if (i != BR_BATCH_PLANNED)
			chart_row(page, column, cell, 3);
	}
	html_table_end(page);
	html_section_end(page);
}

/* --- failures ----------------------------------------------------------------------------------
 */

/* Images by a code: why they failed, or were skipped. */
static void add_codes(struct text *page, const char *id, const char *caption,
                      const uint64_t count[BR_ERROR_CODES])
{
	static const struct html_column column[] = {{"Reason", false}, {"Images", true}};

	html_table_begin(page, id, caption, column, 2);
	for (unsigned i = 0; i < BR_ERROR_CODES; i++) {
		const struct chart_words words = say_count(count[i]);
		const struct html_cell cell[] = {HTML_WORDS(br_error_code_name(i)),
		                                 figure(&words, (double)count[i])};

		if (count[i] > 0)
			chart_row(page, column, cell, 2);
	}
	html_table_end(page);
}

static void add_failures(struct text *page, const struct html_run *run)
{
	static const struct html_column column[] = {{"Image or directory", false},
	                                            {"Status", false},
	                                            {"Code", false},
	                                            {"Why, and what to do", false}};
	const struct figures *figures = run->figures;
	char caption[TITLE_MAX];
	uint64_t failed = 0;

	for (unsigned i = 0; i < BR_ERROR_CODES; i++)
		failed += figures->code[i];
	if (failed == 0)
		return;
	(void)snprintf(caption, sizeof(caption), "The first %u of %s that failed",
	               figures->failures, say_count(failed).text);
	html_section(page, "failures", "What failed", NULL);
	add_codes(page, "failures-codes", "Why images, and directories, failed", figures->code);
	html_table_begin(page, "failures-list",
	                 failed > figures->failures ? caption : "All that failed", column, 4);
	for (unsigned i = 0; i < figures->failures; i++) {
		const struct figures_failure *failure = &figures->failure[i];
		const struct html_cell cell[] = {
		    HTML_WORDS(failure->source), HTML_WORDS(br_batch_status_name(failure->status)),
		    HTML_WORDS(br_error_code_name(failure->error.code)),
		    HTML_WORDS(failure->error.msg)};

		chart_row(page, column, cell, 4);
	}
	html_table_end(page);
	html_section_end(page);
}

static void add_skipped(struct text *page, const struct html_run *run)
{
	if (run->figures->count[BR_BATCH_SKIPPED] == 0)
		return;
	html_section(page, "skipped", "What was skipped", NULL);
	add_codes(page, "skipped-codes", "Why images were skipped", run->figures->skipped_code);
	html_section_end(page);
}

/* --- formats, the slowest ----------------------------------------------------------------------
 */

static void add_format(struct text *page, const struct html_column *column,
                       enum br_image_format format, const struct figures_format *of)
{
	const double in = (double)of->bytes_in, out = (double)of->bytes_out;
	const double part = in > 0 ? 1 - out / in : 0;
	const struct chart_words images = say_count(of->images), made = say_count(of->made),
				 failed = say_count(of->failed), skipped = say_count(of->skipped),
				 before = say_size(in), after = say_size(out),
				 saved = say_share(part), time = say_ms(of->ms);
	const struct html_cell cell[] = {HTML_WORDS(format == BR_IMAGE_FORMAT_UNKNOWN
	                                                ? "unknown"
	                                                : br_image_format_name(format)),
	                                 figure(&images, (double)of->images),
	                                 figure(&made, (double)of->made),
	                                 figure(&failed, (double)of->failed),
	                                 figure(&skipped, (double)of->skipped),
	                                 figure(&before, in),
	                                 figure(&after, out),
	                                 figure(&saved, part),
	                                 figure(&time, of->ms)};

	chart_row(page, column, cell, 9);
}

static void add_formats(struct text *page, const struct html_run *run)
{
	static const struct html_column column[] = {
	    {"Format", false}, {"Images", true},  {"Made", true},
	    {"Failed", true},  {"Skipped", true}, {"Before", true},
	    {"After", true},   {"Saved", true},   {"Time", true}};
	struct html_bar bar[BR_IMAGE_FORMATS];
	struct chart_words words[BR_IMAGE_FORMATS];
	size_t bars = 0;

	html_section(page, "formats", "By format",
	             "Of the source, by its content; bytes are those of images that were made.");
	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++) {
		const struct figures_format *format = &run->figures->format[i];

		if (!(format->ms > 0))
			continue;
		words[bars] = say_ms(format->ms);
		bar[bars] = (struct html_bar){
		    .label = i == BR_IMAGE_FORMAT_UNKNOWN ? "unknown" : br_image_format_name(i),
		    .text = words[bars].text,
		    .value = format->ms};
		bars++;
	}
	if (bars > 0)
		html_bars(page, &(struct html_bars){.id = "formats-time",
		                                    .title = "Time of all stages",
		                                    .bar = bar,
		                                    .count = bars});
	html_table_begin(page, "formats-figures", "Images by format", column, 9);
	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++)
		if (run->figures->format[i].images > 0)
			add_format(page, column, i, &run->figures->format[i]);
	html_table_end(page);
	html_section_end(page);
}

static void add_slow(struct text *page, const struct html_column *column,
                     const struct figures_slow *slow)
{
	char pixels[WORDS_MAX];
	const struct chart_words time = say_ms(slow->ms), size = say_size((double)slow->bytes_in);
	struct chart_words stage[FIGURES_STAGES];
	struct html_cell cell[4 + FIGURES_STAGES];

	(void)snprintf(pixels, sizeof(pixels), "%u\xC3\x97%u", slow->width, slow->height);
	cell[0] = (struct html_cell)HTML_WORDS(slow->source ? slow->source : "");
	cell[1] = figure(&time, slow->ms);
	for (unsigned i = 0; i < FIGURES_STAGES; i++) {
		stage[i] = say_ms(slow->stage_ms[i]);
		cell[2 + i] = figure(&stage[i], slow->stage_ms[i]);
	}
	cell[2 + FIGURES_STAGES] = (struct html_cell)HTML_WORDS(slow->width > 0 ? pixels : "");
	cell[3 + FIGURES_STAGES] = figure(&size, (double)slow->bytes_in);
	chart_row(page, column, cell, 4 + FIGURES_STAGES);
}

static void add_slowest(struct text *page, const struct html_run *run)
{
	static const struct html_column column[] = {
	    {"Image", false},  {"Time", true},   {"Read", true},
	    {"Decode", true},  {"Resize", true}, {"Encode", true},
	    {"Publish", true}, {"Pixels", true}, {"Bytes", true}};
	const struct figures *figures = run->figures;

	if (figures->slows == 0)
		return;
	html_section(page, "slowest", "The slowest", "Those whose stages took longest together.");
	html_table_begin(page, "slowest-figures", "The slowest twenty at most", column, 9);
	for (unsigned i = 0; i < figures->slows; i++)
		add_slow(page, column, &figures->slow[i]);
	html_table_end(page);
	html_section_end(page);
}

/* --- what was made -----------------------------------------------------------------------------
 */

static void add_notes(struct text *page, const struct figures *figures)
{
	static const struct html_column column[] = {{"Note", false}, {"Images", true}};
	uint64_t noted = 0;

	for (unsigned i = 0; i < BR_IMAGE_NOTES; i++)
		noted += figures->note[i];
	if (noted == 0)
		return;
	html_table_begin(page, "notes", "What is worth knowing of those made", column, 2);
	for (unsigned i = 0; i < BR_IMAGE_NOTES; i++) {
		const struct chart_words count = say_count(figures->note[i]);
		const struct html_cell cell[] = {HTML_WORDS(br_image_note_name(1U << i)),
		                                 figure(&count, (double)figures->note[i])};

		if (figures->note[i] > 0)
			chart_row(page, column, cell, 2);
	}
	html_table_end(page);
}

static void add_thumb(struct text *page, const struct figures_sample *sample,
                      const struct thumb *thumb)
{
	text_addf(page, "<li><div><img alt=\"\" loading=\"lazy\" src=\"data:image/%s;base64,",
	          br_image_format_name(thumb->format));
	text_add_base64(page, thumb->bytes.data, thumb->bytes.size);
	text_add(page, "\"></div><span>");
	html_add_path(page, sample->output);
	text_addf(page, "<br>%u\xC3\x97%u, %s</span></li>\n", sample->width, sample->height,
	          say_size((double)sample->bytes).text);
}

static void add_made(struct text *page, const struct html_run *run)
{
	const struct figures *figures = run->figures;
	unsigned shown = 0;

	if (figures->count[BR_BATCH_OK] == 0)
		return;
	for (unsigned i = 0; i < figures->samples && run->thumbs; i++)
		shown += run->thumbs->thumb[i].bytes.size > 0;
	html_section(page, "made", "What was made",
	             shown > 0 ? "Some of the outputs, spread evenly over the run." : NULL);
	if (shown > 0) {
		text_add(page, "<ul class=\"thumbs\">\n");
		for (unsigned i = 0; i < figures->samples; i++)
			if (run->thumbs->thumb[i].bytes.size > 0)
				add_thumb(page, &figures->sample[i], &run->thumbs->thumb[i]);
		text_add(page, "</ul>\n");
	}
	add_notes(page, figures);
	html_section_end(page);
}

/* --- time --------------------------------------------------------------------------------------
 */

static void add_time(struct text *page, const struct html_run *run)
{
	const struct figures *figures = run->figures;
	const double seconds = fmax(figures->last, 1e-6);

	html_section(page, "throughput", "Throughput", NULL);
	charts_throughput(page, figures, seconds);
	html_section_end(page);
	html_section(
	    page, "workers", "Who did what",
	    figures->too_many
		? "A lane for each worker. How high it is filled says which part of that "
		  "moment the worker was busy; the rest is waiting."
		: "A lane for each worker, and what it did with each image; what is empty "
		  "is waiting. A bar as high as its lane: the worker was lost with the image.");
	charts_lanes(page, figures, seconds);
	html_section_end(page);
	html_section(page, "stages", "Time by stage", NULL);
	charts_stages(page, figures);
	html_section_end(page);
}

/* The mode that most images were made in. */
static enum br_executor_mode mode_of(const struct html_run *run)
{
	const uint64_t *way = run->figures->way;
	enum br_executor_mode most = 0;

	for (unsigned i = 1; i < BR_EXECUTOR_MODES; i++)
		if (way[i] > way[most])
			most = i;
	return way[most] > 0 ? most : run->options->mode;
}

/* Where the run went on the flow chart, and how its own figures answer the questions. */
static void add_way(struct text *page, const struct html_run *run)
{
	const struct figures_stage *stage = run->figures->stage;
	const enum br_executor_mode mode = mode_of(run);
	const double computing =
	    stage[FIGURES_DECODE].ms + stage[FIGURES_RESIZE].ms + stage[FIGURES_ENCODE].ms;
	const double all = computing + stage[FIGURES_READ].ms + stage[FIGURES_PUBLISH].ms;
	char computes[WORDS_MAX + 16], waits[WORDS_MAX + 16], how[WORDS_MAX];
	struct html_flow flow = {.id = "way-chart", .way = HTML_WAY_PROCESSES};

	(void)snprintf(computes, sizeof(computes), "%s of the time",
	               say_share(all > 0 ? computing / all : 0).text);
	(void)snprintf(waits, sizeof(waits), "%s of the time",
	               say_share(all > 0 ? 1 - computing / all : 0).text);
	(void)snprintf(how, sizeof(how), "--mode=%s", br_executor_mode_name(mode));
	if (all > 0) {
		flow.computing = computes;
		flow.waiting = waits;
	}
	if (mode == BR_EXECUTOR_THREAD)
		flow.way = HTML_WAY_THREADS;
	else if (mode == BR_EXECUTOR_SERIAL)
		flow.way = HTML_WAY_NO_POOL;
	else
		flow.processes = how;
	if (mode == BR_EXECUTOR_THREAD)
		flow.threads = how;
	html_section(
	    page, "way", "The way it took",
	    "How to choose a pool, and where this run went. Computing is decoding, resizing "
	    "and encoding; waiting is reading and publishing.");
	html_flow(page, &flow);
	html_section_end(page);
}

void html_run_add(struct text *page, const struct html_run *run)
{
	add_head(page, run);
	add_status(page, run);
	add_facts(page, run);
	add_failures(page, run);
	if (all_count(run->figures) > 0) {
		add_time(page, run);
		add_formats(page, run);
		add_slowest(page, run);
		add_made(page, run);
	}
	add_skipped(page, run);
	add_outcome(page, run);
	add_way(page, run);
	html_section(page, "conditions", "What was asked, and of what machine", NULL);
	conditions_add(page, run);
	html_section_end(page);
	html_end(page);
}
