/* codec_webp.c - finds libwebp in this process, and encodes with it. */
#include "webp/codec_webp.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <webp/encode.h>

#include <batchresize/error.h>

#include "base/libraries.h"

static struct {
#define LIBWEBP_MEMBER(name) __typeof__(name) *(name);
	LIBWEBP_FUNCTIONS(LIBWEBP_MEMBER)
#undef LIBWEBP_MEMBER
} libwebp;

/* In that order. */
static const char *const names[] = {
#define LIBWEBP_NAME(name) #name,
    LIBWEBP_FUNCTIONS(LIBWEBP_NAME)
#undef LIBWEBP_NAME
};

#define NAMES (sizeof names / sizeof *names)

_Static_assert(sizeof libwebp == sizeof names, "a pointer for each name");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool found;

/* The one that libvips has loaded. */
static void find(void)
{
	found = libraries_bind(libraries_open(LIBRARY_WEBP), names, NAMES, &libwebp);
}

/* It may come later. */
bool codec_webp_exists(void)
{
	bool exists;

	(void)pthread_mutex_lock(&mutex);
	if (!found)
		find();
	exists = found;
	(void)pthread_mutex_unlock(&mutex);
	return exists;
}

/* --- planes -------------------------------------------------------------------------- */

#define NEUTRAL 128

/* Of so many steps, for 255 of full range (ITU-R BT.601: 16 to 235, and 16 to 240). */
#define LUMA_STEPS   219
#define CHROMA_STEPS 224

static void change(const struct webp_plane *plane, uint32_t width, uint32_t height,
                   const uint8_t table[UINT8_MAX + 1])
{
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = plane->data + y * plane->stride;

		for (uint32_t x = 0; x < width; x++)
			row[x] = table[row[x]];
	}
}

static void narrow(const struct webp_picture *picture)
{
	const uint32_t width = (picture->width + 1) / 2, height = (picture->height + 1) / 2;
	uint8_t luma[UINT8_MAX + 1], chroma[UINT8_MAX + 1];

	/* to the nearest; Cb and Cr from where they are none */
	for (int i = 0; i <= UINT8_MAX; i++) {
		const int from_neutral = 2 * (i - NEUTRAL) * CHROMA_STEPS;

		luma[i] = (uint8_t)(16 + (2 * i * LUMA_STEPS + UINT8_MAX) / (2 * UINT8_MAX));
		chroma[i] = (uint8_t)(NEUTRAL +
		                      (from_neutral + (from_neutral < 0 ? -UINT8_MAX : UINT8_MAX)) /
		                          (2 * UINT8_MAX));
	}
	change(&picture->luma, picture->width, picture->height, luma);
	for (int i = 0; i < 2 && picture->chroma[i].data; i++)
		change(&picture->chroma[i], width, height, chroma);
}

/* --- the file ------------------------------------------------------------------------ */

/* What libwebp's functions are given back. */
struct webp_sink {
	const struct webp_picture *picture;
	struct br_buffer *out;
	int status;
};

static int append(const uint8_t *data, size_t size, const WebPPicture *own)
{
	struct webp_sink *sink = own->custom_ptr;

	sink->status = br_buffer_append(sink->out, data, size);
	return !sink->status;
}

static int go_on(int percent, const WebPPicture *own)
{
	const struct webp_sink *sink = own->user_data;

	(void)percent;
	return !sink->picture->late || !sink->picture->late(sink->picture->context);
}

static int status_of(WebPEncodingError error, const struct webp_sink *sink)
{
	switch (error) {
	case VP8_ENC_ERROR_OUT_OF_MEMORY:
	case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
		return -ENOMEM;
	case VP8_ENC_ERROR_BAD_WRITE:
		return sink->status;
	case VP8_ENC_ERROR_USER_ABORT:
		return -ECANCELED;
	default:
		return BR_ERROR_ENCODE;
	}
}

/* As libvips' webpsave has it. */
static int encode(const struct webp_picture *picture, uint8_t *gray, struct webp_sink *sink)
{
	WebPConfig config;
	WebPPicture own;
	int status;

	if (!libwebp.WebPConfigInitInternal(&config, WEBP_PRESET_DEFAULT, (float)picture->quality,
	                                    WEBP_ENCODER_ABI_VERSION) ||
	    !libwebp.WebPPictureInitInternal(&own, WEBP_ENCODER_ABI_VERSION))
		return BR_ERROR_ENCODE;
	config.method = WEBP_EFFORT;
	own.width = (int)picture->width;
	own.height = (int)picture->height;
	own.y = picture->luma.data;
	own.y_stride = (int)picture->luma.stride;
	own.u = gray ? gray : picture->chroma[0].data;
	own.v = gray ? gray : picture->chroma[1].data;
	own.uv_stride = gray ? (own.width + 1) / 2 : (int)picture->chroma[0].stride;
	own.writer = append;
	own.custom_ptr = own.user_data = sink;
	own.progress_hook = go_on;
	status = libwebp.WebPEncode(&config, &own) ? 0 : status_of(own.error_code, sink);
	libwebp.WebPPictureFree(&own);
	return status;
}

int codec_webp_write(const struct webp_picture *picture, struct br_buffer *out)
{
	struct webp_sink sink = {.picture = picture, .out = out};
	const size_t samples = (size_t)((picture->width + 1) / 2) * ((picture->height + 1) / 2);
	uint8_t *gray = NULL;
	int status;

	if (!picture->chroma[0].data) {
		gray = malloc(samples);
		if (!gray)
			return -ENOMEM;
		memset(gray, NEUTRAL, samples);
	}
	narrow(picture);
	status = encode(picture, gray, &sink);
	free(gray);
	return status;
}
