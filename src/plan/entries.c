/* entries.c - see entries.h. */
#include "plan/entries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void entries_release(struct entries *entries)
{
	free(entries->bytes);
	free(entries->entry);
	*entries = (struct entries){0};
}

/* Makes room for one more of `size` bytes, by doubling. */
static int reserve(void **memory, size_t *allocated, size_t wanted, size_t size)
{
	size_t more = *allocated ? *allocated : 256;
	void *grown;

	if (wanted <= *allocated)
		return 0;
	while (more < wanted) {
		if (more > SIZE_MAX / 2 / size)
			return -ENOMEM;
		more *= 2;
	}
	grown = realloc(*memory, more * size);
	if (!grown)
		return -ENOMEM;
	*memory = grown;
	*allocated = more;
	return 0;
}

static int add_entry(struct entries *entries, const char *name, unsigned char type)
{
	size_t length = strlen(name) + 1;
	void *memory = entries->bytes;
	int status = reserve(&memory, &entries->capacity, entries->used + length, 1);

	entries->bytes = memory;
	if (status != 0)
		return status;
	memory = entries->entry;
	status = reserve(&memory, &entries->allocated, entries->count + 1, sizeof(struct entry));
	entries->entry = memory;
	if (status != 0)
		return status;
	memcpy(entries->bytes + entries->used, name, length);
	entries->entry[entries->count++] = (struct entry){.name = entries->used, .type = type};
	entries->used += length;
	return 0;
}

static bool is_itself_or_parent(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static int compare_names(const void *left, const void *right, void *bytes)
{
	const struct entry *a = left;
	const struct entry *b = right;

	return strcmp((const char *)bytes + a->name, (const char *)bytes + b->name);
}

int entries_read(struct entries *entries, int directory, bool (*wanted)(const void *, const char *),
                 const void *context)
{
	int status = 0;
	int fd = fcntl(directory, F_DUPFD_CLOEXEC, 0); /* closedir() closes it */
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	entries->used = 0;
	entries->count = 0;
	if (!stream) {
		status = -errno;
		if (fd >= 0)
			(void)close(fd);
		return status;
	}
	while (status == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(stream);
		if (!entry) {
			status = -errno;
			break;
		}
		if (!is_itself_or_parent(entry->d_name) && wanted(context, entry->d_name))
			status = add_entry(entries, entry->d_name, entry->d_type);
	}
	(void)closedir(stream);
	if (entries->count > 1)
		qsort_r(entries->entry, entries->count, sizeof(*entries->entry), compare_names,
		        entries->bytes);
	return status;
}
