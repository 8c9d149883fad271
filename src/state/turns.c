/* turns.c - which lists of sizes, or other ways to call outputs, runs ask for in turn; see state.h.
 *
 * A run that asks for a size which another list had as well may stand in that one's place, or
 * beside it. That the other comes back tells: from then on both are there to stay.
 */
#include "state/internal.h"

/* Beside the tables of the version, which programs that know nothing of it leave alone. */
static const char table[] = "CREATE TABLE IF NOT EXISTS turn(names INTEGER PRIMARY KEY,"
			    " number INTEGER NOT NULL, stays INTEGER NOT NULL)";

/* Those that have had a turn since the last one of ?1; and that one, if there are any. */
static const char meet[] = "UPDATE turn SET stays = 1 WHERE EXISTS (SELECT 1 FROM turn AS mine JOIN"
			   " turn AS other ON other.number > mine.number WHERE mine.names = ?1"
			   " AND turn.number >= mine.number)";

static const char next[] =
    "INSERT INTO turn SELECT ?1, coalesce(max(number), 0) + 1, 0 FROM turn WHERE"
    " true ON CONFLICT DO UPDATE SET number = excluded.number";

/* Returns SQLite's code; *number gets the first column of a row. */
static int run(const struct state *state, const char *sql, uint64_t names, int64_t *number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(state->database, sql, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return code;
	(void)sqlite3_bind_int64(statement, 1, (int64_t)names);
	if (sqlite3_step(statement) == SQLITE_ROW && number)
		*number = sqlite3_column_int64(statement, 0);
	return sqlite3_finalize(statement);
}

int state_take_turn(struct state *state)
{
	int code = database_execute(state->database, table);

	if (code == SQLITE_OK)
		code = run(state, meet, state->names, NULL);
	if (code == SQLITE_OK)
		code = run(state, next, state->names, NULL);
	return state_check(state, code);
}

bool state_stays(const struct state *state, uint64_t names)
{
	int64_t stays = 0;

	/* an older database that is only read has no such table */
	(void)run(state, "SELECT stays FROM turn WHERE names = ?1", names, &stays);
	return stays != 0;
}
