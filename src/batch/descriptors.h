/* descriptors.h - how many files may be open at once, and how many workers and jobs that allows. */
#ifndef BATCH_DESCRIPTORS_H
#define BATCH_DESCRIPTORS_H

/* Raises this process' limit of open files as far as it may. */
void descriptors_raise(void);

/* How many of so many worker processes can be had beside what is open now and will be: at least 1.
 */
unsigned descriptors_workers(unsigned workers);

/* How many jobs, each with so many outputs, can have their files open at once, beside what
 * `workers` workers need that have up to `together` of them under way: at least 1. 0: as many as
 * the executor likes. */
unsigned descriptors_capacity(unsigned workers, unsigned together, unsigned outputs);

/* How many directories may be held open beside all that, in case that they are used again. */
unsigned descriptors_of_directories(void);

#endif
