/* geometry.h - what a planned geometry means, and how a picture is turned; see image.h for the
 * plan.
 *
 * Pure arithmetic; thread-safe.
 */
#ifndef GEOMETRY_GEOMETRY_H
#define GEOMETRY_GEOMETRY_H

#include <stdbool.h>

#include <batchresize/image.h>

/* Whether something of the scaled picture is cut off. */
bool geometry_crops(const struct br_image_geometry *geometry);

/* Whether a crop is to keep what the pixels say is worth most. */
bool geometry_searches(const struct br_image_geometry *geometry, enum br_image_gravity gravity);

/* How a stored picture is turned to be seen upright. */
struct turn {
	bool swap;           /* rows become columns */
	bool flip_x, flip_y; /* mirrored, in the upright picture's directions */
};

/* The turn that an EXIF orientation of 1..8 asks for (EXIF 2.32, 4.6.4, tag 274). */
struct turn turn_of(unsigned orientation);

#endif
