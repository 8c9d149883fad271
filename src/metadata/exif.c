/* exif.c - see exif.h. */
#include "metadata/exif.h"

#include <string.h>

#include <batchresize/error.h>

#include "metadata/exif_tiff.h"
#include "probe/png_chunks.h"

enum { COLOR_SPACE_ADOBE_RGB = 2, COLOR_SPACE_UNCALIBRATED = UINT16_MAX };

static bool has_header(struct bytes exif)
{
	return exif.size >= TIFF_HEADER &&
	       (memcmp(exif.data, "II*\0", 4) == 0 || memcmp(exif.data, "MM\0*", 4) == 0);
}

/* --- single values ------------------------------------------------------------------- */

/* Makes every entry of that tag one number. A SHORT stays one if it can hold it. */
static void set(struct exif_tiff *tiff, const struct directory *directory, uint32_t tag,
                uint32_t value)
{
	for (uint32_t i = 0; i < directory->entries; i++) {
		uint64_t at = directory_entry(directory, i);
		bool is_short = tiff_get16(tiff, at + 2) != TYPE_LONG && value <= UINT16_MAX;

		if (tiff_get16(tiff, at) != tag)
			continue;
		tiff_put(tiff, at + 2, is_short ? TYPE_SHORT : TYPE_LONG, 2);
		tiff_put(tiff, at + 4, 1, 4);
		tiff_put(tiff, at + 8, 0, 4);
		tiff_put(tiff, at + 8, value, is_short ? 2 : 4);
	}
}

/* DCF 2.0: R03 is an option file, which is in Adobe RGB; R98 a basic one. */
static void set_basic(struct exif_tiff *tiff, const struct directory *interoperability)
{
	for (uint32_t i = 0; i < interoperability->entries; i++) {
		uint64_t at = directory_entry(interoperability, i);

		if (tiff_get16(tiff, at) == TAG_INTEROPERABILITY_INDEX &&
		    tiff_get16(tiff, at + 2) == TYPE_ASCII && tiff_get32(tiff, at + 4) == 4 &&
		    !memcmp(tiff->data + at + 8, "R03", 4))
			memcpy(tiff->data + at + 8, "R98", 4);
	}
}

/* Across is down in a picture that has been turned by a quarter. */
static void swap_resolutions(struct exif_tiff *tiff, const struct directory *first)
{
	const uint64_t x = directory_find(tiff, first, TAG_X_RESOLUTION);
	const uint64_t y = directory_find(tiff, first, TAG_Y_RESOLUTION);
	uint32_t place;

	if (!x || !y || memcmp(tiff->data + x + 2, tiff->data + y + 2, 6) != 0)
		return;
	place = tiff_get32(tiff, x + 8);
	tiff_put(tiff, x + 8, tiff_get32(tiff, y + 8), 4);
	tiff_put(tiff, y + 8, place, 4);
}

/* --- the subject --------------------------------------------------------------------- */

/* Earlier programs may have made the picture smaller and left all numbers as they were: then those
 * of pixels go by the size that is told. */
static void find_frame(const struct exif_tiff *tiff, const struct directory *exif,
                       const struct placement *placement, uint32_t *width, uint32_t *height)
{
	*width = directory_value(tiff, exif, TAG_PIXEL_X_DIMENSION);
	*height = directory_value(tiff, exif, TAG_PIXEL_Y_DIMENSION);
	if (placement_alike(*width, *height, placement->width, placement->height))
		return;
	*width = placement->width;
	*height = placement->height;
}

/* Returns false if it cannot be said any more. */
static bool change_values(struct exif_tiff *tiff, uint64_t entry, const struct placement *placement,
                          uint32_t width, uint32_t height)
{
	const uint32_t type = tiff_get16(tiff, entry + 2), count = tiff_get32(tiff, entry + 4);
	const unsigned each = type == TYPE_LONG ? 4 : 2;
	const struct exif_region region = directory_values(tiff, entry);
	uint32_t value[SUBJECT_MAX];

	if ((type != TYPE_SHORT && type != TYPE_LONG) || count < 2 || count > SUBJECT_MAX ||
	    region.size != (uint64_t)each * count)
		return false;
	for (unsigned i = 0; i < count; i++)
		value[i] = each == 2 ? tiff_get16(tiff, region.at + (size_t)2 * i)
		                     : tiff_get32(tiff, region.at + (size_t)4 * i);
	if (!placement_subject(placement, width, height, value, count))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (each == 2 && value[i] > UINT16_MAX)
			return false;
		tiff_put(tiff, region.at + (size_t)each * i, value[i], each);
	}
	return true;
}

static void change_subject(struct exif_tiff *tiff, struct directory *directory, uint32_t tag,
                           const struct placement *placement, uint32_t width, uint32_t height)
{
	const uint64_t entry = directory_find(tiff, directory, tag);

	if (entry && !change_values(tiff, entry, placement, width, height))
		directory_remove(tiff, directory, tag);
}

/* --- the change, directory by directory ---------------------------------------------- */

static bool meet(const struct directory *a, const struct directory *b)
{
	return a->at && b->at && a->at < directory_end(b) && b->at < directory_end(a);
}

/* Follows a tag to the next of the directories, but not to one that lies over an earlier one, as
 * in a loop (Kodak's ProBack has one): a change of it would be another of that. */
static void follow(const struct exif_tiff *tiff, struct kept *kept, unsigned from, uint32_t tag)
{
	struct directory *next = &kept->directory[kept->count];

	directory_follow(tiff, &kept->directory[from], tag, next);
	for (unsigned i = 0; i < kept->count; i++)
		if (meet(next, &kept->directory[i]))
			*next = (struct directory){0};
	kept->count++;
}

static bool open_all(const struct exif_tiff *tiff, struct kept *kept)
{
	kept->count = 1;
	if (!directory_open(tiff, tiff_get32(tiff, 4), &kept->directory[0]))
		return false;
	follow(tiff, kept, 0, TAG_EXIF);
	follow(tiff, kept, 0, TAG_GPS);
	follow(tiff, kept, 1, TAG_INTEROPERABILITY);
	return true;
}

static void change_subjects(struct exif_tiff *tiff, struct kept *kept,
                            const struct placement *placement)
{
	uint32_t width, height;

	find_frame(tiff, &kept->directory[1], placement, &width, &height);
	for (int i = 0; i < 2; i++) {
		change_subject(tiff, &kept->directory[i], TAG_SUBJECT_AREA, placement, width,
		               height);
		change_subject(tiff, &kept->directory[i], TAG_SUBJECT_LOCATION, placement, width,
		               height);
	}
}

static int change_copy(struct exif_tiff *tiff, const struct exif_change *change)
{
	const uint32_t width = change->placement.geometry.canvas_width;
	const uint32_t height = change->placement.geometry.canvas_height;
	struct kept kept;
	struct directory *first = &kept.directory[0], *exif = &kept.directory[1];
	int status;

	if (!open_all(tiff, &kept))
		return BR_ERROR_CORRUPT;
	status = exif_drop_thumbnail(tiff, &kept);
	if (status)
		return status;
	change_subjects(tiff, &kept, &change->placement);
	exif_drop_previews(tiff, &kept);
	set(tiff, first, TAG_ORIENTATION, change->orientation);
	set(tiff, first, TAG_WIDTH, width);
	set(tiff, first, TAG_HEIGHT, height);
	if (change->placement.orientation > 4)
		swap_resolutions(tiff, first);
	set(tiff, exif, TAG_PIXEL_X_DIMENSION, width);
	set(tiff, exif, TAG_PIXEL_Y_DIMENSION, height);
	if (change->srgb) {
		set(tiff, exif, TAG_COLOR_SPACE, 1);
		set_basic(tiff, &kept.directory[3]);
	}
	return 0;
}

int exif_change(struct bytes exif, const struct exif_change *change, struct br_buffer *out)
{
	const size_t begin = out->size;
	struct exif_tiff tiff;
	int status;

	if (!has_header(exif))
		return BR_ERROR_CORRUPT;
	status = br_buffer_append(out, exif.data, exif.size);
	if (status)
		return status;
	tiff = (struct exif_tiff){out->data + begin, exif.size, exif.data[0] == 'M'};
	status = change_copy(&tiff, change);
	out->size = status ? begin : begin + tiff.size;
	return status;
}

/* --- reading ------------------------------------------------------------------------- */

/* The first directory, which is only read. */
static bool open_first(struct bytes exif, struct exif_tiff *tiff, struct directory *first)
{
	*tiff = (struct exif_tiff){(unsigned char *)(uintptr_t)exif.data, exif.size,
	                           exif.size && exif.data[0] == 'M'};
	return has_header(exif) && directory_open(tiff, tiff_get32(tiff, 4), first);
}

/* A directory that is cut off is looked at as far as it goes: the picture is shown all the same. */
unsigned exif_orientation(struct bytes exif)
{
	struct exif_tiff tiff;
	struct directory first;
	uint64_t entry;
	uint32_t value = 1;

	if (!open_first(exif, &tiff, &first))
		return 1;
	entry = directory_find(&tiff, &first, TAG_ORIENTATION);
	if (entry && tiff_get16(&tiff, entry + 2) == TYPE_SHORT)
		value = tiff_get16(&tiff, entry + 8);
	else if (entry && tiff_get16(&tiff, entry + 2) == TYPE_LONG)
		value = tiff_get32(&tiff, entry + 8);
	return value >= 1 && value <= 8 ? value : 1;
}

bool exif_is_adobe_rgb(struct bytes exif)
{
	struct exif_tiff tiff;
	struct directory first, details, interoperability;
	uint32_t space;
	uint64_t entry;

	if (!open_first(exif, &tiff, &first))
		return false;
	directory_follow(&tiff, &first, TAG_EXIF, &details);
	if (!details.at)
		return false;
	space = directory_value(&tiff, &details, TAG_COLOR_SPACE);
	directory_follow(&tiff, &details, TAG_INTEROPERABILITY, &interoperability);
	if (space != COLOR_SPACE_UNCALIBRATED || !interoperability.at)
		return space == COLOR_SPACE_ADOBE_RGB;
	entry = directory_find(&tiff, &interoperability, TAG_INTEROPERABILITY_INDEX);
	return entry && tiff_get16(&tiff, entry + 2) == TYPE_ASCII &&
	       tiff_get32(&tiff, entry + 4) == 4 && !memcmp(tiff.data + entry + 8, "R03", 4);
}

void exif_say_orientation(unsigned char *exif, size_t size, unsigned orientation)
{
	struct exif_tiff tiff;
	struct directory first;

	if (open_first((struct bytes){exif, size}, &tiff, &first))
		set(&tiff, &first, TAG_ORIENTATION, orientation);
}

static void set_one(struct exif_tiff *tiff, const struct directory *first, uint32_t tag)
{
	const uint64_t entry = directory_find(tiff, first, tag);
	const struct exif_region region =
	    entry ? directory_values(tiff, entry) : (struct exif_region){0};

	if (region.size != 8)
		return;
	tiff_put(tiff, region.at, 1, 4);
	tiff_put(tiff, region.at + 4, 1, 4);
}

void exif_say_no_density(unsigned char *exif, size_t size)
{
	struct exif_tiff tiff;
	struct directory first;

	if (!open_first((struct bytes){exif, size}, &tiff, &first))
		return;
	set(&tiff, &first, TAG_RESOLUTION_UNIT, 1);
	set_one(&tiff, &first, TAG_X_RESOLUTION);
	set_one(&tiff, &first, TAG_Y_RESOLUTION);
}

static bool has(struct bytes exif, uint32_t tag)
{
	struct exif_tiff tiff;
	struct directory first, second;

	if (!open_first(exif, &tiff, &first))
		return false;
	directory_follow(&tiff, &first, TAG_EXIF, &second);
	return directory_find(&tiff, &second, tag) != 0;
}

bool exif_has_subject_area(struct bytes exif)
{
	return has(exif, TAG_SUBJECT_AREA);
}

bool exif_has_subject_location(struct bytes exif)
{
	return has(exif, TAG_SUBJECT_LOCATION);
}

static double rational(const struct exif_tiff *tiff, const struct directory *first, uint32_t tag)
{
	const uint64_t entry = directory_find(tiff, first, tag);
	const struct exif_region region =
	    entry ? directory_values(tiff, entry) : (struct exif_region){0};

	if (region.size != 8 || tiff_get16(tiff, entry + 2) != TYPE_RATIONAL ||
	    !tiff_get32(tiff, region.at + 4))
		return 0;
	return (double)tiff_get32(tiff, region.at) / tiff_get32(tiff, region.at + 4);
}

/* The unit is inches if none is said, 3 is centimetres (Exif 2.32, 4.6.4). */
struct density exif_density(struct bytes exif)
{
	struct exif_tiff tiff;
	struct directory first;
	struct density density = {0};
	uint32_t unit;

	if (!open_first(exif, &tiff, &first))
		return density;
	unit = directory_value(&tiff, &first, TAG_RESOLUTION_UNIT);
	if (unit == 0 || unit == 2 || unit == 3)
		density = (struct density){
		    .x = rational(&tiff, &first, TAG_X_RESOLUTION),
		    .y = rational(&tiff, &first, TAG_Y_RESOLUTION),
		    .unit = unit == 3 ? DENSITY_CM : DENSITY_INCH,
		};
	return density.x > 0 && density.y > 0 ? density : (struct density){0};
}

struct bytes exif_of_png(struct bytes png)
{
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;

	while (png_chunk_next(png, &at, &chunk))
		if (png_chunk_is(&chunk, "eXIf"))
			return chunk.data;
	return (struct bytes){0};
}
