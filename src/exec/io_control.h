/* io_control.h - how many threads read at a time: by trial, and by what comes of it.
 *
 * More of them are tried when all that there are have been at work for a while, there was more to
 * do, and the workers had not enough. If that brought more, it is tried again; if not, it is taken
 * back, and for a while nothing is tried; if it brought less, the readers are in each other's way
 * (one arm of one disk, a server that is at its end), and fewer are tried. What was tried in vain
 * is tried more and more rarely.
 *
 * Pure: what comes out depends on the samples alone. There is no clock in it.
 */
#ifndef EXEC_IO_CONTROL_H
#define EXEC_IO_CONTROL_H

#include <stdint.h>

struct io_control {
	unsigned least, most; /* bounds of the limit; equal: nothing is tried */
	unsigned limit;       /* readers at a time */
	unsigned tried_from;  /* the limit before the last change, if that is on trial; or 0 */
	double rate_before;   /* with that limit */
	unsigned rest;        /* samples until something is tried again */
	unsigned caution;     /* the next rest */
};

/* What was done in a time in which readers had always something to do, and all were busy. */
struct io_sample {
	uint64_t ns;   /* its length, not 0 */
	uint64_t work; /* in any unit, such as io_work()'s */
};

/* Begins with `least` readers. */
struct io_control io_control_start(unsigned least, unsigned most);

/* A file and its bytes, in units: one that is opened costs as much as some bytes that are read. */
uint64_t io_work(uint64_t bytes);

/* Takes a sample, and returns the limit from here on. */
unsigned io_control_sample(struct io_control *control, const struct io_sample *sample);

#endif
