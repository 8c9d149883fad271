/* price.h - what a picture will probably cost, by its format and its bytes: seconds of a worker on
 * the machine where these figures were measured. All pure.
 */
#ifndef BATCH_PRICE_H
#define BATCH_PRICE_H

#include <batchresize/image.h>

/* Of pictures that are alike. */
struct price {
	double read;  /* seconds for a unit of work, which is a byte; each picture is a constant
	               * number of units besides */
	double write; /* seconds for all outputs of one picture */
};

/* Pictures in `format` (UNKNOWN: their names promise none) of which the sizes and the format of
 * `image` are made; UNKNOWN there keeps each picture's own. */
struct price price_of(enum br_image_format format, const struct br_image_options *image);

/* Seconds for a picture of so many bytes. */
double price_seconds(const struct price *price, uint64_t bytes);

#endif
