/* mark.c - see mark.h. */
#include "metadata/mark.h"

#include <string.h>

#include <batchresize/error.h>

#include "metadata/exif_tiff.h"
#include "metadata/parts.h"

bool mark_is_text(struct bytes content)
{
	return content.size == MARK_SIZE(MARK_PNG) &&
	       !memcmp(content.data, MARK_PNG, MARK_SIZE(MARK_PNG));
}

/* --- GIF (CompuServe, version 89a) ----------------------------------------------------- */

/* Behind the header and its table of colours, and behind how often an animation is shown, which
 * some look for right there. */
int mark_gif(struct br_buffer *out, size_t begin)
{
	static const unsigned char extension[] = MARK_GIF; /* the NUL at the end counts */
	static const unsigned char loop[] = "\x21\xff\x0bNETSCAPE2.0";
	const struct bytes file = {out->data + begin, out->size - begin};
	size_t at = 13;

	if (!bytes_have(file, 0, at))
		return BR_ERROR_ENCODE;
	if (file.data[10] & 0x80)
		at += (size_t)3 << ((file.data[10] & 7) + 1);
	if (bytes_have(file, at, 19) && !memcmp(file.data + at, loop, sizeof loop - 1))
		at += 19;
	if (!bytes_have(file, at, 1))
		return BR_ERROR_ENCODE;
	return metadata_insert(out, begin + at, extension, sizeof extension);
}

/* --- TIFF 6.0 -------------------------------------------------------------------------- */

/* Whether all the strips or tiles that an entry tells of lie before the directory. */
static bool lie_before(const struct exif_tiff *tiff, uint64_t entry, uint64_t directory)
{
	const unsigned size = tiff_get16(tiff, entry + 2) == TYPE_SHORT ? 2 : 4;
	const struct exif_region places = directory_values(tiff, entry);

	for (uint64_t at = places.at; at + size <= places.at + places.size; at += size)
		if ((size == 2 ? tiff_get16(tiff, at) : tiff_get32(tiff, at)) >= directory)
			return false;
	return true;
}

/* Whether nothing points behind the directory except its own entries, so that it may grow there. */
static bool is_last(const struct exif_tiff *tiff, const struct directory *directory)
{
	if (tiff_get32(tiff, directory_end(directory) - 4) != 0)
		return false;
	for (uint32_t i = 0; i < directory->entries; i++) {
		const uint64_t entry = directory_entry(directory, i);

		switch (tiff_get16(tiff, entry)) {
		case TAG_STRIP_OFFSETS:
		case TAG_TILE_OFFSETS:
			if (!lie_before(tiff, entry, directory->at))
				return false;
			break;
		case TAG_CHILDREN:
		case TAG_EXIF:
		case TAG_GPS:
		case TAG_INTEROPERABILITY:
		case TAG_JPEG_OFFSET:
			return false;
		default:
			break;
		}
	}
	return true;
}

/* Makes room of one entry in a directory for which is_last(): what is behind moves. */
static void stretch(struct exif_tiff *tiff, struct directory *directory, uint64_t entry)
{
	const uint64_t end = directory_end(directory);

	for (uint32_t i = 0; i < directory->entries; i++) {
		const uint64_t at = directory_entry(directory, i);
		const struct exif_region values = directory_values(tiff, at);

		if (values.size > 4 && values.at >= end)
			tiff_put(tiff, at + 8, (uint32_t)values.at + TIFF_ENTRY, 4);
	}
	memmove(tiff->data + entry + TIFF_ENTRY, tiff->data + entry, tiff->size - entry);
	tiff->size += TIFF_ENTRY;
}

/* Writes the directory anew at the end, with room of one entry; returns where that is. */
static uint64_t move(struct exif_tiff *tiff, struct directory *directory, uint64_t entry)
{
	const uint64_t from = directory->at - 2, to = tiff->size, end = directory_end(directory);

	memcpy(tiff->data + to, tiff->data + from, entry - from);
	memcpy(tiff->data + to + (entry - from) + TIFF_ENTRY, tiff->data + entry, end - entry);
	tiff_put(tiff, 4, (uint32_t)to, 4);
	tiff->size += end - from + TIFF_ENTRY;
	directory->at = (uint32_t)to + 2;
	return to + (entry - from);
}

/* The place of the tag between others, which stand in their order. */
static uint64_t place_of(const struct exif_tiff *tiff, const struct directory *directory,
                         uint32_t tag)
{
	uint32_t before = 0;

	while (before < directory->entries &&
	       tiff_get16(tiff, directory_entry(directory, before)) < tag)
		before++;
	return directory_entry(directory, before);
}

static void make_even(struct exif_tiff *tiff)
{
	if (tiff->size % 2)
		tiff->data[tiff->size++] = 0;
}

int mark_tiff(struct br_buffer *out, size_t begin)
{
	struct exif_tiff tiff = {out->data + begin, out->size - begin, false};
	struct directory directory;
	uint64_t entry;

	tiff.big_endian = tiff_have(&tiff, 0, TIFF_HEADER) && tiff.data[0] == 'M';
	if (!tiff_have(&tiff, 0, TIFF_HEADER) || tiff_get16(&tiff, 2) != 42 ||
	    !directory_open(&tiff, tiff_get32(&tiff, 4), &directory) || !directory.whole)
		return BR_ERROR_ENCODE;
	const size_t most = tiff.size + 1 + (directory_end(&directory) - directory.at + 2) +
	                    TIFF_ENTRY + 1 + sizeof MARK;

	if (most > UINT32_MAX)
		return BR_ERROR_ENCODE;
	int status = br_buffer_reserve(out, begin + most);

	if (status)
		return status;
	tiff.data = out->data + begin;
	make_even(&tiff);
	entry = place_of(&tiff, &directory, TAG_SOFTWARE);
	if (is_last(&tiff, &directory))
		stretch(&tiff, &directory, entry);
	else
		entry = move(&tiff, &directory, entry);
	make_even(&tiff);
	tiff_put(&tiff, directory.at - 2, directory.entries + 1, 2);
	tiff_put(&tiff, entry, TAG_SOFTWARE, 2);
	tiff_put(&tiff, entry + 2, TYPE_ASCII, 2);
	tiff_put(&tiff, entry + 4, sizeof MARK, 4);
	tiff_put(&tiff, entry + 8, (uint32_t)tiff.size, 4);
	memcpy(tiff.data + tiff.size, MARK, sizeof MARK);
	out->size = begin + tiff.size + sizeof MARK;
	return 0;
}
