/* canvas.c - orientation, crop, margins, background. */
#include "libvips/canvas.h"

#include "geometry/geometry.h"
#include "libvips/pixels.h"

static int turn(VipsImage **image, VipsAngle angle)
{
	VipsImage *next;

	if (angle == VIPS_ANGLE_D0)
		return 0;
	if (vips_rot(*image, &next, angle, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

static int mirror(VipsImage **image)
{
	VipsImage *next;

	if (vips_flip(*image, &next, VIPS_DIRECTION_HORIZONTAL, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

/* Exif 2.32, tag 0x0112: each is a turn clockwise, then for the even ones except 6 and 8, and for 5
 * and 7, a mirror at the vertical. */
int canvas_orient(VipsImage **image, uint32_t orientation)
{
	static const struct {
		VipsAngle angle;
		bool mirrored;
	} steps[9] = {
	    [1] = {VIPS_ANGLE_D0, false},   [2] = {VIPS_ANGLE_D0, true},
	    [3] = {VIPS_ANGLE_D180, false}, [4] = {VIPS_ANGLE_D180, true},
	    [5] = {VIPS_ANGLE_D90, true},   [6] = {VIPS_ANGLE_D90, false},
	    [7] = {VIPS_ANGLE_D270, true},  [8] = {VIPS_ANGLE_D270, false},
	};

	if (orientation < 1 || orientation > 8)
		return 0;
	if (turn(image, steps[orientation].angle))
		return BR_ERROR_CORRUPT;
	if (steps[orientation].mirrored && mirror(image))
		return BR_ERROR_CORRUPT;
	return 0;
}

/* The background as the picture's own bands have it; a gray picture becomes sRGB for a background
 * that is not gray. alpha: with an opaque alpha as the last value. */
static VipsArrayDouble *ink_for(VipsImage **image, const uint8_t background[3], bool alpha)
{
	const double scale = (*image)->BandFmt == VIPS_FORMAT_USHORT ? 257 : 1;
	double ink[4] = {background[0] * scale, background[1] * scale, background[2] * scale};
	int values = 3;

	if ((*image)->Bands < 3) {
		VipsImage *next;

		if (background[0] == background[1] && background[1] == background[2]) {
			values = 1;
		} else {
			if (vips_colourspace(*image, &next,
			                     scale > 1 ? VIPS_INTERPRETATION_RGB16
			                               : VIPS_INTERPRETATION_sRGB,
			                     NULL))
				return NULL;
			pixels_step(image, next);
		}
	}
	if (alpha)
		ink[values++] = 255 * scale;
	return vips_array_double_new(ink, values);
}

/* Nothing, for which there must be alpha. */
static VipsArrayDouble *no_ink_for(VipsImage **image)
{
	static const double none[4] = {0};
	VipsImage *next;

	if (!vips_image_hasalpha(*image)) {
		if (vips_addalpha(*image, &next, NULL))
			return NULL;
		pixels_step(image, next);
	}
	return vips_array_double_new(none, (*image)->Bands);
}

static int extend(VipsImage **image, const struct br_image_geometry *geometry,
                  const uint8_t *background)
{
	VipsArrayDouble *ink;
	VipsImage *next;
	int failed;

	ink = background ? ink_for(image, background, vips_image_hasalpha(*image))
	                 : no_ink_for(image);
	if (!ink)
		return -1;
	failed = vips_embed(*image, &next, (int)geometry->pad_x, (int)geometry->pad_y,
	                    (int)geometry->canvas_width, (int)geometry->canvas_height, "extend",
	                    VIPS_EXTEND_BACKGROUND, "background", ink, NULL);
	vips_area_unref(VIPS_AREA(ink));
	if (failed)
		return -1;
	pixels_step(image, next);
	return 0;
}

int canvas_search(VipsImage *image, struct br_image_geometry *geometry,
                  enum br_image_gravity gravity)
{
	const VipsInteresting interesting = gravity == BR_IMAGE_GRAVITY_ATTENTION
	                                        ? VIPS_INTERESTING_ATTENTION
	                                        : VIPS_INTERESTING_ENTROPY;
	VipsImage *found;

	if (vips_smartcrop(image, &found, (int)geometry->crop_width, (int)geometry->crop_height,
	                   "interesting", interesting, NULL))
		return BR_ERROR_CORRUPT;
	/* where vips_extract_area() has cut it out */
	geometry->crop_x = (uint32_t)-found->Xoffset;
	geometry->crop_y = (uint32_t)-found->Yoffset;
	g_object_unref(found);
	return 0;
}

static int crop(VipsImage **image, const struct br_image_geometry *geometry)
{
	VipsImage *next;

	if (vips_extract_area(*image, &next, (int)geometry->crop_x, (int)geometry->crop_y,
	                      (int)geometry->crop_width, (int)geometry->crop_height, NULL))
		return -1;
	pixels_step(image, next);
	return 0;
}

int canvas_place(VipsImage **image, const struct br_image_geometry *geometry,
                 const uint8_t *background)
{
	if (geometry_crops(geometry) && crop(image, geometry))
		return BR_ERROR_CORRUPT;
	if ((geometry->canvas_width != geometry->crop_width ||
	     geometry->canvas_height != geometry->crop_height) &&
	    extend(image, geometry, background))
		return BR_ERROR_CORRUPT;
	return 0;
}

int canvas_flatten(VipsImage **image, const uint8_t background[3])
{
	VipsArrayDouble *ink = ink_for(image, background, false);
	VipsImage *next;
	int failed;

	if (!ink)
		return BR_ERROR_CORRUPT;
	failed = vips_flatten(*image, &next, "background", ink, NULL);
	vips_area_unref(VIPS_AREA(ink));
	if (failed)
		return BR_ERROR_CORRUPT;
	pixels_step(image, next);
	return 0;
}
