/* rooted.c - see rooted.h. */
#include "plan/rooted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/name.h"

/* Whether a part of the path is "..". */
static bool leads_up(const char *path)
{
	const char *dots = path;

	while ((dots = strstr(dots, ".."))) {
		if ((dots == path || dots[-1] == '/') && (dots[2] == '/' || dots[2] == '\0'))
			return true;
		dots += 2;
	}
	return false;
}

struct rooted rooted_split(const char *path)
{
	struct rooted rooted = {.path = path};
	const char *next = path, *found = NULL;

	while ((next = strstr(next, "/./")))
		found = next++;
	if (!found)
		return rooted;
	rooted.rest = found + strlen("/./");
	rooted.rest += strspn(rooted.rest, "/");
	if (*rooted.rest != '\0' && !leads_up(rooted.rest))
		rooted.length = found == path ? 1 : (size_t)(found - path);
	return rooted;
}

int rooted_find(struct paths *paths, const struct rooted *rooted, size_t length, bool flat,
                uint32_t *source, uint32_t *output, struct br_error *error)
{
	char *root = strndup(rooted->path, rooted->length);
	int status;

	if (!root)
		return br_error_system(error, ENOMEM, "no memory for the plan");
	root[name_trimmed_length(root)] = '\0';
	status = paths_root(paths, root, strlen(root), source);
	if (status == 0 && *output == PATHS_NONE) {
		status = name_beside_directory(paths, root, output, error);
		free(root);
		if (status != 0)
			return status;
	} else {
		free(root);
	}
	if (status == 0)
		status = name_mirror(paths, *source, rooted->rest, length, source);
	if (status == 0 && !flat)
		status = name_mirror(paths, *output, rooted->rest, length, output);
	return status == 0 ? 0 : br_error_system(error, -status, "no memory for the plan");
}
