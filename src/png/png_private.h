/* png_private.h - what the files of png_reader and png_writer share. Private to them. */
#ifndef PNG_PNG_PRIVATE_H
#define PNG_PNG_PRIVATE_H

#include "png/png_filter.h"
#include "png/png_reader.h"
#include "probe/png_chunks.h"

/* Colour types of IHDR. */
enum png_colour { PNG_GRAY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GRAY_ALPHA = 4, PNG_RGBA = 6 };

/* A picture by what comes before its pixels. */
struct png_header {
	uint32_t width, height;
	unsigned bits; /* of a sample */
	enum png_colour colour;
	size_t row_bytes;        /* without the filter's number */
	size_t unpacked;         /* bytes of all rows, with the filters' numbers */
	unsigned pixel;          /* bytes that filters count as one pixel */
	bool transparent;        /* tRNS */
	uint16_t key[3];         /* tRNS: the colour that is transparent, by the bits of a sample */
	unsigned entries;        /* of the palette */
	uint8_t palette[256][4]; /* RGBA; entries that are missing are opaque black */
	struct bytes data;       /* from the first IDAT to the end of the last, chunks and all */
	size_t packed;           /* bytes in those chunks */
	bool single;             /* they are one chunk */
};

/* png_header.c: fills in *header; bytes must live as long. */
enum png_decline png_header_read(struct png_header *header, struct bytes bytes);

/* Channels in the file, by colour type; 0 for none. */
unsigned png_channels(unsigned colour);

/* Copies the data of the IDAT chunks together; `out` is of header->packed bytes. */
void png_header_gather(const struct png_header *header, uint8_t *out);

/* png_expand.c: bands and bits as given. */
uint32_t png_expand_bands(const struct png_header *header);
uint32_t png_expand_bits(const struct png_header *header);

/* Whether a row as stored has as many bytes as the row given (the samples of 16 bits have their
 * bytes swapped). */
bool png_expand_in_place(const struct png_header *header);

/* One unfiltered row as given. `out` may overlap `row`, not behind its begin, if
 * png_expand_in_place(). */
void png_expand_row(const struct png_header *header, uint8_t *out, const uint8_t *row);

/* Filters: see png_filter.h. */
void png_undo_portable(enum png_filter filter, uint8_t *out, const uint8_t *row,
                       const uint8_t *above, size_t bytes, unsigned pixel);
uint64_t png_apply_portable(enum png_filter filter, uint8_t *out, const uint8_t *row,
                            const uint8_t *above, size_t bytes, unsigned pixel);

/* The bytes of [begin, end) alone. */
uint64_t png_apply_range(enum png_filter filter, uint8_t *out, const uint8_t *row,
                         const uint8_t *above, size_t begin, size_t end, unsigned pixel);

#if defined(CPU_X86)
extern const struct png_kernels png_kernels_avx2, png_kernels_sse41;
void png_undo_sse41(enum png_filter filter, uint8_t *out, const uint8_t *row, const uint8_t *above,
                    size_t bytes, unsigned pixel);
void png_undo_four_sse41(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel);
void png_undo_eight_avx2(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel);
uint64_t png_apply_sse41(enum png_filter filter, uint8_t *out, const uint8_t *row,
                         const uint8_t *above, size_t bytes, unsigned pixel);
#elif defined(CPU_ARM)
extern const struct png_kernels png_kernels_neon;
void png_undo_neon(enum png_filter filter, uint8_t *out, const uint8_t *row, const uint8_t *above,
                   size_t bytes, unsigned pixel);
uint64_t png_apply_neon(enum png_filter filter, uint8_t *out, const uint8_t *row,
                        const uint8_t *above, size_t bytes, unsigned pixel);
#endif

#endif
