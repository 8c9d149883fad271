/* xmp_extended.c - one packet of a packet and its extension, and two of one, by whole descriptions
 * (rdf:Description). */
#include "xmp/xmp.h"

#include <string.h>

#include <batchresize/error.h>

#include "base/md5.h"
#include "xmp/xmp_tree.h"

/* Moving more descriptions than that one after another makes no packet. */
#define MOVES_MAX 64

/* What the elements around descriptions may add to them: attributes, and bytes in all. */
#define ATTRIBUTES_MAX 256
#define ADDED_MAX      (1U << 20)

static const char name_begin[] =
    "<rdf:Description xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" rdf:about=\"\" "
    "xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" xmpNote:HasExtendedXMP=\"";
static const char name_end[] = "\"/>";

/* The element with the descriptions; XML_NONE if there is none that has an end tag. */
static uint32_t find_rdf(const struct xml *xml)
{
	uint32_t i = 0;

	while (i < xml->nodes) {
		const struct xml_node *node = &xml->node[i];

		if (!node->attribute && xmp_is(xml, i, XMP_RDF, "RDF"))
			return node->inner < node->end ? i : XML_NONE;
		i = xmp_is_frame(xml, i) ? i + 1 : node->after;
	}
	return XML_NONE;
}

static bool is_description(const struct xml *xml, uint32_t node)
{
	return !xml->node[node].attribute && xmp_is(xml, node, XMP_RDF, "Description");
}

static int append(const struct xml *xml, uint32_t begin, uint32_t end, struct br_buffer *out)
{
	return br_buffer_append(out, xml->text.data + begin, end - begin);
}

/* Reads a packet that has descriptions; *rdf is the element they are in. */
static int read_packet(struct xml *xml, struct bytes packet, uint32_t *rdf)
{
	int status = xml_read(xml, packet);

	*rdf = status ? XML_NONE : find_rdf(xml);
	return !status && *rdf == XML_NONE ? BR_ERROR_CORRUPT : status;
}

bool xmp_extension(struct bytes packet, char guid[XMP_GUID_SIZE])
{
	struct xml xml;
	char text[XMP_GUID_SIZE + 1];
	bool found = false;

	if (!xml_read(&xml, packet))
		for (uint32_t i = xmp_property(&xml, 0); i != XML_NONE && !found;
		     i = xmp_next_property(&xml, i))
			found = xmp_is(&xml, i, XMP_NOTE, "HasExtendedXMP") &&
			        xml_value(&xml, i, text, sizeof text) &&
			        strlen(text) == XMP_GUID_SIZE;
	if (found)
		memcpy(guid, text, XMP_GUID_SIZE);
	xml_release(&xml);
	return found;
}

/* --- packet and extension become one ------------------------------------------------- */

/* Whether the attribute declares a prefix. */
static bool is_declaration(const struct xml *xml, uint32_t node)
{
	const struct xml_node *n = &xml->node[node];
	const unsigned char *name = xml->text.data + n->begin;

	return n->attribute && ((n->prefix_size == 5 && !memcmp(name, "xmlns:", 6)) ||
	                        (!n->prefix_size && xml_has_name(xml, node, "xmlns")));
}

/* Whether the two attributes declare the same prefix. */
static bool is_same_name(const struct xml *xml, uint32_t a, uint32_t b)
{
	const struct xml_node *m = &xml->node[a], *n = &xml->node[b];

	return m->prefix_size == n->prefix_size && m->name_size == n->name_size &&
	       !memcmp(xml->text.data + m->name, xml->text.data + n->name, m->name_size);
}

/* Whether an element below `above`, down to the description, declares the prefix anew. */
static bool is_hidden(const struct xml *xml, uint32_t declaration, uint32_t above, uint32_t node)
{
	for (; node != above; node = xml->node[node].parent)
		for (uint32_t i = node + 1; i < xml->node[node].after && xml->node[i].attribute;
		     i++)
			if (is_declaration(xml, i) && is_same_name(xml, i, declaration))
				return true;
	return false;
}

/* The declarations that a description has from around it become its own. */
static int append_declarations(const struct xml *xml, uint32_t description, struct br_buffer *out)
{
	int status = 0;

	for (uint32_t above = xml->node[description].parent; above != XML_NONE && !status;
	     above = xml->node[above].parent)
		for (uint32_t i = above + 1;
		     i < xml->node[above].after && xml->node[i].attribute && !status; i++) {
			if (!is_declaration(xml, i) || is_hidden(xml, i, above, description))
				continue;
			status = br_buffer_append(out, " ", 1);
			if (!status)
				status = append(xml, xml->node[i].begin, xml->node[i].end, out);
		}
	return status;
}

static unsigned attributes_around(const struct xml *xml, uint32_t node)
{
	unsigned count = 0;

	for (; node != XML_NONE; node = xml->node[node].parent)
		for (uint32_t i = node + 1; i < xml->node[node].after && xml->node[i].attribute;
		     i++)
			count++;
	return count;
}

static int append_descriptions(const struct xml *xml, uint32_t rdf, struct br_buffer *out)
{
	const size_t most = out->size + xml->text.size + ADDED_MAX;
	int status = attributes_around(xml, rdf) > ATTRIBUTES_MAX ? BR_ERROR_CORRUPT : 0;

	for (uint32_t i = xml_first(xml, rdf); i != XML_NONE && !status; i = xml_next(xml, i)) {
		const struct xml_node *node = &xml->node[i];
		const uint32_t name_ends = node->name + node->name_size;

		if (!is_description(xml, i))
			continue;
		status = append(xml, node->begin, name_ends, out);
		if (!status)
			status = append_declarations(xml, i, out);
		if (!status)
			status = append(xml, name_ends, node->end, out);
		if (!status && out->size > most)
			status = BR_ERROR_CORRUPT;
	}
	return status;
}

int xmp_join(struct br_buffer *packet, struct bytes extension)
{
	struct br_buffer joined = BR_BUFFER_HEAP;
	struct xml head, tail;
	uint32_t head_rdf, tail_rdf = 0;
	int status = read_packet(&head, (struct bytes){packet->data, packet->size}, &head_rdf);

	tail = (struct xml){.values = BR_BUFFER_HEAP};
	if (!status)
		status = read_packet(&tail, extension, &tail_rdf);
	if (!status) {
		const uint32_t at = head.node[head_rdf].inner_end;

		status = append(&head, 0, at, &joined);
		if (!status)
			status = append_descriptions(&tail, tail_rdf, &joined);
		if (!status)
			status = append(&head, at, (uint32_t)packet->size, &joined);
	}
	xml_release(&head);
	xml_release(&tail);
	if (status) {
		br_buffer_release(&joined);
		return status;
	}
	br_buffer_release(packet);
	*packet = joined;
	return 0;
}

/* --- what is too long becomes an extension ------------------------------------------- */

/* Marks descriptions to be removed, the largest first, until the rest fits. */
static bool choose(struct xml *xml, uint32_t rdf, size_t limit)
{
	size_t size = xml->text.size + sizeof name_begin + XMP_GUID_SIZE + sizeof name_end;

	for (int moves = 0; size > limit; moves++) {
		uint32_t largest = XML_NONE, most = 0;

		for (uint32_t i = xml_first(xml, rdf); i != XML_NONE; i = xml_next(xml, i)) {
			const uint32_t bytes = xml->node[i].end - xml->node[i].begin;

			if (!is_description(xml, i) || xml->node[i].edit == XML_REMOVE ||
			    bytes <= most)
				continue;
			largest = i;
			most = bytes;
		}
		if (largest == XML_NONE || moves == MOVES_MAX)
			return false;
		xml_remove(xml, largest);
		size -= most;
	}
	return true;
}

/* The tags of the elements around the descriptions. */
static int append_tags(const struct xml *xml, uint32_t rdf, bool ends, struct br_buffer *out)
{
	const struct xml_node *node = &xml->node[rdf];
	const uint32_t outer = node->parent;
	const struct xml_node *around = outer == XML_NONE ? NULL : &xml->node[outer];
	int status = 0;

	if (around && around->parent != XML_NONE)
		return BR_ERROR_CORRUPT;
	if (around && !ends)
		status = append(xml, around->begin, around->inner, out);
	if (!status)
		status = ends ? append(xml, node->inner_end, node->end, out)
		              : append(xml, node->begin, node->inner, out);
	if (around && ends && !status)
		status = append(xml, around->inner_end, around->end, out);
	return status;
}

static int write_extension(const struct xml *xml, uint32_t rdf, struct br_buffer *out)
{
	int status = append_tags(xml, rdf, false, out);

	for (uint32_t i = xml_first(xml, rdf); i != XML_NONE && !status; i = xml_next(xml, i))
		if (xml->node[i].edit == XML_REMOVE)
			status = append(xml, xml->node[i].begin, xml->node[i].end, out);
	return status ? status : append_tags(xml, rdf, true, out);
}

/* Its MD5, in capitals. */
static void name_extension(const struct br_buffer *extension, char guid[XMP_GUID_SIZE])
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char digest[MD5_SIZE];

	md5(extension->data, extension->size, digest);
	for (size_t i = 0; i < XMP_GUID_SIZE; i++)
		guid[i] = digits[digest[i / 2] >> (i % 2 ? 0 : 4) & 0xf];
}

/* What is left, with the extension's name before the end tag. */
static int write_head(const struct xml *xml, uint32_t rdf, const char guid[XMP_GUID_SIZE],
                      struct br_buffer *out)
{
	const size_t tail = xml->text.size - xml->node[rdf].inner_end;
	struct br_buffer whole = BR_BUFFER_HEAP;
	int status = xml_write(xml, &whole);

	if (!status)
		status = br_buffer_append(out, whole.data, whole.size - tail);
	if (!status)
		status = br_buffer_append(out, name_begin, sizeof name_begin - 1);
	if (!status)
		status = br_buffer_append(out, guid, XMP_GUID_SIZE);
	if (!status)
		status = br_buffer_append(out, name_end, sizeof name_end - 1);
	if (!status)
		status = br_buffer_append(out, whole.data + whole.size - tail, tail);
	br_buffer_release(&whole);
	return status;
}

int xmp_split(struct bytes packet, size_t limit, struct br_buffer *head,
              struct br_buffer *extension, char guid[XMP_GUID_SIZE])
{
	struct xml xml;
	uint32_t rdf;
	int status = read_packet(&xml, packet, &rdf);

	*head = *extension = BR_BUFFER_HEAP;
	if (!status && !choose(&xml, rdf, limit))
		status = BR_ERROR_CORRUPT;
	if (!status)
		status = write_extension(&xml, rdf, extension);
	if (!status) {
		name_extension(extension, guid);
		status = write_head(&xml, rdf, guid, head);
	}
	if (status) {
		br_buffer_release(head);
		br_buffer_release(extension);
	}
	xml_release(&xml);
	return status;
}
