/* price.c - see price.h. */
#include "batch/price.h"

#include <math.h>

/* A picture's work is its bytes and a constant: see rate.c, where it was measured. */
#define IMAGE_WORK 70000.0

/* Measured with pictures of 1600 pixels that become 800x600, HEIC taken from AVIF, which is the
 * same library's: seconds that a unit of work takes to be read, */
static const double read_price[BR_IMAGE_FORMATS] = {
    [BR_IMAGE_FORMAT_PNG] = 16e-9,      [BR_IMAGE_FORMAT_JPEG] = 25e-9,
    [BR_IMAGE_FORMAT_GIF] = 40e-9,      [BR_IMAGE_FORMAT_TIFF] = 110e-9,
    [BR_IMAGE_FORMAT_UNKNOWN] = 110e-9, [BR_IMAGE_FORMAT_WEBP] = 130e-9,
    [BR_IMAGE_FORMAT_JXL] = 260e-9,     [BR_IMAGE_FORMAT_AVIF] = 350e-9,
    [BR_IMAGE_FORMAT_HEIC] = 350e-9,
};
/* ... and so much of a picture to be written as has these pixels: 800x600. */
#define WRITTEN_PIXELS 480000.0
static const double write_seconds[BR_IMAGE_FORMATS] = {
    [BR_IMAGE_FORMAT_JPEG] = 0.002,   [BR_IMAGE_FORMAT_TIFF] = 0.005, [BR_IMAGE_FORMAT_PNG] = 0.015,
    [BR_IMAGE_FORMAT_UNKNOWN] = 0.02, [BR_IMAGE_FORMAT_WEBP] = 0.04,  [BR_IMAGE_FORMAT_JXL] = 0.075,
    [BR_IMAGE_FORMAT_GIF] = 0.1,      [BR_IMAGE_FORMAT_AVIF] = 0.38,  [BR_IMAGE_FORMAT_HEIC] = 0.38,
};

/* No picture is taken to be made larger than that. */
#define SIDE_MOST 4000.0

static double known(const double table[BR_IMAGE_FORMATS], enum br_image_format format)
{
	return table[format] > 0 ? table[format] : table[BR_IMAGE_FORMAT_UNKNOWN];
}

/* What a size comes to, if pictures are large enough: of 4:3 where it does not say. */
static double pixels_of(const struct br_image_size *size)
{
	const double width = fmin(size->width, SIDE_MOST), height = fmin(size->height, SIDE_MOST);

	if (width > 0 && height > 0)
		return width * height;
	if (width > 0 || height > 0)
		return width * width * 3 / 4 + height * height * 4 / 3;
	return WRITTEN_PIXELS; /* so many percent of what nobody has looked at */
}

static double written_of(const struct br_image_options *image)
{
	double pixels = 0;

	for (unsigned i = 0; i < image->sizes; i++)
		pixels += pixels_of(&image->size[i]);
	return pixels / WRITTEN_PIXELS;
}

struct price price_of(enum br_image_format format, const struct br_image_options *image)
{
	const enum br_image_format made = image->format ? image->format : format;

	return (struct price){.read = known(read_price, format),
	                      .write = written_of(image) * known(write_seconds, made)};
}

/* Outputs take the same whatever the source's bytes: they are of the sizes that were asked for, if
 * it is large enough. */
double price_seconds(const struct price *price, uint64_t bytes)
{
	return price->read * ((double)bytes + IMAGE_WORK) + price->write;
}
