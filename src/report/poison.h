/* poison.h - --list-poison: what is remembered of pictures that ended their workers. */
#ifndef REPORT_POISON_H
#define REPORT_POISON_H

#include <batchresize/batch.h>

#include "report/options.h"

/* A line for each picture to stdout, or with null_separated its path alone, ended by NUL, as
 * --failed-list has it; and, unless quiet, what to do to stderr. Returns an enum report_exit, or
 * 128 + SIGPIPE. */
int poison_list(const struct br_batch_options *batch, const struct report_options *options);

#endif
