/* descriptors.h - how many files may be open at once, and what that means for a run. */
#ifndef BATCH_DESCRIPTORS_H
#define BATCH_DESCRIPTORS_H

/* Raises this process' limit of open files as far as it may. */
void descriptors_raise(void);

/* How many jobs of that many outputs each may be under way so that their files can all be open
 * beside those of `workers` workers: at least 1. 0: as many as the executor likes. */
unsigned descriptors_capacity(unsigned workers, unsigned outputs);

#endif
