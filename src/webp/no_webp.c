/* no_webp.c - without the image library there is no libwebp either: `make VIPS=no`. */
#include <errno.h>

#include "webp/codec_webp.h"

bool codec_webp_exists(void)
{
	return false;
}

int codec_webp_write(const struct webp_picture *picture, struct br_buffer *out)
{
	(void)picture;
	(void)out;
	return -ENOTSUP;
}
