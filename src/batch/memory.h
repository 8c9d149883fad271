/* memory.h - how a run shares out the memory that it may use. All in bytes. */
#ifndef BATCH_MEMORY_H
#define BATCH_MEMORY_H

#include <batchresize/batch.h>

/* What all of a run may have. */
uint64_t memory_of_run(const struct br_batch_options *options);

/* As many of the workers as there is memory for, at least one. */
unsigned memory_jobs(const struct br_batch_options *options, unsigned jobs);

/* What so many workers leave for pictures, at least a little. */
uint64_t memory_of_pictures(const struct br_batch_options *options, unsigned jobs);

/* The limit of each worker's memory, which stops what was not predicted. */
size_t memory_of_worker(const struct br_batch_options *options);

/* The share of `pictures` that goes to the slots of the hybrid executor, which hold files, in and
 * out. */
size_t memory_of_slots(const struct br_batch_options *options, uint64_t pictures);

#endif
