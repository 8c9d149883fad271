/* prints.c - see prints.h. */
#include "state/prints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define PLACES_FIRST 1024

/* Pages of the file that are kept in memory, in KiB, as SQLite wants it. */
#define CACHE "-4096"

/* Those in memory, by open addressing; 0 is a free place. */
struct prints {
	uint64_t *print;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
	size_t in_memory;
	sqlite3 *file; /* NULL: none yet, or none can be had */
	sqlite3_stmt *find;
	bool full; /* nothing more can be written to it */
};

/* --- in memory -------------------------------------------------------------------------------- */

static size_t place_of(const struct prints *prints, uint64_t print)
{
	size_t at = (size_t)print & (prints->capacity - 1);

	while (prints->print[at] != 0 && prints->print[at] != print)
		at = (at + 1) & (prints->capacity - 1);
	return at;
}

static int grow(struct prints *prints)
{
	struct prints larger = *prints;

	larger.capacity = prints->capacity ? prints->capacity * 2 : PLACES_FIRST;
	larger.print = calloc(larger.capacity, sizeof(*larger.print));
	if (!larger.print)
		return -ENOMEM;
	for (size_t i = 0; i < prints->capacity; i++)
		if (prints->print[i] != 0)
			larger.print[place_of(&larger, prints->print[i])] = prints->print[i];
	free(prints->print);
	*prints = larger;
	return 0;
}

/* --- in the file ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	const int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

static bool open_file(struct prints *prints)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (prints->file)
		return true;
	if (sqlite3_open_v2("", &prints->file, flags, NULL) == SQLITE_OK &&
	    sqlite3_exec(prints->file,
	                 "PRAGMA cache_size = " CACHE ";"
	                 "CREATE TABLE print(id INTEGER PRIMARY KEY)",
	                 NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(prints->file, "SELECT 1 FROM print WHERE id = ?", -1, &prints->find,
	                       NULL) == SQLITE_OK)
		return true;
	(void)sqlite3_finalize(prints->find); /* what it says has been heard */
	(void)sqlite3_close(prints->file);    /* nothing of it is unfinished */
	prints->find = NULL;
	prints->file = NULL;
	return false;
}

/* In the order of the file, so that each of its pages is written once. */
static bool write_sorted(struct prints *prints, const uint64_t *sorted, size_t count)
{
	sqlite3_stmt *insert;
	int code = sqlite3_exec(prints->file, "BEGIN", NULL, NULL, NULL);

	if (code != SQLITE_OK ||
	    sqlite3_prepare_v2(prints->file, "INSERT OR IGNORE INTO print VALUES(?)", -1, &insert,
	                       NULL) != SQLITE_OK)
		return false;
	for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
		(void)sqlite3_bind_int64(insert, 1, (int64_t)sorted[i]);
		(void)sqlite3_step(insert); /* which reset says again */
		code = sqlite3_reset(insert);
	}
	(void)sqlite3_finalize(insert); /* it says the same again */
	if (code == SQLITE_OK)
		code = sqlite3_exec(prints->file, "COMMIT", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		(void)sqlite3_exec(prints->file, "ROLLBACK", NULL, NULL,
		                   NULL); /* if it did not end so */
	return code == SQLITE_OK;
}

/* Whether all that is in memory is in the file now. If not, all of it is still in memory. */
static bool move_out(struct prints *prints)
{
	uint64_t *sorted = malloc(prints->count * sizeof(*sorted));
	size_t count = 0;
	bool moved;

	for (size_t i = 0; sorted && i < prints->capacity; i++)
		if (prints->print[i] != 0)
			sorted[count++] = prints->print[i];
	if (sorted)
		qsort(sorted, count, sizeof(*sorted), compare);
	moved = sorted && open_file(prints) && write_sorted(prints, sorted, count);
	free(sorted);
	if (!moved)
		return false;
	memset(prints->print, 0, prints->capacity * sizeof(*prints->print));
	prints->count = 0;
	return true;
}

static bool is_in_file(struct prints *prints, uint64_t print)
{
	bool found;

	if (!prints->file)
		return false;
	(void)sqlite3_bind_int64(prints->find, 1, (int64_t)print);
	found = sqlite3_step(prints->find) == SQLITE_ROW;
	(void)sqlite3_reset(prints->find); /* of what can't be read nothing is known */
	return found;
}

/* ---------------------------------------------------------------------------------------------- */

bool prints_has(struct prints *prints, uint64_t print)
{
	return (prints->capacity > 0 && prints->print[place_of(prints, print)] == print) ||
	       is_in_file(prints, print);
}

int prints_add(struct prints *prints, uint64_t print)
{
	size_t at;

	if (prints->count >= prints->capacity / 8 * 7) {
		if (prints->capacity >= prints->in_memory && !prints->full)
			prints->full = !move_out(prints);
		if ((prints->capacity < prints->in_memory || prints->full) && grow(prints) != 0)
			return -ENOMEM;
	}
	at = place_of(prints, print);
	prints->count += prints->print[at] == 0;
	prints->print[at] = print;
	return 0;
}

struct prints *prints_new(size_t in_memory)
{
	struct prints *prints = calloc(1, sizeof(*prints));

	if (prints)
		prints->in_memory = in_memory;
	return prints;
}

void prints_free(struct prints *prints)
{
	if (!prints)
		return;
	(void)sqlite3_finalize(prints->find); /* what it said has been heard */
	(void)sqlite3_close(prints->file);    /* and the file goes */
	free(prints->print);
	free(prints);
}
