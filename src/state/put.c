/* put.c - see put.h. */
#include "state/put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/prints.h"

/* A picture is in order if it comes behind what was the last one so many pictures ago, or up to
 * twice as many: workers overtake each other, and some work is begun early. */
#define WINDOW 256

/* After so many in a row that are not, order begins anew where they are: what was begun early is
 * through, or another run of the same tree follows. Twice as many each time that it did not last.
 */
#define PATIENCE     256
#define PATIENCE_MAX 65536

/* Pictures of the journal whose prints are kept in memory: all that are put in order together. */
#define PRINTS (1U << 18)

struct key {
	int64_t directory;
	char name[PATH_MAX];
};

struct put {
	struct key low, middle, high; /* the last one some time ago, less long ago, and of all */
	unsigned since;               /* pictures since these were moved */
	unsigned late;                /* pictures in a row that came before `low` */
	unsigned patience;
	uint64_t lasted;        /* pictures since order began anew */
	struct prints *waiting; /* those in the journal; NULL: none */
	bool unknown;           /* nobody knows what is in the journal */
};

struct put *put_new(bool journal)
{
	struct put *put = calloc(1, sizeof(*put));

	if (!put)
		return NULL;
	put->unknown = journal;
	put->patience = PATIENCE;
	return put;
}

void put_free(struct put *put)
{
	if (put)
		prints_free(put->waiting);
	free(put);
}

void put_ordered(struct state *state)
{
	prints_free(state->put->waiting);
	state->put->waiting = NULL;
	state->put->unknown = false;
}

/* --- order -------------------------------------------------------------------------------------
 */

static bool is_before(const struct key *one, const struct key *other)
{
	if (one->directory != other->directory)
		return one->directory < other->directory;
	return strcmp(one->name, other->name) < 0;
}

static void copy_key(struct key *to, const struct key *from)
{
	to->directory = from->directory;
	memcpy(to->name, from->name, strlen(from->name) + 1);
}

static void begin_anew(struct put *put, const struct key *key)
{
	put->patience = put->lasted >= put->patience   ? PATIENCE
	                : put->patience < PATIENCE_MAX ? put->patience * 2
	                                               : PATIENCE_MAX;
	copy_key(&put->low, key);
	copy_key(&put->middle, key);
	copy_key(&put->high, key);
	put->since = 0;
	put->late = 0;
	put->lasted = 0;
}

static bool is_in_order(struct put *put, const struct key *key)
{
	if (is_before(key, &put->low)) {
		if (++put->late < put->patience)
			return false;
		begin_anew(put, key);
	}
	put->late = 0;
	put->lasted++;
	if (is_before(&put->high, key))
		copy_key(&put->high, key);
	if (++put->since == WINDOW) {
		copy_key(&put->low, &put->middle);
		copy_key(&put->middle, &put->high);
		put->since = 0;
	}
	return true;
}

/* --- the journal -------------------------------------------------------------------------------
 */

static uint64_t print_of(const struct state *state, const struct key *key)
{
	const uint64_t print =
	    hash_bytes(key->name, strlen(key->name), (uint64_t)key->directory ^ state->names);

	return print ? print : 1;
}

static bool waits(const struct state *state, const struct key *key)
{
	const struct put *put = state->put;

	return put->unknown || (put->waiting && prints_has(put->waiting, print_of(state, key)));
}

static void note_waiting(const struct state *state, const struct key *key)
{
	struct put *put = state->put;

	if (!put->waiting)
		put->waiting = prints_new(PRINTS);
	if (!put->waiting || prints_add(put->waiting, print_of(state, key)) != 0)
		put->unknown = true;
}

static int insert(struct state *state, enum statement which, const struct state_picture *picture,
                  const int64_t id[3])
{
	unsigned char packed[PACKED_MAX];
	sqlite3_stmt *row = state_statement(state, which);

	if (!row)
		return state_fault(state);
	(void)sqlite3_bind_int64(row, 1, id[0]);
	(void)sqlite3_bind_blob(row, 2, picture->name, (int)strlen(picture->name), SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 3, id[1]);
	(void)sqlite3_bind_int64(row, 4, id[2]);
	(void)sqlite3_bind_int(row, 5, picture->adopted);
	(void)sqlite3_bind_int64(row, 6, (int64_t)picture->file.size);
	(void)sqlite3_bind_int64(row, 7, picture->file.modified);
	(void)sqlite3_bind_int64(row, 8, picture->file.changed);
	(void)sqlite3_bind_int64(row, 9, (int64_t)picture->file.inode);
	(void)sqlite3_bind_int64(row, 10, (int64_t)picture->file.hash);
	(void)sqlite3_bind_blob(row, 11, packed,
	                        (int)packed_write(picture->output, picture->outputs, packed),
	                        SQLITE_STATIC);
	(void)sqlite3_bind_int64(row, 12, (int64_t)state->names);
	return state_run(state, row, NULL);
}

int put_picture(struct state *state, const struct state_picture *picture, const int64_t id[3])
{
	struct key key;
	int status;

	key.directory = id[0];
	(void)snprintf(key.name, sizeof(key.name), "%s", picture->name);
	if (is_in_order(state->put, &key) && !waits(state, &key))
		return insert(state, STATEMENT_PUT, picture, id);
	status = insert(state, STATEMENT_JOURNAL, picture, id);
	if (status == 0) {
		note_waiting(state, &key);
		state->written++;
	}
	return status;
}
