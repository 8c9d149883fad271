/* runs.h - the pictures made in all modes, by turns. Private to the laboratory. */
#ifndef LAB_RUNS_H
#define LAB_RUNS_H

#include "lab/lab.h"
#include "lab/sample.h"

/* Each run is a child process's, and writes below `place`, an absolute path that is there. */
struct runs {
	const struct br_batch_options *options;
	const struct sample *sample;
	const char *place;
};

/* What the first pictures take, one after the other; within some seconds. */
void runs_try(const struct runs *runs, struct lab_stages *stages);

/* Lists what is to be tried: modes, 1, 2, 4 ... workers, numbers of I/O threads. */
void runs_list(struct lab *lab, unsigned jobs);

/* Runs over the first `count` pictures: true when all was measured. */
bool runs_make(const struct runs *runs, struct lab_run *run, size_t count, unsigned timeout_ms);

#endif
