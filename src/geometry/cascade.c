/* cascade.c - see cascade.h. */
#include "geometry/cascade.h"

static uint64_t pixels(const struct br_image_geometry *geometry)
{
	return (uint64_t)geometry->scaled_width * geometry->scaled_height;
}

/* Whether the part [crop, crop + kept) of `scaled` is shown by the other's, to half a pixel of the
 * other's: windows of one shape differ by that much when they are rounded. */
static bool within(uint64_t crop, uint64_t kept, uint64_t scaled, uint64_t other_crop,
                   uint64_t other_kept, uint64_t other_scaled)
{
	return 2 * other_crop * scaled <= (2 * crop * other_scaled) + scaled &&
	       2 * (other_crop + other_kept) * scaled + scaled >= 2 * (crop + kept) * other_scaled;
}

static bool may_come_from(const struct br_image_geometry *size,
                          const struct br_image_geometry *larger)
{
	return UINT64_C(8) * larger->scaled_width >=
	           (uint64_t)CASCADE_EIGHTHS * size->scaled_width &&
	       UINT64_C(8) * larger->scaled_height >=
	           (uint64_t)CASCADE_EIGHTHS * size->scaled_height &&
	       within(size->crop_x, size->crop_width, size->scaled_width, larger->crop_x,
	              larger->crop_width, larger->scaled_width) &&
	       within(size->crop_y, size->crop_height, size->scaled_height, larger->crop_y,
	              larger->crop_height, larger->scaled_height);
}

void cascade_plan(const struct br_image_geometry *geometry, unsigned count, bool single,
                  struct cascade *cascade)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned at = i;

		while (at > 0 && pixels(&geometry[cascade->order[at - 1]]) < pixels(&geometry[i])) {
			cascade->order[at] = cascade->order[at - 1];
			at--;
		}
		cascade->order[at] = i;
	}
	for (unsigned i = 0; i < count; i++) {
		cascade->from[i] = CASCADE_SOURCE;
		for (unsigned j = 0; j < count && !single; j++)
			/* the smallest that will do: the order goes downwards */
			if (may_come_from(&geometry[i], &geometry[cascade->order[j]]))
				cascade->from[i] = cascade->order[j];
	}
}
