/* failed_list.c - see failed_list.h. */
#include "report/failed_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/transfer.h"
#include "report/lines.h"

/* --- paths -------------------------------------------------------------------------------------
 */

/* Whether a list with one path a line can say it: a CR at its end would be taken for Windows'. */
static bool is_line(const char *path)
{
	const size_t length = strlen(path);

	return length > 0 && !strchr(path, '\n') && path[length - 1] != '\r';
}

/* Whether a list's reader may take the path's beginning for something else: an object, a mark of
 * UTF-8, standard input. */
static bool is_odd(const char *path)
{
	return strchr("{\xEF-", *path) != NULL;
}

/* "x/./y" as a user wrote it is x/y to him, and would be something else in the list. */
static void add_plain(struct text *text, const char *path)
{
	const char *dot;

	while ((dot = strstr(path, "/./"))) {
		text_add_bytes(text, path, (size_t)(dot - path));
		path = dot + 2;
	}
	text_add(text, path);
}

void failed_list_add_path(struct failed_list *list, const char *source, size_t root)
{
	struct text *text = &list->sink.pending;

	if (!list->path)
		return;
	if (!list->null_separated && !is_line(source)) {
		list->left_out++;
		return;
	}
	if (is_odd(source))
		text_add(text, "./");
	if (root > 0) {
		text_add_bytes(text, source, root);
		text_add(text, "./");
		text_add(text, source + root);
	} else {
		add_plain(text, source);
	}
	text_add_bytes(text, list->null_separated ? "" : "\n", 1);
}

void failed_list_add(struct failed_list *list, const struct br_batch_record *record)
{
	if (record_failed(record))
		failed_list_add_path(list, record->source, record->root);
}

/* --- the file ----------------------------------------------------------------------------------
 */

/* Whether what is there may be replaced: `--failed-list *.jpg` must not cost a picture. */
static int check_replaceable(const char *path, struct br_error *error)
{
	unsigned char head[BR_IMAGE_SNIFF_BYTES];
	struct stat st;
	ssize_t got = -1;
	int fd;

	if (lstat(path, &st) != 0)
		return 0;
	fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd >= 0) {
		got = transfer_read_at(fd, head, sizeof(head), 0);
		(void)close(fd); /* nothing was written */
	}
	if (got >= 0 && br_image_sniff(head, (size_t)got) == BR_IMAGE_FORMAT_UNKNOWN)
		return 0;
	return br_error_set(
	    error, BR_ERROR_USAGE,
	    "--failed-list: '%.100s' exists and is no list: choose another name, or remove it",
	    path);
}

int failed_list_open(struct failed_list *list, const char *path, bool null_separated,
                     struct br_error *error)
{
	int status = check_replaceable(path, error);

	*list = (struct failed_list){.output = {.fd = -1, .directory = -1}, .sink = SINK_NONE};
	if (status)
		return status;
	list->path = path;
	list->null_separated = null_separated;
	status = output_open(path, &list->output, error);
	list->sink.fd = list->output.fd;
	list->sweeper = sweeper_new();
	if (!status)
		sweeper_watch(list->sweeper, &list->output, path);
	return status;
}

int failed_list_publish(struct failed_list *list, struct br_error *error)
{
	const struct output_attributes attributes = {
	    .replace = true, .fsync = list->fsync, .sweeper = list->sweeper};
	const int status = sink_flush(&list->sink);

	if (list->fsync)
		sweeper_visit_after_power_cut(list->sweeper, list->path);
	if (status)
		return br_error_system(error, status,
		                       "cannot write '%.100s' (make room, or write elsewhere)",
		                       list->path);
	return output_commit(&list->output, list->path, &attributes, error);
}

void failed_list_discard(struct failed_list *list, void *ctx,
                         void (*tell)(void *ctx, bool left, const char *path, const char *text))
{
	if (!list->path)
		return;
	sweeper_discard(list->sweeper, &list->output, list->path);
	sweeper_tell(list->sweeper, ctx, tell);
}

void failed_list_release(struct failed_list *list)
{
	if (list->path)
		(void)output_discard(&list->output);
	sweeper_free(list->sweeper);
	sink_release(&list->sink);
}
