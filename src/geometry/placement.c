/* placement.c - see placement.h. */
#include "geometry/placement.h"

#include "geometry/geometry.h"

/* Sides of pictures that differ only in size differ in proportion by a rounded pixel. */
#define ALIKE 0.02

static double min(double a, double b)
{
	return a < b ? a : b;
}

static double max(double a, double b)
{
	return a > b ? a : b;
}

bool placement_alike(double width, double height, uint32_t as_width, uint32_t as_height)
{
	const double a = width * as_height, b = height * as_width;

	return a > 0 && b > 0 && a <= b * (1 + ALIKE) && b <= a * (1 + ALIKE);
}

bool placement_is_whole(const struct placement *placement)
{
	const struct br_image_geometry *g = &placement->geometry;

	return placement->orientation == 1 && g->crop_width == g->scaled_width &&
	       g->crop_height == g->scaled_height && g->canvas_width == g->crop_width &&
	       g->canvas_height == g->crop_height;
}

uint32_t placement_seen_width(const struct placement *placement)
{
	return placement->orientation > 4 ? placement->height : placement->width;
}

uint32_t placement_seen_height(const struct placement *placement)
{
	return placement->orientation > 4 ? placement->width : placement->height;
}

double placement_scale_x(const struct placement *placement)
{
	return (double)placement->geometry.scaled_width / placement_seen_width(placement);
}

double placement_scale_y(const struct placement *placement)
{
	return (double)placement->geometry.scaled_height / placement_seen_height(placement);
}

bool placement_keeps_shape(const struct placement *placement)
{
	return placement_alike(placement->geometry.scaled_width, placement->geometry.scaled_height,
	                       placement_seen_width(placement), placement_seen_height(placement));
}

static struct area turned(struct area a, unsigned orientation)
{
	const struct turn turn = turn_of(orientation);

	if (turn.swap)
		a = (struct area){a.top, a.left, a.bottom, a.right};
	if (turn.flip_x)
		a = (struct area){1 - a.right, a.top, 1 - a.left, a.bottom};
	if (turn.flip_y)
		a = (struct area){a.left, 1 - a.bottom, a.right, 1 - a.top};
	return a;
}

/* From fractions of the scaled side to fractions of the canvas. */
static double placed(double at, uint32_t scaled, uint32_t crop, uint32_t pad, uint32_t canvas)
{
	return (at * scaled - crop + pad) / canvas;
}

static struct area move(const struct placement *placement, const struct area *area)
{
	const struct br_image_geometry *g = &placement->geometry;
	const struct area a = turned(*area, placement->orientation);

	return (struct area){
	    placed(a.left, g->scaled_width, g->crop_x, g->pad_x, g->canvas_width),
	    placed(a.top, g->scaled_height, g->crop_y, g->pad_y, g->canvas_height),
	    placed(a.right, g->scaled_width, g->crop_x, g->pad_x, g->canvas_width),
	    placed(a.bottom, g->scaled_height, g->crop_y, g->pad_y, g->canvas_height),
	};
}

/* What of the output is picture, not margin. */
static struct area picture(const struct placement *placement)
{
	const struct br_image_geometry *g = &placement->geometry;

	return (struct area){
	    (double)g->pad_x / g->canvas_width,
	    (double)g->pad_y / g->canvas_height,
	    (double)(g->pad_x + g->crop_width) / g->canvas_width,
	    (double)(g->pad_y + g->crop_height) / g->canvas_height,
	};
}

/* Also false for what is not a number. */
static bool is_area(const struct area *a)
{
	return a->left <= a->right && a->top <= a->bottom && a->left > -1e6 && a->right < 1e6 &&
	       a->top > -1e6 && a->bottom < 1e6;
}

bool placement_area(const struct placement *placement, struct area *area)
{
	const struct area all = picture(placement);
	struct area a;

	if (!is_area(area))
		return false;
	a = move(placement, area);
	/* a point may lie on the edge, what has a size needs some of it within */
	if (a.left > all.right || a.right < all.left || a.top > all.bottom || a.bottom < all.top)
		return false;
	if ((a.right > a.left && (a.left >= all.right || a.right <= all.left)) ||
	    (a.bottom > a.top && (a.top >= all.bottom || a.bottom <= all.top)))
		return false;
	*area = (struct area){max(a.left, all.left), max(a.top, all.top), min(a.right, all.right),
	                      min(a.bottom, all.bottom)};
	return true;
}

bool placement_whole_area(const struct placement *placement, struct area *area)
{
	const struct area all = picture(placement);
	const double slack = 1e-3;
	struct area a;

	if (!is_area(area))
		return false;
	a = move(placement, area);
	if (a.left < all.left - slack || a.right > all.right + slack || a.top < all.top - slack ||
	    a.bottom > all.bottom + slack)
		return false;
	*area = a;
	return true;
}

static uint32_t pixel(double at, uint32_t side)
{
	return at + 0.5 >= side ? side - 1 : (uint32_t)(max(at, 0) + 0.5);
}

/* At least a pixel. */
static uint32_t pixels(double side)
{
	return side < 1 ? 1 : (uint32_t)(side + 0.5);
}

bool placement_subject(const struct placement *placement, uint32_t width, uint32_t height,
                       uint32_t value[SUBJECT_MAX], unsigned count)
{
	const struct br_image_geometry *g = &placement->geometry;
	const double half_x = count > 2 ? value[2] / 2.0 : 0;
	const double half_y = count > 3 ? value[3] / 2.0 : half_x;
	struct area area = {(value[0] - half_x) / width, (value[1] - half_y) / height,
	                    (value[0] + half_x) / width, (value[1] + half_y) / height};

	if (count < 2 || count > SUBJECT_MAX || !width || !height || value[0] > width ||
	    value[1] > height)
		return false;
	if (count == 3 && !placement_keeps_shape(placement))
		return false;
	if (count == 3 ? !placement_whole_area(placement, &area)
	               : !placement_area(placement, &area))
		return false;
	value[0] = pixel((area.left + area.right) / 2 * g->canvas_width, g->canvas_width);
	value[1] = pixel((area.top + area.bottom) / 2 * g->canvas_height, g->canvas_height);
	if (count > 2)
		value[2] = pixels((area.right - area.left) * g->canvas_width);
	if (count > 3)
		value[3] = pixels((area.bottom - area.top) * g->canvas_height);
	return true;
}
