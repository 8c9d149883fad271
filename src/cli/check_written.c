/* check_written.c - whether each file that options name to be written is another; see parse.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/parse.h"

#define FILES 6

struct named_file {
	const char *option, *path;
};

/* A path whose directory has no link and no dots in it. False: there is no such directory, or the
 * path names one. */
static bool resolve(const char *path, char resolved[PATH_MAX + NAME_MAX + 2])
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char directory[PATH_MAX], real[PATH_MAX];
	const int length = slash ? (int)(name - path) : 1;

	if (length >= (int)sizeof(directory) || *name == '\0' || strlen(name) > NAME_MAX)
		return false;
	(void)snprintf(directory, sizeof(directory), "%.*s", length, slash ? path : ".");
	if (!realpath(directory, real))
		return false;
	(void)snprintf(resolved, PATH_MAX + NAME_MAX + 2, "%s/%s", real, name);
	return true;
}

/* Whether two paths lead to one file, also by links or when it is still to be made. */
static bool is_same(const char *one, const char *other)
{
	char resolved[2][PATH_MAX + NAME_MAX + 2];
	struct stat st[2];

	/* standard output for some, which is another matter */
	if (strcmp(one, "-") == 0 || strcmp(other, "-") == 0)
		return false;
	if (strcmp(one, other) == 0)
		return true;
	if (stat(one, &st[0]) == 0 && stat(other, &st[1]) == 0)
		return S_ISREG(st[0].st_mode) && st[0].st_dev == st[1].st_dev &&
		       st[0].st_ino == st[1].st_ino;
	return resolve(one, resolved[0]) && resolve(other, resolved[1]) &&
	       strcmp(resolved[0], resolved[1]) == 0;
}

int check_written(struct parse *parse)
{
	const struct report_options *report = &parse->cli->report;
	const struct named_file file[FILES] = {
	    {"html", report->html},         {"metrics", report->metrics},
	    {"log-file", report->log_file}, {"srcset", report->srcset},
	    {"report", report->ndjson},     {"failed-list", report->failed_list},
	};

	for (unsigned i = 0; i < FILES; i++)
		for (unsigned j = i + 1; j < FILES; j++)
			if (file[i].path && file[j].path && is_same(file[i].path, file[j].path))
				return br_error_set(
				    parse->error, BR_ERROR_USAGE,
				    "--%s and --%s name one file: give each its own",
				    file[i].option, file[j].option);
	return 0;
}
