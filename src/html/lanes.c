/* lanes.c - who did what: see charts.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "html/chart_parts.h"
#include "html/charts.h"

/* More workers than that share lanes. */
#define LANES_MAX 32

/* One lane: the workers from `first` on. */
struct group {
	unsigned first, count;
	bool many;      /* lanes are of several workers */
	double seconds; /* of the run */
	struct figures_lane sum;
};

static unsigned count_workers(const struct figures *figures)
{
	unsigned workers = FIGURES_WORKERS;

	while (workers > 0 && !figures->lane[workers - 1])
		workers--;
	return workers;
}

static void add_lane(struct figures_lane *sum, const struct figures_lane *lane)
{
	sum->images += lane->images;
	sum->lost += lane->lost;
	for (unsigned p = 0; p < FIGURES_PARTS; p++)
		sum->seconds[p] += lane->seconds[p];
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++)
		for (unsigned p = 0; p < FIGURES_PARTS; p++)
			sum->busy[i][p] += lane->busy[i][p];
}

static void gather(struct group *group, const struct figures *figures)
{
	memset(&group->sum, 0, sizeof(group->sum));
	for (unsigned i = group->first; i < group->first + group->count; i++)
		if (figures->lane[i])
			add_lane(&group->sum, figures->lane[i]);
}

static double busy_seconds(const struct figures_lane *lane)
{
	double sum = 0;

	for (unsigned p = 0; p < FIGURES_PARTS; p++)
		sum += lane->seconds[p];
	return sum;
}

static double busy_part(const struct group *group)
{
	return fmin(1, busy_seconds(&group->sum) / (group->seconds * group->count));
}

static struct chart_words name_of(const struct group *group)
{
	struct chart_words words;

	if (group->many)
		(void)snprintf(words.text, sizeof(words.text), "%u\xE2\x80\x93%u", group->first,
		               group->first + group->count - 1);
	else
		(void)snprintf(words.text, sizeof(words.text), "%u", group->first);
	return words;
}

/* --- drawing -----------------------------------------------------------------------------------
 */

/* A worker that was lost fills the lane's height, whatever its colour looks like. */
static void add_job(struct text *page, const struct figures_job *job, double seconds)
{
	text_add(page, "<g><title>");
	html_add_path(page, job->source);
	text_addf(page, ": %s", br_batch_status_name(job->status));
	for (unsigned i = 0; i < job->bars; i++)
		text_addf(page, ", %s %s", figures_part_name(job->bar[i].part),
		          say_ms(1e3 * (job->bar[i].end - job->bar[i].begin)).text);
	text_add(page, "</title>");
	for (unsigned i = 0; i < job->bars; i++) {
		const struct figures_bar *bar = &job->bar[i];
		const bool lost = bar->part == FIGURES_LOST;

		text_addf(page, "<path class=\"s%u\" d=\"M", bar->part);
		html_add_number(page, 1000 * bar->begin / seconds);
		text_add(page, lost ? " 0H" : " 12H");
		html_add_number(page, 1000 * bar->end / seconds);
		text_add(page, lost ? "V100H" : "V88H");
		html_add_number(page, 1000 * bar->begin / seconds);
		text_add(page, "Z\"/>");
	}
	text_add(page, "</g>");
}

static void add_jobs(struct text *page, const struct figures *figures, const struct group *group)
{
	for (unsigned i = 0; i < figures->jobs; i++) {
		const struct figures_job *job = &figures->job[i];

		if (job->worker - group->first < group->count)
			add_job(page, job, group->seconds);
	}
}

/* How high parts up to `top` stand in a bucket, of 100. */
static int height_of(const struct group *group, const struct figures *figures, unsigned bucket,
                     unsigned top)
{
	double sum = 0;

	for (unsigned p = 0; p <= top; p++)
		sum += (double)group->sum.busy[bucket][p];
	return (int)lround(fmin(100, 100 * sum / (figures->width * group->count)));
}

/* All parts up to `top`, as one shape: what lies below it is drawn over it. */
static void add_shape(struct text *page, const struct figures *figures, const struct group *group,
                      unsigned top, unsigned used)
{
	int at = 0;

	text_addf(page, "<path class=\"s%u\" d=\"M0 100", top);
	for (unsigned i = 0; i < used; i++) {
		const int height = height_of(group, figures, i, top);

		if (height != at)
			text_addf(page, "H%uV%d", i, 100 - height);
		at = height;
	}
	text_addf(page, "H%uV100Z\"/>", used);
}

static void add_shapes(struct text *page, const struct figures *figures, const struct group *group,
                       unsigned used)
{
	for (unsigned top = FIGURES_PARTS; top-- > 0;)
		if (group->sum.seconds[top] > 0)
			add_shape(page, figures, group, top, used);
}

/* Buckets that the run reaches into. */
static unsigned used_buckets(const struct figures *figures, double seconds)
{
	const double used = ceil(seconds / figures->width);

	return used < 1 ? 1 : used < FIGURES_BUCKETS ? (unsigned)used : FIGURES_BUCKETS;
}

static void draw_lane(struct text *page, const struct figures *figures, const struct group *group)
{
	const unsigned used = used_buckets(figures, group->seconds);
	const struct chart_words name = name_of(group);

	text_addf(page, "<span>worker%s %s</span><svg viewBox=\"0 0 ", group->many ? "s" : "",
	          name.text);
	/* the last bucket may reach beyond the run's end */
	html_add_number(page, figures->too_many ? group->seconds / figures->width : 1000);
	text_addf(page,
	          " 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Worker %s: %s "
	          "images, busy %s\">",
	          name.text, say_count(group->sum.images).text, say_share(busy_part(group)).text);
	if (figures->too_many)
		add_shapes(page, figures, group, used);
	else
		add_jobs(page, figures, group);
	text_add(page, "</svg>\n");
}

/* How many I/O threads were at work at once, on the mean of a bucket. */
static void draw_io(struct text *page, const struct figures *figures, double seconds)
{
	const unsigned used = used_buckets(figures, seconds);
	double most = 0;

	for (unsigned i = 0; i < used; i++)
		most = fmax(most, (double)figures->io[i] / figures->width);
	text_add(page, "<span>I/O threads</span><svg viewBox=\"0 0 ");
	html_add_number(page, seconds / figures->width);
	text_addf(page,
	          " 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"I/O threads: up "
	          "to %.2f at work at once\"><path class=\"bar\" d=\"M0 100",
	          most);
	for (unsigned i = 0; i < used; i++)
		text_addf(page, "V%ldH%u",
		          100 - lround(most > 0
		                           ? 100 * (double)figures->io[i] / (figures->width * most)
		                           : 0),
		          i + 1);
	text_add(page, "V100Z\"/></svg>\n");
}

/* --- figures -----------------------------------------------------------------------------------
 */

static void add_lane_row(struct text *page, const struct html_column *column,
                         const struct group *group)
{
	const struct figures_lane *sum = &group->sum;
	const struct chart_words name = name_of(group);
	const double busy = busy_seconds(sum), part = busy_part(group);
	struct chart_words words[FIGURES_PARTS + 4];
	struct html_cell cell[FIGURES_PARTS + 4];
	unsigned count = 0;

	cell[count++] = (struct html_cell)HTML_WORDS(name.text);
	words[count] = say_count(sum->images);
	cell[count] = figure(&words[count], (double)sum->images);
	count++;
	words[count] = say_seconds(busy);
	cell[count] = figure(&words[count], busy);
	count++;
	for (unsigned p = 0; p < FIGURES_PARTS; p++, count++) {
		words[count] = say_seconds(sum->seconds[p]);
		cell[count] = figure(&words[count], sum->seconds[p]);
	}
	words[count] = say_share(1 - part);
	cell[count] = figure(&words[count], 1 - part);
	chart_row(page, column, cell, count + 1);
}

static void add_lanes_table(struct text *page, const struct figures *figures, struct group *group,
                            unsigned workers, unsigned each)
{
	static const struct html_column column[] = {
	    {"Worker", false}, {"Images", true}, {"Busy", true},   {"Read", true},
	    {"Decode", true},  {"Resize", true}, {"Encode", true}, {"Publish", true},
	    {"Lost", true},    {"Waiting", true}};

	html_details(page, "These figures as a table");
	html_table_begin(page, "lanes-figures", "Each worker's own time", column, 10);
	for (unsigned first = 0; first < workers; first += each) {
		group->first = first;
		group->count = workers - first < each ? workers - first : each;
		gather(group, figures);
		add_lane_row(page, column, group);
	}
	html_table_end(page);
	html_details_end(page);
}

void charts_lanes(struct text *page, const struct figures *figures, double seconds)
{
	const unsigned workers = count_workers(figures);
	const unsigned each = (workers + LANES_MAX - 1) / LANES_MAX;
	struct group group = {.seconds = fmax(seconds, 1e-6), .many = each > 1};
	unsigned parts = 0;

	text_addf(page, "<figure class=\"chart\"><div class=\"lanes%s\">\n",
	          workers <= 8 ? " few" : "");
	for (unsigned first = 0; first < workers; first += each) {
		group.first = first;
		group.count = workers - first < each ? workers - first : each;
		gather(&group, figures);
		draw_lane(page, figures, &group);
		for (unsigned p = 0; p < FIGURES_PARTS; p++)
			parts |= group.sum.seconds[p] > 0 ? 1U << p : 0;
	}
	if (figures->io_seconds > 0)
		draw_io(page, figures, group.seconds);
	chart_time_axis(page, group.seconds);
	text_add(page, "</div>\n");
	chart_legend(page, parts, true);
	text_add(page, "</figure>\n");
	if (workers > 0)
		add_lanes_table(page, figures, &group, workers, each);
}
