/* advice.h - what to make of the runs. Private to the laboratory. */
#ifndef LAB_ADVICE_H
#define LAB_ADVICE_H

#include "lab/lab.h"

/* Pure. Takes of the modes that isolate the one that is quickest, or one that is as quick within
 * what measuring is out by and asks less: fewer workers, no number of I/O threads to be said.
 * lab->advice.given is false when nothing was made. */
void advice_take(struct lab *lab, const struct lab_stages *stages);

/* "--mode=hybrid -j 4 --io-threads 16" */
void advice_options(const struct lab_run *run, char *text, size_t size);

#endif
