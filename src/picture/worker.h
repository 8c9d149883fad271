/* worker.h - what a worker keeps from picture to picture: see image.h. */
#ifndef PICTURE_WORKER_H
#define PICTURE_WORKER_H

#include <batchresize/buffer.h>
#include <batchresize/image.h>

#include "jpeg/codec_jpeg.h"
#include "resample/resampler.h"

/* Each is empty, or open to anything, between two pictures. */
struct br_image_worker {
	struct jpeg_codec *jpeg;
	struct resampler *resampler;
	struct br_buffer profile;                     /* of the source */
	struct br_buffer markers[BR_IMAGE_SIZES_MAX]; /* of the outputs */
	bool threads; /* one could be started here, as the image library does */
};

/* After each picture: gives back what only a giant one needed, and all beyond `keep` bytes (0: no
 * such bound). */
void worker_trim(struct br_image_worker *worker, uint64_t keep);

/* Whether this process may start a thread, without which the image library fails a picture with
 * words of its own, or ends the process; asked of the system until it could. Returns 0 or a
 * negative errno. */
int worker_check_threads(struct br_image_worker *worker, struct br_error *error);

/* Gives back all that is kept, and what the heap keeps of it. */
void worker_drop(struct br_image_worker *worker);

/* Before a picture that takes so many bytes: if those are more than `keep`, what is kept is given
 * back. */
void worker_make_room(struct br_image_worker *worker, uint64_t bytes, uint64_t keep);

#endif
