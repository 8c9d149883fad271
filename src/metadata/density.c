/* density.c - see density.h. */
#include "metadata/density.h"

#include <stddef.h>

#include "base/bytes.h"

/* Metres of one unit. */
static double metres(enum density_unit unit)
{
	return unit == DENSITY_INCH ? 0.0254 : unit == DENSITY_CM ? 0.01 : 1;
}

/* Square pixels are no shape worth telling. */
static struct density density_of(double x, double y, enum density_unit unit)
{
	const bool told = x > 0 && y > 0 && (unit != DENSITY_SHAPE || x < y || x > y);

	return told ? (struct density){x, y, unit} : (struct density){0};
}

/* The nearest number of up to `most`, which is not 0; 0 if there is none. */
static uint32_t whole(double number, double most)
{
	return number >= 0.5 && number < most ? (uint32_t)(number + 0.5) : 0;
}

static bool is_whole(double number, double slack)
{
	const double nearest = (double)(uint64_t)(number + 0.5);

	return number - nearest < slack && nearest - number < slack;
}

struct density density_from_jfif(const unsigned char bytes[DENSITY_JFIF_SIZE])
{
	static const enum density_unit units[] = {DENSITY_SHAPE, DENSITY_INCH, DENSITY_CM};

	if (bytes[0] >= sizeof units / sizeof *units)
		return (struct density){0};
	return density_of(be16(bytes + 1), be16(bytes + 3), units[bytes[0]]);
}

/* Inches, unless only centimetres are whole. PNG's metres make 72 to the inch 2835. */
static struct density for_jfif(const struct density *density)
{
	const double inch = metres(DENSITY_INCH) / metres(density->unit);
	const double cm = metres(DENSITY_CM) / metres(density->unit);

	if (density->unit == DENSITY_SHAPE)
		return *density;
	if (!is_whole(density->x * inch, 0.02) && is_whole(density->x * cm, 0.001) &&
	    is_whole(density->y * cm, 0.001))
		return (struct density){density->x * cm, density->y * cm, DENSITY_CM};
	return (struct density){density->x * inch, density->y * inch, DENSITY_INCH};
}

bool density_to_jfif(const struct density *density, unsigned char bytes[DENSITY_JFIF_SIZE])
{
	const struct density as = for_jfif(density);
	const uint32_t x = whole(as.x, UINT16_MAX), y = whole(as.y, UINT16_MAX);

	if (density->unit == DENSITY_NONE || !x || !y)
		return false;
	bytes[0] = as.unit == DENSITY_SHAPE ? 0 : as.unit == DENSITY_INCH ? 1 : 2;
	put_be16(bytes + 1, x);
	put_be16(bytes + 3, y);
	return true;
}

struct density density_from_phys(const unsigned char bytes[DENSITY_PHYS_SIZE])
{
	return density_of(be32(bytes), be32(bytes + 4),
	                  bytes[8] == 1 ? DENSITY_METRE : DENSITY_SHAPE);
}

bool density_to_phys(const struct density *density, unsigned char bytes[DENSITY_PHYS_SIZE])
{
	const double scale = density->unit == DENSITY_SHAPE ? 1 : 1 / metres(density->unit);
	const uint32_t x = whole(density->x * scale, INT32_MAX);
	const uint32_t y = whole(density->y * scale, INT32_MAX);

	if (density->unit == DENSITY_NONE || !x || !y)
		return false;
	put_be32(bytes, x);
	put_be32(bytes + 4, y);
	bytes[8] = density->unit != DENSITY_SHAPE;
	return true;
}

bool density_to_mm(const struct density *density, double *x, double *y)
{
	if (density->unit == DENSITY_NONE || density->unit == DENSITY_SHAPE)
		return false;
	*x = density->x / (1000 * metres(density->unit));
	*y = density->y / (1000 * metres(density->unit));
	return true;
}
