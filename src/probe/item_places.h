/* item_places.h - where the data of the items of an AVIF or HEIC lies: the iloc box (ISO/IEC
 * 14496-12, 8.11.3).
 *
 * Pure; thread-safe; nothing here reads beyond the bytes, and no place that is told is checked.
 */
#ifndef PROBE_ITEM_PLACES_H
#define PROBE_ITEM_PLACES_H

#include "base/bytes.h"

/* How an item's places are to be understood. */
enum { ITEM_IN_FILE = 0, ITEM_IN_IDAT = 1 };

struct item_places {
	/* of the item that item_places_next() came to */
	uint32_t item;
	unsigned method; /* ITEM_IN_FILE, ITEM_IN_IDAT or another, which is not read here */
	bool elsewhere;  /* the data is in another file */

	/* Where in the bytes its base stands, and the offset of the extent last told, and the
	 * length of these numbers; 0: there are none. */
	uint64_t base_at, offset_at;
	unsigned base, offset;

	/* the rest is the cursor's own */
	struct bytes bytes;
	uint64_t at, items, extents, begin;
	unsigned version, length, index;
	bool ended;
};

/* The content of an iloc box. Returns false for a version, or lengths of numbers, unknown here. */
bool item_places_init(struct item_places *places, struct bytes iloc);

/* The next item, once the extents of the one before have been passed or not. */
bool item_places_next(struct item_places *places);

/* The item's next extent: where it begins and how long it is (0: up to the end), both in bytes.
 * Returns false if there is none. An offset that would not fit is UINT64_MAX. */
bool item_places_extent(struct item_places *places, uint64_t *offset, uint64_t *length);

#endif
