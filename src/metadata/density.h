/* density.h - how many pixels a picture is meant to have for a length, or their shape.
 *
 * Pure functions; thread-safe.
 */
#ifndef METADATA_DENSITY_H
#define METADATA_DENSITY_H

#include <stdbool.h>
#include <stdint.h>

enum density_unit { DENSITY_NONE, DENSITY_SHAPE, DENSITY_INCH, DENSITY_CM, DENSITY_METRE };

struct density {
	double x, y; /* pixels for one unit; with DENSITY_SHAPE only their proportion counts */
	enum density_unit unit;
};

/* As the header of JFIF has it: unit (0, 1: inch, 2: centimetre) and two numbers of 16 bits, big
 * endian (JFIF 1.02). Writing returns false if it cannot be said so: nothing is written then. */
#define DENSITY_JFIF_SIZE 5
struct density density_from_jfif(const unsigned char bytes[DENSITY_JFIF_SIZE]);
bool density_to_jfif(const struct density *density, unsigned char bytes[DENSITY_JFIF_SIZE]);

/* As the chunk pHYs has it: two numbers of 32 bits, big endian, and the unit (0, 1: metre). */
#define DENSITY_PHYS_SIZE 9
struct density density_from_phys(const unsigned char bytes[DENSITY_PHYS_SIZE]);
bool density_to_phys(const struct density *density, unsigned char bytes[DENSITY_PHYS_SIZE]);

/* Pixels for a millimetre. Returns false if it is not known. */
bool density_to_mm(const struct density *density, double *x, double *y);

#endif
