/* rate.c - see rate.h. */
#include "report/rate.h"

/* What an image costs beyond its bytes, in bytes. Measured with libvips on JPEGs of a camera and
 * small ones, 2,500 kB and 100 kB each: 98 ms and 6.5 ms, so 38 us a kB and 2.7 ms an image. */
#define IMAGE_WORK 70000.0

/* Seconds over which rates are averaged at least, and the share of the run over which they are when
 * it is longer. */
#define PAST_SECONDS 5.0
#define PAST_SHARE   0.25
/* The time left follows what is newly estimated in about this many seconds. */
#define LEFT_SECONDS 2.0

/* Before this nothing is foretold. */
#define EVIDENCE_SECONDS 1.5
#define EVIDENCE_IMAGES  2
/* ... and this much of the work should be done, or this time have passed. */
#define EVIDENCE_SHARE 0.01
#define EVIDENCE_LONG  10.0

static double work(uint64_t images, uint64_t bytes)
{
	return (double)images * IMAGE_WORK + (double)bytes;
}

double rate_share(const struct br_batch_progress *progress)
{
	double total = work(progress->total, progress->bytes_total);
	double done = work(progress->done, progress->bytes_done);

	if (progress->done >= progress->total || total <= 0)
		return 1;
	return done < total ? done / total : 1;
}

static bool is_evident(const struct br_batch_progress *progress)
{
	return progress->elapsed >= EVIDENCE_SECONDS && progress->done >= EVIDENCE_IMAGES &&
	       (rate_share(progress) >= EVIDENCE_SHARE || progress->elapsed >= EVIDENCE_LONG);
}

static void update_left(struct rate *rate, const struct br_batch_progress *progress, double seconds)
{
	double speed = rate->recent_images * IMAGE_WORK + rate->recent_bytes;
	double total = work(progress->total, progress->bytes_total);

	if (!is_evident(progress) || speed <= 0 || progress->more)
		return;
	double fresh = total * (1 - rate_share(progress)) * rate->seconds / speed;
	double passed = rate->left - seconds;

	if (rate->left < 0)
		rate->left = fresh;
	else
		rate->left = passed + (fresh - passed) * seconds / (seconds + LEFT_SECONDS);
	if (rate->left < 0)
		rate->left = 0;
}

void rate_update(struct rate *rate, const struct br_batch_progress *progress)
{
	double seconds = progress->elapsed - rate->elapsed;

	if (seconds <= 0)
		return;
	double past = PAST_SECONDS + PAST_SHARE * progress->elapsed;
	double keep = past / (past + seconds);

	rate->seconds = rate->seconds * keep + seconds;
	rate->recent_images = rate->recent_images * keep + (double)(progress->done - rate->images);
	rate->recent_bytes =
	    rate->recent_bytes * keep + (double)(progress->bytes_done - rate->bytes);
	rate->elapsed = progress->elapsed;
	rate->images = progress->done;
	rate->bytes = progress->bytes_done;
	update_left(rate, progress, seconds);
}

double rate_images(const struct rate *rate)
{
	return rate->seconds > 0 ? rate->recent_images / rate->seconds : 0;
}

double rate_bytes(const struct rate *rate)
{
	return rate->seconds > 0 ? rate->recent_bytes / rate->seconds : 0;
}
