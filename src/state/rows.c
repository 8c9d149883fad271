/* rows.c - going through all that a state knows, and forgetting what is gone; see state.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/gather.h"
#include "state/told.h"

/* --- rows --------------------------------------------------------------------------------------
 */

/* With what a killed run has left in the journal, where nothing can be put in order. */
static const char pictures[] =
    "WITH last AS (SELECT * FROM journal WHERE id IN (SELECT max(id) FROM journal GROUP BY"
    " directory, name, names)), known AS (SELECT directory, name, source, adopted, outputs, names,"
    " setup FROM picture WHERE (directory, name, names) NOT IN (SELECT directory, name, names FROM "
    "last)"
    " UNION ALL SELECT directory, name, source, adopted, outputs, names, setup FROM last)"
    " SELECT d.path, known.name, s.path, known.adopted, known.outputs, known.names, known.setup "
    "FROM known"
    " CROSS JOIN directory AS d ON d.id = known.directory CROSS JOIN directory AS s ON s.id = "
    "known.source";

#define ORPHANS(changed)                                                                  \
	"SELECT d.path, orphan.path, s.path, orphan.size, orphan.modified, orphan.inode," \
	" orphan.hash, orphan.names, " changed " FROM orphan"                             \
	" CROSS JOIN directory AS d ON d.id = orphan.directory"                           \
	" CROSS JOIN directory AS s ON s.id = orphan.source"

static const char orphans[] = ORPHANS("orphan.changed");
static const char older_orphans[] = ORPHANS("0");

/* Strings of a row. */
struct row {
	struct state_picture picture;
	char directory[PATH_MAX], name[PATH_MAX], source[PATH_MAX];
	char text[STATE_OUTPUTS_MAX][PATH_MAX];
	int64_t setup; /* whose options and format these are; 0: none yet */
	uint32_t output;
	char *options;
};

static void read_setup(struct row *row, struct state *state)
{
	sqlite3_stmt *statement;
	const unsigned char *text;

	if (sqlite3_prepare_v2(state->database, "SELECT options, output FROM setup WHERE id = ?",
	                       -1, &statement, NULL) != SQLITE_OK)
		return; /* none are known then */
	(void)sqlite3_bind_int64(statement, 1, row->setup);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		text = sqlite3_column_text(statement, 0);
		row->options = text ? strdup((const char *)text) : NULL;
		row->output = (uint32_t)sqlite3_column_int64(statement, 1);
	}
	(void)sqlite3_finalize(statement); /* it says the same again */
}

/* Rows of one setup mostly come together. */
static void take_setup(struct row *row, struct state *state, int64_t setup)
{
	if (row->setup != setup) {
		free(row->options);
		row->options = NULL;
		row->output = 0;
		row->setup = setup;
		read_setup(row, state);
	}
	row->picture.setup = (struct state_setup){.options = row->options ? row->options : "",
	                                          .output = row->output};
}

/* What two rows have in common. False for one that makes no sense. */
static bool begin_row(struct row *row, sqlite3_stmt *statement)
{
	row->picture = (struct state_picture){
	    .directory = row->directory, .name = row->name, .source = row->source};
	return state_column_path(statement, 0, row->directory) &&
	       state_column_path(statement, 1, row->name) &&
	       state_column_path(statement, 2, row->source) && packed_is_below(row->directory);
}

static bool take_picture(struct row *row, struct state *state, sqlite3_stmt *statement)
{
	if (!begin_row(row, statement))
		return false;
	take_setup(row, state, sqlite3_column_int64(statement, 6));
	row->picture.adopted = sqlite3_column_int(statement, 3) != 0;
	return packed_read(sqlite3_column_blob(statement, 4),
	                   (size_t)sqlite3_column_bytes(statement, 4), &row->picture, row->text);
}

static bool take_orphan(struct row *row, sqlite3_stmt *statement)
{
	if (!begin_row(row, statement) || !packed_is_below(row->name))
		return false;
	row->picture.outputs = 1;
	row->picture.output[0] =
	    (struct state_output){.path = row->name,
	                          .file = {.size = (uint64_t)sqlite3_column_int64(statement, 3),
	                                   .modified = sqlite3_column_int64(statement, 4),
	                                   .changed = sqlite3_column_int64(statement, 8),
	                                   .inode = (uint64_t)sqlite3_column_int64(statement, 5),
	                                   .hash = (uint64_t)sqlite3_column_int64(statement, 6)}};
	return true;
}

static const char *query(const struct state *state, bool orphan)
{
	if (!orphan)
		return pictures;
	return database_version(state->database) < 3 ? older_orphans : orphans;
}

static int each(struct state *state, bool orphan, state_take *take, void *ctx)
{
	struct row *row = calloc(1, sizeof(*row));
	sqlite3_stmt *statement;
	int status = 0, code;

	if (!row)
		return -ENOMEM;
	code = sqlite3_prepare_v2(state->database, query(state, orphan), -1, &statement, NULL);
	while (code == SQLITE_OK && status == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		code = SQLITE_OK;
		if (orphan ? take_orphan(row, statement) : take_picture(row, state, statement))
			status = take(ctx, &row->picture,
			              (uint64_t)sqlite3_column_int64(statement, orphan ? 7 : 5));
	}
	(void)sqlite3_finalize(statement); /* it says the same again */
	free(row->options);
	free(row);
	if (status != 0)
		return status;
	/* an older database, which is only read, knows none */
	return orphan && !state->write ? 0 : state_check(state, code);
}

int state_each_picture(struct state *state, state_take *take, void *ctx)
{
	int status = state->write ? state_commit(state, true) : 0;

	if (status == 0 && state->write)
		status = state_order(state);
	return status == 0 ? each(state, false, take, ctx) : status;
}

int state_each_orphan(struct state *state, state_take *take, void *ctx)
{
	const int status = gather_put(state);

	return status != 0 ? status : each(state, true, take, ctx);
}

uint64_t state_names(const struct state *state)
{
	return state->names;
}

/* --- forgetting --------------------------------------------------------------------------------
 */

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_blob(statement, at, text, (int)strlen(text), SQLITE_STATIC);
}

int state_forget(struct state *state, const char *directory, const char *name, uint64_t names)
{
	sqlite3_stmt *statement;
	int status = state_transact(state);

	statement = status == 0 ? state_statement(state, STATEMENT_FORGET) : NULL;
	if (!statement)
		return state_fault(state);
	bind_text(statement, 1, directory);
	bind_text(statement, 2, name);
	(void)sqlite3_bind_int64(statement, 3, (int64_t)names);
	status = state_run(state, statement, NULL);
	if (status == 0)
		state_forget_fetched(state, directory, name, names);
	return status == 0 ? state_commit(state, false) : status;
}

int state_forget_orphan(struct state *state, const char *directory, const char *path)
{
	sqlite3_stmt *statement;
	int status = state_transact(state);

	statement = status == 0 ? state_statement(state, STATEMENT_FORGET_ORPHAN) : NULL;
	if (!statement)
		return state_fault(state);
	bind_text(statement, 1, directory);
	bind_text(statement, 2, path);
	status = state_run(state, statement, NULL);
	return status == 0 ? state_commit(state, false) : status;
}

/* --- directories -------------------------------------------------------------------------------
 */

int state_tell_inode(struct state *state, const char *path, uint64_t inode)
{
	sqlite3_stmt *statement;
	int64_t id;
	int status = state_transact(state);

	if (status == 0)
		status = state_intern(state, path, &id);
	statement = status == 0 ? state_statement(state, STATEMENT_NOTE_INODE) : NULL;
	if (!statement)
		return state_fault(state);
	(void)sqlite3_bind_int64(statement, 1, (int64_t)inode);
	(void)sqlite3_bind_int64(statement, 2, id);
	return state_run(state, statement, NULL);
}

int state_note_inode(struct state *state, const char *path, uint64_t inode)
{
	const int status = state_tell_inode(state, path, inode);

	return status == 0 ? state_commit(state, told_add_inode(state, path, inode) != 0) : status;
}

uint64_t state_inode(struct state *state, const char *path)
{
	sqlite3_stmt *statement;
	int64_t inode = 0;

	if (sqlite3_prepare_v2(state->database, "SELECT inode FROM directory WHERE path = ?", -1,
	                       &statement, NULL) != SQLITE_OK)
		return 0; /* an older one */
	bind_text(statement, 1, path);
	if (sqlite3_step(statement) == SQLITE_ROW)
		inode = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement); /* what is wrong is seen by who writes */
	return (uint64_t)inode;
}
