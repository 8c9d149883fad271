/* samples.h - samples of every kind as floats and back, a line at a time; alpha multiplied into the
 * colours and out again.
 *
 * Pure functions; thread-safe.
 */
#ifndef RESAMPLE_SAMPLES_H
#define RESAMPLE_SAMPLES_H

#include <stddef.h>

/* What a sample is. The functions below take all of them except SAMPLE_OTHER. */
enum sample_format {
	SAMPLE_OTHER,
	SAMPLE_U8,  /* unsigned, 8 bits */
	SAMPLE_U16, /* unsigned, 16 bits in native byte order */
	SAMPLE_S16, /* signed: CIELAB's */
	SAMPLE_FLOAT
};

/* Bytes of a sample. */
size_t samples_size(enum sample_format format);

/* What opaque alpha is: the largest value of unsigned integers, 1 of floats. */
float samples_max(enum sample_format format);

void samples_to_floats(float *restrict out, const void *restrict in, enum sample_format format,
                       size_t samples);

/* Rounded to the nearest and cut to the format's range; floats stay as they are. */
void samples_from_floats(void *restrict out, const float *restrict in, enum sample_format format,
                         size_t samples);

/* The colours of a pixel weigh as much as it is opaque, or what is hidden would show at the edges.
 * Alpha is the last of the bands, opaque at `max`. */
void samples_premultiply(float *line, size_t pixels, unsigned bands, float max);

/* The way back. Colours of what is wholly transparent are 0. */
void samples_unpremultiply(float *line, size_t pixels, unsigned bands, float max);

#endif
