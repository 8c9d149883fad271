/* database.h - the file in which a state is kept: .batchresize/state.db, by SQLite.
 *
 * The writer has it for itself as long as it is open: no memory is shared with others, so that it
 * works over networks as well. A commit is written and not awaited; what is on the disk is in order
 * after a power cut too, but may lack the last moments. Nothing is mapped: a file that shrinks is
 * an error and no signal.
 *
 * What is in the file is believed no further than SQLite's checks and those of its users go: it may
 * be damaged, or made by somebody else. One thread at a time.
 */
#ifndef STATE_DATABASE_H
#define STATE_DATABASE_H

#include <stdbool.h>

#include <sqlite3.h>

#include <batchresize/error.h>

#define DATABASE_NAME "state.db"
/* What a damaged one is renamed to. */
#define DATABASE_DAMAGED "state.db.damaged"

enum database_use {
	DATABASE_WRITE, /* made if there is none; a damaged one is set aside, and a new one made
	                 */
	DATABASE_READ   /* it may be of an older version; no byte of it is changed, nothing is made
	                   beside it */
};

/* Opens that of the directory `output`. Returns 0; -ENOENT when it is to be read and there is none;
 * BR_ERROR_UNSUPPORTED when a newer version made it; BR_ERROR_CORRUPT; -EBUSY when another run has
 * it; or what the system said. *error says what and why as a sentence's rest behind its path. On
 * success error->code is BR_ERROR_CORRUPT when a damaged one was set aside. */
int database_open(const char *output, enum database_use use, sqlite3 **database,
                  struct br_error *error);
/* Has what is written from now on be on the disk when its transaction ends, where SQLite would
 * await a checkpoint; and the file itself with its name. If the file system can't do that, all is
 * as it was. */
void database_outlive_power(sqlite3 *database, const char *output);

void database_close(sqlite3 *database);

/* Puts a copy in memory in place of one that is only read, for who has to write to know what is in
 * it. Whether it could: not of an older version. */
bool database_copy(sqlite3 **database);

/* Removes a damaged database, which must be closed, from the way of a new one. */
void database_set_aside(const char *output);

/* What a result code of SQLite's stands for, as database_open() returns it. */
int database_fault(sqlite3 *database, int code, struct br_error *error);

/* Of the tables in it. One that is only read may have those of an older version: 1 knows no
 * poison, 1 and 2 not when the status of an orphan changed. */
int database_version(sqlite3 *database);

/* Executes statements that return nothing. Returns SQLite's code. */
int database_execute(sqlite3 *database, const char *sql);

#endif
