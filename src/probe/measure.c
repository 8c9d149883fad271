/* measure.c - how large a picture is, by as little of its file as says so.
 *
 * Nothing is validated and nothing allocated: of a file that lies, the lie is told.
 */
#include <batchresize/image.h>

#include <string.h>

#include "base/bytes.h"
#include "probe/jpeg_segments.h"
#include "probe/tiff.h"
#include "probe/window.h"

static void found(struct br_image_info *info, uint32_t width, uint32_t height)
{
	info->width = width;
	info->height = height;
}

/* --- formats -----------------------------------------------------------------------------------
 */

/* ISO/IEC 15948, 11.2.2. */
static void measure_png(struct window *window, struct br_image_info *info)
{
	const unsigned char *p = window_look(window, 16, 8);

	if (p)
		found(info, be32(p), be32(p + 4));
}

/* GIF89a, 18: the logical screen. */
static void measure_gif(struct window *window, struct br_image_info *info)
{
	const unsigned char *p = window_look(window, 6, 4);

	if (p)
		found(info, le16(p), le16(p + 2));
}

/* RFC 9649, the first chunk: extended, without loss, or simple (RFC 6386, 9.1). */
static void measure_webp(struct window *window, struct br_image_info *info)
{
	const unsigned char *p = window_look(window, 12, 18);

	if (!p)
		return;
	if (!memcmp(p, "VP8X", 4))
		found(info, le24(p + 12) + 1, le24(p + 15) + 1);
	else if (!memcmp(p, "VP8L", 4) && p[8] == 0x2f)
		found(info, (le32(p + 9) & 0x3fff) + 1, (le32(p + 9) >> 14 & 0x3fff) + 1);
	else if (!memcmp(p, "VP8 ", 4) && !memcmp(p + 11, "\x9d\x01\x2a", 3))
		found(info, le16(p + 14) & 0x3fff, le16(p + 16) & 0x3fff);
}

/* ITU-T T.81, B.2.2: the frame's header. */
static void measure_jpeg(struct window *window, struct br_image_info *info)
{
	uint64_t at = JPEG_SEGMENTS_BEGIN;
	struct jpeg_place place;
	const unsigned char *p;

	while (jpeg_place_next(window, &at, &place))
		if (jpeg_marker_is_frame(place.code)) {
			p = window_look(window, place.at, 5);
			if (p)
				found(info, be16(p + 3), be16(p + 1));
			return;
		}
}

/* --- TIFF --------------------------------------------------------------------------------------
 */

static void measure_tiff(struct window *window, struct br_image_info *info)
{
	struct tiff_walk walk;
	struct tiff_entry entry;

	if (!tiff_walk_begin(&walk, window))
		return;
	while (tiff_walk_next(&walk, &entry)) {
		const unsigned size = tiff_type_size(entry.type);
		const unsigned char *p;

		if ((entry.tag != TAG_WIDTH && entry.tag != TAG_HEIGHT) ||
		    (entry.type != TYPE_SHORT && entry.type != TYPE_LONG) ||
		    !(p = window_look(window, entry.at, size)))
			continue;
		*(entry.tag == TAG_WIDTH ? &info->width : &info->height) =
		    (uint32_t)bytes_get(p, size, walk.big_endian);
	}
}

/* --- boxes: AVIF, HEIC -------------------------------------------------------------------------
 */

struct measured_box {
	char type[4];
	uint64_t content, end;
};

/* ISO/IEC 14496-12, 4.2: the box at `at`, which ends at `end` at the latest. */
static bool next_box(struct window *window, uint64_t at, uint64_t end, struct measured_box *box)
{
	const unsigned char *p =
	    window_step(window) && at < end ? window_look(window, at, 8) : NULL;
	uint64_t length, head = 8;

	if (!p)
		return false;
	memcpy(box->type, p + 4, 4);
	length = be32(p);
	if (length == 1) {
		p = window_look(window, at, 16);
		head = 16;
		length = p ? be64(p + 8) : 0;
	} else if (length == 0) {
		length = end - at;
	}
	if (length < head || length > end - at)
		return false;
	box->content = at + head;
	box->end = at + length;
	return true;
}

static bool is(const struct measured_box *box, const char *type)
{
	return !memcmp(box->type, type, 4);
}

static bool find_box(struct window *window, uint64_t at, uint64_t end, const char *type,
                     struct measured_box *box)
{
	while (next_box(window, at, end, box)) {
		if (is(box, type))
			return true;
		at = box->end;
	}
	return false;
}

/* ISO/IEC 23008-12: of all items' sizes the largest, which is the whole picture's if others are
 * those of its tiles, its alpha and its thumbnail; turned if any is turned. */
static void measure_heif(struct window *window, struct br_image_info *info)
{
	const uint64_t end = INT64_MAX;
	struct measured_box box;
	bool turned = false;
	const unsigned char *p;

	if (!find_box(window, 0, end, "meta", &box) ||
	    !find_box(window, box.content + 4, box.end, "iprp", &box) ||
	    !find_box(window, box.content, box.end, "ipco", &box))
		return;
	for (struct measured_box item = {.end = box.content};
	     next_box(window, item.end, box.end, &item);) {
		p = window_look(window, item.content, is(&item, "irot") ? 1 : 12);
		if (p && is(&item, "irot"))
			turned |= p[0] & 1;
		if (p && is(&item, "ispe") &&
		    (uint64_t)be32(p + 4) * be32(p + 8) > (uint64_t)info->width * info->height)
			found(info, be32(p + 4), be32(p + 8));
	}
	if (turned)
		found(info, info->height, info->width);
}

/* --- JPEG XL -----------------------------------------------------------------------------------
 */

struct bits {
	uint64_t value;
	unsigned used;
};

static uint32_t take(struct bits *bits, unsigned count)
{
	const uint32_t value = (uint32_t)(bits->value >> bits->used & ((UINT64_C(1) << count) - 1));

	bits->used += count;
	return value;
}

/* ISO/IEC 18181-1, A.3: SizeHeader. At most 2 + 30 bits a side and 4 others: within 9 bytes, of
 * which a side needs the second 8 only when it has over 2^18 pixels, which no picture here has. */
static uint32_t jxl_side(struct bits *bits, bool small)
{
	static const unsigned lengths[] = {9, 13, 18, 30};

	if (small)
		return (take(bits, 5) + 1) * 8;
	return take(bits, lengths[take(bits, 2)]) + 1;
}

static void jxl_header(const unsigned char *p, struct br_image_info *info)
{
	static const struct {
		uint8_t width, height;
	} ratios[] = {{1, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
	struct bits bits = {.value = le64(p)};
	const bool small = take(&bits, 1);
	const uint32_t height = jxl_side(&bits, small);
	const uint32_t ratio = take(&bits, 3);

	if (ratio == 0)
		found(info, jxl_side(&bits, small), height);
	else
		found(info,
		      (uint32_t)((uint64_t)height * ratios[ratio].width / ratios[ratio].height),
		      height);
}

static void measure_jxl(struct window *window, struct br_image_info *info)
{
	const unsigned char *p = window_look(window, 0, 10);
	struct measured_box box = {.content = 0};
	uint64_t at = 0;

	if (p && p[0] == 0)
		while (next_box(window, at, INT64_MAX, &box) && !is(&box, "jxlc") &&
		       !is(&box, "jxlp"))
			at = box.end;
	p = window_look(window, box.content + (is(&box, "jxlp") ? 4 : 0), 10);
	if (p && p[0] == 0xff && p[1] == 0x0a)
		jxl_header(p + 2, info);
}

/* --- the format, then its header ---------------------------------------------------------------
 */

bool br_image_measure(const struct br_image_bytes *file, struct br_image_info *info)
{
	struct window window = {.file = file};

	*info = (struct br_image_info){.format = BR_IMAGE_FORMAT_UNKNOWN};
	info->format = window_sniff(&window);
	switch (info->format) {
	case BR_IMAGE_FORMAT_JPEG:
		measure_jpeg(&window, info);
		break;
	case BR_IMAGE_FORMAT_PNG:
		measure_png(&window, info);
		break;
	case BR_IMAGE_FORMAT_WEBP:
		measure_webp(&window, info);
		break;
	case BR_IMAGE_FORMAT_TIFF:
		measure_tiff(&window, info);
		break;
	case BR_IMAGE_FORMAT_GIF:
		measure_gif(&window, info);
		break;
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		measure_heif(&window, info);
		break;
	case BR_IMAGE_FORMAT_JXL:
		measure_jxl(&window, info);
		break;
	default:
		break;
	}
	return info->width > 0 && info->height > 0;
}
