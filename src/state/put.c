/* put.c - see put.h. */
#include "state/put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/prints.h"

/* Places in a plan that are near each other: workers overtake each other. */
#define NEAR 64

/* Parts of a plan that are gone through at once: some work is begun early. */
#define PARTS 8

/* One in so many neighbours may stand in the table the other way round, as where directories meet.
 * A list in no order has more, of which each would change a page of its own. */
#define ASTRAY 8

/* Pictures of the journal whose prints are kept in memory: all that are put in order together. */
#define PRINTS (1U << 18)

struct key {
	int64_t directory;
	char name[PATH_MAX];
};

/* How far a part of the plan has come. */
struct part {
	uint64_t place; /* 0: none yet */
	struct key key;
};

struct put {
	struct part part[PARTS];
	unsigned oldest;           /* the part that was begun first */
	uint64_t in_order, astray; /* of pictures, with the one near it in the plan */
	struct prints *waiting;    /* those in the journal; NULL: none */
	bool unknown;              /* nobody knows what is in the journal */
};

struct put *put_new(bool journal)
{
	struct put *put = calloc(1, sizeof(*put));

	if (!put)
		return NULL;
	put->unknown = journal;
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

static bool is_near(const struct part *part, uint64_t place)
{
	const uint64_t distance = place > part->place ? place - part->place : part->place - place;

	return part->place != 0 && distance <= NEAR;
}

static struct part *find_part(struct put *put, uint64_t place)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (is_near(&put->part[i], place))
			return &put->part[i];
	return NULL;
}

static void move_part(struct part *part, uint64_t place, const struct key *key)
{
	part->place = place;
	part->key.directory = key->directory;
	memcpy(part->key.name, key->name, strlen(key->name) + 1);
}

/* Whether it belongs beside one that was told not long ago, on the same page. */
static bool is_in_order(struct put *put, uint64_t place, const struct key *key)
{
	struct part *part;
	bool same;

	if (place == 0)
		return false;
	part = find_part(put, place);
	if (!part) {
		move_part(&put->part[put->oldest], place, key);
		put->oldest = (put->oldest + 1) % PARTS;
		return false;
	}
	same = place > part->place ? is_before(&part->key, key) : !is_before(&part->key, key);
	put->in_order += same;
	put->astray += !same;
	move_part(part, place, key);
	return same && put->astray <= put->in_order / ASTRAY;
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
	if (is_in_order(state->put, picture->place, &key) && !waits(state, &key))
		return insert(state, STATEMENT_PUT, picture, id);
	status = insert(state, STATEMENT_JOURNAL, picture, id);
	if (status == 0) {
		note_waiting(state, &key);
		state->written++;
	}
	return status;
}
