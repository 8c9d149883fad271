/* poison.c - pictures that ended their workers; see state.h. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "state/internal.h"

/* From this version on there is such a table. */
#define VERSION_WITH_POISON 2

static const char all[] =
    "SELECT place.path, poison.name, poison.names, source.path, poison.size, poison.modified,"
    " poison.changed, poison.inode, poison.hash, setup.options, setup.source, setup.output,"
    " setup.library, setup.versions, poison.status, poison.code, poison.signal, poison.stage,"
    " poison.memory, poison.ms, poison.time FROM poison"
    " JOIN directory AS place ON place.id = poison.directory"
    " JOIN directory AS source ON source.id = poison.source"
    " JOIN setup ON setup.id = poison.setup ORDER BY place.path, poison.name, poison.names";

static uint64_t number(sqlite3_stmt *row, int column)
{
	return (uint64_t)sqlite3_column_int64(row, column);
}

static struct state_poison read_row(sqlite3_stmt *row)
{
	const unsigned char *options = sqlite3_column_text(row, 9);

	return (struct state_poison){
	    .names = number(row, 2),
	    .file = {.size = number(row, 4),
	             .modified = sqlite3_column_int64(row, 5),
	             .changed = sqlite3_column_int64(row, 6),
	             .inode = number(row, 7),
	             .hash = number(row, 8)},
	    .setup = {.options = options ? (const char *)options : "",
	              .source = (uint32_t)number(row, 10),
	              .output = (uint32_t)number(row, 11),
	              .library = sqlite3_column_int(row, 12) != 0,
	              .versions = number(row, 13)},
	    .status = (uint32_t)number(row, 14),
	    .code = (uint32_t)number(row, 15),
	    .signal = (int32_t)sqlite3_column_int64(row, 16),
	    .stage = (uint32_t)number(row, 17),
	    .memory = number(row, 18),
	    .ms = (uint32_t)number(row, 19),
	    .time = sqlite3_column_int64(row, 20),
	};
}

int state_each_poison(struct state *state,
                      int (*take)(void *ctx, const struct state_poison *poison), void *ctx)
{
	char directory[PATH_MAX], name[PATH_MAX], source[PATH_MAX];
	sqlite3_stmt *row;
	int status = 0, code;

	if (database_version(state->database) < VERSION_WITH_POISON)
		return 0;
	code = sqlite3_prepare_v2(state->database, all, -1, &row, NULL);
	if (code != SQLITE_OK)
		return state_check(state, code);
	while (status == 0 && (code = sqlite3_step(row)) == SQLITE_ROW) {
		struct state_poison poison = read_row(row);

		if (!state_column_path(row, 0, directory) || !packed_is_below(directory) ||
		    !state_column_path(row, 1, name) || *name == '\0' ||
		    !state_column_path(row, 3, source))
			continue;
		poison.directory = directory;
		poison.name = name;
		poison.source = source;
		status = take(ctx, &poison);
	}
	(void)sqlite3_finalize(row); /* it says the same again */
	return status != 0 ? status : state_check(state, code);
}

static int insert(struct state *state, const struct state_poison *poison, const int64_t id[3])
{
	const struct state_file *file = &poison->file;
	const int64_t numbers[] = {id[1],
	                           id[2],
	                           (int64_t)file->size,
	                           file->modified,
	                           file->changed,
	                           (int64_t)file->inode,
	                           (int64_t)file->hash,
	                           poison->status,
	                           poison->code,
	                           poison->signal,
	                           poison->stage,
	                           (int64_t)poison->memory,
	                           poison->ms,
	                           poison->time};
	sqlite3_stmt *row = state_statement(state, STATEMENT_ADD_POISON);

	if (!row)
		return state_fault(state);
	(void)sqlite3_bind_int64(row, 1, id[0]);
	(void)sqlite3_bind_blob(row, 2, poison->name, (int)strlen(poison->name), SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 3, (int64_t)state->names);
	for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++)
		(void)sqlite3_bind_int64(row, 4 + i, numbers[i]);
	return state_run(state, row, NULL);
}

int state_add_poison(struct state *state, const struct state_poison *poison)
{
	int64_t id[3];
	int status = state_transact(state);

	if (status == 0)
		status = state_intern(state, poison->directory, &id[0]);
	if (status == 0)
		status = state_intern(state, poison->source, &id[1]);
	if (status == 0)
		status = state_intern_setup(state, &poison->setup, &id[2]);
	if (status == 0)
		status = insert(state, poison, id);
	return status;
}

int state_drop_poison(struct state *state, const char *directory, const char *name, uint64_t names)
{
	sqlite3_stmt *row;
	int status = state_transact(state);

	if (status != 0)
		return status;
	row = state_statement(state, STATEMENT_DROP_POISON);
	if (!row)
		return state_fault(state);
	(void)sqlite3_bind_blob(row, 1, name, (int)strlen(name), SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 2, (int64_t)names);
	(void)sqlite3_bind_blob(row, 3, directory, (int)strlen(directory), SQLITE_STATIC);
	return state_run(state, row, NULL);
}
