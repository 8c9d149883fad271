/* geometry.c - sizes, crops and margins, in exact integer arithmetic.
 *
 * All products fit 64 bits: sides are 32 bits, a percentage is at most 32 bits of thousandths.
 */
#include "geometry/geometry.h"

/* The longest side that is planned, see br_image_geometry_plan(). */
#define SIDE_MAX (UINT64_C(65535) * 16)

/* a * b / c to the nearest integer, halves up, at least 1; c is not 0. */
static uint64_t scale_round(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t product = a * b;
	uint64_t quotient = product / c;

	/* Equal to 2 * (product % c) >= c, without the overflow. */
	if (product % c >= c - c / 2)
		quotient++;
	return quotient ? quotient : 1;
}

/* What the picture is scaled to, before any limit. */
struct scaled {
	uint64_t width, height;
	int direction; /* compared with the picture: < 0 smaller, 0 the same, > 0 larger */
};

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static struct scaled scale_to_width(uint32_t width, uint32_t height, uint32_t target)
{
	return (struct scaled){target, scale_round(height, target, width), compare(target, width)};
}

static struct scaled scale_to_height(uint32_t width, uint32_t height, uint32_t target)
{
	return (struct scaled){scale_round(width, target, height), target, compare(target, height)};
}

static struct scaled scale_to_percent(uint32_t width, uint32_t height, uint32_t percent)
{
	return (struct scaled){scale_round(width, percent, 100000),
	                       scale_round(height, percent, 100000), compare(percent, 100000)};
}

/* Inside the box (cover: around it), aspect kept. */
static struct scaled scale_to_box(uint32_t width, uint32_t height, const struct br_image_size *box,
                                  bool cover)
{
	/* box->width / width < box->height / height */
	bool wide = (uint64_t)box->width * height < (uint64_t)box->height * width;

	return wide != cover ? scale_to_width(width, height, box->width)
	                     : scale_to_height(width, height, box->height);
}

static struct scaled scale_plan(uint32_t width, uint32_t height, const struct br_image_size *size,
                                enum br_image_fit fit)
{
	if (size->percent)
		return scale_to_percent(width, height, size->percent);
	if (!size->height)
		return scale_to_width(width, height, size->width);
	if (!size->width)
		return scale_to_height(width, height, size->height);
	if (fit == BR_IMAGE_FIT_FILL)
		return (struct scaled){size->width, size->height, 0};
	return scale_to_box(width, height, size, fit == BR_IMAGE_FIT_COVER);
}

static uint32_t at_most(uint32_t side, uint32_t limit)
{
	return limit && side > limit ? limit : side;
}

/* Where along a side something lies: at the beginning, in the middle, at the end. */
enum align { ALIGN_BEGIN, ALIGN_MIDDLE, ALIGN_END };

struct alignment {
	enum align x, y;
};

static struct alignment alignment_of(enum br_image_gravity gravity)
{
	static const struct alignment table[] = {
	    [BR_IMAGE_GRAVITY_CENTRE] = {ALIGN_MIDDLE, ALIGN_MIDDLE},
	    [BR_IMAGE_GRAVITY_NORTH] = {ALIGN_MIDDLE, ALIGN_BEGIN},
	    [BR_IMAGE_GRAVITY_NORTHEAST] = {ALIGN_END, ALIGN_BEGIN},
	    [BR_IMAGE_GRAVITY_EAST] = {ALIGN_END, ALIGN_MIDDLE},
	    [BR_IMAGE_GRAVITY_SOUTHEAST] = {ALIGN_END, ALIGN_END},
	    [BR_IMAGE_GRAVITY_SOUTH] = {ALIGN_MIDDLE, ALIGN_END},
	    [BR_IMAGE_GRAVITY_SOUTHWEST] = {ALIGN_BEGIN, ALIGN_END},
	    [BR_IMAGE_GRAVITY_WEST] = {ALIGN_BEGIN, ALIGN_MIDDLE},
	    [BR_IMAGE_GRAVITY_NORTHWEST] = {ALIGN_BEGIN, ALIGN_BEGIN},
	    [BR_IMAGE_GRAVITY_ATTENTION] = {ALIGN_MIDDLE, ALIGN_MIDDLE},
	    [BR_IMAGE_GRAVITY_ENTROPY] = {ALIGN_MIDDLE, ALIGN_MIDDLE},
	};

	return table[gravity];
}

/* Of `spare` pixels those that lie before. */
static uint32_t offset(uint32_t spare, enum align align)
{
	return align == ALIGN_BEGIN ? 0 : align == ALIGN_END ? spare : spare / 2;
}

int br_image_geometry_plan(uint32_t width, uint32_t height, const struct br_image_size *size,
                           enum br_image_fit fit, enum br_image_gravity gravity, bool enlarge,
                           struct br_image_geometry *geometry)
{
	const struct alignment alignment = alignment_of(gravity);
	bool box = size->width && size->height;
	struct scaled scaled;

	if (!width || !height || (size->percent && (size->width || size->height)) ||
	    (!size->percent && !size->width && !size->height))
		return BR_ERROR_USAGE;
	*geometry = (struct br_image_geometry){0};
	scaled = scale_plan(width, height, size, fit);
	if (!enlarge && scaled.direction > 0) {
		geometry->limited = true;
		scaled = (struct scaled){width, height, 0};
	}
	if (!enlarge && box && fit == BR_IMAGE_FIT_FILL) {
		geometry->limited = scaled.width > width || scaled.height > height;
		scaled.width = scaled.width > width ? width : scaled.width;
		scaled.height = scaled.height > height ? height : scaled.height;
	}
	if (scaled.width > SIDE_MAX || scaled.height > SIDE_MAX)
		return BR_ERROR_TOO_MANY_PIXELS;
	geometry->scaled_width = (uint32_t)scaled.width;
	geometry->scaled_height = (uint32_t)scaled.height;
	geometry->crop_width = geometry->scaled_width;
	geometry->crop_height = geometry->scaled_height;
	if (box && fit == BR_IMAGE_FIT_COVER) {
		geometry->crop_width = at_most(geometry->scaled_width, size->width);
		geometry->crop_height = at_most(geometry->scaled_height, size->height);
	}
	geometry->crop_x = offset(geometry->scaled_width - geometry->crop_width, alignment.x);
	geometry->crop_y = offset(geometry->scaled_height - geometry->crop_height, alignment.y);
	geometry->canvas_width = geometry->crop_width;
	geometry->canvas_height = geometry->crop_height;
	if (box && fit == BR_IMAGE_FIT_PAD) {
		if (size->width > SIDE_MAX || size->height > SIDE_MAX)
			return BR_ERROR_TOO_MANY_PIXELS;
		geometry->canvas_width = size->width;
		geometry->canvas_height = size->height;
	}
	geometry->pad_x = offset(geometry->canvas_width - geometry->crop_width, alignment.x);
	geometry->pad_y = offset(geometry->canvas_height - geometry->crop_height, alignment.y);
	return 0;
}

unsigned br_image_geometry_shrink(uint32_t width, uint32_t height, uint32_t scaled_width,
                                  uint32_t scaled_height)
{
	/* A side rounded up by as much as half a pixel must not cost a whole step: hence + shrink,
	 * which is that half, times two (the factor left), times shrink. */
	for (uint64_t shrink = 8; shrink > 1; shrink /= 2)
		if (2 * shrink * scaled_width <= width + shrink &&
		    2 * shrink * scaled_height <= height + shrink)
			return (unsigned)shrink;
	return 1;
}

bool geometry_crops(const struct br_image_geometry *geometry)
{
	return geometry->crop_width != geometry->scaled_width ||
	       geometry->crop_height != geometry->scaled_height;
}

bool geometry_searches(const struct br_image_geometry *geometry, enum br_image_gravity gravity)
{
	return geometry_crops(geometry) &&
	       (gravity == BR_IMAGE_GRAVITY_ATTENTION || gravity == BR_IMAGE_GRAVITY_ENTROPY);
}

struct turn turn_of(unsigned orientation)
{
	return (struct turn){
	    .swap = orientation >= 5,
	    .flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7,
	    .flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8,
	};
}
