/* box_scan.c - walks the top boxes of a file in ISO's base media format (ISO/IEC 14496-12), as
 * HEIC, AVIF and some JPEG XL are, to see whether its end is there. Sizes are the library's to say:
 * they lie deep inside.
 */
#include "image/scan.h"

int scan_boxes(struct bytes bytes, struct scan *scan, struct error *error)
{
	uint64_t at = 0;

	(void)error;
	if (bytes_have(bytes, 0, 2) && bytes.data[0] == 0xff) {
		/* a bare codestream of JPEG XL has no structure that can be walked */
		scan->ended = true;
		return 0;
	}
	while (bytes_have(bytes, at, 8)) {
		uint64_t length = be32(bytes.data + at);

		if (length == 1 && bytes_have(bytes, at, 16))
			length = be64(bytes.data + at + 8);
		if (length == 0) /* up to the end of the file */
			length = bytes.size - at;
		if (length < 8 || !bytes_have(bytes, at, length))
			return 0;
		at += length;
	}
	scan->ended = at == bytes.size;
	return 0;
}
