/* exif.h - makes kept EXIF true of a picture that has been turned and resized.
 *
 * A pure function of bytes to bytes; thread-safe. Nothing is moved: what is not changed keeps its
 * place, and so maker notes, whose offsets nobody else knows, stay right.
 *
 * No loop of directories can hold it up: it goes from the first one to its Exif, GPS and
 * interoperability ones, to the second, and to those of a maker note, once each. Every offset and
 * count is checked.
 */
#ifndef METADATA_EXIF_H
#define METADATA_EXIF_H

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "metadata/density.h"
#include "geometry/placement.h"

/* What JPEG has before the TIFF structure, and the image library in any format: two NULs end it, of
 * which the string brings one. */
#define EXIF_NAME      "Exif\0"
#define EXIF_NAME_SIZE (sizeof EXIF_NAME)

/* The Orientation of a TIFF structure's first directory, as SHORT or LONG, 1 to 8; 1 if there is
 * none that makes sense. */
unsigned exif_orientation(struct bytes exif);

/* The EXIF of a PNG, in a chunk before the picture or behind it; empty if there is none. */
struct bytes exif_of_png(struct bytes png);

/* Makes a whole TIFF structure's first directory say another orientation, if it says any. */
void exif_say_orientation(unsigned char *exif, size_t size, unsigned orientation);

/* Makes it say that its resolutions, if it has any, have no unit, and are 1. */
void exif_say_no_density(unsigned char *exif, size_t size);

/* Whether the Exif directory has SubjectArea, or SubjectLocation. */
bool exif_has_subject_area(struct bytes exif);
bool exif_has_subject_location(struct bytes exif);

/* What the first directory says of the density; none if it says nothing. */
struct density exif_density(struct bytes exif);

/* Whether it says that the picture is in Adobe RGB: a DCF option file (DCF 2.0, 4.3: no colour
 * space that Exif knows, interoperability "R03"), or ColorSpace 2, as some cameras write it. */
bool exif_is_adobe_rgb(struct bytes exif);

struct exif_change {
	struct placement placement; /* of the picture now */
	unsigned orientation;       /* that is said from now on; as a rule 1 */
	bool srgb;                  /* its colours have been converted to sRGB */
};

/* Appends exif, a TIFF structure as EXIF has it (Exif 2.32, 4.5), to *out:
 * - Orientation, ImageWidth, ImageLength, PixelXDimension and PixelYDimension are right if they
 *   are there at all; the two resolutions change places with the sides;
 * - SubjectArea and SubjectLocation are where they are now, or gone if that is not in the
 * output;
 * - with change->srgb, ColorSpace says sRGB, and the DCF option file for Adobe RGB is a basic one;
 * - the second directory, which holds the thumbnail, is no longer linked; its bytes are cut off
 *   when they are the last, and become zeros otherwise, except those that other values share, as
 *   some cameras write it;
 * - a maker note names no preview that lay elsewhere in the file.
 * Directories that are not whole are read as far as they are there; one that lies over another is
 * left as it is.
 *
 * Returns 0, negative errno, or BR_ERROR_CORRUPT when the structure cannot be relied upon: a first
 * directory that is not within it. *out is as it was then. */
int exif_change(struct bytes exif, const struct exif_change *change, struct br_buffer *out);

#endif
