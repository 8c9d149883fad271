/* xml.c - see xml.h. */
#include "xmp/xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/error.h>

/* What a description of a picture never has. */
#define NODES_MAX        200000
#define DECLARATIONS_MAX 256

/* xmlns:prefix="uri" */
struct declaration {
	struct bytes prefix, uri;
	uint32_t element;
};

struct reader {
	struct xml *xml;
	uint32_t at;
	uint32_t open; /* the innermost element that has not ended; XML_NONE: none */
	struct declaration declaration[DECLARATIONS_MAX];
	unsigned declarations;
};

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name(unsigned char c)
{
	return !is_space(c) && c && !strchr("/>=<\"'&", c);
}

static struct bytes part(const struct xml *xml, uint32_t begin, uint32_t end)
{
	return (struct bytes){xml->text.data + begin, end - begin};
}

static bool same(struct bytes a, struct bytes b)
{
	return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

/* --- names and namespaces ------------------------------------------------------------ */

/* With its prefix. */
static struct bytes whole_name(const struct xml *xml, const struct xml_node *node)
{
	const uint32_t prefix = node->prefix_size ? node->prefix_size + 1 : 0;

	return part(xml, node->name - prefix, node->name + node->name_size);
}

static struct bytes prefix_of(const struct xml *xml, const struct xml_node *node)
{
	const uint32_t begin = node->name - node->prefix_size - 1;

	return node->prefix_size ? part(xml, begin, begin + node->prefix_size)
	                         : (struct bytes){xml->text.data, 0};
}

/* Reads a name at reader->at into the node. */
static bool read_name(struct reader *reader, struct xml_node *node)
{
	const struct bytes text = reader->xml->text;
	const uint32_t begin = reader->at;

	node->name = begin;
	for (; reader->at < text.size && is_name(text.data[reader->at]); reader->at++)
		if (text.data[reader->at] == ':' && node->name == begin) {
			node->prefix_size = reader->at - begin;
			node->name = reader->at + 1;
		}
	node->name_size = reader->at - node->name;
	return node->name_size > 0 && (node->name == begin || node->prefix_size);
}

/* Of attributes the prefix alone says it: those without are in no space. */
static void resolve(const struct reader *reader, struct xml_node *node)
{
	const struct bytes prefix = prefix_of(reader->xml, node);

	for (unsigned i = reader->declarations; i > 0; i--)
		if (same(reader->declaration[i - 1].prefix, prefix)) {
			if (prefix.size || !node->attribute)
				node->uri = reader->declaration[i - 1].uri;
			return;
		}
}

static bool is_xmlns(struct bytes name)
{
	return name.size == 5 && !memcmp(name.data, "xmlns", 5);
}

/* Notes the attribute if it declares a prefix. Returns false when there are too many. */
static bool declare(struct reader *reader, const struct xml_node *attribute, uint32_t element)
{
	const struct xml *xml = reader->xml;
	const bool usual = is_xmlns(whole_name(xml, attribute));

	if (!usual && !is_xmlns(prefix_of(xml, attribute)))
		return true;
	if (reader->declarations == DECLARATIONS_MAX)
		return false;
	reader->declaration[reader->declarations++] = (struct declaration){
	    .prefix = usual ? part(xml, 0, 0)
	                    : part(xml, attribute->name, attribute->name + attribute->name_size),
	    .uri = part(xml, attribute->inner, attribute->inner_end),
	    .element = element,
	};
	return true;
}

/* --- reading ------------------------------------------------------------------------- */

/* Returns its index, XML_NONE if memory is short or there are too many. */
static uint32_t add_node(struct reader *reader, const struct xml_node *node)
{
	struct xml *xml = reader->xml;

	if (xml->nodes == NODES_MAX)
		return XML_NONE;
	if (xml->nodes == xml->room) {
		const uint32_t room = xml->room ? 2 * xml->room : 128;
		struct xml_node *grown = realloc(xml->node, room * sizeof *grown);

		if (!grown)
			return XML_NONE;
		xml->node = grown;
		xml->room = room;
	}
	xml->node[xml->nodes] = *node;
	return xml->nodes++;
}

static int cannot_add(const struct reader *reader)
{
	return reader->xml->nodes == NODES_MAX ? BR_ERROR_CORRUPT : -ENOMEM;
}

static void skip_space(struct reader *reader)
{
	const struct bytes text = reader->xml->text;

	while (reader->at < text.size && is_space(text.data[reader->at]))
		reader->at++;
}

static bool ahead(const struct reader *reader, const char *word)
{
	const size_t size = strlen(word);

	return bytes_have(reader->xml->text, reader->at, size) &&
	       !memcmp(reader->xml->text.data + reader->at, word, size);
}

static bool skip_past(struct reader *reader, const char *word)
{
	const struct bytes text = reader->xml->text;
	const unsigned char *found =
	    memmem(text.data + reader->at, text.size - reader->at, word, strlen(word));

	if (found)
		reader->at = (uint32_t)((size_t)(found - text.data) + strlen(word));
	return found != NULL;
}

/* name = "value" */
static int read_attribute(struct reader *reader, uint32_t element)
{
	const struct bytes text = reader->xml->text;
	struct xml_node node = {.attribute = true, .parent = element, .begin = reader->at};
	char quote[2] = {0};
	uint32_t index;

	if (!read_name(reader, &node))
		return BR_ERROR_CORRUPT;
	skip_space(reader);
	if (!ahead(reader, "="))
		return BR_ERROR_CORRUPT;
	reader->at++;
	skip_space(reader);
	if (!ahead(reader, "\"") && !ahead(reader, "'"))
		return BR_ERROR_CORRUPT;
	quote[0] = (char)text.data[reader->at];
	node.inner = ++reader->at;
	if (!skip_past(reader, quote))
		return BR_ERROR_CORRUPT;
	node.inner_end = reader->at - 1;
	node.end = reader->at;
	index = add_node(reader, &node);
	if (index == XML_NONE)
		return cannot_add(reader);
	reader->xml->node[index].after = index + 1;
	return declare(reader, &node, element) ? 0 : BR_ERROR_CORRUPT;
}

static void close_element(struct reader *reader, uint32_t inner_end)
{
	struct xml_node *node = &reader->xml->node[reader->open];

	node->inner_end = inner_end;
	node->end = reader->at;
	node->after = reader->xml->nodes;
	while (reader->declarations &&
	       reader->declaration[reader->declarations - 1].element == reader->open)
		reader->declarations--;
	reader->open = node->parent;
}

/* After the attributes. */
static int end_start_tag(struct reader *reader, uint32_t element)
{
	struct xml *xml = reader->xml;
	const bool empty = ahead(reader, "/>");

	if (!empty && !ahead(reader, ">"))
		return BR_ERROR_CORRUPT;
	for (uint32_t i = element; i < xml->nodes; i++)
		resolve(reader, &xml->node[i]);
	reader->at += empty ? 2 : 1;
	xml->node[element].inner = reader->at;
	reader->open = element;
	if (empty)
		close_element(reader, reader->at);
	return 0;
}

static int read_start_tag(struct reader *reader)
{
	struct xml_node node = {.parent = reader->open, .begin = reader->at};
	uint32_t element;
	int status = 0;

	reader->at++;
	if (!read_name(reader, &node))
		return BR_ERROR_CORRUPT;
	element = add_node(reader, &node);
	if (element == XML_NONE)
		return cannot_add(reader);
	for (skip_space(reader); !status && !ahead(reader, ">") && !ahead(reader, "/>");
	     skip_space(reader))
		status = read_attribute(reader, element);
	return status ? status : end_start_tag(reader, element);
}

static int read_end_tag(struct reader *reader)
{
	const uint32_t begin = reader->at;
	struct xml_node tag = {0};

	reader->at += 2;
	if (!read_name(reader, &tag) || reader->open == XML_NONE ||
	    !same(whole_name(reader->xml, &tag),
	          whole_name(reader->xml, &reader->xml->node[reader->open])))
		return BR_ERROR_CORRUPT;
	skip_space(reader);
	if (!ahead(reader, ">"))
		return BR_ERROR_CORRUPT;
	reader->at++;
	close_element(reader, begin);
	return 0;
}

/* The last one, at the end of the packet's padding, may be cut off: some writers' are. */
static int read_instruction(struct reader *reader)
{
	const struct xml *xml = reader->xml;

	if (skip_past(reader, "?>"))
		return 0;
	if (!xml->nodes || reader->open != XML_NONE)
		return BR_ERROR_CORRUPT;
	reader->at = (uint32_t)xml->text.size;
	return 0;
}

static int read_markup(struct reader *reader)
{
	if (ahead(reader, "<!--"))
		return skip_past(reader, "-->") ? 0 : BR_ERROR_CORRUPT;
	if (ahead(reader, "<![CDATA["))
		return skip_past(reader, "]]>") ? 0 : BR_ERROR_CORRUPT;
	if (ahead(reader, "<?"))
		return read_instruction(reader);
	if (ahead(reader, "<!"))
		return BR_ERROR_CORRUPT;
	return ahead(reader, "</") ? read_end_tag(reader) : read_start_tag(reader);
}

int xml_read(struct xml *xml, struct bytes text)
{
	struct reader reader = {.xml = xml, .open = XML_NONE};
	int status = 0;

	*xml = (struct xml){.text = text, .values = BR_BUFFER_HEAP};
	if (text.size >= UINT32_MAX)
		return BR_ERROR_CORRUPT;
	while (!status && reader.at < text.size) {
		const unsigned char *next =
		    memchr(text.data + reader.at, '<', text.size - reader.at);

		if (!next)
			break;
		reader.at = (uint32_t)(next - text.data);
		status = read_markup(&reader);
	}
	return !status && reader.open != XML_NONE ? BR_ERROR_CORRUPT : status;
}

void xml_release(struct xml *xml)
{
	free(xml->node);
	xml->node = NULL;
	br_buffer_release(&xml->values);
}

/* --- finding and decoding ------------------------------------------------------------ */

uint32_t xml_first(const struct xml *xml, uint32_t node)
{
	return node + 1 < xml->node[node].after ? node + 1 : XML_NONE;
}

uint32_t xml_next(const struct xml *xml, uint32_t node)
{
	const uint32_t parent = xml->node[node].parent, next = xml->node[node].after;
	const uint32_t end = parent == XML_NONE ? xml->nodes : xml->node[parent].after;

	return next < end ? next : XML_NONE;
}

bool xml_has_name(const struct xml *xml, uint32_t node, const char *name)
{
	const struct xml_node *n = &xml->node[node];

	return n->name_size == strlen(name) &&
	       !memcmp(xml->text.data + n->name, name, n->name_size);
}

/* The character that &name; stands for, if it is one of ASCII; 0 otherwise. */
static char entity(struct bytes name)
{
	static const struct {
		const char *name;
		char character;
	} known[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
	char text[8] = {0}, *end;
	unsigned long code;

	if (!name.size || name.size >= sizeof text)
		return 0;
	memcpy(text, name.data, name.size);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(text, known[i].name))
			return known[i].character;
	if (text[0] != '#' || !text[1])
		return 0;
	code = text[1] == 'x' ? strtoul(text + 2, &end, 16) : strtoul(text + 1, &end, 10);
	return (char)(!*end && code < 0x80 ? code : 0);
}

/* Decodes one character at *p. Returns 0 if there is none that is understood. */
static char decode(const unsigned char **p, const unsigned char *end)
{
	const unsigned char *semicolon;
	char character;

	if (**p != '&')
		return (char)*(*p)++;
	semicolon = memchr(*p, ';', (size_t)(end - *p) < 10 ? (size_t)(end - *p) : 10);
	if (!semicolon)
		return 0;
	character = entity((struct bytes){*p + 1, (size_t)(semicolon - *p) - 1});
	*p = semicolon + 1;
	return character;
}

bool xml_value(const struct xml *xml, uint32_t node, char *value, size_t size)
{
	const struct xml_node *n = &xml->node[node];
	const unsigned char *p = xml->text.data + n->inner, *end = xml->text.data + n->inner_end;
	size_t length = 0;

	while (p < end && is_space(*p))
		p++;
	while (end > p && is_space(end[-1]))
		end--;
	while (p < end) {
		const bool markup = *p == '<' && !n->attribute;
		const char c = (char)(markup ? 0 : decode(&p, end));

		if (!c || length + 1 >= size)
			return false;
		value[length++] = c;
	}
	value[length] = 0;
	return true;
}

/* --- changing ------------------------------------------------------------------------ */

void xml_remove(struct xml *xml, uint32_t node)
{
	xml->node[node].edit = XML_REMOVE;
}

int xml_set(struct xml *xml, uint32_t node, const char *value)
{
	struct xml_node *n = &xml->node[node];
	const size_t at = xml->values.size, size = strlen(value);
	int status = n->inner == n->end ? 0 : br_buffer_append(&xml->values, value, size);

	if (status)
		return status;
	n->edit = n->inner == n->end ? XML_REMOVE : XML_SET; /* <empty/> has no place for one */
	n->value_at = (uint32_t)at;
	n->value_size = (uint32_t)size;
	return 0;
}

/* Appends the text from there to `end`. */
static int copy(const struct xml *xml, uint32_t from, uint32_t end, struct br_buffer *out)
{
	return end > from ? br_buffer_append(out, xml->text.data + from, end - from) : 0;
}

/* White space before what goes goes as well. */
static uint32_t without_space(const struct xml *xml, uint32_t from, uint32_t end)
{
	while (end > from && is_space(xml->text.data[end - 1]))
		end--;
	return end;
}

/* Makes the edit of one node, if there is one; *from is what has been written so far. */
static int apply(const struct xml *xml, const struct xml_node *node, uint32_t *from,
                 struct br_buffer *out)
{
	int status = 0;

	if (node->edit == XML_REMOVE) {
		status = copy(xml, *from, without_space(xml, *from, node->begin), out);
		*from = node->end;
	} else if (node->edit == XML_SET) {
		status = copy(xml, *from, node->inner, out);
		if (!status)
			status = br_buffer_append(out, xml->values.data + node->value_at,
			                          node->value_size);
		*from = node->inner_end;
	}
	return status;
}

/* The attributes of an element whose content is another now: they stand before it. */
static int apply_attributes(const struct xml *xml, uint32_t element, uint32_t *from,
                            struct br_buffer *out)
{
	int status = 0;

	for (uint32_t i = element + 1;
	     i < xml->node[element].after && xml->node[i].attribute && !status; i++)
		status = apply(xml, &xml->node[i], from, out);
	return status;
}

int xml_write(const struct xml *xml, struct br_buffer *out)
{
	uint32_t from = 0, i = 0;
	int status = 0;

	while (i < xml->nodes && !status) {
		const struct xml_node *node = &xml->node[i];

		if (node->edit == XML_SET && !node->attribute)
			status = apply_attributes(xml, i, &from, out);
		if (!status)
			status = apply(xml, node, &from, out);
		i = node->edit == XML_KEEP ? i + 1 : node->after;
	}
	return status ? status : copy(xml, from, (uint32_t)xml->text.size, out);
}
