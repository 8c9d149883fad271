/* sniff.c - what a file is by its first bytes. */
#include <batchresize/image.h>

#include <string.h>

#include "probe/png_chunks.h"

/* Bytes that must stand at an offset. */
struct magic {
	enum br_image_format format;
	unsigned offset, length;
	const char *bytes;
};

static const struct magic magics[] = {
    {BR_IMAGE_FORMAT_JPEG, 0, 3, "\xff\xd8\xff"},
    {BR_IMAGE_FORMAT_PNG, 0, PNG_SIGNATURE_SIZE, PNG_SIGNATURE},
    {BR_IMAGE_FORMAT_GIF, 0, 6, "GIF87a"},
    {BR_IMAGE_FORMAT_GIF, 0, 6, "GIF89a"},
    {BR_IMAGE_FORMAT_WEBP, 8, 4, "WEBP"}, /* and RIFF at 0: see br_image_sniff() */
    {BR_IMAGE_FORMAT_TIFF, 0, 4, "II*\0"},
    {BR_IMAGE_FORMAT_TIFF, 0, 4, "MM\0*"},
    {BR_IMAGE_FORMAT_TIFF, 0, 4, "II+\0"}, /* BigTIFF */
    {BR_IMAGE_FORMAT_TIFF, 0, 4, "MM\0+"},
    {BR_IMAGE_FORMAT_JXL, 0, 12, "\0\0\0\x0cJXL \r\n\x87\n"},
    {BR_IMAGE_FORMAT_JXL, 0, 2, "\xff\x0a"},
    {BR_IMAGE_FORMAT_JP2, 0, 12, "\0\0\0\x0cjP  \r\n\x87\n"},
    {BR_IMAGE_FORMAT_JP2, 0, 4, "\xff\x4f\xff\x51"},
    {BR_IMAGE_FORMAT_PSD, 0, 4, "8BPS"},
    {BR_IMAGE_FORMAT_JXR, 0, 4, "II\xbc\x01"},
    {BR_IMAGE_FORMAT_PDF, 0, 5, "%PDF-"},
    {BR_IMAGE_FORMAT_RAW, 0, 4, "IIRO"}, /* ORF */
    {BR_IMAGE_FORMAT_RAW, 0, 4, "IIRS"},
    {BR_IMAGE_FORMAT_RAW, 0, 4, "MMOR"},
    {BR_IMAGE_FORMAT_RAW, 0, 4, "IIU\0"}, /* RW2, RWL */
    {BR_IMAGE_FORMAT_RAW, 0, 15, "FUJIFILMCCD-RAW"},
    {BR_IMAGE_FORMAT_RAW, 6, 8, "HEAPCCDR"}, /* CRW */
    {BR_IMAGE_FORMAT_RAW, 0, 4, "\0MRM"},
    {BR_IMAGE_FORMAT_RAW, 0, 4, "FOVb"},     /* X3F */
    {BR_IMAGE_FORMAT_RAW, 4, 8, "ftypcrx "}, /* CR3 */
};

/* Brands of ISO/IEC 23008-12 (HEIF) and of AVIF 1.1. */
static enum br_image_format brand_format(const unsigned char *brand)
{
	static const char heic[][5] = {"heic", "heix", "heim", "heis", "hevc",
	                               "hevx", "hevm", "hevs", "heif"};

	if (!memcmp(brand, "avif", 4) || !memcmp(brand, "avis", 4))
		return BR_IMAGE_FORMAT_AVIF;
	for (size_t i = 0; i < sizeof heic / sizeof *heic; i++)
		if (!memcmp(brand, heic[i], 4))
			return BR_IMAGE_FORMAT_HEIC;
	return BR_IMAGE_FORMAT_UNKNOWN;
}

/* An ftyp box: the major brand decides, or if that is a general one, the first of the compatible
 * ones that does. A file that only says "mif1" is taken for HEIC, whose loader is the same. */
static enum br_image_format sniff_ftyp(const unsigned char *p, size_t size)
{
	bool heif = false;
	uint32_t length;

	if (size < 12 || memcmp(p + 4, "ftyp", 4) != 0)
		return BR_IMAGE_FORMAT_UNKNOWN;
	length = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	if (size > length)
		size = length;
	for (size_t at = 8; at + 4 <= size; at += at == 8 ? 8 : 4) {
		enum br_image_format format = brand_format(p + at);

		if (format != BR_IMAGE_FORMAT_UNKNOWN)
			return format;
		heif |= !memcmp(p + at, "mif1", 4) || !memcmp(p + at, "msf1", 4) ||
		        !memcmp(p + at, "miaf", 4);
	}
	return heif ? BR_IMAGE_FORMAT_HEIC : BR_IMAGE_FORMAT_UNKNOWN;
}

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* "BM" alone begins many a text: the header's size, one of the seven that exist, must follow. */
static bool is_bmp(const unsigned char *p, size_t size)
{
	static const unsigned char sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};

	if (size < 18 || p[0] != 'B' || p[1] != 'M' || p[15] || p[16] || p[17])
		return false;
	return memchr(sizes, p[14], sizeof sizes);
}

static bool is_ico(const unsigned char *p, size_t size)
{
	return size >= 10 && !p[0] && !p[1] && (p[2] == 1 || p[2] == 2) && !p[3] && p[4] && !p[5] &&
	       !p[9];
}

static bool is_pnm(const unsigned char *p, size_t size)
{
	if (size < 4 || p[0] != 'P')
		return false;
	if (p[1] == 'F' || p[1] == 'f')
		return p[2] == '\n' && p[3] >= '0' && p[3] <= '9';
	return p[1] >= '1' && p[1] <= '7' && is_space(p[2]) &&
	       (is_space(p[3]) || p[3] == '#' || (p[3] >= '0' && p[3] <= '9') || p[1] == '7');
}

/* Text that begins like XML and soon says svg; or a gzip file that says it was called *.svg. */
static bool is_svg(const unsigned char *p, size_t size)
{
	if (size > 10 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && p[3] & 0x08)
		return memmem(p + 10, size - 10, ".svg", 5) != NULL;
	if (size > 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		p += 3;
		size -= 3;
	}
	while (size && is_space(*p)) {
		p++;
		size--;
	}
	return size && *p == '<' &&
	       (memmem(p, size, "<svg", 4) || memmem(p, size, "<!DOCTYPE svg", 13) ||
	        memmem(p, size, ":svg", 4));
}

enum br_image_format br_image_sniff(const void *head, size_t size)
{
	const unsigned char *p = head;

	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		const struct magic *magic = &magics[i];

		if (size < magic->offset + magic->length ||
		    memcmp(p + magic->offset, magic->bytes, magic->length) != 0)
			continue;
		if (magic->format == BR_IMAGE_FORMAT_WEBP && memcmp(p, "RIFF", 4) != 0)
			continue;
		return magic->format;
	}
	if (is_bmp(p, size))
		return BR_IMAGE_FORMAT_BMP;
	if (is_ico(p, size))
		return BR_IMAGE_FORMAT_ICO;
	if (is_pnm(p, size))
		return BR_IMAGE_FORMAT_PNM;
	if (is_svg(p, size))
		return BR_IMAGE_FORMAT_SVG;
	return sniff_ftyp(p, size);
}
