/* footing.c - see footing.h. */
#include "batch/footing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/path.h"

struct foot {
	char *path;
	dev_t device;
	ino_t inode;
	struct output_root root; /* of one that is written below; fd -1: it is not open */
};

struct footing {
	size_t outputs, count; /* the first `outputs` are written below */
	struct foot foot[];
};

static void add(struct footing *footing, const struct plan *plan, uint32_t directory, bool make)
{
	struct foot *foot = &footing->foot[footing->count];
	char path[PATH_MAX];
	struct stat st;

	if (plan_directory(plan, directory, path, sizeof(path)) < 0)
		return;
	if (make)
		(void)output_make_directories(path); /* an output of it says what is wrong */
	if (stat(path, &st) != 0)
		return;
	*foot = (struct foot){
	    .path = strdup(path), .device = st.st_dev, .inode = st.st_ino, .root = {.fd = -1}};
	footing->count += foot->path != NULL;
}

/* "out/", "/", and nothing for the working directory, stand before what lies below. */
static size_t prefix_of(const char *directory)
{
	const size_t length = strlen(directory);

	if (strcmp(directory, ".") == 0)
		return 0;
	return directory[length - 1] == '/' ? length : length + 1;
}

/* Of two that a path leads to one after the other, that which was looked at counts. */
static void hold(struct foot *foot)
{
	const int fd = open(foot->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == foot->device && st.st_ino == foot->inode)
		foot->root = (struct output_root){.fd = fd, .length = prefix_of(foot->path)};
	else if (fd >= 0)
		(void)close(fd); /* nothing was written through it */
}

struct footing *footing_new(const struct plan *plan, bool make)
{
	const uint32_t *output, *source;
	const unsigned outputs = plan_roots(plan, &output), sources = plan_walked(plan, &source);
	struct footing *footing =
	    calloc(1, sizeof(*footing) + ((size_t)outputs + sources) * sizeof(footing->foot[0]));

	if (!footing)
		return NULL;
	for (unsigned i = 0; i < outputs; i++)
		add(footing, plan, output[i], make);
	footing->outputs = footing->count;
	for (size_t i = 0; i < footing->outputs; i++)
		hold(&footing->foot[i]);
	for (unsigned i = 0; i < sources; i++)
		add(footing, plan, source[i], false);
	return footing;
}

void footing_free(struct footing *footing)
{
	for (size_t i = 0; footing && i < footing->count; i++) {
		free(footing->foot[i].path);
		if (footing->foot[i].root.fd >= 0)
			(void)close(footing->foot[i].root.fd); /* nothing was written through it */
	}
	free(footing);
}

static bool is_below(const char *path, const struct foot *foot)
{
	const size_t length = foot->root.length;

	if (length > 0 && (strncmp(path, foot->path, length - 1) != 0 || path[length - 1] != '/'))
		return false;
	return path[length] != '/';
}

const struct output_root *footing_root(const struct footing *footing, const char *output)
{
	const struct output_root *found = NULL;

	for (size_t i = 0; footing && i < footing->outputs; i++) {
		const struct foot *foot = &footing->foot[i];

		if (foot->root.fd >= 0 && is_below(output, foot) &&
		    (!found || foot->root.length > found->length))
			found = &foot->root;
	}
	return found;
}

static bool holds(const struct foot *foot)
{
	struct stat st;

	return stat(foot->path, &st) == 0 && st.st_dev == foot->device && st.st_ino == foot->inode;
}

static int check(const struct footing *footing, size_t count, struct br_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (holds(&footing->foot[i]))
			continue;
		(void)br_error_set(error, BR_ERROR_SYSTEM,
		                   "the %s directory '%s' is not there any more, or another one "
		                   "is in its place (is it still mounted?): the run ends",
		                   i < footing->outputs ? "output" : "source",
		                   path_shown_within(footing->foot[i].path, 80).text);
		if (error)
			error->sys_errno = ESTALE;
		return -ESTALE;
	}
	return 0;
}

int footing_of_outputs(const struct footing *footing, struct br_error *error)
{
	return footing ? check(footing, footing->outputs, error) : 0;
}

int footing_of_all(const struct footing *footing, struct br_error *error)
{
	return footing ? check(footing, footing->count, error) : 0;
}
