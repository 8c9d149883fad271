/* The command line: durations, times of day, loads, priorities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "cli/values.h"
#include "cli_fixture.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		unsigned milliseconds;
	} rows[] = {
	    {"45", 45000},       {"45s", 45000},          {"0.5s", 500},     {"90m", 5400000},
	    {"2h", 7200000},     {"1h30m", 5400000},      {"1.5h", 5400000}, {"1d2h3m4s", 93784000},
	    {"30d", 2592000000}, {"2592000", 2592000000},
	};
	struct cli cli;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;

		(void)snprintf(line, sizeof(line), "a --max-time %s", rows[i].text);
		assert_int_equal(parse(&cli, line, &error), 0);
		assert_int_equal(cli.batch.max_time_ms, rows[i].milliseconds);
		cli_release(&cli);
	}
}

static void test_no_durations(void **state)
{
	static const char *const rows[] = {"0",
	                                   "-1",
	                                   "2x",
	                                   "1h2h",
	                                   "30m1h",
	                                   "31d",
	                                   "~",
	                                   "h",
	                                   "1.",
	                                   "1.2345s",
	                                   "99999999999999999999",
	                                   "30d1s"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "a --max-time=%s", rows[i]);
		assert_int_equal(parse(&cli, line, &error), BR_ERROR_USAGE);
		cli_release(&cli);
	}
	assert_refused("--max-time=-5 a", "--max-time: '-5' is no time from 1s to 30d: write 2h, "
	                                  "1h30m, 90m or 45s");
}

static void test_no_times(void **state)
{
	static const char *const rows[] = {"25:00",  "24:00",    "06:60",  "-1:00",  "6",  "06:0",
	                                   "006:00", "06:00:60", "06:00:", "06:00x", "6pm"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		struct br_error error;
		struct cli cli;

		(void)snprintf(line, sizeof(line), "a --finish-by=%s", rows[i]);
		assert_int_equal(parse(&cli, line, &error), BR_ERROR_USAGE);
		cli_release(&cli);
	}
	assert_refused("--finish-by=25:00 a", "--finish-by: '25:00' is no time of day: write 00:00 "
	                                      "to 23:59, as in 06:00");
}

static void test_next_time_is_near(void **state)
{
	const int64_t now = (int64_t)time(NULL);
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "a --finish-by 6:00");
	assert_true(cli.batch.finish_by > now && cli.batch.finish_by <= now + 2 * INT64_C(86400));
	cli_release(&cli);
}

#define OF_DAY(hour, minute) (((hour)*60L + (minute)) * 60)

/* Central Europe in 2026: forward on 29 March at 01:00 UTC, back on 25 October. */
static void test_clocks_that_change(void **state)
{
	static const struct {
		int64_t now;
		int wanted;
		int64_t next;
	} rows[] = {
	    {1774738800, OF_DAY(6, 0), 1774756800},  /* 00:00 CET, 5 hours on */
	    {1774738800, OF_DAY(2, 30), 1774746000}, /* not shown: when 03:00 is */
	    {1774738800, OF_DAY(3, 0), 1774746000},
	    {1774738800, OF_DAY(0, 0), 1774821600}, /* now: tomorrow, 23 hours on */
	    {1774738801, OF_DAY(0, 0), 1774821600},
	    {1774738799, OF_DAY(0, 0), 1774738800},
	    {1792879200, OF_DAY(2, 30), 1792888200}, /* 00:00 CEST: the first of two */
	    {1792888200, OF_DAY(2, 30), 1792891800}, /* the second */
	    {1792890000, OF_DAY(2, 15), 1792890900},
	    {1792879200, OF_DAY(6, 0), 1792904400}, /* 7 hours on */
	    {1792879200, OF_DAY(6, 0) + 7, 1792904407},
	};

	(void)state;
	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(value_next_time(rows[i].now, rows[i].wanted), rows[i].next);
	(void)unsetenv("TZ");
	tzset();
}

static void test_load_and_priorities(void **state)
{
	struct cli cli;

	(void)state;
	PARSE_OK(cli, "--load-limit=2.5 --nice 19 --ionice=best-effort:3 a");
	assert_true(cli.batch.load_limit == 2.5);
	assert_int_equal(cli.batch.nice, 19);
	assert_int_equal(cli.batch.io_priority, BR_BATCH_IO_BEST_EFFORT + 3);
	cli_release(&cli);
	assert_refused("--load-limit=0 a",
	               "--load-limit: '0' is no number above 0 and up to 100000, as in 4 or 2.5");
	assert_refused("--nice=20 a", "--nice: '20' is not a whole number from 0 to 19");
	assert_refused("--ionice=best-effort:8 a",
	               "--ionice: unknown word 'best-effort:8': did you "
	               "mean 'best-effort'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_durations),          cmocka_unit_test(test_no_durations),
	    cmocka_unit_test(test_no_times),           cmocka_unit_test(test_next_time_is_near),
	    cmocka_unit_test(test_clocks_that_change), cmocka_unit_test(test_load_and_priorities),
	};

	(void)unsetenv("TZ");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
