/* list.h - the list of sources, entry by entry, of any length in bounded memory.
 *
 * Not thread-safe.
 */
#ifndef PLAN_LIST_H
#define PLAN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/error.h>

/* Bytes of an entry: a longer one is passed over, and said to be none. */
#define LIST_ENTRY_MAX ((size_t)64 << 10)

/* All zero but `fd`, -1, is none. */
struct list {
	int fd;
	bool regular; /* a file with an end, rather than what somebody else writes meanwhile */
	char delimiter;
	char *bytes;
	size_t begin, end; /* of what was read and not yet taken */
	size_t searched;   /* bytes from `begin` on without a delimiter */
	bool ended;        /* there is no more to be read */
	bool passing;      /* the entry at `begin` is too long, and is passed over */
	uint64_t number;   /* entries taken so far */
};

struct list_entry {
	char *text;      /* ended by NUL; others may stand in it. Until the next call */
	size_t length;   /* without what ended it */
	uint64_t number; /* from 1 */
	bool too_long;   /* longer than LIST_ENTRY_MAX: text is "" */
};

/* Opens the list at a path, "-" for standard input. Returns 0 or a negative errno (-EINTR: a signal
 * came while a pipe was waited for). */
int list_open(struct list *list, const char *path, bool null_separated);
/* The same of a descriptor that is open, and belongs to the list from now on; a negative one is
 * errno's. */
int list_take_over(struct list *list, int fd, bool null_separated);
void list_close(struct list *list);

/* Whether list_read() would not wait. */
bool list_is_ready(const struct list *list);

/* Reads what is there, or waits for it. Returns 0, with list->ended when there is no more, or a
 * negative errno. list_take() comes first, until it has none left. */
int list_read(struct list *list);

/* The next whole entry of those that were read. False: there is none. */
bool list_take(struct list *list, struct list_entry *entry);

#endif
