/* worker.c - makes, bounds and frees what a worker keeps. */
#include "image/worker.h"

#include <stdlib.h>

/* Memory of this size and more is not kept: malloc would not do so either (see init.c). The planes
 * of an output of 15 megapixels fit, and a worker that has met one giant among 400,000 pictures is
 * no larger than the others for the rest of the run. */
#define PLANES_KEPT ((size_t)32 << 20)

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

void worker_trim(struct image_worker *worker)
{
	jpeg_codec_trim(worker->jpeg, PLANES_KEPT);
	trim_buffer(&worker->profile);
	for (unsigned i = 0; i < IMAGE_SIZES_MAX; i++)
		trim_buffer(&worker->markers[i]);
}
