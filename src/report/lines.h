/* lines.h - sentences for people: what became of an image, and of a run. */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <batchresize/batch.h>

#include "text/text.h"

/* What a run came to. */
struct tally {
	uint64_t count[BR_BATCH_STATUSES];
	uint64_t bytes_read; /* of images that were worked on */
	uint64_t bytes_in;   /* of images that were done or would be */
	uint64_t bytes_out;
	uint64_t outputs; /* files of several sizes that were made or would be; 0 for one size */
	uint64_t ways[BR_EXECUTOR_MODES]; /* images that were begun, by how */
	uint64_t noted[BR_BATCH_NOTES];   /* images with each of them */
	uint64_t left;                    /* of those cancelled, by a time box */
};

void tally_add(struct tally *tally, const struct br_batch_record *record);
/* Whether the image counts as failed. */
bool record_failed(const struct br_batch_record *record);
uint64_t tally_failed(const struct tally *tally);

/* How it was run. */
struct run {
	enum br_executor_mode mode;
	unsigned workers;
	unsigned io_threads; /* 0: unknown or none */
	unsigned io_reading; /* auto: of those, how many read at a time in the end */
	bool dry_run;
	int signal;       /* that ended it, or 0 */
	bool skipped;     /* another run had the lock, which is no failure */
	bool gave_up;     /* too much had failed */
	unsigned emptied; /* source directories that held pictures and hold none any more */
	uint64_t pruned;  /* see br_batch_outcome */
	bool goes_on;     /* --existing is such that the same run would leave alone what is done */
	double elapsed;
};

/* Each appends one line with its end. */

/* "batchresize: a.jpg: the JPEG data ends early: ...": the source is named here, and only here: a
 * record's message never names it. */
void lines_add_failure(struct text *text, const struct br_batch_record *record);
/* "a.jpg -> resized_a.jpg: 4000x3000 -> 800x600, 3.4 MB -> 120 kB, 45 ms, grew"; of several outputs
 * the largest and how many more, and the bytes of all; with `more` also who did it and each step's
 * time. */
void lines_add_record(struct text *text, const struct br_batch_record *record, bool more);
/* For --explain: "a.jpg: to be made: --quality was 80, is 90", "a.jpg: not made: up to date" */
void lines_add_reason(struct text *text, const struct br_batch_record *record);
/* "out/a.jpg: its source is gone: removed" */
void lines_add_removal(struct text *text, const struct br_batch_record *record);
/* "1,234 images in 12.3 s (100.3/s, 45.6 MB/s): 1,230 resized, 2 skipped, 2 failed; 3.4 GB -> 120
 * MB; process mode, 4 workers"; of auto also how many images went whose way; of several sizes
 * "1,230 resized into 4,920 files"; of a run that was stopped also how to go on */
void lines_add_summary(struct text *text, const struct tally *tally, const struct run *run);

/* A line for each request beside the pictures that could not be met, once for the whole run. */
void lines_add_refused(struct text *text, const struct tally *tally);
/* "batchresize: begins: 2,000 images, 3.4 GB, process mode" */
void lines_add_beginning(struct text *text, const struct br_batch_options *options,
                         const struct br_batch_progress *progress);
/* What a time box has left: "batchresize: the time is up: 340 images are left, about 2 min 10 s of
 * work (300 avif, 40 others)". Nothing if it left nothing. */
void lines_add_left(struct text *text, const struct br_batch_outcome *outcome);
/* "batchresize: 345 of 2,000 images in 12.3 s, 2 failed; about 58 s to go" */
void lines_add_progress(struct text *text, const struct br_batch_progress *progress);
/* The same without our name. */
void lines_add_status(struct text *text, const struct br_batch_progress *progress);

#endif
