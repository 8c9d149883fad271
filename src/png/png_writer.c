/* png_writer.c - rows filtered, deflated in one piece, and wrapped in chunks (ISO/IEC 15948). */
#include "png/png_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "png/png_private.h"

/* libdeflate's levels. Measured on 54 wallpapers at 800x600 (24 Mpixel) with the best filters: CPU
 * seconds, megabytes.
 *   level 1 0.2 12.4   4 0.4 11.7   6 1.0 11.3   8 5.6 10.9   10  9.7 10.1
 *         2 0.3 12.1   5 0.6 11.5   7 1.9 11.2   9 9.1 10.8   12 17.4 10.0
 * The default effort, 6, stops at 5: what comes after costs ever more for a percent. */
static const uint8_t levels[PNG_EFFORT_MAX + 1] = {[1] = 1, 2, 3, 3, 4, 5, 7, 8, 10, 12};

struct writer {
	const struct png_picture *picture;
	const struct png_kernels *kernels;
	size_t row_bytes;
	unsigned pixel;       /* bytes that filters count as one pixel */
	uint8_t *given;       /* this row's samples, if they are not in memory */
	uint8_t *stored[2];   /* this row and the one above as they are stored, if not as given */
	uint8_t *filtered[2]; /* for the best row yet, and the next try */
	uint8_t *zeros;       /* the row above the first */
	uint8_t *memory;      /* of these except the first */
	uint8_t *rows;        /* all rows, filtered */
	size_t rows_bytes;
};

/* --- rows ---------------------------------------------------------------------------- */

static void store_words(uint8_t *out, const uint8_t *row, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		uint16_t sample;

		memcpy(&sample, row + 2 * i, sizeof sample);
		out[2 * i] = (uint8_t)(sample >> 8);
		out[2 * i + 1] = (uint8_t)sample;
	}
}

static void store_bits(uint8_t *out, const uint8_t *row, size_t samples, unsigned bits)
{
	const unsigned per_byte = 8 / bits, mask = (1U << bits) - 1;

	for (size_t i = 0; i < samples; i += per_byte) {
		unsigned byte = 0;

		for (size_t k = i; k < i + per_byte; k++)
			byte = byte << bits | (k < samples ? row[k] & mask : 0);
		*out++ = (uint8_t)byte;
	}
}

/* Row y as it is stored; lives until the one after the next. */
static int stored_row(const struct writer *writer, uint32_t y, const uint8_t **row)
{
	const struct png_picture *picture = writer->picture;
	const size_t samples = (size_t)picture->width * picture->channels;
	uint8_t *out = writer->stored[y % 2], *given = picture->bits == 8 ? out : writer->given;
	int status = 0;

	*row = given;
	if (picture->pixels)
		*row = picture->pixels + y * picture->stride;
	else
		status = picture->row(picture->context, y, given);
	if (status || picture->bits == 8)
		return status;
	if (picture->bits == 16)
		store_words(out, *row, samples);
	else
		store_bits(out, *row, samples, picture->bits);
	*row = out;
	return 0;
}

static uint64_t apply(const struct writer *writer, unsigned filter, uint8_t *out,
                      const uint8_t *row, const uint8_t *above)
{
	return writer->kernels->apply((enum png_filter)filter, out, row, above, writer->row_bytes,
	                              writer->pixel);
}

/* Tries every filter on the row. `out` takes the filter's number, too. */
static void filter_best(const struct writer *writer, uint8_t *out, const uint8_t *row,
                        const uint8_t *above)
{
	uint8_t *best = writer->filtered[0], *next = writer->filtered[1];
	uint64_t least = UINT64_MAX;

	for (unsigned filter = 0; filter < PNG_ROW_FILTERS; filter++) {
		const uint64_t weight = apply(writer, filter, next, row, above);
		uint8_t *other = best;

		if (weight >= least)
			continue;
		least = weight;
		out[0] = (uint8_t)filter;
		best = next;
		next = other;
	}
	memcpy(out + 1, best, writer->row_bytes);
}

static int make_rows(const struct writer *writer, enum png_filtering filtering)
{
	const uint8_t *above = writer->zeros, *row;
	uint8_t *out = writer->rows;

	for (uint32_t y = 0; y < writer->picture->height; y++) {
		const int status = stored_row(writer, y, &row);

		if (status)
			return status;
		if (filtering == PNG_FILTERING_BEST) {
			filter_best(writer, out, row, above);
		} else {
			out[0] = (uint8_t)filtering;
			(void)apply(writer, filtering, out + 1, row, above);
		}
		out += writer->row_bytes + 1;
		above = row;
	}
	return 0;
}

/* --- chunks -------------------------------------------------------------------------- */

static enum png_colour colour_of(const struct png_picture *picture)
{
	static const enum png_colour colours[] = {PNG_GRAY, PNG_GRAY, PNG_GRAY_ALPHA, PNG_RGB,
	                                          PNG_RGBA};

	return picture->palette ? PNG_PALETTE : colours[picture->channels];
}

static int append_header(struct br_buffer *out, const struct png_picture *picture)
{
	uint8_t header[PNG_IHDR_SIZE] = {0};
	int status = br_buffer_append(out, PNG_SIGNATURE, PNG_SIGNATURE_SIZE);

	if (status)
		return status;
	put_be32(header, picture->width);
	put_be32(header + 4, picture->height);
	header[8] = (uint8_t)picture->bits;
	header[9] = (uint8_t)colour_of(picture);
	return png_chunk_append(out, "IHDR", header, sizeof header);
}

static int append_palette(struct br_buffer *out, const struct png_picture *picture)
{
	uint8_t colours[3 * 256], alphas[256];
	size_t transparent = 0;
	int status;

	for (unsigned i = 0; i < picture->entries; i++) {
		memcpy(colours + (size_t)3 * i, picture->palette[i], 3);
		alphas[i] = picture->palette[i][3];
		if (alphas[i] != UINT8_MAX)
			transparent = i + 1;
	}
	status = png_chunk_append(out, "PLTE", colours, (size_t)3 * picture->entries);
	return status || !transparent ? status : png_chunk_append(out, "tRNS", alphas, transparent);
}

/* --- the data ------------------------------------------------------------------------ */

/* The rows deflated, between eight bytes left free for the chunk's head and four for its end. */
static uint8_t *deflate_rows(const struct writer *writer, unsigned level, size_t *deflated)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor((int)level);
	uint8_t *chunk = NULL;
	size_t room;

	if (!compressor)
		return NULL;
	room = libdeflate_zlib_compress_bound(compressor, writer->rows_bytes);
	chunk = malloc(PNG_CHUNK_OVERHEAD + room);
	if (chunk)
		*deflated = libdeflate_zlib_compress(compressor, writer->rows, writer->rows_bytes,
		                                     chunk + 8, room);
	libdeflate_free_compressor(compressor);
	return chunk;
}

static int append_data(struct br_buffer *out, struct writer *writer, unsigned level)
{
	size_t deflated = 0;
	uint8_t *chunk = deflate_rows(writer, level, &deflated);
	int status = -EFBIG;

	if (!chunk)
		return -ENOMEM;
	/* a copy comes now */
	free(writer->rows);
	writer->rows = NULL;
	if (deflated <= PNG_LENGTH_MAX) {
		png_chunk_seal(chunk, "IDAT", deflated);
		status = br_buffer_append(out, chunk, PNG_CHUNK_OVERHEAD + deflated);
	}
	free(chunk);
	return status ? status : png_chunk_append(out, "IEND", NULL, 0);
}

/* --- the whole file ------------------------------------------------------------------ */

static bool is_valid(const struct png_picture *picture)
{
	const unsigned bits = picture->bits;
	const bool small = bits == 1 || bits == 2 || bits == 4;

	if (!picture->width || !picture->height || picture->width > PNG_LENGTH_MAX ||
	    picture->height > PNG_LENGTH_MAX || picture->channels < 1 || picture->channels > 4 ||
	    (!picture->pixels && !picture->row))
		return false;
	if (picture->palette)
		return picture->channels == 1 && (bits == 8 || small) && picture->entries >= 1 &&
		       picture->entries <= 1U << bits;
	return bits == 8 || bits == 16 || (small && picture->channels == 1);
}

static int open_writer(struct writer *writer, const struct png_picture *picture)
{
	const uint64_t samples = (uint64_t)picture->channels * picture->width;
	const uint64_t row_bytes = (samples * picture->bits + 7) / 8;
	const unsigned pixel_bits = picture->channels * picture->bits;

	if ((row_bytes + 1) > PNG_LENGTH_MAX / picture->height)
		return -EFBIG;
	*writer = (struct writer){
	    .picture = picture,
	    .kernels = png_kernels(0),
	    .row_bytes = (size_t)row_bytes,
	    .pixel = pixel_bits < 8 ? 1 : pixel_bits / 8,
	    .rows_bytes = (size_t)(row_bytes + 1) * picture->height,
	};
	writer->memory = calloc(5, writer->row_bytes);
	writer->given = malloc((size_t)samples * (picture->bits == 16 ? 2 : 1));
	writer->rows = malloc(writer->rows_bytes);
	if (!writer->memory || !writer->given || !writer->rows)
		return -ENOMEM;
	writer->zeros = writer->memory;
	for (size_t i = 0; i < 2; i++) {
		writer->stored[i] = writer->memory + (1 + i) * writer->row_bytes;
		writer->filtered[i] = writer->memory + (3 + i) * writer->row_bytes;
	}
	return 0;
}

int png_writer_write(const struct png_picture *picture, enum png_filtering filtering,
                     unsigned effort, struct br_buffer *out)
{
	const size_t before = out->size;
	struct writer writer = {0};
	int status = -EINVAL;

	if (is_valid(picture) && filtering <= PNG_FILTERING_BEST && effort >= PNG_EFFORT_MIN &&
	    effort <= PNG_EFFORT_MAX)
		status = open_writer(&writer, picture);
	if (!status)
		status = make_rows(&writer, filtering);
	if (!status)
		status = append_header(out, picture);
	if (!status && picture->palette)
		status = append_palette(out, picture);
	if (!status)
		status = append_data(out, &writer, levels[effort]);
	free(writer.memory);
	free(writer.given);
	free(writer.rows);
	if (status)
		out->size = before;
	return status;
}
