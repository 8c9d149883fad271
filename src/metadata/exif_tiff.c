/* exif_tiff.c - see exif_tiff.h. */
#include "metadata/exif_tiff.h"

#include <string.h>

bool tiff_have(const struct exif_tiff *tiff, uint64_t at, uint64_t length)
{
	return bytes_have((struct bytes){tiff->data, tiff->size}, at, length);
}

uint32_t tiff_get16(const struct exif_tiff *tiff, uint64_t at)
{
	return (uint32_t)bytes_get(tiff->data + at, 2, tiff->big_endian);
}

uint32_t tiff_get32(const struct exif_tiff *tiff, uint64_t at)
{
	return (uint32_t)bytes_get(tiff->data + at, 4, tiff->big_endian);
}

void tiff_put(struct exif_tiff *tiff, uint64_t at, uint32_t value, unsigned size)
{
	bytes_put(tiff->data + at, value, size, tiff->big_endian);
}

uint64_t directory_entry(const struct directory *directory, uint32_t index)
{
	return directory->at + (uint64_t)TIFF_ENTRY * index;
}

uint64_t directory_end(const struct directory *directory)
{
	return directory_entry(directory, directory->entries) + (directory->whole ? 4 : 0);
}

bool directory_open(const struct exif_tiff *tiff, uint32_t at, struct directory *directory)
{
	uint64_t room;

	*directory = (struct directory){0};
	if (at < TIFF_HEADER || at > UINT32_MAX - 2 || !tiff_have(tiff, at, 2))
		return false;
	*directory = (struct directory){.at = at + 2, .entries = tiff_get16(tiff, at)};
	room = (tiff->size - directory->at) / TIFF_ENTRY;
	directory->whole =
	    tiff_have(tiff, directory->at, (uint64_t)TIFF_ENTRY * directory->entries + 4);
	if (directory->entries > room)
		directory->entries = (uint32_t)room;
	return true;
}

uint64_t directory_find(const struct exif_tiff *tiff, const struct directory *directory,
                        uint32_t tag)
{
	for (uint32_t i = 0; i < directory->entries; i++)
		if (tiff_get16(tiff, directory_entry(directory, i)) == tag)
			return directory_entry(directory, i);
	return 0;
}

uint32_t directory_value(const struct exif_tiff *tiff, const struct directory *directory,
                         uint32_t tag)
{
	for (uint32_t i = 0; i < directory->entries; i++) {
		uint64_t at = directory_entry(directory, i);

		if (tiff_get16(tiff, at) != tag || tiff_get32(tiff, at + 4) != 1)
			continue;
		if (tiff_get16(tiff, at + 2) == TYPE_SHORT)
			return tiff_get16(tiff, at + 8);
		if (tiff_get16(tiff, at + 2) == TYPE_LONG)
			return tiff_get32(tiff, at + 8);
	}
	return 0;
}

void directory_follow(const struct exif_tiff *tiff, const struct directory *from, uint32_t tag,
                      struct directory *directory)
{
	const uint32_t at = directory_value(tiff, from, tag);

	if (!at || !directory_open(tiff, at, directory))
		*directory = (struct directory){0};
}

struct exif_region directory_values(const struct exif_tiff *tiff, uint64_t entry)
{
	const uint64_t size =
	    (uint64_t)tiff_type_size(tiff_get16(tiff, entry + 2)) * tiff_get32(tiff, entry + 4);
	const uint64_t at = size > 4 ? tiff_get32(tiff, entry + 8) : entry + 8;

	if (at >= tiff->size)
		return (struct exif_region){0};
	return (struct exif_region){at, size < tiff->size - at ? size : tiff->size - at};
}

void directory_remove(struct exif_tiff *tiff, struct directory *directory, uint32_t tag)
{
	const uint64_t old_end = directory_end(directory);
	uint32_t left = 0;

	for (uint32_t i = 0; i < directory->entries; i++) {
		const uint64_t entry = directory_entry(directory, i);

		if (tiff_get16(tiff, entry) != tag)
			memmove(tiff->data + directory_entry(directory, left++), tiff->data + entry,
			        TIFF_ENTRY);
	}
	if (left == directory->entries)
		return;
	if (directory->whole)
		memmove(tiff->data + directory_entry(directory, left), tiff->data + old_end - 4, 4);
	directory->entries = left;
	tiff_put(tiff, directory->at - 2, left, 2);
	memset(tiff->data + directory_end(directory), 0, old_end - directory_end(directory));
}
