/* exif.c - see exif.h. A directory (TIFF 6.0, section 2) is a count, entries of 12 bytes - tag,
 * type, number of values, the value or where it is - and where the next directory is. */
#include "image/exif.h"

#include <string.h>

#include <batchresize/error.h>

enum tag {
	TAG_INTEROPERABILITY_INDEX = 0x0001,
	TAG_IMAGE_WIDTH = 0x0100,
	TAG_IMAGE_LENGTH = 0x0101,
	TAG_STRIP_OFFSETS = 0x0111,
	TAG_ORIENTATION = 0x0112,
	TAG_STRIP_BYTES = 0x0117,
	TAG_JPEG_OFFSET = 0x0201,
	TAG_JPEG_BYTES = 0x0202,
	TAG_EXIF = 0x8769,
	TAG_GPS = 0x8825,
	TAG_COLOR_SPACE = 0xa001,
	TAG_PIXEL_X_DIMENSION = 0xa002,
	TAG_PIXEL_Y_DIMENSION = 0xa003,
	TAG_INTEROPERABILITY = 0xa005
};

enum { TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4 };

enum { HEADER = 8, ENTRY = 12 };

/* A copy that is changed in place. */
struct tiff {
	unsigned char *data;
	size_t size;
	bool big;
};

/* at: where the entries begin; 0: there is none. */
struct directory {
	uint32_t at, entries;
};

struct region {
	uint64_t at, size;
};

static bool have(const struct tiff *tiff, uint64_t at, uint64_t length)
{
	return bytes_have((struct bytes){tiff->data, tiff->size}, at, length);
}

static uint32_t get16(const struct tiff *tiff, uint64_t at)
{
	return tiff->big ? be16(tiff->data + at) : le16(tiff->data + at);
}

static uint32_t get32(const struct tiff *tiff, uint64_t at)
{
	return tiff->big ? be32(tiff->data + at) : le32(tiff->data + at);
}

static void put(struct tiff *tiff, uint64_t at, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		tiff->data[at + i] = (unsigned char)(value >> 8 * (tiff->big ? size - 1 - i : i));
}

static uint64_t entry_at(const struct directory *directory, uint32_t index)
{
	return directory->at + (uint64_t)ENTRY * index;
}

/* Where a directory ends, the position of the next one included. */
static uint64_t directory_end(const struct directory *directory)
{
	return entry_at(directory, directory->entries) + 4;
}

/* Reads where a directory at that place lies. Returns false when it is not whole. */
static bool open_directory(const struct tiff *tiff, uint32_t at, struct directory *directory)
{
	if (at < HEADER || !have(tiff, at, 2))
		return false;
	*directory = (struct directory){.at = at + 2, .entries = get16(tiff, at)};
	return directory->at > at && have(tiff, directory->at, ENTRY * directory->entries + 4);
}

/* The value of an entry of one SHORT or LONG; 0 where there is none. */
static uint32_t value_of(const struct tiff *tiff, const struct directory *directory, uint32_t tag)
{
	for (uint32_t i = 0; i < directory->entries; i++) {
		uint64_t at = entry_at(directory, i);

		if (get16(tiff, at) != tag || get32(tiff, at + 4) != 1)
			continue;
		if (get16(tiff, at + 2) == TYPE_SHORT)
			return get16(tiff, at + 8);
		if (get16(tiff, at + 2) == TYPE_LONG)
			return get32(tiff, at + 8);
	}
	return 0;
}

/* The directory that the tag points to; .at is 0 where there is no such tag. Returns false where
 * there is and the directory is not whole. */
static bool open_pointed(const struct tiff *tiff, const struct directory *from, uint32_t tag,
                         struct directory *directory)
{
	uint32_t at = value_of(tiff, from, tag);

	*directory = (struct directory){0};
	return !at || open_directory(tiff, at, directory);
}

/* Makes every entry of that tag one number. A SHORT stays one if it can hold it. */
static void set(struct tiff *tiff, const struct directory *directory, uint32_t tag, uint32_t value)
{
	for (uint32_t i = 0; i < directory->entries; i++) {
		uint64_t at = entry_at(directory, i);
		bool is_short = get16(tiff, at + 2) != TYPE_LONG && value <= UINT16_MAX;

		if (get16(tiff, at) != tag)
			continue;
		put(tiff, at + 2, is_short ? TYPE_SHORT : TYPE_LONG, 2);
		put(tiff, at + 4, 1, 4);
		put(tiff, at + 8, 0, 4);
		put(tiff, at + 8, value, is_short ? 2 : 4);
	}
}

/* DCF 2.0: R03 is an option file, which is in Adobe RGB; R98 a basic one. */
static void set_basic(struct tiff *tiff, const struct directory *interoperability)
{
	for (uint32_t i = 0; i < interoperability->entries; i++) {
		uint64_t at = entry_at(interoperability, i);

		if (get16(tiff, at) == TAG_INTEROPERABILITY_INDEX &&
		    get16(tiff, at + 2) == TYPE_ASCII && get32(tiff, at + 4) == 4 &&
		    !memcmp(tiff->data + at + 8, "R03", 4))
			memcpy(tiff->data + at + 8, "R98", 4);
	}
}

/* --- the thumbnail ------------------------------------------------------------------- */

static bool meet(struct region a, uint64_t at, uint64_t size)
{
	return a.size && size && a.at < at + size && at < a.at + a.size;
}

/* Bytes of one value (Exif 2.32, 4.6.2); 0 for none of its types. */
static unsigned type_size(uint32_t type)
{
	static const unsigned char size[13] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

	return type < sizeof size ? size[type] : 0;
}

/* Whether the region touches the directory or a value of it that lies elsewhere. */
static bool meets_directory(const struct tiff *tiff, const struct directory *directory,
                            struct region region)
{
	if (!directory->at)
		return false;
	if (meet(region, directory->at - 2, directory_end(directory) - directory->at + 2))
		return true;
	for (uint32_t i = 0; i < directory->entries; i++) {
		uint64_t at = entry_at(directory, i);
		uint64_t size = (uint64_t)type_size(get16(tiff, at + 2)) * get32(tiff, at + 4);

		if (size > 4 && meet(region, get32(tiff, at + 8), size))
			return true;
	}
	return false;
}

/* The directories that stay. */
struct kept {
	struct directory directory[4];
	unsigned count;
};

static bool may_go(const struct tiff *tiff, const struct kept *kept, struct region region)
{
	if (meet(region, 0, HEADER))
		return false;
	for (unsigned i = 0; i < kept->count; i++)
		if (meets_directory(tiff, &kept->directory[i], region))
			return false;
	return true;
}

/* Cut off where it is the last, else zeros. */
static void erase(struct tiff *tiff, struct region region)
{
	if (region.at >= tiff->size)
		return;
	if (region.size > tiff->size - region.at)
		region.size = tiff->size - region.at;
	if (region.at + region.size == tiff->size)
		tiff->size = region.at;
	else
		memset(tiff->data + region.at, 0, region.size);
}

/* What the tags say of a thumbnail's place: as JPEG, or as one strip. Cut to what is there. */
static struct region pointed_region(const struct tiff *tiff, const struct directory *directory,
                                    uint32_t offset, uint32_t bytes)
{
	struct region region = {value_of(tiff, directory, offset),
	                        value_of(tiff, directory, bytes)};

	if (!region.at || region.at >= tiff->size)
		return (struct region){0};
	if (region.size > tiff->size - region.at)
		region.size = tiff->size - region.at;
	return region;
}

/* Returns false when the thumbnail cannot be told from the rest. A second directory that is not
 * whole has no thumbnail that could be found: its link alone goes. */
static bool drop_thumbnail(struct tiff *tiff, const struct kept *kept)
{
	const uint64_t link = directory_end(&kept->directory[0]) - 4;
	struct directory second;
	struct region region[3];

	if (!get32(tiff, link))
		return true;
	if (!open_directory(tiff, get32(tiff, link), &second)) {
		put(tiff, link, 0, 4);
		return true;
	}
	region[0] = pointed_region(tiff, &second, TAG_JPEG_OFFSET, TAG_JPEG_BYTES);
	region[1] = pointed_region(tiff, &second, TAG_STRIP_OFFSETS, TAG_STRIP_BYTES);
	region[2] = (struct region){second.at - 2, directory_end(&second) - second.at + 2};
	put(tiff, link, 0, 4);
	for (int i = 0; i < 3; i++)
		if (!may_go(tiff, kept, region[i]))
			return false;
	for (int i = 0; i < 3; i++)
		if (region[i].size)
			erase(tiff, region[i]);
	return true;
}

/* --- all of it ----------------------------------------------------------------------- */

/* Whether no two directories lie over each other, as in a loop: a change of one would be another
 * of the other. */
static bool apart(const struct kept *kept)
{
	for (unsigned i = 0; i < kept->count; i++)
		for (unsigned j = 0; j < i; j++) {
			const struct directory *a = &kept->directory[i], *b = &kept->directory[j];
			struct region region = {b->at, directory_end(b) - b->at};

			if (a->at && b->at && meet(region, a->at, directory_end(a) - a->at))
				return false;
		}
	return true;
}

static bool open_all(const struct tiff *tiff, struct kept *kept)
{
	struct directory *first = &kept->directory[0], *exif = &kept->directory[1];

	kept->count = 4;
	return open_directory(tiff, get32(tiff, 4), first) &&
	       open_pointed(tiff, first, TAG_EXIF, exif) &&
	       open_pointed(tiff, first, TAG_GPS, &kept->directory[2]) &&
	       open_pointed(tiff, exif, TAG_INTEROPERABILITY, &kept->directory[3]) && apart(kept);
}

static bool change_copy(struct tiff *tiff, const struct exif_change *change)
{
	struct kept kept;
	const struct directory *first = &kept.directory[0], *exif = &kept.directory[1];

	if (!open_all(tiff, &kept) || !drop_thumbnail(tiff, &kept))
		return false;
	set(tiff, first, TAG_ORIENTATION, 1);
	set(tiff, first, TAG_IMAGE_WIDTH, change->width);
	set(tiff, first, TAG_IMAGE_LENGTH, change->height);
	set(tiff, exif, TAG_PIXEL_X_DIMENSION, change->width);
	set(tiff, exif, TAG_PIXEL_Y_DIMENSION, change->height);
	if (change->srgb) {
		set(tiff, exif, TAG_COLOR_SPACE, 1);
		set_basic(tiff, &kept.directory[3]);
	}
	return true;
}

static bool has_header(struct bytes exif)
{
	return exif.size >= HEADER &&
	       (memcmp(exif.data, "II*\0", 4) == 0 || memcmp(exif.data, "MM\0*", 4) == 0);
}

int exif_change(struct bytes exif, const struct exif_change *change, struct buffer *out)
{
	const size_t begin = out->size;
	struct tiff tiff;
	int status;

	if (exif.size < HEADER ||
	    (memcmp(exif.data, "II*\0", 4) != 0 && memcmp(exif.data, "MM\0*", 4) != 0))
		return ERROR_CORRUPT;
	status = buffer_append(out, exif.data, exif.size);
	if (status)
		return status;
	tiff = (struct tiff){out->data + begin, exif.size, exif.data[0] == 'M'};
	if (!change_copy(&tiff, change)) {
		out->size = begin;
		return ERROR_CORRUPT;
	}
	out->size = begin + tiff.size;
	return 0;
}

/* A directory that is cut off is looked at as far as it goes: the picture is shown all the same. */
unsigned exif_orientation(struct bytes exif)
{
	/* only read */
	const struct tiff tiff = {(unsigned char *)(uintptr_t)exif.data, exif.size,
	                          exif.size && exif.data[0] == 'M'};
	uint32_t at, value = 1;

	if (!has_header(exif))
		return 1;
	at = get32(&tiff, 4);
	if (!have(&tiff, at, 2))
		return 1;
	for (uint32_t i = 0, entries = get16(&tiff, at); i < entries; i++) {
		const uint64_t entry = at + 2 + (uint64_t)ENTRY * i;

		if (!have(&tiff, entry, ENTRY))
			break;
		if (get16(&tiff, entry) != TAG_ORIENTATION)
			continue;
		if (get16(&tiff, entry + 2) == TYPE_SHORT)
			value = get16(&tiff, entry + 8);
		else if (get16(&tiff, entry + 2) == TYPE_LONG)
			value = get32(&tiff, entry + 8);
		break;
	}
	return value >= 1 && value <= 8 ? value : 1;
}
