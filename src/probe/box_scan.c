/* box_scan.c - walks the boxes of a file in ISO's base media format (ISO/IEC 14496-12 and
 * 23008-12), as HEIC, AVIF and some JPEG XL are: whether the pictures' data is there, and how many
 * frames a sequence has. Sizes are the library's to say.
 */
#include "probe/box_scan.h"

#include <stdlib.h>
#include <string.h>

#include "probe/item_places.h"
#include "probe/scan.h"

/* Places of data that are looked at; a picture of 65535 x 65535 in tiles of 512 has a quarter. */
#define EXTENTS_MAX 65536

/* Bytes of one value that no picture of these kinds ends in. Zeros: HEVC's data ends in a bit that
 * is set, and so does AV1's, except for its padding (ITU-T H.265 7.3.2.11, AV1 8.2.4). Ones, as
 * flash memory has them where nothing was written: both are coded arithmetically, and such a run
 * would stand for nothing that has a chance of any size. */
#define FILL_MAX 16

bool box_next(struct bytes bytes, uint64_t *at, struct box *box)
{
	uint64_t length, head = 8;

	if (!bytes_have(bytes, *at, head))
		return false;
	length = be32(bytes.data + *at);
	if (length == 1 && bytes_have(bytes, *at, 16)) {
		length = be64(bytes.data + *at + 8);
		head = 16;
	}
	if (length == 0) /* up to the end */
		length = bytes.size - *at;
	box->type = bytes.data + *at + 4;
	box->cut = length >= head && !bytes_have(bytes, *at, length);
	if (box->cut)
		length = bytes.size - *at;
	if (length < head)
		return false;
	box->content = (struct bytes){bytes.data + *at + head, length - head};
	*at += length;
	return true;
}

bool box_find(struct bytes bytes, const char *type, struct bytes *content)
{
	struct box box;
	uint64_t at = 0;

	while (box_next(bytes, &at, &box))
		if (box_is(&box, type)) {
			*content = box.content;
			return true;
		}
	return false;
}

/* Whether data ends in what stands where it never arrived. */
static bool ends_in_fill(const unsigned char *data, uint64_t size)
{
	if (size < FILL_MAX)
		return false;
	const unsigned char *tail = data + size - FILL_MAX;

	return (!*tail || *tail == UINT8_MAX) && !memcmp(tail, tail + 1, FILL_MAX - 1);
}

/* Whether data is missing: it lies beyond the end, or is a coded picture's and ends as none does.
 */
static bool is_missing(struct bytes file, uint64_t offset, uint64_t length, bool coded)
{
	return !bytes_have(file, offset, length) ||
	       (coded && ends_in_fill(file.data + offset, length));
}

/* What may follow the first box; anything else there is no part of the file. */
static bool is_known(const struct box *box)
{
	static const char types[][5] = {"ftyp", "meta", "mdat", "moov", "idat", "free", "skip",
	                                "wide", "uuid", "moof", "mfra", "sidx", "styp", "JXL ",
	                                "jxlc", "jxlp", "jxll", "jbrd", "jumb", "brob", "Exif",
	                                "xml ", "jxli", "jhgm", "mpvd"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (box_is(box, types[i]))
			return true;
	return false;
}

/* Numbers of the items that are coded pictures; those of more than 16 bits are not looked at. */
struct items {
	unsigned char coded[65536 / 8];
};

/* An infe box: version 2 or 3, number, protection, type. */
static void read_item(struct bytes entry, struct items *items)
{
	const unsigned char *p = entry.data;
	const bool wide = entry.size >= 14 && p[0] == 3;
	uint32_t id;

	if (entry.size < 12 || (p[0] != 2 && !wide))
		return;
	id = wide ? be32(p + 4) : be16(p + 4);
	p += wide ? 10 : 8;
	if (id < 65536 && (!memcmp(p, "av01", 4) || !memcmp(p, "hvc1", 4)))
		items->coded[id / 8] |= (unsigned char)(1U << id % 8);
}

static void read_items(struct bytes iinf, struct items *items)
{
	uint64_t at;
	struct box box;

	if (iinf.size < 6)
		return;
	at = iinf.data[0] ? 8 : 6; /* version, flags, count */
	while (box_next(iinf, &at, &box))
		if (box_is(&box, "infe"))
			read_item(box.content, items);
}

/* One item; *extents is how many places have been seen. */
static bool item_is_missing(struct bytes file, struct item_places *places,
                            const struct items *items, unsigned *extents)
{
	const uint32_t id = places->item;
	const bool coded = id < 65536 && items->coded[id / 8] >> id % 8 & 1;
	uint64_t offset, length;
	bool missing = false;

	while (*extents < EXTENTS_MAX && item_places_extent(places, &offset, &length)) {
		++*extents;
		/* data of the file itself, of a length that is said */
		if (places->method == ITEM_IN_FILE && !places->elsewhere && length)
			missing |= is_missing(file, offset, length, coded && !places->extents);
	}
	return missing;
}

static bool items_missing(struct bytes file, struct bytes iloc, const struct items *items)
{
	struct item_places places;
	unsigned extents = 0;
	bool missing = false;

	if (!item_places_init(&places, iloc))
		return false;
	while (!missing && extents < EXTENTS_MAX && item_places_next(&places))
		missing = item_is_missing(file, &places, items, &extents);
	return missing;
}

/* A meta box, after its version and flags. */
static bool meta_is_missing(struct bytes file, struct bytes meta)
{
	struct items items = {{0}};
	struct bytes iloc, iinf;

	if (meta.size < 4)
		return false;
	meta = (struct bytes){meta.data + 4, meta.size - 4};
	if (!box_find(meta, "iloc", &iloc))
		return false;
	if (box_find(meta, "iinf", &iinf))
		read_items(iinf, &items);
	return items_missing(file, iloc, &items);
}

/* Samples of a track of pictures: 0 for another one. */
static uint32_t track_frames(struct bytes track)
{
	struct bytes media, handler, information, table, sizes;

	if (!box_find(track, "mdia", &media) || !box_find(media, "hdlr", &handler) ||
	    handler.size < 12 || memcmp(handler.data + 8, "pict", 4) != 0 ||
	    !box_find(media, "minf", &information) || !box_find(information, "stbl", &table) ||
	    !box_find(table, "stsz", &sizes) || sizes.size < 12)
		return 0;
	return be32(sizes.data + 8);
}

/* Frames of the longest sequence. */
static uint32_t count_frames(struct bytes moov)
{
	struct box box;
	uint64_t at = 0;
	uint32_t frames = 0;

	while (box_next(moov, &at, &box)) {
		const uint32_t found = box_is(&box, "trak") ? track_frames(box.content) : 0;

		frames = found > frames ? found : frames;
	}
	return frames;
}

/* Boxes that a picture is in, or said by. */
static bool holds_picture(const struct box *box)
{
	return box_is(box, "meta") || box_is(box, "moov") || box_is(box, "jxlc") ||
	       box_is(box, "jxlp");
}

/* What a decoder of JPEG XL needs for the pixels: the rest is only said of them. */
static bool makes_jxl(const struct box *box)
{
	return box_is(box, "JXL ") || box_is(box, "ftyp") || box_is(box, "jxll") ||
	       box_is(box, "jxlc") || box_is(box, "jxlp");
}

int scan_jxl_rewrite(struct bytes bytes, struct bytes *rewritten)
{
	unsigned char *copy = malloc(bytes.size);
	struct box box;
	uint64_t at = 0, size = 0;

	if (!copy)
		return BR_ERROR_MEMORY;
	for (uint64_t begin = 0; box_next(bytes, &at, &box); begin = at) {
		if (!makes_jxl(&box))
			continue;
		memcpy(copy + size, bytes.data + begin, at - begin);
		size += at - begin;
	}
	*rewritten = (struct bytes){copy, size};
	return 0;
}

int scan_boxes(struct bytes bytes, struct scan *scan, struct br_error *error)
{
	struct bytes data = {0};
	struct box box;
	uint64_t at = 0;
	const bool jxl = br_image_sniff(bytes.data, bytes.size) == BR_IMAGE_FORMAT_JXL;
	bool picture = false;

	(void)error;
	scan->ended = true;
	if (bytes_have(bytes, 0, 2) && bytes.data[0] == 0xff)
		return 0; /* a bare codestream of JPEG XL has no structure that can be walked */
	while (box_next(bytes, &at, &box) && is_known(&box)) {
		scan->ended &= !box.cut;
		picture |= holds_picture(&box);
		/* libjxl 0.7 passes over boxes that are not as they should be, 0.11 fails the
		 * picture */
		scan->rewrite |= jxl && !makes_jxl(&box);
		if (box_is(&box, "mdat"))
			data = box.content;
		if (box_is(&box, "meta") && !box.cut)
			scan->missing |= meta_is_missing(bytes, box.content);
		if (box_is(&box, "moov") && count_frames(box.content) > 1)
			scan->pages = count_frames(box.content);
	}
	scan->ended &= picture;
	scan->missing |= !scan->ended || (scan->pages > 1 && ends_in_fill(data.data, data.size));
	return 0;
}
