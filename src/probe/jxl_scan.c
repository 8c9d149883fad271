/* jxl_scan.c - whether a JPEG XL is an animation: the first bits of its codestream (ISO/IEC
 * 18181-1, annexes A and D).
 */
#include "probe/box_scan.h"
#include "probe/scan.h"

/* Bits from the lowest of each byte on; zeros beyond the end. */
struct bits {
	struct bytes bytes;
	uint64_t at;
};

static uint32_t take(struct bits *bits, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++, bits->at++)
		if (bits->at / 8 < bits->bytes.size)
			value |= (uint32_t)(bits->bytes.data[bits->at / 8] >> bits->at % 8 & 1)
			         << i;
	return value;
}

/* A side of the picture: two bits say how many follow. */
static void skip_side(struct bits *bits, const unsigned char sizes[4])
{
	(void)take(bits, sizes[take(bits, 2)]);
}

/* A height, a ratio, and a width if there is no ratio; `small` sides count in eights. */
static void skip_size(struct bits *bits, const unsigned char small[4], const unsigned char large[4])
{
	const unsigned char *sizes = take(bits, 1) ? small : large;

	skip_side(bits, sizes);
	if (!take(bits, 3))
		skip_side(bits, sizes);
}

/* SizeHeader, whose small sides have 5 bits without a choice. */
static void skip_picture_size(struct bits *bits)
{
	static const unsigned char large[4] = {9, 13, 18, 30};
	const bool small = take(bits, 1);

	if (small)
		(void)take(bits, 5);
	else
		skip_side(bits, large);
	if (take(bits, 3))
		return;
	if (small)
		(void)take(bits, 5);
	else
		skip_side(bits, large);
}

static bool is_animated(struct bytes codestream)
{
	static const unsigned char small[4] = {0, 0, 5, 9}, large[4] = {6, 8, 10, 12};
	struct bits bits = {.bytes = codestream, .at = 16};

	if (!bytes_have(codestream, 0, 2) || codestream.data[0] != 0xff ||
	    codestream.data[1] != 0x0a)
		return false;
	skip_picture_size(&bits);
	if (take(&bits, 1) || !take(&bits, 1)) /* all as usual; no more than the colours */
		return false;
	(void)take(&bits, 3); /* the orientation */
	if (take(&bits, 1))   /* the size it is meant to be shown at */
		skip_picture_size(&bits);
	if (take(&bits, 1)) /* a preview's size */
		skip_size(&bits, small, large);
	return take(&bits, 1);
}

bool scan_jxl_is_animated(struct bytes bytes)
{
	struct box box;
	uint64_t at = 0;

	if (bytes_have(bytes, 0, 2) && bytes.data[0] == 0xff)
		return is_animated(bytes);
	while (box_next(bytes, &at, &box)) {
		if (box_is(&box, "jxlc"))
			return is_animated(box.content);
		/* the first part, behind its number */
		if (box_is(&box, "jxlp") && box.content.size > 4)
			return is_animated(
			    (struct bytes){box.content.data + 4, box.content.size - 4});
	}
	return false;
}
