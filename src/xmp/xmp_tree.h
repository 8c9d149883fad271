/* xmp_tree.h - XMP's properties, structures and arrays in whatever way RDF lets them be written
 * (ISO 16684-1, 7): as attributes or elements, with any prefix.
 *
 * Thread-safe.
 */
#ifndef XMP_XMP_TREE_H
#define XMP_XMP_TREE_H

#include "xmp/xml.h"

enum xmp_space {
	XMP_NONE,
	XMP_RDF,
	XMP_META,
	XMP_XMP,
	XMP_NOTE,
	XMP_TIFF,
	XMP_EXIF,
	XMP_PHOTOSHOP,
	XMP_REGIONS, /* MWG, and ACDSee's, which are alike */
	XMP_AREA,
	XMP_DIMENSIONS,
	XMP_MP,
	XMP_MP_INFO,
	XMP_MP_REGION,
	XMP_IPTC,
	XMP_PANO,
	XMP_CAMERA,
	XMP_FACE,
	XMP_BESIDE /* describes only what is beside the picture, and is gone */
};

enum xmp_space xmp_space(const struct xml *xml, uint32_t node);
bool xmp_is(const struct xml *xml, uint32_t node, enum xmp_space space, const char *name);

/* Whether what is in the node are properties of the whole picture, or more such nodes. */
bool xmp_is_frame(const struct xml *xml, uint32_t node);

/* The property at or after the index, and the one after a property; XML_NONE at the end. */
uint32_t xmp_property(const struct xml *xml, uint32_t index);
uint32_t xmp_next_property(const struct xml *xml, uint32_t property);

/* A field of a structure; XML_NONE if it has none. */
uint32_t xmp_field(const struct xml *xml, uint32_t structure, enum xmp_space space,
                   const char *name);

/* The items of an array; XML_NONE at the end. */
uint32_t xmp_first_item(const struct xml *xml, uint32_t array);
uint32_t xmp_next_item(const struct xml *xml, uint32_t item);

/* A number as XMP writes them. xmp_number() returns false for anything else, an empty node
 * (XML_NONE) included. The setters keep at most six decimals, and return 0 or -ENOMEM. */
bool xmp_number(const struct xml *xml, uint32_t node, double *number);
int xmp_set_number(struct xml *xml, uint32_t node, double number);
int xmp_set_text(struct xml *xml, uint32_t node, const char *text);

/* The same for numbers that stand in one string, separated by commas or white space: as many as
 * `count`, which none is missing of. */
bool xmp_numbers(const char *text, double *number, unsigned count);
void xmp_print_numbers(char *text, size_t size, const double *number, unsigned count);

#endif
