/* codec_webp.h - planes of a JPEG as a lossy WebP, by the libwebp that the image library has
 * loaded: without making RGB of them, which libwebp would make planes of again.
 *
 * Thread-safe.
 */
#ifndef WEBP_CODEC_WEBP_H
#define WEBP_CODEC_WEBP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/buffer.h>

/* Of 0 to 6; see codec_vips.c, which encodes all others. */
#define WEBP_EFFORT 4

/* clang-format off */
#define LIBWEBP_FUNCTIONS(f) \
	f(WebPConfigInitInternal) \
	f(WebPEncode) \
	f(WebPPictureFree) \
	f(WebPPictureInitInternal)
/* clang-format on */

struct webp_plane {
	uint8_t
	    *data; /* of full range, to be changed to what WebP has; NULL: of nothing but gray */
	size_t stride; /* bytes */
};

struct webp_picture {
	uint32_t width, height;      /* pixels */
	struct webp_plane luma;      /* a sample for each pixel */
	struct webp_plane chroma[2]; /* Cb, Cr: for each two by two, rounded up; of one stride */
	unsigned quality;            /* 1..100 */
	bool (*late)(void *context);
	void *context;
};

/* Whether there is one: only where the image library has been loaded. */
bool codec_webp_exists(void);

/* Appends the file. Returns 0, -ECANCELED when it was late, BR_ERROR_ENCODE, or another negative
 * errno; what was appended by then is to be taken off. */
int codec_webp_write(const struct webp_picture *picture, struct br_buffer *out);

#endif
