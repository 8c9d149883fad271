/* jpeg_reader.h - decodes whole and well-formed Huffman-coded JPEGs, sequential and progressive, to
 * planes, each at a scale of its own.
 *
 * It takes over when libjpeg has read the header, and gives up at the first thing that is out of
 * the ordinary: a code that does not exist, a marker or byte where none belongs, data that end
 * early. What such a file is worth, libjpeg decides, from the start: so there is one judge of what
 * is damaged, and this needs no mercy. What it takes, libjpeg takes without a warning, and sees the
 * same coefficients; the samples of coefficients that
 * an encoder makes are those of libjpeg's accurate integer transforms (see jpeg_idct.h).
 *
 * Entropy-coded data are copied without their stuffed zeros first, a window at a time, which lets
 * the inner loops read eight bytes at once without looking at them.
 *
 * Ownership: a reader belongs to one worker and is used by one thread at a time; it keeps its
 * memory for the next picture. Fork-safe like any memory. Prints nothing.
 */
#ifndef JPEG_JPEG_READER_H
#define JPEG_JPEG_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/bytes.h"

/* The most components that a picture may have. */
#define JPEG_READER_COMPONENTS 3

/* Bytes that it keeps of each block of a progressive picture, at most: which coefficients are not
 * zero, all of them, and the mean once more. */
#define JPEG_READER_BLOCK_BYTES (sizeof(uint64_t) + (DCTSIZE2 + 1) * sizeof(int16_t))

struct jpeg_reader;

/* NULL when memory is short. */
struct jpeg_reader *jpeg_reader_new(void);
void jpeg_reader_free(struct jpeg_reader *reader);

struct jpeg_reader_options {
	/* Samples that a block of each component becomes, across and down: 1, 2, 4 or 8. */
	uint8_t size[JPEG_READER_COMPONENTS];
	/* Scans that have no part in such samples are passed over unread; otherwise they are read
	 * to find damage in them. The samples are the same. */
	bool pass_over;
	uint64_t max_memory; /* bytes for the coefficients of a progressive picture; 0: any */
};

/* Begins the picture whose header jpeg_read_header() has just read from `bytes`, with the next byte
 * at `at`. Both must stay until the last band. Decodes all scans of a progressive picture. Returns
 * false if the picture is not for this reader. */
bool jpeg_reader_begin(struct jpeg_reader *reader, const struct jpeg_decompress_struct *in,
                       struct bytes bytes, size_t at, const struct jpeg_reader_options *options);

/* Bands of the picture: as many lines of each component as its vertical sampling factor has blocks.
 */
uint32_t jpeg_reader_bands(const struct jpeg_reader *reader);

/* Writes the next band of each component from plane[c] on, lines stride[c] bytes apart; samples of
 * blocks that the picture has no part in are left alone. Returns false if the data are out of
 * the ordinary: the picture is lost to this reader then. */
bool jpeg_reader_band(struct jpeg_reader *reader, uint8_t *const plane[JPEG_READER_COMPONENTS],
                      const size_t stride[JPEG_READER_COMPONENTS]);

/* Gives back what the last picture needed if it is more than `keep` bytes. */
void jpeg_reader_trim(struct jpeg_reader *reader, size_t keep);

#endif
