/* test_lab.c - what the laboratory advises, which pictures it takes, and how it tells. */
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/advice.h"
#include "lab/apart.h"
#include "lab/sample.h"
#include "lab/show.h"

static struct lab lab;

static const struct lab_stages computing = {.decode = 9, .read = 1, .pictures = 1};
static const struct lab_stages waiting = {.decode = 1, .read = 9, .pictures = 1};

static void begin(void)
{
	lab = (struct lab){.cpus = 4};
}

static void ran(enum br_executor_mode mode, unsigned jobs, unsigned io_threads, double seconds)
{
	lab.run[lab.run_count++] = (struct lab_run){
	    .mode = mode, .jobs = jobs, .io_threads = io_threads, .seconds = seconds, .made = 100};
}

static void expect(const struct lab_stages *stages, const char *options)
{
	char text[64];

	advice_take(&lab, stages);
	assert_true(lab.advice.given);
	advice_options(&lab.advice.run, text, sizeof(text));
	assert_string_equal(text, options);
}

static void test_the_quickest_that_isolates(void **state)
{
	(void)state;
	begin();
	ran(BR_EXECUTOR_SERIAL, 1, 0, 4.0);
	ran(BR_EXECUTOR_THREAD, 4, 0, 0.8);
	ran(BR_EXECUTOR_PROCESS, 4, 0, 1.3);
	ran(BR_EXECUTOR_HYBRID, 4, 0, 1.0);
	expect(&computing, "--mode=hybrid -j 4");
	assert_non_null(strstr(lab.advice.why, "90 %"));
	assert_non_null(strstr(lab.advice.lost, "--mode=serial -j 1, takes 4.00 times"));
	assert_non_null(strstr(lab.advice.lost, "--mode=thread -j 4 is 1.25 times"));
}

static void test_as_quick_and_less(void **state)
{
	(void)state;
	begin();
	ran(BR_EXECUTOR_PROCESS, 2, 0, 1.02);
	ran(BR_EXECUTOR_PROCESS, 4, 0, 1.0);
	ran(BR_EXECUTOR_HYBRID, 4, 64, 0.99);
	expect(&computing, "--mode=process -j 2");
	assert_null(strstr(lab.advice.lost, "crash"));
}

static void test_waiting(void **state)
{
	(void)state;
	begin();
	ran(BR_EXECUTOR_PROCESS, 4, 0, 5.0);
	ran(BR_EXECUTOR_HYBRID, 4, 16, 1.0);
	ran(BR_EXECUTOR_AUTO, 4, 0, (double)NAN); /* it did not come to its end */
	expect(&waiting, "--mode=hybrid -j 4 --io-threads 16");
	assert_non_null(strstr(lab.advice.why, "waiting"));
}

static void test_nothing_to_advise(void **state)
{
	(void)state;
	begin();
	advice_take(&lab, &computing);
	assert_false(lab.advice.given);
	ran(BR_EXECUTOR_THREAD, 4, 0, 1.0);
	ran(BR_EXECUTOR_PROCESS, 4, 0, (double)NAN);
	advice_take(&lab, &computing);
	assert_false(lab.advice.given);
}

/* --- which pictures -----------------------------------------------------------------------------
 */

static char folder[] = "/tmp/test_lab.XXXXXX";

static void make_file(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	const int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void test_sample(void **state)
{
	const char *paths[] = {folder, "/nothing/here.jpg"};
	struct sample sample;
	struct br_error error;
	char name[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "%02d.jpg", i);
		make_file(name);
	}
	make_file("text.txt");
	make_file(".hidden.jpg");
	(void)snprintf(name, sizeof(name), "%s/below", folder);
	assert_int_equal(mkdir(name, 0700), 0);
	make_file("below/a.PNG");
	/* a circle of links is not walked */
	(void)snprintf(name, sizeof(name), "%s/below/link", folder);
	assert_int_equal(symlink("..", name), 0);

	assert_int_equal(sample_take(&sample, paths, 1, 1000, &error), 0);
	assert_int_equal(sample.count, 41);
	assert_int_equal(sample.found, 41);
	assert_false(sample.more);
	sample_release(&sample);
	assert_int_equal(sample_take(&sample, paths, 1, 10, &error), 0);
	assert_int_equal(sample.count, 10);
	assert_int_equal(sample.found, 41);
	for (size_t i = 0; i < sample.count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(sample.path[i], sample.path[k]);
	sample_release(&sample);
	assert_int_not_equal(sample_take(&sample, paths, 2, 10, &error), 0);
	assert_non_null(strstr(error.msg, "/nothing/here.jpg"));
	sample_release(&sample);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* --- apart --------------------------------------------------------------------------------------
 */

static int two(const void *ctx, double *figure)
{
	figure[0] = *(const double *)ctx;
	figure[1] = 2;
	return 0;
}

static int refuse(const void *ctx, double *figure)
{
	(void)ctx;
	(void)figure;
	return -1;
}

static int crash(const void *ctx, double *figure)
{
	(void)ctx;
	(void)figure;
	(void)raise(SIGKILL);
	return 0;
}

static int hang(const void *ctx, double *figure)
{
	(void)ctx;
	(void)figure;
	(void)pause();
	return 0;
}

static void test_apart(void **state)
{
	const double one = 1.5;
	double figure[2] = {0};

	(void)state;
	assert_true(apart(two, &one, figure, 2, 60000));
	assert_true(figure[0] >= 1.4 && figure[0] <= 1.6 && figure[1] >= 1.9);
	assert_false(apart(refuse, NULL, figure, 2, 60000));
	assert_true(isnan(figure[0]) && isnan(figure[1]));
	assert_false(apart(crash, NULL, figure, 2, 60000));
	assert_false(apart(hang, NULL, figure, 2, 50));
	apart_watch_signals();
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(apart_signal(), SIGTERM);
	assert_false(apart(two, &one, figure, 2, 60000));
	apart_forget_signals();
}

/* --- how it is told -----------------------------------------------------------------------------
 */

static void expect_as(void (*show)(struct text *, double, enum lab_unit), double value,
                      enum lab_unit unit, const char *expected)
{
	struct text text = TEXT_EMPTY;

	show(&text, value, unit);
	text_add_bytes(&text, "", 1);
	assert_string_equal((const char *)text.bytes.data, expected);
	text_release(&text);
}

static void expect_figure(double value, enum lab_unit unit, const char *expected)
{
	expect_as(show_figure, value, unit, expected);
}

static void expect_plain(double value, enum lab_unit unit, const char *expected)
{
	expect_as(show_figure_plain, value, unit, expected);
}

static void test_figures(void **state)
{
	(void)state;
	expect_figure((double)NAN, LAB_MS, "-");
	expect_figure((double)INFINITY, LAB_S, "-");
	expect_figure(0, LAB_S, "0.000 s");
	expect_figure(0.0123, LAB_MS, "0.012 ms");
	expect_figure(1.234, LAB_US, "1.23 \xC2\xB5s");
	expect_figure(12.34, LAB_MB, "12.3 MB");
	expect_figure(1234.5, LAB_RATE, "1234/s");
	expect_figure(0.954, LAB_SHARE, "95 %");
	expect_plain(1.234, LAB_US, "1.23 us");
	expect_plain(0.0954, LAB_SHARE, "9.5 %");
}

static void expect_in(void (*show)(struct text *, const struct lab *), const char *words,
                      bool expected)
{
	struct text text = TEXT_EMPTY;

	show(&text, &lab);
	text_add_bytes(&text, "", 1);
	assert_int_equal(strstr((const char *)text.bytes.data, words) != NULL, expected);
	text_release(&text);
}

static void test_others_at_work(void **state)
{
	static const struct {
		double load;
		bool told;
	} row[] = {{0, false}, {1, false}, {1.5, true}, {9, true}, {(double)NAN, false}};

	(void)state;
	begin();
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		lab.load = row[i].load;
		expect_in(show_text, "\nOthers were at work", row[i].told);
		expect_in(show_markdown, ". Others were at work", row[i].told);
		expect_in(show_html, "Others were at work", row[i].told);
	}
}

/* In the comparison as in the tables. */
static void test_what_was_not_measured(void **state)
{
	(void)state;
	begin();
	expect_in(show_markdown, "threads compute - times, processes - times as fast", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_quickest_that_isolates),
	    cmocka_unit_test(test_as_quick_and_less),
	    cmocka_unit_test(test_waiting),
	    cmocka_unit_test(test_nothing_to_advise),
	    cmocka_unit_test(test_sample),
	    cmocka_unit_test(test_apart),
	    cmocka_unit_test(test_figures),
	    cmocka_unit_test(test_others_at_work),
	    cmocka_unit_test(test_what_was_not_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
