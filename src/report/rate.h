/* rate.h - how fast it goes, and how long it will take.
 *
 * Most images come largest first, so that neither images nor bytes pass at an even rate: an image's
 * work is taken as its bytes and a constant. The rates are means over the recent past, longer the
 * longer a run lasts, in which older moments count less and less.
 */
#ifndef REPORT_RATE_H
#define REPORT_RATE_H

#include <batchresize/batch.h>

struct rate {
	double elapsed;         /* of the last update, seconds */
	uint64_t images, bytes; /* at the last update */
	double seconds;         /* weighted sums: time, */
	double recent_images, recent_bytes;
	double left; /* seconds to go, negative while unknown */
};

#define RATE_START ((struct rate){.left = -1})

void rate_update(struct rate *rate, const struct br_batch_progress *progress);

double rate_images(const struct rate *rate); /* a second; 0 while unknown */
double rate_bytes(const struct rate *rate);

/* What part of the work is done, 0 to 1. */
double rate_share(const struct br_batch_progress *progress);

#endif
