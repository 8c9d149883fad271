/* fuzz_png.c - hostile bytes through png_reader and png_writer, beside libpng.
 *
 * An input is a PNG, or what becomes one: after the byte 'Z' come a header's bytes, chunks and rows
 * that are deflated here, so that the fuzzer gets past the CRCs. What png_reader takes, libpng must
 * read, to the same pixels; and what png_writer writes and png_copy copies of it, both must read
 * again.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <png.h>

#include "png/png_copy.h"
#include "png/png_reader.h"
#include "png/png_writer.h"

#define PIXELS_MAX (1U << 16)
#define MEMORY_MAX (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* --- an input's PNG ------------------------------------------------------------------ */

static void append(struct br_buffer *png, const void *data, size_t size)
{
	check(!br_buffer_append(png, data, size));
}

static void append_be32(struct br_buffer *png, uint32_t value)
{
	const uint8_t word[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
	                         (uint8_t)(value >> 8), (uint8_t)value};

	append(png, word, sizeof word);
}

static void append_chunk(struct br_buffer *png, const void *type, const void *data, size_t size)
{
	uint32_t crc = libdeflate_crc32(0, type, 4);

	append_be32(png, (uint32_t)size);
	append(png, type, 4);
	append(png, data, size);
	append_be32(png, size ? libdeflate_crc32(crc, data, size) : crc);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Rows, deflated, in chunks of `split` bytes. */
static void append_rows(struct br_buffer *png, struct bytes rows, size_t split)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(1);
	const size_t room = libdeflate_zlib_compress_bound(compressor, rows.size);
	uint8_t *data = malloc(room);

	check(compressor && data);
	const size_t size = libdeflate_zlib_compress(compressor, rows.data, rows.size, data, room);

	for (size_t at = 0; at < size; at += split)
		append_chunk(png, "IDAT", data + at, smaller(split, size - at));
	free(data);
	libdeflate_free_compressor(compressor);
}

/* Bytes of the rows that the header asks for, cut to what there is, or repeated where `pad`. */
static struct bytes rows_of(const uint8_t header[13], struct bytes rest, bool pad, uint8_t **memory)
{
	static const unsigned channels[] = {1, 1, 3, 1, 2, 1, 4, 1};
	const uint64_t row =
	    (be32(header) * (uint64_t)channels[header[9] & 7] * header[8] + 7) / 8 + 1;
	const uint64_t size = row * be32(header + 4);

	*memory = NULL;
	if (!pad || !rest.size || be32(header + 4) > 4096 || row > 1 << 16 || size > 1 << 18 ||
	    rest.size >= size)
		return rest;
	*memory = malloc((size_t)size);
	check(*memory != NULL);
	for (size_t i = 0; i < size; i++)
		(*memory)[i] = (uint8_t)(i % row ? rest.data[i % rest.size]
		                                 : rest.data[i / row % rest.size] % 6U);
	return (struct bytes){*memory, (size_t)size};
}

/* After 'Z': how many bytes an IDAT has, how many chunks, IHDR's data; chunks of four bytes of
 * type, a byte of length and data; rows. */
static void make_png(struct br_buffer *png, struct bytes input)
{
	uint8_t header[13], *memory;
	size_t at = 16, chunks;
	struct bytes rows;

	if (input.size < 16)
		return;
	memcpy(header, input.data + 3, 13);
	/* sides of one or two bytes: others are the plain inputs' business */
	header[0] = header[1] = header[4] = header[5] = 0;
	append(png, "\x89PNG\r\n\x1a\n", 8);
	append_chunk(png, "IHDR", header, sizeof header);
	for (chunks = input.data[2] & 7; chunks && bytes_have(input, at, 5); chunks--) {
		const size_t size = smaller(3 * (size_t)input.data[at + 4], input.size - at - 5);

		append_chunk(png, input.data + at, input.data + at + 5, size);
		at += 5 + size;
	}
	rows = rows_of(header, (struct bytes){input.data + at, input.size - at}, input.data[2] & 8,
	               &memory);
	append_rows(png, rows, 1 + input.data[1] * 16U);
	append_chunk(png, "IEND", NULL, 0);
	free(memory);
}

/* --- libpng -------------------------------------------------------------------------- */

static void read_input(png_structp png, png_bytep out, png_size_t size)
{
	struct bytes *input = png_get_io_ptr(png);

	if (size > input->size)
		png_error(png, "not enough data");
	memcpy(out, input->data, size);
	*input = (struct bytes){input->data + size, input->size - size};
}

static void be_silent(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void give_up(png_structp png, png_const_charp text)
{
	(void)text;
	longjmp(png_jmpbuf(png), 1);
}

/* How far libpng came. What it refuses of a header, png_reader is not asked about. */
enum stage { HEADER, ROWS, DONE };

struct reading {
	const struct png_info *ours;
	const uint8_t *pixels;
	uint8_t *row;
	enum stage stage;
};

/* As libvips 8.14 has it. */
static void transform(png_structp png, png_infop info)
{
	const unsigned colour = png_get_color_type(png, info), bits = png_get_bit_depth(png, info);

	if (colour == PNG_COLOR_TYPE_PALETTE)
		png_set_palette_to_rgb(png);
	if (png_get_valid(png, info, PNG_INFO_tRNS))
		png_set_tRNS_to_alpha(png);
	if (colour == PNG_COLOR_TYPE_GRAY && bits < 8)
		png_set_expand_gray_1_2_4_to_8(png);
	if (bits > 8)
		png_set_swap(png);
	png_read_update_info(png, info);
}

static void compare(png_structp png, png_infop info, struct reading *reading)
{
	const struct png_info *ours = reading->ours;

	png_read_info(png, info);
	transform(png, info);
	reading->stage = ROWS;
	check(png_get_image_width(png, info) == ours->width);
	check(png_get_image_height(png, info) == ours->height);
	check(png_get_channels(png, info) == ours->bands);
	check(png_get_bit_depth(png, info) == ours->bits);
	check(png_get_rowbytes(png, info) == ours->line_bytes);
	for (size_t y = 0; y < ours->height; y++) {
		png_read_row(png, reading->row, NULL);
		check(!memcmp(reading->row, reading->pixels + y * ours->line_bytes,
		              ours->line_bytes));
	}
	reading->stage = DONE;
}

static enum stage by_libpng(struct bytes input, const struct png_info *ours, const uint8_t *pixels)
{
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, be_silent);
	png_infop info = png_create_info_struct(png);
	/* in memory of its own: it is looked at after longjmp() */
	struct reading *reading = malloc(sizeof *reading);
	enum stage stage;

	check(png && info && reading);
	*reading = (struct reading){ours, pixels, malloc(ours->line_bytes), HEADER};
	check(reading->row != NULL);
	png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
#ifdef PNG_IGNORE_ADLER32 /* not in every build: Debian 13's has none */
	png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
#endif
	png_set_user_limits(png, 10000000, 10000000);
	png_set_read_fn(png, &input, read_input);
	if (setjmp(png_jmpbuf(png)) == 0)
		compare(png, info, reading);
	png_destroy_read_struct(&png, &info, NULL);
	stage = reading->stage;
	free(reading->row);
	free(reading);
	return stage;
}

/* --- our reader ---------------------------------------------------------------------- */

/* Where they lie, a few at a time. */
static void check_rows(struct png_reader *reader, const struct png_info *info, const uint8_t *whole)
{
	size_t stride;
	const uint8_t *rows = png_reader_rows(reader, &stride);

	for (uint32_t end = 0; end < info->height;) {
		end += 1 + end % 5 < info->height - end ? 1 + end % 5 : info->height - end;
		png_reader_make(reader, end);
		check(!memcmp(rows + (end - 1) * stride, whole + (end - 1) * info->line_bytes,
		              info->line_bytes));
	}
	for (uint32_t y = 0; y < info->height; y++)
		check(!memcmp(rows + y * stride, whole + y * info->line_bytes, info->line_bytes));
}

/* In pieces: what is right to the end is what is unpacked in one; NULL: that was declined, and this
 * must be too. */
static void check_pieces(struct png_reader *reader, const struct png_info *info,
                         const uint8_t *whole)
{
	uint8_t line[4096];
	bool same = true;

	if (info->line_bytes > sizeof line)
		return;
	check(png_reader_begin(reader));
	for (size_t y = 0; y < info->height; y++) {
		png_reader_next_row(reader, line);
		same =
		    same && whole && !memcmp(line, whole + y * info->line_bytes, info->line_bytes);
	}
	check(same || !png_reader_finish(reader));
}

/* NULL where it declines. */
static uint8_t *by_us(struct png_reader *reader, struct bytes input, struct png_info *info)
{
	uint8_t *whole, line[4096];

	if (png_reader_open(reader, input, MEMORY_MAX, info) ||
	    (uint64_t)info->width * info->height > PIXELS_MAX)
		return NULL;
	if (png_reader_unpack(reader)) {
		check(!png_reader_open(reader, input, MEMORY_MAX, info));
		check_pieces(reader, info, NULL);
		return NULL;
	}
	whole = png_reader_whole(reader);
	check(whole != NULL);
	if (info->line_bytes > sizeof line)
		return whole;
	check(!png_reader_open(reader, input, MEMORY_MAX, info));
	check_pieces(reader, info, whole);
	check(!png_reader_open(reader, input, MEMORY_MAX, info) && !png_reader_unpack(reader));
	if (info->as_stored) {
		check_rows(reader, info, whole);
		check(!png_reader_open(reader, input, MEMORY_MAX, info) &&
		      !png_reader_unpack(reader));
	}
	for (size_t y = 0; y < info->height; y++) {
		png_reader_next_row(reader, line);
		check(!memcmp(line, whole + y * info->line_bytes, info->line_bytes));
	}
	return whole;
}

static void write_again(struct png_reader *reader, const struct png_info *info,
                        const uint8_t *pixels)
{
	const struct png_picture picture = {.width = info->width,
	                                    .height = info->height,
	                                    .channels = info->bands,
	                                    .bits = info->bits,
	                                    .pixels = pixels,
	                                    .stride = info->line_bytes};
	struct br_buffer png = BR_BUFFER_HEAP;
	struct png_info again;
	uint8_t *back;

	check(!png_writer_write(&picture, (enum png_filtering)(info->height % 6),
	                        1 + info->width % 3, &png));
	back = by_us(reader, (struct bytes){png.data, png.size}, &again);
	check(back && again.width == info->width && again.bands == info->bands &&
	      again.bits == info->bits);
	check(!memcmp(back, pixels, info->line_bytes * info->height));
	check(by_libpng((struct bytes){png.data, png.size}, info, pixels) == DONE);
	free(back);
	br_buffer_release(&png);
}

static void copy(struct png_reader *reader, struct bytes input, const struct png_info *info,
                 const uint8_t *pixels, enum stage stage)
{
	struct br_buffer png = BR_BUFFER_HEAP;
	struct png_info again;
	uint8_t *back;

	check(!png_copy(input, SIZE_MAX, &png));
	if (png.size) {
		check(png.size <= input.size + 12); /* IEND may have been missing */
		back = by_us(reader, (struct bytes){png.data, png.size}, &again);
		check(back && again.bands == info->bands && again.bits == info->bits);
		check(!memcmp(back, pixels, info->line_bytes * info->height));
		check(stage != DONE ||
		      by_libpng((struct bytes){png.data, png.size}, info, pixels) == DONE);
		free(back);
	}
	br_buffer_release(&png);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Reused from input to input, as a worker may: a picture must not spoil the next. */
	static struct png_reader *reader;
	struct br_buffer png = BR_BUFFER_HEAP;
	struct bytes input = {data, size};
	struct png_info info;
	uint8_t *pixels;

	if (!reader)
		reader = png_reader_new();
	check(reader != NULL);
	if (size && data[0] == 'Z') {
		make_png(&png, input);
		input = (struct bytes){png.data, png.size};
	}
	pixels = by_us(reader, input, &info);
	if (pixels) {
		const enum stage stage = by_libpng(input, &info, pixels);

		check(stage != ROWS);
		copy(reader, input, &info, pixels, stage);
		write_again(reader, &info, pixels);
	}
	free(pixels);
	br_buffer_release(&png);
	return 0;
}
