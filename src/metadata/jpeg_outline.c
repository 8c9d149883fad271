/* jpeg_outline.c - see jpeg_outline.h. */
#include "metadata/jpeg_outline.h"

#include <string.h>

#include "metadata/exif.h"
#include "probe/jpeg_segments.h"

static const char profile_name[] = "ICC_PROFILE"; /* ICC.1:2022, annex B.4 */

enum { PROFILE_HEAD = 14 }; /* the name with its NUL, the piece's number, the number of pieces */

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

		if (found.code == MARKER_APP1 && !exif && content.size > EXIF_NAME_SIZE &&
		    !memcmp(content.data, EXIF_NAME, EXIF_NAME_SIZE)) {
			const struct bytes tiff = {content.data + EXIF_NAME_SIZE,
			                           content.size - EXIF_NAME_SIZE};

			exif = true; /* the first one counts */
			outline->orientation = exif_orientation(tiff);
			outline->adobe_rgb = exif_is_adobe_rgb(tiff);
		} else if (found.code == MARKER_APP2) {
			read_profile(bytes, content, outline);
		}
	}
}
