/* notes.h - what is remembered of paths: a hash table from a path to a note.
 *
 * Not thread-safe. A note stays where it is until the next notes_add() or notes_drop().
 */
#ifndef WATCH_NOTES_H
#define WATCH_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/* Tells one state of a file from another. */
struct mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
};

struct note {
	char *path; /* NULL: free */
	size_t length;
	unsigned bits;    /* whoever keeps the notes says what they mean */
	struct mark mark; /* likewise */
	uint64_t due;     /* ns of the monotonic clock; likewise */
};

/* All zero is empty. */
struct notes {
	struct note *note;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/* NULL: there is none. */
struct note *notes_find(const struct notes *notes, const char *path, size_t length);
/* The note of that path, all zero if there was none. NULL without memory. */
struct note *notes_add(struct notes *notes, const char *path, size_t length);
void notes_drop(struct notes *notes, const char *path, size_t length);
/* Drops all that `is` says so of. */
void notes_drop_where(struct notes *notes, bool (*is)(struct note *note, void *ctx), void *ctx);
void notes_release(struct notes *notes);

/* For loops: the first note at or behind number `from`, NULL at the end; *from becomes the next. */
struct note *notes_next(const struct notes *notes, size_t *from);

struct mark mark_of(const struct stat *st);
bool mark_equals(const struct mark *one, const struct mark *other);

#endif
