/* srgb.c - the curve, and a table of it. */
#include "colour/srgb.h"

#include <math.h>
#include <stdlib.h>

#define STEPS_8  4096
#define STEPS_16 65536

double srgb_decoded(double value)
{
	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

double srgb_encoded(double light)
{
	return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

bool srgb_encoder_init(struct srgb_encoder *encoder, bool deep)
{
	const unsigned steps = deep ? STEPS_16 : STEPS_8;
	const double max = deep ? UINT16_MAX : UINT8_MAX;

	encoder->steps = steps;
	encoder->table = malloc((steps + 2) * sizeof *encoder->table);
	if (!encoder->table)
		return false;
	for (unsigned i = 0; i <= steps; i++)
		encoder->table[i] = (float)(srgb_encoded((double)i / steps) * max);
	encoder->table[steps + 1] = encoder->table[steps];
	return true;
}

size_t srgb_encoder_cost(void)
{
	return (STEPS_16 + 2) * sizeof(float);
}
