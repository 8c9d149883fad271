/* fetched.c - what servers said of pictures that were fetched; see state.h.
 *
 * A table that is made when there is the first of them: most states have none.
 */
#include <stdlib.h>
#include <string.h>

#include "state/internal.h"

#define TABLE                                                                                \
	"CREATE TABLE IF NOT EXISTS fetched(directory INTEGER NOT NULL, name BLOB NOT NULL," \
	" names INTEGER NOT NULL, url BLOB NOT NULL, etag BLOB NOT NULL,"                    \
	" modified BLOB NOT NULL, PRIMARY KEY(directory, name, names)) WITHOUT ROWID"

#define THIS \
	" WHERE directory = (SELECT id FROM directory WHERE path = ?) AND name = ? AND names = ?"

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_blob(statement, at, text, (int)strlen(text), SQLITE_STATIC);
}

int state_note_fetched(struct state *state, const char *directory, const char *name,
                       const struct state_fetched *fetched)
{
	sqlite3_stmt *statement;
	int64_t id;
	int status = state_transact(state);

	if (status == 0 && !state->fetches)
		status = state_check(state, database_execute(state->database, TABLE));
	state->fetches = state->fetches || status == 0;
	if (status == 0)
		status = state_intern(state, directory, &id);
	statement = status == 0 ? state_statement(state, STATEMENT_NOTE_FETCHED) : NULL;
	if (!statement)
		return state_fault(state);
	(void)sqlite3_bind_int64(statement, 1, id);
	bind_text(statement, 2, name);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)state->names);
	bind_text(statement, 4, fetched->url);
	bind_text(statement, 5, fetched->etag);
	bind_text(statement, 6, fetched->modified);
	return state_run(state, statement, NULL);
}

/* A statement about one picture's row; NULL: there is no such table, as in most states. */
static sqlite3_stmt *prepare(struct state *state, const char *sql, const char *directory,
                             const char *name, uint64_t names)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(state->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	bind_text(statement, 1, directory);
	bind_text(statement, 2, name);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)names);
	return statement;
}

/* What goes into a request is one short line. */
static bool take_line(sqlite3_stmt *row, int column, char text[STATE_FETCHED_MAX])
{
	const void *blob = sqlite3_column_blob(row, column);
	const size_t size = blob ? (size_t)sqlite3_column_bytes(row, column) : 0;

	if (size >= STATE_FETCHED_MAX)
		return false;
	if (size > 0)
		memcpy(text, blob, size);
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
			return false;
	return true;
}

bool state_fetched(struct state *state, const char *directory, const char *name, const char *url,
                   char etag[STATE_FETCHED_MAX], char modified[STATE_FETCHED_MAX])
{
	sqlite3_stmt *row = prepare(state, "SELECT url, etag, modified FROM fetched" THIS,
	                            directory, name, state->names);
	char text[PATH_MAX];
	bool known = row && sqlite3_step(row) == SQLITE_ROW && state_column_path(row, 0, text) &&
	             strcmp(text, url) == 0 && take_line(row, 1, etag) &&
	             take_line(row, 2, modified);

	(void)sqlite3_finalize(row); /* what is wrong is seen by who writes */
	return known;
}

void state_forget_fetched(struct state *state, const char *directory, const char *name,
                          uint64_t names)
{
	sqlite3_stmt *statement =
	    prepare(state, "DELETE FROM fetched" THIS, directory, name, names);

	if (statement)
		(void)sqlite3_step(
		    statement); /* the next one that writes finds out what is wrong */
	(void)sqlite3_finalize(statement);
}
