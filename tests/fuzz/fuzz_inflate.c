/* fuzz_inflate.c - hostile deflate streams through inflate.h, beside zlib.
 *
 * An input is the size of a piece, less one, in two bytes, and a stream without its head and
 * checksum. What we take to its end zlib must take as well, for the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "png/inflate.h"

#define SIZE_MAX_OUT 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* The size, or -1. */
static ptrdiff_t by_us(struct inflate *inflate, struct bytes stream, size_t piece, uint8_t *room)
{
	uint8_t *out = room;
	uint32_t adler;

	inflate_begin(inflate, stream);
	while (out && out <= room + SIZE_MAX_OUT) {
		const size_t left = SIZE_MAX_OUT + 1 - (size_t)(out - room);
		uint8_t *const end = out + (piece < left ? piece : left);
		uint8_t *const made = inflate_run(inflate, room, out, end);

		check(!made || made < end + INFLATE_SLACK);
		out = made;
		if (!made || made < end)
			break;
	}
	return out && inflate_ended(inflate, &adler) ? out - room : -1;
}

static void compare(struct bytes stream, const uint8_t *ours, size_t size)
{
	uint8_t *theirs = malloc(size + 1);
	z_stream zlib = {.next_in = (Bytef *)(uintptr_t)(stream.data + 2),
	                 .avail_in = (uInt)(stream.size - 6),
	                 .next_out = theirs,
	                 .avail_out = (uInt)(size + 1)};

	check(theirs && inflateInit2(&zlib, -15) == Z_OK);
	check(inflate(&zlib, Z_FINISH) == Z_STREAM_END && !zlib.avail_in);
	check(zlib.total_out == size && !memcmp(ours, theirs, size));
	(void)inflateEnd(&zlib);
	free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	/* heads and ends of their own, in memory of their own size */
	const struct bytes stream = {malloc(size + 4), size + 4};
	uint8_t *bytes = (uint8_t *)(uintptr_t)stream.data;
	uint8_t *room = malloc(SIZE_MAX_OUT + 2 * INFLATE_SLACK);
	struct inflate *inflate = inflate_new(size % 2);

	if (!bytes || !room || !inflate)
		abort();
	bytes[0] = 0x78;
	bytes[1] = 0x01;
	memcpy(bytes + 2, data + 2, size - 2);
	memset(bytes + size, 0, 4);
	const ptrdiff_t made = by_us(inflate, stream, 1 + (data[0] | (size_t)data[1] << 8), room);

	if (made >= 0)
		compare(stream, room, (size_t)made);
	inflate_free(inflate);
	free(room);
	free(bytes);
	return 0;
}
