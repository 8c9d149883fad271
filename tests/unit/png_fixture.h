/* png_fixture.h - PNG files forged byte by byte, and libpng to read them. */
#ifndef PNG_FIXTURE_H
#define PNG_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/buffer.h>

/* A picture of random filtered bytes: any bytes are some picture. */
struct forge {
	uint32_t width, height;
	unsigned bits, colour; /* as IHDR has them */
	int filter;            /* of every row; -1: another one each */
	unsigned entries;      /* of the palette; 0: as many as the bits allow */
	unsigned keys;         /* bytes of tRNS; 0: none */
	size_t split;          /* bytes of an IDAT chunk; 0: all in one */
	uint32_t seed;
};

/* Appends to *png; chunks have right CRCs. */
void png_forge(struct br_buffer *png, const struct forge *forge);
void png_forge_chunk(struct br_buffer *png, const char *type, const void *data, size_t size);
void png_forge_signature(struct br_buffer *png);
void png_forge_header(struct br_buffer *png, const struct forge *forge, unsigned interlace);

/* The filtered rows of forge's random picture, and their deflated form; to be freed. */
uint8_t *png_forge_rows(const struct forge *forge, size_t *size);
uint8_t *png_forge_deflate(const uint8_t *rows, size_t size, size_t *deflated);

uint32_t png_random(uint32_t *seed);

/* Pixels as libvips' pngload has them. */
struct png_pixels {
	uint32_t width, height, bands, bits;
	size_t line_bytes;
	uint8_t *pixels; /* NULL: it could not be read */
};

/* By libpng, with the transformations that libvips asks of it. */
struct png_pixels png_by_libpng(const uint8_t *data, size_t size);

/* By png_reader: pixels are NULL if it declines. By png_reader_whole(), or rows of what is unpacked
 * whole or in pieces. */
enum png_manner { PNG_WHOLE, PNG_ROWS, PNG_PIECES };
struct png_pixels png_by_us(const uint8_t *data, size_t size, enum png_manner manner);

bool picture_equal(const struct png_pixels *a, const struct png_pixels *b);
void picture_release(struct png_pixels *picture);

#endif
