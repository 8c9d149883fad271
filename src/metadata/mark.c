/* mark.c - see mark.h. */
#include "metadata/mark.h"

#include <string.h>

#include <batchresize/error.h>

#include "metadata/metadata.h"

bool mark_is_text(struct bytes content)
{
	return content.size == MARK_SIZE(MARK_PNG) &&
	       !memcmp(content.data, MARK_PNG, MARK_SIZE(MARK_PNG));
}

/* --- GIF (CompuServe, version 89a) ----------------------------------------------------- */

/* Behind the header and its table of colours, and behind how often an animation is shown, which
 * some look for right there. */
int mark_gif(struct br_buffer *out, size_t begin)
{
	static const unsigned char extension[] = MARK_GIF; /* the NUL at the end counts */
	static const unsigned char loop[] = "\x21\xff\x0bNETSCAPE2.0";
	const struct bytes file = {out->data + begin, out->size - begin};
	size_t at = 13;

	if (!bytes_have(file, 0, at))
		return BR_ERROR_ENCODE;
	if (file.data[10] & 0x80)
		at += (size_t)3 << ((file.data[10] & 7) + 1);
	if (bytes_have(file, at, 19) && !memcmp(file.data + at, loop, sizeof loop - 1))
		at += 19;
	if (!bytes_have(file, at, 1))
		return BR_ERROR_ENCODE;
	return metadata_insert(out, begin + at, extension, sizeof extension);
}

/* --- TIFF 6.0 -------------------------------------------------------------------------- */

#define ENTRY_SIZE 12

enum { TAG_SOFTWARE = 305, TYPE_ASCII = 2 };

struct order {
	bool little; /* least significant byte first */
};

static uint32_t get(struct order order, const unsigned char *p, unsigned size)
{
	if (size == 2)
		return order.little ? le16(p) : be16(p);
	return order.little ? le32(p) : be32(p);
}

static void put(struct order order, unsigned char *p, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[order.little ? i : size - 1 - i] = (unsigned char)(value >> 8 * i);
}

/* Of the first directory: its number of entries; 0 where it is not all there. */
static uint32_t first_directory(struct bytes file, struct order *order, uint32_t *at)
{
	uint32_t count;

	if (!bytes_have(file, 0, 8))
		return 0;
	order->little = file.data[0] == 'I';
	*at = get(*order, file.data + 4, 4);
	if (get(*order, file.data + 2, 2) != 42 || !bytes_have(file, *at, 2))
		return 0;
	count = get(*order, file.data + *at, 2);
	return bytes_have(file, *at + UINT64_C(2), count * UINT64_C(12) + 4) ? count : 0;
}

/* How many entries stand before the tag, which they do in their order. */
static uint32_t entries_before(struct order order, const unsigned char *entry, uint32_t count)
{
	uint32_t before = 0;

	while (before < count && get(order, entry + (size_t)before * ENTRY_SIZE, 2) < TAG_SOFTWARE)
		before++;
	return before;
}

static void put_software(struct order order, unsigned char *entry, uint32_t text_at)
{
	put(order, entry, TAG_SOFTWARE, 2);
	put(order, entry + 2, TYPE_ASCII, 2);
	put(order, entry + 4, sizeof MARK, 4);
	put(order, entry + 8, text_at, 4);
}

/* Writes a directory and its text of `size` bytes at `to` of the file: the old one's entries, which
 * point at what stays where it is, and one more between them. */
static void put_directory(struct order order, unsigned char *file, uint32_t at, uint32_t to,
                          size_t size)
{
	const unsigned char *old = file + at;
	const uint32_t count = get(order, old, 2);
	const size_t before = entries_before(order, old + 2, count) * (size_t)ENTRY_SIZE;
	const size_t after = count * (size_t)ENTRY_SIZE - before + 4; /* and where the next is */
	const size_t text_at = size - sizeof MARK;
	unsigned char *made = file + to;

	put(order, made, count + 1, 2);
	memcpy(made + 2, old + 2, before);
	put_software(order, made + 2 + before, (uint32_t)(to + text_at));
	memcpy(made + 2 + before + ENTRY_SIZE, old + 2 + before, after);
	memcpy(made + text_at, MARK, sizeof MARK);
	put(order, file + 4, to, 4);
}

int mark_tiff(struct br_buffer *out, size_t begin)
{
	const struct bytes file = {out->data + begin, out->size - begin};
	const size_t to = file.size + file.size % 2; /* directories begin at even numbers */
	struct order order;
	uint32_t at, count = first_directory(file, &order, &at);
	const size_t size = 2 + (count + 1) * (size_t)ENTRY_SIZE + 4 + sizeof MARK;
	int status = br_buffer_reserve(out, begin + to + size);

	if (count == 0 || to + size > UINT32_MAX)
		return BR_ERROR_ENCODE;
	if (status)
		return status;
	memset(out->data + out->size, 0, begin + to - out->size);
	put_directory(order, out->data + begin, at, (uint32_t)to, size);
	out->size = begin + to + size;
	return 0;
}
