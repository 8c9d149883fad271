/* internal.h - a state, for the files that make it up. */
#ifndef STATE_INTERNAL_H
#define STATE_INTERNAL_H

#include <limits.h>
#include <stdbool.h>

#include "state/database.h"
#include "state/state.h"

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_FIND_DIRECTORY,
	STATEMENT_ADD_DIRECTORY,
	STATEMENT_FIND_SETUP,
	STATEMENT_ADD_SETUP,
	STATEMENT_JOURNAL,
	STATEMENT_PUT,
	STATEMENT_LOOK,
	STATEMENT_LOOK_OTHERWISE,
	STATEMENT_LOOK_MAKERS,
	STATEMENT_FIND_BELOW,
	STATEMENT_COUNT_SOURCES,
	STATEMENT_ASK,
	STATEMENT_ADD_ORPHAN,
	STATEMENT_ADD_POISON,
	STATEMENT_DROP_POISON,
	STATEMENT_FORGET,
	STATEMENT_FORGET_ORPHAN,
	STATEMENT_NOTE_INODE,
	STATEMENT_NOTE_FETCHED,
	STATEMENTS
};

/* What is known of a picture while a plan is compared with it. */
struct remembered {
	uint64_t key;   /* 0: free */
	uint64_t value; /* its source's identity, the verdict in place of the lowest bits */
};

#define ENTRY_VERDICT UINT64_C(7)

/* Directories and setups whose number is known, by a hash of what they are. */
struct numbered {
	uint64_t hash; /* 0: free */
	int64_t id;
};

/* What has been read of a picture, and its strings. */
struct lookup {
	struct state_picture picture;
	char text[STATE_OUTPUTS_MAX][PATH_MAX], source[PATH_MAX];
	char *options;
};

struct state {
	char *output;   /* the output directory */
	uint64_t names; /* see state_open() */
	bool write;     /* also a copy in memory, of one that is only read */
	bool broken;    /* something went wrong: nothing is written any more */
	bool loaded;    /* `entry` has all pictures */
	bool open;      /* a transaction is */
	bool fetches;   /* there is a table of what was fetched */
	int told;       /* descriptor of the file of told.h; -1 */
	int stop;       /* set by another thread */
	bool (*is_current)(void *ctx, int64_t setup); /* for state_ask() */
	void *ctx;
	uint64_t committed;        /* clock_ns() when the last transaction was */
	uint64_t written;          /* pictures in the journal, since it was put in order */
	struct put *put;           /* see put.h */
	struct gathered *gathered; /* see gather.h */
	struct br_error error;     /* what went wrong */
	sqlite3 *database;
	sqlite3_stmt *statement[STATEMENTS];
	struct remembered *entry; /* an open hash table of `allocated`, a power of two */
	size_t entries, allocated;
	struct numbered *directory;
	size_t directories, directories_allocated;
	struct lookup looked; /* by state_look() */
	struct lookup old;    /* what stands in place of a picture that is told of */
};

/* A statement ready to be bound, about all that has been told; or NULL: state->error says why. */
sqlite3_stmt *state_statement(struct state *state, enum statement which);

/* Remembers what SQLite said, unless all is well. Returns 0 or the fault. */
int state_check(struct state *state, int code);

/* If nothing is to be written any more: what was wrong; else 0. */
int state_fault(const struct state *state);

/* state_where() of the directory of that number. */
uint64_t state_where_number(int64_t id);

/* The number of a directory, made if it is not known yet; *id. */
int state_intern(struct state *state, const char *path, int64_t *id);

/* The same for a setup. */
int state_intern_setup(struct state *state, const struct state_setup *setup, int64_t *id);

/* Runs a statement that returns at most a row, of which *number gets the first column, if any. */
int state_run(struct state *state, sqlite3_stmt *statement, int64_t *number);

/* A path of a row. False for one that is too long, or has a NUL. */
bool state_column_path(sqlite3_stmt *row, int column, char text[PATH_MAX]);

/* Opens a transaction unless one is. */
int state_transact(struct state *state);

/* Forgets what was said of a picture that was fetched, within a transaction. */
void state_forget_fetched(struct state *state, const char *directory, const char *name,
                          uint64_t names);

/* As state_record(), but lost if this process is killed before the next state_commit(). */
int state_tell(struct state *state, const struct state_picture *picture);

/* The same of state_note_inode(). */
int state_tell_inode(struct state *state, const char *path, uint64_t inode);

/* Puts what has been told among what was known, outside of a transaction. Returns 0 or the fault.
 */
int state_order(struct state *state);

/* The last that is written: all that has been told, in order, and that the run is `complete`, in
 * one transaction, since each may wait for a disk. Returns 0 or the fault. */
int state_end(struct state *state, bool complete);

/* A run with the state's names has begun. Returns 0 or the fault. */
int state_take_turn(struct state *state);

/* What has been read of a picture, by its key. */
enum state_verdict state_entry(const struct state *state, uint64_t key, uint64_t identity);

/* --- outputs in a row ----------------------------------------------------------------------------
 *
 * One after another: 16 bits of length, the path, size, inode, modification time, hash (64 bits
 * each), width, height (32 bits); all from the lowest byte on. If the length's topmost bit is set,
 * the time of the status change follows (64 bits), which databases up to version 2 do not have.
 */

#define PACKED_MAX (STATE_OUTPUTS_MAX * (2 + PATH_MAX + 5 * 8 + 2 * 4))

/* Bytes that they take, at most PACKED_MAX. */
size_t packed_size(const struct state_output *output, unsigned count);

/* Returns bytes written. */
size_t packed_write(const struct state_output *output, unsigned count, unsigned char *bytes);

/* The next output of a row: its path is copied to `text`. False at the end; and if the rest
 * makes no sense or a path leads elsewhere, with *size not 0. */
bool packed_next(const unsigned char **bytes, size_t *size, struct state_output *output,
                 char text[PATH_MAX]);

/* All outputs of a row, in place of those that the picture has; paths are copied to `text`, of
 * STATE_OUTPUTS_MAX. False if the row makes no sense further on. */
bool packed_read(const unsigned char *bytes, size_t size, struct state_picture *picture,
                 char (*text)[PATH_MAX]);

/* Whether a path is relative and stays below where it begins; "" does. */
bool packed_is_below(const char *path);

#endif
