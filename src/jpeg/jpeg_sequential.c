/* jpeg_sequential.c - sequential pictures: decoded and transformed block by block. */
#include "jpeg/jpeg_reader_private.h"

#include <string.h>

/* The coefficients after the mean, into a block of zeros. Returns how many may be other than 0, the
 * mean included, or 0 if the data are out of order. */
static inline unsigned read_block(struct jpeg_bits *bits, const struct jpeg_huffman *table,
                                  int16_t *block)
{
	unsigned k = 1, end = 1;

	while (k < BLOCK_COEFS) {
		uint32_t entry;

		jpeg_bits_fill(bits);
		entry = jpeg_huffman_look(table, bits);
		if (!entry)
			return 0;
		k += jpeg_huffman_zeros(entry);
		if (jpeg_huffman_is_bare(entry)) {
			jpeg_bits_drop(bits, entry & 31);
			if (jpeg_huffman_zeros(entry) != 15)
				break;
			k++;
			continue;
		}
		block[jpeg_natural[k++]] = (int16_t)jpeg_huffman_take(bits, entry);
		end = k;
	}
	return k <= BLOCK_COEFS ? end : 0;
}

/* Reads over them. */
static inline bool pass_block(struct jpeg_bits *bits, const struct jpeg_huffman *table)
{
	unsigned k = 1;

	while (k < BLOCK_COEFS) {
		uint32_t entry;

		jpeg_bits_fill(bits);
		entry = jpeg_huffman_look(table, bits);
		if (!entry)
			return false;
		jpeg_bits_drop(bits, entry & 31);
		if (jpeg_huffman_is_bare(entry) && jpeg_huffman_zeros(entry) != 15)
			return true;
		k += jpeg_huffman_zeros(entry) + 1;
	}
	return k <= BLOCK_COEFS;
}

/* Decodes a block of the scan's component i; out is NULL if the picture has no part in it. */
static inline bool decode_block(struct jpeg_reader *reader, unsigned i, uint8_t *out, size_t stride)
{
	const struct reader_scan *scan = &reader->scan;
	const struct reader_component *component = &reader->component[scan->index[i]];
	const struct jpeg_huffman *ac = &reader->ac[scan->ac[i]];
	struct jpeg_bits bits;
	int16_t block[BLOCK_COEFS];
	unsigned count = 1;

	if (!reader_has_block(reader))
		return false;
	bits = reader->bits;
	if (!reader_mean(&bits, &reader->dc[scan->dc[i]], &reader->pred[i]))
		return false;
	if (component->size == 1) {
		if (!pass_block(&bits, ac))
			return false;
	} else {
		memset(block, 0, sizeof(block));
		block[0] = (int16_t)reader->pred[i];
		count = read_block(&bits, ac, block);
	}
	reader->bits = bits;
	if (!count || !out)
		return count;
	if (count == 1)
		jpeg_idct_flat(reader->pred[i], component->quant[0], component->size, out, stride);
	else if (count <= JPEG_IDCT_FEW)
		component->idct_few(block, component->quant, out, stride);
	else
		component->idct(block, component->quant, out, stride);
	return true;
}

/* Whether the block is one of the picture's, and not one of those up to whole MCUs. */
static inline bool is_seen(const struct jpeg_reader *reader,
                           const struct reader_component *component, uint32_t across, uint32_t line)
{
	return across < component->across && reader->band * component->v + line < component->down;
}

/* The blocks of one component in an MCU. */
static bool decode_blocks(struct jpeg_reader *reader, unsigned i, uint32_t mcu, uint8_t *plane,
                          size_t stride)
{
	const struct reader_component *component = &reader->component[reader->scan.index[i]];
	const size_t size = component->size;

	for (uint32_t y = 0; y < component->v; y++)
		for (uint32_t x = 0; x < component->h; x++) {
			const uint32_t across = mcu * component->h + x;
			uint8_t *out = is_seen(reader, component, across, y)
			                   ? plane + y * size * stride + across * size
			                   : NULL;

			if (!decode_block(reader, i, out, stride))
				return false;
		}
	return true;
}

/* A picture of one component comes block after block, whatever its sampling factors. */
static bool decode_lines(struct jpeg_reader *reader, uint8_t *plane, size_t stride)
{
	const struct reader_component *component = &reader->component[reader->scan.index[0]];
	const size_t size = component->size;

	for (uint32_t y = 0; y < component->v && is_seen(reader, component, 0, y); y++)
		for (uint32_t x = 0; x < component->across; x++)
			if (!reader_mcu(reader) ||
			    !decode_block(reader, 0, plane + y * size * stride + x * size, stride))
				return false;
	return true;
}

bool reader_sequential_band(struct jpeg_reader *reader,
                            uint8_t *const plane[JPEG_READER_COMPONENTS],
                            const size_t stride[JPEG_READER_COMPONENTS])
{
	const struct reader_scan *scan = &reader->scan;

	if (scan->components == 1)
		return decode_lines(reader, plane[scan->index[0]], stride[scan->index[0]]);
	for (uint32_t mcu = 0; mcu < reader->mcus_across; mcu++) {
		if (!reader_mcu(reader))
			return false;
		for (unsigned i = 0; i < scan->components; i++)
			if (!decode_blocks(reader, i, mcu, plane[scan->index[i]],
			                   stride[scan->index[i]]))
				return false;
	}
	return true;
}
