/* png_write.c - rows filtered, deflated in one piece, and wrapped in chunks (ISO/IEC 15948). */
#include "image/png_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

/* What an effort buys. Measured on 54 wallpapers at 800x600 (24 Mpixel): CPU seconds, megabytes. */
static const struct effort {
	uint8_t level; /* libdeflate's */
	bool twice;    /* also without filters: text and flat drawings can be smaller so */
} efforts[PNG_EFFORT_MAX + 1] = {
    [1] = {1, false}, [2] = {2, false}, [3] = {3, false}, [4] = {4, false}, [5] = {5, false},
    [6] = {6, false}, [7] = {7, false}, [8] = {7, true},  [9] = {9, true},  [10] = {12, true},
};

struct writer {
	const struct png_picture *picture;
	const struct png_kernels *kernels;
	size_t row_bytes;
	unsigned pixel;       /* bytes that filters count as one pixel */
	uint8_t *stored[2];   /* this row and the one above as they are stored, if not as given */
	uint8_t *filtered[2]; /* the best row yet, and the next try */
	uint8_t *zeros;       /* the row above the first */
	uint8_t *memory;      /* all of these */
	uint8_t *rows;        /* all rows, filtered */
	size_t rows_bytes;
};

static void put_be32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* --- rows ---------------------------------------------------------------------------- */

static bool stored_as_given(const struct writer *writer)
{
	return writer->picture->bits == 8;
}

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
static const uint8_t *stored_row(const struct writer *writer, size_t y)
{
	const struct png_picture *picture = writer->picture;
	const uint8_t *row = picture->pixels + y * picture->stride;
	const size_t samples = (size_t)picture->width * picture->channels;
	uint8_t *out = writer->stored[y % 2];

	if (stored_as_given(writer))
		return row;
	if (picture->bits == 16)
		store_words(out, row, samples);
	else
		store_bits(out, row, samples, picture->bits);
	return out;
}

/* Tries every filter on the row. `out` takes the filter's number, too. */
static void filter_row(struct writer *writer, uint8_t *out, const uint8_t *row,
                       const uint8_t *above)
{
	uint64_t least = UINT64_MAX;

	for (unsigned filter = 0; filter < PNG_ROW_FILTERS; filter++) {
		uint8_t *try = writer->filtered[1];
		const uint64_t weight = writer->kernels->apply(
		    (enum png_filter)filter, try, row, above, writer->row_bytes, writer->pixel);

		if (weight < least) {
			least = weight;
			out[0] = (uint8_t)filter;
			writer->filtered[1] = writer->filtered[0];
			writer->filtered[0] = try;
		}
	}
	memcpy(out + 1, writer->filtered[0], writer->row_bytes);
}

static void make_rows(struct writer *writer, bool filtered)
{
	const uint8_t *above = writer->zeros;

	for (size_t y = 0; y < writer->picture->height; y++) {
		const uint8_t *row = stored_row(writer, y);
		uint8_t *out = writer->rows + y * (writer->row_bytes + 1);

		if (filtered) {
			filter_row(writer, out, row, above);
		} else {
			out[0] = PNG_ROW_NONE;
			memcpy(out + 1, row, writer->row_bytes);
		}
		above = row;
	}
}

/* Indices that are near each other are not alike. */
static bool may_filter(const struct png_picture *picture)
{
	return !picture->palette && picture->bits >= 8;
}

/* --- chunks -------------------------------------------------------------------------- */

/* Fills in what surrounds the data of a chunk, which is there already. */
static void seal(uint8_t *chunk, const char *type, size_t size)
{
	put_be32(chunk, (uint32_t)size);
	memcpy(chunk + 4, type, 4);
	put_be32(chunk + 8 + size, libdeflate_crc32(0, chunk + 4, 4 + size));
}

static int append(struct buffer *out, const char *type, const void *data, size_t size)
{
	int status;

	if (size > PNG_LENGTH_MAX)
		return -EFBIG;
	status = buffer_reserve(out, out->size + PNG_OVERHEAD + size);
	if (status)
		return status;
	if (size)
		memcpy(out->data + out->size + 8, data, size);
	seal(out->data + out->size, type, size);
	out->size += PNG_OVERHEAD + size;
	return 0;
}

static enum png_colour colour_of(const struct png_picture *picture)
{
	static const enum png_colour colours[] = {PNG_GRAY, PNG_GRAY, PNG_GRAY_ALPHA, PNG_RGB,
	                                          PNG_RGBA};

	return picture->palette ? PNG_PALETTE : colours[picture->channels];
}

static int append_header(struct buffer *out, const struct png_picture *picture)
{
	uint8_t header[PNG_IHDR_SIZE] = {0};
	int status = buffer_append(out, PNG_SIGNATURE, PNG_SIGNATURE_SIZE);

	if (status)
		return status;
	put_be32(header, picture->width);
	put_be32(header + 4, picture->height);
	header[8] = (uint8_t)picture->bits;
	header[9] = (uint8_t)colour_of(picture);
	return append(out, "IHDR", header, sizeof header);
}

static int append_palette(struct buffer *out, const struct png_picture *picture)
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
	status = append(out, "PLTE", colours, (size_t)3 * picture->entries);
	return status || !transparent ? status : append(out, "tRNS", alphas, transparent);
}

static int append_head(struct buffer *out, const struct png_picture *picture)
{
	int status = append_header(out, picture);

	for (unsigned i = 0; i < picture->extras_count && !status; i++)
		status = append(out, picture->extras[i].type, picture->extras[i].data.data,
		                picture->extras[i].data.size);
	return status || !picture->palette ? status : append_palette(out, picture);
}

/* --- the data ------------------------------------------------------------------------ */

/* The rows deflated to `room` bytes at most, between eight bytes left free for the chunk's head and
 * four for its end. NULL where there is no memory or the room is too little. */
static uint8_t *deflate_rows(const struct writer *writer, struct libdeflate_compressor *compressor,
                             size_t room, size_t *deflated)
{
	uint8_t *chunk = malloc(PNG_OVERHEAD + room);
	size_t size = 0;

	if (chunk)
		size = libdeflate_zlib_compress(compressor, writer->rows, writer->rows_bytes,
		                                chunk + 8, room);
	if (!size) {
		free(chunk);
		return NULL;
	}
	*deflated = size;
	return chunk;
}

/* The smaller one of two ways, if there are two. */
static uint8_t *make_data(struct writer *writer, const struct effort *effort, size_t *deflated)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(effort->level);
	const bool filtered = may_filter(writer->picture);
	uint8_t *data, *other = NULL;

	if (!compressor)
		return NULL;
	make_rows(writer, filtered);
	data =
	    deflate_rows(writer, compressor,
	                 libdeflate_zlib_compress_bound(compressor, writer->rows_bytes), deflated);
	if (data && filtered && effort->twice) {
		make_rows(writer, false);
		/* what is not smaller has no room */
		other = deflate_rows(writer, compressor, *deflated - 1, deflated);
	}
	libdeflate_free_compressor(compressor);
	if (other)
		free(data);
	return other ? other : data;
}

static int append_data(struct buffer *out, struct writer *writer, const struct effort *effort)
{
	size_t deflated = 0;
	uint8_t *chunk = make_data(writer, effort, &deflated);
	int status = -EFBIG;

	if (!chunk)
		return -ENOMEM;
	/* a copy comes now */
	free(writer->rows);
	writer->rows = NULL;
	if (deflated <= PNG_LENGTH_MAX) {
		seal(chunk, "IDAT", deflated);
		status = buffer_append(out, chunk, PNG_OVERHEAD + deflated);
	}
	free(chunk);
	return status ? status : append(out, "IEND", NULL, 0);
}

/* --- all of it ----------------------------------------------------------------------- */

static bool is_valid(const struct png_picture *picture)
{
	const unsigned bits = picture->bits;
	const bool small = bits == 1 || bits == 2 || bits == 4;

	if (!picture->width || !picture->height || picture->width > PNG_LENGTH_MAX ||
	    picture->height > PNG_LENGTH_MAX || picture->channels < 1 || picture->channels > 4)
		return false;
	if (picture->palette)
		return picture->channels == 1 && (bits == 8 || small) && picture->entries >= 1 &&
		       picture->entries <= 1U << bits;
	return bits == 8 || bits == 16 || (small && picture->channels == 1);
}

static int open_writer(struct writer *writer, const struct png_picture *picture)
{
	const uint64_t pixel_bits = (uint64_t)picture->channels * picture->bits;
	const uint64_t row_bytes = (picture->width * pixel_bits + 7) / 8;

	if ((row_bytes + 1) > PNG_LENGTH_MAX / picture->height)
		return -EFBIG;
	*writer = (struct writer){
	    .picture = picture,
	    .kernels = png_kernels_best(),
	    .row_bytes = (size_t)row_bytes,
	    .pixel = (unsigned)(pixel_bits < 8 ? 1 : pixel_bits / 8),
	    .rows_bytes = (size_t)(row_bytes + 1) * picture->height,
	};
	writer->memory = calloc(5, writer->row_bytes);
	writer->rows = malloc(writer->rows_bytes);
	if (!writer->memory || !writer->rows)
		return -ENOMEM;
	writer->zeros = writer->memory;
	for (size_t i = 0; i < 2; i++) {
		writer->stored[i] = writer->memory + (1 + i) * writer->row_bytes;
		writer->filtered[i] = writer->memory + (3 + i) * writer->row_bytes;
	}
	return 0;
}

int codec_png_write(const struct png_picture *picture, unsigned effort, struct buffer *out)
{
	const size_t before = out->size;
	struct writer writer = {0};
	int status = -EINVAL;

	if (is_valid(picture) && effort >= PNG_EFFORT_MIN && effort <= PNG_EFFORT_MAX)
		status = open_writer(&writer, picture);
	if (!status)
		status = append_head(out, picture);
	if (!status)
		status = append_data(out, &writer, &efforts[effort]);
	free(writer.memory);
	free(writer.rows);
	if (status)
		out->size = before;
	return status;
}
