/* jpeg_outline.c - walks a JPEG's segments (ITU-T T.81, annex B) for orientation and profile. */
#include "metadata/jpeg_outline.h"

#include <string.h>

#include "metadata/exif.h"

enum { TEM = 0x01, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda };
enum { APP1 = 0xe1, APP2 = 0xe2 };

static const char profile_name[] = "ICC_PROFILE"; /* ICC.1:2022, annex B.4 */

enum { PROFILE_HEAD = 14 }; /* the name with its NUL, the piece's number, the number of pieces */

/* The position of the next marker's code at or after `at`, past entropy-coded data with its stuffed
 * zeros and restarts; bytes.size where there is none. */
static size_t marker_next(struct bytes bytes, size_t at)
{
	while (at < bytes.size) {
		const unsigned char *ff = memchr(bytes.data + at, 0xff, bytes.size - at);

		if (!ff)
			break;
		at = (size_t)(ff - bytes.data);
		while (at < bytes.size && bytes.data[at] == 0xff)
			at++;
		if (at == bytes.size)
			break;
		int code = bytes.data[at];

		if (code && code != TEM && (code < RST0 || code > RST7))
			return at;
		at++;
	}
	return bytes.size;
}

/* The content of the segment whose marker code is at `at`; .data is NULL when it is cut off. */
static struct bytes segment(struct bytes bytes, size_t at)
{
	size_t length;

	if (!bytes_have(bytes, at + 1, 2))
		return (struct bytes){0};
	length = be16(bytes.data + at + 1);
	if (length < 2 || !bytes_have(bytes, at + 1, length))
		return (struct bytes){0};
	return (struct bytes){bytes.data + at + 3, length - 2};
}

bool jpeg_segment_next(struct bytes bytes, size_t *at, struct jpeg_segment *found)
{
	const size_t marker = marker_next(bytes, *at);

	if (marker == bytes.size || bytes.data[marker] == SOS || bytes.data[marker] == EOI)
		return false;
	found->code = bytes.data[marker];
	found->content = segment(bytes, marker);
	*at = marker + 3 + found->content.size;
	return found->content.data != NULL;
}

static void read_profile(struct bytes bytes, struct bytes content, struct jpeg_outline *outline)
{
	if (content.size <= PROFILE_HEAD ||
	    memcmp(content.data, profile_name, sizeof(profile_name)) != 0)
		return;
	outline->profile_split |= outline->profile_size || content.data[PROFILE_HEAD - 1] != 1;
	outline->profile_at = (size_t)(content.data - bytes.data) + PROFILE_HEAD;
	outline->profile_size = content.size - PROFILE_HEAD;
}

void jpeg_outline_header(struct bytes bytes, struct jpeg_outline *outline)
{
	size_t at = JPEG_SEGMENTS_BEGIN;
	struct jpeg_segment found;
	bool exif = false;

	*outline = (struct jpeg_outline){.orientation = 1};
	while (jpeg_segment_next(bytes, &at, &found)) {
		const struct bytes content = found.content;

		if (found.code == APP1 && !exif && content.size > EXIF_NAME_SIZE &&
		    !memcmp(content.data, EXIF_NAME, EXIF_NAME_SIZE)) {
			const struct bytes tiff = {content.data + EXIF_NAME_SIZE,
			                           content.size - EXIF_NAME_SIZE};

			exif = true; /* the first one counts */
			outline->orientation = exif_orientation(tiff);
			outline->adobe_rgb = exif_is_adobe_rgb(tiff);
		} else if (found.code == APP2) {
			read_profile(bytes, content, outline);
		}
	}
}
