/* test_state_put.c - where pictures go that a state is told of: to their place, or first into the
 * journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "state/internal.h"
#include "state/told.h"
#include "state_fixture.h"

#define NAMES 77

/* Picture `number` of a folder of a hundred, as version `version` of its source, at that place of
 * its plan. */
static void tell_at(struct state *state, unsigned place, unsigned number, unsigned version)
{
	char directory[32], name[32];
	struct state_picture picture = {
	    .directory = directory,
	    .name = name,
	    .source = "/photos",
	    .file = {.size = version, .inode = number + 1},
	    .setup = {.options = "quality=80\n", .source = 1, .output = 2, .versions = 3},
	    .output = {{.path = name, .file = {.size = 9}, .width = 30, .height = 20}},
	    .place = place + 1,
	    .outputs = 1,
	};

	(void)snprintf(directory, sizeof(directory), "folder %u", number / 100);
	(void)snprintf(name, sizeof(name), "%02u.jpg", number % 100);
	assert_int_equal(state_tell(state, &picture), 0);
}

static void tell(struct state *state, unsigned number, unsigned version)
{
	tell_at(state, number, number, version);
}

static void shuffle(unsigned *number, unsigned count)
{
	unsigned random = 1;

	for (unsigned i = 0; i < count; i++)
		number[i] = i;
	for (unsigned i = count; i > 1; i--) {
		const unsigned last = number[i - 1];
		unsigned other;

		random = random * 1664525 + 1013904223;
		other = (random >> 8) % i;
		number[i - 1] = number[other];
		number[other] = last;
	}
}

/* What the state's own connection says: nobody else may ask it. */
static int64_t count(struct state *state, const char *sql)
{
	sqlite3_stmt *row;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(state->database, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	return number;
}

static int64_t waiting(struct state *state)
{
	return count(state, "SELECT count(*) FROM journal");
}

/* All but the first, of which nobody knows yet where it belongs. */
static void what_comes_in_order_goes_to_its_place(void **cmocka)
{
	struct state *state = open_state(true, NAMES);

	(void)cmocka;
	for (unsigned i = 0; i < 3000; i++)
		tell(state, i, 1);
	assert_int_equal(waiting(state), 1);
	assert_int_equal(state->written, 1);
	assert_int_equal(count(state, "SELECT count(*) FROM picture"), 2999);
	close_state(state);
	assert_int_equal(ask("SELECT count(*) FROM picture"), 3000);
}

static int count_commit(void *commits)
{
	++*(unsigned *)commits;
	return 0;
}

/* Pictures that no transaction has yet, one of them in the journal, and the end of the run: each of
 * their transactions might wait for a disk. */
static void the_end_is_one_transaction(void **cmocka)
{
	struct state *state = open_state(true, NAMES);
	unsigned commits = 0;
	bool killed;
	int64_t since;

	(void)cmocka;
	assert_int_equal(state_begin(state, "options", &since, &killed), 0);
	for (unsigned i = 0; i < 30; i++)
		tell(state, i, 1);
	assert_int_equal(waiting(state), 1);
	(void)sqlite3_commit_hook(state->database, count_commit, &commits);
	close_state(state);
	assert_int_equal(commits, 1);
	assert_int_equal(ask("SELECT count(*) FROM picture"), 30);
	assert_int_equal(ask("SELECT count(*) FROM journal"), 0);
	assert_int_equal(ask("SELECT count(*) FROM run"), 0);
}

/* As workers end that overtake each other. */
static void a_little_disorder_is_order(void **cmocka)
{
	struct state *state = open_state(true, NAMES);

	(void)cmocka;
	for (unsigned i = 0; i < 3000; i++)
		tell(state, i ^ 31, 1);
	assert_true(waiting(state) < 40);
	close_state(state);
}

/* Now and then one of another part, which goes on there. */
static void parts_of_a_plan_are_gone_through_at_once(void **cmocka)
{
	struct state *state = open_state(true, NAMES);

	(void)cmocka;
	for (unsigned i = 0; i < 3000; i++) {
		tell(state, i, 1);
		if (i % 7 == 0)
			tell(state, 50000 + i / 7, 1);
		if (i % 90 == 0)
			tell(state, 90000 - i * 5, 1);
	}
	assert_true(waiting(state) < 60);
	close_state(state);
}

/* As in an order by price, and as in a list of names in no order. */
static void disorder_is_sorted_at_the_end(void **cmocka)
{
	static unsigned number[3000];

	(void)cmocka;
	shuffle(number, 3000);
	for (unsigned list = 0; list < 2; list++) {
		struct state *state = open_state(true, NAMES);

		for (unsigned i = 0; i < 3000; i++)
			tell_at(state, list ? i : number[i], number[i], list + 1);
		assert_true(waiting(state) > 2000);
		close_state(state);
		assert_int_equal(ask("SELECT count(*) FROM picture"), 3000);
		assert_int_equal(ask("SELECT count(*) FROM journal"), 0);
		assert_int_equal(ask("SELECT sum(size) FROM picture"), 3000 * (list + 1));
	}
}

/* In any order, and with what a killed run has left: what was told last is what is known. */
static void what_was_told_last_counts(void **cmocka)
{
	static unsigned last[700];
	unsigned version = 0, random = 1;

	(void)cmocka;
	for (unsigned run = 0; run < 6; run++) {
		struct state *state = open_state(true, NAMES);
		struct br_error error;

		for (unsigned i = 0; i < 5000; i++) {
			unsigned number = i * (run + 1) % 700;

			random = random * 1664525 + 1013904223;
			if (random >> 28 == 0)
				number = (random >> 8) % 700;
			tell(state, number, ++version);
			last[number] = version;
		}
		assert_int_equal(state_commit(state, true), 0);
		if (run % 2 == 0)
			state->broken = true; /* nothing more is written, as if it were killed */
		assert_int_equal(state_close(state, true, &error), 0);
	}
	assert_int_equal(ask("SELECT count(*) FROM picture"), 700);
	for (unsigned i = 0; i < 700; i++) {
		char sql[128];

		(void)snprintf(sql, sizeof(sql), "SELECT size FROM picture WHERE inode = %u",
		               i + 1);
		assert_int_equal(ask(sql), last[i]);
	}
}

static bool yes(void *ctx, int64_t id)
{
	(void)ctx;
	(void)id;
	return true;
}

/* Of a run that was killed before its first transaction ended there is no row yet: what it has told
 * goes to its place, and is all that says which outputs a picture had. */
static void what_a_killed_first_run_has_told_has_orphans(void **cmocka)
{
	struct state_picture picture = {
	    .directory = "folder",
	    .name = "a.jpg",
	    .source = "/photos",
	    .setup = {.options = "quality=80\n", .source = 1, .output = 2, .versions = 3},
	    .output = {{.path = "a-30.jpg", .file = {.size = 9}, .width = 30, .height = 20}},
	    .outputs = 1,
	};
	struct state *state = open_state(true, NAMES);
	struct br_error error;

	(void)cmocka;
	assert_int_equal(told_add(state, &picture), 0);
	close_state(state);
	state = open_state(true, NAMES);
	assert_int_equal(state_prepare(state, yes, NULL, &error), 0);
	picture.output[0].path = "a-40.jpg";
	assert_int_equal(state_record(state, &picture), 0);
	close_state(state);
	assert_int_equal(ask("SELECT count(*) FROM orphan"), 1);
	assert_int_equal(ask("SELECT count(*) FROM picture"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_comes_in_order_goes_to_its_place),
	    TEST(the_end_is_one_transaction),
	    TEST(a_little_disorder_is_order),
	    TEST(parts_of_a_plan_are_gone_through_at_once),
	    TEST(disorder_is_sorted_at_the_end),
	    TEST(what_was_told_last_counts),
	    TEST(what_a_killed_first_run_has_told_has_orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
