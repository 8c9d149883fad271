/* remember.c - asking a state, and telling it; see state.h. */
#include "state/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/hash.h"
#include "state/gather.h"
#include "state/put.h"
#include "state/told.h"

/* So long what was told may wait for more, ns; meanwhile it is in a file of its own, see told.h. A
 * page that many pictures are put on is written once. */
#define COMMIT_NS 1000000000U

/* So many pictures are put in order at once: sorting takes some 60 bytes and a name for each, and
 * each time pages of the whole table may be written anew. */
#define ORDER_PICTURES 131072

/* So many numbers of directories and setups are kept, of 16 bytes each and as many free. */
#define DIRECTORIES_MAX 65536

#define LOOK                                                                                   \
	"SELECT picture.size, picture.modified, picture.changed, picture.inode, picture.hash," \
	" picture.adopted, picture.outputs, setup.options, setup.source, setup.output,"        \
	" setup.library, setup.versions, directory.path, picture.name FROM picture"            \
	" JOIN setup ON setup.id = picture.setup"                                              \
	" JOIN directory ON directory.id = picture.source"                                     \
	" WHERE picture.directory = (SELECT id FROM directory WHERE path = ?)"

#define PICTURE                                                                           \
	"(directory, name, source, setup, adopted, size, modified, changed, inode, hash," \
	" outputs, names) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

#define LOOK_AT LOOK " AND picture.name = ?"

#define BELOW "SELECT id FROM directory WHERE path = ?1 OR (path > ?2 AND path < ?3)"

static const char *const sql[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_FIND_DIRECTORY] = "SELECT id FROM directory WHERE path = ?",
    [STATEMENT_ADD_DIRECTORY] = "INSERT INTO directory(path) VALUES(?)",
    [STATEMENT_FIND_SETUP] = "SELECT id FROM setup WHERE options = ? AND source = ? AND output = ?"
			     " AND library = ? AND versions = ?",
    [STATEMENT_ADD_SETUP] = "INSERT INTO setup(options, source, output, library, versions)"
			    " VALUES(?, ?, ?, ?, ?)",
    [STATEMENT_JOURNAL] = "INSERT INTO journal" PICTURE,
    [STATEMENT_PUT] = "INSERT OR REPLACE INTO picture" PICTURE,
    [STATEMENT_LOOK] = LOOK_AT " AND picture.names = ?",
    [STATEMENT_FIND_BELOW] = BELOW " LIMIT 1",
    [STATEMENT_COUNT_SOURCES] =
	"WITH below AS (" BELOW ")"
	" SELECT count(*) FROM (SELECT directory, name FROM picture WHERE source IN below"
	" UNION SELECT directory, name FROM journal WHERE source IN below)",
    [STATEMENT_LOOK_OTHERWISE] = LOOK_AT " LIMIT 1",
    /* what a line of a list asks for is in a name behind a slash */
    [STATEMENT_LOOK_MAKERS] = LOOK " AND picture.name >= ? AND picture.name < ?"
				   " AND NOT (picture.name = ? AND picture.names = ?)",
    [STATEMENT_ASK] =
	"SELECT names, setup, size, modified, changed, inode, outputs, source FROM picture"
	" WHERE directory = (SELECT id FROM directory WHERE path = ?) AND name = ?",
    [STATEMENT_ADD_ORPHAN] = "INSERT OR REPLACE INTO orphan(directory, path, source, names, size,"
			     " modified, inode, hash, changed)"
			     " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_ADD_POISON] = "INSERT OR REPLACE INTO poison(directory, name, names, source, setup,"
			     " size, modified, changed, inode, hash, status, code, signal, stage,"
			     " memory, ms, time)"
			     " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_DROP_POISON] = "DELETE FROM poison WHERE name = ? AND names = ? AND directory ="
			      " (SELECT id FROM directory WHERE path = ?)",
    [STATEMENT_FORGET] = "DELETE FROM picture WHERE directory = (SELECT id FROM directory WHERE"
			 " path = ?) AND name = ? AND names = ?",
    [STATEMENT_FORGET_ORPHAN] = "DELETE FROM orphan WHERE directory = (SELECT id FROM directory"
				" WHERE path = ?) AND path = ?",
    [STATEMENT_NOTE_FETCHED] = "INSERT OR REPLACE INTO fetched(directory, name, names, url, etag,"
			       " modified) VALUES(?, ?, ?, ?, ?, ?)",
    [STATEMENT_NOTE_INODE] = "UPDATE directory SET inode = ? WHERE id = ?",
};

/* --- faults ------------------------------------------------------------------------------------
 */

int state_fault(const struct state *state)
{
	const struct br_error *error = &state->error;

	if (!state->broken)
		return 0;
	return error->sys_errno ? -error->sys_errno : (int)error->code;
}

void state_error(const struct state *state, struct br_error *error)
{
	*error = state->error;
}

int state_check(struct state *state, int code)
{
	struct br_error error;
	const int status = database_fault(state->database, code, &error);

	if (status != 0 && !state->broken) {
		state->broken = true;
		state->error = error;
	}
	return status;
}

sqlite3_stmt *state_statement(struct state *state, enum statement which)
{
	sqlite3_stmt **statement = &state->statement[which];

	if (gather_put(state) != 0)
		return NULL;
	if (*statement) {
		(void)sqlite3_reset(*statement); /* what it said has been heard */
		return *statement;
	}
	if (state_check(state, sqlite3_prepare_v3(state->database, sql[which], -1,
	                                          SQLITE_PREPARE_PERSISTENT, statement, NULL)) != 0)
		return NULL;
	return *statement;
}

int state_run(struct state *state, sqlite3_stmt *statement, int64_t *number)
{
	const int code = sqlite3_step(statement);

	if (code == SQLITE_ROW && number)
		*number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement); /* it says the same again */
	return state_check(state, code);
}

static int run_plain(struct state *state, enum statement which)
{
	sqlite3_stmt *statement = state_statement(state, which);

	return statement ? state_run(state, statement, NULL) : state_fault(state);
}

/* --- transactions ------------------------------------------------------------------------------
 */

void state_outlive_power(struct state *state)
{
	if (state->write && !state->broken)
		database_outlive_power(state->database, state->output);
}

int state_transact(struct state *state)
{
	int status = state_fault(state);

	if (status == 0)
		status = gather_put(state); /* which opens one */
	if (status != 0 || state->open)
		return status;
	status = run_plain(state, STATEMENT_BEGIN);
	state->open = status == 0;
	return status;
}

int state_commit(struct state *state, bool now)
{
	const uint64_t clock = clock_ns();
	int status = state_fault(state);

	if (status != 0 || (!now && clock - state->committed < COMMIT_NS))
		return status;
	status = gather_put(state);
	if (status != 0 || !state->open)
		return status;
	status = run_plain(state, STATEMENT_COMMIT);
	state->open = status != 0;
	state->committed = clock;
	if (status == 0)
		told_clear(state);
	if (status == 0 && state->written >= ORDER_PICTURES)
		status = state_order(state);
	return status;
}

/* --- directories -------------------------------------------------------------------------------
 */

static struct numbered *find_known(const struct state *state, uint64_t hash)
{
	size_t at = (size_t)hash;

	for (;; at++) {
		struct numbered *known = &state->directory[at & (state->directories_allocated - 1)];

		if (known->hash == 0 || known->hash == hash)
			return known;
	}
}

/* Without memory for it, the database is asked again. */
static void know(struct state *state, uint64_t hash, int64_t id)
{
	if (state->directories == DIRECTORIES_MAX) {
		memset(state->directory, 0,
		       state->directories_allocated * sizeof(*state->directory));
		state->directories = 0;
	}
	if (state->directories * 2 >= state->directories_allocated) {
		const struct state before = *state;
		const size_t allocated =
		    before.directories_allocated ? before.directories_allocated * 2 : 64;
		struct numbered *grown = calloc(allocated, sizeof(*grown));

		if (!grown)
			return;
		state->directory = grown;
		state->directories_allocated = allocated;
		for (size_t i = 0; i < before.directories_allocated; i++)
			if (before.directory[i].hash != 0)
				*find_known(state, before.directory[i].hash) = before.directory[i];
		free(before.directory);
	}
	*find_known(state, hash) = (struct numbered){.hash = hash, .id = id};
	state->directories++;
}

/* 0: not known. */
static int64_t known_id(const struct state *state, uint64_t hash)
{
	return state->directories_allocated > 0 ? find_known(state, hash)->id : 0;
}

int state_intern(struct state *state, const char *path, int64_t *id)
{
	const size_t length = strlen(path);
	const uint64_t hash = state_key(0, path, length);
	sqlite3_stmt *statement;
	int status;

	*id = known_id(state, hash);
	if (*id != 0)
		return 0;
	statement = state_statement(state, STATEMENT_FIND_DIRECTORY);
	if (!statement)
		return state_fault(state);
	(void)sqlite3_bind_blob(statement, 1, path, (int)length, SQLITE_STATIC);
	status = state_run(state, statement, id);
	if (status != 0)
		return status;
	if (*id == 0) {
		statement = state_statement(state, STATEMENT_ADD_DIRECTORY);
		if (!statement)
			return state_fault(state);
		(void)sqlite3_bind_blob(statement, 1, path, (int)length, SQLITE_STATIC);
		status = state_run(state, statement, NULL);
		*id = sqlite3_last_insert_rowid(state->database);
	}
	if (status == 0)
		know(state, hash, *id);
	return status;
}

/* --- setups ------------------------------------------------------------------------------------
 */

static void bind_setup(sqlite3_stmt *statement, const struct state_setup *setup)
{
	(void)sqlite3_bind_text(statement, 1, setup->options, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(statement, 2, setup->source);
	(void)sqlite3_bind_int64(statement, 3, setup->output);
	(void)sqlite3_bind_int(statement, 4, setup->library);
	(void)sqlite3_bind_int64(statement, 5, (int64_t)setup->versions);
}

/* Beside those of directories, and like none of them. */
static uint64_t key_of_setup(const struct state_setup *setup)
{
	const uint64_t numbers[] = {setup->source, setup->output, setup->library, setup->versions};

	return state_key(hash_bytes(numbers, sizeof(numbers), 1), setup->options,
	                 strlen(setup->options));
}

static int find_or_add_setup(struct state *state, const struct state_setup *setup, int64_t *id)
{
	sqlite3_stmt *statement = state_statement(state, STATEMENT_FIND_SETUP);
	int status;

	if (!statement)
		return state_fault(state);
	bind_setup(statement, setup);
	status = state_run(state, statement, id);
	if (status != 0 || *id != 0)
		return status;
	statement = state_statement(state, STATEMENT_ADD_SETUP);
	if (!statement)
		return state_fault(state);
	bind_setup(statement, setup);
	status = state_run(state, statement, NULL);
	*id = sqlite3_last_insert_rowid(state->database);
	return status;
}

int state_intern_setup(struct state *state, const struct state_setup *setup, int64_t *id)
{
	const uint64_t key = key_of_setup(setup);
	int status;

	*id = known_id(state, key);
	if (*id != 0)
		return 0;
	status = find_or_add_setup(state, setup, id);
	if (status == 0)
		know(state, key, *id);
	return status;
}

/* --- asking ------------------------------------------------------------------------------------
 */

enum state_verdict state_entry(const struct state *state, uint64_t key, uint64_t identity)
{
	for (size_t at = (size_t)key; state->allocated > 0; at++) {
		const struct remembered *entry = &state->entry[at & (state->allocated - 1)];
		enum state_verdict verdict;

		if (entry->key == 0)
			break;
		if (entry->key != key)
			continue;
		verdict = (enum state_verdict)(entry->value & ENTRY_VERDICT);
		if ((verdict == STATE_SAME || verdict == STATE_MOVED) &&
		    ((entry->value ^ identity) & ~ENTRY_VERDICT) != 0)
			return STATE_SOURCE;
		return verdict;
	}
	return STATE_UNKNOWN;
}

enum state_verdict state_find(const struct state *state, uint64_t directory, const char *name,
                              uint64_t identity)
{
	const size_t length = strlen(name);
	const enum state_verdict verdict =
	    state_entry(state, state_key(directory ^ state->names, name, length), identity);

	if (verdict == STATE_UNKNOWN &&
	    state_entry(state, state_key(directory, name, length), 0) != STATE_UNKNOWN)
		return STATE_OTHERS;
	return verdict;
}

bool state_column_path(sqlite3_stmt *row, int column, char text[PATH_MAX])
{
	const void *blob = sqlite3_column_blob(row, column);
	const size_t size = blob ? (size_t)sqlite3_column_bytes(row, column) : 0;

	if (size >= PATH_MAX || (size > 0 && memchr(blob, '\0', size)))
		return false;
	if (size > 0)
		memcpy(text, blob, size);
	text[size] = '\0';
	return true;
}

static void take_row(struct lookup *into, sqlite3_stmt *row)
{
	struct state_picture *picture = &into->picture;
	const unsigned char *text = sqlite3_column_text(row, 7);

	free(into->options);
	into->options = strdup(text ? (const char *)text : "");
	picture->file = (struct state_file){.size = (uint64_t)sqlite3_column_int64(row, 0),
	                                    .modified = sqlite3_column_int64(row, 1),
	                                    .changed = sqlite3_column_int64(row, 2),
	                                    .inode = (uint64_t)sqlite3_column_int64(row, 3),
	                                    .hash = (uint64_t)sqlite3_column_int64(row, 4)};
	picture->adopted = sqlite3_column_int(row, 5) != 0;
	picture->setup = (struct state_setup){.options = into->options ? into->options : "",
	                                      .source = (uint32_t)sqlite3_column_int64(row, 8),
	                                      .output = (uint32_t)sqlite3_column_int64(row, 9),
	                                      .library = sqlite3_column_int(row, 10) != 0,
	                                      .versions = (uint64_t)sqlite3_column_int64(row, 11)};
	picture->source = state_column_path(row, 12, into->source) ? into->source : "";
	/* of a damaged one, as many as can be read */
	(void)packed_read(sqlite3_column_blob(row, 6), (size_t)sqlite3_column_bytes(row, 6),
	                  picture, into->text);
}

static int look(struct state *state, enum statement which, const char *directory, const char *name,
                struct lookup *into)
{
	sqlite3_stmt *row = state_statement(state, which);
	int code;

	if (!row)
		return state_fault(state);
	(void)sqlite3_bind_blob(row, 1, directory, (int)strlen(directory), SQLITE_STATIC);
	(void)sqlite3_bind_blob(row, 2, name, (int)strlen(name), SQLITE_STATIC);
	if (which == STATEMENT_LOOK)
		(void)sqlite3_bind_int64(row, 3, (int64_t)state->names);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW) {
		into->picture.directory = directory;
		into->picture.name = name;
		take_row(into, row);
	}
	(void)sqlite3_reset(row); /* it says the same again */
	if (code == SQLITE_DONE)
		return -ENOENT;
	return state_check(state, code);
}

static int look_for_caller(struct state *state, enum statement which, const char *directory,
                           const char *name, struct state_picture *picture)
{
	const int status = look(state, which, directory, name, &state->looked);

	if (status == 0)
		*picture = state->looked.picture;
	return status;
}

int state_look(struct state *state, const char *directory, const char *name,
               struct state_picture *picture)
{
	return look_for_caller(state, STATEMENT_LOOK, directory, name, picture);
}

int state_look_otherwise(struct state *state, const char *directory, const char *name,
                         struct state_picture *picture)
{
	return look_for_caller(state, STATEMENT_LOOK_OTHERWISE, directory, name, picture);
}

/* Whether it is of that source, whatever was asked for; which of its outputs is as that one. */
static bool find_made(const struct state_picture *picture, const char *name, size_t length,
                      const struct state_output *left, unsigned *number)
{
	if (strncmp(picture->name, name, length) != 0 ||
	    (picture->name[length] != '\0' && picture->name[length] != '/'))
		return false;
	for (unsigned i = 0; i < picture->outputs; i++) {
		const struct state_output *output = &picture->output[i];

		if (strcmp(output->path, left->path) == 0 &&
		    (left->file.inode == 0 || (output->file.size == left->file.size &&
		                               output->file.inode == left->file.inode &&
		                               output->file.modified == left->file.modified))) {
			*number = i;
			return true;
		}
	}
	return false;
}

int state_look_maker(struct state *state, const char *directory, const char *name,
                     const struct state_output *left, struct state_picture *picture,
                     unsigned *number)
{
	sqlite3_stmt *row = state_statement(state, STATEMENT_LOOK_MAKERS);
	const size_t length = strcspn(name, "/");
	struct lookup *into = &state->old;
	char end[NAME_MAX + 1], text[PATH_MAX];
	bool found = false;
	int code;

	if (!row)
		return state_fault(state);
	if (length >= sizeof(end))
		return -ENOENT;
	memcpy(end, name, length);
	end[length] = '/' + 1;
	(void)sqlite3_bind_blob(row, 1, directory, (int)strlen(directory), SQLITE_STATIC);
	(void)sqlite3_bind_blob(row, 2, name, (int)length, SQLITE_STATIC);
	(void)sqlite3_bind_blob(row, 3, end, (int)length + 1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(row, 4, name, (int)strlen(name), SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 5, (int64_t)state->names);
	while (!found && (code = sqlite3_step(row)) == SQLITE_ROW) {
		into->picture.directory = directory;
		into->picture.name = state_column_path(row, 13, text) ? text : "";
		take_row(into, row);
		found = find_made(&into->picture, name, length, left, number);
	}
	(void)sqlite3_reset(row); /* it says the same again */
	into->picture.name = name;
	*picture = into->picture;
	if (!found)
		return code == SQLITE_DONE ? -ENOENT : state_check(state, code);
	return 0;
}

/* --- telling -----------------------------------------------------------------------------------
 */

static int add_orphan(struct state *state, const int64_t id[3], const struct state_output *output)
{
	sqlite3_stmt *statement = state_statement(state, STATEMENT_ADD_ORPHAN);

	if (!statement)
		return state_fault(state);
	(void)sqlite3_bind_int64(statement, 1, id[0]);
	(void)sqlite3_bind_blob(statement, 2, output->path, (int)strlen(output->path),
	                        SQLITE_STATIC);
	(void)sqlite3_bind_int64(statement, 3, id[1]);
	(void)sqlite3_bind_int64(statement, 4, (int64_t)state->names);
	(void)sqlite3_bind_int64(statement, 5, (int64_t)output->file.size);
	(void)sqlite3_bind_int64(statement, 6, output->file.modified);
	(void)sqlite3_bind_int64(statement, 7, (int64_t)output->file.inode);
	(void)sqlite3_bind_int64(statement, 8, (int64_t)output->file.hash);
	(void)sqlite3_bind_int64(statement, 9, output->file.changed);
	return state_run(state, statement, NULL);
}

static bool has_output(const struct state_picture *picture, const char *path)
{
	for (unsigned i = 0; i < picture->outputs; i++)
		if (strcmp(picture->output[i].path, path) == 0)
			return true;
	return false;
}

/* Outputs that a picture had, and does not have any more. Those of a source in another directory,
 * which a run of its own has put in the same place, may be asked for still. */
static int orphan(struct state *state, const int64_t id[3], const struct state_picture *picture)
{
	const struct state_picture *old = &state->old.picture;
	int status;

	if (state->loaded && state_find(state, state_key_path(picture->directory), picture->name,
	                                0) == STATE_UNKNOWN)
		return 0;
	status = look(state, STATEMENT_LOOK, picture->directory, picture->name, &state->old);
	if (status != 0)
		return status == -ENOENT ? 0 : status;
	if (strcmp(old->source, picture->source) != 0)
		return 0;
	for (unsigned i = 0; i < old->outputs && !old->adopted && status == 0; i++)
		if (!has_output(picture, old->output[i].path))
			status = add_orphan(state, id, &old->output[i]);
	return status;
}

int state_tell(struct state *state, const struct state_picture *picture)
{
	int64_t id[3];
	int status = state_transact(state);

	if (status == 0)
		status = state_intern(state, picture->directory, &id[0]);
	if (status == 0)
		status = state_intern(state, picture->source, &id[1]);
	if (status == 0)
		status = state_intern_setup(state, &picture->setup, &id[2]);
	if (status == 0)
		status = orphan(state, id, picture);
	return status == 0 ? put_picture(state, picture, id) : status;
}

int state_record(struct state *state, const struct state_picture *picture)
{
	int status = state_fault(state);
	bool lost;

	if (status != 0)
		return status;
	lost = gather_add(state, picture) != 0;
	if (gather_is_full(state))
		status = gather_put(state);
	return status == 0 ? state_commit(state, lost) : status;
}
