/* list.c - see list.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/list.h"

/* Bytes that are read at once at least, and kept: an entry, what ends it, and as much again. */
#define BUFFER_SIZE (2 * (LIST_ENTRY_MAX + 1))

int list_open(struct list *list, const char *path, bool null_separated)
{
	return list_take_over(list,
	                      strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	                                             : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY),
	                      null_separated);
}

int list_take_over(struct list *list, int fd, bool null_separated)
{
	struct stat st;

	*list = (struct list){.fd = fd, .delimiter = null_separated ? '\0' : '\n'};
	if (list->fd < 0)
		return -errno;
	list->regular = fstat(list->fd, &st) == 0 && !S_ISFIFO(st.st_mode) &&
	                !S_ISSOCK(st.st_mode) && !S_ISCHR(st.st_mode);
	list->bytes = malloc(BUFFER_SIZE + 1);
	if (list->bytes)
		return 0;
	list_close(list);
	return -ENOMEM;
}

void list_close(struct list *list)
{
	if (list->fd >= 0)
		(void)close(list->fd); /* nothing was written */
	free(list->bytes);
	*list = (struct list){.fd = -1};
}

bool list_is_ready(const struct list *list)
{
	struct pollfd wanted = {.fd = list->fd, .events = POLLIN};

	return list->ended || poll(&wanted, 1, 0) > 0;
}

int list_read(struct list *list)
{
	const size_t kept = list->end - list->begin;
	ssize_t got;

	memmove(list->bytes, list->bytes + list->begin, kept);
	list->begin = 0;
	list->end = kept;
	got = read(list->fd, list->bytes + kept, BUFFER_SIZE - kept);
	if (got < 0)
		return -errno;
	list->ended = got == 0;
	list->end += (size_t)got;
	return 0;
}

/* Drops `length` bytes and the delimiter behind them; *entry is what they were. */
static void take(struct list *list, size_t length, struct list_entry *entry)
{
	const bool too_long = list->passing || length > LIST_ENTRY_MAX;
	char *text = list->bytes + list->begin;
	const size_t whole = list->begin + length < list->end ? length + 1 : length;

	text[length] = '\0';
	*entry = (struct list_entry){.text = too_long ? text + length : text,
	                             .length = too_long ? 0 : length,
	                             .number = ++list->number,
	                             .too_long = too_long};
	list->begin += whole;
	list->searched = 0;
	list->passing = false;
}

bool list_take(struct list *list, struct list_entry *entry)
{
	const size_t there = list->end - list->begin;
	const char *text = list->bytes + list->begin;
	const char *end = memchr(text + list->searched, list->delimiter, there - list->searched);

	if (end || (list->ended && (there > 0 || list->passing))) {
		take(list, end ? (size_t)(end - text) : there, entry);
		return true;
	}
	list->searched = there;
	if (there > LIST_ENTRY_MAX) {
		list->passing = true;
		list->begin = list->end = list->searched = 0;
	}
	return false;
}
