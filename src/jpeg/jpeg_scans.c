/* jpeg_scans.c - what stands between the scans of a progressive picture: markers, tables, and the
 * order in which scans may come. */
#include "jpeg/jpeg_reader_private.h"

#include <string.h>

#include "probe/jpeg_segments.h"

/* Huffman tables: class and number, lengths, symbols. */
static bool read_tables(struct jpeg_reader *reader, struct bytes content)
{
	size_t at = 0;

	while (bytes_have(content, at, 17)) {
		const uint8_t *p = content.data + at;
		const unsigned number = p[0] & 15;
		uint8_t symbol[256] = {0}, lengths[17] = {0};
		size_t count = 0;

		memcpy(lengths + 1, p + 1, 16);
		for (unsigned i = 1; i <= 16; i++)
			count += lengths[i];
		if (p[0] >> 4 > 1 || number >= NUM_HUFF_TBLS || count > sizeof(symbol) ||
		    !bytes_have(content, at + 17, count))
			return false;
		memcpy(symbol, p + 17, count);
		if (p[0] >> 4)
			reader->has_ac[number] =
			    jpeg_huffman_make(&reader->ac[number], lengths, symbol, false);
		else
			reader->has_dc[number] =
			    jpeg_huffman_make(&reader->dc[number], lengths, symbol, true);
		at += 17 + count;
	}
	return at == content.size;
}

/* Returns the frame's number of the component, or JPEG_READER_COMPONENTS. */
static unsigned find(const struct jpeg_reader *reader, uint8_t id)
{
	unsigned index = 0;

	while (index < reader->components && reader->component[index].id != id)
		index++;
	return index < reader->components ? index : JPEG_READER_COMPONENTS;
}

static bool read_scan(struct jpeg_reader *reader, struct bytes content)
{
	struct reader_scan *scan = &reader->scan;
	const uint8_t *p = content.data;

	if (content.size < 6 || p[0] < 1 || p[0] > reader->components ||
	    content.size != 4 + 2 * (size_t)p[0])
		return false;
	scan->components = p[0];
	for (unsigned i = 0; i < scan->components; i++) {
		const uint8_t *selector = p + 1 + (size_t)2 * i;

		scan->index[i] = find(reader, selector[0]);
		scan->dc[i] = selector[1] >> 4;
		scan->ac[i] = selector[1] & 15;
		if (scan->index[i] == JPEG_READER_COMPONENTS || scan->dc[i] >= NUM_HUFF_TBLS ||
		    scan->ac[i] >= NUM_HUFF_TBLS || (i && scan->index[i] <= scan->index[i - 1]))
			return false;
	}
	p += 1 + (size_t)2 * scan->components;
	scan->from = p[0];
	scan->to = p[1];
	scan->high = p[2] >> 4;
	scan->low = p[2] & 15;
	return true;
}

/* Whether the scan is one that may come now (T.81, G.1.1.1.1), and libjpeg has no word to say about
 * it. Notes what it brings. */
static bool is_next(struct jpeg_reader *reader)
{
	const struct reader_scan *scan = &reader->scan;

	if (scan->from > scan->to || scan->to >= BLOCK_COEFS || scan->low > 13 ||
	    (scan->from == 0 ? scan->to != 0 : scan->components != 1) ||
	    (scan->high && scan->low != scan->high - 1))
		return false;
	for (unsigned i = 0; i < scan->components; i++) {
		struct reader_component *component = &reader->component[scan->index[i]];

		if (scan->from == 0 ? !scan->high && !reader->has_dc[scan->dc[i]]
		                    : !reader->has_ac[scan->ac[i]] || component->left[0] < 0)
			return false;
		for (unsigned k = scan->from; k <= scan->to; k++) {
			if (scan->high ? component->left[k] != (int)scan->high
			               : component->left[k] >= 0)
				return false;
			component->left[k] = (int8_t)scan->low;
		}
	}
	return true;
}

/* Whether the scan brings nothing that is looked at. */
static bool is_needless(const struct jpeg_reader *reader)
{
	const struct reader_scan *scan = &reader->scan;

	return scan->from > 0 && !reader->component[scan->index[0]].coef;
}

/* The data of a scan that nobody looks at: up to the next marker that is no restart. Restarts must
 * count up: what else is wrong with such data is not seen. */
static bool pass_over(struct jpeg_reader *reader)
{
	const struct bytes bytes = reader->bytes;
	unsigned restart = 0;

	while (reader->at < bytes.size) {
		const uint8_t *ff = memchr(bytes.data + reader->at, 0xff, bytes.size - reader->at);

		if (!ff || ff + 1 == bytes.data + bytes.size)
			return false;
		reader->at = (size_t)(ff - bytes.data);
		if (ff[1] != 0 && (ff[1] < MARKER_RST0 || ff[1] > MARKER_RST7))
			return true;
		if (ff[1] != 0 && ff[1] != MARKER_RST0 + restart++ % 8)
			return false;
		reader->at += 2;
	}
	return false;
}

static bool run_scan(struct jpeg_reader *reader)
{
	if (!is_next(reader))
		return false;
	if (is_needless(reader))
		return pass_over(reader);
	return reader_scan_begin(reader) && reader_progressive_scan(reader) &&
	       reader_data_end(reader);
}

/* One marker after a scan; the content is that of its segment. Libjpeg looks into the markers APP0
 * and APP14, and may not like what it sees. */
static bool run_marker(struct jpeg_reader *reader, unsigned marker, struct bytes content)
{
	switch (marker) {
	case MARKER_DHT:
		return read_tables(reader, content);
	case MARKER_DRI:
		reader->restart = content.size == 2 ? be16(content.data) : 0;
		return content.size == 2;
	case MARKER_SOS:
		return read_scan(reader, content) && run_scan(reader);
	default:
		return marker == MARKER_COM || (marker >= MARKER_APP1 && marker <= MARKER_APP13) ||
		       marker == MARKER_APP15;
	}
}

/* Where coefficients near the mean are missing libjpeg guesses them from their neighbours (ten of
 * them at most: jdcoefct.c). */
static bool is_complete(const struct jpeg_reader *reader)
{
	for (unsigned c = 0; c < reader->components; c++)
		for (unsigned k = 0; k < 10; k++)
			if (reader->component[c].left[k] != 0)
				return false;
	return true;
}

bool reader_progressive(struct jpeg_reader *reader)
{
	const struct bytes bytes = reader->bytes;

	if (!run_scan(reader))
		return false;
	while (bytes_have(bytes, reader->at, 2) && bytes.data[reader->at] == 0xff) {
		const unsigned marker = bytes.data[reader->at + 1];
		const struct bytes content = jpeg_segment_at(bytes, reader->at + 1);

		if (marker == MARKER_EOI)
			return is_complete(reader);
		if (!content.data)
			return false;
		reader->at += 4 + content.size;
		if (!run_marker(reader, marker, content))
			return false;
	}
	return false;
}
