/* details.h - what stands above the summary: where the outputs are, and how many images were
 * skipped for which reason. */
#ifndef REPORT_DETAILS_H
#define REPORT_DETAILS_H

#include <batchresize/batch.h>

#include "text/text.h"

struct details {
	uint64_t files;     /* outputs that were made or would be */
	struct text where;  /* the path of one, the directory that all of several lie below, with a
	                     * NUL */
	uint64_t kept;      /* images that were not made larger */
	uint64_t stilled;   /* images that lost frames or pages */
	uint64_t replacing; /* images whose outputs would have replaced sources */
};

#define DETAILS_EMPTY ((struct details){.where = TEXT_EMPTY})

void details_add_record(struct details *details, const struct br_batch_record *record);
void details_release(struct details *details);

/* Whether a record that has been added is one of a kind that the first has been told of, and the
 * rest are only counted: a directory that is its own --output has as many as pictures. */
bool details_is_more(const struct details *details, const struct br_batch_record *record);

/* What else there is to know. */
struct details_run {
	const struct br_batch_options *options;
	const struct br_batch_progress *progress;
	bool mirrored; /* the path of a named file stands below --output */
	bool told;     /* what was skipped has had a line each */
};

/* Appends a line for each thing that there is to say. */
void details_add(struct text *text, const struct details *details, const struct details_run *run);

#endif
