/* jpeg_oracle.h - what libjpeg makes of a JPEG, and what the reader makes of it, as planes to be
 * compared.
 */
#ifndef JPEG_ORACLE_H
#define JPEG_ORACLE_H

#include "jpeg/jpeg_reader.h"

struct oracle_planes {
	unsigned components;
	uint8_t *plane[JPEG_READER_COMPONENTS]; /* to be freed by oracle_free() */
	size_t stride[JPEG_READER_COMPONENTS];
	uint32_t width[JPEG_READER_COMPONENTS]; /* samples of the picture's blocks */
	uint32_t height[JPEG_READER_COMPONENTS];
	uint8_t size[JPEG_READER_COMPONENTS]; /* samples of a block, across and down */
	bool good;                            /* whole, and nothing to warn of */
};

/* By libjpeg, shrunk to eighths. Pictures that are not gray or YCbCr are not good. */
struct oracle_planes oracle_libjpeg(struct bytes bytes, unsigned eighths);

/* From the coefficients that libjpeg finds, by the portable transforms of our own, each component
 * at that many samples a block. */
struct oracle_planes oracle_coefficients(struct bytes bytes,
                                         const uint8_t size[JPEG_READER_COMPONENTS]);

/* By the reader, each component at that many samples a block; not good if it declines. */
struct oracle_planes oracle_reader(struct jpeg_reader *reader, struct bytes bytes,
                                   const uint8_t size[JPEG_READER_COMPONENTS], bool pass_over);

/* Whether the samples of the component are the same. */
bool oracle_same(const struct oracle_planes *a, const struct oracle_planes *b, unsigned component);

void oracle_free(struct oracle_planes *planes);

#endif
