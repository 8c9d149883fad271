/* order.c - putting what has been told among what was known; see internal.h. */
#include "state/internal.h"
#include "state/put.h"

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

int state_order(struct state *state)
{
	int code = database_execute(state->database, "BEGIN");

	if (code == SQLITE_OK)
		code = put_rows(state->database);
	if (code == SQLITE_OK)
		code = database_execute(state->database, "DELETE FROM journal; COMMIT");
	if (code != SQLITE_OK)
		(void)database_execute(state->database, "ROLLBACK"); /* if it did not end so */
	state->written = 0;
	if (code == SQLITE_OK)
		put_ordered(state);
	return state_check(state, code);
}
