/* jpeg_writer.h - encodes planes as a sequential JPEG with the best Huffman tables for its
 * coefficients, in one go over the samples.
 *
 * The coefficients are those that libjpeg finds in the same planes, and take as many bits as with
 * its optimize_coding. What libjpeg does by going over all coefficients twice is done here by
 * keeping what is to be written as symbols, which are few.
 *
 * Ownership: a writer belongs to one worker and is used by one thread at a time; it keeps its
 * memory for the next picture, up to a bound. Fork-safe like any memory. Prints nothing.
 */
#ifndef JPEG_JPEG_WRITER_H
#define JPEG_JPEG_WRITER_H

#include <stdbool.h>

#include <batchresize/buffer.h>

#include "base/bytes.h"

#define JPEG_WRITER_COMPONENTS 3

/* Larger pictures are for others: symbols of noise take JPEG_WRITER_SAMPLE_BYTES for each sample.
 */
#define JPEG_WRITER_PIXELS_MAX   (UINT64_C(4) << 20)
#define JPEG_WRITER_SAMPLE_BYTES 6

struct jpeg_writer;

/* One component: whole blocks of samples, as many as the picture needs, up to whole MCUs. */
struct jpeg_writer_plane {
	const uint8_t *data;
	size_t stride; /* bytes */
};

struct jpeg_writer_picture {
	uint32_t width, height; /* pixels, 1 to 65535 */
	unsigned components;    /* 1: gray; 3: Y, Cb, Cr */
	unsigned h, v; /* samples of Y for each of Cb and Cr, across and down: 1 or 2; 1 for gray */
	struct jpeg_writer_plane plane[JPEG_WRITER_COMPONENTS];
	/* Quantisation of Y, and of Cb and Cr: 64 each in natural order, 1 to 255. */
	const uint16_t *luma, *chroma;
	struct bytes markers; /* whole segments to stand behind the JFIF one, or none */
	/* Fills the planes, which have one line of MCUs and no more, with line number `line`;
	 * called for each in turn. Returns 0, or what jpeg_writer_write() is to return. NULL: they
	 * have all lines. */
	int (*fill)(void *context, uint32_t line);
	void *context;
	/* Of several codes that take as few bits, the one that libjpeg chooses, and no JFIF
	 * segment: what libjpeg writes without one, to the last byte. */
	bool by_libjpeg;
};

/* NULL when memory is short. */
struct jpeg_writer *jpeg_writer_new(void);
void jpeg_writer_free(struct jpeg_writer *writer);

/* Gives back what the last picture needed if it is more than `keep` bytes. */
void jpeg_writer_trim(struct jpeg_writer *writer, size_t keep);

/* Appends the file to *out. Returns 0, -ENOMEM, what `fill` returned, or what the buffer says if it
 * cannot grow; out->size is unchanged then. */
int jpeg_writer_write(struct jpeg_writer *writer, const struct jpeg_writer_picture *picture,
                      struct br_buffer *out);

#endif
