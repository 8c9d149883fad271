/* xmp.c - see xmp.h: which properties are changed, and to what. */
#include "xmp/xmp.h"

#include <string.h>

#include "xmp/xmp_regions.h"
#include "xmp/xmp_tree.h"

/* Of a panorama (Google's Photo Sphere XMP Metadata). */
enum pano {
	PANO_FULL_WIDTH,
	PANO_FULL_HEIGHT,
	PANO_WIDTH,
	PANO_HEIGHT,
	PANO_LEFT,
	PANO_TOP,
	PANO_VALID_LEFT,
	PANO_VALID_TOP,
	PANO_VALID_WIDTH,
	PANO_VALID_HEIGHT,
	PANO_SIZES,
	PANO_WORD
};

enum action {
	ACT_REMOVE,
	ACT_ORIENTATION,
	ACT_WIDTH,
	ACT_HEIGHT,
	ACT_SUBJECT,
	ACT_REGIONS,
	ACT_MP_REGIONS,
	ACT_IPTC_REGIONS,
	ACT_PANO,
	/* after a conversion of colours */
	ACT_SRGB_SPACE,
	ACT_SRGB_NAME,
	ACT_SRGB_MODE,
	ACT_SRGB_REMOVE,
	/* after one of format */
	ACT_RECODED_REMOVE
};

/* A name that ends in '*' is any that begins so. The first that fits counts. */
static const struct rule {
	enum xmp_space space;
	const char *name;
	enum action action;
	enum pano pano;
} rules[] = {
    {XMP_BESIDE, "*", ACT_REMOVE, 0},
    {XMP_CAMERA, "MotionPhoto*", ACT_REMOVE, 0},
    {XMP_CAMERA, "MicroVideo*", ACT_REMOVE, 0},
    {XMP_NONE, "MotionPhoto*", ACT_REMOVE, 0},
    {XMP_NONE, "MicroVideo*", ACT_REMOVE, 0},
    {XMP_NOTE, "HasExtendedXMP", ACT_REMOVE, 0},
    {XMP_XMP, "Thumbnails", ACT_REMOVE, 0},
    {XMP_TIFF, "Orientation", ACT_ORIENTATION, 0},
    {XMP_TIFF, "ImageWidth", ACT_WIDTH, 0},
    {XMP_TIFF, "ImageLength", ACT_HEIGHT, 0},
    {XMP_EXIF, "PixelXDimension", ACT_WIDTH, 0},
    {XMP_EXIF, "PixelYDimension", ACT_HEIGHT, 0},
    {XMP_EXIF, "SubjectArea", ACT_SUBJECT, 0},
    {XMP_EXIF, "SubjectLocation", ACT_SUBJECT, 0},
    {XMP_REGIONS, "Regions", ACT_REGIONS, 0},
    {XMP_MP, "RegionInfo", ACT_MP_REGIONS, 0},
    {XMP_IPTC, "ImageRegion", ACT_IPTC_REGIONS, 0},
    {XMP_PANO, "FullPanoWidthPixels", ACT_PANO, PANO_FULL_WIDTH},
    {XMP_PANO, "FullPanoHeightPixels", ACT_PANO, PANO_FULL_HEIGHT},
    {XMP_PANO, "CroppedAreaImageWidthPixels", ACT_PANO, PANO_WIDTH},
    {XMP_PANO, "CroppedAreaImageHeightPixels", ACT_PANO, PANO_HEIGHT},
    {XMP_PANO, "CroppedAreaLeftPixels", ACT_PANO, PANO_LEFT},
    {XMP_PANO, "CroppedAreaTopPixels", ACT_PANO, PANO_TOP},
    {XMP_PANO, "LargestValidInteriorRectLeft", ACT_PANO, PANO_VALID_LEFT},
    {XMP_PANO, "LargestValidInteriorRectTop", ACT_PANO, PANO_VALID_TOP},
    {XMP_PANO, "LargestValidInteriorRectWidth", ACT_PANO, PANO_VALID_WIDTH},
    {XMP_PANO, "LargestValidInteriorRectHeight", ACT_PANO, PANO_VALID_HEIGHT},
    {XMP_PANO, "*", ACT_PANO, PANO_WORD},
    {XMP_EXIF, "ColorSpace", ACT_SRGB_SPACE, 0},
    {XMP_PHOTOSHOP, "ICCProfile", ACT_SRGB_NAME, 0},
    {XMP_PHOTOSHOP, "ColorMode", ACT_SRGB_MODE, 0},
    {XMP_TIFF, "PhotometricInterpretation", ACT_SRGB_REMOVE, 0},
    {XMP_TIFF, "SamplesPerPixel", ACT_SRGB_REMOVE, 0},
    {XMP_TIFF, "BitsPerSample", ACT_SRGB_REMOVE, 0},
    {XMP_TIFF, "WhitePoint", ACT_SRGB_REMOVE, 0},
    {XMP_TIFF, "PrimaryChromaticities", ACT_SRGB_REMOVE, 0},
    {XMP_TIFF, "TransferFunction", ACT_SRGB_REMOVE, 0},
    {XMP_TIFF, "Compression", ACT_RECODED_REMOVE, 0},
};

struct changer {
	struct xml xml;
	const struct xmp_change *change;
	bool *lost;
	/* of the picture that the packet describes, by its own words; else as stored */
	uint32_t width, height;
	double pano[PANO_SIZES]; /* to be written */
	bool panorama;           /* it still is one */
};

static bool is_named(const struct xml *xml, uint32_t node, const char *name)
{
	const struct xml_node *n = &xml->node[node];
	const size_t size = strlen(name) - 1;

	if (name[size] != '*')
		return xml_has_name(xml, node, name);
	return n->name_size >= size && !memcmp(xml->text.data + n->name, name, size);
}

static const struct rule *rule_for(const struct xml *xml, uint32_t property)
{
	const enum xmp_space space = xmp_space(xml, property);

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].space == space && is_named(xml, property, rules[i].name))
			return &rules[i];
	return NULL;
}

/* --- what it says of the whole picture ------------------------------------------------- */

/* Numbers of all properties with that action, by index; -1 for those there are none of, or that
 * cannot be read (*bad). */
static void read_sizes(const struct xml *xml, double pano[PANO_SIZES], double *width,
                       double *height, bool *bad)
{
	*width = *height = -1;
	for (int i = 0; i < PANO_SIZES; i++)
		pano[i] = -1;
	for (uint32_t i = xmp_property(xml, 0); i != XML_NONE; i = xmp_next_property(xml, i)) {
		const struct rule *rule = rule_for(xml, i);

		if (!rule)
			continue;
		if (rule->action == ACT_PANO && rule->pano != PANO_WORD)
			*bad |= !xmp_number(xml, i, &pano[rule->pano]) || pano[rule->pano] < 0 ||
			        pano[rule->pano] > 1e9;
		else if (!strncmp(rule->name, "PixelX", 6))
			(void)xmp_number(xml, i, width);
		else if (!strncmp(rule->name, "PixelY", 6))
			(void)xmp_number(xml, i, height);
	}
}

/* Whole pixels; what there is none of stays so. */
static double scaled(double size, double scale)
{
	return size < 0 ? -1 : (double)(uint64_t)(size * scale + 0.5);
}

/* Along one axis: the full panorama and where the picture begins in it become as large as the
 * picture has, of which `kept` pixels are left, the first being number `from`. */
static void scale_pano(double pano[PANO_SIZES], int axis, double scale, uint32_t kept,
                       uint32_t from)
{
	double *full = &pano[PANO_FULL_WIDTH + axis], *left = &pano[PANO_LEFT + axis];

	pano[PANO_WIDTH + axis] = kept;
	*full = scaled(*full, scale);
	*left = *left < 0 ? -1 : scaled(*left, scale) + (double)from;
	if (*full >= 0 && *full < kept)
		*full = kept;
	if (*full >= 0 && *left + kept > *full)
		*left = *full - kept;
}

static bool is_cut(const struct br_image_geometry *g)
{
	return g->crop_width != g->scaled_width || g->crop_height != g->scaled_height;
}

/* With a margin it is none; cut it is one if it says where it lies; turned if its sizes are those
 * of the picture as seen. */
static bool stays_panorama(const struct placement *p, const double pano[PANO_SIZES])
{
	const struct br_image_geometry *g = &p->geometry;

	if (g->canvas_width != g->crop_width || g->canvas_height != g->crop_height)
		return false;
	for (int i = PANO_FULL_WIDTH; i <= PANO_TOP && is_cut(g); i++)
		if (pano[i] < 0)
			return false;
	return p->orientation == 1 ||
	       (p->orientation > 4 &&
	        placement_alike(pano[PANO_WIDTH], pano[PANO_HEIGHT], p->height, p->width) &&
	        !placement_alike(pano[PANO_WIDTH], pano[PANO_HEIGHT], p->width, p->height));
}

static void plan_pano(struct changer *changer)
{
	const struct placement *p = &changer->change->placement;
	const struct br_image_geometry *g = &p->geometry;
	double *pano = changer->pano;
	double scale[2] = {placement_scale_x(p), placement_scale_y(p)};

	changer->panorama = changer->panorama && stays_panorama(p, pano);
	if (!changer->panorama)
		return;
	/* the picture itself, as the full one counts its pixels */
	if (pano[PANO_WIDTH] > 0)
		scale[0] = g->scaled_width / pano[PANO_WIDTH];
	if (pano[PANO_HEIGHT] > 0)
		scale[1] = g->scaled_height / pano[PANO_HEIGHT];
	scale_pano(pano, 0, scale[0], g->crop_width, g->crop_x);
	scale_pano(pano, 1, scale[1], g->crop_height, g->crop_y);
	for (int i = PANO_VALID_LEFT; i <= PANO_VALID_HEIGHT; i++)
		pano[i] = is_cut(g) ? -1 : scaled(pano[i], scale[(i - PANO_VALID_LEFT) % 2]);
}

/* Earlier programs may have made the picture smaller and left all numbers as they were: then those
 * of pixels go by the size that the packet tells. */
static void plan(struct changer *changer)
{
	const struct placement *p = &changer->change->placement;
	double width, height;
	bool bad = false;

	changer->width = p->width;
	changer->height = p->height;
	read_sizes(&changer->xml, changer->pano, &width, &height, &bad);
	if (width < 1e9 && height < 1e9 && placement_alike(width, height, p->width, p->height)) {
		changer->width = (uint32_t)width;
		changer->height = (uint32_t)height;
	}
	changer->panorama = !bad;
	*changer->lost |= bad;
	plan_pano(changer);
}

/* --- changing ------------------------------------------------------------------------ */

static int lose(struct changer *changer, uint32_t property)
{
	*changer->lost = true;
	xml_remove(&changer->xml, property);
	return 0;
}

/* One to four whole numbers, items of an array. */
static int change_subject(struct changer *changer, uint32_t property)
{
	struct xml *xml = &changer->xml;
	uint32_t value[SUBJECT_MAX], count = 0;
	double number;
	int status = 0;

	for (uint32_t i = xmp_first_item(xml, property); i != XML_NONE; i = xmp_next_item(xml, i)) {
		if (count == SUBJECT_MAX || !xmp_number(xml, i, &number) || number < 0 ||
		    number > 1e9)
			return lose(changer, property);
		value[count++] = (uint32_t)number;
	}
	if (count < 2)
		return lose(changer, property);
	if (!placement_subject(&changer->change->placement, changer->width, changer->height, value,
	                       count)) {
		xml_remove(xml, property);
		return 0;
	}
	count = 0;
	for (uint32_t i = xmp_first_item(xml, property); i != XML_NONE && !status;
	     i = xmp_next_item(xml, i))
		status = xmp_set_number(xml, i, value[count++]);
	return status;
}

static int change_pano(struct changer *changer, uint32_t property, enum pano pano)
{
	if (!changer->panorama || (pano != PANO_WORD && changer->pano[pano] < 0))
		xml_remove(&changer->xml, property);
	else if (pano != PANO_WORD)
		return xmp_set_number(&changer->xml, property, changer->pano[pano]);
	return 0;
}

static int change_srgb(struct changer *changer, uint32_t property, enum action action)
{
	struct xml *xml = &changer->xml;

	if (!changer->change->srgb)
		return 0;
	if (action == ACT_SRGB_SPACE)
		return xmp_set_text(xml, property, "1");
	if (action == ACT_SRGB_NAME)
		return xmp_set_text(xml, property, "sRGB IEC61966-2.1");
	if (action == ACT_SRGB_MODE)
		return xmp_set_text(xml, property, changer->change->gray ? "1" : "3");
	xml_remove(xml, property);
	return 0;
}

static int change_property(struct changer *changer, uint32_t property, const struct rule *rule)
{
	const struct xmp_change *change = changer->change;
	struct xml *xml = &changer->xml;

	switch (rule->action) {
	case ACT_REMOVE:
		xml_remove(xml, property);
		return 0;
	case ACT_ORIENTATION:
		return xmp_set_number(xml, property, change->orientation);
	case ACT_WIDTH:
		return xmp_set_number(xml, property, change->placement.geometry.canvas_width);
	case ACT_HEIGHT:
		return xmp_set_number(xml, property, change->placement.geometry.canvas_height);
	case ACT_SUBJECT:
		return change_subject(changer, property);
	case ACT_REGIONS:
		return xmp_regions_change(xml, property, &change->placement, changer->lost);
	case ACT_MP_REGIONS:
		return xmp_mp_regions_change(xml, property, &change->placement, changer->lost);
	case ACT_IPTC_REGIONS:
		return xmp_iptc_regions_change(xml, property, &change->placement, changer->width,
		                               changer->height, changer->lost);
	case ACT_PANO:
		return change_pano(changer, property, rule->pano);
	case ACT_RECODED_REMOVE:
		if (change->recoded)
			xml_remove(xml, property);
		return 0;
	default:
		return change_srgb(changer, property, rule->action);
	}
}

int xmp_change(struct bytes packet, const struct xmp_change *change, struct br_buffer *out,
               bool *lost)
{
	struct changer changer = {.change = change, .lost = lost};
	struct xml *xml = &changer.xml;
	const size_t begin = out->size;
	int status = xml_read(xml, packet);

	if (!status)
		plan(&changer);
	for (uint32_t i = status ? XML_NONE : xmp_property(xml, 0); i != XML_NONE && !status;
	     i = xmp_next_property(xml, i)) {
		const struct rule *rule = rule_for(xml, i);

		if (rule)
			status = change_property(&changer, i, rule);
	}
	if (!status)
		status = xml_write(xml, out);
	if (status)
		out->size = begin;
	xml_release(xml);
	return status;
}
