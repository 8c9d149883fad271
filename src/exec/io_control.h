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

#include <stdbool.h>
#include <stdint.h>

struct io_control {
	unsigned least, most; /* bounds of the limit; equal: nothing is tried */
	unsigned limit;       /* readers at a time */
	unsigned tried_from;  /* the limit before the last change, if that is on trial; or 0 */
	double rate_before;   /* with that limit */
	unsigned rest;        /* samples until something is tried again */
	unsigned caution;     /* the next rest */
};

/* What was done in a time in which readers mostly had something to do, and all were busy. */
struct io_sample {
	uint64_t ns;   /* its length, not 0 */
	uint64_t work; /* in any unit, such as io_work()'s */
};

/* For how long all have been busy. Zeroed: nobody has looked yet. */
struct io_watch {
	uint64_t since;        /* mostly all were, by the clock of the looks; 0: they are not */
	uint64_t idle_since;   /* some are not; 0: all are */
	uint64_t idle;         /* for so long some were not, since then, ns */
	uint64_t served, work; /* what was done until then */
};

struct io_look {
	uint64_t now;    /* ns, not 0 */
	bool busy;       /* there is more to do, nobody who could, and workers have not enough */
	uint64_t served; /* pieces of work that were done until now, */
	uint64_t work;   /* and the same in units */
};

/* Whether *sample is what was done while all of `limit` readers were busy: for a while, and each
 * was done with something. That all of them wait for so long is a disk's or a server's doing.
 * Readers that have begun together end together, too: then workers have something to do for a
 * moment, which is no end of it. Of a server that answers nothing no more is to be asked: each call
 * would cost its job. Where only the while is missing, *deadline becomes no later than its end. */
bool io_watch_look(struct io_watch *watch, const struct io_look *look, unsigned limit,
                   struct io_sample *sample, uint64_t *deadline);

/* Begins with `least` readers. */
struct io_control io_control_start(unsigned least, unsigned most);

/* A file and its bytes, in units: one that is opened costs as much as some bytes that are read. */
uint64_t io_work(uint64_t bytes);

/* Takes a sample, and returns the limit from here on. */
unsigned io_control_sample(struct io_control *control, const struct io_sample *sample);

#endif
