/* support.c - what this build can read and write on this system, and what it has to say of a
 * picture. */
#include <batchresize/image.h>

#include "probe/formats.h"
#include "pipeline/library.h"

bool image_can_read(enum image_format format)
{
	return format_is_ours(format) || library_can_read(format);
}

bool image_can_write(enum image_format format)
{
	return format_is_ours(format) || library_can_write(format);
}

int image_check_write(enum image_format format, struct error *error)
{
	return format_is_ours(format) ? 0 : library_check_write(format, error);
}

const char *image_note_name(unsigned note)
{
	static const char *const names[IMAGE_NOTES] = {
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

	for (unsigned i = 0; i < IMAGE_NOTES; i++)
		if (note == 1U << i)
			return names[i];
	return "";
}
