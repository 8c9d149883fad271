/* priority.c - see priority.h. */
#include "batch/priority.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "batch/tell.h"

/* ioprio_set(2): what it is about, and how class and level make its value. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_CLASS_SHIFT 13
#define IOPRIO_BEST_EFFORT 2
#define IOPRIO_IDLE        3

static void tell_refused(struct pump *pump, const char *option)
{
	struct br_error error;

	(void)br_error_system(&error, errno, "refused, the run goes on without");
	tell_notice_of(pump, BR_BATCH_WARNING, option, error.msg);
}

static void lower_processor(struct pump *pump)
{
	errno = 0;
	const int before = getpriority(PRIO_PROCESS, 0);

	if (errno || setpriority(PRIO_PROCESS, 0, before + (int)pump->options->nice))
		tell_refused(pump, "--nice");
}

static void lower_disk(struct pump *pump)
{
	const enum br_batch_io_priority priority = pump->options->io_priority;
	int value = IOPRIO_IDLE << IOPRIO_CLASS_SHIFT;

	if (priority != BR_BATCH_IO_IDLE)
		value = IOPRIO_BEST_EFFORT << IOPRIO_CLASS_SHIFT |
		        (int)(priority - BR_BATCH_IO_BEST_EFFORT);
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value) != 0)
		tell_refused(pump, "--ionice");
}

void priority_lower(struct pump *pump)
{
	if (pump->options->nice > 0)
		lower_processor(pump);
	if (pump->options->io_priority != BR_BATCH_IO_UNCHANGED)
		lower_disk(pump);
}
