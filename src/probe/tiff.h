/* tiff.h - the words of a TIFF (TIFF 6.0, and BigTIFF): tags, types, entries.
 */
#ifndef PROBE_TIFF_H
#define PROBE_TIFF_H

#include "base/bytes.h"
#include "probe/window.h"

/* Tags of directories, those of EXIF's (Exif 2.32) among them. */
enum tiff_tag {
	TAG_INTEROPERABILITY_INDEX = 0x0001,
	TAG_SUBFILE = 0x00fe,
	TAG_WIDTH = 0x0100,
	TAG_HEIGHT = 0x0101,
	TAG_BITS = 0x0102,
	TAG_COMPRESSION = 0x0103,
	TAG_PHOTOMETRIC = 0x0106,
	TAG_MAKE = 0x010f,
	TAG_STRIP_OFFSETS = 0x0111,
	TAG_ORIENTATION = 0x0112,
	TAG_SAMPLES = 0x0115,
	TAG_ROWS = 0x0116,
	TAG_STRIP_BYTES = 0x0117,
	TAG_X_RESOLUTION = 0x011a,
	TAG_Y_RESOLUTION = 0x011b,
	TAG_PLANAR = 0x011c,
	TAG_RESOLUTION_UNIT = 0x0128,
	TAG_SOFTWARE = 0x0131,
	TAG_TILE_WIDTH = 0x0142,
	TAG_TILE_HEIGHT = 0x0143,
	TAG_TILE_OFFSETS = 0x0144,
	TAG_TILE_BYTES = 0x0145,
	TAG_CHILDREN = 0x014a, /* SubIFDs */
	TAG_EXTRA = 0x0152,
	TAG_SAMPLE_FORMAT = 0x0153,
	TAG_JPEG_OFFSET = 0x0201,
	TAG_JPEG_BYTES = 0x0202,
	TAG_EXIF = 0x8769,
	TAG_GPS = 0x8825,
	TAG_SUBJECT_AREA = 0x9214,
	TAG_MAKER_NOTE = 0x927c,
	TAG_COLOR_SPACE = 0xa001,
	TAG_PIXEL_X_DIMENSION = 0xa002,
	TAG_PIXEL_Y_DIMENSION = 0xa003,
	TAG_INTEROPERABILITY = 0xa005,
	TAG_SUBJECT_LOCATION = 0xa214
};

enum tiff_type {
	TYPE_BYTE = 1,
	TYPE_ASCII = 2,
	TYPE_SHORT = 3,
	TYPE_LONG = 4,
	TYPE_RATIONAL = 5,
	TYPE_IFD = 13,
	TYPE_LONG8 = 16,
	TYPE_IFD8 = 18
};

/* Bytes of one value; 0 for what is no type. */
unsigned tiff_type_size(uint32_t type);

struct tiff_entry {
	uint32_t tag, type;
	uint64_t count;
	uint64_t at; /* where the values are */
};

/* The first directory of a file, entry by entry through a window. */
struct tiff_walk {
	struct window *window;
	bool big_endian, big; /* big: BigTIFF */
	uint64_t at, left;    /* entries left, from there on */
};

/* Returns false if the file has no such directory. */
bool tiff_walk_begin(struct tiff_walk *walk, struct window *window);
bool tiff_walk_next(struct tiff_walk *walk, struct tiff_entry *entry);

#endif
