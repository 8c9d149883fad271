/* webp_timing.c - the times of an animated WebP's frames, and a still made an animation again. */
#include "probe/webp_timing.h"

#include <string.h>

#include <batchresize/error.h>

#include "base/bytes.h"

#define RIFF_HEADER  12
#define CHUNK_HEADER 8
#define VP8X_SIZE    10
#define ANIM_SIZE    6
#define ANMF_SIZE    16 /* of a frame's own header */
#define TIME_AT      12 /* in that */
#define TIME_MAX     0xffffff

enum { FLAG_ANIMATION = 0x02, FLAG_ALPHA = 0x10, DONT_BLEND = 0x02 };

/* One transparent pixel: VP8L's signature, sides of 1, alpha, version 0; no transform, no colour
 * cache, one group of codes; five codes of a single symbol, 0. */
static const unsigned char clear_pixel[] = {'V',  'P', '8', 'L', 8,    0,    0,    0,
                                            0x2f, 0,   0,   0,   0x10, 0x88, 0x88, 0x08};

/* The time of `count` frames from *next on. */
static uint32_t take_times(const struct webp_timing *timing, uint32_t *next, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count && *next < timing->frames; i++, (*next)++)
		sum += timing->delays[*next] > 0 ? (uint32_t)timing->delays[*next] : 0;
	return sum > TIME_MAX ? TIME_MAX : (uint32_t)sum;
}

/* Calls for each chunk; false if the file has no more, or not all of it. */
static bool next_chunk(struct bytes file, uint64_t *at, const unsigned char **chunk, uint64_t *size)
{
	if (!bytes_have(file, *at, CHUNK_HEADER))
		return false;
	*chunk = file.data + *at;
	*size = CHUNK_HEADER + (uint64_t)le32(*chunk + 4);
	*size += *size & 1;
	if (!bytes_have(file, *at, *size))
		return false;
	*at += *size;
	return true;
}

static int write_times(const struct webp_timing *timing, unsigned char *data, struct bytes file)
{
	const unsigned char *chunk;
	uint64_t at = RIFF_HEADER, size;
	uint32_t next = 0;

	while (next_chunk(file, &at, &chunk, &size)) {
		unsigned char *time = data + (chunk - file.data) + CHUNK_HEADER + TIME_AT;
		uint32_t frames;

		if (memcmp(chunk, "ANMF", 4) != 0 || size < CHUNK_HEADER + ANMF_SIZE)
			continue;
		frames = le24(time) / WEBP_TIMING_TICK;
		if (!frames || frames > timing->frames - next)
			return BR_ERROR_ENCODE;
		put_le24(time, take_times(timing, &next, frames));
	}
	return next == timing->frames ? 0 : BR_ERROR_ENCODE;
}

/* What is put before the still's own chunks: canvas, animation, the first frame's header. */
static void write_head(const struct webp_timing *timing, unsigned char *p, uint64_t picture,
                       uint32_t time)
{
	memcpy(p, "VP8X", 4);
	put_le32(p + 4, VP8X_SIZE);
	put_le32(p + 8, FLAG_ANIMATION | FLAG_ALPHA);
	put_le24(p + 12, timing->width - 1);
	put_le24(p + 15, timing->height - 1);
	p += CHUNK_HEADER + VP8X_SIZE;
	memcpy(p, "ANIM", 4);
	put_le32(p + 4, ANIM_SIZE);
	put_le32(p + 8, UINT32_MAX); /* libwebp's own background: white */
	p[12] = (unsigned char)timing->loop;
	p[13] = (unsigned char)(timing->loop >> 8);
	p += CHUNK_HEADER + ANIM_SIZE;
	memset(p, 0, CHUNK_HEADER + ANMF_SIZE);
	memcpy(p, "ANMF", 4);
	put_le32(p + 4, (uint32_t)(ANMF_SIZE + picture));
	put_le24(p + 14, timing->width - 1);
	put_le24(p + 17, timing->height - 1);
	put_le24(p + 20, time);
	p[23] = DONT_BLEND;
}

/* The frame that follows it and changes nothing. */
static void write_tail(unsigned char *p, uint32_t time)
{
	memset(p, 0, CHUNK_HEADER + ANMF_SIZE);
	memcpy(p, "ANMF", 4);
	put_le32(p + 4, ANMF_SIZE + sizeof clear_pixel);
	put_le24(p + 20, time);
	memcpy(p + CHUNK_HEADER + ANMF_SIZE, clear_pixel, sizeof clear_pixel);
}

/* Moves the picture's own chunks together to the file's begin, behind the header. Returns their
 * bytes. */
static uint64_t keep_picture(unsigned char *data, struct bytes file)
{
	const unsigned char *chunk;
	uint64_t at = RIFF_HEADER, size, kept = 0;

	while (next_chunk(file, &at, &chunk, &size)) {
		if (memcmp(chunk, "ALPH", 4) != 0 && memcmp(chunk, "VP8 ", 4) != 0 &&
		    memcmp(chunk, "VP8L", 4) != 0)
			continue;
		memmove(data + RIFF_HEADER + kept, chunk, size);
		kept += size;
	}
	return kept;
}

static int animate(const struct webp_timing *timing, struct br_buffer *out, size_t begin)
{
	enum {
		HEAD = 3 * CHUNK_HEADER + VP8X_SIZE + ANIM_SIZE + ANMF_SIZE,
		TAIL = CHUNK_HEADER + ANMF_SIZE + sizeof clear_pixel
	};
	int status = br_buffer_reserve(out, out->size + HEAD + TAIL);
	unsigned char *data = out->data + begin;
	uint32_t next = 0;
	uint64_t picture;

	if (status)
		return status;
	picture = keep_picture(data, (struct bytes){data, out->size - begin});
	if (!picture)
		return BR_ERROR_ENCODE;
	memmove(data + RIFF_HEADER + HEAD, data + RIFF_HEADER, picture);
	write_head(timing, data + RIFF_HEADER, picture,
	           take_times(timing, &next, timing->frames - 1));
	write_tail(data + RIFF_HEADER + HEAD + picture, take_times(timing, &next, 1));
	out->size = begin + RIFF_HEADER + HEAD + picture + TAIL;
	put_le32(data + 4, (uint32_t)(out->size - begin - CHUNK_HEADER));
	return 0;
}

/* Whether it is an animation with frames. */
static bool is_animated(struct bytes file)
{
	const unsigned char *chunk;
	uint64_t at = RIFF_HEADER, size;

	while (next_chunk(file, &at, &chunk, &size))
		if (!memcmp(chunk, "ANMF", 4))
			return true;
	return false;
}

int webp_timing_set(const struct webp_timing *timing, struct br_buffer *out, size_t begin)
{
	unsigned char *data = out->data + begin;
	const struct bytes file = {data, out->size - begin};

	if (!bytes_have(file, 0, RIFF_HEADER) || timing->frames < 2)
		return BR_ERROR_ENCODE;
	return is_animated(file) ? write_times(timing, data, file) : animate(timing, out, begin);
}
