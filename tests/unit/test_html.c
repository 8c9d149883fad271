/* test_html.c - pages: escaping, figures that are gathered in bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "html/figures.h"
#include "html/html.h"
#include "html/run.h"
#include "records.h"

#define MS UINT64_C(1000000)

static void assert_text(struct text *text, const char *expected)
{
	assert_int_equal(text->status, 0);
	text_add_bytes(text, "", 1);
	assert_string_equal((const char *)text->bytes.data, expected);
	text_release(text);
}

static void test_markup_is_escaped(void **state)
{
	char markup[] = "<a href=\"x\">'&'</a>\n\x1b[2J\xff \xE2\x80* \xC3\xA4";
	struct text text = TEXT_EMPTY;

	(void)state;
	/* in place of the star: together with the two before it turns the direction of reading */
	markup[sizeof(markup) - 5] = '\xAE';
	html_add(&text, markup);
	assert_text(&text, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"
	                   "\\n\\x1b[2J\\xff \\u202E \xC3\xA4");
}

static void test_numbers_are_short(void **state)
{
	static const struct {
		double number;
		const char *text;
	} rows[] = {{0, "0"},         {-0.001, "0"},  {1, "1"},         {100, "100"},
	            {12.5, "12.5"},   {0.05, "0.05"}, {-3.25, "-3.25"}, {999.999, "1000"},
	            {1e6, "1000000"}, {0.0049, "0"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text text = TEXT_EMPTY;

		html_add_number(&text, rows[i].number);
		assert_text(&text, rows[i].text);
	}
}

/* No character is cut in two, wherever it lies. */
static void test_long_paths_lose_their_middle(void **state)
{
	char path[400], shown[400];

	(void)state;
	for (size_t before = 0; before < 8; before++) {
		struct text text = TEXT_EMPTY;

		memset(path, 'a', before);
		path[before] = '\0';
		for (size_t length = before; length < 300; length += 4)
			memcpy(path + length, "\xF0\x9F\x98\x80", 5);
		html_add_path(&text, path);
		assert_in_range(text.bytes.size, 190, 203);
		memcpy(shown, text.bytes.data, text.bytes.size);
		shown[text.bytes.size] = '\0';
		assert_true(text_is_utf8(shown));
		assert_non_null(strstr(shown, "\xE2\x80\xA6"));
		assert_null(strstr(shown, "\\x"));
		text_release(&text);
	}
}

static void test_a_marked_row_says_so(void **state)
{
	static const struct html_column column[] = {{"Mode", false}, {"Rate", true}};
	static const struct html_cell cell[] = {
	    {"process", NAN}, {"12/s", 12}, {"thread", NAN}, {NULL, NAN}};
	const struct html_table table = {.id = "t",
	                                 .caption = "Modes",
	                                 .column = column,
	                                 .columns = 2,
	                                 .cell = cell,
	                                 .rows = 2,
	                                 .marked = 0,
	                                 .mark = "chosen"};
	struct text text = TEXT_EMPTY;

	(void)state;
	html_table(&text, &table);
	text_add_bytes(&text, "", 1);
	const char *page = (const char *)text.bytes.data;

	assert_non_null(
	    strstr(page, "process <strong class=\"mark\">\xE2\x9C\x93 chosen</strong>"));
	assert_non_null(strstr(page, "<td class=\"n\"><data value=\"12\">12/s</data></td>"));
	assert_non_null(strstr(page, "<th scope=\"row\">thread</th><td class=\"n\"></td>"));
	text_release(&text);
}

/* Whichever end is reached, one box is ticked, and the drawing's title says which. */
static void test_the_way_taken(void **state)
{
	static const char *const ends[] = {[HTML_WAY_UNKNOWN] = "none",
	                                   [HTML_WAY_PROCESSES] = "\xE2\x9C\x93 Processes",
	                                   [HTML_WAY_THREADS] = "\xE2\x9C\x93 Threads",
	                                   [HTML_WAY_NO_POOL] = "\xE2\x9C\x93 No pool"};

	(void)state;
	for (enum html_way way = HTML_WAY_UNKNOWN; way <= HTML_WAY_NO_POOL; way++) {
		struct text text = TEXT_EMPTY;

		html_flow(&text, &(struct html_flow){.id = "f", .way = way, .computing = "9 %"});
		text_add_bytes(&text, "", 1);
		const char *page = (const char *)text.bytes.data;
		const char *tick = strstr(page, "\xE2\x9C\x93");

		assert_int_equal(tick != NULL, way != HTML_WAY_UNKNOWN);
		if (tick) {
			assert_ptr_equal(strstr(page, ends[way]), tick);
			assert_null(strstr(tick + 1, "\xE2\x9C\x93"));
		}
		text_release(&text);
	}
}

/* Many images: sums stay exact, memory stays what it was. */
static void test_figures_are_bounded_and_exact(void **state)
{
	struct br_image_result image = a_result();
	struct br_batch_record record = a_record(&image);
	struct figures *figures = figures_new();
	const uint64_t count = 100000;
	uint64_t made = 0;
	double busy = 0;

	(void)state;
	assert_non_null(figures);
	figures->origin -= 30000 * MS; /* it has run for 30 s */
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t begin = figures->origin + i * 3 * MS / 10;

		record.worker = (unsigned)(i % 7);
		record.step[BR_BATCH_STEP_READ] = (struct br_batch_span){begin, begin + MS};
		record.step[BR_BATCH_STEP_MAKE] =
		    (struct br_batch_span){begin + MS, begin + 37 * MS};
		record.step[BR_BATCH_STEP_WRITE] =
		    (struct br_batch_span){begin + 37 * MS, begin + 38 * MS};
		figures_add(figures, &record);
	}
	assert_int_equal(figures->count[BR_BATCH_OK], count);
	assert_int_equal(figures->bytes_in, count * record.bytes_in);
	assert_true(figures->too_many);
	assert_int_equal(figures->slows, FIGURES_SLOWEST);
	assert_in_range(figures->samples, FIGURES_SAMPLES / 2, FIGURES_SAMPLES);
	for (unsigned i = 0; i < FIGURES_BUCKETS; i++)
		made += figures->bucket[i].made;
	assert_int_equal(made, count);
	for (unsigned w = 0; w < 7; w++)
		for (unsigned i = 0; i < FIGURES_BUCKETS; i++)
			for (unsigned p = 0; p < FIGURES_PARTS; p++)
				busy += (double)figures->lane[w]->busy[i][p];
	/* reading, writing, and the 35.875 ms that the stages of making took, in single precision
	 */
	assert_true(fabs(busy / ((double)count * 0.037875) - 1) < 1e-3);
	figures_free(figures);
}

static void test_quantiles(void **state)
{
	struct br_batch_record record = a_record(NULL);
	struct figures *figures = figures_new();
	const struct figures_stage *read = &figures->stage[FIGURES_READ];

	(void)state;
	assert_true(figures_quantile(read, 0.5) == 0);
	for (unsigned i = 1; i <= 1000; i++) {
		record.read_ms = i;
		figures_add(figures, &record);
	}
	assert_true(fabs(figures_quantile(read, 0.5) / 500 - 1) < 0.06);
	assert_true(fabs(figures_quantile(read, 0.99) / 990 - 1) < 0.06);
	assert_true(figures->slow[0].ms > figures->slow[FIGURES_SLOWEST - 1].ms);
	assert_int_equal((int)figures->slow[FIGURES_SLOWEST - 1].stage_ms[FIGURES_READ],
	                 1001 - FIGURES_SLOWEST);
	figures_free(figures);
}

/* Steps that a broken worker may have told, and a run in which nothing was done. */
static void test_odd_times(void **state)
{
	static const struct br_batch_span spans[] = {
	    {0, 0}, {1, 2}, {UINT64_MAX / 2, UINT64_MAX / 2 + 1}, {0, UINT64_MAX / 4}};
	struct br_batch_options options = br_batch_options_default();
	struct figures *figures = figures_new();
	struct br_batch_record record = a_record(NULL);
	struct text page = TEXT_EMPTY;

	(void)state;
	record.output_count = 0;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		record.worker = i == 3 ? 4000000000U : 0;
		for (unsigned step = 0; step < BR_BATCH_STEPS; step++)
			record.step[step] = spans[i];
		figures_add(figures, &record);
	}
	html_run_add(&page, &(struct html_run){.figures = figures, .options = &options});
	assert_int_equal(page.status, 0);
	assert_true(page.bytes.size < 100000);
	text_add_bytes(&page, "", 1);
	assert_null(strstr((const char *)page.bytes.data, "nan"));
	assert_null(strstr((const char *)page.bytes.data, "inf"));
	text_release(&page);
	figures_free(figures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_markup_is_escaped),
	    cmocka_unit_test(test_numbers_are_short),
	    cmocka_unit_test(test_long_paths_lose_their_middle),
	    cmocka_unit_test(test_a_marked_row_says_so),
	    cmocka_unit_test(test_the_way_taken),
	    cmocka_unit_test(test_figures_are_bounded_and_exact),
	    cmocka_unit_test(test_quantiles),
	    cmocka_unit_test(test_odd_times),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
