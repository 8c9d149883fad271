/* test_state_database.c - the file in which a state is kept, and the outputs in its rows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "state/internal.h"
#include "state_fixture.h"

/* --- the database ------------------------------------------------------------------------------
 */

static int open_database(enum database_use use, sqlite3 **database)
{
	struct br_error error;
	const int status = database_open("out", use, database, &error);

	if (status == 0)
		assert_int_equal(error.code, BR_ERROR_NONE);
	else
		assert_true(error.msg[0] != '\0');
	return status;
}

static void to_be_read_it_is_never_made(void **state)
{
	sqlite3 *database;

	(void)state;
	assert_int_equal(open_database(DATABASE_READ, &database), -ENOENT);
	make_place("out");
	assert_int_equal(open_database(DATABASE_READ, &database), -ENOENT);
	make_file(DATABASE_PATH, 0); /* its maker was killed */
	assert_int_equal(open_database(DATABASE_READ, &database), -ENOENT);
	assert_null(database);
	assert_int_equal(open_database(DATABASE_WRITE, &database), 0);
	database_close(database);
	assert_int_equal(open_database(DATABASE_READ, &database), 0);
	database_close(database);
}

static void a_writer_has_it_for_itself(void **state)
{
	sqlite3 *first, *second;

	(void)state;
	make_place("out");
	assert_int_equal(open_database(DATABASE_WRITE, &first), 0);
	assert_int_equal(open_database(DATABASE_WRITE, &second), -EBUSY);
	database_close(first);
	assert_int_equal(open_database(DATABASE_WRITE, &second), 0);
	database_close(second);
}

static void one_of_a_newer_version_stays_as_it_is(void **state)
{
	sqlite3 *database;
	int64_t version;

	(void)state;
	make_place("out");
	assert_int_equal(open_database(DATABASE_WRITE, &database), 0);
	database_close(database);
	version = ask("PRAGMA user_version");
	assert_true(version > 0);
	execute("PRAGMA user_version = 1000");
	assert_int_equal(open_database(DATABASE_WRITE, &database), BR_ERROR_UNSUPPORTED);
	assert_int_equal(open_database(DATABASE_READ, &database), BR_ERROR_UNSUPPORTED);
	assert_int_equal(ask("PRAGMA user_version"), 1000);
	assert_false(exists(DAMAGED_PATH));
}

static void assert_set_aside(void)
{
	struct br_error error;
	sqlite3 *database;

	assert_int_equal(database_open("out", DATABASE_READ, &database, &error), BR_ERROR_CORRUPT);
	assert_false(exists(DAMAGED_PATH));
	assert_int_equal(database_open("out", DATABASE_WRITE, &database, &error), 0);
	assert_int_equal(error.code, BR_ERROR_CORRUPT);
	database_close(database);
	assert_true(exists(DAMAGED_PATH));
	assert_int_equal(unlink(DAMAGED_PATH), 0);
	assert_int_equal(open_database(DATABASE_WRITE, &database), 0);
	database_close(database);
	assert_int_equal(unlink(DATABASE_PATH), 0);
	(void)unlink("out/" PLACE_NAME "/" DATABASE_NAME "-wal");
}

static void a_damaged_one_makes_room_for_a_new_one(void **state)
{
	(void)state;
	make_place("out");
	make_file(DATABASE_PATH, 5000);
	assert_set_aside();
	make_file_with(DATABASE_PATH, "This is no database.", 20);
	assert_set_aside();
	execute("CREATE TABLE somebody(s_else)");
	assert_set_aside();
	make_file_with("elsewhere", "keep", 4);
	assert_int_equal(symlink("../../elsewhere", DATABASE_PATH), 0);
	assert_set_aside();
	assert_true(exists("elsewhere"));
}

/* What has a meaning in a URI has none in a path. */
static void any_path_will_do(void **state)
{
	static const char *const outputs[] = {"a%41?x=1#b", "sp ace", "\xFF\xFE", "new\nline"};
	struct br_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		sqlite3 *database;

		make_place(outputs[i]);
		assert_int_equal(database_open(outputs[i], DATABASE_WRITE, &database, &error), 0);
		/* no log is left: it is read as it lies there */
		assert_int_equal(sqlite3_wal_checkpoint_v2(database, NULL,
		                                           SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
		                 SQLITE_OK);
		database_close(database);
		assert_int_equal(database_open(outputs[i], DATABASE_READ, &database, &error), 0);
		database_close(database);
	}
}

/* --- rows --------------------------------------------------------------------------------------
 */

static void outputs_come_back_from_a_row(void **state)
{
	static unsigned char row[PACKED_MAX];
	static char longest[PATH_MAX], text[PATH_MAX];
	struct state_output output[STATE_OUTPUTS_MAX], got;
	const unsigned char *at = row;
	size_t size, left;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	for (unsigned i = 0; i < STATE_OUTPUTS_MAX; i++)
		output[i] = (struct state_output){.path = i % 2 ? longest : "a/\xFF\n.jpg",
		                                  .file = {.size = UINT64_MAX - i,
		                                           .inode = i,
		                                           .modified = -5 - (int64_t)i,
		                                           .changed = i % 3 ? INT64_MIN + i : 0,
		                                           .hash = UINT64_C(1) << 63 | i},
		                                  .width = UINT32_MAX,
		                                  .height = i};
	size = packed_write(output, STATE_OUTPUTS_MAX, row);
	assert_true(size <= sizeof(row));
	assert_int_equal(size, packed_size(output, STATE_OUTPUTS_MAX));
	left = size;
	for (unsigned i = 0; i < STATE_OUTPUTS_MAX; i++) {
		assert_true(packed_next(&at, &left, &got, text));
		assert_string_equal(got.path, output[i].path);
		assert_true(got.file.size == output[i].file.size);
		assert_true(got.file.inode == i && got.file.modified == output[i].file.modified);
		assert_true(got.file.changed == output[i].file.changed);
		assert_true(got.file.hash == output[i].file.hash);
		assert_true(got.width == UINT32_MAX && got.height == i);
	}
	assert_int_equal(left, 0);
	assert_false(packed_next(&at, &left, &got, text));
	assert_int_equal(packed_write(output, 0, row), 0);
}

static bool is_row(const unsigned char *row, size_t size)
{
	struct state_output output;
	char text[PATH_MAX];

	while (packed_next(&row, &size, &output, text))
		;
	return size == 0;
}

static void a_row_that_makes_no_sense_ends_there(void **state)
{
	static const char *const elsewhere[] = {"/etc/passwd", "../a", "a/../b", "a/..", ".."};
	const struct state_output two[] = {{.path = "ab", .file = {.changed = 1}}, {.path = "c"}};
	unsigned char row[PACKED_MAX];
	const size_t size = packed_write(two, 2, row), first = packed_write(two, 1, row);

	(void)state;
	(void)packed_write(two, 2, row);
	for (size_t cut = 0; cut <= size; cut++)
		assert_int_equal(is_row(row, cut), cut == 0 || cut == first || cut == size);
	row[3] = '\0';
	assert_false(is_row(row, size));
	row[0] = row[1] = 0;
	assert_false(is_row(row, size));
	row[0] = row[1] = 0xFF;
	assert_false(is_row(row, size));
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		const struct state_output output = {.path = elsewhere[i]};

		assert_false(packed_is_below(elsewhere[i]));
		assert_false(is_row(row, packed_write(&output, 1, row)));
	}
	assert_true(packed_is_below("") && packed_is_below("...") && packed_is_below("a/..b/c"));
}

/* --- putting in order --------------------------------------------------------------------------
 */

enum { ORDERS = 12, ORDERED = 5000, DIRECTORIES = 250 };

/* All over the table, as pictures of many directories come. */
static void tell_scattered(struct state *state, unsigned first)
{
	char name[16], directory[16];
	struct state_picture picture = {
	    .directory = directory,
	    .name = name,
	    .source = "/photos",
	    .setup = {.options = "quality=80\n", .source = 1, .output = 2, .versions = 3},
	    .outputs = 1,
	    .output[0] = {.path = name},
	};

	for (unsigned i = first; i < first + ORDERED; i++) {
		(void)snprintf(directory, sizeof(directory), "%u", i % DIRECTORIES);
		(void)snprintf(name, sizeof(name), "%u.jpg", i / DIRECTORIES);
		assert_int_equal(state_tell(state, &picture), 0);
	}
}

/* The most bytes that SQLite has while it puts so many in order. */
static sqlite3_int64 order_memory(struct state *state)
{
	assert_int_equal(state_commit(state, true), 0);
	(void)sqlite3_memory_highwater(1);
	assert_int_equal(state_order(state), 0);
	return sqlite3_memory_highwater(0);
}

static void memory_for_putting_in_order_does_not_grow(void **cmocka)
{
	sqlite3_int64 before = 0, most = 0;
	struct br_error error;
	struct state *state;

	(void)cmocka;
	make_place("out");
	assert_int_equal(state_open("out", true, 0, &state, &error), 0);
	for (unsigned i = 0; i < ORDERS; i++) {
		tell_scattered(state, i * ORDERED);
		most = order_memory(state);
		if (i < ORDERS / 2) /* in which SQLite's cache of pages has filled up */
			before = most;
	}
	/* less than 10 bytes for each that has come since, of a hundred in the table */
	assert_in_range(most, 1, before + 10LL * ORDERS / 2 * ORDERED);
	assert_int_equal(state_close(state, true, &error), 0);
	assert_int_equal(ask("SELECT count(*) FROM picture"), ORDERS * ORDERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(to_be_read_it_is_never_made),
	    TEST(a_writer_has_it_for_itself),
	    TEST(one_of_a_newer_version_stays_as_it_is),
	    TEST(a_damaged_one_makes_room_for_a_new_one),
	    TEST(any_path_will_do),
	    TEST(outputs_come_back_from_a_row),
	    TEST(a_row_that_makes_no_sense_ends_there),
	    TEST(memory_for_putting_in_order_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
