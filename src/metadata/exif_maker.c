/* exif_maker.c - previews that maker notes tell of, as ExifTool documents the notes (its
 * Image::ExifTool::TagNames). One that lies in the EXIF block is kept with it; one behind the
 * picture is not. */
#include "metadata/exif_tiff.h"

#include <string.h>

/* How a note begins, and what its offsets count from. */
static const struct maker {
	const char *make; /* of EXIF, if the note has no name of its own */
	const char *name;
	unsigned name_size;
	unsigned directory; /* where it is in the note */
	unsigned order;     /* where the byte order is said; 0: as in EXIF */
	bool own_base;      /* offsets count from the note's beginning */
	/* tags of a preview's place and length, and of a directory with another pair */
	uint32_t start, length, settings;
} makers[] = {
    {NULL, "OLYMP\0", 6, 8, 0, false, 0x0088, 0x0089, 0x2020},
    {NULL, "EPSON\0", 6, 8, 0, false, 0x0088, 0x0089, 0x2020},
    {NULL, "OLYMPUS\0", 8, 12, 8, true, 0x0088, 0x0089, 0x2020},
    {NULL, "OM SYSTEM\0", 10, 16, 12, true, 0x0088, 0x0089, 0x2020},
    {NULL, "AOC\0", 4, 6, 4, false, 0x0004, 0x0003, 0},
    {NULL, "PENTAX \0", 8, 10, 8, true, 0x0004, 0x0003, 0},
    {NULL, "QVC\0", 4, 6, 0, false, 0x0004, 0x0003, 0},
    {"Minolta", "", 0, 0, 0, false, 0x0088, 0x0089, 0},
    {"KONICA MINOLTA", "", 0, 0, 0, false, 0x0088, 0x0089, 0},
    {"Konica Minolta", "", 0, 0, 0, false, 0x0088, 0x0089, 0},
    {NULL, "SONY DSC \0", 10, 12, 0, false, 0, 0, 0},
    {NULL, "SONY CAM \0", 10, 12, 0, false, 0, 0, 0},
    {"Canon", "", 0, 0, 0, false, 0, 0, 0},
};

enum {
	SETTINGS_START = 0x0101, /* Olympus */
	SETTINGS_LENGTH = 0x0102,
	SONY_PREVIEW = 0x2001,
	CANON_PREVIEW = 0x00b6, /* longs: the third is the length, the sixth the place */
	MAKER_ENTRIES_MAX = 255 /* in the wrong order their number is larger */
};

static bool is_make(const struct exif_tiff *tiff, const struct directory *first, const char *make)
{
	const uint64_t entry = directory_find(tiff, first, TAG_MAKE);
	const struct exif_region region =
	    entry ? directory_values(tiff, entry) : (struct exif_region){0};

	return region.size > strlen(make) && !memcmp(tiff->data + region.at, make, strlen(make));
}

static const struct maker *find_maker(const struct exif_tiff *tiff, const struct directory *first,
                                      struct exif_region note)
{
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
		const struct maker *maker = &makers[i];

		if (note.size > maker->name_size + 8 && note.size > maker->directory + 2 &&
		    !memcmp(tiff->data + note.at, maker->name, maker->name_size) &&
		    (!maker->make || is_make(tiff, first, maker->make)))
			return maker;
	}
	return NULL;
}

/* Whether what is said to begin there lies elsewhere, or not whole, in what there is. */
static bool is_outside(const struct exif_tiff *tiff, uint32_t start, uint32_t length)
{
	return start && length && !tiff_have(tiff, start, length);
}

static void drop_pair(struct exif_tiff *view, struct directory *directory, uint32_t start,
                      uint32_t length)
{
	if (!start || !is_outside(view, directory_value(view, directory, start),
	                          directory_value(view, directory, length)))
		return;
	directory_remove(view, directory, start);
	directory_remove(view, directory, length);
}

/* A preview that is the value of an entry. */
static void drop_value(struct exif_tiff *view, struct directory *directory, uint32_t tag)
{
	const uint64_t entry = directory_find(view, directory, tag);

	if (entry && tiff_get32(view, entry + 4) > 4 &&
	    is_outside(view, tiff_get32(view, entry + 8), tiff_get32(view, entry + 4)))
		directory_remove(view, directory, tag);
}

static void drop_canon(struct exif_tiff *view, struct directory *directory)
{
	const uint64_t entry = directory_find(view, directory, CANON_PREVIEW);
	const struct exif_region region =
	    entry ? directory_values(view, entry) : (struct exif_region){0};

	if (region.size >= 24 &&
	    is_outside(view, tiff_get32(view, region.at + 20), tiff_get32(view, region.at + 8)))
		directory_remove(view, directory, CANON_PREVIEW);
}

/* A directory of the note, if it looks like one: another would be changed into nonsense. */
static bool open_note_directory(const struct exif_tiff *view, uint64_t at,
                                struct directory *directory)
{
	if (at > UINT32_MAX || !directory_open(view, (uint32_t)at, directory))
		return false;
	return directory->entries && directory->entries <= MAKER_ENTRIES_MAX &&
	       directory->entries == tiff_get16(view, directory->at - 2);
}

/* Notes of some makers are in the other order, and say so, or not. */
static bool open_note(struct exif_tiff *view, const struct maker *maker, struct exif_region note,
                      uint64_t at, struct directory *directory)
{
	const unsigned char *order = view->data + (maker->own_base ? 0 : note.at) + maker->order;

	if (maker->order && (!memcmp(order, "II", 2) || !memcmp(order, "MM", 2)))
		view->big_endian = *order == 'M';
	if (open_note_directory(view, at, directory))
		return true;
	view->big_endian = !view->big_endian;
	return open_note_directory(view, at, directory);
}

/* Values of the maker's own tags. The directory of settings is an offset, or its entry's values. */
static void drop_settings(struct exif_tiff *view, const struct directory *directory, uint32_t tag)
{
	const uint64_t entry = tag ? directory_find(view, directory, tag) : 0;
	struct directory settings;

	if (entry && open_note_directory(view, tiff_get32(view, entry + 8), &settings))
		drop_pair(view, &settings, SETTINGS_START, SETTINGS_LENGTH);
}

void exif_drop_previews(struct exif_tiff *tiff, const struct kept *kept)
{
	const uint64_t entry = directory_find(tiff, &kept->directory[1], TAG_MAKER_NOTE);
	const struct exif_region note =
	    entry ? directory_values(tiff, entry) : (struct exif_region){0};
	const struct maker *maker = find_maker(tiff, &kept->directory[0], note);
	struct directory directory;
	struct exif_tiff view = *tiff;
	uint64_t at;

	if (!maker)
		return;
	at = maker->directory + (maker->own_base ? 0 : note.at);
	if (maker->own_base)
		view = (struct exif_tiff){tiff->data + note.at, tiff->size - note.at,
		                          tiff->big_endian};
	if (!open_note(&view, maker, note, at, &directory))
		return;
	drop_settings(&view, &directory, maker->settings);
	drop_pair(&view, &directory, maker->start, maker->length);
	if (!strncmp(maker->name, "SONY", 4))
		drop_value(&view, &directory, SONY_PREVIEW);
	if (maker->make && !strcmp(maker->make, "Canon"))
		drop_canon(&view, &directory);
}
