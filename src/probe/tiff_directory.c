/* tiff_directory.c - entries of a directory, wherever their values lie. */
#include "probe/tiff_directory.h"

/* Entries of a directory that are looked at. */
#define ENTRIES_MAX 4096

enum tag {
	TAG_SUBFILE = 254,
	TAG_WIDTH = 256,
	TAG_HEIGHT = 257,
	TAG_BITS = 258,
	TAG_COMPRESSION = 259,
	TAG_PHOTOMETRIC = 262,
	TAG_STRIP_OFFSETS = 273,
	TAG_SAMPLES = 277,
	TAG_ROWS = 278,
	TAG_STRIP_BYTES = 279,
	TAG_PLANAR = 284,
	TAG_TILE_WIDTH = 322,
	TAG_TILE_HEIGHT = 323,
	TAG_TILE_OFFSETS = 324,
	TAG_TILE_BYTES = 325,
	TAG_CHILDREN = 330,
	TAG_EXTRA = 338,
	TAG_SAMPLE_FORMAT = 339,
	TAG_SUBSAMPLING = 530
};

static uint64_t read_value(const struct tiff *tiff, uint64_t at, unsigned size)
{
	const unsigned char *p;

	if (!bytes_have(tiff->bytes, at, size))
		return 0;
	p = tiff->bytes.data + at;
	switch (size) {
	case 1:
		return *p;
	case 2:
		return tiff->big_endian ? be16(p) : le16(p);
	case 4:
		return tiff->big_endian ? be32(p) : le32(p);
	default:
		return tiff->big_endian ? be64(p) : le64(p);
	}
}

/* Bytes of a value: BYTE, SHORT, LONG, IFD, LONG8 and IFD8; 0 for types no tag here may have. */
static unsigned type_size(uint32_t type)
{
	return type == 1                  ? 1
	       : type == 3                ? 2
	       : type == 4 || type == 13  ? 4
	       : type == 16 || type == 18 ? 8
	                                  : 0;
}

uint64_t tiff_value(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t index)
{
	unsigned size = type_size(entry->type);

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

	const unsigned size = type_size(entry.type);

	/* values that do not fit the entry lie elsewhere */
	if (size && entry.count > word / size)
		entry.at = read_value(tiff, entry.at, word);
	return entry;
}

/* Bytes of a value of any type (TIFF 6.0, BigTIFF). */
static unsigned rest_size(uint32_t type)
{
	static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4,
	                                      8, 4, 8, 4, 0, 0, 8, 8, 8};

	return type < sizeof sizes ? sizes[type] : 1;
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
	case TAG_SUBSAMPLING:
		directory->subsampling[0] = tiff_value(tiff, entry, 0);
		directory->subsampling[1] = tiff_value(tiff, entry, 1);
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
	const uint64_t size = type_size(entry->type);

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
