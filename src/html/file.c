/* file.c - see file.h. */
#include "html/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/stream.h"
#include "io/sweep.h"

/* Stands near the beginning of every page. */
#define MARK        "<meta name=\"generator\" content=\"batchresize "
#define MARK_WITHIN 512

/* Whether the file is empty, or a page. */
static bool is_page(const char *path)
{
	char head[MARK_WITHIN];
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t size = fd >= 0 ? pread(fd, head, sizeof(head), 0) : -1;

	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	return size == 0 || (size > 0 && memmem(head, (size_t)size, MARK, strlen(MARK)) != NULL);
}

static int check_replaceable(const char *path, struct br_error *error)
{
	struct stat st;

	if (lstat(path, &st) != 0 || (S_ISREG(st.st_mode) && is_page(path)))
		return 0;
	return br_error_set(error, BR_ERROR_USAGE,
	                    "--html: '%.100s' exists and is no page of this program: choose "
	                    "another name, or remove it",
	                    path);
}

/* Directories are not made, as for a report: one that is missing was misspelt, or is gone. */
static int check_directory(const char *path, struct br_error *error)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	struct stat st;
	int fault = directory ? 0 : ENOMEM;

	if (directory && stat(directory, &st) != 0)
		fault = errno;
	free(directory);
	return fault ? br_error_system(error, fault, "cannot write the page '%.100s'", path) : 0;
}

static int check_place(const char *path, struct br_error *error)
{
	const int status = check_replaceable(path, error);

	return status ? status : check_directory(path, error);
}

int html_file_open(struct html_file *file, const char *path, struct br_error *error)
{
	struct output output;
	int status = check_place(path, error);

	*file = (struct html_file){0};
	if (status)
		return status;
	status = output_open(path, &output, error);
	(void)output_discard(&output);
	if (!status)
		file->path = path;
	return status;
}

static int write_page(const struct html_file *file, const struct text *page, struct output *output,
                      struct br_error *error)
{
	const struct output_attributes attributes = {.replace = true, .fsync = file->fsync};
	int status = page->status;

	if (!status)
		status = stream_write(output->fd, page->bytes.data, page->bytes.size);
	if (status)
		return br_error_system(error, -status,
		                       "cannot write the page '%.100s' (make room, or write "
		                       "elsewhere)",
		                       file->path);
	return output_commit(output, file->path, &attributes, error);
}

int html_file_publish(const struct html_file *file, const struct text *page, struct br_error *error)
{
	struct sweeper *sweeper;
	struct output output;
	int status = check_place(file->path, error);

	if (status)
		return status;
	sweeper = file->fsync ? sweeper_new() : NULL;
	status = output_open(file->path, &output, error);
	sweeper_visit_after_power_cut(sweeper, file->path);
	if (!status)
		status = write_page(file, page, &output, error);
	(void)output_discard(&output);
	sweeper_free(sweeper);
	return status;
}
