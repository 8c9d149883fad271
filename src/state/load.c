/* load.c - opening, reading and closing a state; see state.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "state/gather.h"
#include "state/jury.h"
#include "state/place.h"
#include "state/put.h"
#include "state/told.h"

/* A log of more bytes is put into the database at a run's end, which waits for the disk. A run of
 * some 20,000 pictures writes so much; the next reads it within hundredths of a second. */
#define LOG_MAX (16 << 20)

#define HAS_JOURNAL "SELECT 1 FROM journal LIMIT 1"

/* --- opening -----------------------------------------------------------------------------------
 */

static bool has_rows(struct state *state, const char *sql)
{
	sqlite3_stmt *row;
	bool has = true;

	if (sqlite3_prepare_v2(state->database, sql, -1, &row, NULL) == SQLITE_OK)
		has = sqlite3_step(row) != SQLITE_DONE;
	(void)sqlite3_finalize(row); /* what is wrong is seen when it is read */
	return has;
}

/* Whether a run that was killed has left what is to be put in order before it can be asked. */
static bool was_killed(struct state *state)
{
	return told_exists(state) || has_rows(state, HAS_JOURNAL);
}

static void free_state(struct state *state)
{
	free(state->entry);
	free(state->directory);
	put_free(state->put);
	gather_free(state->gathered);
	free(state->looked.options);
	free(state->old.options);
	free(state->output);
	free(state);
}

/* NULL: no memory. */
static struct state *new_state(const char *output)
{
	struct state *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->output = strdup(output);
	made->gathered = gather_new();
	if (made->output && made->gathered)
		return made;
	free_state(made);
	return NULL;
}

int state_open(const char *output, bool write, uint64_t names, struct state **state,
               struct br_error *error)
{
	struct state *made = new_state(output);
	int status;

	*state = NULL;
	*error = (struct br_error){0};
	if (!made)
		return br_error_system(error, ENOMEM, "can't be read");
	made->write = write;
	made->told = -1;
	made->names = names;
	status =
	    database_open(output, write ? DATABASE_WRITE : DATABASE_READ, &made->database, error);
	if (status != 0) {
		free_state(made);
		return status;
	}
	made->put = put_new(has_rows(made, HAS_JOURNAL));
	if (!made->put) {
		(void)state_close(made, false, error);
		return br_error_system(error, ENOMEM, "can't be read");
	}
	*state = made;
	if (!write && was_killed(made) && database_copy(&made->database))
		made->write = true;
	if (made->write)
		(void)told_again(made, !write); /* what is wrong is seen when it is read */
	/* of a new one all is known */
	made->loaded = !has_rows(made, "SELECT 1 FROM picture LIMIT 1");
	return 0;
}

void state_set_aside(const char *output)
{
	database_set_aside(output);
}

void state_stop(struct state *state)
{
	__atomic_store_n(&state->stop, 1, __ATOMIC_RELAXED);
}

/* --- setups ------------------------------------------------------------------------------------
 */

int state_each_setup(struct state *state,
                     void (*take)(void *ctx, int64_t id, const struct state_setup *setup),
                     void *ctx)
{
	sqlite3_stmt *row;
	int code = sqlite3_prepare_v2(
	    state->database, "SELECT id, options, source, output, library, versions FROM setup", -1,
	    &row, NULL);

	if (code != SQLITE_OK)
		return state_check(state, code);
	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		const unsigned char *options = sqlite3_column_text(row, 1);
		const struct state_setup setup = {.options = options ? (const char *)options : "",
		                                  .source = (uint32_t)sqlite3_column_int64(row, 2),
		                                  .output = (uint32_t)sqlite3_column_int64(row, 3),
		                                  .library = sqlite3_column_int(row, 4) != 0,
		                                  .versions =
		                                      (uint64_t)sqlite3_column_int64(row, 5)};

		take(ctx, sqlite3_column_int64(row, 0), &setup);
	}
	(void)sqlite3_finalize(row); /* it says the same again */
	return state_check(state, code);
}

/* --- what has been read ------------------------------------------------------------------------
 */

static struct remembered *find_entry(const struct state *state, uint64_t key)
{
	size_t at = (size_t)key;

	for (;; at++) {
		struct remembered *entry = &state->entry[at & (state->allocated - 1)];

		if (entry->key == 0 || entry->key == key)
			return entry;
	}
}

static int grow(struct state *state)
{
	const struct state before = *state;
	const size_t allocated = before.allocated ? before.allocated * 2 : 256;

	state->entry = calloc(allocated, sizeof(*state->entry));
	if (!state->entry) {
		state->entry = before.entry;
		return -ENOMEM;
	}
	state->allocated = allocated;
	for (size_t i = 0; i < before.allocated; i++)
		if (before.entry[i].key != 0)
			*find_entry(state, before.entry[i].key) = before.entry[i];
	free(before.entry);
	return 0;
}

static int add_entry(struct state *state, uint64_t key, uint64_t identity,
                     enum state_verdict verdict)
{
	struct remembered *entry;

	/* three quarters full at most */
	if (state->entries + 1 > state->allocated / 4 * 3) {
		const int status = grow(state);

		if (status != 0)
			return status;
	}
	entry = find_entry(state, key);
	state->entries += entry->key == 0;
	*entry = (struct remembered){.key = key,
	                             .value = (identity & ~ENTRY_VERDICT) | (uint64_t)verdict};
	return 0;
}

size_t state_pictures(const struct state *state)
{
	return state->entries;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* While rows are read, which come by directory. */
struct loading {
	struct state *state;
	struct jury *jury;
	bool (*is_current)(void *ctx, int64_t setup);
	void *ctx;
	int64_t setup; /* what is_current() was asked last; INT64_MIN: nothing yet */
	bool current;
	int64_t directory; /* whose key this is, and whom the jury has entered; 0: none yet */
	uint64_t key;
};

static int enter_directory(struct loading *loading, int64_t id)
{
	struct state *state = loading->state;
	sqlite3_stmt *row;
	char path[PATH_MAX] = "";
	int code;

	if (loading->directory == id)
		return 0;
	code = sqlite3_prepare_v2(state->database, "SELECT path FROM directory WHERE id = ?", -1,
	                          &row, NULL);
	if (code != SQLITE_OK)
		return state_check(state, code);
	(void)sqlite3_bind_int64(row, 1, id);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW && sqlite3_column_bytes(row, 0) > 0)
		(void)snprintf(path, sizeof(path), "%.*s", sqlite3_column_bytes(row, 0),
		               (const char *)sqlite3_column_blob(row, 0));
	(void)sqlite3_finalize(row); /* it says the same again */
	if (code != SQLITE_ROW)
		return state_check(state, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
	jury_enter(loading->jury, path);
	loading->key = state_key_path(path);
	loading->directory = id;
	return 0;
}

static bool setup_is_current(struct loading *loading, int64_t setup)
{
	if (loading->setup != setup) {
		loading->setup = setup;
		loading->current = loading->is_current(loading->ctx, setup);
	}
	return loading->current;
}

static int take_verdict(void *ctx, const struct jury_row *row)
{
	return add_entry(ctx, row->key, row->identity, row->verdict);
}

static int take_row(struct loading *loading, sqlite3_stmt *row)
{
	const struct state *state = loading->state;
	const struct state_file file = {.size = (uint64_t)sqlite3_column_int64(row, 3),
	                                .modified = sqlite3_column_int64(row, 4),
	                                .changed = sqlite3_column_int64(row, 5),
	                                .inode = (uint64_t)sqlite3_column_int64(row, 6)};
	const char *name = sqlite3_column_blob(row, 1);
	const uint64_t names = (uint64_t)sqlite3_column_int64(row, 8);
	const bool own = names == state->names;
	struct jury_row said = {.verdict = STATE_SETUP};
	size_t outputs = 0;
	int status = enter_directory(loading, sqlite3_column_int64(row, 0));

	if (status != 0)
		return status;
	said.key = state_key(own ? loading->key ^ names : loading->key, name ? name : "",
	                     (size_t)sqlite3_column_bytes(row, 1));
	said.identity = state_identity(&file) ^ state_where_number(sqlite3_column_int64(row, 9));
	if (own && setup_is_current(loading, sqlite3_column_int64(row, 2))) {
		said.verdict = STATE_SAME;
		outputs = (size_t)sqlite3_column_bytes(row, 7);
	}
	return jury_add(loading->jury, &said, sqlite3_column_blob(row, 7), outputs);
}

/* Those of a table, or of the journal as they came. */
static int read_rows(struct loading *loading, const char *from)
{
	struct state *state = loading->state;
	sqlite3_stmt *row;
	char sql[160];
	int status = 0, code;

	(void)snprintf(sql, sizeof(sql),
	               "SELECT directory, name, setup, size, modified, changed, inode, outputs,"
	               " names, source FROM %s",
	               from);
	code = sqlite3_prepare_v2(state->database, sql, -1, &row, NULL);
	if (code != SQLITE_OK)
		return state_check(state, code);
	while (status == 0 && (code = sqlite3_step(row)) == SQLITE_ROW) {
		status = take_row(loading, row);
		if (__atomic_load_n(&state->stop, __ATOMIC_RELAXED))
			status = -ECANCELED;
	}
	(void)sqlite3_finalize(row); /* it says the same again */
	if (status == 0)
		status = jury_finish(loading->jury);
	return status != 0 ? status : state_check(state, code);
}

/* --- the journal -------------------------------------------------------------------------------
 */

static int report(const struct state *state, int status, struct br_error *error)
{
	if (status == -ENOMEM)
		(void)br_error_system(error, ENOMEM, "can't be read");
	else if (status == -ECANCELED)
		(void)br_error_set(error, BR_ERROR_CANCELLED, "was not read");
	else if (status != 0)
		*error = state->error;
	return status;
}

/* What a run that was killed has left is put in its place; what only reads reads it as well. */
static int take_journal(struct loading *loading)
{
	struct state *state = loading->state;

	if (!state->write)
		return read_rows(loading, "journal ORDER BY id");
	if (!has_rows(state, HAS_JOURNAL))
		return 0;
	state->loaded = false;
	return state_order(state);
}

int state_load(struct state *state, bool (*is_current)(void *ctx, int64_t id), void *ctx,
               struct br_error *error)
{
	struct loading loading = {.state = state,
	                          .jury = jury_new(state, take_verdict, state),
	                          .is_current = is_current,
	                          .ctx = ctx,
	                          .setup = INT64_MIN};
	int status = loading.jury ? 0 : -ENOMEM;

	if (status == 0 && state->write)
		status = take_journal(&loading);
	if (status == 0)
		status = read_rows(&loading, "picture");
	if (status == 0 && !state->write)
		status = take_journal(&loading);
	jury_free(loading.jury);
	state->loaded = status == 0;
	return report(state, status, error);
}

int state_prepare(struct state *state, bool (*is_current)(void *ctx, int64_t id), void *ctx,
                  struct br_error *error)
{
	struct loading loading = {.state = state,
	                          .jury = jury_new(state, take_verdict, state),
	                          .is_current = is_current,
	                          .ctx = ctx,
	                          .setup = INT64_MIN};
	const int status = loading.jury ? take_journal(&loading) : -ENOMEM;

	jury_free(loading.jury);
	state->is_current = is_current;
	state->ctx = ctx;
	return report(state, status, error);
}

/* --- a run -------------------------------------------------------------------------------------
 */

/* The file system's own time, since what it writes last has it. */
static int64_t file_clock(const struct state *state)
{
	char path[PATH_MAX + 32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/" PLACE_NAME "/" DATABASE_NAME "-wal",
	               state->output);
	return stat(path, &st) == 0 ? state_file_of(&st).modified : 0;
}

/* From when on nothing is to be believed, after a run with `options` that began at `started`. */
static int64_t doubt_since(const char *wanted, const char *options, int64_t started, int64_t since)
{
	if (strcmp(wanted, options) == 0)
		return since;
	return started < since ? started : since;
}

int state_begin(struct state *state, const char *options, int64_t *since, bool *killed)
{
	sqlite3_stmt *row;
	int code = sqlite3_prepare_v2(state->database, "SELECT options, started, since FROM run",
	                              -1, &row, NULL);

	*since = INT64_MAX;
	*killed = false;
	if (code != SQLITE_OK)
		return state_check(state, code);
	if (sqlite3_step(row) == SQLITE_ROW) {
		const unsigned char *text = sqlite3_column_text(row, 0);

		*killed = true;
		*since = doubt_since(options, text ? (const char *)text : "",
		                     sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));
	}
	code = sqlite3_finalize(row);
	if (code != SQLITE_OK || !state->write)
		return state_check(state, code);
	code = sqlite3_prepare_v2(state->database, "INSERT OR REPLACE INTO run VALUES(1, ?, ?, ?)",
	                          -1, &row, NULL);
	/* written twice: what was written first tells the time */
	for (int i = 0; i < 2 && code == SQLITE_OK; i++) {
		(void)sqlite3_bind_text(row, 1, options, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(row, 2, file_clock(state));
		(void)sqlite3_bind_int64(row, 3, *since);
		(void)sqlite3_step(row); /* which reset says again */
		code = sqlite3_reset(row);
	}
	(void)sqlite3_finalize(row); /* it says the same again */
	return code == SQLITE_OK ? state_take_turn(state) : state_check(state, code);
}

/* --- closing -----------------------------------------------------------------------------------
 */

static bool has_long_log(const struct state *state)
{
	char path[PATH_MAX + 32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/" PLACE_NAME "/" DATABASE_NAME "-wal",
	               state->output);
	return stat(path, &st) == 0 && st.st_size > LOG_MAX;
}

static void write_last(struct state *state, bool complete)
{
	if (state_end(state, complete) == 0 && has_long_log(state))
		(void)sqlite3_wal_checkpoint_v2(state->database, NULL, SQLITE_CHECKPOINT_TRUNCATE,
		                                NULL, NULL); /* the next one tries again */
}

int state_close(struct state *state, bool complete, struct br_error *error)
{
	int status;

	if (!state)
		return 0;
	if (state->write && !state->broken)
		write_last(state, complete);
	status = state_fault(state);
	*error = state->error;
	told_close(state);
	for (unsigned i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(state->statement[i]); /* what it said has been heard */
	database_close(state->database);
	free_state(state);
	return status;
}
