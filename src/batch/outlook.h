/* outlook.h - what a run will need, guessed before there is a plan. */
#ifndef BATCH_OUTLOOK_H
#define BATCH_OUTLOOK_H

#include <stdbool.h>

#include <batchresize/batch.h>

/* Whether the pictures will most likely need the image library: by the options, by the extensions
 * of the paths that are named, and of the first names in a directory that is. Workers are forked
 * before the plan is made, and would each load for themselves what is not loaded by then. A wrong
 * guess costs time, nothing else. */
bool outlook_needs_library(const struct br_batch_options *options);

#endif
