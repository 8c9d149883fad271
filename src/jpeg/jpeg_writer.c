/* jpeg_writer.c - see jpeg_writer.h. */
#include "jpeg/jpeg_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/jpeg_code.h"
#include "jpeg/jpeg_kernels.h"
#include "jpeg/jpeg_layout.h"
#include "jpeg/jpeg_natural.h"

#define BLOCK_COEFS 64

/* Tables: means and others, of Y and of Cb and Cr. */
enum { MEANS, OTHERS, TABLES_EACH };
enum { TABLES = 2 * TABLES_EACH };

/* What is written for a coefficient: its value's bits (bits 0..15), the symbol (16..23), whose
 * lower half says how many these are, and the table (24..25). */
typedef uint32_t token;

/* Of a block at most: each coefficient one, and the end. */
#define BLOCK_TOKENS (BLOCK_COEFS + 1)

/* A token is at most 16 bits of code and 16 of value, and every byte of 0xff is followed by
 * another. */
#define TOKEN_BYTES 8

struct jpeg_writer {
	token *token;
	size_t tokens, capacity;
	uint32_t count[TABLES][256]; /* how often each symbol of a table occurs */
	struct jpeg_code code[TABLES];
	struct jpeg_quantiser quantiser[2];
	jpeg_fdct *fdct;
	int mean[JPEG_WRITER_COMPONENTS]; /* of the last block */
};

struct jpeg_writer *jpeg_writer_new(void)
{
	struct jpeg_writer *writer = calloc(1, sizeof(*writer));

	if (writer)
		writer->fdct = jpeg_kernels(0)->fdct;
	return writer;
}

void jpeg_writer_free(struct jpeg_writer *writer)
{
	if (!writer)
		return;
	free(writer->token);
	free(writer);
}

void jpeg_writer_trim(struct jpeg_writer *writer, size_t keep)
{
	if (writer->capacity * sizeof(*writer->token) <= keep)
		return;
	free(writer->token);
	writer->token = NULL;
	writer->capacity = 0;
}

/* --- coefficients to symbols -------------------------------------------------------------- */

static inline void put(struct jpeg_writer *writer, unsigned table, unsigned symbol, unsigned bits)
{
	writer->token[writer->tokens++] = table << 24 | symbol << 16 | bits;
	writer->count[table][symbol]++;
}

/* Bits of a magnitude. */
static inline unsigned size_of(unsigned magnitude)
{
	return magnitude ? 32 - (unsigned)__builtin_clz(magnitude) : 0;
}

/* A value's bits: of a negative one those of one less (T.81, F.1.2.1). */
static inline unsigned bits_of(int value, unsigned size)
{
	return (unsigned)(value - (value < 0)) & ((1U << size) - 1);
}

static inline void put_mean(struct jpeg_writer *writer, unsigned table, int difference)
{
	const unsigned size = size_of((unsigned)abs(difference));

	put(writer, table + MEANS, size, bits_of(difference, size));
}

/* The set of coefficients in the order in which they are written. */
static inline uint64_t in_order(uint64_t natural)
{
	uint64_t order = 0;

	for (; natural; natural &= natural - 1)
		order |= UINT64_C(1) << jpeg_place[__builtin_ctzll(natural)];
	return order;
}

static void put_block(struct jpeg_writer *writer, unsigned table, const int16_t *coef,
                      uint64_t nonzero)
{
	unsigned last = 0;

	table += OTHERS;
	for (uint64_t left = in_order(nonzero & ~UINT64_C(1)); left; left &= left - 1) {
		const unsigned k = (unsigned)__builtin_ctzll(left);
		const int value = coef[jpeg_natural[k]];
		const unsigned size = size_of((unsigned)abs(value));
		unsigned zeros = k - last - 1;

		for (; zeros > 15; zeros -= 16)
			put(writer, table, 0xf0, 0);
		put(writer, table, zeros << 4 | size, bits_of(value, size));
		last = k;
	}
	if (last < BLOCK_COEFS - 1)
		put(writer, table, 0, 0);
}

static bool reserve_tokens(struct jpeg_writer *writer, size_t more)
{
	size_t wanted = writer->tokens + more;
	token *bigger;

	if (wanted <= writer->capacity)
		return true;
	wanted += wanted / 4;
	bigger = realloc(writer->token, wanted * sizeof(*bigger));
	if (!bigger)
		return false;
	writer->token = bigger;
	writer->capacity = wanted;
	return true;
}

/* One component's part of an MCU. */
struct part {
	unsigned index, table; /* which component; its tables' first */
	uint32_t h, v;         /* blocks */
	uint32_t across, down; /* blocks of the picture */
};

/* A block of samples, or one up to a whole MCU, which repeats the last one's mean. */
static void encode_block(struct jpeg_writer *writer, const struct jpeg_writer_picture *picture,
                         const struct part *part, uint32_t x, uint32_t y)
{
	const struct jpeg_writer_plane *plane = &picture->plane[part->index];
	int16_t coef[BLOCK_COEFS];
	uint64_t nonzero;

	if (x >= part->across || y >= part->down) {
		put_mean(writer, part->table, 0);
		put(writer, part->table + OTHERS, 0, 0);
		return;
	}
	if (picture->fill)
		y %= part->v;
	nonzero = writer->fdct(plane->data + (size_t)y * 8 * plane->stride + (size_t)x * 8,
	                       plane->stride, &writer->quantiser[part->index > 0], coef);
	put_mean(writer, part->table, coef[0] - writer->mean[part->index]);
	writer->mean[part->index] = coef[0];
	put_block(writer, part->table, coef, nonzero);
}

static void encode_mcu(struct jpeg_writer *writer, const struct jpeg_writer_picture *picture,
                       const struct part *part, uint32_t across, uint32_t down)
{
	for (unsigned c = 0; c < picture->components; c++)
		for (uint32_t y = 0; y < part[c].v; y++)
			for (uint32_t x = 0; x < part[c].h; x++)
				encode_block(writer, picture, &part[c], across * part[c].h + x,
				             down * part[c].v + y);
}

/* One line of MCUs. */
static int encode_line(struct jpeg_writer *writer, const struct jpeg_writer_picture *picture,
                       const struct part *part, uint32_t mcus, uint32_t line)
{
	const size_t blocks = (size_t)mcus * (picture->h * picture->v + picture->components - 1);
	int status = 0;

	if (!reserve_tokens(writer, blocks * BLOCK_TOKENS))
		return -ENOMEM;
	if (picture->fill)
		status = picture->fill(picture->context, line);
	for (uint32_t x = 0; x < mcus && !status; x++)
		encode_mcu(writer, picture, part, x, line);
	return status;
}

static int make_tokens(struct jpeg_writer *writer, const struct jpeg_writer_picture *picture)
{
	const uint32_t mcus = jpeg_ceil(picture->width, 8 * picture->h);
	const uint32_t lines = jpeg_ceil(picture->height, 8 * picture->v);
	const struct part chroma = {
	    .table = TABLES_EACH, .h = 1, .v = 1, .across = mcus, .down = lines};
	struct part part[JPEG_WRITER_COMPONENTS] = {{.h = picture->h,
	                                             .v = picture->v,
	                                             .across = jpeg_ceil(picture->width, 8),
	                                             .down = jpeg_ceil(picture->height, 8)},
	                                            chroma,
	                                            chroma};
	int status = 0;

	part[1].index = 1;
	part[2].index = 2;
	writer->tokens = 0;
	memset(writer->count, 0, sizeof(writer->count));
	memset(writer->mean, 0, sizeof(writer->mean));
	for (uint32_t y = 0; y < lines && !status; y++)
		status = encode_line(writer, picture, part, mcus, y);
	return status;
}

/* --- symbols to bits ------------------------------------------------------------------------ */

struct bits {
	uint64_t hold;  /* bits that wait, from the lowest up */
	unsigned count; /* of them, below 32 between tokens */
	unsigned char *to;
};

/* Eight bits are taken off, and a zero follows what might be taken for a marker. */
static inline void put_byte(struct bits *bits)
{
	const unsigned char byte = (unsigned char)(bits->hold >> (bits->count - 8));

	bits->count -= 8;
	*bits->to++ = byte;
	if (byte == 0xff)
		*bits->to++ = 0;
}

/* Whether one of the bytes is 0xff: it is 0 in the complement, and the difference borrows from it.
 */
static inline bool has_ff(uint32_t word)
{
	return (~word - UINT32_C(0x01010101)) & word & UINT32_C(0x80808080);
}

static inline void put_bits(struct bits *bits, uint32_t value, unsigned count)
{
	bits->hold = bits->hold << count | value;
	bits->count += count;
	if (bits->count < 32)
		return;
	const uint32_t word = (uint32_t)(bits->hold >> (bits->count - 32));

	if (has_ff(word)) {
		while (bits->count >= 8)
			put_byte(bits);
		return;
	}
	bits->to[0] = (unsigned char)(word >> 24);
	bits->to[1] = (unsigned char)(word >> 16);
	bits->to[2] = (unsigned char)(word >> 8);
	bits->to[3] = (unsigned char)word;
	bits->to += 4;
	bits->count -= 32;
}

/* The last byte is filled up with ones (T.81, F.1.2.3). */
static void flush(struct bits *bits)
{
	put_bits(bits, 0x7f, 7);
	while (bits->count >= 8)
		put_byte(bits);
}

/* Tokens for which room is made at once. */
#define ROOM_TOKENS ((size_t)8 << 10)

static int write_tokens(const struct jpeg_writer *writer, struct br_buffer *out)
{
	struct bits bits = {0};

	for (size_t i = 0; i < writer->tokens;) {
		const size_t left = writer->tokens - i;
		const size_t end = i + (left < ROOM_TOKENS ? left : ROOM_TOKENS);
		const int status = br_buffer_reserve(out, out->size + (end - i + 2) * TOKEN_BYTES);

		if (status)
			return status;
		bits.to = out->data + out->size;
		for (; i < end; i++) {
			const token t = writer->token[i];
			const struct jpeg_code *code = &writer->code[t >> 24];
			const unsigned symbol = t >> 16 & 255, size = symbol & 15;

			put_bits(&bits, (uint32_t)code->code[symbol] << size | (t & 0xffff),
			         code->length[symbol] + size);
		}
		if (i == writer->tokens)
			flush(&bits);
		out->size = (size_t)(bits.to - out->data);
	}
	return 0;
}

/* --- the header ------------------------------------------------------------------------------ */

/* Bytes of all that stands before the data except the caller's markers: at most four Huffman tables
 * of 256 symbols, two quantisation tables, and less than a hundred others. */
#define HEADER_MAX 2048

static unsigned char *put_table(unsigned char *p, unsigned number, const uint16_t *quant)
{
	const unsigned char head[5] = {0xff, 0xdb, 0, 67, (unsigned char)number};

	memcpy(p, head, sizeof(head));
	for (unsigned k = 0; k < BLOCK_COEFS; k++)
		p[5 + k] = (unsigned char)quant[jpeg_natural[k]];
	return p + 5 + BLOCK_COEFS;
}

static unsigned char *put_code(unsigned char *p, unsigned kind, const struct jpeg_code *code)
{
	const unsigned size = 2 + 1 + 16 + code->symbols;
	const unsigned char head[5] = {0xff, 0xc4, (unsigned char)(size >> 8), (unsigned char)size,
	                               (unsigned char)kind};

	memcpy(p, head, sizeof(head));
	memcpy(p + 5, code->lengths + 1, 16);
	memcpy(p + 21, code->symbol, code->symbols);
	return p + 21 + code->symbols;
}

static unsigned char *put_frame(unsigned char *p, const struct jpeg_writer_picture *picture)
{
	const unsigned components = picture->components;
	const unsigned char head[] = {0xff,
	                              0xc0,
	                              0,
	                              (unsigned char)(8 + 3 * components),
	                              8,
	                              (unsigned char)(picture->height >> 8),
	                              (unsigned char)picture->height,
	                              (unsigned char)(picture->width >> 8),
	                              (unsigned char)picture->width,
	                              (unsigned char)components};

	memcpy(p, head, sizeof(head));
	p += sizeof(head);
	for (unsigned c = 0; c < components; c++) {
		*p++ = (unsigned char)(c + 1);
		*p++ = (unsigned char)(c ? 0x11 : picture->h << 4 | picture->v);
		*p++ = c > 0;
	}
	return p;
}

static unsigned char *put_scan(unsigned char *p, unsigned components)
{
	const unsigned char head[] = {0xff, 0xda, 0, (unsigned char)(6 + 2 * components),
	                              (unsigned char)components};
	static const unsigned char tail[] = {0, BLOCK_COEFS - 1, 0};

	memcpy(p, head, sizeof(head));
	p += sizeof(head);
	for (unsigned c = 0; c < components; c++) {
		*p++ = (unsigned char)(c + 1);
		*p++ = c ? 0x11 : 0x00;
	}
	memcpy(p, tail, sizeof(tail));
	return p + sizeof(tail);
}

static int write_header(const struct jpeg_writer *writer, const struct jpeg_writer_picture *picture,
                        struct br_buffer *out)
{
	/* JFIF 1.01, density of no unit, no thumbnail: what libjpeg writes */
	static const unsigned char start[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F',
	                                      0,    1,    1,    0,    0, 1,  0,   1,   0,   0};
	const size_t started = picture->by_libjpeg ? 2 : sizeof(start);
	const bool gray = picture->components == 1;
	unsigned char *p;
	int status = br_buffer_reserve(out, out->size + HEADER_MAX + picture->markers.size);

	if (status)
		return status;
	p = out->data + out->size;
	memcpy(p, start, started);
	p += started;
	if (picture->markers.size)
		memcpy(p, picture->markers.data, picture->markers.size);
	p += picture->markers.size;
	p = put_table(p, 0, picture->luma);
	if (!gray)
		p = put_table(p, 1, picture->chroma);
	p = put_frame(p, picture);
	for (unsigned table = 0; table < (gray ? TABLES_EACH : TABLES); table++) {
		p = put_code(p, (table % TABLES_EACH) << 4 | table / TABLES_EACH,
		             &writer->code[table]);
	}
	p = put_scan(p, picture->components);
	out->size = (size_t)(p - out->data);
	return 0;
}

int jpeg_writer_write(struct jpeg_writer *writer, const struct jpeg_writer_picture *picture,
                      struct br_buffer *out)
{
	static const unsigned char end[] = {0xff, 0xd9};
	const size_t size = out->size;
	int status;

	jpeg_quantiser_make(&writer->quantiser[0], picture->luma);
	jpeg_quantiser_make(&writer->quantiser[1], picture->chroma);
	status = make_tokens(writer, picture);
	for (unsigned table = 0; table < TABLES && !status; table++)
		jpeg_code_make(&writer->code[table], writer->count[table], picture->by_libjpeg);
	if (!status)
		status = write_header(writer, picture, out);
	if (!status)
		status = write_tokens(writer, out);
	if (!status)
		status = br_buffer_append(out, end, sizeof(end));
	if (status)
		out->size = size;
	return status;
}
