/* heif_tell.c - inserts a property: the boxes around it grow, and what lies behind them moves. */
#include "metadata/heif_tell.h"

#include <string.h>

#include <batchresize/error.h>

#include "probe/box_scan.h"
#include "probe/item_places.h"
#include "metadata/heif_colour.h"
#include "metadata/parts.h"

#define HEADER   8
#define FULL_BOX 4

/* ISO/IEC 14496-12, 12.1.5: size, type, "nclx", three numbers, whether the range is full. */
#define COLR_SIZE 19

/* H.273, table 4: BT.601. */
#define MATRIX_BT601 6

/* Where the boxes of the file begin, from the file's beginning. */
struct offsets {
	size_t meta, iprp, ipco, ipma, iloc;
	size_t entry; /* the count of the primary item's properties */
	bool wide;    /* numbers of two bytes in ipma */
};

/* Where a box begins within another, whose content is given; 0: nowhere. Of 32-bit lengths alone.
 */
static size_t find(const unsigned char *file, struct bytes content, const char *type)
{
	struct box box;
	uint64_t at = 0;

	while (box_next(content, &at, &box))
		if (!box.cut && box_is(&box, type) && box.content.data == box.type + 4)
			return (size_t)(box.type - 4 - file);
	return 0;
}

static struct bytes content_of(const unsigned char *file, size_t box, size_t skip)
{
	const size_t size = be32(file + box), head = HEADER + skip;

	return (struct bytes){file + box + head, size > head ? size - head : 0};
}

/* The primary item's entry, of the versions that libheif writes: items of two bytes. */
static bool find_entry(const unsigned char *file, struct offsets *offsets)
{
	const struct bytes meta = content_of(file, offsets->meta, FULL_BOX);
	const struct bytes ipma = content_of(file, offsets->ipma, 0);
	struct bytes primary;
	uint64_t at = 8;

	if (!box_find(meta, "pitm", &primary) || primary.size < 6 || primary.data[0] ||
	    ipma.size < 8 || ipma.data[0])
		return false;
	offsets->wide = ipma.data[3] & 1;
	for (uint32_t i = be32(ipma.data + 4); i > 0 && bytes_have(ipma, at, 3); i--) {
		offsets->entry = (size_t)(ipma.data + at + 2 - file);
		if (be16(ipma.data + at) == be16(primary.data + 4))
			return ipma.data[at + 2] < UINT8_MAX;
		at += 3 + (uint64_t)ipma.data[at + 2] * (offsets->wide ? 2 : 1);
	}
	return false;
}

static bool find_offsets(struct bytes bytes, struct offsets *offsets)
{
	const unsigned char *file = bytes.data;
	struct bytes iprp;

	offsets->meta = find(file, bytes, "meta");
	if (!offsets->meta)
		return false;
	offsets->iprp = find(file, content_of(file, offsets->meta, FULL_BOX), "iprp");
	offsets->iloc = find(file, content_of(file, offsets->meta, FULL_BOX), "iloc");
	if (!offsets->iprp || !offsets->iloc)
		return false;
	iprp = content_of(file, offsets->iprp, 0);
	offsets->ipco = find(file, iprp, "ipco");
	offsets->ipma = find(file, iprp, "ipma");
	return offsets->ipco && offsets->ipma && offsets->ipco < offsets->ipma &&
	       find_entry(file, offsets);
}

static void add(unsigned char *p, unsigned size, size_t by)
{
	bytes_put(p, bytes_get(p, size, true) + by, size, true);
}

/* Moves the places of items in the file (not those within the meta box) by so many bytes. */
static bool move_items(unsigned char *file, const struct offsets *offsets, size_t by)
{
	const struct bytes content = content_of(file, offsets->iloc, 0);
	unsigned char *p = file + offsets->iloc + HEADER;
	struct item_places places;
	uint64_t offset, length;

	if (!item_places_init(&places, content))
		return false;
	while (item_places_next(&places)) {
		if (places.method != ITEM_IN_FILE)
			continue;
		add(p + places.base_at, places.base, by);
		while (!places.base && item_places_extent(&places, &offset, &length))
			add(p + places.offset_at, places.offset, by);
	}
	return !places.ended;
}

static uint32_t count_properties(const unsigned char *file, const struct offsets *offsets)
{
	const struct bytes content = content_of(file, offsets->ipco, 0);
	struct box box;
	uint64_t at = 0;
	uint32_t count = 0;

	while (box_next(content, &at, &box))
		count++;
	return count;
}

static void grow(unsigned char *file, size_t box, size_t by)
{
	put_be32(file + box, (uint32_t)(be32(file + box) + by));
}

static void make_property(const struct colour_codes *codes, unsigned char colr[COLR_SIZE])
{
	put_be32(colr, COLR_SIZE);
	memcpy(colr + 4, "colrnclx", 8);
	put_be16(colr + 12, codes->primaries);
	put_be16(colr + 14, codes->transfer);
	put_be16(colr + 16, MATRIX_BT601);
	colr[18] = 0x80;
}

/* The property itself at the end of its kind, and its number among the item's. */
static int insert(struct br_buffer *out, size_t begin, const struct colour_codes *codes)
{
	struct offsets offsets = {0};
	unsigned char *file = out->data + begin, colr[COLR_SIZE], number[2];
	size_t link, end;
	uint32_t count;
	int status;

	if (!find_offsets((struct bytes){file, out->size - begin}, &offsets))
		return BR_ERROR_ENCODE;
	link = offsets.wide ? 2 : 1;
	count = count_properties(file, &offsets) + 1;
	if (count > 0x7f || !move_items(file, &offsets, COLR_SIZE + link))
		return BR_ERROR_ENCODE;
	make_property(codes, colr);
	bytes_put(number, count, (unsigned)link, true);
	end = offsets.ipco + be32(file + offsets.ipco);
	grow(file, offsets.meta, COLR_SIZE + link);
	grow(file, offsets.iprp, COLR_SIZE + link);
	grow(file, offsets.ipma, link);
	grow(file, offsets.ipco, COLR_SIZE);
	link *= file[offsets.entry]++;
	status =
	    metadata_insert(out, begin + offsets.entry + 1 + link, number, offsets.wide ? 2 : 1);
	return status ? status : metadata_insert(out, begin + end, colr, COLR_SIZE);
}

int heif_tell_codes(struct br_buffer *out, size_t begin, const struct colour_codes *codes)
{
	struct colour_codes told;
	int status;

	if (heif_set_codes(out->data + begin, out->size - begin, codes))
		return 0;
	status = insert(out, begin, codes);
	if (status)
		return status;
	/* boxes that belie each other take it to a place where nobody looks */
	told = heif_nclx((struct bytes){out->data + begin, out->size - begin});
	return told.transfer == codes->transfer ? 0 : BR_ERROR_ENCODE;
}
