/* footing.c - see footing.h. */
#include "batch/footing.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/path.h"

struct foot {
	char *path;
	dev_t device;
	ino_t inode;
};

struct footing {
	size_t outputs, count; /* the first `outputs` are written below */
	struct foot foot[];
};

static void add(struct footing *footing, const struct plan *plan, uint32_t directory)
{
	struct foot *foot = &footing->foot[footing->count];
	char path[PATH_MAX];
	struct stat st;

	if (plan_directory(plan, directory, path, sizeof(path)) < 0 || stat(path, &st) != 0)
		return;
	*foot = (struct foot){.path = strdup(path), .device = st.st_dev, .inode = st.st_ino};
	footing->count += foot->path != NULL;
}

struct footing *footing_new(const struct plan *plan)
{
	const uint32_t *output, *source;
	const unsigned outputs = plan_roots(plan, &output), sources = plan_walked(plan, &source);
	struct footing *footing =
	    calloc(1, sizeof(*footing) + ((size_t)outputs + sources) * sizeof(footing->foot[0]));

	if (!footing)
		return NULL;
	for (unsigned i = 0; i < outputs; i++)
		add(footing, plan, output[i]);
	footing->outputs = footing->count;
	for (unsigned i = 0; i < sources; i++)
		add(footing, plan, source[i]);
	return footing;
}

void footing_free(struct footing *footing)
{
	for (size_t i = 0; footing && i < footing->count; i++)
		free(footing->foot[i].path);
	free(footing);
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
