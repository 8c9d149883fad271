/* test_inflate.c - zlib streams in pieces, against zlib. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/base.h"
#include "png/inflate.h"
#include "png_fixture.h"

#define DATA_MAX 200000

static uint8_t data[DATA_MAX], packed[2 * DATA_MAX], room[DATA_MAX + 2 * INFLATE_SLACK];

/* Bytes that make all kinds of matches: noise of few values, repeated from near and far. */
static void make_data(size_t size, uint32_t seed)
{
	const unsigned values = 1 + png_random(&seed) % 256;

	for (size_t at = 0; at < size;) {
		const size_t length = 1 + png_random(&seed) % 400;
		const size_t back = 1 + png_random(&seed) % (png_random(&seed) % 2 ? 9 : 40000);
		const bool fresh = png_random(&seed) % 3 == 0 || back > at;

		for (size_t i = 0; i < length && at < size; i++, at++)
			data[at] = fresh ? (uint8_t)(png_random(&seed) % values) : data[at - back];
	}
}

static size_t pack(size_t size, int level, int strategy)
{
	z_stream stream = {.next_in = data, .next_out = packed, .avail_out = sizeof packed};

	assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, 15, 9, strategy), Z_OK);
	/* an empty block amid the data, too */
	stream.avail_in = (uInt)(size / 2);
	assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
	stream.avail_in = (uInt)(size - size / 2);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return stream.total_out;
}

/* Inflates in pieces of so many bytes: the size of it all; -1: declined. */
static ptrdiff_t unpack(struct inflate *inflate, size_t stream, size_t piece, size_t size_max,
                        uint32_t *adler)
{
	/* memory of its own, so that a tool sees what is read behind its end */
	uint8_t *own = malloc(stream ? stream : 1), *out = room;

	memcpy(own, packed, stream);
	inflate_begin(inflate, (struct bytes){own, stream});
	while (out && out <= room + size_max) {
		const size_t left = size_max + 1 - (size_t)(out - room);
		uint8_t *const end = out + (piece < left ? piece : left);
		uint8_t *const made = inflate_run(inflate, room, out, end);

		if (made)
			assert_true(made < end + INFLATE_SLACK);
		out = made;
		if (!made || made < end)
			break;
	}
	if (out && !inflate_ended(inflate, adler))
		out = NULL;
	free(own);
	return out ? out - room : -1;
}

static void expect(struct inflate *inflate, size_t size, size_t stream, size_t piece)
{
	uint32_t adler = 0;

	memset(room, 0, sizeof room);
	assert_int_equal(unpack(inflate, stream, piece, size, &adler), size);
	assert_memory_equal(room, data, size);
	assert_int_equal(adler, adler32(1, data, (uInt)size));
}

static void every_kind_of_block(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 7, 300, 5000, DATA_MAX};
	static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
	                                 Z_FIXED};
	uint32_t seed = 1;

	(void)state;
	for (int portable = 0; portable < 2; portable++) {
		struct inflate *inflate = inflate_new(portable);

		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			for (size_t k = 0; k < sizeof strategies / sizeof *strategies; k++)
				for (int level = 0; level < 10; level += 3) {
					const size_t piece = 1 + png_random(&seed) % 70000;
					size_t stream;

					make_data(sizes[i], seed);
					stream = pack(sizes[i], level, strategies[k]);
					expect(inflate, sizes[i], stream, piece);
					if (sizes[i] <= 300)
						expect(inflate, sizes[i], stream, 1);
				}
		inflate_free(inflate);
	}
}

/* By zlib without checksum: the size, or -1. */
static ptrdiff_t by_zlib(size_t stream, uint8_t *out)
{
	z_stream zlib = {.next_in = packed + 2,
	                 .avail_in = (uInt)(stream - 6),
	                 .next_out = out,
	                 .avail_out = DATA_MAX};
	int status;

	assert_int_equal(inflateInit2(&zlib, -15), Z_OK);
	status = inflate(&zlib, Z_FINISH);
	(void)inflateEnd(&zlib);
	return status == Z_STREAM_END && !zlib.avail_in ? (ptrdiff_t)zlib.total_out : -1;
}

/* What we take of a stream that is damaged zlib takes as well, for the same bytes. */
static void never_takes_more_than_zlib(void **state)
{
	struct inflate *inflates[] = {inflate_new(false), inflate_new(true)};
	uint8_t *theirs = malloc(DATA_MAX);
	unsigned taken = 0, declined = 0;
	uint32_t seed = 7, adler;

	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		const size_t size = 1 + png_random(&seed) % 3000;
		const int strategy = png_random(&seed) % 4 ? Z_DEFAULT_STRATEGY : Z_FIXED;
		size_t stream, near;
		ptrdiff_t ours;

		make_data(size, seed);
		stream = pack(size, 6, strategy);
		near = stream < 80 || i % 3 == 0 ? stream : 80;
		for (unsigned flips = 1 + i % 2; flips; flips--)
			packed[2 + png_random(&seed) % (near - 2)] ^=
			    (uint8_t)(1U << png_random(&seed) % 8);
		if (i % 16 == 0)
			stream -= png_random(&seed) % (stream - 6);
		ours =
		    unpack(inflates[i % 2], stream, 1 + png_random(&seed) % 4000, DATA_MAX, &adler);
		if (ours < 0) {
			declined++;
			continue;
		}
		taken++;
		assert_int_equal(by_zlib(stream, theirs), ours);
		assert_memory_equal(theirs, room, (size_t)ours);
	}
	assert_true(taken > 100 && declined > 100);
	free(theirs);
	inflate_free(inflates[0]);
	inflate_free(inflates[1]);
}

/* Heads that are none, and streams cut off at every byte, or longer than they should be. */
static void refuses(void **state)
{
	static const uint8_t heads[][2] = {{0x78, 0x9d}, {0x79, 0x01}, {0x88, 0x1c}, {0x78, 0xbb}};
	struct inflate *inflate = inflate_new(false);
	uint32_t adler;
	size_t stream;

	(void)state;
	make_data(400, 3);
	stream = pack(400, 6, Z_DEFAULT_STRATEGY);
	expect(inflate, 400, stream, 64);
	for (size_t cut = 0; cut < stream; cut++)
		assert_int_equal(unpack(inflate, cut, 64, 400, &adler), -1);
	packed[stream] = 0;
	assert_int_equal(unpack(inflate, stream + 1, 64, 400, &adler), -1);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		memcpy(packed, heads[i], 2);
		assert_int_equal(unpack(inflate, stream, 64, 400, &adler), -1);
	}
	inflate_free(inflate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_of_block),
	    cmocka_unit_test(never_takes_more_than_zlib),
	    cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
