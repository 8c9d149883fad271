/* charts.c - throughput and stages: see charts.h. */
#include "html/charts.h"

#include <math.h>

#include "html/chart_parts.h"

/* Points of a curve, and images that each should have at least, so that it is no noise. */
#define POINTS_MAX   120
#define POINTS_MIN   8
#define POINT_IMAGES 8

/* --- throughput --------------------------------------------------------------------------------
 */

struct point {
	double begin, end; /* seconds */
	uint64_t images, bytes;
};

/* The run seldom ends with a point: what is left says little of its own. Returns how many there are
 * then. */
static unsigned join_end(struct point *point, unsigned points)
{
	if (points < 2)
		return points;
	const struct point *last = &point[points - 1];
	struct point *before = &point[points - 2];

	if (last->end - last->begin >= (before->end - before->begin) / 2)
		return points;
	before->end = last->end;
	before->images += last->images;
	before->bytes += last->bytes;
	return points - 1;
}

/* Puts buckets together. Returns how many points there are. */
static unsigned take_points(const struct figures *figures, double seconds,
                            struct point point[FIGURES_BUCKETS])
{
	unsigned used = 0, wanted, each;
	uint64_t images = 0;

	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		const struct figures_bucket *bucket = &figures->bucket[i];
		const uint64_t here = bucket->made + bucket->skipped + bucket->failed;

		images += here;
		used = here > 0 || i * figures->width < seconds ? i + 1 : used;
	}
	wanted =
	    images / POINT_IMAGES > POINTS_MAX ? POINTS_MAX : (unsigned)(images / POINT_IMAGES);
	wanted = wanted < POINTS_MIN ? POINTS_MIN : wanted;
	each = (used + wanted - 1) / wanted;
	for (unsigned i = 0; i < used; i++) {
		const struct figures_bucket *bucket = &figures->bucket[i];
		struct point *to = &point[i / each];

		if (i % each == 0)
			*to = (struct point){.begin = i * figures->width};
		to->end = fmax(fmin((i + 1) * figures->width, seconds), to->begin + 1e-6);
		to->images += bucket->made + bucket->skipped + bucket->failed;
		to->bytes += bucket->bytes_in;
	}
	return join_end(point, used > 0 ? (used + each - 1) / each : 0);
}

static double rate_of(const struct point *point, bool bytes)
{
	return (double)(bytes ? point->bytes : point->images) / (point->end - point->begin);
}

/* The least number that is no smaller, and that is easily read as its half is. */
static double round_up(double value)
{
	static const double steps[] = {1, 2, 3, 4, 5, 6, 8};
	const double power = pow(10, floor(log10(value > 1e-9 ? value : 1)));

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (value <= steps[i] * power)
			return steps[i] * power;
	return 10 * power;
}

static void add_y_axis(struct text *page, double most, bool bytes)
{
	text_add(page, "<div class=\"y\" aria-hidden=\"true\">");
	for (int i = 2; i >= 0; i--) {
		const struct chart_words words =
		    bytes ? say_size(most * i / 2) : say_mark(most * i / 2);

		text_add(page, "<span>");
		html_add(page, i == 0 ? "0" : words.text);
		text_add(page, i == 0 ? "</span>" : "/s</span>");
	}
	text_add(page, "</div>");
}

/* A curve of steps: 1000 units wide, 100 high. */
static void add_steps(struct text *page, const struct point *point, unsigned points, double seconds,
                      double most, bool bytes)
{
	text_add(page, "M0 100");
	for (unsigned i = 0; i < points; i++) {
		text_add(page, "V");
		html_add_number(page, 100 - 100 * rate_of(&point[i], bytes) / most);
		text_add(page, "H");
		html_add_number(page, fmin(1000, 1000 * point[i].end / seconds));
	}
}

static void add_plot(struct text *page, const struct point *point, unsigned points, double seconds,
                     bool bytes)
{
	const char *title = bytes ? "Bytes of sources a second" : "Images a second";
	double top = 0, most;

	for (unsigned i = 0; i < points; i++)
		top = fmax(top, rate_of(&point[i], bytes));
	most = round_up(top);
	text_addf(page, "<figure class=\"chart\"><figcaption>%s</figcaption>\n<div class=\"plot\">",
	          title);
	add_y_axis(page, most, bytes);
	text_addf(page,
	          "<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" "
	          "aria-label=\"%s over time: at most ",
	          title);
	html_add(page, (bytes ? say_size(top) : say_rate(top)).text);
	text_add(page, "\"><path class=\"grid\" d=\"M0 50H1000M250 0V100M500 0V100M750 0V100\"/>"
	               "<path class=\"area\" d=\"");
	add_steps(page, point, points, seconds, most, bytes);
	text_add(page, "V100Z\"/><path class=\"line\" d=\"");
	add_steps(page, point, points, seconds, most, bytes);
	text_add(page, "\"/></svg>\n");
	chart_time_axis(page, seconds);
	text_add(page, "</div></figure>\n");
}

static void add_points_table(struct text *page, const struct point *point, unsigned points)
{
	static const struct html_column column[] = {{"From", true},
	                                            {"Images", true},
	                                            {"Images/s", true},
	                                            {"Bytes of sources", true},
	                                            {"Bytes/s", true}};

	html_details(page, "These figures as a table");
	html_table_begin(page, "throughput-figures",
	                 "Images by when they ended, and the bytes of sources that were made",
	                 column, 5);
	for (unsigned i = 0; i < points; i++) {
		const double images = rate_of(&point[i], false), bytes = rate_of(&point[i], true);
		const struct chart_words from = say_seconds(point[i].begin),
					 count = say_count(point[i].images),
					 rate = say_rate(images),
					 size = say_size((double)point[i].bytes),
					 size_rate = say_size(bytes);
		const struct html_cell cell[] = {
		    figure(&from, point[i].begin), figure(&count, (double)point[i].images),
		    figure(&rate, images), figure(&size, (double)point[i].bytes),
		    figure(&size_rate, bytes)};

		chart_row(page, column, cell, 5);
	}
	html_table_end(page);
	html_details_end(page);
}

void charts_throughput(struct text *page, const struct figures *figures, double seconds)
{
	struct point point[FIGURES_BUCKETS] = {0};
	const unsigned points = take_points(figures, seconds, point);

	add_plot(page, point, points, seconds, false);
	add_plot(page, point, points, seconds, true);
	add_points_table(page, point, points);
}

/* --- stages ------------------------------------------------------------------------------------
 */

static void add_stage_bar(struct text *page, const struct figures *figures, double sum)
{
	double at = 0;

	text_add(page, "<figure class=\"stack\"><svg viewBox=\"0 0 100 10\" "
	               "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Time by stage:");
	for (unsigned i = 0; i < FIGURES_STAGES; i++) {
		const struct chart_words share = say_share(figures->stage[i].ms / sum);

		text_addf(page, "%s %s %s", i > 0 ? "," : "", figures_part_name(i), share.text);
	}
	text_add(page, "\">");
	for (unsigned i = 0; i < FIGURES_STAGES; i++) {
		const double width = 100 * figures->stage[i].ms / sum;

		text_addf(page, "<rect class=\"s%u\" x=\"", i);
		html_add_number(page, at);
		text_add(page, "\" width=\"");
		html_add_number(page, width);
		text_addf(page, "\" height=\"10\"><title>%s %s</title></rect>",
		          figures_part_name(i), say_share(width / 100).text);
		at += width;
	}
	text_add(page, "</svg>\n");
	chart_legend(page, (1U << FIGURES_STAGES) - 1, false);
	text_add(page, "</figure>\n");
}

void charts_stages(struct text *page, const struct figures *figures)
{
	static const struct html_column column[] = {{"Stage", false}, {"Time", true},
	                                            {"Share", true},  {"Images", true},
	                                            {"Median", true}, {"99 % within", true}};
	double sum = 0;

	for (unsigned i = 0; i < FIGURES_STAGES; i++)
		sum += figures->stage[i].ms;
	if (sum > 0)
		add_stage_bar(page, figures, sum);
	html_table_begin(page, "stages-figures", "Time of all workers and I/O threads", column, 6);
	for (unsigned i = 0; i < FIGURES_STAGES; i++) {
		const struct figures_stage *stage = &figures->stage[i];
		const double part = sum > 0 ? stage->ms / sum : 0;
		const double median = figures_quantile(stage, 0.5);
		const double most = figures_quantile(stage, 0.99);
		const struct chart_words time = say_ms(stage->ms), share = say_share(part),
					 count = say_count(stage->count), half = say_ms(median),
					 nearly = say_ms(most);
		const struct html_cell cell[] = {HTML_WORDS(figures_part_name(i)),
		                                 figure(&time, stage->ms),
		                                 figure(&share, part),
		                                 figure(&count, (double)stage->count),
		                                 figure(&half, median),
		                                 figure(&nearly, most)};

		chart_row(page, column, cell, 6);
	}
	html_table_end(page);
}
