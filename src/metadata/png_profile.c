/* png_profile.c - takes a profile that libpng takes (its pngrutil.c and png.c, 1.6.39).
 *
 * libpng leaves a profile out that it finds fault with, and a picture is another one without it. So
 * whatever it would find fault with, or might, is left to itself: here are its conditions, drawn
 * tighter if that is simpler.
 */
#include "metadata/png_profile.h"

#include <errno.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "probe/png_chunks.h"

/* libpng wants as much behind what it reads for a name. */
#define NAME_READ       81
#define NAME_MAX_LENGTH 79
#define DEFLATED_MIN    11

/* Half of what libpng allows, and several times what profiles have. */
#define PROFILE_MAX (4U << 20)

/* Of an ICC profile: header and count of tags, and a tag (ICC.1, 7.2 and 7.3). */
#define HEAD 132
#define TAG  12

/* libpng's range for gAMA: outside of it no colours are believed at all. */
#define PNG_GAMMA_MIN 16
#define PNG_GAMMA_MAX 625000000

/* Its tolerance for cHRM. */
#define PNG_PRIMARY_TOLERANCE 100

/* What else there is in front of the picture. */
struct surroundings {
	struct png_chunk chunk; /* iCCP */
	unsigned profiles, gammas, primaries;
	bool gray;
	bool doubtful;
};

/* Whether a cHRM says what sRGB has, within libpng's tolerance. Photoshop writes it beside sRGB's
 * profile. Only if that is the profile, libpng compares them. */
static bool is_of_srgb(struct bytes data)
{
	/* white, red, green, blue; in 100,000ths */
	static const int32_t srgb[8] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};

	if (data.size != 32)
		return false;
	for (unsigned i = 0; i < 8; i++) {
		const int64_t given = be32(data.data + (size_t)4 * i);

		if (given < srgb[i] - PNG_PRIMARY_TOLERANCE ||
		    given > srgb[i] + PNG_PRIMARY_TOLERANCE)
			return false;
	}
	return true;
}

/* sRGB and cHRM are compared with the profile, or the other way round; so is a gAMA behind it. */
static void note_chunk(struct surroundings *around, const struct png_chunk *chunk)
{
	if (png_chunk_is(chunk, "IHDR") && chunk->data.size > 9) {
		around->gray = !(chunk->data.data[9] & 2);
	} else if (png_chunk_is(chunk, "iCCP")) {
		around->chunk = *chunk;
		around->profiles++;
	} else if (png_chunk_is(chunk, "gAMA")) {
		around->doubtful |= around->profiles || around->gammas++ || chunk->data.size != 4 ||
		                    be32(chunk->data.data) < PNG_GAMMA_MIN ||
		                    be32(chunk->data.data) > PNG_GAMMA_MAX;
	} else if (png_chunk_is(chunk, "PLTE")) {
		around->doubtful |= !around->profiles;
	} else if (png_chunk_is(chunk, "cHRM")) {
		around->doubtful |= around->primaries++ || !is_of_srgb(chunk->data);
	} else if (png_chunk_is(chunk, "sRGB")) {
		around->doubtful = true;
	}
}

/* The one profile, if libpng would look at itself only. */
static bool find(struct bytes png, struct surroundings *around)
{
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;

	*around = (struct surroundings){0};
	while (png_chunk_next(png, &at, &chunk) && !png_chunk_is(&chunk, "IDAT"))
		note_chunk(around, &chunk);
	return around->profiles == 1 && !around->doubtful;
}

/* A name, its NUL, and the only method there is. */
static bool find_deflated(struct bytes data, struct bytes *deflated)
{
	const uint8_t *end = memchr(data.data, 0, data.size);
	const size_t length = end ? (size_t)(end - data.data) : 0;

	if (length < 1 || length > NAME_MAX_LENGTH || data.size < NAME_READ + DEFLATED_MIN ||
	    end[1])
		return false;
	*deflated = (struct bytes){end + 2, data.size - length - 2};
	return true;
}

static bool is_one_of(const uint8_t *p, const char *const *signatures)
{
	for (; *signatures; signatures++)
		if (!memcmp(p, *signatures, 4))
			return true;
	return false;
}

static bool head_is_right(const uint8_t *p, uint32_t size, bool gray)
{
	static const char *const classes[] = {"scnr", "mntr", "prtr", "spac", NULL};
	static const char *const spaces[] = {"XYZ ", "Lab ", NULL};

	return be32(p) == size && (p[8] < 4 || !(size & 3)) && be32(p + 64) < 0xffff &&
	       !memcmp(p + 36, "acsp", 4) && !memcmp(p + 16, gray ? "GRAY" : "RGB ", 4) &&
	       is_one_of(p + 12, classes) && is_one_of(p + 20, spaces) &&
	       be32(p + HEAD - 4) <= (size - HEAD) / TAG;
}

static bool tags_are_right(const uint8_t *p, uint32_t size)
{
	const uint32_t tags = be32(p + HEAD - 4);

	p += HEAD;
	for (uint32_t i = 0; i < tags; i++, p += TAG)
		if (be32(p + 4) > size || be32(p + 8) > size - be32(p + 4))
			return false;
	return true;
}

/* By zlib, as libpng does it: to the last byte of both. The size is that of the profile's header.
 */
static int inflate_profile(z_stream *stream, bool gray, struct br_buffer *out)
{
	uint8_t head[HEAD] = {0}, *profile;
	uint32_t size;
	int status;

	stream->next_out = head;
	stream->avail_out = HEAD;
	if (inflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_out)
		return -ENOTSUP;
	size = be32(head);
	if (size < HEAD || size > PROFILE_MAX || !head_is_right(head, size, gray))
		return -ENOTSUP;
	status = br_buffer_reserve(out, out->size + size);
	if (status)
		return status;
	profile = out->data + out->size;
	memcpy(profile, head, HEAD);
	stream->next_out = profile + HEAD;
	stream->avail_out = size - HEAD;
	if (inflate(stream, Z_FINISH) != Z_STREAM_END || stream->avail_out || stream->avail_in ||
	    !tags_are_right(profile, size))
		return -ENOTSUP;
	out->size += size;
	return 0;
}

int png_profile_read(struct bytes png, struct br_buffer *out)
{
	struct surroundings around;
	struct bytes deflated;
	z_stream stream = {0};
	int status;

	if (!find(png, &around) || !find_deflated(around.chunk.data, &deflated) ||
	    deflated.size > PROFILE_MAX)
		return -ENOTSUP;
	if (inflateInit(&stream) != Z_OK)
		return -ENOMEM;
	stream.next_in = deflated.data;
	stream.avail_in = (uInt)deflated.size;
	status = inflate_profile(&stream, around.gray, out);
	(void)inflateEnd(&stream);
	return status;
}
