/* test_state_gather.c - pictures that a state has been told of, and that wait to be put into the
 * database together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "plan_fixture.h"
#include "state/internal.h"
#include "state_fixture.h"

#define NAMES 77

/* More than wait at most. */
#define MANY 200

#define ALL "(SELECT count(*) FROM picture) + (SELECT count(*) FROM journal)"

static struct state_picture picture_of(char name[16], unsigned number)
{
	(void)snprintf(name, 16, "%06u.jpg", number);
	return (struct state_picture){
	    .directory = "folder",
	    .name = name,
	    .source = "/photos",
	    .file = {.size = 5, .inode = number + 1},
	    .setup = {.options = "quality=80\n", .source = 1, .output = 2, .versions = 3},
	    .output = {{.path = name, .file = {.size = 9}, .width = 30, .height = 20}},
	    .place = number + 1,
	    .outputs = 1,
	};
}

static int record_one(struct state *state, unsigned number)
{
	char name[16];
	const struct state_picture picture = picture_of(name, number);

	state->committed = clock_ns(); /* whatever time this takes, nothing is written for it */
	return state_record(state, &picture);
}

static void record(struct state *state, unsigned begin, unsigned end)
{
	for (unsigned i = begin; i < end; i++)
		assert_int_equal(record_one(state, i), 0);
}

/* What the state's own connection says: nobody else may ask it. */
static int64_t count(const struct state *state, const char *what)
{
	char sql[128];
	sqlite3_stmt *row;
	int64_t number;

	(void)snprintf(sql, sizeof(sql), "SELECT %s", what);
	assert_int_equal(sqlite3_prepare_v2(state->database, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	return number;
}

/* A state whose transaction has just ended, so that the next ends a second later. */
static struct state *begin_state(void)
{
	struct state *state = open_state(true, NAMES);

	record(state, 0, 1);
	assert_int_equal(state_commit(state, true), 0);
	return state;
}

static void pictures_are_put_together(void **cmocka)
{
	struct state *state = begin_state();

	(void)cmocka;
	record(state, 1, 10);
	assert_int_equal(count(state, ALL), 1);
	record(state, 10, MANY);
	assert_in_range(count(state, ALL), MANY - 64, MANY - 1);
	/* what comes in order goes to its place all the same */
	assert_int_equal(count(state, "count(*) FROM journal"), 1);
	close_state(state);
	assert_int_equal(ask("SELECT count(*) FROM picture"), MANY);
}

static int take(void *ctx, const struct state_picture *picture, uint64_t names)
{
	(void)picture;
	(void)names;
	++*(unsigned *)ctx;
	return 0;
}

static bool yes(void *ctx, int64_t id)
{
	(void)ctx;
	(void)id;
	return true;
}

static void what_waits_is_known(void **cmocka)
{
	struct state *state = begin_state();
	struct state_picture got;
	enum state_verdict verdict;
	struct br_error error;
	unsigned pictures = 0;
	uint64_t sources;

	(void)cmocka;
	assert_int_equal(state_prepare(state, yes, NULL, &error), 0);
	record(state, 1, 2);
	assert_int_equal(state_look(state, "folder", "000001.jpg", &got), 0);
	record(state, 2, 3);
	assert_int_equal(state_ask(state, "folder", "000002.jpg", 1, &verdict), 0);
	assert_int_equal(verdict, STATE_GONE);
	record(state, 3, 4);
	assert_int_equal(state_count_sources(state, "/photos", &sources), 0);
	assert_int_equal(sources, 4);
	record(state, 4, 5);
	assert_int_equal(state_each_picture(state, take, &pictures), 0);
	assert_int_equal(pictures, 5);
	record(state, 5, 6);
	assert_int_equal(state_forget(state, "folder", "000005.jpg", NAMES), 0);
	close_state(state);
	assert_int_equal(ask("SELECT count(*) FROM picture"), 5);
}

static void orphans_of_what_waits_are_known(void **cmocka)
{
	struct state *state = begin_state();
	char name[16];
	struct state_picture picture = picture_of(name, 0);
	unsigned orphans = 0;

	(void)cmocka;
	close_state(state);
	state = begin_state();
	picture.output[0].path = "another.jpg";
	assert_int_equal(state_record(state, &picture), 0);
	assert_int_equal(state_each_orphan(state, take, &orphans), 0);
	assert_int_equal(orphans, 1);
	close_state(state);
}

static void a_kill_loses_none(void **cmocka)
{
	struct state *state;
	pid_t child;
	int status;

	(void)cmocka;
	close_state(begin_state());
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct br_error error;

		if (state_open("out", true, NAMES, &state, &error) != 0)
			_exit(1);
		for (unsigned i = 0; i < 100; i++)
			if (record_one(state, i) != 0)
				_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(ask("SELECT " ALL) < 100);
	close_state(open_state(true, NAMES));
	assert_int_equal(ask("SELECT count(*) FROM picture"), 100);
}

static void nothing_waits_that_is_in_no_file(void **cmocka)
{
	struct state *state;

	(void)cmocka;
	make_place("out");
	assert_int_equal(mkdir("out/" PLACE_NAME "/told", 0777), 0);
	state = begin_state();
	for (unsigned i = 1; i < 10; i++) {
		record(state, i, i + 1);
		assert_int_equal(count(state, ALL), i + 1);
		assert_false(state->open);
	}
	close_state(state);
}

/* The next run reads them from there. */
static void what_waits_at_a_fault_stays_in_the_file(void **cmocka)
{
	struct state *state = begin_state();
	struct br_error error;

	(void)cmocka;
	record(state, 1, 10);
	assert_int_equal(database_execute(state->database, "DROP TABLE picture"), SQLITE_OK);
	(void)state_commit(state, true);
	assert_int_equal(state_close(state, true, &error), BR_ERROR_CORRUPT);
	state_set_aside("out");
	close_state(open_state(true, NAMES));
	assert_int_equal(ask("SELECT count(*) FROM picture"), 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(pictures_are_put_together),        TEST(what_waits_is_known),
	    TEST(orphans_of_what_waits_are_known),  TEST(a_kill_loses_none),
	    TEST(nothing_waits_that_is_in_no_file), TEST(what_waits_at_a_fault_stays_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
