/* ndjson.h - what became of an image, as one line of JSON. */
#ifndef REPORT_NDJSON_H
#define REPORT_NDJSON_H

#include <batchresize/batch.h>

#include "text/text.h"

/* A field of a report line. */
struct report_field {
	const char *name;
	const char *key; /* as it stands in the line: "\"name\":" */
	size_t key_size;
	const char *help;                                                     /* for the man page */
	void (*put)(struct text *text, const struct br_batch_record *record); /* writes its value */
};

/* The fields in the order in which they are written. */
const struct report_field *report_fields(size_t *count);

/* Appends the object and a newline. */
void ndjson_add(struct text *text, const struct br_batch_record *record);

#endif
