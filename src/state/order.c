/* order.c - putting what has been told among what was known; see internal.h. */
#include "state/internal.h"
#include "state/gather.h"
#include "state/put.h"
#include "state/told.h"

/* Of a row of the journal, and of one of the table of pictures. */
#define COLUMNS                                                                                 \
	"directory, name, names, source, setup, adopted, size, modified, changed, inode, hash," \
	" outputs"
#define COLUMN_COUNT 12

/* Keys alone are sorted, which is done in memory. A row is a statement of its own: of one that
 * changes many SQLite keeps in memory what each page was before, in the end most of the table. */
enum part { SORTED, TOLD, PUT, PARTS };

static const char *const sql[PARTS] = {
    [SORTED] = "SELECT id FROM journal ORDER BY directory, name, names, id",
    [TOLD] = "SELECT " COLUMNS " FROM journal WHERE id = ?",
    [PUT] =
	"INSERT OR REPLACE INTO picture(" COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
};

static int put_row(sqlite3_stmt *told, sqlite3_stmt *put, int64_t id)
{
	int code;

	(void)sqlite3_bind_int64(told, 1, id);
	code = sqlite3_step(told);
	for (int i = 0; code == SQLITE_ROW && i < COLUMN_COUNT; i++) {
		code = sqlite3_bind_value(put, i + 1, sqlite3_column_value(told, i));
		code = code == SQLITE_OK ? SQLITE_ROW : code;
	}
	if (code == SQLITE_ROW)
		code = sqlite3_step(put);
	(void)sqlite3_reset(put);  /* it says the same again */
	(void)sqlite3_reset(told); /* what it said has been heard */
	return code;
}

static int put_rows(sqlite3 *database)
{
	sqlite3_stmt *statement[PARTS] = {NULL};
	int code = SQLITE_OK;

	for (int i = 0; i < PARTS && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v2(database, sql[i], -1, &statement[i], NULL);
	while (code == SQLITE_OK && (code = sqlite3_step(statement[SORTED])) == SQLITE_ROW) {
		code = put_row(statement[TOLD], statement[PUT],
		               sqlite3_column_int64(statement[SORTED], 0));
		code = code == SQLITE_DONE ? SQLITE_OK : code;
	}
	for (int i = 0; i < PARTS; i++)
		(void)sqlite3_finalize(statement[i]); /* it says the same again */
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int put_journal(sqlite3 *database)
{
	const int code = put_rows(database);

	return code == SQLITE_OK ? database_execute(database, "DELETE FROM journal") : code;
}

/* Ends the transaction that is open, if all has gone well in it, or takes it back. */
static int end_transaction(struct state *state, int code)
{
	if (code == SQLITE_OK)
		code = database_execute(state->database, "COMMIT");
	if (code != SQLITE_OK)
		(void)database_execute(state->database, "ROLLBACK"); /* if it did not end so */
	return state_check(state, code);
}

int state_order(struct state *state)
{
	int code = database_execute(state->database, "BEGIN");
	int status;

	if (code == SQLITE_OK)
		code = put_journal(state->database);
	status = end_transaction(state, code);
	state->written = 0;
	if (status == 0)
		put_ordered(state);
	return status;
}

int state_end(struct state *state, bool complete)
{
	int status = state_fault(state), code = SQLITE_OK;
	bool told;

	if (status == 0)
		status = gather_put(state);
	told = state->open; /* or what is in the file is not what this run has told */
	if (status == 0)
		status = state_transact(state);
	if (status != 0)
		return status;
	if (state->written > 0)
		code = put_journal(state->database);
	if (code == SQLITE_OK && complete)
		code = database_execute(state->database, "DELETE FROM run");
	status = end_transaction(state, code);
	state->open = false;
	if (status == 0 && told)
		told_clear(state);
	return status;
}
