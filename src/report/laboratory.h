/* laboratory.h - `batchresize lab`: measures, and prints what came of it. */
#ifndef REPORT_LABORATORY_H
#define REPORT_LABORATORY_H

#include <batchresize/batch.h>

#include "report/report.h"

enum laboratory_form { LABORATORY_TEXT, LABORATORY_JSON, LABORATORY_MARKDOWN };

/* To standard output, and as a page to the file that the options name for one. Returns an enum
 * report_exit, or 128 and the signal that ended it. */
int laboratory(const struct br_batch_options *batch, const struct report_options *options,
               enum laboratory_form form);

#endif
