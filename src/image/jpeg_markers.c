/* jpeg_markers.c - reads, writes and splices a JPEG's application segments and comment. */
#include "image/jpeg_markers.h"

#include <string.h>

#include "image/jpeg_outline.h"

enum { APP0 = 0xe0, APP1 = 0xe1, APP2 = 0xe2, APP13 = 0xed, COM = 0xfe };

/* What a segment can hold. */
#define CONTENT_MAX 65533

#define PIECES_MAX 255

/* The names that segments begin with; each ends with a NUL that counts. */
static const char exif_name[] = "Exif\0"; /* and another NUL */
static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/";
static const char xmp_more_name[] = "http://ns.adobe.com/xmp/extension/";
static const char photoshop_name[] = "Photoshop 3.0";
static const char profile_name[] = "ICC_PROFILE";

/* After a profile's name: the piece's number from 1, the number of pieces. */
#define PROFILE_HEAD (sizeof profile_name + 2)
#define PIECE_MAX    (CONTENT_MAX - PROFILE_HEAD)

static bool begins(const struct jpeg_segment *segment, uint8_t code, const char *name, size_t size)
{
	return segment->code == code && segment->content.size > size &&
	       !memcmp(segment->content.data, name, size);
}

static struct bytes after(struct bytes bytes, size_t size)
{
	return (struct bytes){bytes.data + size, bytes.size - size};
}

static int append(struct buffer *out, struct bytes bytes)
{
	return buffer_append(out, bytes.data, bytes.size);
}

/* --- the profile --------------------------------------------------------------------- */

/* The pieces in their order; returns how many there are, 0 when one is missing or there twice. */
static unsigned gather(struct bytes file, struct bytes *piece, bool *found)
{
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;
	unsigned count = 0, seen = 0;
	bool whole = true;

	while (jpeg_segment_next(file, &at, &segment)) {
		if (!begins(&segment, APP2, profile_name, sizeof profile_name))
			continue;
		*found = true;
		if (segment.content.size <= PROFILE_HEAD)
			return 0;
		const unsigned number = segment.content.data[PROFILE_HEAD - 2];

		if (!seen++)
			count = segment.content.data[PROFILE_HEAD - 1];
		whole = whole && count == segment.content.data[PROFILE_HEAD - 1] && number >= 1 &&
		        number <= count && !piece[number - 1].data;
		if (whole)
			piece[number - 1] = after(segment.content, PROFILE_HEAD);
	}
	return whole && seen == count ? count : 0;
}

int jpeg_markers_profile(struct bytes file, struct buffer *out, bool *found)
{
	struct bytes piece[PIECES_MAX] = {{0}};
	int status = 0;

	*found = false;
	const unsigned count = gather(file, piece, found);

	for (unsigned i = 0; i < count && !status; i++)
		status = append(out, piece[i]);
	return status;
}

/* --- reading ------------------------------------------------------------------------- */

/* The IPTC-NAA record among Photoshop's image resources (Adobe Photoshop File Formats
 * Specification): "8BIM", number, name padded to even, length, data padded to even. */
static struct bytes find_iptc(struct bytes resources)
{
	uint64_t at = 0;

	while (bytes_have(resources, at, 12)) {
		const unsigned char *p = resources.data + at;
		const uint64_t name = (p[6] + UINT64_C(2)) & ~UINT64_C(1);

		if (memcmp(p, "8BIM", 4) != 0 || !bytes_have(resources, at + 6 + name, 4))
			break;
		uint64_t size = be32(p + 6 + name);

		at += 6 + name + 4;
		if (!bytes_have(resources, at, size))
			break;
		if (be16(p + 4) == 0x0404)
			return (struct bytes){resources.data + at, size};
		at += (size + 1) & ~UINT64_C(1);
	}
	return (struct bytes){0};
}

static int read_segment(struct metadata *metadata, const struct jpeg_segment *segment,
                        struct bytes whole, struct buffer *resources)
{
	const struct bytes content = segment->content;

	/* the first of each counts, as for those who show it */
	if (begins(segment, APP1, exif_name, sizeof exif_name) && !metadata->exif.size)
		return append(&metadata->exif, after(content, sizeof exif_name));
	if (begins(segment, APP1, xmp_name, sizeof xmp_name) && !metadata->xmp.size)
		return append(&metadata->xmp, after(content, sizeof xmp_name));
	if (begins(segment, APP1, xmp_more_name, sizeof xmp_more_name))
		return append(&metadata->xmp_more, whole);
	/* they go on from segment to segment */
	if (begins(segment, APP13, photoshop_name, sizeof photoshop_name))
		return append(resources, after(content, sizeof photoshop_name));
	if (segment->code == COM && content.size && !metadata->comment.size)
		return append(&metadata->comment, content);
	return 0;
}

int jpeg_markers_read(struct metadata *metadata, struct bytes file)
{
	struct buffer resources = BUFFER_HEAP;
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;
	int status = 0;

	while (!status && jpeg_segment_next(file, &at, &segment)) {
		/* with marker and length */
		const struct bytes whole = {segment.content.data - 4, segment.content.size + 4};

		status = read_segment(metadata, &segment, whole, &resources);
	}
	if (!status)
		status = append(&metadata->iptc,
		                find_iptc((struct bytes){resources.data, resources.size}));
	buffer_release(&resources);
	return status;
}

/* --- writing ------------------------------------------------------------------------- */

/* One segment of a head and a body; nothing where there is no body or they are too long. */
static int write_segment(struct buffer *out, uint8_t code, struct bytes head, struct bytes body)
{
	const size_t size = head.size + body.size;
	const unsigned char marker[4] = {0xff, code, (unsigned char)((size + 2) >> 8),
	                                 (unsigned char)(size + 2)};
	int status;

	if (!body.size || size > CONTENT_MAX)
		return 0;
	status = buffer_append(out, marker, sizeof marker);
	if (!status)
		status = append(out, head);
	return status ? status : append(out, body);
}

static int write_named(struct buffer *out, uint8_t code, const char *name, size_t size,
                       struct bytes body)
{
	return write_segment(out, code, (struct bytes){(const unsigned char *)name, size}, body);
}

static int write_profile(struct buffer *out, struct bytes profile)
{
	const size_t count = (profile.size + PIECE_MAX - 1) / PIECE_MAX;
	unsigned char head[PROFILE_HEAD];
	int status = 0;

	if (count > PIECES_MAX)
		return 0;
	memcpy(head, profile_name, sizeof profile_name);
	head[PROFILE_HEAD - 1] = (unsigned char)count;
	for (size_t i = 0; i < count && !status; i++) {
		struct bytes piece = after(profile, i * PIECE_MAX);

		piece.size = piece.size < PIECE_MAX ? piece.size : PIECE_MAX;
		head[PROFILE_HEAD - 2] = (unsigned char)(i + 1);
		status = write_segment(out, APP2, (struct bytes){head, sizeof head}, piece);
	}
	return status;
}

/* As the one image resource that is kept. */
static int write_iptc(struct buffer *out, struct bytes iptc)
{
	unsigned char head[sizeof photoshop_name + 12] = {0};
	unsigned char *p = head + sizeof photoshop_name;
	struct buffer body = BUFFER_HEAP;
	int status;

	if (!iptc.size || iptc.size > CONTENT_MAX - sizeof head)
		return 0;
	memcpy(head, photoshop_name, sizeof photoshop_name);
	memcpy(p, "8BIM\x04\x04", 6);
	p[10] = (unsigned char)(iptc.size >> 8);
	p[11] = (unsigned char)iptc.size;
	status = append(&body, iptc);
	if (!status && iptc.size % 2)
		status = buffer_append(&body, "", 1);
	if (!status)
		status = write_segment(out, APP13, (struct bytes){head, sizeof head},
		                       (struct bytes){body.data, body.size});
	buffer_release(&body);
	return status;
}

int jpeg_markers_write(const struct metadata_parts *parts, struct buffer *out)
{
	const struct bytes exif = {parts->exif.data, parts->exif.size};
	const struct bytes xmp = {parts->xmp.data, parts->xmp.size};
	int status = write_named(out, APP1, exif_name, sizeof exif_name, exif);

	if (!status)
		status = write_named(out, APP1, xmp_name, sizeof xmp_name, xmp);
	/* without the packet that names them they mean nothing */
	if (!status && xmp.size)
		status = append(out, parts->xmp_more);
	if (!status)
		status = write_profile(out, parts->profile);
	if (!status)
		status = write_iptc(out, parts->iptc);
	return status ? status : write_segment(out, COM, (struct bytes){0}, parts->comment);
}

/* After the start of the picture and a JFIF header (which must come first: JFIF 1.02). */
int jpeg_markers_embed(const struct metadata_parts *parts, struct buffer *out, size_t begin)
{
	struct buffer segments = BUFFER_HEAP;
	const struct bytes file = {out->data + begin, out->size - begin};
	size_t at = JPEG_SEGMENTS_BEGIN;
	struct jpeg_segment first;
	int status = file.size < JPEG_SEGMENTS_BEGIN ? 0 : jpeg_markers_write(parts, &segments);

	if (!jpeg_segment_next(file, &at, &first) || first.code != APP0)
		at = JPEG_SEGMENTS_BEGIN;
	if (!status)
		status = metadata_insert(out, begin + at, segments.data, segments.size);
	buffer_release(&segments);
	return status;
}
