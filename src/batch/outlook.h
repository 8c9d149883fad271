/* outlook.h - what a run will need, guessed before there is a plan. */
#ifndef BATCH_OUTLOOK_H
#define BATCH_OUTLOOK_H

#include <stdbool.h>

#include <batchresize/batch.h>

/* Whether the pictures will most likely need the image library: judged by the options, the
 * extensions of the paths on the command line, and those of the first names in a directory there.
 * Workers are forked before the plan is made, and each would load the library for itself if it were
 * not loaded by then. A wrong guess only costs time. */
bool outlook_needs_library(const struct br_batch_options *options);

#endif
