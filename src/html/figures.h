/* figures.h - what is gathered of a run for its page, in bounded memory however many images there
 * are: some 600 kB, and 6 kB for each worker.
 *
 * Sums and counts are exact. What happened when is kept in FIGURES_BUCKETS equal parts of the run:
 * whenever it outlasts them, two become one. Of few images every span is kept as well.
 *
 * One thread. Memory that can't be had leaves something out of the page, and nothing else.
 */
#ifndef HTML_FIGURES_H
#define HTML_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/batch.h>

#define FIGURES_BUCKETS  240
#define FIGURES_SLOWEST  20
#define FIGURES_FAILURES 100
#define FIGURES_SAMPLES  24
#define FIGURES_JOBS     400
#define FIGURES_WORKERS  256

/* Where an image's time goes: the five of a report's line; and a worker that died or was killed. */
enum figures_part {
	FIGURES_READ,
	FIGURES_DECODE,
	FIGURES_RESIZE,
	FIGURES_ENCODE,
	FIGURES_PUBLISH,
	FIGURES_STAGES,
	FIGURES_LOST = FIGURES_STAGES,
	FIGURES_PARTS
};

/* "read", ..., "publish", "lost". */
const char *figures_part_name(enum figures_part part);

/* Logarithmic, 8 classes an octave from a microsecond on: a median within 5 %. */
#define FIGURES_CLASSES 256

struct figures_stage {
	double ms;      /* of all images */
	uint64_t count; /* that came to it */
	uint32_t class[FIGURES_CLASSES];
};

/* The value that so large a part (0.5: half) of the images does not exceed; 0 if there are none. */
double figures_quantile(const struct figures_stage *stage, double part);

/* Of one source format. */
struct figures_format {
	uint64_t images, made, skipped, failed, cancelled;
	uint64_t bytes_in, bytes_out; /* of those made */
	double ms;
};

/* Of a part of the run, by when images ended. */
struct figures_bucket {
	uint64_t made, skipped, failed;
	uint64_t bytes_in, bytes_out; /* of those made */
};

struct figures_lane {
	uint64_t images, lost;
	double seconds[FIGURES_PARTS];
	float busy[FIGURES_BUCKETS][FIGURES_PARTS]; /* seconds */
};

/* An image that a worker had, with seconds since the run began. */
struct figures_job {
	char *source;
	unsigned worker;
	enum br_batch_status status;
	struct figures_bar {
		enum figures_part part;
		double begin, end;
	} bar[FIGURES_PARTS];
	unsigned bars;
};

struct figures_slow {
	char *source;
	double ms, stage_ms[FIGURES_STAGES];
	uint64_t bytes_in;
	uint32_t width, height;
};

struct figures_failure {
	char *source;
	enum br_batch_status status;
	struct br_error error;
};

/* Something that was made. */
struct figures_sample {
	char *source, *output;
	uint32_t width, height;
	uint64_t bytes;
	enum br_image_format format;
};

struct figures {
	uint64_t origin;                 /* clock_ns() when the run began */
	double last;                     /* seconds until the last image ended */
	uint64_t way[BR_EXECUTOR_MODES]; /* images by the mode that they were made in */
	uint64_t count[BR_BATCH_STATUSES];
	uint64_t bytes_in, bytes_out; /* of those made */
	uint64_t outputs;             /* files */
	struct figures_stage stage[FIGURES_STAGES];
	struct figures_format format[BR_IMAGE_FORMATS];
	uint64_t code[BR_ERROR_CODES];         /* of those that failed */
	uint64_t skipped_code[BR_ERROR_CODES]; /* and were skipped */
	uint64_t note[BR_IMAGE_NOTES];         /* of those made */

	double width; /* seconds of a bucket */
	struct figures_bucket bucket[FIGURES_BUCKETS];
	float io[FIGURES_BUCKETS]; /* seconds of I/O threads */
	struct figures_lane *lane[FIGURES_WORKERS];
	double io_seconds;

	struct figures_job job[FIGURES_JOBS];
	unsigned jobs;
	bool too_many; /* for spans of each: there are none */
	struct figures_slow slow[FIGURES_SLOWEST];
	unsigned slows;
	struct figures_failure failure[FIGURES_FAILURES];
	unsigned failures;
	struct figures_sample sample[FIGURES_SAMPLES];
	unsigned samples;
	uint64_t stride; /* of what was made every so-many-th is kept */
	bool incomplete; /* memory was short */
};

/* NULL without memory. */
struct figures *figures_new(void);
/* The run begins now, and not when they were made. */
void figures_begin(struct figures *figures);
void figures_free(struct figures *figures);

void figures_add(struct figures *figures, const struct br_batch_record *record);

/* A directory that can't be read, or is emptied: no image, but something that failed. */
void figures_add_unread(struct figures *figures, const struct br_batch_record *record);

/* Seconds since the run began. */
double figures_now(const struct figures *figures);

/* Seconds that workers were busy, all together; *workers: how many have worked. */
double figures_busy(const struct figures *figures, unsigned *workers);

/* Of all stages of an image: of the fields of its report line. */
double figures_ms(const struct br_batch_record *record, double stage_ms[FIGURES_STAGES]);

#endif
