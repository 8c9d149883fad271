/* xml.h - elements and attributes of an XML document by their places in its bytes, and changes of
 * single ones.
 *
 * Only whole attributes, whole elements and whole values are changed, and the rest stays byte for
 * byte, so what was well-formed stays so. Names are resolved (Namespaces in XML 1.0); there are no
 * document types, so the only entities are the five and numbers.
 *
 * Time is linear in the document's size: a bound on declarations in force at once sees to that of
 * names. Nothing recurs, however deep the elements.
 *
 * Thread-safe.
 */
#ifndef XMP_XML_H
#define XMP_XML_H

#include <batchresize/buffer.h>

#include "base/bytes.h"

#define XML_NONE UINT32_MAX

enum xml_edit { XML_KEEP, XML_REMOVE, XML_SET };

/* An element is followed by its attributes, these by what is in it. */
struct xml_node {
	bool attribute;
	enum xml_edit edit;
	uint32_t parent;               /* an index; XML_NONE at the top */
	uint32_t after;                /* the first index that is not within it */
	uint32_t begin, end;           /* all of it, as offsets into the text */
	uint32_t inner, inner_end;     /* what is between quotes, or tags */
	uint32_t prefix_size;          /* of the name, without its colon; 0: none */
	uint32_t name, name_size;      /* without prefix */
	uint32_t value_at, value_size; /* with XML_SET: in struct xml's values */
	struct bytes uri; /* of the name's space as declared; .data is NULL: it is not */
};

struct xml {
	struct bytes text;
	struct xml_node *node;
	uint32_t nodes, room;
	struct br_buffer values;
};

/* Reads a document in UTF-8. The text must live as long as *xml. Several elements side by side at
 * the top are taken, and text around them. Returns 0, -ENOMEM, or BR_ERROR_CORRUPT for what is not
 * well-formed, has a document type, or far more names than a description of a picture.
 * xml_release() is needed in any case. */
int xml_read(struct xml *xml, struct bytes text);
void xml_release(struct xml *xml);

/* The first element or attribute within a node, and the one that follows another there; XML_NONE at
 * the end. */
uint32_t xml_first(const struct xml *xml, uint32_t node);
uint32_t xml_next(const struct xml *xml, uint32_t node);

/* Whether the node has that local name. */
bool xml_has_name(const struct xml *xml, uint32_t node, const char *name);

/* The value of an attribute or of an element without others in it: decoded, without white space
 * around it, with a NUL. Returns false for anything else, and what does not fit. */
bool xml_value(const struct xml *xml, uint32_t node, char *value, size_t size);

void xml_remove(struct xml *xml, uint32_t node);

/* The value becomes another, of characters that need no escaping. Returns 0 or -ENOMEM. */
int xml_set(struct xml *xml, uint32_t node, const char *value);

/* Appends the document as it has become. Returns 0 or -ENOMEM. */
int xml_write(const struct xml *xml, struct br_buffer *out);

#endif
