/* worker.c - makes, bounds and frees what a worker keeps. */
#include "picture/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* Planes, coefficients and symbols of more bytes than this are not kept. A progressive photograph
 * of 14 megapixels fits; a worker that has met one giant among 400,000 pictures is no larger than
 * the others for the rest of the run. */
#define JPEG_KEPT ((size_t)96 << 20)

/* The same for each buffer: a hundred times what a profile or EXIF has. */
#define BYTES_KEPT ((size_t)1 << 20)

struct br_image_worker *br_image_worker_new(void)
{
	struct br_image_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->profile = BR_BUFFER_HEAP;
	for (unsigned i = 0; i < BR_IMAGE_SIZES_MAX; i++)
		worker->markers[i] = BR_BUFFER_HEAP;
	worker->jpeg = jpeg_codec_new();
	worker->resampler = resampler_new();
	if (worker->jpeg && worker->resampler)
		return worker;
	br_image_worker_free(worker);
	return NULL;
}

void br_image_worker_free(struct br_image_worker *worker)
{
	if (!worker)
		return;
	jpeg_codec_free(worker->jpeg);
	resampler_free(worker->resampler);
	br_buffer_release(&worker->profile);
	for (unsigned i = 0; i < BR_IMAGE_SIZES_MAX; i++)
		br_buffer_release(&worker->markers[i]);
	free(worker);
}

static void trim_buffer(struct br_buffer *buffer)
{
	if (buffer->capacity > BYTES_KEPT)
		br_buffer_release(buffer);
}

void worker_trim(struct br_image_worker *worker, uint64_t keep)
{
	jpeg_codec_trim(worker->jpeg, keep && keep < JPEG_KEPT ? (size_t)keep : JPEG_KEPT);
	trim_buffer(&worker->profile);
	for (unsigned i = 0; i < BR_IMAGE_SIZES_MAX; i++)
		trim_buffer(&worker->markers[i]);
}

void worker_make_room(struct br_image_worker *worker, uint64_t bytes, uint64_t keep)
{
	if (keep && bytes > keep)
		jpeg_codec_trim(worker->jpeg, 0);
}

void worker_drop(struct br_image_worker *worker)
{
	jpeg_codec_trim(worker->jpeg, 0);
	br_buffer_release(&worker->profile);
	for (unsigned i = 0; i < BR_IMAGE_SIZES_MAX; i++)
		br_buffer_release(&worker->markers[i]);
	br_image_trim();
}

/* Little enough that want of memory is not what is found here. */
#define STACK_BYTES ((size_t)256 << 10)

static void *nothing(void *argument)
{
	return argument;
}

int worker_check_threads(struct br_image_worker *worker, struct br_error *error)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int status;

	if (worker->threads)
		return 0;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	status = pthread_create(&thread, &attributes, nothing, NULL);
	(void)pthread_attr_destroy(&attributes);
	if (status == EAGAIN)
		return br_error_system(error, status,
		                       "no thread can be started, which libvips needs (raise the "
		                       "limit of tasks: ulimit -u, pids.max)");
	if (status)
		return br_error_system(
		    error, status,
		    "no thread can be started, which libvips needs (clone3(2) is "
		    "refused: allow it to the container or service)");
	(void)pthread_join(thread, NULL);
	worker->threads = true;
	return 0;
}
