/* named.h - what the user named: paths on the command line, and those in a list.
 *
 * A file becomes an item; what does not exist or is no file becomes one too, and is refused. A
 * directory becomes a root to be walked.
 */
#ifndef PLAN_NAMED_H
#define PLAN_NAMED_H

#include "plan/asked.h"
#include "plan/items.h"
#include "plan/list.h"
#include "plan/rooted.h"
#include "plan/scan.h"

/* Bytes of one path in a list: more is no path, and the list must end its paths otherwise. */
#define NAMED_PATH_MAX 16384

/* What they are added to. */
struct named {
	struct plan *plan;
	const struct br_batch_options *options;
	struct br_error *error;
	struct scan_roots roots; /* directories to be walked */
	uint32_t output;         /* directory of --output; PATHS_NONE without */
	bool asks;               /* the line that is being added says what becomes of it: */
	struct asked asked;
	uint64_t entry;       /* its number */
	struct rooted rooted; /* the path of the list that is being added, taken apart */
};

/* Fills in what follows `error`. Returns 0, BR_ERROR_USAGE or a negative errno, as do the others.
 */
int named_begin(struct named *named);

/* Those of the command line. */
int named_arguments(struct named *named);

/* One entry of a list; one that is malformed is told to the observer. */
int named_take(struct named *named, struct list_entry *entry);

/* All of a list that is open. */
int named_take_all(struct named *named, struct list *list);

void named_release(struct named *named);

#endif
