/* gif_timing.c - walks the blocks of a GIF (CompuServe, version 89a). */
#include "probe/gif_timing.h"

#include <string.h>

#include <batchresize/error.h>

/* Milliseconds in which a GIF counts, and the most it can say. */
#define UNIT     10
#define TIME_MAX 65535

/* Control: leave what is there, colour 0 is transparent; one pixel at the corner, with two colours
 * of its own; clear, 0, end, of 3 bits each. */
static const unsigned char clear_pixel[] = {0x21, 0xf9, 4, 0x05, 0, 0, 0,    0,    0x2c, 0,
                                            0,    0,    0, 1,    0, 1, 0,    0x80, 0,    0,
                                            0,    0,    0, 0,    2, 2, 0x44, 1,    0};
enum { TIME_AT = 4 }; /* in that, and in any control block */

static void put_time(unsigned char *control, uint64_t ms)
{
	const uint64_t time = ms / UNIT > TIME_MAX ? TIME_MAX : ms / UNIT;

	control[TIME_AT] = (unsigned char)time;
	control[TIME_AT + 1] = (unsigned char)(time >> 8);
}

static size_t table_bytes(unsigned flags)
{
	return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Behind the sub-blocks at `at`. */
static size_t skip_blocks(struct bytes file, size_t at)
{
	while (at < file.size && file.data[at])
		at += 1 + (size_t)file.data[at];
	return at + 1;
}

struct found {
	size_t control, end; /* of the first frame's control block, 0: none; of the trailer */
	uint32_t frames;
	bool whole;
};

static struct found walk(struct bytes file)
{
	struct found found = {0};
	size_t at = file.size < 13 ? file.size : 13 + table_bytes(file.data[10]);

	while (bytes_have(file, at, 10) && file.data[at] != 0x3b) {
		if (file.data[at] == 0x21) {
			if (file.data[at + 1] == 0xf9 && !found.frames)
				found.control = at;
			at = skip_blocks(file, at + 2);
		} else if (file.data[at] == 0x2c) {
			found.frames++;
			at = skip_blocks(file, at + 11 + table_bytes(file.data[at + 9]));
		} else {
			return found;
		}
	}
	found.end = at;
	found.whole = at + 1 == file.size && file.data[at] == 0x3b && found.frames;
	return found;
}

void gif_timing_read(struct bytes file, int *delays, uint32_t frames)
{
	size_t at = file.size < 13 ? file.size : 13 + table_bytes(file.data[10]);
	bool told = false;
	uint32_t i = 0;

	while (bytes_have(file, at, 11) && i < frames) {
		if (file.data[at] == 0x21) {
			told |= file.data[at + 1] == 0xf9;
			at = skip_blocks(file, at + 2);
		} else if (file.data[at] == 0x2c) {
			if (!told)
				delays[i] = 0;
			told = false;
			i++;
			at = skip_blocks(file, at + 11 + table_bytes(file.data[at + 9]));
		} else {
			return;
		}
	}
}

int gif_timing_keep(const int *delays, uint32_t frames, struct br_buffer *out, size_t begin)
{
	const struct found found = walk((struct bytes){out->data + begin, out->size - begin});
	unsigned char *end;
	uint64_t sum = 0;
	int status;

	if (!found.whole)
		return BR_ERROR_ENCODE;
	if (found.frames > 1 || frames < 2 || !found.control)
		return 0;
	status = br_buffer_reserve(out, out->size + sizeof clear_pixel);
	if (status)
		return status;
	for (uint32_t i = 0; i + 1 < frames; i++)
		sum += delays[i] > 0 ? (uint32_t)delays[i] : 0;
	put_time(out->data + begin + found.control, sum);
	end = out->data + begin + found.end;
	memmove(end + sizeof clear_pixel, end, 1);
	memcpy(end, clear_pixel, sizeof clear_pixel);
	put_time(end, delays[frames - 1] > 0 ? (uint32_t)delays[frames - 1] : 0);
	out->size += sizeof clear_pixel;
	return 0;
}
