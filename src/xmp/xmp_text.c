/* xmp_text.c - packets in the encodings of Unicode (XMP specification, part 1, 7.1) to UTF-8. */
#include <string.h>

#include <batchresize/error.h>

#include "xmp/xmp.h"

enum encoding { UTF_8, UTF_16_BIG, UTF_16_LITTLE, UTF_32_BIG, UTF_32_LITTLE };

/* By how a byte order mark, or the first '<', looks in them. */
static const struct {
	enum encoding encoding;
	unsigned size;
	unsigned char bytes[4];
} beginnings[] = {
    {UTF_32_BIG, 4, {0, 0, 0xfe, 0xff}},    {UTF_32_BIG, 4, {0, 0, 0, '<'}},
    {UTF_32_LITTLE, 4, {0xff, 0xfe, 0, 0}}, {UTF_32_LITTLE, 4, {'<', 0, 0, 0}},
    {UTF_16_BIG, 2, {0xfe, 0xff}},          {UTF_16_BIG, 2, {0, '<'}},
    {UTF_16_LITTLE, 2, {0xff, 0xfe}},       {UTF_16_LITTLE, 2, {'<', 0}},
};

static enum encoding encoding_of(struct bytes packet)
{
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		if (packet.size >= beginnings[i].size &&
		    !memcmp(packet.data, beginnings[i].bytes, beginnings[i].size))
			return beginnings[i].encoding;
	return UTF_8;
}

static uint32_t unit_at(const unsigned char *p, enum encoding encoding)
{
	switch (encoding) {
	case UTF_16_BIG:
		return be16(p);
	case UTF_16_LITTLE:
		return le16(p);
	case UTF_32_BIG:
		return be32(p);
	default:
		return le32(p);
	}
}

/* The character at *at, which is moved on; UINT32_MAX for what is none. */
static uint32_t next_character(struct bytes packet, size_t *at, enum encoding encoding)
{
	const unsigned width = encoding == UTF_16_BIG || encoding == UTF_16_LITTLE ? 2 : 4;
	uint32_t code = unit_at(packet.data + *at, encoding), low;

	*at += width;
	if (width == 4 || code < 0xd800 || code > 0xdfff)
		return code <= 0x10ffff ? code : UINT32_MAX;
	if (code > 0xdbff || !bytes_have(packet, *at, width))
		return UINT32_MAX;
	low = unit_at(packet.data + *at, encoding);
	*at += width;
	return low < 0xdc00 || low > 0xdfff ? UINT32_MAX
	                                    : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

static int append_utf8(struct br_buffer *out, uint32_t code)
{
	const unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
	unsigned char bytes[4];

	bytes[0] = (unsigned char)(first[more] | code >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		bytes[i] = (unsigned char)(0x80 | (code >> 6 * (more - i) & 0x3f));
	return br_buffer_append(out, bytes, more + 1);
}

/* Bytes of a declaration at the beginning, which would name another encoding. */
static size_t declaration_size(const struct br_buffer *text)
{
	const unsigned char *end;

	if (text->size < 6 || memcmp(text->data, "<?xml ", 6) != 0)
		return 0;
	end = memmem(text->data, text->size, "?>", 2);
	return end ? (size_t)(end - text->data) + 2 : 0;
}

static int convert(struct bytes packet, enum encoding encoding, struct br_buffer *out)
{
	const unsigned width = encoding == UTF_16_BIG || encoding == UTF_16_LITTLE ? 2 : 4;
	size_t at = 0;
	int status = 0;

	while (!status && bytes_have(packet, at, width)) {
		const bool first = at == 0;
		const uint32_t code = next_character(packet, &at, encoding);

		if (code == UINT32_MAX)
			return BR_ERROR_CORRUPT;
		/* the byte order mark is none any more */
		if (code && !(first && code == 0xfeff))
			status = append_utf8(out, code);
	}
	return status;
}

int xmp_make_utf8(struct br_buffer *packet)
{
	const struct bytes bytes = {packet->data, packet->size};
	const enum encoding encoding = encoding_of(bytes);
	struct br_buffer text = BR_BUFFER_HEAP;
	size_t declaration;
	int status;

	if (encoding == UTF_8)
		return 0;
	status = convert(bytes, encoding, &text);
	if (status) {
		br_buffer_release(&text);
		return status;
	}
	declaration = declaration_size(&text);
	packet->size = 0;
	if (text.size)
		status = br_buffer_append(packet, text.data + declaration, text.size - declaration);
	br_buffer_release(&text);
	return status;
}
