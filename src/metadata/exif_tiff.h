/* exif_tiff.h - directories of a TIFF structure, read and changed in place. Every offset is
 * checked.
 *
 * A directory (TIFF 6.0, section 2) is a count, entries of 12 bytes - tag, type, number of values,
 * the value or where it is - and where the next directory is. Thread-safe.
 */
#ifndef METADATA_EXIF_TIFF_H
#define METADATA_EXIF_TIFF_H

#include "base/bytes.h"
#include "probe/tiff.h"

enum { TIFF_HEADER = 8, TIFF_ENTRY = 12 };

struct exif_tiff {
	unsigned char *data;
	size_t size;
	bool big_endian;
};

/* at: where the entries begin; 0: there is none. whole: the place of the next one is there. */
struct directory {
	uint32_t at, entries;
	bool whole;
};

struct exif_region {
	uint64_t at, size;
};

bool tiff_have(const struct exif_tiff *tiff, uint64_t at, uint64_t length);
uint32_t tiff_get16(const struct exif_tiff *tiff, uint64_t at);
uint32_t tiff_get32(const struct exif_tiff *tiff, uint64_t at);
void tiff_put(struct exif_tiff *tiff, uint64_t at, uint32_t value, unsigned size);

uint64_t directory_entry(const struct directory *directory, uint32_t index);

/* Where a directory ends, the position of the next one included. */
uint64_t directory_end(const struct directory *directory);

/* Reads where a directory at that place lies: as many of its entries as are there. Returns false
 * when none can be. */
bool directory_open(const struct exif_tiff *tiff, uint32_t at, struct directory *directory);

/* The first entry with that tag; 0: none. */
uint64_t directory_find(const struct exif_tiff *tiff, const struct directory *directory,
                        uint32_t tag);

/* The value of an entry of one SHORT or LONG; 0 if there is none. */
uint32_t directory_value(const struct exif_tiff *tiff, const struct directory *directory,
                         uint32_t tag);

/* The directory that the tag points to; .at is 0 if there is none. */
void directory_follow(const struct exif_tiff *tiff, const struct directory *from, uint32_t tag,
                      struct directory *directory);

/* Where the values of an entry are, as far as they are there; .size is 0 for a type that is none.
 */
struct exif_region directory_values(const struct exif_tiff *tiff, uint64_t entry);

/* Takes the entries with that tag out. Those after them move up, and what is between the directory
 * and its new end is zeros; no values move. */
void directory_remove(struct exif_tiff *tiff, struct directory *directory, uint32_t tag);

/* --- what is made of them ---------------------------------------------------------------- */

/* The directories that are kept: the first, and if they are there its Exif, GPS and
 * interoperability ones. */
struct kept {
	struct directory directory[4];
	unsigned count;
};

/* Unlinks the second directory, which holds the thumbnail, and makes its bytes and the thumbnail's
 * zeros, except those that kept directories and their values share; at the end of the structure
 * they are cut off. Returns 0 or -ENOMEM. */
int exif_drop_thumbnail(struct exif_tiff *tiff, const struct kept *kept);

/* Takes entries out of the maker note that say where in the file, outside of EXIF, another picture
 * is. Of makers whose notes are known; the rest stays byte for byte. */
void exif_drop_previews(struct exif_tiff *tiff, const struct kept *kept);

#endif
