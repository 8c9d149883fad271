/* How fast it goes, how long it will take, and the bar that shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/bar.h"
#include "report/rate.h"
#include "text/text.h"

static void assert_text(struct text *text, const char *expected)
{
	assert_int_equal(text->status, 0);
	text_add_bytes(text, "", 1);
	assert_string_equal((const char *)text->bytes.data, expected);
	text_clear(text);
}

static void test_nothing_is_foretold_early(void **state)
{
	struct br_batch_progress progress = {.total = 100, .bytes_total = 1000000};
	struct rate rate = RATE_START;

	(void)state;
	progress.elapsed = 1.0;
	progress.done = 10;
	progress.bytes_done = 100000;
	rate_update(&rate, &progress);
	assert_true(rate.left < 0);
	progress.elapsed = 2.0;
	progress.done = 20;
	progress.bytes_done = 200000;
	rate_update(&rate, &progress);
	assert_true(rate.left > 7.9 && rate.left < 8.1);
}

/* Large images first, small ones later, as a run has them: from a fifth of the time on, the time
 * left that is told should be right to a quarter. It could not be from images or bytes alone. */
static void test_time_left_converges(void **state)
{
	enum { IMAGES = 500 };
	struct br_batch_progress progress = {.total = IMAGES};
	struct rate rate = RATE_START;
	double end = 0, next = 0;
	uint64_t size[IMAGES];

	(void)state;
	for (uint64_t i = 0; i < IMAGES; i++) {
		size[i] = i < 50 ? 6000000 - i * 80000 : 2000000 / (1 + (i - 50) / 10);
		progress.bytes_total += size[i];
		end += (double)size[i] * 38e-9 + 2.7e-3;
	}
	for (uint64_t i = 0; i < IMAGES; i++) {
		progress.elapsed += (double)size[i] * 38e-9 + 2.7e-3;
		progress.bytes_done += size[i];
		progress.done++;
		if (progress.elapsed < next)
			continue;
		next = progress.elapsed + 0.1;
		rate_update(&rate, &progress);
		double left = end - progress.elapsed;

		if (progress.elapsed > end / 5 && left > 0.5)
			assert_true(rate.left > left * 0.75 && rate.left < left * 1.25);
	}
	assert_true(end > 5);
}

static void test_bar(void **state)
{
	struct br_batch_progress progress = {
	    .total = 1000, .done = 450, .failed = 2, .bytes_total = 1000, .bytes_done = 450};
	struct rate rate = {
	    .seconds = 1, .recent_images = 98.3, .recent_bytes = 45600000, .left = 12};
	struct bar bar = {.progress = &progress, .rate = &rate, .graph = true};
	static const struct {
		unsigned columns;
		const char *shown;
	} rows[] = {
	    {120, " 45%  [##################----------------------]    450/1,000   98.3/s  45.6 "
	          "MB/s  2 failed     12s left"},
	    {80,
	     " 45%  [#######---------]    450/1,000   98.3/s  45.6 MB/s  2 failed     12s left"},
	    {74, " 45%  [####------]    450/1,000   98.3/s  45.6 MB/s  2 failed     12s left"},
	    {73, " 45%  [#########-----------]    450/1,000   98.3/s  2 failed     12s left"},
	    {63, " 45%  [####------]    450/1,000   98.3/s  2 failed     12s left"},
	    {62, " 45%  [########----------]    450/1,000  2 failed     12s left"},
	    {54, " 45%  [####------]    450/1,000  2 failed     12s left"},
	    {53, " 45%    450/1,000  2 failed     12s left"},
	    {40, " 45%    450/1,000  2 failed     12s left"},
	    {39, " 45%    450/1,000  2 failed"},
	    {26, " 45%    450/1,000"},
	    {10, " 45%"},
	    {3, ""},
	};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bar.columns = rows[i].columns;
		bar_add(&text, &bar);
		assert_true(text.bytes.size <= bar.columns);
		assert_text(&text, rows[i].shown);
	}
	text_release(&text);
}

static void test_bar_in_utf8_and_colour(void **state)
{
	struct br_batch_progress progress = {.total = 1000, .done = 150, .failed = 1};
	struct rate rate = RATE_START;
	struct bar bar = {.progress = &progress,
	                  .rate = &rate,
	                  .graph = true,
	                  .utf8 = true,
	                  .colour = true,
	                  .columns = 41};
	struct text text = TEXT_EMPTY;

	(void)state;
	bar_add(&text, &bar);
	/* 15 % of 10 cells: one full and half of one */
	assert_text(&text, " 15%  \u2595\u2588\u258C        \u258F    150/1,000  \033[31m1 "
	                   "failed\033[0m");
	text_release(&text);
}

/* Of a list that goes on nobody knows the share, nor the time that is left. */
static void test_bar_of_a_list_that_goes_on(void **state)
{
	struct br_batch_progress progress = {.total = 1500,
	                                     .done = 1234,
	                                     .failed = 1,
	                                     .bytes_total = 9,
	                                     .bytes_done = 5,
	                                     .more = true};
	struct rate rate = RATE_START;
	struct bar bar = {.progress = &progress, .rate = &rate, .graph = true, .columns = 80};
	struct text text = TEXT_EMPTY;

	(void)state;
	for (unsigned second = 0; second < 5; second++) {
		progress.elapsed = second + 0.5;
		rate_update(&rate, &progress);
	}
	assert_true(rate.left < 0);
	rate = (struct rate)RATE_START;
	bar_add(&text, &bar);
	assert_text(&text, "1,234 images  1 failed");
	progress.more = false;
	bar.columns = 20;
	bar_add(&text, &bar);
	assert_text(&text, " 82%  1,234/1,500");
	text_release(&text);
}

static void test_bar_is_full_only_at_the_end(void **state)
{
	struct br_batch_progress progress = {
	    .total = 3, .done = 2, .bytes_total = 1000000000, .bytes_done = 999999999};
	struct rate rate = RATE_START;
	struct bar bar = {.progress = &progress, .rate = &rate, .columns = 80};
	struct text text = TEXT_EMPTY;

	(void)state;
	bar_add(&text, &bar);
	assert_text(&text, " 99%  2/3");
	progress.done = 3;
	progress.bytes_done = 1000000000;
	bar_add(&text, &bar);
	assert_text(&text, "100%  3/3");
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_is_foretold_early),
	    cmocka_unit_test(test_time_left_converges),
	    cmocka_unit_test(test_bar),
	    cmocka_unit_test(test_bar_in_utf8_and_colour),
	    cmocka_unit_test(test_bar_of_a_list_that_goes_on),
	    cmocka_unit_test(test_bar_is_full_only_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
