/* worker.c - makes, bounds and frees what a worker keeps. */
#include "image/worker.h"

#include <stdlib.h>

/* Planes, coefficients and symbols of more bytes than this are not kept. A progressive photograph
 * of 14 megapixels fits; a worker that has met one giant among 400,000 pictures is no larger than
 * the others for the rest of the run. */
#define JPEG_KEPT ((size_t)96 << 20)

/* The same for each buffer: a hundred times what a profile or EXIF has. */
#define BYTES_KEPT ((size_t)1 << 20)

struct image_worker *image_worker_new(void)
{
	struct image_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->profile = BUFFER_HEAP;
	for (unsigned i = 0; i < IMAGE_SIZES_MAX; i++)
		worker->markers[i] = BUFFER_HEAP;
	worker->jpeg = jpeg_codec_new();
	worker->resampler = resampler_new();
	if (worker->jpeg && worker->resampler)
		return worker;
	image_worker_free(worker);
	return NULL;
}

void image_worker_free(struct image_worker *worker)
{
	if (!worker)
		return;
	jpeg_codec_free(worker->jpeg);
	resampler_free(worker->resampler);
	buffer_release(&worker->profile);
	for (unsigned i = 0; i < IMAGE_SIZES_MAX; i++)
		buffer_release(&worker->markers[i]);
	free(worker);
}

static void trim_buffer(struct buffer *buffer)
{
	if (buffer->capacity > BYTES_KEPT)
		buffer_release(buffer);
}

void worker_trim(struct image_worker *worker, uint64_t keep)
{
	jpeg_codec_trim(worker->jpeg, keep && keep < JPEG_KEPT ? (size_t)keep : JPEG_KEPT);
	trim_buffer(&worker->profile);
	for (unsigned i = 0; i < IMAGE_SIZES_MAX; i++)
		trim_buffer(&worker->markers[i]);
}

void worker_make_room(struct image_worker *worker, uint64_t bytes, uint64_t keep)
{
	if (keep && bytes > keep)
		jpeg_codec_trim(worker->jpeg, 0);
}

void worker_drop(struct image_worker *worker)
{
	jpeg_codec_trim(worker->jpeg, 0);
	buffer_release(&worker->profile);
	for (unsigned i = 0; i < IMAGE_SIZES_MAX; i++)
		buffer_release(&worker->markers[i]);
	image_trim();
}
