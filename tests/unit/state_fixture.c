/* state_fixture.c - see state_fixture.h. */
#include "state_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void make_place(const char *output)
{
	const int fd = place_open(output, true);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

struct state *open_state(bool write, uint64_t names)
{
	struct br_error error;
	struct state *state;

	make_place("out");
	assert_int_equal(state_open("out", write, names, &state, &error), 0);
	assert_int_equal(error.code, BR_ERROR_NONE);
	return state;
}

void close_state(struct state *state)
{
	struct br_error error;

	assert_int_equal(state_close(state, true, &error), 0);
}

bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

void execute(const char *sql)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(DATABASE_PATH, &database), SQLITE_OK);
	assert_int_equal(database_execute(database, sql), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

int64_t ask(const char *sql)
{
	sqlite3 *database;
	sqlite3_stmt *row;
	int64_t number;

	assert_int_equal(sqlite3_open(DATABASE_PATH, &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	return number;
}
