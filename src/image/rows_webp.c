/* rows_webp.c - WebP: planes, with a sample of Cb and Cr for each two by two pixels, by libwebp.
 * What is without loss, or has alpha, is for the general way. */
#include <errno.h>

#include "image/rows.h"
#include "picture/cost.h"
#include "probe/formats.h"
#include "webp/codec_webp.h"

static struct webp_plane plane_of(const struct plane *plane)
{
	return (struct webp_plane){.data = plane->data, .stride = plane->stride};
}

static int encode(struct picture *picture, const struct row_picture *what,
                  const struct metadata_parts *parts)
{
	const struct jpeg_planes *planes = what->planes;
	const struct webp_picture webp = {
	    .width = planes->width,
	    .height = planes->height,
	    .luma = plane_of(&planes->plane[0]),
	    .chroma = {plane_of(&planes->plane[1]), plane_of(&planes->plane[2])},
	    .quality = format_quality(BR_IMAGE_FORMAT_WEBP, picture->options),
	    .late = rows_are_late,
	    .context = picture,
	};
	const size_t begin = picture->out->size;
	const int status = codec_webp_write(&webp, picture->out);

	(void)parts;
	picture->result->library = true; /* libwebp came with it */
	if (status)
		picture->out->size = begin;
	return status;
}

const struct row_sink row_sink_webp = {
    .format = BR_IMAGE_FORMAT_WEBP,
    .planes = true,
    .bytes_max = COST_SETTLE_MAX,
    .encode = encode,
};
