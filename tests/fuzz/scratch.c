/* scratch.c - see fuzz.h. */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define DESCRIPTORS_MAX 16

static char folder[PATH_MAX];

uint8_t input_byte(struct input *input)
{
	uint8_t byte = 0;

	if (input->size > 0) {
		byte = *input->data++;
		input->size--;
	}
	return byte;
}

char *input_string(struct input *input)
{
	const uint8_t *end = input->size > 0 ? memchr(input->data, '\0', input->size) : NULL;
	const size_t length = end ? (size_t)(end - input->data) : input->size;
	char *string = malloc(length + 1);

	check(string != NULL);
	if (length > 0)
		memcpy(string, input->data, length);
	string[length] = '\0';
	input->data += length + (end != NULL);
	input->size -= length + (end != NULL);
	return string;
}

bool is_plain_path(const char *path)
{
	size_t length;

	do {
		length = strcspn(path, "/");
		if (length == 0 || (length <= 2 && strspn(path, ".") == length))
			return false;
		path += length;
	} while (*path++ != '\0');
	return true;
}

/* --- the folder --------------------------------------------------------------------------------
 */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	return place->level > 0 ? remove(path) : 0;
}

void scratch_clear(void)
{
	if (*folder != '\0')
		check(nftw(folder, remove_one, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS) == 0);
}

static void remove_folder(void)
{
	scratch_clear();
	(void)rmdir(folder);
}

const char *scratch_path(const char *name)
{
	static char path[PATH_MAX + NAME_MAX];
	const char *temporary = getenv("TMPDIR");

	if (*folder == '\0') {
		(void)snprintf(folder, sizeof(folder), "%s/batchresize-fuzz-XXXXXX",
		               temporary ? temporary : "/tmp");
		check(mkdtemp(folder) && atexit(remove_folder) == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

void scratch_write(const char *name, const void *bytes, size_t size)
{
	const int fd =
	    open(scratch_path(name), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);

	check(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && close(fd) == 0);
}
