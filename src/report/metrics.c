/* metrics.c - see metrics.h.
 *
 * Names and units are by Prometheus' conventions, lines by its text format 0.0.4.
 */
#include "report/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/transfer.h"
#include "io/io.h"
#include "io/stream.h"
#include "io/sweep.h"
#include "report/report.h"

#define BEGINNING "# HELP batchresize_"
/* Bytes; ours have a tenth of that. */
#define FILE_MAX 65536

/* --- the table ------------------------------------------------------------------------------- */

/* In the order of enum br_batch_status; a dry run has no metrics. */
static const char *const statuses[] = {"ok",      "skipped", "failed",
                                       "crashed", "timeout", "cancelled"};
static const char *const stages[METRICS_STAGES] = {"read", "decode", "resize", "encode", "publish"};
static const char *const results[METRICS_RESULTS] = {"success", "failures", "error", "stopped"};

enum { RESULT_SUCCESS, RESULT_FAILURES, RESULT_ERROR, RESULT_STOPPED };

struct family {
	const char *name, *help;
	const char *label;         /* NULL: one series without labels */
	const char *const *values; /* of the label */
	size_t count;              /* series */
	size_t at;                 /* offset in struct metrics_values */
	int decimals;
	bool counts; /* a counter; else a gauge */
};

#define AT(member)  offsetof(struct metrics_values, member)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct family families[] = {
    {"batchresize_images_total", "Images, by what became of them.", "status", statuses,
     COUNT(statuses), AT(images), 0, true},
    {"batchresize_source_bytes_total", "Bytes of the sources of images that were made.", NULL, NULL,
     1, AT(source_bytes), 0, true},
    {"batchresize_output_bytes_total", "Bytes of the outputs that were made.", NULL, NULL, 1,
     AT(output_bytes), 0, true},
    {"batchresize_stage_seconds_total", "Time that workers spent, by stage of the work.", "stage",
     stages, METRICS_STAGES, AT(stage_seconds), 3, true},
    {"batchresize_runs_total", "Runs that came to an end, by how.", "result", results,
     METRICS_RESULTS, AT(runs), 0, true},
    {"batchresize_last_run_timestamp_seconds", "When the last run ended.", NULL, NULL, 1,
     AT(last_timestamp), 3, false},
    {"batchresize_last_run_duration_seconds", "How long the last run worked.", NULL, NULL, 1,
     AT(last_duration), 3, false},
    {"batchresize_last_run_exit_status", "Exit status of the last run.", NULL, NULL, 1,
     AT(last_status), 0, false},
    {"batchresize_last_run_images", "Images of the last run, by what became of them.", "status",
     statuses, COUNT(statuses), AT(last_images), 0, false},
    {"batchresize_last_run_left_images", "Images that the time box of the last run left.", NULL,
     NULL, 1, AT(last_left), 0, false},
    {"batchresize_last_success_timestamp_seconds", "When a run last ended with exit status 0.",
     NULL, NULL, 1, AT(last_success), 3, false},
};

#define FAMILIES COUNT(families)

/* Number `i` of a family's values. */
static double get(const struct metrics_values *values, const struct family *family, size_t i)
{
	double value;

	memcpy(&value, (const char *)values + family->at + i * sizeof(value), sizeof(value));
	return value;
}

static void set(struct metrics_values *values, const struct family *family, size_t i, double value)
{
	memcpy((char *)values + family->at + i * sizeof(value), &value, sizeof(value));
}

/* "name{label="value"} " */
static void add_series(struct text *text, const struct family *family, size_t i)
{
	text_add(text, family->name);
	if (family->label)
		text_addf(text, "{%s=\"%s\"}", family->label, family->values[i]);
	text_add(text, " ");
}

/* --- what is there --------------------------------------------------------------------------- */

/* The value on the line that begins with `series`; 0 for a counter and NAN for a gauge that is not
 * there, or is no number. */
static double find(const char *file, const char *series, bool counts)
{
	const size_t length = strlen(series);
	const double none = counts ? 0 : NAN;
	double value;
	char *end;

	for (const char *line = file; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, series, length) != 0)
			continue;
		line += length;
		value = strtod(line, &end);
		/* as they are written here: neither "-0", nor 0x10, nor one on the next line */
		return *end == '\n' && *line >= '0' && *line <= '9' &&
		               strspn(line, "0123456789.e+") == (size_t)(end - line) &&
		               isfinite(value)
		           ? value
		           : none;
	}
	return none;
}

static void take_past(struct metrics *metrics, const char *file)
{
	struct text series = TEXT_EMPTY;

	for (size_t f = 0; f < FAMILIES; f++) {
		for (size_t i = 0; i < families[f].count; i++) {
			text_clear(&series);
			add_series(&series, &families[f], i);
			text_add_bytes(&series, "", 1);
			set(&metrics->past, &families[f], i,
			    series.status
			        ? NAN
			        : find(file, (const char *)series.bytes.data, families[f].counts));
		}
	}
	text_release(&series);
}

static int refuse(const char *path, struct br_error *error)
{
	return br_error_set(error, BR_ERROR_USAGE,
	                    "--metrics: '%.100s' exists and has no metrics of this program: choose "
	                    "another name, or remove it",
	                    path);
}

/* Reads the file into `file`; a file that is not there is an empty one. */
static int read_file(const char *path, char file[FILE_MAX], struct br_error *error)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t size;

	file[0] = '\0';
	if (fd < 0)
		return errno == ENOENT ? 0
		                       : br_error_system(error, errno,
		                                         "cannot read the metrics '%.100s'", path);
	size = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
	           ? transfer_read_at(fd, file, FILE_MAX - 1, 0)
	           : -1;
	(void)close(fd);
	if (size < 0)
		return refuse(path, error);
	file[size] = '\0';
	if (size > 0 && strncmp(file, BEGINNING, sizeof(BEGINNING) - 1) != 0)
		return refuse(path, error);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static void add_family(struct text *text, const struct metrics *metrics,
                       const struct family *family)
{
	bool begun = false;

	for (size_t i = 0; i < family->count; i++) {
		const double past = get(&metrics->past, family, i);
		const double run = get(&metrics->run, family, i);
		const double value = family->counts ? past + run : isnan(run) ? past : run;

		if (isnan(value))
			continue;
		if (!begun)
			text_addf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
			          family->name, family->counts ? "counter" : "gauge");
		begun = true;
		add_series(text, family, i);
		text_addf(text, "%.*f\n", family->decimals, value);
	}
}

static int write_output(const struct metrics *metrics, struct output *output,
                        struct br_error *error)
{
	const struct output_attributes attributes = {.replace = true, .fsync = metrics->fsync};
	struct text text = TEXT_EMPTY;
	int status;

	for (size_t f = 0; f < FAMILIES; f++)
		add_family(&text, metrics, &families[f]);
	text_add(&text, "# HELP batchresize_build_info The program's version.\n"
	                "# TYPE batchresize_build_info gauge\n"
	                "batchresize_build_info{version=\"" BATCHRESIZE_VERSION "\"} 1\n");
	status =
	    text.status ? text.status : stream_write(output->fd, text.bytes.data, text.bytes.size);
	text_release(&text);
	if (status)
		return br_error_system(error, -status,
		                       "cannot write the metrics '%.100s' (make room, or write "
		                       "elsewhere)",
		                       metrics->path);
	return output_commit(output, metrics->path, &attributes, error);
}

int metrics_publish(struct metrics *metrics, struct br_error *error)
{
	struct sweeper *sweeper = metrics->fsync ? sweeper_new() : NULL;
	struct output output;
	int status = output_open(metrics->path, &output, error);

	sweeper_visit_after_power_cut(sweeper, metrics->path);
	if (!status)
		status = write_output(metrics, &output, error);
	(void)output_discard(&output);
	sweeper_free(sweeper);
	metrics->published = metrics->added;
	return status;
}

int metrics_refresh(struct metrics *metrics, struct br_error *error)
{
	if (!metrics->path || metrics->published == metrics->added)
		return 0;
	return metrics_publish(metrics, error);
}

int metrics_open(struct metrics *metrics, const char *path, struct br_error *error)
{
	char file[FILE_MAX];
	struct output output;
	int status = read_file(path, file, error);

	*metrics = (struct metrics){0};
	if (status)
		return status;
	take_past(metrics, file);
	for (size_t f = 0; f < FAMILIES; f++)
		for (size_t i = 0; i < families[f].count; i++)
			set(&metrics->run, &families[f], i, families[f].counts ? 0 : NAN);
	status = output_open(path, &output, error);
	(void)output_discard(&output);
	if (!status)
		metrics->path = path;
	return status;
}

/* --- counting -------------------------------------------------------------------------------- */

void metrics_add(struct metrics *metrics, const struct br_batch_record *record)
{
	struct metrics_values *run = &metrics->run;
	const struct br_image_result *image = record->image;

	if (!metrics->path)
		return;
	metrics->added++;
	run->images[record->status]++;
	if (record->status == BR_BATCH_OK) {
		run->source_bytes += (double)record->bytes_in;
		run->output_bytes += (double)record->bytes_out;
	}
	run->stage_seconds[0] += record->read_ms / 1e3;
	run->stage_seconds[4] += record->publish_ms / 1e3;
	if (image) {
		run->stage_seconds[1] += (double)image->decode_ms / 1e3;
		run->stage_seconds[2] += (double)image->resize_ms / 1e3;
		run->stage_seconds[3] += (double)image->encode_ms / 1e3;
	}
}

static unsigned result_of(int exit)
{
	if (exit > 128)
		return RESULT_STOPPED;
	if (exit == REPORT_EXIT_OK)
		return RESULT_SUCCESS;
	return exit == REPORT_EXIT_FAILURES ? RESULT_FAILURES : RESULT_ERROR;
}

void metrics_end(struct metrics *metrics, int exit, double elapsed, uint64_t left)
{
	struct metrics_values *run = &metrics->run;
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	run->runs[result_of(exit)]++;
	run->last_timestamp = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	run->last_duration = elapsed;
	run->last_status = exit;
	run->last_left = (double)left;
	memcpy(run->last_images, run->images, sizeof(run->last_images));
	if (exit == REPORT_EXIT_OK)
		run->last_success = run->last_timestamp;
}
