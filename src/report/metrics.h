/* metrics.h - the file of --metrics: what Prometheus' node_exporter collects from text files.
 *
 * Counters go on from the values that the file has from earlier runs, so that rates and increases
 * hold from night to night, and the time of the last success outlives a failure. The file is
 * replaced as a whole. One that two runs write at the same time has the numbers of the last of them
 * only: each job is to have its own.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include <batchresize/batch.h>

#include "report/lines.h"

#define METRICS_STAGES  5
#define METRICS_RESULTS 4

/* All are doubles: as Prometheus has them, and for the table in metrics.c. */
struct metrics_values {
	/* counters */
	double images[BR_BATCH_STATUSES];
	double source_bytes, output_bytes;
	double stage_seconds[METRICS_STAGES];
	double runs[METRICS_RESULTS];
	/* of the last run that came to an end; NAN: there is none */
	double last_timestamp, last_duration, last_status, last_left;
	double last_images[BR_BATCH_STATUSES];
	double last_success;
};

struct metrics {
	const char *path;           /* borrowed; NULL: nothing is to be written */
	struct metrics_values past; /* of the file as it was */
	struct metrics_values run;  /* of this run */
	uint64_t added, published;  /* images */
	bool fsync;                 /* the caller's to set */
};

/* Reads what is there, and tries whether it can be replaced. Returns 0, BR_ERROR_USAGE for what
 * exists and has no such metrics, or a negative errno. */
int metrics_open(struct metrics *metrics, const char *path, struct br_error *error);

void metrics_add(struct metrics *metrics, const struct br_batch_record *record);

/* The run has ended, with this exit status, after so many seconds, and left so many images. */
void metrics_end(struct metrics *metrics, int exit, double elapsed, uint64_t left);

/* Writes the file. Returns 0 or a negative errno. */
int metrics_publish(struct metrics *metrics, struct br_error *error);

/* The same while a run that watches directories waits, if images have been added since. */
int metrics_refresh(struct metrics *metrics, struct br_error *error);

#endif
