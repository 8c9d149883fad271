/* failed_list.h - the list of --failed-list: the sources that failed, as --files-from reads them.
 *
 * It appears whole at the run's end under its name. A path has "/./" where the directory ends below
 * which it was found: read from a list, its output is then where it would have been.
 */
#ifndef REPORT_FAILED_LIST_H
#define REPORT_FAILED_LIST_H

#include <batchresize/batch.h>

#include "io/io.h"
#include "io/sweep.h"
#include "report/sink.h"

struct failed_list {
	const char *path;    /* NULL: nothing is to be written */
	bool null_separated; /* paths end with NUL */
	struct output output;
	struct sweeper *sweeper; /* of its directory */
	struct sink sink;
	uint64_t left_out; /* paths that no line can say */
	bool fsync;        /* the caller's to set */
};

/* Opens the temporary beside `path`, and makes the directories above. Returns 0, BR_ERROR_USAGE for
 * what exists and is no such list, or a negative errno. */
int failed_list_open(struct failed_list *list, const char *path, bool null_separated,
                     struct br_error *error);

/* Adds an image if it failed. */
void failed_list_add(struct failed_list *list, const struct br_batch_record *record);

/* Adds a source: see br_batch_record for `root`. */
void failed_list_add_path(struct failed_list *list, const char *source, size_t root);

/* Gives the file its name. Returns 0 or a negative errno. */
int failed_list_publish(struct failed_list *list, struct br_error *error);

/* Removes what was not published, and tells what could not be removed: see sweeper_tell(). */
void failed_list_discard(struct failed_list *list, void *ctx,
                         void (*tell)(void *ctx, bool left, const char *path, const char *text));

/* The same without telling, and frees the rest. All zero is allowed. */
void failed_list_release(struct failed_list *list);

#endif
