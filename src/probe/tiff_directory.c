/* tiff_directory.c - entries of a directory, wherever their values lie. */
#include "probe/tiff_directory.h"

/* Entries of a directory that are looked at. */
#define ENTRIES_MAX 4096

static uint64_t read_value(const struct tiff *tiff, uint64_t at, unsigned size)
{
	return bytes_have(tiff->bytes, at, size)
	           ? bytes_get(tiff->bytes.data + at, size, tiff->big_endian)
	           : 0;
}

/* Bytes of a value of a whole number; 0 for types that no tag here may have. */
static unsigned number_size(uint32_t type)
{
	switch (type) {
	case TYPE_BYTE:
	case TYPE_SHORT:
	case TYPE_LONG:
	case TYPE_IFD:
	case TYPE_LONG8:
	case TYPE_IFD8:
		return tiff_type_size(type);
	default:
		return 0;
	}
}

uint64_t tiff_value(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t index)
{
	unsigned size = number_size(entry->type);

	if (!size || index >= entry->count || index >= tiff->bytes.size)
		return 0;
	return read_value(tiff, entry->at + index * size, size);
}

static struct tiff_entry read_entry(const struct tiff *tiff, uint64_t at)
{
	unsigned word = tiff->big ? 8 : 4;
	struct tiff_entry entry = {
	    .tag = (uint32_t)read_value(tiff, at, 2),
	    .type = (uint32_t)read_value(tiff, at + 2, 2),
	    .count = read_value(tiff, at + 4, word),
	    .at = at + 4 + word,
	};

	const unsigned size = number_size(entry.type);

	/* values that do not fit the entry lie elsewhere */
	if (size && entry.count > word / size)
		entry.at = read_value(tiff, entry.at, word);
	return entry;
}

/* Bytes of a value of any type; of an unknown one at least one. */
static unsigned rest_size(uint32_t type)
{
	return type <= TYPE_IFD8 ? tiff_type_size(type) : 1;
}

/* Where a tag's one number belongs; NULL for other tags. */
static uint64_t *number_of(struct tiff_directory *directory, uint32_t tag)
{
	switch (tag) {
	case TAG_SUBFILE:
		return &directory->subfile;
	case TAG_WIDTH:
		return &directory->width;
	case TAG_HEIGHT:
		return &directory->height;
	case TAG_BITS:
		return &directory->bits;
	case TAG_COMPRESSION:
		return &directory->compression;
	case TAG_SAMPLE_FORMAT:
		return &directory->sample_format;
	case TAG_EXTRA:
		return &directory->extra;
	case TAG_SAMPLES:
		return &directory->samples;
	case TAG_ROWS:
		return &directory->rows;
	case TAG_PLANAR:
		return &directory->planar;
	case TAG_PHOTOMETRIC:
		return &directory->photometric;
	case TAG_TILE_WIDTH:
		return &directory->tile_width;
	case TAG_TILE_HEIGHT:
		return &directory->tile_height;
	default:
		return NULL;
	}
}

static void take_entry(const struct tiff *tiff, const struct tiff_entry *entry,
                       struct tiff_directory *directory)
{
	uint64_t *number = number_of(directory, entry->tag);

	if (number) {
		*number = tiff_value(tiff, entry, 0);
		return;
	}
	switch (entry->tag) {
	case TAG_CHILDREN:
		directory->children = *entry;
		break;
	case TAG_STRIP_OFFSETS:
	case TAG_TILE_OFFSETS:
		directory->offsets = *entry;
		break;
	case TAG_STRIP_BYTES:
	case TAG_TILE_BYTES:
		directory->lengths = *entry;
		break;
	default:
		/* 8 is the size of the largest type; a claim of 2^64 must not wrap around */
		directory->rest +=
		    (entry->count <= TIFF_REST_MAX ? entry->count : TIFF_REST_MAX + 1) *
		    rest_size(entry->type);
		break;
	}
}

uint64_t tiff_entries(const struct tiff *tiff, uint64_t at)
{
	const uint64_t count = read_value(tiff, at, tiff->big ? 8 : 2);

	return count > ENTRIES_MAX ? 0 : count;
}

bool tiff_is_cut(const struct tiff *tiff, uint64_t at)
{
	const unsigned count_size = tiff->big ? 8 : 2, entry_size = tiff->big ? 20 : 12;
	const uint64_t count = read_value(tiff, at, count_size);

	if (count > ENTRIES_MAX)
		return false;
	return !count || !bytes_have(tiff->bytes, at, count_size + count * entry_size);
}

/* Whether it has numbers that lie elsewhere, and beyond the end. */
static bool is_beyond(const struct tiff *tiff, const struct tiff_entry *entry)
{
	const uint64_t size = number_size(entry->type);

	return size && entry->count &&
	       (entry->count > tiff->bytes.size ||
	        !bytes_have(tiff->bytes, entry->at, entry->count * size));
}

uint64_t tiff_read(const struct tiff *tiff, uint64_t at, struct tiff_directory *directory)
{
	const unsigned count_size = tiff->big ? 8 : 2, entry_size = tiff->big ? 20 : 12;
	const uint64_t count = tiff_entries(tiff, at);

	for (uint64_t i = 0; directory && i < count; i++) {
		struct tiff_entry entry = read_entry(tiff, at + count_size + i * entry_size);

		take_entry(tiff, &entry, directory);
		directory->cut |= is_beyond(tiff, &entry);
	}
	if (!count)
		return 0;
	return read_value(tiff, at + count_size + count * entry_size, tiff->big ? 8 : 4);
}

uint64_t tiff_subfile(const struct tiff *tiff, uint64_t at)
{
	struct tiff_entry entry;

	if (!tiff_entries(tiff, at))
		return 0;
	entry = read_entry(tiff, at + (tiff->big ? 8 : 2));
	return entry.tag == TAG_SUBFILE ? tiff_value(tiff, &entry, 0) : 0;
}

struct tiff tiff_open(struct bytes bytes)
{
	struct tiff tiff = {.bytes = bytes, .big_endian = bytes.data[0] == 'M'};

	tiff.big = read_value(&tiff, 2, 2) == 43;
	return tiff;
}

uint64_t tiff_first(const struct tiff *tiff)
{
	return read_value(tiff, tiff->big ? 8 : 4, tiff->big ? 8 : 4);
}
