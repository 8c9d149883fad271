/* choice.c - see choice.h. */
#include "auto/choice.h"

#include <stdio.h>

/* A worker is worth its start for so many bytes of pictures: these take some 2 ms or more, a worker
 * 0.5. */
#define BYTES_PER_WORKER ((uint64_t)128 << 10)

/* What a worker shares is taken off the memory that it may use: with less than so many bytes all of
 * it is for the picture. */
#define SHARING_LEAST (UINT64_C(512) << 20)

/* A server takes more requests at a time than a disk of one's own. */
#define IO_THREADS_FAR 32

static unsigned useful_workers(const struct sight *sight, unsigned workers)
{
	const uint64_t by_bytes = sight->bytes / BYTES_PER_WORKER;
	uint64_t useful = by_bytes < sight->files ? by_bytes : sight->files;

	if (!sight->counted)
		return workers;
	if (useful < 1)
		useful = 1;
	return useful < workers ? (unsigned)useful : workers;
}

static enum br_executor_mode choose_mode(const struct sight *sight, unsigned workers, bool trusted,
                                         uint64_t memory)
{
	const bool waits = sight->waited || sight->ground > SIGHT_LOCAL;

	if (trusted && workers <= 1)
		return BR_EXECUTOR_SERIAL;
	if (trusted && !waits)
		return BR_EXECUTOR_THREAD;
	return memory > 0 && memory < SHARING_LEAST ? BR_EXECUTOR_PROCESS : BR_EXECUTOR_AUTO;
}

/* "12 files of 1.2 MB on a local file system" */
static int describe(const struct sight *sight, char *text, size_t size)
{
	char trial[48] = "";

	if (sight->tried)
		(void)snprintf(trial, sizeof(trial), ", the first read in %.2f ms", sight->read_ms);
	if (!sight->counted)
		return snprintf(text, size, "many files on %s%s", sight_ground_name(sight->ground),
		                trial);
	return snprintf(text, size, "%llu %s of %.1f MB on %s%s", (unsigned long long)sight->files,
	                sight->files == 1 ? "file" : "files", (double)sight->bytes / 1e6,
	                sight_ground_name(sight->ground), trial);
}

static const char *reason_of(const struct auto_choice *choice, bool trusted)
{
	switch (choice->mode) {
	case BR_EXECUTOR_SERIAL:
		return "too little work for a pool, and trusted: no pool";
	case BR_EXECUTOR_THREAD:
		return "trusted, and no wait for files: threads";
	case BR_EXECUTOR_PROCESS:
		return "memory is scarce: processes, which share none of theirs";
	default:
		if (choice->workers == 1)
			return trusted ? "one process, read and written by threads"
			               : "too little work for a pool, and not trusted: one worker "
			                 "process";
		return trusted ? "files may have to be waited for: processes, and threads for I/O"
		               : "not trusted: processes, and threads for I/O as far as files "
		                 "are small or have to be waited for";
	}
}

struct auto_choice choice_make(const struct sight *sight, unsigned workers, bool trusted,
                               uint64_t memory)
{
	struct auto_choice choice = {.workers = useful_workers(sight, workers)};
	char what[128];

	choice.mode = choose_mode(sight, choice.workers, trusted, memory);
	choice.local = sight->ground == SIGHT_LOCAL;
	if (sight->counted)
		choice.pictures = sight->files > 0 ? (unsigned)sight->files : 1;
	if (sight->ground > SIGHT_LOCAL)
		choice.io_threads = IO_THREADS_FAR;
	(void)describe(sight, what, sizeof(what));
	(void)snprintf(choice.why, sizeof(choice.why), "%s, %u %s: %s", what, choice.workers,
	               choice.workers == 1 ? "worker is of use" : "workers are of use",
	               reason_of(&choice, trusted));
	return choice;
}
