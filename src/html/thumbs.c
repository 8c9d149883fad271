/* thumbs.c - see thumbs.h. */
#include "html/thumbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <batchresize/executor.h>

#include "io/io.h"

/* An output of so many bytes is taken as it is, if a browser can show it. */
#define SMALL_BYTES 6144
/* One of more is not made smaller. */
#define LARGE_BYTES ((size_t)256 << 20)
#define TIMEOUT_MS  10000
/* Bytes of private memory of the worker. */
#define WORKER_MEMORY ((size_t)2 << 30)

struct thumb_job {
	unsigned number;
};

struct outcome {
	struct stat st; /* of the output, when it was opened */
};

struct work {
	const struct figures *figures;
	struct thumbs *thumbs;
	struct br_image_options image;
	bool library; /* some of the outputs take the image library */
	unsigned next;
};

static bool is_shown_by_browsers(enum br_image_format format)
{
	return format == BR_IMAGE_FORMAT_JPEG || format == BR_IMAGE_FORMAT_PNG ||
	       format == BR_IMAGE_FORMAT_WEBP || format == BR_IMAGE_FORMAT_GIF;
}

/* --- as it is ----------------------------------------------------------------------------------
 */

static void take_small(struct thumb *thumb, const struct figures_sample *sample)
{
	struct stat st;
	const int fd = input_open(sample->output, &st, NULL);

	if (fd < 0)
		return;
	if (input_read(fd, &st, SMALL_BYTES, &thumb->bytes, NULL) != 0 ||
	    br_image_sniff(thumb->bytes.data, thumb->bytes.size) != sample->format)
		thumb->bytes.size = 0;
	thumb->format = sample->format;
	(void)close(fd); /* nothing was written */
}

/* --- made smaller ------------------------------------------------------------------------------
 */

static int thumb_open(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct work *work = ctx;
	const struct thumb_job *job = data;
	struct outcome *outcome = result;
	const int fd = input_open(work->figures->sample[job->number].output, &outcome->st, NULL);

	if (fd < 0)
		return fd;
	slot->fd[0] = fd;
	slot->fds = 1;
	return 0;
}

static int thumb_read(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct outcome *outcome = result;

	(void)ctx;
	(void)data;
	return input_read(slot->fd[0], &outcome->st, LARGE_BYTES, &slot->in, NULL);
}

static int thumb_make(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct work *work = ctx;
	struct br_image_result image;

	(void)data;
	(void)result;
	return br_image_resize(slot->state, slot->in.data, slot->in.size, &work->image, &slot->out,
	                       &image, NULL);
}

/* In this process: what a worker says is a picture has to look like one. */
static int thumb_take(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct work *work = ctx;
	const struct thumb_job *job = data;
	struct thumb *thumb = &work->thumbs->thumb[job->number];

	(void)result;
	if (slot->out.size > THUMB_BYTES_MAX ||
	    br_image_sniff(slot->out.data, slot->out.size) != BR_IMAGE_FORMAT_JPEG)
		return -EPROTO;
	thumb->format = BR_IMAGE_FORMAT_JPEG;
	return br_buffer_append(&thumb->bytes, slot->out.data, slot->out.size);
}

static int thumb_close(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	(void)ctx;
	(void)data;
	(void)result;
	if (slot->fds > 0)
		(void)close(slot->fd[0]); /* nothing was written */
	return 0;
}

static int thumb_init(void *ctx, void **state)
{
	const struct work *work = ctx;

	if (br_image_init(NULL) != 0 || (work->library && br_image_load_library(NULL) != 0))
		return -ENOEXEC;
	*state = br_image_worker_new();
	return *state ? 0 : -ENOMEM;
}

static void thumb_exit(void *ctx, void *state)
{
	(void)ctx;
	br_image_worker_free(state);
}

static bool next_job(void *arg, void *data, uint64_t *tag)
{
	struct work *work = arg;
	struct thumb_job *job = data;

	while (work->next < work->figures->samples &&
	       work->thumbs->thumb[work->next].bytes.size > 0)
		work->next++;
	if (work->next == work->figures->samples)
		return false;
	*tag = job->number = work->next++;
	return true;
}

static int take_result(void *arg, const struct br_executor_result *result)
{
	(void)arg;
	(void)result; /* one that is missing is left out */
	return 0;
}

static const struct br_task_ops thumb_ops = {
    .open = thumb_open,
    .read = thumb_read,
    .transform = thumb_make,
    .write = thumb_take,
    .commit = thumb_close,
    .discard = thumb_close,
    .worker_init = thumb_init,
    .worker_exit = thumb_exit,
};

/* A hybrid hands the bytes of an output to an I/O thread of this process. */
static void make(struct work *work, const struct br_batch_options *options)
{
	const bool processes =
	    options->mode != BR_EXECUTOR_SERIAL && options->mode != BR_EXECUTOR_THREAD;
	const struct br_executor_options pool = {
	    .mode = processes ? BR_EXECUTOR_HYBRID : BR_EXECUTOR_SERIAL,
	    .workers = 1,
	    .ops = &thumb_ops,
	    .ctx = work,
	    .io_threads = 1,
	    .job_size = sizeof(struct thumb_job),
	    .result_size = sizeof(struct outcome),
	    .timeout_ms = TIMEOUT_MS,
	    .worker_memory = processes ? WORKER_MEMORY : 0,
	    .sandbox = processes ? options->sandbox : BR_EXECUTOR_SANDBOX_OFF,
	};
	const struct br_executor_loop loop = {
	    .next_job = next_job, .finished = take_result, .arg = work};
	struct br_executor *executor;

	if (br_executor_new(&executor, &pool) != 0)
		return;
	(void)br_executor_map(executor, &loop); /* what is missing is left out */
	work->thumbs->left_behind = br_executor_free(executor);
}

/* What a page shows is small, and quickly made. */
static struct br_image_options image_options(const struct br_batch_options *options)
{
	struct br_image_options image = br_image_options_default();

	image.size[0] = (struct br_image_size){.width = THUMB_SIDE, .height = THUMB_SIDE};
	image.format = BR_IMAGE_FORMAT_JPEG;
	image.max_pixels = options->image.max_pixels;
	return image;
}

struct thumbs *thumbs_new(const struct figures *figures, const struct br_batch_options *options,
                          bool all)
{
	struct thumbs *thumbs = calloc(1, sizeof(*thumbs));
	struct work *work = thumbs ? malloc(sizeof(*work)) : NULL;
	bool missing = false;

	if (!work) {
		free(thumbs);
		return NULL;
	}
	thumbs->work = work;
	*work =
	    (struct work){.figures = figures, .thumbs = thumbs, .image = image_options(options)};
	for (unsigned i = 0; i < figures->samples; i++) {
		const struct figures_sample *sample = &figures->sample[i];

		thumbs->thumb[i].bytes = BR_BUFFER_HEAP;
		if (sample->bytes <= SMALL_BYTES && is_shown_by_browsers(sample->format))
			take_small(&thumbs->thumb[i], sample);
		if (thumbs->thumb[i].bytes.size > 0)
			continue;
		missing = true;
		work->library =
		    work->library || br_image_needs_library(sample->format, &work->image);
	}
	if (all && missing)
		make(work, options);
	return thumbs;
}

void thumbs_free(struct thumbs *thumbs)
{
	if (!thumbs || thumbs->left_behind > 0)
		return;
	for (unsigned i = 0; i < FIGURES_SAMPLES; i++)
		br_buffer_release(&thumbs->thumb[i].bytes);
	free(thumbs->work);
	free(thumbs);
}
