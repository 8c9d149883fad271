/* jpeg_markers.c - reads, writes and splices a JPEG's application segments and comment. */
#include "metadata/jpeg_markers.h"

#include <string.h>

#include <batchresize/error.h>

#include "metadata/exif.h"
#include "metadata/mark.h"
#include "probe/jpeg_segments.h"

/* What a segment can hold. */
#define CONTENT_MAX 65533

#define PIECES_MAX 255

/* The names that segments begin with; each ends with a NUL that counts. */
static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/";
static const char xmp_more_name[] = "http://ns.adobe.com/xmp/extension/";
static const char jfif_name[] = "JFIF";
static const char photoshop_name[] = "Photoshop 3.0";
static const char profile_name[] = "ICC_PROFILE";

/* After the extension's name: the digest of all of it, how long that is, where the piece lies. */
#define XMP_MORE_HEAD  (sizeof xmp_more_name + XMP_GUID_SIZE + 8)
#define XMP_MORE_PIECE 65000

/* In a JFIF header, after its name and version. */
#define DENSITY_AT (sizeof jfif_name + 2)

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

static int append(struct br_buffer *out, struct bytes bytes)
{
	return br_buffer_append(out, bytes.data, bytes.size);
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
		if (!begins(&segment, MARKER_APP2, profile_name, sizeof profile_name))
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

int jpeg_markers_profile(struct bytes file, struct br_buffer *out, bool *found)
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
                        struct br_buffer *resources)
{
	const struct bytes content = segment->content;

	/* the first of each counts, as for those who show it */
	if (begins(segment, MARKER_APP1, EXIF_NAME, EXIF_NAME_SIZE) && !metadata->exif.size)
		return append(&metadata->exif, after(content, EXIF_NAME_SIZE));
	if (begins(segment, MARKER_APP1, xmp_name, sizeof xmp_name) && !metadata->xmp.size)
		return append(&metadata->xmp, after(content, sizeof xmp_name));
	/* they go on from segment to segment */
	if (begins(segment, MARKER_APP13, photoshop_name, sizeof photoshop_name))
		return append(resources, after(content, sizeof photoshop_name));
	if (segment->code == MARKER_COM && content.size && !metadata->comment.size)
		return append(&metadata->comment, content);
	if (begins(segment, MARKER_APP0, jfif_name, sizeof jfif_name) &&
	    content.size >= DENSITY_AT + DENSITY_JFIF_SIZE)
		metadata->density = density_from_jfif(content.data + DENSITY_AT);
	return 0;
}

/* A piece of the extension of that name (NULL: any). */
static bool is_piece(const struct jpeg_segment *segment, const char *guid)
{
	return begins(segment, MARKER_APP1, xmp_more_name, sizeof xmp_more_name) &&
	       segment->content.size > XMP_MORE_HEAD &&
	       (!guid ||
	        !memcmp(segment->content.data + sizeof xmp_more_name, guid, XMP_GUID_SIZE));
}

static bool has_pieces(struct bytes file)
{
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;

	while (jpeg_segment_next(file, &at, &segment))
		if (is_piece(&segment, NULL))
			return true;
	return false;
}

/* Puts the pieces together, which may come in any order; BR_ERROR_CORRUPT if one is missing. */
static int gather_extension(struct bytes file, const char guid[XMP_GUID_SIZE], uint64_t max,
                            struct br_buffer *out)
{
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;
	uint64_t found = 0;

	while (jpeg_segment_next(file, &at, &segment)) {
		const unsigned char *p = segment.content.data + XMP_MORE_HEAD - 8;
		const struct bytes piece = after(segment.content, XMP_MORE_HEAD);
		int status = 0;

		if (!is_piece(&segment, guid))
			continue;
		if (!found) {
			const uint32_t size = be32(p);

			status = size > max ? BR_ERROR_CORRUPT : br_buffer_reserve(out, size);
			if (status)
				return status;
			memset(out->data, 0, size);
			out->size = size;
		}
		if (be32(p) != out->size || be32(p + 4) > out->size ||
		    piece.size > out->size - be32(p + 4))
			return BR_ERROR_CORRUPT;
		memcpy(out->data + be32(p + 4), piece.data, piece.size);
		found += piece.size;
	}
	return found && found == out->size ? 0 : BR_ERROR_CORRUPT;
}

/* What the packet does not name is nobody's. */
static int read_extension(struct metadata *metadata, struct bytes file, uint64_t max)
{
	static const char property[] = "HasExtendedXMP";
	const struct bytes packet = {metadata->xmp.data, metadata->xmp.size};
	struct br_buffer extension = BR_BUFFER_HEAP;
	char guid[XMP_GUID_SIZE];
	int status = BR_ERROR_CORRUPT;

	if (!has_pieces(file) &&
	    (!packet.size || !memmem(packet.data, packet.size, property, strlen(property))))
		return 0;
	if (packet.size && xmp_extension(packet, guid))
		status = gather_extension(file, guid, max, &extension);
	if (!status)
		status = xmp_join(&metadata->xmp, (struct bytes){extension.data, extension.size});
	br_buffer_release(&extension);
	metadata->lost |= status > 0;
	return status > 0 ? 0 : status;
}

int jpeg_markers_read(struct metadata *metadata, struct bytes file, uint64_t max)
{
	struct br_buffer resources = BR_BUFFER_HEAP;
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;
	int status = 0;

	while (!status && jpeg_segment_next(file, &at, &segment))
		status = read_segment(metadata, &segment, &resources);
	if (!status)
		status = append(&metadata->iptc,
		                find_iptc((struct bytes){resources.data, resources.size}));
	br_buffer_release(&resources);
	return status ? status : read_extension(metadata, file, max);
}

/* --- writing ------------------------------------------------------------------------- */

/* One segment of a head and a body; nothing if there is no body or they are too long. */
static int write_segment(struct br_buffer *out, uint8_t code, struct bytes head, struct bytes body)
{
	const size_t size = head.size + body.size;
	const unsigned char marker[4] = {0xff, code, (unsigned char)((size + 2) >> 8),
	                                 (unsigned char)(size + 2)};
	int status;

	if (!body.size || size > CONTENT_MAX)
		return 0;
	status = br_buffer_append(out, marker, sizeof marker);
	if (!status)
		status = append(out, head);
	return status ? status : append(out, body);
}

static int write_named(struct br_buffer *out, uint8_t code, const char *name, size_t size,
                       struct bytes body)
{
	return write_segment(out, code, (struct bytes){(const unsigned char *)name, size}, body);
}

static int write_profile(struct br_buffer *out, struct bytes profile)
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
		status = write_segment(out, MARKER_APP2, (struct bytes){head, sizeof head}, piece);
	}
	return status;
}

/* As the one image resource that is kept. */
static int write_iptc(struct br_buffer *out, struct bytes iptc)
{
	unsigned char head[sizeof photoshop_name + 12] = {0};
	unsigned char *p = head + sizeof photoshop_name;
	struct br_buffer body = BR_BUFFER_HEAP;
	int status;

	if (!iptc.size || iptc.size > CONTENT_MAX - sizeof head)
		return 0;
	memcpy(head, photoshop_name, sizeof photoshop_name);
	memcpy(p, "8BIM\x04\x04", 6);
	p[10] = (unsigned char)(iptc.size >> 8);
	p[11] = (unsigned char)iptc.size;
	status = append(&body, iptc);
	if (!status && iptc.size % 2)
		status = br_buffer_append(&body, "", 1);
	if (!status)
		status = write_segment(out, MARKER_APP13, (struct bytes){head, sizeof head},
		                       (struct bytes){body.data, body.size});
	br_buffer_release(&body);
	return status;
}

static int write_extension(struct br_buffer *out, const struct metadata_parts *parts)
{
	const struct bytes whole = {parts->xmp_more.data, parts->xmp_more.size};
	unsigned char head[XMP_MORE_HEAD];
	unsigned char *p = head + XMP_MORE_HEAD - 8;
	int status = 0;

	memcpy(head, xmp_more_name, sizeof xmp_more_name);
	memcpy(head + sizeof xmp_more_name, parts->xmp_guid, XMP_GUID_SIZE);
	for (size_t at = 0; at < whole.size && !status; at += XMP_MORE_PIECE) {
		struct bytes piece = after(whole, at);

		piece.size = piece.size < XMP_MORE_PIECE ? piece.size : XMP_MORE_PIECE;
		put_be32(p, (uint32_t)whole.size);
		put_be32(p + 4, (uint32_t)at);
		status = write_segment(out, MARKER_APP1, (struct bytes){head, sizeof head}, piece);
	}
	return status;
}

int jpeg_markers_write(const struct metadata_parts *parts, struct br_buffer *out)
{
	const struct bytes exif = {parts->exif.data, parts->exif.size};
	const struct bytes xmp = {parts->xmp.data, parts->xmp.size};
	const struct bytes mark = {(const unsigned char *)MARK_JPEG, MARK_SIZE(MARK_JPEG)};
	int status = write_named(out, MARKER_APP1, EXIF_NAME, EXIF_NAME_SIZE, exif);

	if (!status)
		status = write_named(out, MARKER_APP1, xmp_name, sizeof xmp_name, xmp);
	if (!status && xmp.size)
		status = write_extension(out, parts);
	if (!status)
		status = write_profile(out, parts->profile);
	if (!status)
		status = write_iptc(out, parts->iptc);
	if (!status)
		status = write_segment(out, MARKER_COM, (struct bytes){0}, parts->comment);
	return status ? status : write_segment(out, MARK_JPEG_CODE, (struct bytes){0}, mark);
}

void jpeg_markers_set_density(const struct density *density, struct br_buffer *out, size_t begin)
{
	const struct bytes file = {out->data + begin, out->size - begin};
	size_t at = JPEG_SEGMENTS_BEGIN;
	struct jpeg_segment first;
	unsigned char bytes[DENSITY_JFIF_SIZE];

	if (!jpeg_segment_next(file, &at, &first) ||
	    !begins(&first, MARKER_APP0, jfif_name, sizeof jfif_name) ||
	    first.content.size < DENSITY_AT + sizeof bytes || !density_to_jfif(density, bytes))
		return;
	memcpy(out->data + (first.content.data - out->data) + DENSITY_AT, bytes, sizeof bytes);
}

/* A JFIF header with the density, for a file of Y, Cb and Cr that has none. */
static int write_jfif(struct bytes file, const struct density *density, struct br_buffer *out)
{
	unsigned char header[] = {0xff, MARKER_APP0, 0, 16, 'J', 'F', 'I', 'F', 0,
	                          1,    1,           0, 0,  1,   0,   1,   0,   0};
	struct jpeg_segment segment;
	size_t at = JPEG_SEGMENTS_BEGIN;

	if (!density_to_jfif(density, header + 4 + DENSITY_AT))
		return 0;
	while (jpeg_segment_next(file, &at, &segment))
		if (segment.code == MARKER_APP0 || segment.code == MARKER_APP14)
			return 0;
	return br_buffer_append(out, header, sizeof header);
}

/* After the start of the picture and a JFIF header (which must come first: JFIF 1.02). */
int jpeg_markers_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin)
{
	struct br_buffer segments = BR_BUFFER_HEAP;
	const struct bytes file = {out->data + begin, out->size - begin};
	size_t at = JPEG_SEGMENTS_BEGIN;
	struct jpeg_segment first;
	int status = 0;

	if (file.size >= JPEG_SEGMENTS_BEGIN)
		status = write_jfif(file, &parts->density, &segments);
	if (!status && file.size >= JPEG_SEGMENTS_BEGIN)
		status = jpeg_markers_write(parts, &segments);
	if (!jpeg_segment_next(file, &at, &first) || first.code != MARKER_APP0)
		at = JPEG_SEGMENTS_BEGIN;
	if (!status)
		status = metadata_insert(out, begin + at, segments.data, segments.size);
	br_buffer_release(&segments);
	if (!status)
		jpeg_markers_set_density(&parts->density, out, begin);
	return status;
}
