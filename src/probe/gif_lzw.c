/* gif_lzw.c - LZW as GIF has it, of which only the lengths of strings are kept. */
#include "probe/gif_lzw.h"

#define CODES    4096
#define CODE_MAX 12 /* bits */

struct reader {
	struct bytes bytes;
	size_t at, end; /* within a sub-block; equal: the next one's size is at `at` */
	uint32_t bits;
	unsigned count; /* of the bits */
};

/* The next code of so many bits; -1 if the data end. */
static int next_code(struct reader *reader, unsigned size)
{
	int code;

	while (reader->count < size) {
		if (reader->at == reader->end) {
			const size_t at = reader->at;

			if (at >= reader->bytes.size || !reader->bytes.data[at])
				return -1;
			reader->at = at + 1;
			reader->end = reader->at + reader->bytes.data[at];
			if (reader->end > reader->bytes.size)
				reader->end = reader->bytes.size;
			continue;
		}
		reader->bits |= (uint32_t)reader->bytes.data[reader->at++] << reader->count;
		reader->count += 8;
	}
	code = (int)(reader->bits & ((1U << size) - 1));
	reader->bits >>= size;
	reader->count -= size;
	return code;
}

enum gif_lzw gif_lzw_count(struct bytes bytes, size_t at, uint64_t pixels)
{
	const unsigned least = at < bytes.size ? bytes.data[at] : 0;
	struct reader reader = {.bytes = bytes, .at = at + 1, .end = at + 1};
	const int clear = 1 << (least & 15), stop = clear + 1;
	uint16_t length[CODES]; /* of the string that a code stands for */
	uint64_t found = 0;
	unsigned size = least + 1;
	int next = clear + 2, last = -1, code;

	if (at >= bytes.size)
		return pixels ? GIF_LZW_SHORT : GIF_LZW_ENOUGH;
	if (!least || least >= CODE_MAX)
		return GIF_LZW_BROKEN;
	while (found < pixels) {
		code = next_code(&reader, size);
		if (code < 0 || code == stop)
			return GIF_LZW_SHORT;
		if (code == clear) {
			size = least + 1;
			next = clear + 2;
			last = -1;
			continue;
		}
		if (code > next || (code == next && last < 0) || (last < 0 && code > clear))
			return GIF_LZW_BROKEN;
		if (last >= 0 && next < CODES) {
			length[next] = (uint16_t)((last < clear ? 1 : length[last]) + 1);
			next++;
			if (next == 1 << size && size < CODE_MAX)
				size++;
		}
		if (code >= next) /* a full table, which knows no code of that number */
			return GIF_LZW_BROKEN;
		found += code < clear ? 1 : length[code];
		last = code;
	}
	return GIF_LZW_ENOUGH;
}
