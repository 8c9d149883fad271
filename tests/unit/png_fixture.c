/* png_fixture.c - see png_fixture.h. */
#include "png_fixture.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>
#include <png.h>

#include "png/png_reader.h"

uint32_t png_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void append(struct br_buffer *png, const void *data, size_t size)
{
	if (size && br_buffer_append(png, data, size))
		abort();
}

void png_forge_chunk(struct br_buffer *png, const char *type, const void *data, size_t size)
{
	uint8_t word[4];
	uint32_t crc = libdeflate_crc32(0, type, 4);

	put_be32(word, (uint32_t)size);
	append(png, word, 4);
	append(png, type, 4);
	append(png, data, size);
	if (size)
		crc = libdeflate_crc32(crc, data, size);
	put_be32(word, crc);
	append(png, word, 4);
}

void png_forge_signature(struct br_buffer *png)
{
	append(png, "\x89PNG\r\n\x1a\n", 8);
}

void png_forge_header(struct br_buffer *png, const struct forge *forge, unsigned interlace)
{
	uint8_t header[13] = {0};

	put_be32(header, forge->width);
	put_be32(header + 4, forge->height);
	header[8] = (uint8_t)forge->bits;
	header[9] = (uint8_t)forge->colour;
	header[12] = (uint8_t)interlace;
	png_forge_chunk(png, "IHDR", header, sizeof header);
}

static void forge_random(struct br_buffer *png, const char *type, size_t size, uint32_t *seed)
{
	uint8_t *data = malloc(size);

	if (!data)
		abort();
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(png_random(seed) >> 8);
	png_forge_chunk(png, type, data, size);
	free(data);
}

uint8_t *png_forge_rows(const struct forge *forge, size_t *size)
{
	static const unsigned channels[7] = {1, 0, 3, 1, 2, 0, 4};
	const size_t row =
	    ((size_t)forge->width * channels[forge->colour] * forge->bits + 7) / 8 + 1;
	uint32_t seed = forge->seed * 2654435761U + 1;
	uint8_t *rows = malloc(row * forge->height);

	if (!rows)
		abort();
	*size = row * forge->height;
	/* with a key there are few values, so that it is met */
	for (size_t i = 0; i < *size; i++) {
		const uint32_t value = png_random(&seed) >> 9;

		rows[i] = (uint8_t)(!forge->keys || forge->colour == 3 ? value
		                    : value & 7                        ? 0x11
		                                                       : 0);
	}
	for (size_t y = 0; y < forge->height; y++)
		rows[y * row] = (uint8_t)(forge->filter < 0 ? (png_random(&seed) >> 9) % 5
		                                            : (unsigned)forge->filter);
	return rows;
}

uint8_t *png_forge_deflate(const uint8_t *rows, size_t size, size_t *deflated)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
	const size_t room = libdeflate_zlib_compress_bound(compressor, size);
	uint8_t *out = malloc(room);

	if (!compressor || !out)
		abort();
	*deflated = libdeflate_zlib_compress(compressor, rows, size, out, room);
	libdeflate_free_compressor(compressor);
	return out;
}

static void forge_key(struct br_buffer *png, const struct forge *forge)
{
	/* bits beyond a sample's are to be ignored */
	static const uint8_t key[6] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11};

	png_forge_chunk(png, "tRNS", key, forge->keys);
}

void png_forge(struct br_buffer *png, const struct forge *forge)
{
	uint32_t seed = forge->seed * 747796405U + 1;
	size_t size, deflated, at = 0;
	uint8_t *rows = png_forge_rows(forge, &size);
	uint8_t *data = png_forge_deflate(rows, size, &deflated);
	const size_t split = forge->split ? forge->split : deflated;

	png_forge_signature(png);
	png_forge_header(png, forge, 0);
	if (forge->colour == 3)
		forge_random(png, "PLTE",
		             3 * (size_t)(forge->entries ? forge->entries : 1U << forge->bits),
		             &seed);
	if (forge->keys && forge->colour == 3)
		forge_random(png, "tRNS", forge->keys, &seed);
	else if (forge->keys)
		forge_key(png, forge);
	for (; at < deflated; at += split)
		png_forge_chunk(png, "IDAT", data + at,
		                deflated - at < split ? deflated - at : split);
	png_forge_chunk(png, "IEND", NULL, 0);
	free(rows);
	free(data);
}

/* --- reading ------------------------------------------------------------------------- */

struct input {
	const uint8_t *data;
	size_t size;
};

static void read_input(png_structp png, png_bytep out, png_size_t size)
{
	struct input *input = png_get_io_ptr(png);

	if (size > input->size)
		png_error(png, "not enough data");
	memcpy(out, input->data, size);
	input->data += size;
	input->size -= size;
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

/* What libvips 8.14 sets: foreign/vipspng.c, read_new() and png2vips_header(). */
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
	(void)png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

static void read_picture(png_structp png, png_infop info, struct png_pixels *picture)
{
	png_read_info(png, info);
	transform(png, info);
	picture->width = png_get_image_width(png, info);
	picture->height = png_get_image_height(png, info);
	picture->bands = png_get_channels(png, info);
	picture->bits = png_get_bit_depth(png, info);
	picture->line_bytes = png_get_rowbytes(png, info);
	if ((uint64_t)picture->line_bytes * picture->height > 1 << 26)
		return;
	picture->pixels = malloc(picture->line_bytes * picture->height);
	for (size_t y = 0; y < picture->height && picture->pixels; y++)
		png_read_row(png, picture->pixels + y * picture->line_bytes, NULL);
}

struct png_pixels png_by_libpng(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	/* in memory of their own: they are looked at after longjmp() */
	struct png_pixels *picture = calloc(1, sizeof *picture), result;
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, be_silent);
	png_infop info = png_create_info_struct(png);

	if (!picture || !png || !info)
		abort();
	png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
#ifdef PNG_IGNORE_ADLER32 /* not in every build: Debian 13's has none */
	png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
#endif
	png_set_user_limits(png, 10000000, 10000000);
	png_set_read_fn(png, &input, read_input);
	if (setjmp(png_jmpbuf(png)) == 0)
		read_picture(png, info, picture);
	else
		picture_release(picture);
	png_destroy_read_struct(&png, &info, NULL);
	result = *picture;
	free(picture);
	return result;
}

static uint8_t *rows_of(struct png_reader *reader, const struct png_info *info)
{
	uint8_t *pixels = malloc(info->line_bytes * info->height);

	for (size_t y = 0; y < info->height && pixels; y++)
		png_reader_next_row(reader, pixels + y * info->line_bytes);
	return pixels;
}

void picture_release(struct png_pixels *picture)
{
	free(picture->pixels);
	picture->pixels = NULL;
}

struct png_pixels png_by_us(const uint8_t *data, size_t size, enum png_manner manner)
{
	struct png_reader *reader = png_reader_new();
	struct png_pixels picture = {0};
	struct png_info info;

	if (!reader)
		abort();
	if (png_reader_open(reader, (struct bytes){data, size}, 1 << 26, &info) ==
	        PNG_DECLINE_NONE &&
	    (manner == PNG_PIECES ? png_reader_begin(reader)
	                          : png_reader_unpack(reader) == PNG_DECLINE_NONE)) {
		picture = (struct png_pixels){.width = info.width,
		                              .height = info.height,
		                              .bands = info.bands,
		                              .bits = info.bits,
		                              .line_bytes = info.line_bytes};
		picture.pixels =
		    manner == PNG_WHOLE ? png_reader_whole(reader) : rows_of(reader, &info);
		if (manner == PNG_PIECES && !png_reader_finish(reader))
			picture_release(&picture);
	}
	png_reader_free(reader);
	return picture;
}

bool picture_equal(const struct png_pixels *a, const struct png_pixels *b)
{
	return a->pixels && b->pixels && a->width == b->width && a->height == b->height &&
	       a->bands == b->bands && a->bits == b->bits && a->line_bytes == b->line_bytes &&
	       !memcmp(a->pixels, b->pixels, a->line_bytes * a->height);
}
