/* test_hoist.c - which pictures are begun before their turn, and what that is good for. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batch/hoist.h"
#include "plan_fixture.h"

#define JOBS_MOST 600

static double cost_in(const void *ctx, size_t job)
{
	return ((const double *)ctx)[job];
}

/* The jobs in order, as a letter each: the first in the list is 'a'. */
static const char *ordered(unsigned workers, size_t count, const double *cost)
{
	static char text[32];
	uint32_t *order;

	assert_int_equal(hoist(count, workers, cost_in, cost, &order), 0);
	if (!order)
		return "as it is";
	for (size_t i = 0; i < count; i++)
		text[i] = (char)('a' + order[i]);
	text[count] = '\0';
	free(order);
	return text;
}

#define ORDERED(workers, ...)                                                    \
	ordered(workers, sizeof((const double[]){__VA_ARGS__}) / sizeof(double), \
	        (const double[]){__VA_ARGS__})

static void a_list_that_falls_stays(void **state)
{
	(void)state;
	assert_string_equal(ORDERED(4, 9, 7, 7, 5, 3, 3, 1), "as it is");
	assert_string_equal(ORDERED(4, 5, 5, 5, 5), "as it is");
	assert_string_equal(ORDERED(4, 5, 0, 4, 0, 4, 0), "as it is");
	assert_string_equal(ORDERED(4, 3), "as it is");
	assert_string_equal(ORDERED(4, 0), "as it is");
	assert_string_equal(ordered(4, 0, NULL), "as it is");
}

/* One worker has all of it to do, in whatever order. */
static void one_worker_has_nothing_to_share(void **state)
{
	(void)state;
	assert_string_equal(ORDERED(1, 1, 1, 1, 1, 9), "as it is");
	assert_string_equal(ORDERED(0, 1, 1, 1, 1, 9), "as it is");
}

static void the_last_moves_just_far_enough(void **state)
{
	(void)state;
	/* the other worker does three while this one does four: 6 in all, of 12 */
	assert_string_equal(ORDERED(2, 1, 1, 1, 1, 1, 1, 1, 1, 4), "abcdeifgh");
	/* nine have to be left for the three others */
	assert_string_equal(ORDERED(4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4), "abcmdefghijkl");
	/* that would have been before the first */
	assert_string_equal(ORDERED(4, 1, 1, 1, 1, 1, 1, 9), "gabcdef");
	/* it need not move, or not all of them */
	assert_string_equal(ORDERED(2, 1, 1, 4, 1, 1, 1, 1, 1), "as it is");
	assert_string_equal(ORDERED(2, 1, 1, 1, 1, 3, 1, 3), "abcegdf");
}

/* What is no work stands where it stood. */
static void no_work_moves_nothing(void **state)
{
	(void)state;
	assert_string_equal(ORDERED(2, 1, 1, 0, 1, 1, 0, 3, 0), "abcgdefh");
	assert_string_equal(ORDERED(2, 0, 0, 0, 3, 0), "as it is");
}

/* The front is for those that would have to begin before it: the longest first. */
static void what_is_too_long_comes_first(void **state)
{
	(void)state;
	assert_string_equal(ORDERED(3, 1, 1, 1, 20, 1, 30, 20), "fdgabce");
}

/* A long list is not rearranged for what hardly matters: 1000 s by two workers may take 2.5 more.
 */
static void what_hardly_matters_stays(void **state)
{
	static double cost[502];
	uint32_t *order;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		cost[i] = 2;
	cost[500] = 2.4;
	assert_int_equal(hoist(501, 2, cost_in, cost, &order), 0);
	for (size_t i = 0; order && i < 501; i++)
		assert_int_equal(order[i], i);
	free(order);
	cost[501] = 6.4; /* 6.4 - 2.52 seconds are to be left behind it: two jobs */
	assert_int_equal(hoist(502, 2, cost_in, cost, &order), 0);
	assert_non_null(order);
	assert_int_equal(order[498], 498);
	assert_int_equal(order[499], 501);
	assert_int_equal(order[500], 499);
	assert_int_equal(order[501], 500);
	free(order);
}

/* --- whether it is good for anything ---------------------------------------------------------- */

/* When the last is done, if each worker takes the next job as soon as it is free. */
static double makespan(size_t count, unsigned workers, const double *cost, const uint32_t *order)
{
	double free_at[16] = {0}, end = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned first = 0;

		for (unsigned w = 1; w < workers; w++)
			if (free_at[w] < free_at[first])
				first = w;
		free_at[first] += cost[order ? order[i] : i];
		end = fmax(end, free_at[first]);
	}
	return end;
}

/* The same numbers on every machine. */
static uint32_t dice(void)
{
	static uint32_t state = 12345;

	state = state * 1664525 + 1013904223;
	return state >> 8;
}

/* A list as plans are, largest first; one in `rare` is of a format that takes many times as long.
 */
static double make_list(double *cost, size_t count, unsigned rare)
{
	double total = 0;

	for (size_t i = 0; i < count; i++) {
		cost[i] = 1 + 4 * (double)(count - i) / (double)count;
		if (dice() % rare == 0)
			cost[i] *= 2 + dice() % 40;
		total += cost[i];
	}
	return total;
}

static double highest(const double *cost, size_t count)
{
	double most = 0;

	for (size_t i = 0; i < count; i++)
		most = fmax(most, cost[i]);
	return most;
}

static int dearer(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;

	return (left < right) - (left > right);
}

static void assert_permutation(const uint32_t *order, size_t count)
{
	static bool seen[JOBS_MOST];

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < count; i++) {
		assert_true(order[i] < count && !seen[order[i]]);
		seen[order[i]] = true;
	}
}

/* The longest first is what a list could have at best, within a third (Graham); this is hardly
 * worse, and no worse than the list as it was, beyond what a run is allowed to last longer. */
static void ends_as_early_as_the_longest_first(void **state)
{
	static double cost[JOBS_MOST], sorted[JOBS_MOST];
	double plain_sum = 0, hoisted_sum = 0, sorted_sum = 0;

	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		const size_t count = 2 + dice() % (JOBS_MOST - 2);
		const unsigned workers = 2 + dice() % 15;
		const double total = make_list(cost, count, 2 + dice() % 100);
		const double least = fmax(total / workers, highest(cost, count));
		uint32_t *order;

		assert_int_equal(hoist(count, workers, cost_in, cost, &order), 0);
		if (order)
			assert_permutation(order, count);
		memcpy(sorted, cost, count * sizeof(*cost));
		qsort(sorted, count, sizeof(*sorted), dearer);
		const double plain = makespan(count, workers, cost, NULL) / least;
		const double hoisted = makespan(count, workers, cost, order) / least;
		const double longest = makespan(count, workers, sorted, NULL) / least;
		const double allowed = fmax(sorted[count - 1], total / workers / 200) / least;

		free(order);
		assert_true(hoisted <= plain + allowed);
		assert_true(hoisted <= fmax(longest, 1) + allowed);
		plain_sum += plain;
		hoisted_sum += hoisted;
		sorted_sum += longest;
	}
	printf("as it was %.3f, hoisted %.3f, longest first %.3f\n", plain_sum / 400,
	       hoisted_sum / 400, sorted_sum / 400);
	assert_true(hoisted_sum <= sorted_sum * 1.01);
	assert_true(hoisted_sum <= plain_sum * 0.9);
}

/* --- plans ------------------------------------------------------------------------------------ */

/* The names in the order in which they are begun, or "as it is". */
static const char *begun(const struct plan_fixture *fixture, const struct br_image_options *image)
{
	static char text[256];
	uint32_t *order;
	size_t length = 0;

	assert_int_equal(fixture->status, 0);
	assert_int_equal(hoist_plan(fixture->plan, image, 2, &order), 0);
	if (!order)
		return "as it is";
	for (size_t i = 0; i < plan_count(fixture->plan); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
		                           i ? " " : "", plan_name(fixture->plan, order[i]));
	free(order);
	return text;
}

static void dear_formats_begin_in_time(void **state)
{
	struct br_image_options image = {.size = {{.width = 800, .height = 600}}, .sizes = 1};
	struct plan_fixture *fixture = *state;
	char path[] = "in/a.jpg";

	for (; path[3] <= 'h'; path[3]++)
		make_file(path, 2000000);
	make_file("in/small.avif", 30000); /* 0.42 s, and a JPEG takes 0.05 */
	(void)plan_text(fixture, "in", NULL);
	assert_string_equal(begun(fixture, &image),
	                    "a.jpg small.avif b.jpg c.jpg d.jpg e.jpg f.jpg g.jpg h.jpg");
	/* as AVIF all take long, and those that are read as such longer by 35 ms, or shorter */
	image.format = BR_IMAGE_FORMAT_AVIF;
	assert_string_equal(begun(fixture, &image), "as it is");
}

/* A line of a list may ask for what takes longer than all the rest. */
static void what_a_list_asks_for_counts(void **state)
{
	static const char list[] = "{\"source\":\"in/a.jpg\"}\n"
				   "{\"source\":\"in/b.jpg\"}\n"
				   "{\"source\":\"in/c.jpg\"}\n"
				   "{\"source\":\"in/d.jpg\"}\n"
				   "{\"source\":\"in/e.jpg\",\"format\":\"avif\"}\n";
	struct br_image_options image = {.size = {{.width = 800, .height = 600}}, .sizes = 1};
	struct plan_fixture *fixture = *state;
	char path[] = "in/a.jpg";

	for (; path[3] <= 'e'; path[3]++)
		make_file(path, 200000);
	make_file_with("list", list, sizeof(list) - 1);
	fixture->options.files_from = "list";
	fixture->options.list = BR_BATCH_LIST_NDJSON;
	(void)plan_text(fixture, NULL);
	assert_string_equal(begun(fixture, &image), "e.jpg a.jpg b.jpg c.jpg d.jpg");
}

/* What is refused is no work that others could do meanwhile. */
static void what_is_refused_is_no_work(void **state)
{
	struct br_image_options image = {.size = {{.width = 800, .height = 600}}, .sizes = 1};
	struct plan_fixture *fixture = *state;

	make_file("in/a.jpg", 1000000);
	make_file("in/b.jpg", 900000);
	make_file("in/c.avif", 1000);
	(void)plan_text(fixture, "in", NULL);
	assert_string_equal(begun(fixture, &image), "c.avif a.jpg b.jpg");
	plan_pass(fixture->plan, 2, BR_ERROR_SKIPPED);
	assert_string_equal(begun(fixture, &image), "as it is");
}

#define PLAN_TEST(function) \
	cmocka_unit_test_setup_teardown(function, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_that_falls_stays),
	    cmocka_unit_test(one_worker_has_nothing_to_share),
	    cmocka_unit_test(the_last_moves_just_far_enough),
	    cmocka_unit_test(no_work_moves_nothing),
	    cmocka_unit_test(what_is_too_long_comes_first),
	    cmocka_unit_test(what_hardly_matters_stays),
	    cmocka_unit_test(ends_as_early_as_the_longest_first),
	    PLAN_TEST(dear_formats_begin_in_time),
	    PLAN_TEST(what_a_list_asks_for_counts),
	    PLAN_TEST(what_is_refused_is_no_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
