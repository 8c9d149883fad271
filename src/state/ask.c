/* ask.c - asking a state for one picture of which nothing has been read ahead, and how many there
 * are of a directory; see state.h.
 */
#include "state/judge.h"

#include <string.h>

#include "base/hash.h"

uint64_t state_where_number(int64_t id)
{
	return hash_bytes(&id, sizeof(id), 0);
}

uint64_t state_where(struct state *state, const char *directory)
{
	sqlite3_stmt *statement = state_statement(state, STATEMENT_FIND_DIRECTORY);
	int64_t id = 0;

	if (statement) {
		(void)sqlite3_bind_blob(statement, 1, directory, (int)strlen(directory),
		                        SQLITE_STATIC);
		(void)state_run(state, statement, &id); /* who asks for a picture is told */
	}
	return state_where_number(id);
}

static enum state_verdict judge(struct state *state, const char *directory, sqlite3_stmt *row,
                                uint64_t identity)
{
	struct judging judging = JUDGING(state);
	const struct state_file file = {.size = (uint64_t)sqlite3_column_int64(row, 2),
	                                .modified = sqlite3_column_int64(row, 3),
	                                .changed = sqlite3_column_int64(row, 4),
	                                .inode = (uint64_t)sqlite3_column_int64(row, 5)};
	enum state_verdict verdict;

	if (!state->is_current(state->ctx, sqlite3_column_int64(row, 1)))
		return STATE_SETUP;
	judge_enter(&judging, directory);
	verdict = judge_outputs(&judging, sqlite3_column_blob(row, 6),
	                        (size_t)sqlite3_column_bytes(row, 6));
	if ((verdict == STATE_SAME || verdict == STATE_MOVED) &&
	    (state_identity(&file) ^ state_where_number(sqlite3_column_int64(row, 7))) != identity)
		return STATE_SOURCE;
	return verdict;
}

int state_ask(struct state *state, const char *directory, const char *name, uint64_t identity,
              enum state_verdict *verdict)
{
	sqlite3_stmt *row;
	int code = SQLITE_DONE;

	/* of a run that was killed, in a state that is only read */
	*verdict = state_find(state, state_key_path(directory), name, identity);
	if (*verdict != STATE_UNKNOWN || !state->is_current)
		return 0;
	row = state_statement(state, STATEMENT_ASK);
	if (!row)
		return state_fault(state);
	(void)sqlite3_bind_blob(row, 1, directory, (int)strlen(directory), SQLITE_STATIC);
	(void)sqlite3_bind_blob(row, 2, name, (int)strlen(name), SQLITE_STATIC);
	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		*verdict = STATE_OTHERS; /* unless its own follow */
		if ((uint64_t)sqlite3_column_int64(row, 0) == state->names) {
			*verdict = judge(state, directory, row, identity);
			break;
		}
	}
	(void)sqlite3_reset(row); /* it says the same again */
	return state_check(state, code);
}

/* Runs one of the statements about a directory and those below it. */
static int run_below(struct state *state, enum statement which, const char *directory,
                     int64_t *number)
{
	sqlite3_stmt *statement = state_statement(state, which);
	const size_t length = strnlen(directory, PATH_MAX - 1);
	char first[PATH_MAX], end[PATH_MAX]; /* of paths below it, which go on with a slash */

	*number = 0;
	if (!statement)
		return state_fault(state);
	memcpy(first, directory, length);
	memcpy(end, directory, length);
	first[length] = '/';
	end[length] = '/' + 1;
	(void)sqlite3_bind_blob(statement, 1, directory, (int)length, SQLITE_STATIC);
	(void)sqlite3_bind_blob(statement, 2, first, (int)length + 1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(statement, 3, end, (int)length + 1, SQLITE_STATIC);
	return state_run(state, statement, number);
}

int state_count_sources(struct state *state, const char *directory, uint64_t *count)
{
	int64_t number;
	int status = run_below(state, STATEMENT_FIND_BELOW, directory, &number);

	if (status == 0 && number != 0)
		status = run_below(state, STATEMENT_COUNT_SOURCES, directory, &number);
	*count = status == 0 ? (uint64_t)number : 0;
	return status;
}
