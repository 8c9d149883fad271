/* ndjson.h - what became of an image, as one line of JSON. */
#ifndef REPORT_NDJSON_H
#define REPORT_NDJSON_H

#include <batchresize/batch.h>

#include "report/text.h"

/* Appends the object and a newline. */
void ndjson_add(struct text *text, const struct br_batch_record *record);

#endif
