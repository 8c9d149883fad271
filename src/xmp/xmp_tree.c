/* xmp_tree.c - see xmp_tree.h. */
#include "xmp/xmp_tree.h"

#include <stdio.h>
#include <string.h>

/* --- names by namespace -------------------------------------------------------------- */

/* What spaces are called, the last letter being '*' for all that begin so, and the usual prefix,
 * which an undeclared one is taken for, as readers do. */
static const struct space {
	enum xmp_space space;
	const char *uri, *prefix;
} spaces[] = {
    {XMP_RDF, "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf"},
    {XMP_META, "adobe:ns:meta/", "x"},
    {XMP_XMP, "http://ns.adobe.com/xap/1.0/", "xmp"},
    {XMP_NOTE, "http://ns.adobe.com/xmp/note/", "xmpNote"},
    {XMP_TIFF, "http://ns.adobe.com/tiff/1.0/", "tiff"},
    {XMP_EXIF, "http://ns.adobe.com/exif/1.0/", "exif"},
    {XMP_PHOTOSHOP, "http://ns.adobe.com/photoshop/1.0/", "photoshop"},
    {XMP_REGIONS, "http://www.metadataworkinggroup.com/schemas/regions/", "mwg-rs"},
    {XMP_REGIONS, "http://ns.acdsee.com/regions/", "acdsee-rs"},
    {XMP_AREA, "http://ns.adobe.com/xmp/sType/Area#", "stArea"},
    {XMP_AREA, "http://ns.adobe.com/xap/1.0/sType/Area#", "stArea"},
    {XMP_AREA, "http://ns.acdsee.com/sType/Area#", "acdsee-stArea"},
    {XMP_DIMENSIONS, "http://ns.adobe.com/xap/1.0/sType/Dimensions#", "stDim"},
    {XMP_DIMENSIONS, "http://ns.acdsee.com/sType/Dimensions#", "acdsee-stDim"},
    {XMP_MP, "http://ns.microsoft.com/photo/1.2/", "MP"},
    {XMP_MP_INFO, "http://ns.microsoft.com/photo/1.2/t/RegionInfo#", "MPRI"},
    {XMP_MP_REGION, "http://ns.microsoft.com/photo/1.2/t/Region#", "MPReg"},
    {XMP_IPTC, "http://iptc.org/std/Iptc4xmpExt/2008-02-29/", "Iptc4xmpExt"},
    {XMP_PANO, "http://ns.google.com/photos/1.0/panorama/", "GPano"},
    {XMP_CAMERA, "http://ns.google.com/photos/1.0/camera/", "GCamera"},
    {XMP_FACE, "http://ns.apple.com/faceinfo/1.0/", "apple-fi"},
    /* gain maps (ISO 21496-1's predecessor, and Apple's) */
    {XMP_BESIDE, "http://ns.adobe.com/hdr-gain-map/1.0/", "hdrgm"},
    {XMP_BESIDE, "http://ns.apple.com/HDRGainMap/1.0/", "HDRGainMap"},
    /* whatever is in the file beside the picture, with its length */
    {XMP_BESIDE, "http://ns.google.com/photos/1.0/container/*", "Container"},
    /* depth, in the file or in the packet, for the picture as it was */
    {XMP_BESIDE, "http://ns.google.com/photos/1.0/depthmap/", "GDepth"},
    {XMP_BESIDE, "http://ns.google.com/photos/1.0/image/", "GImage"},
    {XMP_BESIDE, "http://ns.google.com/photos/dd/1.0/*", "Device"},
    {XMP_BESIDE, "http://ns.apple.com/depthData/1.0/", "depthData"},
    {XMP_BESIDE, "http://ns.apple.com/depthBlurEffect/1.0/", "depthBlurEffect"},
    {XMP_BESIDE, "http://ns.apple.com/portraitEffectsMatte/1.0/", "portraitEffectsMatte"},
    {XMP_BESIDE, "http://ns.apple.com/semanticSegmentationMatte/1.0/", "semanticSegmentationMatte"},
    {XMP_BESIDE, "http://ns.apple.com/pixeldatainfo/1.0/", "apdi"},
    /* films and pictures behind the picture, of Oppo's and Xiaomi's cameras */
    {XMP_BESIDE, "http://ns.oplus.com/photos/1.0/camera/", "OpCamera"},
    {XMP_BESIDE, "http://ns.xiaomi.com/photos/1.0/camera/", "MiCamera"},
};

static bool is_uri(struct bytes uri, const char *known)
{
	const size_t size = strlen(known);

	if (known[size - 1] == '*')
		return uri.size >= size - 1 && !memcmp(uri.data, known, size - 1);
	return uri.size == size && !memcmp(uri.data, known, size);
}

enum xmp_space xmp_space(const struct xml *xml, uint32_t node)
{
	const struct xml_node *n = &xml->node[node];
	const unsigned char *prefix = xml->text.data + n->name - n->prefix_size - 1;

	if (!n->uri.data && !n->prefix_size)
		return XMP_NONE;
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
		const struct space *space = &spaces[i];

		if (n->uri.data ? is_uri(n->uri, space->uri)
		                : n->prefix_size == strlen(space->prefix) &&
		                      !memcmp(prefix, space->prefix, n->prefix_size))
			return space->space;
	}
	return XMP_NONE;
}

bool xmp_is(const struct xml *xml, uint32_t node, enum xmp_space space, const char *name)
{
	return xml_has_name(xml, node, name) && xmp_space(xml, node) == space;
}

/* --- structure ----------------------------------------------------------------------- */

bool xmp_is_frame(const struct xml *xml, uint32_t node)
{
	if (xml->node[node].attribute)
		return false;
	return xmp_is(xml, node, XMP_RDF, "Description") || xmp_is(xml, node, XMP_RDF, "RDF") ||
	       xmp_is(xml, node, XMP_META, "xmpmeta") || xmp_is(xml, node, XMP_META, "xapmeta");
}

uint32_t xmp_property(const struct xml *xml, uint32_t index)
{
	while (index < xml->nodes && xmp_is_frame(xml, index))
		index++;
	return index < xml->nodes ? index : XML_NONE;
}

uint32_t xmp_next_property(const struct xml *xml, uint32_t property)
{
	return xmp_property(xml, xml->node[property].after);
}

uint32_t xmp_field(const struct xml *xml, uint32_t structure, enum xmp_space space,
                   const char *name)
{
	for (uint32_t i = xml_first(xml, structure); i != XML_NONE; i = xml_next(xml, i)) {
		if (xmp_is(xml, i, space, name))
			return i;
		if (xml->node[i].attribute || !xmp_is(xml, i, XMP_RDF, "Description"))
			continue;
		for (uint32_t j = xml_first(xml, i); j != XML_NONE; j = xml_next(xml, j))
			if (xmp_is(xml, j, space, name))
				return j;
	}
	return XML_NONE;
}

static bool is_array(const struct xml *xml, uint32_t node)
{
	return !xml->node[node].attribute &&
	       (xmp_is(xml, node, XMP_RDF, "Bag") || xmp_is(xml, node, XMP_RDF, "Seq") ||
	        xmp_is(xml, node, XMP_RDF, "Alt"));
}

static uint32_t item_at(const struct xml *xml, uint32_t node)
{
	while (node != XML_NONE && (xml->node[node].attribute || !xmp_is(xml, node, XMP_RDF, "li")))
		node = xml_next(xml, node);
	return node;
}

uint32_t xmp_first_item(const struct xml *xml, uint32_t array)
{
	for (uint32_t i = xml_first(xml, array); i != XML_NONE; i = xml_next(xml, i))
		if (is_array(xml, i))
			return item_at(xml, xml_first(xml, i));
	return XML_NONE;
}

uint32_t xmp_next_item(const struct xml *xml, uint32_t item)
{
	return item_at(xml, xml_next(xml, item));
}

/* --- numbers in text ----------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0.175, -3, .5: whatever the locale is. */
static bool read_number(const char **text, double *number)
{
	const char *p = *text;
	const bool negative = *p == '-';
	double value = 0, unit = 1;
	unsigned digits = 0;

	p += negative || *p == '+';
	for (; is_digit(*p); p++, digits++)
		value = 10 * value + (*p - '0');
	if (*p == '.')
		for (p++; is_digit(*p); p++, digits++)
			value += (unit /= 10) * (*p - '0');
	*text = p;
	*number = negative ? -value : value;
	return digits > 0;
}

/* 1.5e-05, as some write what is almost nothing; false for larger exponents. */
static bool read_exponent(const char **text, double *number)
{
	const char *p = *text;
	unsigned exponent = 0;
	bool negative;

	if (*p != 'e' && *p != 'E')
		return true;
	negative = *++p == '-';
	p += negative || *p == '+';
	if (!is_digit(*p))
		return false;
	for (; is_digit(*p) && exponent < 100; p++)
		exponent = 10 * exponent + (unsigned)(*p - '0');
	for (unsigned i = 0; i < exponent; i++)
		*number = negative ? *number / 10 : *number * 10;
	*text = p;
	return exponent < 100;
}

static bool is_between(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool xmp_numbers(const char *text, double *number, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!read_number(&text, &number[i]) || !read_exponent(&text, &number[i]))
			return false;
		if (*text && !is_between(*text))
			return false;
		while (is_between(*text))
			text++;
	}
	return !*text;
}

/* Where a property's value is: in it, or beside its qualifiers in rdf:value. */
static uint32_t value_of(const struct xml *xml, uint32_t node)
{
	const uint32_t value =
	    xml->node[node].attribute ? XML_NONE : xmp_field(xml, node, XMP_RDF, "value");

	return value == XML_NONE ? node : value;
}

bool xmp_number(const struct xml *xml, uint32_t node, double *number)
{
	char text[64];

	return node != XML_NONE && xml_value(xml, value_of(xml, node), text, sizeof text) &&
	       xmp_numbers(text, number, 1);
}

/* At most six decimals, none that says nothing; no locale has a say. */
static size_t print_number(char *text, size_t size, double number)
{
	const bool negative = number < 0;
	const uint64_t millionths = (uint64_t)((negative ? -number : number) * 1e6 + 0.5);
	int length = snprintf(text, size, "%s%llu.%06llu", negative && millionths ? "-" : "",
	                      (unsigned long long)(millionths / 1000000),
	                      (unsigned long long)(millionths % 1000000));

	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	text[length] = 0;
	return (size_t)length;
}

void xmp_print_numbers(char *text, size_t size, const double *number, unsigned count)
{
	size_t at = 0;

	for (unsigned i = 0; i < count; i++) {
		if (i) {
			text[at++] = ',';
			text[at++] = ' ';
		}
		at += print_number(text + at, size - at, number[i]);
	}
}

int xmp_set_text(struct xml *xml, uint32_t node, const char *text)
{
	return xml_set(xml, value_of(xml, node), text);
}

int xmp_set_number(struct xml *xml, uint32_t node, double number)
{
	char text[64];

	(void)print_number(text, sizeof text, number);
	return xmp_set_text(xml, node, text);
}
