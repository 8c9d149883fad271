/* memory.c - see memory.h. */
#include "batch/memory.h"

#include "base/base.h"
#include "base/memory.h"
#include "batch/task.h"

/* Of the memory that this process may use, what a run may have: the rest is for the file cache and
 * the neighbours. The share is documented at --max-memory. */
#define RUN_SHARE 0.75
/* What the program has in itself, and each worker without a picture: libraries and a heap that is
 * kept for the next one. */
#define PARENT_MEMORY ((uint64_t)48 << 20)
#define WORKER_MEMORY ((uint64_t)24 << 20)
/* With less than this for each worker's pictures, fewer workers are better. */
#define SHARE_LEAST ((uint64_t)48 << 20)
/* What one worker may have at most, bytes: a picture's, and what is not predicted: libvips' own
 * copy of one that it does not decode row by row, above all. */
#define WORKER_MEMORY_MAX (BR_IMAGE_MEMORY_MAX + (UINT64_C(640) << 20))

/* A limit of the process (ulimit -v) bounds all pictures together only if they are made in one
 * process. */
uint64_t memory_of_run(const struct br_batch_options *options)
{
	const bool one = !task_in_processes(options);

	if (options->max_memory)
		return options->max_memory;
	const uint64_t room = one ? memory_room().left : UINT64_MAX, all = memory_limit();

	return (uint64_t)((double)(room < all ? room : all) * RUN_SHARE);
}

uint64_t memory_of_pictures(const struct br_batch_options *options, unsigned jobs)
{
	const uint64_t all = memory_of_run(options), own = PARENT_MEMORY + jobs * WORKER_MEMORY;

	return all > own + SHARE_LEAST ? all - own : SHARE_LEAST;
}

unsigned memory_jobs(const struct br_batch_options *options, unsigned jobs)
{
	while (jobs > 1 && memory_of_pictures(options, jobs) < jobs * SHARE_LEAST)
		jobs--;
	return jobs;
}

size_t memory_of_worker(const struct br_batch_options *options)
{
	const uint64_t memory = memory_of_run(options);

	return (size_t)(memory < WORKER_MEMORY_MAX ? memory : WORKER_MEMORY_MAX);
}

size_t memory_of_slots(const struct br_batch_options *options, uint64_t pictures)
{
	if (options->mode != BR_EXECUTOR_HYBRID && options->mode != BR_EXECUTOR_AUTO)
		return 0;
	return pictures / 4 < TASK_SOURCE_MAX ? (size_t)(pictures / 4) : TASK_SOURCE_MAX;
}
