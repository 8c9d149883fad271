/* footing.c - see footing.h. */
#include "batch/footing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/descriptors.h"
#include "io/path.h"

struct foot {
	char *path;
	dev_t device;
	ino_t inode;
	struct output_place root; /* of one that is written below; fd -1: it is not open */
};

struct footing {
	struct directories *directories;
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
	if (stat(path, &st) != 0) {
		if (make) /* an output of it says what is wrong */
			(void)output_make_directories(path, NULL);
		if (!make || stat(path, &st) != 0)
			return;
	}
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
		foot->root = (struct output_place){.fd = fd, .length = prefix_of(foot->path)};
	else if (fd >= 0)
		(void)close(fd); /* nothing was written through it */
}

struct footing *footing_new(const struct plan *plan, bool make, bool endless)
{
	const uint32_t *output, *source;
	const unsigned outputs = plan_roots(plan, &output), sources = plan_walked(plan, &source);
	struct footing *footing =
	    calloc(1, sizeof(*footing) + ((size_t)outputs + sources) * sizeof(footing->foot[0]));

	if (!footing)
		return NULL;
	footing->directories = directories_new(descriptors_of_directories(), endless);
	if (!footing->directories) {
		free(footing);
		return NULL;
	}
	for (unsigned i = 0; i < outputs; i++)
		add(footing, plan, output[i], make);
	footing->outputs = footing->count;
	for (size_t i = 0; i < footing->outputs; i++)
		hold(&footing->foot[i]);
	for (unsigned i = 0; i < sources; i++)
		add(footing, plan, source[i], false);
	return footing;
}

bool footing_has_outputs(const struct footing *footing, const struct plan *plan)
{
	const uint32_t *output;

	return footing && footing->outputs == plan_roots(plan, &output);
}

void footing_free(struct footing *footing)
{
	for (size_t i = 0; footing && i < footing->count; i++) {
		free(footing->foot[i].path);
		if (footing->foot[i].root.fd >= 0)
			(void)close(footing->foot[i].root.fd); /* nothing was written through it */
	}
	if (footing)
		directories_free(footing->directories);
	free(footing);
}

static bool is_below(const char *path, const struct foot *foot)
{
	const size_t length = foot->root.length;

	if (length > 0 && (strncmp(path, foot->path, length - 1) != 0 || path[length - 1] != '/'))
		return false;
	return path[length] != '/';
}

const struct output_place *footing_root(const struct footing *footing, const char *output)
{
	const struct output_place *found = NULL;

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

/* --- directories below them --------------------------------------------------------------------
 */

bool footing_lost(struct footing *footing, const char *output, char path[PATH_MAX])
{
	const size_t length = footing ? directories_lost(footing->directories, output) : 0;

	if (length == 0 || length >= PATH_MAX)
		return false;
	memcpy(path, output, length);
	path[length] = '\0';
	return true;
}

/* Says which directory is not what it was: a root, or one below it. Returns -ESTALE. */
static int refuse(struct footing *footing, const char *output, struct br_error *error)
{
	char path[PATH_MAX];

	if (!error || footing_of_outputs(footing, error) != 0)
		return -ESTALE;
	if (!footing_lost(footing, output, path)) /* it is there again */
		(void)snprintf(path, sizeof(path), "%s", output);
	if (strlen(path) > 1 && path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	(void)br_error_set(error, BR_ERROR_SYSTEM,
	                   "the output directory '%s' is not there any more, or another one is in "
	                   "its place (is it still mounted?): nothing is written there",
	                   path_shown_within(path, 80).text);
	error->sys_errno = ESTALE;
	return -ESTALE;
}

int footing_take(struct footing *footing, const char *output, size_t *made,
                 const struct output_directory **taken, struct br_error *error)
{
	int status;

	*taken = NULL;
	*made = 0;
	if (!footing)
		return 0;
	status = directories_take(footing->directories, footing_root(footing, output), output, made,
	                          taken, error);
	return status == -ESTALE ? refuse(footing, output, error) : status;
}

void footing_leave(struct footing *footing, const struct output_directory *taken)
{
	if (footing)
		directories_release(footing->directories, taken);
}

int footing_of_taken(struct footing *footing, const struct output_directory *taken,
                     struct br_error *error)
{
	if (!footing || !taken || directory_holds(taken))
		return 0;
	return refuse(footing, taken->path, error);
}

int footing_of_output(struct footing *footing, const char *output, struct br_error *error)
{
	const int status = footing ? directories_look(footing->directories, output) : 0;

	/* of one that is not known yet those above it tell */
	if (status < 0 || (status > 0 && directories_lost(footing->directories, output) > 0))
		return refuse(footing, output, error);
	return status == 0 ? 0 : footing_of_outputs(footing, error);
}

/* --- roots -------------------------------------------------------------------------------------
 */

int footing_of_outputs(const struct footing *footing, struct br_error *error)
{
	return footing ? check(footing, footing->outputs, error) : 0;
}

int footing_of_all(const struct footing *footing, struct br_error *error)
{
	return footing ? check(footing, footing->count, error) : 0;
}
