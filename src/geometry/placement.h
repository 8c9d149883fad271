/* placement.h - where parts of a source are in an output: faces, subjects, panoramas.
 *
 * Pure arithmetic; thread-safe.
 */
#ifndef GEOMETRY_PLACEMENT_H
#define GEOMETRY_PLACEMENT_H

#include <batchresize/image.h>

/* How a picture came to where it is: turned upright first, then as the geometry says. */
struct placement {
	uint32_t width, height; /* of the picture as stored, pixels */
	unsigned orientation;   /* 1..8 (Exif 2.32, 4.6.4), by which it has been turned */
	struct br_image_geometry geometry;
};

/* An upright rectangle, or a point, in fractions of a picture's width and height. */
struct area {
	double left, top, right, bottom;
};

/* Whether every area is where it was: no turn, crop or margin. */
bool placement_is_whole(const struct placement *placement);

/* The same if the sides keep their proportion: what was a circle is one. */
bool placement_keeps_shape(const struct placement *placement);

/* The sides of the picture as it is seen. */
uint32_t placement_seen_width(const struct placement *placement);
uint32_t placement_seen_height(const struct placement *placement);

/* Output pixels for one pixel as seen. */
double placement_scale_x(const struct placement *placement);
double placement_scale_y(const struct placement *placement);

/* Of the source as stored to the output, as far as it is in it. Returns false if nothing is, or
 * the area is none. */
bool placement_area(const struct placement *placement, struct area *area);

/* The same for what makes sense as a whole only. */
bool placement_whole_area(const struct placement *placement, struct area *area);

/* The most values of placement_subject(). */
#define SUBJECT_MAX 4

/* Exif's SubjectArea (Exif 2.32, 4.6.5): a point, a circle by its centre and diameter, or a
 * rectangle by its centre and sides, in pixels of a picture of width x height as stored: to pixels
 * of the output. Returns false if it is none of these, or not in the output. */
bool placement_subject(const struct placement *placement, uint32_t width, uint32_t height,
                       uint32_t value[SUBJECT_MAX], unsigned count);

/* Whether the sides are in the same proportion as those of the other picture, up to rounding. */
bool placement_alike(double width, double height, uint32_t as_width, uint32_t as_height);

#endif
