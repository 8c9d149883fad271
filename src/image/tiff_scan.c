/* tiff_scan.c - walks a TIFF's directories (TIFF 6.0, and BigTIFF): size, pages, largest piece.
 */
#include "image/scan.h"

/* libtiff reads every directory before the first pixel, and stops at a 65,535th. */
#define PAGES_MAX 65535

/* Entries of a directory that are looked at. */
#define ENTRIES_MAX 4096

enum tag {
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
	TAG_SAMPLE_FORMAT = 339,
	TAG_SUBSAMPLING = 530
};

/* CIELAB as ICC and as ITU-T T.42 encode it (Adobe Photoshop TIFF Technical Notes,
 * 2002; RFC 2301): libvips takes their numbers for RGB. */
enum { PHOTOMETRIC_ICCLAB = 9, PHOTOMETRIC_ITULAB = 10 };

enum { PHOTOMETRIC_YCBCR = 6, PLANAR_SEPARATE = 2, COMPRESSION_JPEG = 7, FORMAT_FLOAT = 3 };

/* Strips longer than this are read line by line by the loader (libvips, tiff2vips.c). */
#define STRIP_LINES_MAX 128

struct reader {
	struct bytes bytes;
	bool big_endian, big;
};

struct entry {
	uint32_t tag, type;
	uint64_t count;
	uint64_t at; /* where the values are */
};

/* The directory's values that matter, as far as they are there. */
struct directory {
	uint64_t width, height, bits, samples, rows, planar, photometric, compression;
	uint64_t tile_width, tile_height, sample_format, subsampling[2];
	struct entry offsets, lengths;
	uint64_t rest; /* bytes of what says nothing of the pixels: profile, XMP, ... */
};

/* The library takes all of it into memory, some of it twice, when it opens the file. Profiles of 17
 * MB are known. */
#define REST_MAX (UINT64_C(32) << 20)

static uint64_t read_value(const struct reader *reader, uint64_t at, unsigned size)
{
	const unsigned char *p = reader->bytes.data + at;

	if (!bytes_have(reader->bytes, at, size))
		return 0;
	switch (size) {
	case 1:
		return *p;
	case 2:
		return reader->big_endian ? be16(p) : le16(p);
	case 4:
		return reader->big_endian ? be32(p) : le32(p);
	default:
		return reader->big_endian ? be64(p) : le64(p);
	}
}

/* Bytes of a value: BYTE, SHORT, LONG, LONG8 and IFD8; 0 for types no tag here may have. */
static unsigned type_size(uint32_t type)
{
	return type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : type == 16 || type == 18 ? 8 : 0;
}

static uint64_t entry_value(const struct reader *reader, const struct entry *entry, uint64_t index)
{
	unsigned size = type_size(entry->type);

	if (!size || index >= entry->count || index >= reader->bytes.size)
		return 0;
	return read_value(reader, entry->at + index * size, size);
}

static struct entry read_entry(const struct reader *reader, uint64_t at)
{
	unsigned word = reader->big ? 8 : 4;
	struct entry entry = {
	    .tag = (uint32_t)read_value(reader, at, 2),
	    .type = (uint32_t)read_value(reader, at + 2, 2),
	    .count = read_value(reader, at + 4, word),
	    .at = at + 4 + word,
	};

	/* values that do not fit the entry lie elsewhere */
	if (type_size(entry.type) && entry.count > word / type_size(entry.type))
		entry.at = read_value(reader, entry.at, word);
	return entry;
}

/* Bytes of a value of any type (TIFF 6.0, BigTIFF). */
static unsigned rest_size(uint32_t type)
{
	static const unsigned char sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4,
	                                      8, 4, 8, 4, 0, 0, 8, 8, 8};

	return type < sizeof sizes ? sizes[type] : 1;
}

static void take_entry(const struct reader *reader, const struct entry *entry,
                       struct directory *directory)
{
	uint64_t value = entry_value(reader, entry, 0);

	switch (entry->tag) {
	case TAG_WIDTH:
		directory->width = value;
		break;
	case TAG_HEIGHT:
		directory->height = value;
		break;
	case TAG_BITS:
		directory->bits = value;
		break;
	case TAG_COMPRESSION:
		directory->compression = value;
		break;
	case TAG_SAMPLE_FORMAT:
		directory->sample_format = value;
		break;
	case TAG_SUBSAMPLING:
		directory->subsampling[0] = value;
		directory->subsampling[1] = entry_value(reader, entry, 1);
		break;
	case TAG_SAMPLES:
		directory->samples = value;
		break;
	case TAG_ROWS:
		directory->rows = value;
		break;
	case TAG_PLANAR:
		directory->planar = value;
		break;
	case TAG_PHOTOMETRIC:
		directory->photometric = value;
		break;
	case TAG_TILE_WIDTH:
		directory->tile_width = value;
		break;
	case TAG_TILE_HEIGHT:
		directory->tile_height = value;
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
		directory->rest += (entry->count <= REST_MAX ? entry->count : REST_MAX + 1) *
		                   rest_size(entry->type);
		break;
	}
}

/* Reads the directory at `at` (directory may be NULL) and returns where the next one is, 0 when
 * there is none or it cannot be read. */
static uint64_t read_directory(const struct reader *reader, uint64_t at,
                               struct directory *directory)
{
	unsigned count_size = reader->big ? 8 : 2, entry_size = reader->big ? 20 : 12;
	uint64_t count = read_value(reader, at, count_size);

	if (!count || count > ENTRIES_MAX)
		return 0;
	for (uint64_t i = 0; directory && i < count; i++) {
		struct entry entry = read_entry(reader, at + count_size + i * entry_size);

		take_entry(reader, &entry, directory);
	}
	return read_value(reader, at + count_size + count * entry_size, reader->big ? 8 : 4);
}

/* Kinds that libvips knows it cannot read (tiff2vips.c); without a word of ours they would be
 * reported as corrupt. */
static bool is_unsupported(const struct directory *directory)
{
	const uint64_t bits = directory->bits;

	if (directory->tile_width && directory->planar == PLANAR_SEPARATE && directory->samples > 1)
		return true;
	if (directory->photometric == PHOTOMETRIC_YCBCR &&
	    directory->compression != COMPRESSION_JPEG &&
	    (directory->subsampling[0] != 1 || directory->subsampling[1] != 1))
		return true;
	if (directory->photometric == PHOTOMETRIC_ICCLAB ||
	    directory->photometric == PHOTOMETRIC_ITULAB)
		return true;
	return (bits & (bits - 1)) || (directory->sample_format == FORMAT_FLOAT && bits < 32);
}

/* Whether every strip or tile lies within the file. */
static bool pieces_ended(const struct reader *reader, const struct directory *directory)
{
	for (uint64_t i = 0; i < directory->offsets.count && i < reader->bytes.size; i++)
		if (!bytes_have(reader->bytes, entry_value(reader, &directory->offsets, i),
		                entry_value(reader, &directory->lengths, i)))
			return false;
	return true;
}

/* Decoded bytes that the loader holds at a time: a row of tiles, a strip, or a line. */
static uint64_t piece_bytes(const struct directory *directory)
{
	uint64_t line = directory->width * ((directory->bits * directory->samples + 7) / 8);
	uint64_t rows = directory->rows < directory->height ? directory->rows : directory->height;

	if (directory->tile_width)
		rows = directory->tile_height;
	else if (rows > STRIP_LINES_MAX && directory->planar != PLANAR_SEPARATE &&
	         directory->photometric != PHOTOMETRIC_YCBCR)
		rows = 1;
	return rows > UINT32_MAX || line > UINT32_MAX ? UINT64_MAX / 8 : line * rows;
}

/* Counts the directories, and sees whether one is not there: it lies beyond the end, or is empty,
 * which none may be. */
static uint32_t count_pages(const struct reader *reader, uint64_t next, bool *missing)
{
	uint32_t pages = 1;

	/* directories may point in a circle: libtiff sees that, here the limit is enough */
	while (next && pages < PAGES_MAX) {
		*missing |= !read_value(reader, next, reader->big ? 8 : 2);
		if (!bytes_have(reader->bytes, next, 2))
			break;
		next = read_directory(reader, next, NULL);
		pages++;
	}
	return pages;
}

int scan_tiff(struct bytes bytes, struct scan *scan, struct error *error)
{
	struct reader reader = {.bytes = bytes, .big_endian = bytes.data[0] == 'M'};
	struct directory directory = {
	    .bits = 1, .samples = 1, .rows = UINT32_MAX, .subsampling = {2, 2}};
	uint64_t first, next;

	reader.big = read_value(&reader, 2, 2) == 43;
	first = read_value(&reader, reader.big ? 8 : 4, reader.big ? 8 : 4);
	if (!bytes_have(bytes, first, 2))
		return error_set(error, ERROR_TRUNCATED,
		                 "TIFF whose directory lies beyond its end");
	next = read_directory(&reader, first, &directory);
	/* libvips' own limit of a side is 10 million */
	if (!directory.width || !directory.height || directory.width > UINT32_MAX ||
	    directory.height > UINT32_MAX || directory.samples > UINT16_MAX ||
	    directory.bits > 64 || directory.tile_width > UINT32_MAX ||
	    directory.tile_height > UINT32_MAX)
		return error_set(error, ERROR_CORRUPT, "TIFF with a broken directory");
	if (directory.rest > REST_MAX)
		return error_set(error, ERROR_TOO_LARGE,
		                 "TIFF with more than %llu MB of metadata: take that out first "
		                 "(exiftool -all=), or convert the file",
		                 (unsigned long long)(REST_MAX >> 20));
	scan->width = (uint32_t)directory.width;
	scan->height = (uint32_t)directory.height;
	scan->bands = (uint32_t)directory.samples;
	scan->bits = (uint32_t)directory.bits;
	if (is_unsupported(&directory))
		return error_set(
		    error, ERROR_UNSUPPORTED,
		    "TIFF of %llu bits a sample, or subsampled, or tiled in planes, or in ICC's or "
		    "ITU's Lab, of a kind that is not supported: convert the file to an ordinary "
		    "one",
		    (unsigned long long)directory.bits);
	scan->piece = piece_bytes(&directory);
	scan->ended = pieces_ended(&reader, &directory);
	scan->missing = !scan->ended;
	scan->pages = count_pages(&reader, next, &scan->missing);
	return 0;
}
