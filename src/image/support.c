/* support.c - what this build can read and write on this system, and what it has to say of a
 * picture. */
#include <batchresize/image.h>

#include "probe/formats.h"
#include "pipeline/library.h"

bool br_image_can_read(enum br_image_format format)
{
	return format_is_ours(format) || library_can_read(format);
}

bool br_image_can_write(enum br_image_format format)
{
	return format_is_ours(format) || library_can_write(format);
}

int br_image_check_write(enum br_image_format format, struct br_error *error)
{
	return format_is_ours(format) ? 0 : library_check_write(format, error);
}

const char *br_image_note_name(unsigned note)
{
	static const char *const names[BR_IMAGE_NOTES] = {
	    "truncated",
	    "profile-missing",
	    "profile-broken",
	    "animation-dropped",
	    "depth-reduced",
	    "alpha-dropped",
	    "grew",
	    "not-enlarged",
	    "changed-format",
	    "size-skipped",
	    "source-changed",
	    "tone-mapped",
	    "colours-unknown",
	    "gain-map-dropped",
	    "metadata-dropped",
	    "orientation-ignored",
	    "damaged",
	};

	for (unsigned i = 0; i < BR_IMAGE_NOTES; i++)
		if (note == 1U << i)
			return names[i];
	return "";
}
