/* named.c - see named.h. */
#include "plan/named.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/path.h"
#include "plan/rooted.h"

struct named {
	struct plan *plan;
	struct scan_roots *roots;
	const struct br_batch_options *options;
	uint32_t output;      /* of --output; PATHS_NONE without */
	struct rooted rooted; /* the path of the list that is being added, taken apart */
	struct br_error *error;
};

static int no_room(struct br_error *error, int status)
{
	return br_error_system(error, -status, "no room for the plan: name fewer sources at once");
}

/* --- files -------------------------------------------------------------------------------------
 */

/* A file of a list that says below which directory it was found. */
static int add_rooted(struct named *named, struct plan_item item)
{
	const struct rooted *rooted = &named->rooted;
	const size_t before = name_directory_length(rooted->rest);
	const char *name = rooted->rest + before;
	int status;

	item.flags |= ITEM_EXPLICIT | ITEM_ROOTED;
	item.output_directory = named->output;
	status = rooted_find(&named->plan->paths, rooted, before, named->options->flat,
	                     &item.directory, &item.output_directory, named->error);
	if (status)
		return status;
	status = items_add(named->plan, item, name, strlen(name));
	return status == 0 ? 0 : no_room(named->error, status);
}

static int add_file(struct named *named, const char *path, struct plan_item item)
{
	if (named->rooted.length > 0)
		return add_rooted(named, item);

	struct paths *paths = &named->plan->paths;
	size_t before = name_directory_length(path);
	int status = paths_root(paths, path, before, &item.directory);

	item.flags |= ITEM_EXPLICIT;
	item.output_directory = item.directory;
	if (named->output == PATHS_NONE)
		item.flags |= ITEM_PREFIXED;
	else if (named->options->flat || named->options->output_is_file)
		item.output_directory = named->output;
	else if (status == 0)
		status = name_mirror(paths, named->output, path, before, &item.output_directory);
	if (status == 0)
		status = items_add(named->plan, item, path + before, strlen(path + before));
	return status == 0 ? 0 : no_room(named->error, status);
}

/* --- directories -------------------------------------------------------------------------------
 */

static int add_root(struct named *named, struct scan_root root)
{
	struct scan_roots *roots = named->roots;

	if (roots->count == roots->allocated) {
		size_t allocated = roots->allocated ? roots->allocated * 2 : 16;
		struct scan_root *grown = NULL;

		if (allocated <= SIZE_MAX / sizeof(*grown))
			grown = realloc(roots->root, allocated * sizeof(*grown));
		if (!grown)
			return no_room(named->error, -ENOMEM);
		roots->root = grown;
		roots->allocated = allocated;
	}
	roots->root[roots->count++] = root;
	return 0;
}

static int add_rooted_directory(struct named *named)
{
	const struct rooted *rooted = &named->rooted;
	struct scan_root root = {.output = named->output};
	int status = rooted_find(&named->plan->paths, rooted, name_trimmed_length(rooted->rest),
	                         named->options->flat, &root.directory, &root.output, named->error);

	return status == 0 ? add_root(named, root) : status;
}

static int add_directory(struct named *named, const char *path)
{
	size_t length = name_trimmed_length(path);
	char *trimmed = strndup(path, length);
	struct scan_root root = {.output = named->output};
	int status;

	if (named->options->output_is_file) {
		free(trimmed);
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "'%s' is a directory, whose outputs can't all be '%s': name a "
		                    "directory for them",
		                    path_shown(path).text, path_shown(named->options->output).text);
	}
	if (!trimmed)
		return no_room(named->error, -ENOMEM);
	if (named->rooted.length > 0) {
		free(trimmed);
		return add_rooted_directory(named);
	}
	status = paths_root(&named->plan->paths, trimmed, length, &root.directory);
	if (status != 0)
		(void)no_room(named->error, status);
	else if (named->output == PATHS_NONE)
		status =
		    name_beside_directory(&named->plan->paths, trimmed, &root.output, named->error);
	free(trimmed);
	return status == 0 ? add_root(named, root) : status;
}

/* --- any path ----------------------------------------------------------------------------------
 */

static int add_path(struct named *named, const char *path)
{
	struct plan_item item = {0};
	struct stat st;
	int status = lstat(path, &st);

	if (status == 0 && S_ISLNK(st.st_mode)) {
		item.flags |= ITEM_LINK;
		status = stat(path, &st);
	}
	if (status != 0) {
		item.refusal = BR_ERROR_SYSTEM;
		item.other = (uint32_t)errno;
	} else if (S_ISDIR(st.st_mode)) {
		return add_directory(named, path);
	} else if (S_ISREG(st.st_mode)) {
		item.size = (uint64_t)st.st_size;
	} else {
		item.refusal = BR_ERROR_NOT_IMAGE;
		item.other = st.st_mode;
	}
	return add_file(named, path, item);
}

static int add_argument(struct named *named, const char *path)
{
	if (*path == '\0')
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "an empty path was given: name a file or a directory");
	if (strcmp(path, "-") == 0)
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "'-' (standard input) goes alone: for a file of that name say "
		                    "'./-', for a list '--files-from -'");
	return add_path(named, path);
}

/* --- lists -------------------------------------------------------------------------------------
 */

static FILE *open_list(const char *path)
{
	FILE *list;
	int fd;

	if (strcmp(path, "-") != 0)
		return fopen(path, "re");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	list = fd < 0 ? NULL : fdopen(fd, "r");
	if (!list && fd >= 0)
		(void)close(fd); /* nothing was read yet */
	return list;
}

/* `line` is `length` bytes without what ended it; `number` counts from 1. */
static int add_line(struct named *named, const char *line, size_t length, size_t number)
{
	const char *list = named->options->files_from;

	if (length == 0)
		return 0;
	if (strlen(line) != length)
		return br_error_set(
		    named->error, BR_ERROR_USAGE,
		    "line %zu of the list '%s' has a NUL byte in it: say --null for "
		    "a list whose paths end with NUL",
		    number, path_shown(list).text);
	if (length > NAMED_PATH_MAX)
		return br_error_set(named->error, BR_ERROR_USAGE,
		                    "path %zu of the list '%s' has %zu bytes, which is no path: %s",
		                    number, path_shown(list).text, length,
		                    named->options->null_separated
		                        ? "leave --null out for a list with one path a line"
		                        : "is it a list of paths, one a line?");
	named->rooted = rooted_split(line);
	return add_path(named, line);
}

/* Windows ends lines with CR LF, and some of its programs begin a file with a mark of UTF-8. Either
 * may belong to a name here: it does if there is such a file. Returns the line without, and
 * *length. */
static const char *undo_windows(char *line, ssize_t *length, bool first)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};
	const bool marked = first && strncmp(line, mark, sizeof(mark)) == 0;
	const bool returned = *length > 0 && line[*length - 1] == '\r';
	struct stat st;

	if ((!marked && !returned) || lstat(line, &st) == 0)
		return line;
	if (returned)
		line[--*length] = '\0';
	if (marked)
		*length -= (ssize_t)sizeof(mark);
	return marked ? line + sizeof(mark) : line;
}

static int read_lines(struct named *named, FILE *list)
{
	int end = named->options->null_separated ? '\0' : '\n';
	size_t allocated = 0;
	char *line = NULL;
	size_t number = 0;
	int status = 0;

	while (status == 0) {
		ssize_t got;

		errno = 0;
		got = getdelim(&line, &allocated, end, list);
		/* A signal may be why it returned, with half a line. */
		status = plan_look(named->plan);
		if (status != 0)
			break;
		if (got < 0) {
			if (!feof(list) || ferror(list))
				status = br_error_system(
				    named->error, errno ? errno : EIO, "cannot read the list '%s'",
				    path_shown(named->options->files_from).text);
			break;
		}
		if (line[got - 1] == (char)end)
			line[--got] = '\0';
		const char *path =
		    named->options->null_separated ? line : undo_windows(line, &got, number == 0);

		status = add_line(named, path, (size_t)got, ++number);
	}
	free(line);
	return status;
}

static int read_list(struct named *named)
{
	const char *path = named->options->files_from;
	FILE *list = open_list(path);
	int status;

	if (!list && plan_look(named->plan) != 0)
		return plan_look(named->plan); /* by a signal, from a pipe that nobody writes to */
	if (!list)
		return br_error_system(named->error, errno, "cannot open the list '%s'",
		                       path_shown(path).text);
	status = read_lines(named, list);
	(void)fclose(list); /* nothing was written */
	return status;
}

/* --- the command line, then the list -----------------------------------------------------------
 */

int named_read(struct plan *plan, struct scan_roots *roots, const struct br_batch_options *options,
               struct br_error *error)
{
	struct named named = {
	    .plan = plan, .roots = roots, .options = options, .output = PATHS_NONE, .error = error};
	int status = 0;

	if (options->path_count == 0 && !options->files_from)
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "no source: name files or directories, or a list by --files-from");
	if (options->output && *options->output == '\0')
		return br_error_set(error, BR_ERROR_USAGE, "--output is empty: name a directory");
	if (options->output) {
		status = paths_root(&plan->paths, options->output,
		                    options->output_is_file ? name_directory_length(options->output)
		                                            : name_trimmed_length(options->output),
		                    &named.output);
		if (status != 0)
			return no_room(error, status);
	}
	for (size_t i = 0; i < options->path_count && status == 0; i++) {
		status = plan_look(plan);
		if (status == 0)
			status = add_argument(&named, options->paths[i]);
	}
	if (status == 0 && options->files_from)
		status = read_list(&named);
	return status;
}

void named_release(struct scan_roots *roots)
{
	free(roots->root);
	*roots = (struct scan_roots){0};
}
