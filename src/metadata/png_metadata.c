/* png_metadata.c - EXIF, XMP, text and profile in a PNG's chunks (PNG, third edition, 11.3). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "metadata/mark.h"
#include "metadata/parts.h"
#include "probe/png_chunks.h"

/* Each ends with a NUL that counts. */
static const char xmp_keyword[] = "XML:com.adobe.xmp";
static const char comment_keyword[] = "Comment";
static const char profile_name[] = "ICC profile";

/* What ImageMagick writes: EXIF and the like of the picture as it was, in hexadecimal. */
static const char raw_profile[] = "Raw profile type";

/* Bytes that one of deflate's can become at most (zlib's own word: "about 1032:1"). Text is passed
 * on as it is, and may be no bomb for those who read it. */
#define INFLATED_MOST 1032

struct reading {
	struct metadata *metadata;
	uint64_t max;
	uint64_t text; /* bytes that the text passed on may have, decompressed */
	bool xmp;      /* there was one */
};

/* Where the header chunk ends, which must come first. */
#define HEADER_END (PNG_CHUNKS_BEGIN + PNG_CHUNK_OVERHEAD + PNG_IHDR_SIZE)

static bool is_compressed(const struct png_chunk *chunk)
{
	const unsigned char *end = memchr(chunk->data.data, 0, chunk->data.size);

	if (png_chunk_is(chunk, "zTXt"))
		return true;
	if (!png_chunk_is(chunk, "iTXt") || !end)
		return false;
	return end + 1 < chunk->data.data + chunk->data.size && end[1] == 1;
}

/* The text of an iTXt chunk: keyword, flag, method, language, translated keyword, text. */
static struct bytes international_text(const struct png_chunk *chunk)
{
	const unsigned char *p = chunk->data.data, *end = p + chunk->data.size;

	p = memchr(p, 0, (size_t)(end - p));
	if (!p || end - p < 3)
		return (struct bytes){0};
	p += 3;
	for (int i = 0; i < 2 && p; i++) {
		p = memchr(p, 0, (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p ? (struct bytes){p, (size_t)(end - p)} : (struct bytes){0};
}

/* Appends what the text inflates to, or nothing when it is damaged or too long. */
static int append_inflated(struct br_buffer *out, struct bytes text, uint64_t max)
{
	for (uint64_t room = 64U << 10;; room *= 4) {
		uLong size = room < max ? room : max;
		int status = br_buffer_reserve(out, size), inflated;

		if (status)
			return status;
		inflated = uncompress(out->data, &size, text.data, text.size);
		if (inflated == Z_OK)
			out->size = size;
		if (inflated != Z_BUF_ERROR || room >= max)
			return 0;
	}
}

/* The first counts, and is the only one that is inflated: a thousand that are too long would take
 * minutes. */
static int read_xmp(struct reading *reading, const struct png_chunk *chunk)
{
	const struct bytes text = international_text(chunk);
	struct br_buffer *xmp = &reading->metadata->xmp;
	int status = 0;

	if (reading->xmp)
		return 0;
	reading->xmp = true;
	if (is_compressed(chunk))
		status = append_inflated(xmp, text, reading->max);
	else if (text.size <= reading->max)
		status = br_buffer_append(xmp, text.data, text.size);
	reading->metadata->lost |= text.size && !xmp->size;
	return status;
}

/* Whole, unless all of them could be more than they may. */
static int pass_on(struct reading *reading, const struct png_chunk *chunk)
{
	const uint64_t size = chunk->whole.size;
	const uint64_t text = is_compressed(chunk) ? size * INFLATED_MOST : size;

	if (text > reading->max - reading->text) {
		reading->metadata->lost = true;
		return 0;
	}
	reading->text += text;
	return br_buffer_append(&reading->metadata->text, chunk->whole.data, size);
}

static bool has_keyword(const struct png_chunk *chunk, const char *keyword, size_t size)
{
	return chunk->data.size >= size && !memcmp(chunk->data.data, keyword, size);
}

static int read_text(struct reading *reading, const struct png_chunk *chunk)
{
	struct metadata *metadata = reading->metadata;
	const struct bytes data = chunk->data;

	if (png_chunk_is(chunk, "iTXt") && has_keyword(chunk, xmp_keyword, sizeof xmp_keyword))
		return read_xmp(reading, chunk);
	if (png_chunk_is(chunk, "tEXt") && !metadata->comment.size &&
	    has_keyword(chunk, comment_keyword, sizeof comment_keyword))
		return br_buffer_append(&metadata->comment, data.data + sizeof comment_keyword,
		                        data.size - sizeof comment_keyword);
	if (has_keyword(chunk, raw_profile, sizeof raw_profile - 1) || mark_is_text(data))
		return 0;
	return pass_on(reading, chunk);
}

int png_metadata_read(struct metadata *metadata, struct bytes file, uint64_t max)
{
	struct reading reading = {.metadata = metadata, .max = max};
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;
	int status = 0;

	while (!status && png_chunk_next(file, &at, &chunk)) {
		if (png_chunk_is(&chunk, "pHYs") && chunk.data.size == DENSITY_PHYS_SIZE)
			metadata->density = density_from_phys(chunk.data.data);
		else if (png_chunk_is(&chunk, "eXIf") && !metadata->exif.size)
			status =
			    br_buffer_append(&metadata->exif, chunk.data.data, chunk.data.size);
		else if (png_chunk_is(&chunk, "tEXt") || png_chunk_is(&chunk, "zTXt") ||
		         png_chunk_is(&chunk, "iTXt"))
			status = read_text(&reading, &chunk);
	}
	return status;
}

/* --- writing ------------------------------------------------------------------------- */

/* A chunk of a head and a body; nothing if there is no body. */
static int write_chunk(struct br_buffer *out, const char *type, const void *head, size_t head_size,
                       struct bytes body)
{
	struct br_buffer data = BR_BUFFER_HEAP;
	int status;

	if (!body.size || body.size > INT32_MAX - head_size)
		return 0;
	status = br_buffer_append(&data, head, head_size);
	if (!status)
		status = br_buffer_append(&data, body.data, body.size);
	if (!status)
		status = png_chunk_append(out, type, data.data, data.size);
	br_buffer_release(&data);
	return status;
}

static int write_profile(struct br_buffer *out, struct bytes profile)
{
	/* the name, its NUL, and the only method of compression there is */
	char head[sizeof profile_name + 1] = {0};
	uLong size = compressBound(profile.size);
	unsigned char *compressed;
	int status = 0;

	if (!profile.size)
		return 0;
	compressed = malloc(size);
	if (!compressed)
		return -ENOMEM;
	memcpy(head, profile_name, sizeof profile_name);
	if (compress2(compressed, &size, profile.data, profile.size, Z_BEST_COMPRESSION) != Z_OK)
		status = -ENOMEM;
	if (!status)
		status =
		    write_chunk(out, "iCCP", head, sizeof head, (struct bytes){compressed, size});
	free(compressed);
	return status;
}

/* RGB in full range, and before a profile, which it goes before in weight (PNG, third edition, 4.3
 * and 11.3.2.6). */
static int write_codes(struct br_buffer *out, const struct colour_codes *codes)
{
	const unsigned char data[4] = {(unsigned char)codes->primaries,
	                               (unsigned char)codes->transfer, 0, 1};

	return codes->told ? png_chunk_append(out, "cICP", data, sizeof data) : 0;
}

static int write_chunks(const struct metadata_parts *parts, struct br_buffer *out)
{
	/* not compressed, in no language, no translated keyword */
	char xmp_head[sizeof xmp_keyword + 4] = {0};
	unsigned char density[DENSITY_PHYS_SIZE];
	int status = png_chunk_append(out, "tEXt", MARK_PNG, MARK_SIZE(MARK_PNG));

	if (!status)
		status = write_codes(out, &parts->codes);
	if (!status)
		status = write_profile(out, parts->profile);
	memcpy(xmp_head, xmp_keyword, sizeof xmp_keyword);
	if (!status && density_to_phys(&parts->density, density))
		status = png_chunk_append(out, "pHYs", density, sizeof density);
	if (!status)
		status = write_chunk(out, "eXIf", NULL, 0,
		                     (struct bytes){parts->exif.data, parts->exif.size});
	if (!status)
		status = write_chunk(out, "iTXt", xmp_head, sizeof xmp_head,
		                     (struct bytes){parts->xmp.data, parts->xmp.size});
	if (!status)
		status = write_chunk(out, "tEXt", comment_keyword, sizeof comment_keyword,
		                     parts->comment);
	return status ? status : br_buffer_append(out, parts->text.data, parts->text.size);
}

/* The image library says a density of its own. */
static void remove_density(struct br_buffer *out, size_t begin)
{
	size_t at = PNG_CHUNKS_BEGIN;
	struct png_chunk chunk;

	while (png_chunk_next((struct bytes){out->data + begin, out->size - begin}, &at, &chunk) &&
	       !png_chunk_is(&chunk, "IDAT")) {
		const size_t size = chunk.whole.size;

		if (!png_chunk_is(&chunk, "pHYs"))
			continue;
		at -= size;
		memmove(out->data + begin + at, out->data + begin + at + size,
		        out->size - begin - at - size);
		out->size -= size;
	}
}

/* Right after the header: a profile must stand before palette and picture. */
int png_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin)
{
	struct br_buffer chunks = BR_BUFFER_HEAP;
	int status = write_chunks(parts, &chunks);

	if (parts->density.unit != DENSITY_NONE)
		remove_density(out, begin);
	if (!status && out->size - begin > HEADER_END)
		status = metadata_insert(out, begin + HEADER_END, chunks.data, chunks.size);
	br_buffer_release(&chunks);
	return status;
}
