/* picture.c - see picture.h. */
#include "picture/picture.h"

/* The stored picture's side that becomes the seen one's. */
uint32_t picture_stored_width(const struct picture *picture,
                              const struct br_image_geometry *geometry)
{
	return picture->source.info.orientation > 4 ? geometry->scaled_height
	                                            : geometry->scaled_width;
}

uint32_t picture_stored_height(const struct picture *picture,
                               const struct br_image_geometry *geometry)
{
	return picture->source.info.orientation > 4 ? geometry->scaled_width
	                                            : geometry->scaled_height;
}

void picture_largest_sides(const struct picture *picture, uint32_t *width, uint32_t *height)
{
	*width = *height = 1;
	for (unsigned i = 0; i < picture->options->sizes; i++) {
		if (!picture_wants(picture, i))
			continue;

		const struct br_image_geometry *geometry = &picture->geometry[i];
		const uint32_t across = picture_stored_width(picture, geometry);
		const uint32_t down = picture_stored_height(picture, geometry);

		*width = *width > across ? *width : across;
		*height = *height > down ? *height : down;
	}
}

/* The formats whose files of 16 bits are as usual as those of 8. */
bool picture_keeps_16_bits(const struct picture *picture)
{
	return picture->result->out_format == BR_IMAGE_FORMAT_PNG ||
	       picture->result->out_format == BR_IMAGE_FORMAT_TIFF ||
	       picture->result->out_format == BR_IMAGE_FORMAT_JXL;
}
