/* scan.h - walking directories: every picture below the roots that the user named becomes an item.
 *
 * The walk keeps a stack of its own and one open directory at a time, so that neither depth nor
 * width costs descriptors or stack. Entries are visited in bytewise order.
 *
 * Symbolic links: those the user named are always followed. One met below a directory is passed
 * over, or followed with --follow: then a link to a directory that contains it is not entered again
 * (by device and inode). The same directory by two ways is walked twice, as with find -L: it has
 * two outputs. Devices, sockets and pipes are passed over.
 *
 * A file whose name has the extension of a format that is read is an item unseen. Of others the
 * first bytes are read. A file of a format that is not read, or that is neither a picture nor text,
 * becomes an item that is refused: it is passed over, or with br_batch_options.strict a failure.
 * Text is left out.
 */
#ifndef PLAN_SCAN_H
#define PLAN_SCAN_H

#include "plan/items.h"
#include "plan/place.h"

/* A directory to be walked, and where its content goes. */
struct scan_root {
	uint32_t directory, output;
};

struct scan_roots {
	struct scan_root *root;
	size_t count, allocated;
};

/* Walks all roots. Output directories among them and below them are known from `roots`: one met on
 * the way is not entered, whatever path leads to it; as a root it is walked if its own outputs go
 * there.
 * What can't be read is told to the observer and left out. Returns 0, or -ENOMEM or -EOVERFLOW. */
int scan_walk(struct plan *plan, struct places *places, const struct scan_roots *roots,
              const struct br_batch_options *options, const struct plan_observer *observer);

#endif
