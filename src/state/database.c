/* database.c - see database.h. */
#include "state/database.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/stream.h"
#include "state/place.h"

/* PRAGMA user_version, of the tables below. */
#define VERSION 3

/* How long another one that only reads is waited for, ms. */
#define BUSY_MS 1000

/* Bytes of a database's path beyond that of its output directory. */
#define NAME_ROOM 64

#define ORPHAN                                                                       \
	"CREATE TABLE orphan(directory INTEGER NOT NULL, path BLOB NOT NULL,"        \
	" source INTEGER NOT NULL, names INTEGER NOT NULL, size INTEGER NOT NULL,"   \
	" modified INTEGER NOT NULL, inode INTEGER NOT NULL, hash INTEGER NOT NULL," \
	" changed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(directory, path)) WITHOUT ROWID;"

#define POISON                                                                         \
	"CREATE TABLE poison(directory INTEGER NOT NULL, name BLOB NOT NULL,"          \
	" names INTEGER NOT NULL, source INTEGER NOT NULL, setup INTEGER NOT NULL,"    \
	" size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL," \
	" inode INTEGER NOT NULL, hash INTEGER NOT NULL, status INTEGER NOT NULL,"     \
	" code INTEGER NOT NULL, signal INTEGER NOT NULL, stage INTEGER NOT NULL,"     \
	" memory INTEGER NOT NULL, ms INTEGER NOT NULL, time INTEGER NOT NULL,"        \
	" PRIMARY KEY(directory, name, names)) WITHOUT ROWID;"

/* directory: paths, those of outputs relative to the output directory, with the inode of one that a
 * run made, and those of sources absolute, with their inodes; 0: unknown.
 * setup: how pictures were made. picture: by the directory that their outputs lie below, their
 * source's name and what outputs are called (see state_open()), in that order on the disk; journal:
 * the same of those that did not come in that order (see put.h), put among the others at a run's
 * end. orphan: outputs that nothing asks for any more. poison: pictures that ended their workers.
 * run: that which is under way, or was killed.
 * A key's columns come first: SQLite 3.40's integrity check finds NULL in those between them. */
static const char schema[] =
    "BEGIN;"
    "CREATE TABLE directory(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE,"
    " inode INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE setup(id INTEGER PRIMARY KEY, options TEXT NOT NULL, source INTEGER NOT NULL,"
    " output INTEGER NOT NULL, library INTEGER NOT NULL, versions INTEGER NOT NULL,"
    " UNIQUE(options, source, output, library, versions));"
    "CREATE TABLE picture(directory INTEGER NOT NULL, name BLOB NOT NULL, names INTEGER NOT NULL,"
    " source INTEGER NOT NULL, setup INTEGER NOT NULL, adopted INTEGER NOT NULL,"
    " size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, hash INTEGER NOT NULL, outputs BLOB NOT NULL,"
    " PRIMARY KEY(directory, name, names)) WITHOUT ROWID;"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, directory INTEGER NOT NULL, name BLOB NOT NULL,"
    " source INTEGER NOT NULL, setup INTEGER NOT NULL, adopted INTEGER NOT NULL,"
    " size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " inode INTEGER NOT NULL, hash INTEGER NOT NULL, outputs BLOB NOT NULL,"
    " names INTEGER NOT NULL);" ORPHAN POISON
    "CREATE TABLE run(id INTEGER PRIMARY KEY CHECK(id = 1), options TEXT NOT NULL,"
    " started INTEGER NOT NULL, since INTEGER NOT NULL);"
    "PRAGMA application_id = 1651663478;" /* "brsv" */
    "PRAGMA user_version = 3;"
    "COMMIT;";

/* What each version lacked, by its number. Of 1: orphans, which nobody looked at, did not say whose
 * they were; and there was no poison yet. Of 2: nothing said when an output's status had changed,
 * which in those of pictures is told by each itself, see internal.h. */
static const char *const upgrade[VERSION] = {
    [1] = "BEGIN;"
	  "ALTER TABLE directory ADD COLUMN inode INTEGER NOT NULL DEFAULT 0;"
	  "DROP TABLE orphan;" ORPHAN "DROP TABLE poison;" POISON "PRAGMA user_version = 3;"
	  "COMMIT;",
    [2] = "BEGIN;"
	  "ALTER TABLE orphan ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;"
	  "PRAGMA user_version = 3;"
	  "COMMIT;",
};

/* --- errors ------------------------------------------------------------------------------------
 */

/* What the system said when a file of the database was read last, and could not be: of that SQLite
 * makes damage where the disk itself failed. 0: nothing of that kind. */
static int read_fault(sqlite3 *database)
{
	static const int asked[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};

	for (size_t i = 0; database && i < sizeof(asked) / sizeof(asked[0]); i++) {
		sqlite3_file *file = NULL;
		int said = 0;

		if (sqlite3_file_control(database, "main", asked[i], &file) == SQLITE_OK && file &&
		    file->pMethods &&
		    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &said) ==
		        SQLITE_OK &&
		    (said == EIO || said == ENXIO))
			return said;
	}
	return 0;
}

static int fault_of_damage(sqlite3 *database, struct br_error *error)
{
	const int said = read_fault(database);

	return said ? br_error_system(error, said, "can't be read")
	            : br_error_set(error, BR_ERROR_CORRUPT, "is damaged");
}

int database_fault(sqlite3 *database, int code, struct br_error *error)
{
	const int said = database ? sqlite3_system_errno(database) : 0;

	switch (code & 0xFF) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_ERROR: /* tables or columns are missing */
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return fault_of_damage(database, error);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return br_error_system(error, EBUSY, "is in use by another run");
	case SQLITE_NOMEM:
		return br_error_system(error, ENOMEM, "can't be read");
	case SQLITE_FULL:
		return br_error_system(error, ENOSPC, "can't be written");
	case SQLITE_READONLY:
		return br_error_system(error, said ? said : EROFS, "can't be written");
	case SQLITE_CANTOPEN: /* what it says last is of a second attempt, only to read it */
		return br_error_system(error,
		                       said && said != EBADF && said != ENOENT ? said : EACCES,
		                       "can't be opened");
	default:
		return br_error_system(error, said ? said : EIO, "can't be read or written");
	}
}

int database_execute(sqlite3 *database, const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL);
}

/* --- opening -----------------------------------------------------------------------------------
 */

/* Its path without symbolic links, of which SQLite is told to follow none. */
static int find_path(const char *output, const char *name, char path[PATH_MAX + NAME_ROOM])
{
	char real[PATH_MAX];

	if (!realpath(output, real))
		return -errno;
	(void)snprintf(path, PATH_MAX + NAME_ROOM, "%s/" PLACE_NAME "/%s",
	               strcmp(real, "/") == 0 ? "" : real, name);
	return 0;
}

static int64_t ask_number(sqlite3 *database, const char *sql, int *code)
{
	sqlite3_stmt *statement;
	int64_t number = 0;

	*code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
	if (*code != SQLITE_OK)
		return 0;
	*code = sqlite3_step(statement);
	if (*code == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	*code = sqlite3_finalize(statement);
	return number;
}

int database_version(sqlite3 *database)
{
	int code;

	return (int)ask_number(database, "PRAGMA user_version", &code);
}

/* What is in it is believed no further than that. */
static void guard(sqlite3 *database)
{
	(void)sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

/* The first statement that looks into the file is the one for its version. */
static int prepare(sqlite3 *database, enum database_use use, struct br_error *error)
{
	int64_t version;
	int code;

	(void)sqlite3_busy_timeout(database, BUSY_MS);
	guard(database);
	/* Closing leaves the log as it is: what is written there need not be awaited. */
	(void)sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	code = database_execute(database, "PRAGMA locking_mode = EXCLUSIVE;"
	                                  "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
	                                  "PRAGMA temp_store = MEMORY;"
	                                  "PRAGMA wal_autocheckpoint = 4000;");
	if (code != SQLITE_OK)
		return database_fault(database, code, error);
	version = ask_number(database, "PRAGMA user_version", &code);
	if (code != SQLITE_OK)
		return database_fault(database, code, error);
	if (version > VERSION)
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "was made by a newer version of the program");
	/* A new one, or one whose maker was killed at it. */
	if (version == 0 && ask_number(database, "SELECT count(*) FROM sqlite_schema", &code) > 0)
		return br_error_set(error, BR_ERROR_CORRUPT, "is damaged");
	if (use == DATABASE_READ && code == SQLITE_OK)
		return version > 0 ? 0 : br_error_system(error, ENOENT, "is empty");
	if (code == SQLITE_OK)
		code = database_execute(database, version == 0 ? "PRAGMA synchronous = OFF"
		                                               : "PRAGMA synchronous = NORMAL");
	if (code == SQLITE_OK)
		code = database_execute(database, "PRAGMA journal_mode = WAL");
	if (code == SQLITE_OK && version == 0)
		code = database_execute(database, schema);
	if (code == SQLITE_OK && version > 0 && version < VERSION)
		code = database_execute(database, upgrade[version]);
	if (code == SQLITE_OK)
		code = database_execute(database, "PRAGMA synchronous = NORMAL");
	return database_fault(database, code, error);
}

/* Without a log beside it, it is read without making one. */
static bool has_log(const char *output)
{
	char path[PATH_MAX + NAME_ROOM];
	struct stat st;

	return find_path(output, DATABASE_NAME "-wal", path) == 0 && stat(path, &st) == 0 &&
	       st.st_size > 0;
}

/* A path as a URI's: what has a meaning there is written as its number. */
static void write_uri(const char *path, char uri[3 * (PATH_MAX + NAME_ROOM)])
{
	char *out = uri + sprintf(uri, "file:");

	for (; *path != '\0'; path++)
		if (strchr("%?#", *path))
			out += sprintf(out, "%%%02X", (unsigned char)*path);
		else
			*out++ = *path;
	(void)sprintf(out, "?immutable=1");
}

static int open_file(const char *path, enum database_use use, bool log, sqlite3 **database)
{
	const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
	char uri[3 * (PATH_MAX + NAME_ROOM)];

	if (use == DATABASE_WRITE)
		return sqlite3_open_v2(path, database,
		                       flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	if (log)
		return sqlite3_open_v2(path, database, flags | SQLITE_OPEN_READWRITE, NULL);
	write_uri(path, uri);
	return sqlite3_open_v2(uri, database, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
}

/* A database without tables, that has a log, as SQLite's "Database File Format" describes it: the
 * page is its header and an empty leaf. So that whoever is killed while he makes one leaves no file
 * of 0 bytes. With the mode that outputs have, where SQLite would let nobody else write whatever
 * the umask; the log gets that of the database. */
static int make_file(const char *output, struct br_error *error)
{
	static const unsigned char page[4096] = {
	    [0] = 'S',    'Q',  'L',  'i', 't', 'e', ' ',         'f', 'o',
	    'r',          'm',  'a',  't', ' ', '3', [16] = 0x10, 0, /* bytes of a page: 4096 */
	    [18] = 2,     2,    0,    64,  32,  32, /* written and read by a log; nothing reserved;
	                                               fixed */
	    [27] = 1,                               /* changes */
	    [31] = 1,                               /* pages */
	    [47] = 4,                               /* format of the schema */
	    [59] = 1,                               /* UTF-8 */
	    [95] = 1,                               /* the change at which what follows was true */
	    [97] = 0x2e,  0x63, 0xa0,               /* by version 3.40.0, the oldest that is used */
	    [100] = 13,                             /* a leaf of a table, whose cells begin ... */
	    [105] = 0x10, 0,                        /* ... at the end */
	};
	const int place = place_open(output, false);
	const int file =
	    place < 0 ? place : place_make_file(place, DATABASE_NAME, 0, page, sizeof(page));

	if (place >= 0)
		(void)close(place); /* nothing was written through it */
	if (file >= 0)
		(void)close(file); /* nobody is promised that it lasts */
	return file >= 0 || file == -EEXIST ? 0 : br_error_system(error, -file, "can't be made");
}

static int look_at_file(const char *output, const char *path, enum database_use use,
                        struct br_error *error)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT && use == DATABASE_WRITE
		           ? make_file(output, error)
		           : br_error_system(error, errno, "can't be read");
	if (!S_ISREG(st.st_mode))
		return br_error_set(error, BR_ERROR_CORRUPT, "is no file");
	return use == DATABASE_READ && st.st_size == 0 /* its maker was killed */
	           ? br_error_system(error, ENOENT, "is empty")
	           : 0;
}

static int open_at(const char *output, enum database_use use, sqlite3 **database,
                   struct br_error *error)
{
	char path[PATH_MAX + NAME_ROOM];
	int status = find_path(output, DATABASE_NAME, path);
	bool log;

	*database = NULL;
	if (status != 0)
		return br_error_system(error, -status, "can't be read");
	log = use == DATABASE_WRITE || has_log(output);
	status = look_at_file(output, path, use, error);
	/* SQLite would open it to be read alone, and fail at a lock that this does not allow */
	if (status == 0 && log && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
		status = br_error_system(error, errno, "can't be written");
	if (status == 0)
		status = database_fault(*database, open_file(path, use, log, database), error);
	if (status == 0)
		status = prepare(*database, use, error);
	if (status != 0) {
		database_close(*database);
		*database = NULL;
	}
	return status;
}

/* By its own descriptor: to close another takes SQLite's locks away. */
static bool synchronise_file(sqlite3 *database)
{
	sqlite3_file *file = NULL;

	return sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) ==
	           SQLITE_OK &&
	       file && file->pMethods &&
	       file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

/* Of the file, and of the place in the directory of outputs. */
static bool synchronise_names(const char *output)
{
	const int place = place_open(output, false);
	const int above = place < 0 ? -1 : openat(place, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool done = above >= 0 && stream_sync(place) == 0 && stream_sync(above) == 0;

	if (place >= 0)
		(void)close(place); /* nothing was written through it */
	if (above >= 0)
		(void)close(above); /* nor here */
	return done;
}

void database_outlive_power(sqlite3 *database, const char *output)
{
	if (synchronise_file(database) && synchronise_names(output))
		(void)database_execute(database, "PRAGMA synchronous = FULL"); /* or as before */
}

void database_close(sqlite3 *database)
{
	(void)sqlite3_close(database); /* nothing of it is unfinished */
}

/* A backup that failed has to be ended too, or the copy could not be closed. */
static bool fill(sqlite3 *copy, sqlite3 *database)
{
	guard(copy);
	(void)database_execute(copy, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
	sqlite3_backup *const backup = sqlite3_backup_init(copy, "main", database, "main");
	const bool filled = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE;

	return sqlite3_backup_finish(backup) == SQLITE_OK && filled;
}

bool database_copy(sqlite3 **database)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	sqlite3 *copy = NULL;
	bool copied;

	if (database_version(*database) != VERSION)
		return false;
	copied =
	    sqlite3_open_v2(":memory:", &copy, flags, NULL) == SQLITE_OK && fill(copy, *database);
	database_close(copied ? *database : copy);
	if (copied)
		*database = copy;
	return copied;
}

void database_set_aside(const char *output)
{
	static const char *const beside[] = {DATABASE_NAME "-wal", DATABASE_NAME "-shm",
	                                     DATABASE_NAME "-journal"};
	char path[PATH_MAX + NAME_ROOM], aside[PATH_MAX + NAME_ROOM];

	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (find_path(output, beside[i], path) == 0)
			(void)unlink(path);
	if (find_path(output, DATABASE_NAME, path) == 0 &&
	    find_path(output, DATABASE_DAMAGED, aside) == 0)
		(void)rename(path, aside);
}

int database_open(const char *output, enum database_use use, sqlite3 **database,
                  struct br_error *error)
{
	struct br_error again;
	int status;

	*error = (struct br_error){0};
	status = open_at(output, use, database, error);
	if (status != BR_ERROR_CORRUPT || use == DATABASE_READ)
		return status;
	database_set_aside(output);
	status = open_at(output, use, database, &again);
	if (status != 0)
		*error = again;
	return status;
}
