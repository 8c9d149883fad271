/* xmp_regions.c - see xmp_regions.h. */
#include "xmp/xmp_regions.h"

#include <string.h>

#include "xmp/xmp_tree.h"

/* What becomes of one region. */
enum fate { FATE_STAYS, FATE_GONE, FATE_LOST };

/* Removes the property if no region is left in it. */
static void remove_empty(struct xml *xml, uint32_t property, uint32_t array)
{
	for (uint32_t i = xmp_first_item(xml, array); i != XML_NONE; i = xmp_next_item(xml, i))
		if (xml->node[i].edit != XML_REMOVE)
			return;
	xml_remove(xml, property);
}

static void apply_fate(struct xml *xml, uint32_t region, enum fate fate, bool *lost)
{
	if (fate != FATE_STAYS)
		xml_remove(xml, region);
	*lost |= fate == FATE_LOST;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* --- MWG ----------------------------------------------------------------------------- */

/* How the areas of one list are given. */
struct frame {
	struct placement placement;
	double width, height; /* of the picture that they were made for */
};

/* A circle by its centre and diameter, in fractions of sides and of the shorter side. Returns false
 * if it is none any more. */
static bool move_circle(const struct frame *frame, double *x, double *y, double *d)
{
	const struct br_image_geometry *g = &frame->placement.geometry;
	const double across = *d * smaller(frame->width, frame->height) / frame->width;
	const double down = *d * smaller(frame->width, frame->height) / frame->height;
	struct area area = {*x - across / 2, *y - down / 2, *x + across / 2, *y + down / 2};

	if (!placement_keeps_shape(&frame->placement))
		return false;
	if (placement_is_whole(&frame->placement))
		return true;
	if (!placement_whole_area(&frame->placement, &area))
		return false;
	*x = (area.left + area.right) / 2;
	*y = (area.top + area.bottom) / 2;
	*d =
	    (area.right - area.left) * g->canvas_width / smaller(g->canvas_width, g->canvas_height);
	return true;
}

/* By its centre and sides; a point has none. */
static bool move_rectangle(const struct frame *frame, double *x, double *y, double *w, double *h)
{
	struct area area = {*x - *w / 2, *y - *h / 2, *x + *w / 2, *y + *h / 2};

	if (!placement_area(&frame->placement, &area))
		return false;
	*x = (area.left + area.right) / 2;
	*y = (area.top + area.bottom) / 2;
	*w = area.right - area.left;
	*h = area.bottom - area.top;
	return true;
}

/* The five numbers of an area: nodes and values; those of no node are 0. */
struct numbers {
	uint32_t node[5];
	double value[5];
};

enum { X, Y, W, H, D };

static bool read_area(const struct xml *xml, uint32_t area, struct numbers *numbers)
{
	static const char *const names[] = {"x", "y", "w", "h", "d"};

	*numbers = (struct numbers){0};
	for (int i = 0; i < 5; i++) {
		numbers->node[i] = xmp_field(xml, area, XMP_AREA, names[i]);
		if (numbers->node[i] != XML_NONE &&
		    !xmp_number(xml, numbers->node[i], &numbers->value[i]))
			return false;
	}
	return numbers->node[X] != XML_NONE && numbers->node[Y] != XML_NONE &&
	       (numbers->node[W] == XML_NONE) == (numbers->node[H] == XML_NONE);
}

static int write_area(struct xml *xml, const struct numbers *numbers)
{
	int status = 0;

	for (int i = 0; i < 5 && !status; i++)
		if (numbers->node[i] != XML_NONE)
			status = xmp_set_number(xml, numbers->node[i], numbers->value[i]);
	return status;
}

/* Whether the unit is one of those; none is the first. */
static bool is_unit(const struct xml *xml, uint32_t unit, const char *first, const char *second,
                    bool *is_second)
{
	char text[32];

	*is_second = false;
	if (unit == XML_NONE)
		return true;
	if (!xml_value(xml, unit, text, sizeof text))
		return false;
	*is_second = !strcmp(text, second);
	return *is_second || !strcmp(text, first);
}

static int change_area(struct xml *xml, uint32_t area, const struct frame *frame, enum fate *fate)
{
	const uint32_t unit = xmp_field(xml, area, XMP_AREA, "unit");
	struct numbers n;
	double *v = n.value;
	bool pixel, there;

	*fate = FATE_LOST;
	if (!read_area(xml, area, &n) || !is_unit(xml, unit, "normalized", "pixel", &pixel))
		return 0;
	if (pixel) {
		v[X] /= frame->width;
		v[W] /= frame->width;
		v[Y] /= frame->height;
		v[H] /= frame->height;
		v[D] /= smaller(frame->width, frame->height);
	}
	there = n.node[D] != XML_NONE ? move_circle(frame, &v[X], &v[Y], &v[D])
	                              : move_rectangle(frame, &v[X], &v[Y], &v[W], &v[H]);
	*fate = there ? FATE_STAYS : FATE_GONE;
	if (!there || (placement_is_whole(&frame->placement) && !pixel))
		return 0;
	if (pixel) {
		const int status = xmp_set_text(xml, unit, "normalized");

		if (status)
			return status;
	}
	return write_area(xml, &n);
}

/* Every area of a region; ACDSee's have two. What is no region with a place stays. */
static int change_region(struct xml *xml, uint32_t region, const struct frame *frame, bool *lost)
{
	static const char *const names[] = {"Area", "ALGArea", "DLYArea"};
	int status = 0;

	for (int i = 0; i < 3 && !status; i++) {
		const uint32_t area = xmp_field(xml, region, XMP_REGIONS, names[i]);
		enum fate fate = FATE_STAYS;

		if (area == XML_NONE)
			continue;
		status = change_area(xml, area, frame, &fate);
		apply_fate(xml, i ? area : region, fate, lost);
	}
	return status;
}

/* Faces' angles (Apple's) are those in the picture as stored. */
static void remove_angle(struct xml *xml, uint32_t region, const struct placement *placement)
{
	const uint32_t more = xmp_field(xml, region, XMP_REGIONS, "Extensions");
	const uint32_t roll =
	    more == XML_NONE ? XML_NONE : xmp_field(xml, more, XMP_FACE, "AngleInfoRoll");

	if (roll != XML_NONE && placement->orientation != 1)
		xml_remove(xml, roll);
}

/* Which picture the list was made for: the one as stored, or as seen by programs that turn it
 * first. Returns false when it was another: then readers are not to believe it. */
static bool find_frame(struct xml *xml, uint32_t dimensions, const struct placement *placement,
                       struct frame *frame)
{
	const uint32_t width = xmp_field(xml, dimensions, XMP_DIMENSIONS, "w");
	const uint32_t height = xmp_field(xml, dimensions, XMP_DIMENSIONS, "h");

	if (!xmp_number(xml, width, &frame->width) || !xmp_number(xml, height, &frame->height))
		return false;
	if (placement_alike(frame->width, frame->height, placement->width, placement->height))
		return true;
	frame->placement.width = placement_seen_width(placement);
	frame->placement.height = placement_seen_height(placement);
	frame->placement.orientation = 1;
	return placement->orientation > 4 &&
	       placement_alike(frame->width, frame->height, frame->placement.width,
	                       frame->placement.height);
}

static int write_dimensions(struct xml *xml, uint32_t dimensions, const struct placement *placement)
{
	const struct br_image_geometry *g = &placement->geometry;
	const uint32_t unit = xmp_field(xml, dimensions, XMP_DIMENSIONS, "unit");
	int status =
	    xmp_set_number(xml, xmp_field(xml, dimensions, XMP_DIMENSIONS, "w"), g->canvas_width);

	if (!status)
		status = xmp_set_number(xml, xmp_field(xml, dimensions, XMP_DIMENSIONS, "h"),
		                        g->canvas_height);
	return status || unit == XML_NONE ? status : xmp_set_text(xml, unit, "pixel");
}

int xmp_regions_change(struct xml *xml, uint32_t property, const struct placement *placement,
                       bool *lost)
{
	const uint32_t list = xmp_field(xml, property, XMP_REGIONS, "RegionList");
	const uint32_t dimensions = xmp_field(xml, property, XMP_REGIONS, "AppliedToDimensions");
	struct frame frame = {*placement, placement->width, placement->height};
	int status = 0;

	if (list == XML_NONE ||
	    (dimensions != XML_NONE && !find_frame(xml, dimensions, placement, &frame))) {
		*lost = true;
		xml_remove(xml, property);
		return 0;
	}
	for (uint32_t i = xmp_first_item(xml, list); i != XML_NONE && !status;
	     i = xmp_next_item(xml, i)) {
		remove_angle(xml, i, placement);
		status = change_region(xml, i, &frame, lost);
	}
	remove_empty(xml, property, list);
	return status || dimensions == XML_NONE ? status
	                                        : write_dimensions(xml, dimensions, placement);
}

/* --- Microsoft ------------------------------------------------------------------------- */

/* "x, y, w, h": the upper left corner and the sides. */
static int change_rectangle(struct xml *xml, uint32_t rectangle, const struct placement *placement,
                            enum fate *fate)
{
	char text[160];
	double n[4];
	struct area area;

	*fate = FATE_LOST;
	if (!xml_value(xml, rectangle, text, sizeof text) || !xmp_numbers(text, n, 4))
		return 0;
	area = (struct area){n[0], n[1], n[0] + n[2], n[1] + n[3]};
	*fate = placement_area(placement, &area) ? FATE_STAYS : FATE_GONE;
	if (*fate == FATE_GONE || placement_is_whole(placement))
		return 0;
	n[0] = area.left;
	n[1] = area.top;
	n[2] = area.right - area.left;
	n[3] = area.bottom - area.top;
	xmp_print_numbers(text, sizeof text, n, 4);
	return xmp_set_text(xml, rectangle, text);
}

int xmp_mp_regions_change(struct xml *xml, uint32_t property, const struct placement *placement,
                          bool *lost)
{
	const uint32_t list = xmp_field(xml, property, XMP_MP_INFO, "Regions");
	int status = 0;

	if (list == XML_NONE) {
		*lost = true;
		xml_remove(xml, property);
		return 0;
	}
	for (uint32_t i = xmp_first_item(xml, list); i != XML_NONE && !status;
	     i = xmp_next_item(xml, i)) {
		const uint32_t rectangle = xmp_field(xml, i, XMP_MP_REGION, "Rectangle");
		enum fate fate = FATE_STAYS;

		if (rectangle != XML_NONE)
			status = change_rectangle(xml, rectangle, placement, &fate);
		apply_fate(xml, i, fate, lost);
	}
	remove_empty(xml, property, list);
	return status;
}

/* --- IPTC ---------------------------------------------------------------------------- */

struct boundary {
	uint32_t node;
	const struct placement *placement;
	/* what a coordinate of 1 is a fraction of: the sides for pixels, else 1 */
	double unit_x, unit_y, now_x, now_y;
	uint32_t width, height; /* of the picture that pixels are of */
};

static uint32_t boundary_field(const struct xml *xml, const struct boundary *boundary,
                               const char *name)
{
	return xmp_field(xml, boundary->node, XMP_IPTC, name);
}

static bool boundary_number(const struct xml *xml, const struct boundary *boundary,
                            const char *name, double *number)
{
	return xmp_number(xml, boundary_field(xml, boundary, name), number);
}

static int set_point(struct xml *xml, uint32_t structure, const struct boundary *b, double x,
                     double y)
{
	int status = xmp_set_number(xml, xmp_field(xml, structure, XMP_IPTC, "rbX"), x * b->now_x);

	return status
	           ? status
	           : xmp_set_number(xml, xmp_field(xml, structure, XMP_IPTC, "rbY"), y * b->now_y);
}

/* The upper left corner and the sides. */
static int change_box(struct xml *xml, const struct boundary *b, enum fate *fate)
{
	double x, y, w, h;
	struct area area;
	int status;

	if (!boundary_number(xml, b, "rbX", &x) || !boundary_number(xml, b, "rbY", &y) ||
	    !boundary_number(xml, b, "rbW", &w) || !boundary_number(xml, b, "rbH", &h))
		return 0;
	area =
	    (struct area){x / b->unit_x, y / b->unit_y, (x + w) / b->unit_x, (y + h) / b->unit_y};
	*fate = placement_area(b->placement, &area) ? FATE_STAYS : FATE_GONE;
	if (*fate == FATE_GONE)
		return 0;
	status = set_point(xml, b->node, b, area.left, area.top);
	if (!status)
		status = xmp_set_number(xml, boundary_field(xml, b, "rbW"),
		                        (area.right - area.left) * b->now_x);
	return status ? status
	              : xmp_set_number(xml, boundary_field(xml, b, "rbH"),
	                               (area.bottom - area.top) * b->now_y);
}

/* The centre and the radius, which is one across. */
static int change_circle(struct xml *xml, const struct boundary *b, enum fate *fate)
{
	double x, y, r, across, down;
	struct area area;
	int status;

	if (!boundary_number(xml, b, "rbX", &x) || !boundary_number(xml, b, "rbY", &y) ||
	    !boundary_number(xml, b, "rbRx", &r))
		return 0;
	across = r / b->unit_x;
	down = across * b->width / b->height;
	area = (struct area){x / b->unit_x - across, y / b->unit_y - down, x / b->unit_x + across,
	                     y / b->unit_y + down};
	*fate = placement_keeps_shape(b->placement) && placement_whole_area(b->placement, &area)
	            ? FATE_STAYS
	            : FATE_GONE;
	if (*fate == FATE_GONE)
		return 0;
	status =
	    set_point(xml, b->node, b, (area.left + area.right) / 2, (area.top + area.bottom) / 2);
	return status ? status
	              : xmp_set_number(xml, boundary_field(xml, b, "rbRx"),
	                               (area.right - area.left) / 2 * b->now_x);
}

/* All of its corners must be in the output, or it would have another shape. */
static int change_polygon(struct xml *xml, const struct boundary *b, enum fate *fate)
{
	const uint32_t corners = boundary_field(xml, b, "rbVertices");
	int status = 0;

	if (corners == XML_NONE || xmp_first_item(xml, corners) == XML_NONE)
		return 0;
	*fate = FATE_STAYS;
	for (uint32_t i = xmp_first_item(xml, corners);
	     i != XML_NONE && *fate == FATE_STAYS && !status; i = xmp_next_item(xml, i)) {
		struct area at = {0};

		*fate = FATE_LOST;
		if (!xmp_number(xml, xmp_field(xml, i, XMP_IPTC, "rbX"), &at.left) ||
		    !xmp_number(xml, xmp_field(xml, i, XMP_IPTC, "rbY"), &at.top))
			break;
		at.left = at.right = at.left / b->unit_x;
		at.top = at.bottom = at.top / b->unit_y;
		*fate = placement_whole_area(b->placement, &at) ? FATE_STAYS : FATE_GONE;
		if (*fate == FATE_STAYS)
			status = set_point(xml, i, b, at.left, at.top);
	}
	return status;
}

static int change_boundary(struct xml *xml, struct boundary *b, enum fate *fate)
{
	const uint32_t shape = boundary_field(xml, b, "rbShape");
	const struct br_image_geometry *g = &b->placement->geometry;
	char text[32];
	bool pixel;

	*fate = FATE_LOST;
	if (!is_unit(xml, boundary_field(xml, b, "rbUnit"), "relative", "pixel", &pixel) ||
	    shape == XML_NONE || !xml_value(xml, shape, text, sizeof text))
		return 0;
	if (placement_is_whole(b->placement) && !pixel) {
		*fate = placement_keeps_shape(b->placement) || strcmp(text, "circle") != 0
		            ? FATE_STAYS
		            : FATE_GONE;
		return 0;
	}
	b->unit_x = pixel ? b->width : 1;
	b->unit_y = pixel ? b->height : 1;
	b->now_x = pixel ? g->canvas_width : 1;
	b->now_y = pixel ? g->canvas_height : 1;
	if (!strcmp(text, "rectangle"))
		return change_box(xml, b, fate);
	if (!strcmp(text, "circle"))
		return change_circle(xml, b, fate);
	return strcmp(text, "polygon") != 0 ? 0 : change_polygon(xml, b, fate);
}

int xmp_iptc_regions_change(struct xml *xml, uint32_t property, const struct placement *placement,
                            uint32_t width, uint32_t height, bool *lost)
{
	int status = 0;

	for (uint32_t i = xmp_first_item(xml, property); i != XML_NONE && !status;
	     i = xmp_next_item(xml, i)) {
		struct boundary boundary = {.node = xmp_field(xml, i, XMP_IPTC, "RegionBoundary"),
		                            .placement = placement,
		                            .width = width,
		                            .height = height};
		enum fate fate = FATE_STAYS;

		if (boundary.node != XML_NONE)
			status = change_boundary(xml, &boundary, &fate);
		apply_fate(xml, i, fate, lost);
	}
	remove_empty(xml, property, property);
	return status;
}
