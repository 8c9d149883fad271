/* box_metadata.c - puts metadata into the chunks of a WebP and the boxes of a JPEG XL, and reads
 * the latter's, which the image library does not. */
#include <string.h>

#include "probe/box_scan.h"
#include "metadata/parts.h"

/* --- WebP (container specification) ---------------------------------------------------- */

#define RIFF_HEADER   12
#define CHUNK_HEADER  8
#define VP8X_DATA     10
#define FLAGS_AT      (RIFF_HEADER + CHUNK_HEADER)
#define EXTENDED_SIZE (CHUNK_HEADER + VP8X_DATA)

enum { FLAG_XMP = 0x04, FLAG_EXIF = 0x08, FLAG_ALPHA = 0x10, FLAG_PROFILE = 0x20 };

static int append_chunk(struct br_buffer *out, const char *type, const void *data, size_t size)
{
	unsigned char head[CHUNK_HEADER];
	int status;

	if (!size)
		return 0;
	memcpy(head, type, 4);
	put_le32(head + 4, (uint32_t)size);
	status = br_buffer_append(out, head, sizeof head);
	if (!status)
		status = br_buffer_append(out, data, size);
	return !status && size % 2 ? br_buffer_append(out, "", 1) : status;
}

/* The header chunk of an extended file for one of a single VP8 or VP8L chunk. Returns false when it
 * is neither. */
static bool extended_header(struct bytes file, unsigned char header[EXTENDED_SIZE])
{
	const unsigned char *chunk = file.data + RIFF_HEADER, *p = chunk + CHUNK_HEADER;
	uint32_t width, height;
	bool alpha = false;

	if (!bytes_have(file, RIFF_HEADER, CHUNK_HEADER + 10))
		return false;
	if (!memcmp(chunk, "VP8 ", 4)) {
		width = le16(p + 6) & 0x3fff;
		height = le16(p + 8) & 0x3fff;
	} else if (!memcmp(chunk, "VP8L", 4)) {
		width = (le32(p + 1) & 0x3fff) + 1;
		height = (le32(p + 1) >> 14 & 0x3fff) + 1;
		alpha = le32(p + 1) >> 28 & 1;
	} else {
		return false;
	}
	if (!width || !height)
		return false;
	memset(header, 0, EXTENDED_SIZE);
	memcpy(header, "VP8X", 4);
	put_le32(header + 4, VP8X_DATA);
	header[CHUNK_HEADER] = alpha ? FLAG_ALPHA : 0;
	put_le24(header + CHUNK_HEADER + 4, width - 1);
	put_le24(header + CHUNK_HEADER + 7, height - 1);
	return true;
}

static bool is_extended(const struct br_buffer *out, size_t begin)
{
	const struct bytes file = {out->data + begin, out->size - begin};

	return bytes_have(file, RIFF_HEADER, EXTENDED_SIZE) &&
	       !memcmp(file.data + RIFF_HEADER, "VP8X", 4);
}

static int make_extended(struct br_buffer *out, size_t begin, bool *extended)
{
	const struct bytes file = {out->data + begin, out->size - begin};
	unsigned char header[EXTENDED_SIZE];

	*extended = is_extended(out, begin);
	if (*extended || !extended_header(file, header))
		return 0;
	*extended = true;
	return metadata_insert(out, begin + RIFF_HEADER, header, sizeof header);
}

static int insert_profile(struct br_buffer *out, size_t begin, struct bytes profile)
{
	struct br_buffer chunk = BR_BUFFER_HEAP;
	int status = append_chunk(&chunk, "ICCP", profile.data, profile.size);

	if (!status)
		status = metadata_insert(out, begin + RIFF_HEADER + EXTENDED_SIZE, chunk.data,
		                         chunk.size);
	br_buffer_release(&chunk);
	return status;
}

/* libvips 8.14 writes EXIF of its own even when it is asked to write none. */
static void remove_foreign(struct br_buffer *out, size_t begin)
{
	size_t at = begin + RIFF_HEADER;

	while (at < out->size && out->size - at >= CHUNK_HEADER) {
		const unsigned char *chunk = out->data + at;
		const size_t length = le32(chunk + 4);
		size_t size = CHUNK_HEADER + length + (length & 1);

		size = size < out->size - at ? size : out->size - at;
		if (memcmp(chunk, "EXIF", 4) != 0 && memcmp(chunk, "XMP ", 4) != 0) {
			at += size;
			continue;
		}
		memmove(out->data + at, chunk + size, out->size - at - size);
		out->size -= size;
	}
}

static void set_flags(unsigned char *flags, const struct metadata_parts *parts)
{
	*flags &= (unsigned char)~(FLAG_PROFILE | FLAG_EXIF | FLAG_XMP);
	if (parts->profile.size)
		*flags |= FLAG_PROFILE;
	if (parts->exif.size)
		*flags |= FLAG_EXIF;
	if (parts->xmp.size)
		*flags |= FLAG_XMP;
}

static bool is_empty(const struct metadata_parts *parts)
{
	return !parts->exif.size && !parts->xmp.size && !parts->profile.size;
}

int webp_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin)
{
	bool extended = false;
	int status = 0;

	if (out->size - begin < RIFF_HEADER)
		return 0;
	remove_foreign(out, begin);
	if (is_empty(parts))
		extended = is_extended(out, begin);
	else
		status = make_extended(out, begin, &extended);
	if (!status && extended) {
		set_flags(out->data + begin + FLAGS_AT, parts);
		status = insert_profile(out, begin, parts->profile);
		if (!status)
			status = append_chunk(out, "EXIF", parts->exif.data, parts->exif.size);
		if (!status)
			status = append_chunk(out, "XMP ", parts->xmp.data, parts->xmp.size);
	}
	if (!status)
		put_le32(out->data + begin + 4, (uint32_t)(out->size - begin - CHUNK_HEADER));
	return status;
}

/* --- JPEG XL (ISO/IEC 18181-2) --------------------------------------------------------- */

#define BOX_HEADER 8

static const unsigned char container_begin[] = {
    0, 0, 0, 12, 'J', 'X', 'L', ' ', '\r', '\n', 0x87, '\n', /* signature */
    0, 0, 0, 20, 'f', 't', 'y', 'p', 'j',  'x',  'l',  ' ',  0, 0, 0, 0, 'j', 'x', 'l', ' '};

static void box_header(unsigned char header[BOX_HEADER], const char *type, size_t content)
{
	put_be32(header, (uint32_t)(content + BOX_HEADER));
	memcpy(header + 4, type, 4);
}

/* Where the TIFF structure begins is said by four bytes before it. */
static int read_exif_box(struct metadata *metadata, struct bytes content)
{
	const uint64_t begin = content.size < 4 ? 0 : UINT64_C(4) + be32(content.data);

	if (!begin || begin >= content.size || metadata->exif.size)
		return 0;
	return br_buffer_append(&metadata->exif, content.data + begin, content.size - begin);
}

int jxl_metadata_read(struct metadata *metadata, struct bytes file, uint64_t max)
{
	struct box box;
	uint64_t at = 0;
	int status = 0;

	if (!bytes_have(file, 0, 2) || file.data[0] == 0xff) /* a bare codestream */
		return 0;
	while (!status && box_next(file, &at, &box)) {
		if (box.cut)
			continue;
		if (box.content.size > max)
			metadata->lost |= box_is(&box, "Exif") || box_is(&box, "xml ");
		else if (box_is(&box, "Exif"))
			status = read_exif_box(metadata, box.content);
		else if (box_is(&box, "xml ") && !metadata->xmp.size)
			status =
			    br_buffer_append(&metadata->xmp, box.content.data, box.content.size);
	}
	return status;
}

/* Puts a bare codestream into a container. */
static int wrap(struct br_buffer *out, size_t begin)
{
	unsigned char head[sizeof container_begin + BOX_HEADER];

	if (out->size - begin < 2 || out->data[begin] != 0xff)
		return 0;
	memcpy(head, container_begin, sizeof container_begin);
	box_header(head + sizeof container_begin, "jxlc", out->size - begin);
	return metadata_insert(out, begin, head, sizeof head);
}

static int append_box(struct br_buffer *out, const char *type, struct bytes head, struct bytes body)
{
	unsigned char header[BOX_HEADER];
	int status;

	if (!body.size)
		return 0;
	box_header(header, type, head.size + body.size);
	status = br_buffer_append(out, header, sizeof header);
	if (!status)
		status = br_buffer_append(out, head.data, head.size);
	return status ? status : br_buffer_append(out, body.data, body.size);
}

/* The profile is part of the codestream, which the image library has written. */
int jxl_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin)
{
	/* where in the box's content the TIFF structure begins, after these four bytes */
	static const unsigned char offset[4] = {0};
	int status;

	if ((!parts->exif.size && !parts->xmp.size) || out->size - begin > UINT32_MAX / 2)
		return 0;
	status = wrap(out, begin);
	if (!status)
		status = append_box(out, "Exif", (struct bytes){offset, sizeof offset},
		                    (struct bytes){parts->exif.data, parts->exif.size});
	return status ? status
	              : append_box(out, "xml ", (struct bytes){0},
	                           (struct bytes){parts->xmp.data, parts->xmp.size});
}
