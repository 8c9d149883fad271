/* test_existing.c - when an output is older than its source, and what becomes of one whose source
 * was replaced while it was made. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "batch/existing.h"
#include "plan_fixture.h"

#define MS 1000000L

/* --- times -------------------------------------------------------------------------------------
 */

static struct timespec at(time_t seconds, long nanoseconds)
{
	return (struct timespec){seconds, nanoseconds};
}

static struct stat written(struct timespec modified, struct timespec changed)
{
	return (struct stat){.st_mtim = modified, .st_ctim = changed};
}

/* Long after both, on whatever file system the tests run. */
static bool is_older(struct timespec output, struct timespec source)
{
	const struct stat out = written(output, output), in = written(source, source);
	const struct timespec now = at(1000000, 0);

	return existing_is_older(&out, &in, ".", &now);
}

static void times_are_compared_exactly_where_they_can_be(void **state)
{
	(void)state;
	assert_true(is_older(at(100, 123456789), at(100, 123456790)));
	assert_false(is_older(at(100, 123456789), at(100, 123456789)));
	assert_false(is_older(at(100, 123456789), at(100, 123456788)));
	assert_true(is_older(at(99, 999999999), at(100, 0)));
	assert_true(is_older(at(100, 0), at(101, 0)));
	assert_true(is_older(at(101, 0), at(102, 0)));
	assert_false(is_older(at(102, 0), at(101, 0)));
}

/* The source's time, as a file system of that resolution keeps it, is not older than it. */
static void a_time_that_was_rounded_is_not_older(void **state)
{
	(void)state;
	assert_false(is_older(at(100, 120 * MS), at(100, 129999999))); /* exFAT: 10 ms */
	assert_true(is_older(at(100, 120 * MS), at(100, 130 * MS)));
	assert_false(is_older(at(100, 123456700), at(100, 123456799))); /* NTFS: 100 ns */
	assert_true(is_older(at(100, 123456700), at(100, 123456800)));
	assert_false(is_older(at(101, 0), at(101, 999999999))); /* ext3, HFS+: 1 s */
	assert_true(is_older(at(101, 0), at(102, 0)));
	assert_true(is_older(at(101, 0), at(102, 700 * MS)));
	assert_false(is_older(at(100, 0), at(101, 700 * MS))); /* FAT: 2 s */
	assert_true(is_older(at(100, 0), at(102, 0)));
	assert_true(is_older(at(100, 0), at(102, 1)));
}

static void a_time_that_is_yet_to_come_says_nothing(void **state)
{
	const struct timespec now = at(1000, 0);
	struct stat source = written(at(5000, 5), at(900, 0));
	struct stat output = written(at(950, 0), at(950, 0));

	(void)state;
	assert_false(existing_is_older(&output, &source, ".", &now));
	source.st_ctim = at(960, 0); /* replaced, and the new one's time is to come as well */
	assert_true(existing_is_older(&output, &source, ".", &now));
	output = written(at(5000, 5), at(970, 0)); /* as its source has it */
	assert_false(existing_is_older(&output, &source, ".", &now));
	source = written(at(960, 0), at(960, 0)); /* an older one, and not touched since */
	assert_false(existing_is_older(&output, &source, ".", &now));
	source = written(at(980, 0), at(980, 0)); /* replaced by one whose clock was right */
	assert_true(existing_is_older(&output, &source, ".", &now));
}

static void an_output_takes_a_time_that_no_clock_can_judge(void **state)
{
	const time_t future = time(NULL) + 100000;
	struct stat source = written(at(future, 0), at(future, 0));

	(void)state;
	assert_ptr_equal(existing_times(&source), &source);
	source.st_ctim = at(100, 0);
	assert_null(existing_times(&source));
	source = written(at(100, 0), at(future, 0));
	assert_null(existing_times(&source));
}

/* --- replaced while it was worked on -----------------------------------------------------------
 */

static struct stat stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

static void set_time(const char *path, time_t seconds)
{
	const struct timespec times[2] = {at(seconds, 0), at(seconds, 0)};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_older_file(const char *output, const char *source)
{
	const struct stat out = stat_of(output), in = stat_of(source);
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	return existing_is_older(&out, &in, output, &now);
}

static void an_output_of_what_was_replaced_is_older(void **state)
{
	static const char *const outputs[] = {"out1", "out2"};
	struct stat read;

	(void)state;
	make_file("source", 10);
	make_file("out1", 1);
	make_file("out2", 1);
	read = stat_of("source");
	assert_false(existing_settle("source", &read, outputs, 2));
	assert_false(is_older_file("out1", "source"));
	/* by one of the same size that has kept an old time */
	make_file("new", 10);
	set_time("new", 1000);
	assert_int_equal(rename("new", "source"), 0);
	assert_false(is_older_file("out1", "source"));
	assert_true(existing_settle("source", &read, outputs, 2));
	assert_true(is_older_file("out1", "source"));
	assert_true(is_older_file("out2", "source"));
}

static void a_time_that_was_preserved_stays_where_it_can(void **state)
{
	static const char *const outputs[] = {"out"};
	struct stat read;

	(void)state;
	make_file("source", 10);
	set_time("source", 1000);
	read = stat_of("source");
	make_file("out", 1);
	set_time("out", 1000);
	set_time("source", 5000);
	assert_true(existing_settle("source", &read, outputs, 1));
	assert_int_equal(stat_of("out").st_mtim.tv_sec, 1000);
	/* gone: what comes in its place is newer than what was read */
	assert_int_equal(remove("source"), 0);
	set_time("out", 9000);
	assert_true(existing_settle("source", &read, outputs, 1));
	assert_int_equal(stat_of("out").st_mtim.tv_sec, 1000);
}

#define EXISTING_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_compared_exactly_where_they_can_be),
	    cmocka_unit_test(a_time_that_was_rounded_is_not_older),
	    cmocka_unit_test(a_time_that_is_yet_to_come_says_nothing),
	    cmocka_unit_test(an_output_takes_a_time_that_no_clock_can_judge),
	    EXISTING_TEST(an_output_of_what_was_replaced_is_older),
	    EXISTING_TEST(a_time_that_was_preserved_stays_where_it_can),
	};

	return cmocka_run_group_tests_name("existing", tests, NULL, NULL);
}
