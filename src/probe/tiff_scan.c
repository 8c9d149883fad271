/* tiff_scan.c - walks a TIFF's directories: which of them is the picture, size, pages, largest
 * piece.
 *
 * The first one is, of an ordinary file. RAW photographs (DNG, and what cameras make of their own)
 * begin with a thumbnail, and so do some others: their picture is one of its children (SubIFDs), or
 * a later directory. It is taken if it is of an ordinary kind; a sensor's data is not, and a
 * thumbnail never stands for it.
 */
#include <string.h>

#include "probe/scan.h"
#include "probe/tiff_directory.h"

/* libtiff reads every directory before the first pixel, and stops at a 65,535th. */
#define PAGES_MAX 65535

/* Children of a directory, and directories, among which its picture is looked for. */
#define CHOICE_MAX 64

/* What the numbers of a pixel are (TIFF 6.0; LogLuv: Ward Larson, 1998). */
enum {
	PHOTOMETRIC_WHITE_IS_ZERO = 0,
	PHOTOMETRIC_BLACK_IS_ZERO = 1,
	PHOTOMETRIC_RGB = 2,
	PHOTOMETRIC_PALETTE = 3,
	PHOTOMETRIC_SEPARATED = 5,
	PHOTOMETRIC_YCBCR = 6,
	PHOTOMETRIC_CIELAB = 8,
	PHOTOMETRIC_LOGLUV = 32845
};

/* What a channel beyond the colours is (TIFF 6.0, section 18). */
enum { EXTRA_ASSOCIATED = 1 };

enum { PLANAR_SEPARATE = 2, COMPRESSION_JPEG = 7, FORMAT_FLOAT = 3 };

/* Modified Huffman, group 3, group 4. */
enum { COMPRESSION_FAX_FIRST = 2, COMPRESSION_FAX_LAST = 4 };

/* A sensor's data, with its colours in a pattern or apart (TIFF/EP, ISO 12234-2; DNG 1.6). */
enum { PHOTOMETRIC_CFA = 32803, PHOTOMETRIC_LINEAR_RAW = 34892 };

/* Strips longer than this are read line by line by the loader (libvips, tiff2vips.c). */
#define STRIP_LINES_MAX 128

/* libvips shows the numbers of all other kinds as if they were RGB or gray, YCbCr's among them
 * where libjpeg is not there to convert it: wrong colours, and no word. */
static bool is_known_colour(const struct tiff_directory *directory)
{
	switch (directory->photometric) {
	case PHOTOMETRIC_WHITE_IS_ZERO:
	case PHOTOMETRIC_BLACK_IS_ZERO:
	case PHOTOMETRIC_RGB:
	case PHOTOMETRIC_PALETTE:
	case PHOTOMETRIC_SEPARATED:
	case PHOTOMETRIC_CIELAB:
	case PHOTOMETRIC_LOGLUV:
		return true;
	case PHOTOMETRIC_YCBCR:
		return directory->compression == COMPRESSION_JPEG;
	default:
		return false;
	}
}

/* Layouts that libvips knows it cannot read (tiff2vips.c); without a word of ours they would be
 * reported as corrupt. */
static bool is_known_layout(const struct tiff_directory *directory)
{
	const uint64_t bits = directory->bits;

	if (directory->tile_width && directory->planar == PLANAR_SEPARATE && directory->samples > 1)
		return false;
	return !(bits & (bits - 1)) && (directory->sample_format != FORMAT_FLOAT || bits >= 32);
}

static int check_kind(const struct tiff_directory *directory, struct br_error *error)
{
	if (!is_known_colour(directory))
		return br_error_set(
		    error, BR_ERROR_UNSUPPORTED,
		    "TIFF in colours of a kind that is not supported "
		    "(PhotometricInterpretation %llu, e.g. ICC's Lab, or YCbCr that "
		    "is not JPEG): convert the file to RGB",
		    (unsigned long long)directory->photometric);
	if (!is_known_layout(directory))
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "TIFF of %llu bits a sample, or tiled in planes, of a kind "
		                    "that is not supported: convert the file to an ordinary one",
		                    (unsigned long long)directory->bits);
	return 0;
}

/* Whether every strip or tile lies within the file. */
static bool pieces_ended(const struct tiff *tiff, const struct tiff_directory *directory)
{
	for (uint64_t i = 0; i < directory->offsets.count && i < tiff->bytes.size; i++)
		if (!bytes_have(tiff->bytes, tiff_value(tiff, &directory->offsets, i),
		                tiff_value(tiff, &directory->lengths, i)))
			return false;
	return true;
}

/* Decoded bytes that the loader holds at a time: a row of tiles, a strip, or a line. */
static uint64_t piece_bytes(const struct tiff_directory *directory)
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

static uint64_t pixels_of(const struct tiff_directory *directory)
{
	if (directory->width > UINT32_MAX || directory->height > UINT32_MAX)
		return 0;
	return directory->width * directory->height;
}

static bool is_half(uint64_t side, uint64_t of)
{
	return side == of / 2 || side == (of + 1) / 2;
}

/* Whether the directory at `at` is half the level before, whose place it takes then. */
static bool is_next_level(const struct tiff *tiff, uint64_t at, struct tiff_directory *level)
{
	struct tiff_directory next = TIFF_DIRECTORY_DEFAULT;

	(void)tiff_read(tiff, at, &next);
	if (!is_half(next.width, level->width) || !is_half(next.height, level->height) ||
	    !pixels_of(&next) || pixels_of(&next) >= pixels_of(level))
		return false;
	*level = next;
	return true;
}

/* Counts the directories that are pages, no smaller versions or masks of others, and sees whether
 * one is not there. Not every writer of a pyramid says that its levels are smaller versions: they
 * are as long as each is half the one before, from the first on. */
static uint32_t count_pages(const struct tiff *tiff, uint64_t next, bool *missing)
{
	struct tiff_directory level = TIFF_DIRECTORY_DEFAULT;
	bool pyramid = true;
	uint32_t pages = 0;

	(void)tiff_read(tiff, next, &level);
	/* directories may point in a circle: libtiff sees that, here the limit is enough */
	for (uint32_t i = 0; next && i < PAGES_MAX; i++) {
		*missing |= !tiff_entries(tiff, next) || tiff_is_cut(tiff, next);
		if (i)
			pyramid = pyramid && is_next_level(tiff, next, &level);
		pages +=
		    !(i && pyramid) && !(tiff_subfile(tiff, next) & (TIFF_REDUCED | TIFF_MASK));
		next = tiff_read(tiff, next, NULL);
	}
	return pages ? pages : 1;
}

/* What has been found so far. */
struct choice {
	struct tiff_directory picture; /* the largest that is the whole of one */
	uint32_t page, child;          /* where: see struct scan */
	bool sensor;                   /* there is a sensor's data */
	bool lost;                     /* a child lies where no directory is */
};

/* Compressions of cameras' own, which no library here knows: ARW, NEF, old DCR, PEF. */
static bool is_sensor(const struct tiff_directory *directory)
{
	return directory->photometric == PHOTOMETRIC_CFA ||
	       directory->photometric == PHOTOMETRIC_LINEAR_RAW ||
	       directory->compression == 32767 || directory->compression == 34713 ||
	       directory->compression == 65000 || directory->compression == 65535;
}

static void consider(struct choice *choice, const struct tiff_directory *directory, uint32_t page,
                     uint32_t child)
{
	const bool whole = !(directory->subfile & (TIFF_REDUCED | TIFF_MASK));
	const bool had = !(choice->picture.subfile & TIFF_REDUCED);

	choice->sensor |= is_sensor(directory);
	/* a later page only if the first is a thumbnail; a child as well if it is larger */
	if (!whole || (had && !child) ||
	    (had && pixels_of(directory) <= pixels_of(&choice->picture)))
		return;
	choice->picture = *directory;
	choice->page = page;
	choice->child = child;
}

/* The children of the first directory, then the directories after it. */
static void choose(const struct tiff *tiff, uint64_t next, struct choice *choice)
{
	const struct tiff_entry children = choice->picture.children;

	choice->sensor = is_sensor(&choice->picture);
	for (uint64_t i = 0; i < children.count && i < CHOICE_MAX; i++) {
		struct tiff_directory child = TIFF_DIRECTORY_DEFAULT;

		(void)tiff_read(tiff, tiff_value(tiff, &children, i), &child);
		choice->lost |= !pixels_of(&child);
		if (pixels_of(&child))
			consider(choice, &child, 0, (uint32_t)i + 1);
	}
	for (uint32_t page = 1; next && page < CHOICE_MAX; page++) {
		struct tiff_directory directory = TIFF_DIRECTORY_DEFAULT;

		next = tiff_read(tiff, next, &directory);
		if (pixels_of(&directory))
			consider(choice, &directory, page, 0);
	}
}

/* Canon's files say so behind the header, and begin with a picture that may be of any size. */
static bool is_cr2(struct bytes bytes)
{
	return bytes.size > 10 && !memcmp(bytes.data + 8, "CR", 2);
}

/* The library takes all of what says nothing of the pixels into memory, some of it twice, when it
 * opens the file. */
static int check(const struct tiff_directory *directory, uint64_t max_metadata,
                 struct br_error *error)
{
	/* libvips' own limit of a side is 10 million */
	if (!directory->width || !directory->height || directory->width > UINT32_MAX ||
	    directory->height > UINT32_MAX || directory->samples > UINT16_MAX ||
	    directory->bits > 64 || directory->tile_width > UINT32_MAX ||
	    directory->tile_height > UINT32_MAX)
		return br_error_set(error, BR_ERROR_CORRUPT, "TIFF with a broken directory");
	if (directory->rest > max_metadata)
		return br_error_set(error, BR_ERROR_TOO_LARGE,
		                    "TIFF with more than the %llu KB of metadata that "
		                    "--max-metadata allows: raise it, or take them out "
		                    "(exiftool -all=)",
		                    (unsigned long long)(max_metadata >> 10));
	return 0;
}

/* A thumbnail that stands alone is all there is, and one may as well have it. */
static int check_choice(const struct choice *choice, bool alone, uint64_t max_metadata,
                        struct br_error *error)
{
	if (choice->sensor)
		return scan_raw(error);
	if (!(choice->picture.subfile & TIFF_REDUCED) || alone)
		return choice->child || choice->page ? check(&choice->picture, max_metadata, error)
		                                     : 0;
	if (choice->lost)
		return br_error_set(error, BR_ERROR_TRUNCATED,
		                    "TIFF whose picture lies beyond its end: only a thumbnail is "
		                    "there");
	return scan_raw(error);
}

static void describe(struct scan *scan, const struct choice *choice)
{
	scan->width = (uint32_t)choice->picture.width;
	scan->height = (uint32_t)choice->picture.height;
	scan->bands = (uint32_t)choice->picture.samples;
	scan->bits = (uint32_t)choice->picture.bits;
	scan->piece = piece_bytes(&choice->picture);
	scan->fax = choice->picture.compression >= COMPRESSION_FAX_FIRST &&
	            choice->picture.compression <= COMPRESSION_FAX_LAST;
	scan->white_is_zero = choice->picture.photometric == PHOTOMETRIC_WHITE_IS_ZERO;
	scan->page = choice->page;
	scan->child = choice->child;
	scan->associated = choice->picture.extra == EXTRA_ASSOCIATED;
}

int scan_tiff(struct bytes bytes, uint64_t max_metadata, struct scan *scan, struct br_error *error)
{
	const struct tiff tiff = tiff_open(bytes);
	const uint64_t first = tiff_first(&tiff);
	struct choice choice = {.picture = TIFF_DIRECTORY_DEFAULT};
	uint64_t next;
	bool alone;
	int status;

	if (!bytes_have(bytes, first, 2))
		return br_error_set(error, BR_ERROR_TRUNCATED,
		                    "TIFF whose directory lies beyond its end");
	if (tiff_is_cut(&tiff, first))
		return br_error_set(error, BR_ERROR_TRUNCATED,
		                    "TIFF that ends within its directory: get a whole copy");
	next = tiff_read(&tiff, first, &choice.picture);
	status = check(&choice.picture, max_metadata, error);
	if (status)
		return status;
	alone = !next && !choice.picture.children.count;
	choose(&tiff, next, &choice);
	choice.sensor |= is_cr2(bytes);
	status = check_choice(&choice, alone, max_metadata, error);
	if (status)
		return status;
	describe(scan, &choice);
	status = check_kind(&choice.picture, error);
	if (status)
		return status;
	scan->missing = choice.lost || !pieces_ended(&tiff, &choice.picture);
	scan->ended = !choice.picture.cut && !scan->missing;
	scan->pages = count_pages(&tiff, first, &scan->missing);
	return 0;
}
