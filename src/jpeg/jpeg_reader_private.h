/* jpeg_reader_private.h - what the files of the reader share: see jpeg_reader.h. Private to them.
 */
#ifndef JPEG_JPEG_READER_PRIVATE_H
#define JPEG_JPEG_READER_PRIVATE_H

#include "base/pages.h"
#include "jpeg/jpeg_huffman.h"
#include "jpeg/jpeg_idct.h"
#include "jpeg/jpeg_natural.h"
#include "jpeg/jpeg_reader.h"

#define BLOCK_COEFS 64

/* Entropy-coded data are freed of stuffed zeros in pieces that stay in the processor's first cache
 * while they are decoded. */
#define READER_WINDOW ((size_t)16 << 10)

struct reader_component {
	uint8_t id, h, v, size;
	uint16_t quant[BLOCK_COEFS]; /* natural order */
	jpeg_idct *idct, *idct_few;
	uint32_t across, down; /* blocks of the picture */
	/* Of a progressive picture: blocks that are kept of a line, up to whole MCUs; and lines. */
	uint32_t row, rows;
	int16_t *mean;     /* [rows * row] */
	uint64_t *nonzero; /* [rows * row]: the highest bit is that of the first coefficient, .. */
	int16_t *coef;     /* [rows * row * 64]: blocks are as they were until nonzero is not 0 */
	int8_t left[BLOCK_COEFS]; /* bits of each that are still to come; -1: all */
};

/* One scan: T.81, B.2.3. */
struct reader_scan {
	unsigned components;
	unsigned index[JPEG_READER_COMPONENTS];                          /* which of the frame's */
	unsigned dc[JPEG_READER_COMPONENTS], ac[JPEG_READER_COMPONENTS]; /* tables */
	unsigned from, to;                                               /* spectral selection */
	unsigned high, low; /* successive approximation */
};

struct jpeg_reader {
	struct bytes bytes;
	size_t at;             /* the next byte of the file that is not in the window */
	bool at_marker;        /* which is a marker's: the data end there */
	struct jpeg_bits bits; /* of the window */
	uint32_t restart;      /* MCUs between restarts, 0: none */
	uint32_t restart_left;
	unsigned restart_number; /* of the next one, 0..7 */
	struct reader_scan scan;
	int pred[JPEG_READER_COMPONENTS]; /* the last mean of each component of the scan */
	uint32_t eob_run;                 /* blocks that have no more coefficients */
	struct jpeg_huffman dc[NUM_HUFF_TBLS], ac[NUM_HUFF_TBLS];
	bool has_dc[NUM_HUFF_TBLS], has_ac[NUM_HUFF_TBLS]; /* of this picture */
	unsigned components;
	struct reader_component component[JPEG_READER_COMPONENTS];
	uint32_t mcus_across, mcus_down, band;
	bool progressive, pass_over;
	struct pages coefficients; /* of all components */
	uint8_t window[READER_WINDOW + JPEG_BITS_SLACK];
};

/* Moves the window on if it runs low. False if the file, or the data up to the next marker,
 * end before. */
bool reader_fill(struct jpeg_reader *reader);

static inline bool reader_has_block(struct jpeg_reader *reader)
{
	return !jpeg_bits_low(&reader->bits) || reader_fill(reader);
}

/* Whether the data were read to their end, the next marker, and not further. */
bool reader_data_end(struct jpeg_reader *reader);

/* To be called at the beginning of a scan's data. */
bool reader_scan_begin(struct jpeg_reader *reader);

/* The data have come to their end: those behind a restart marker. */
bool reader_restart(struct jpeg_reader *reader);

/* To be called before each MCU. */
static inline bool reader_mcu(struct jpeg_reader *reader)
{
	if (!reader->restart)
		return true;
	if (!reader->restart_left && !reader_restart(reader))
		return false;
	reader->restart_left--;
	return true;
}

/* Whether a picture of 8 bits can have it: 1024 is eight times the farthest sample. */
static inline bool reader_is_mean(int value)
{
	return value >= -2048 && value < 2048;
}

/* The mean of a block, as difference from the last; false if there is no such code, or no such
 * mean. */
static inline bool reader_mean(struct jpeg_bits *bits, const struct jpeg_huffman *table, int *pred)
{
	uint32_t entry;

	jpeg_bits_fill(bits);
	entry = jpeg_huffman_look(table, bits);
	if (!entry)
		return false;
	*pred += jpeg_huffman_take(bits, entry);
	return reader_is_mean(*pred);
}

/* Decodes the next band of a sequential picture. */
bool reader_sequential_band(struct jpeg_reader *reader,
                            uint8_t *const plane[JPEG_READER_COMPONENTS],
                            const size_t stride[JPEG_READER_COMPONENTS]);

/* Decodes all scans of a progressive picture, of which the header told the first. */
bool reader_progressive(struct jpeg_reader *reader);

/* The entropy-coded data of one of them. */
bool reader_progressive_scan(struct jpeg_reader *reader);

#endif
