/* fuzz_xmp.c - hostile packets through the editor of XMP. The last two bytes choose the orientation
 * and what has become of the picture. What comes out must be a packet that is read again, and not
 * larger than a few numbers for each property. */
#include <stdlib.h>
#include <string.h>

#include "xmp/xml.h"
#include "xmp/xmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct xmp_change change_of(unsigned orientation, unsigned how)
{
	const bool cut = how & 1, margin = how & 2;
	const uint32_t side = cut ? 30 : 60;

	return (struct xmp_change){
	    .placement = {120,
	                  80,
	                  1 + orientation % 8,
	                  {.scaled_width = 60,
	                   .scaled_height = 60,
	                   .crop_x = cut ? 10 : 0,
	                   .crop_width = side,
	                   .crop_height = 60,
	                   .canvas_width = margin ? 90 : side,
	                   .canvas_height = 60,
	                   .pad_x = margin ? 7 : 0}},
	    .orientation = 1,
	    .srgb = how & 4,
	    .gray = how & 8,
	    .recoded = how & 16,
	};
}

static void check_change(struct bytes packet, const struct xmp_change *change)
{
	struct br_buffer out = BR_BUFFER_HEAP;
	bool lost = false;
	struct xml xml;

	if (xmp_change(packet, change, &out, &lost) == 0) {
		if (xml_read(&xml, (struct bytes){out.data, out.size}) ||
		    out.size > 20 * packet.size + 64)
			abort();
		xml_release(&xml);
	}
	br_buffer_release(&out);
}

/* A packet and an extension, divided by the first NUL. */
static void check_extension(struct bytes bytes)
{
	const unsigned char *end = memchr(bytes.data, 0, bytes.size);
	struct br_buffer packet = BR_BUFFER_HEAP, head, more;
	const size_t size = end ? (size_t)(end - bytes.data) : bytes.size;
	const size_t rest = end ? bytes.size - size - 1 : 0;
	char guid[XMP_GUID_SIZE];
	struct xml xml;

	if (br_buffer_append(&packet, bytes.data, size))
		return;
	(void)xmp_extension(bytes, guid);
	if (!xmp_join(&packet, (struct bytes){bytes.data + bytes.size - rest, rest})) {
		if (xml_read(&xml, (struct bytes){packet.data, packet.size}))
			abort();
		xml_release(&xml);
	}
	if (!xmp_split((struct bytes){packet.data, packet.size}, 500, &head, &more, guid)) {
		if (head.size > 500)
			abort();
	}
	br_buffer_release(&head);
	br_buffer_release(&more);
	br_buffer_release(&packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct br_buffer text = BR_BUFFER_HEAP;
	struct xmp_change change;

	if (size < 2)
		return 0;
	change = change_of(data[size - 2], data[size - 1]);
	if (!br_buffer_append(&text, data, size - 2) && !xmp_make_utf8(&text) && text.size) {
		check_change((struct bytes){text.data, text.size}, &change);
		check_extension((struct bytes){text.data, text.size});
	}
	br_buffer_release(&text);
	return 0;
}
