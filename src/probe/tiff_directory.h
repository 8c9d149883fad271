/* tiff_directory.h - the directories of a TIFF (TIFF 6.0, and BigTIFF), as far as they say what a
 * picture is.
 *
 * Pure; thread-safe; nothing here reads beyond the bytes.
 */
#ifndef PROBE_TIFF_DIRECTORY_H
#define PROBE_TIFF_DIRECTORY_H

#include "base/bytes.h"
#include "probe/tiff.h"

struct tiff {
	struct bytes bytes;
	bool big_endian, big; /* big: BigTIFF */
};

/* A directory's values that matter, as far as they are there. */
struct tiff_directory {
	uint64_t width, height, bits, samples, rows, planar, photometric, compression;
	uint64_t tile_width, tile_height, sample_format;
	uint64_t subfile; /* NewSubfileType */
	uint64_t extra;   /* the first of ExtraSamples */
	struct tiff_entry offsets, lengths, children;
	uint64_t rest; /* bytes of what says nothing of the pixels: profile, XMP, ... */
	bool cut;      /* numbers of it lie beyond the end */
};

/* Bits of subfile: a smaller version of another picture, a mask of one. */
enum { TIFF_REDUCED = 1, TIFF_MASK = 4 };

/* What an empty directory means. */
#define TIFF_DIRECTORY_DEFAULT \
	((struct tiff_directory){.bits = 1, .samples = 1, .rows = UINT32_MAX})

/* rest is no more than that, or larger. */
#define TIFF_REST_MAX BR_IMAGE_METADATA_MAX

/* Of bytes that begin as one. */
struct tiff tiff_open(struct bytes bytes);

/* Where the first directory is. */
uint64_t tiff_first(const struct tiff *tiff);

/* Reads the directory at `at` (directory may be NULL) and returns where the next one is, 0 when
 * there is none or it cannot be read. */
uint64_t tiff_read(const struct tiff *tiff, uint64_t at, struct tiff_directory *directory);

/* Entries of the directory at `at`, 0 if there is none. */
uint64_t tiff_entries(const struct tiff *tiff, uint64_t at);

/* Whether the directory at `at` is not there, or not all of its entries are: beyond the end, or
 * zeros in its place, since none is empty. */
bool tiff_is_cut(const struct tiff *tiff, uint64_t at);

/* NewSubfileType of the directory at `at`, which can only stand first. */
uint64_t tiff_subfile(const struct tiff *tiff, uint64_t at);

/* A value of an entry, 0 for one that is not there or no number. */
uint64_t tiff_value(const struct tiff *tiff, const struct tiff_entry *entry, uint64_t index);

#endif
