/* advice.c - see advice.h. */
#include "batch/advice.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"

static const char *remedy(int status, char text[MEMORY_TEXT_MAX])
{
	const struct memory_room room = memory_room();

	switch (-status) {
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (ulimit -n), or use fewer --jobs";
	case EAGAIN:
		return "raise the limit of processes (ulimit -u), or use fewer --jobs";
	case ENOMEM:
		return memory_room_text(&room, text);
	case ETOOMANYREFS:
		return "another program of this user holds open files in flight (unix(7)): end it, "
		       "raise the limit of open files (ulimit -n), or use --mode thread";
	case ENOBUFS:
		return "the system has no memory for messages: end what takes it, or use --mode "
		       "thread";
	case EFBIG:
		return "hybrid mode needs a larger file size limit (ulimit -f), or use --mode "
		       "process";
	case EOPNOTSUPP:
		if (!(br_executor_walls() & BR_EXECUTOR_WALL_CALLS))
			return "take a build that has it, or say --sandbox=auto";
		return "allow that where workers run (container, service, kernel), install "
		       "libseccomp2, or say --sandbox=auto";
	case ENOSYS:
	case EPERM:
		return "a filter of the container or service refuses that call: allow it there";
	default:
		return "try --mode serial";
	}
}

/* A way to go on that needs less of the system than this mode. */
static const char *instead(enum br_executor_mode mode, int status)
{
	if (status != -ENOSYS && status != -EPERM)
		return "";
	switch (mode) {
	case BR_EXECUTOR_THREAD:
		return ", or use --mode process or serial";
	case BR_EXECUTOR_SERIAL:
		return "";
	default:
		return ", or use --mode thread or serial";
	}
}

int advice_start(struct br_error *error, int status, const char *reason, enum br_executor_mode mode,
                 unsigned workers)
{
	char text[MEMORY_TEXT_MAX];

	return br_error_system(error, -status, "cannot start %s mode with %u worker%s (%s%s)%s%s",
	                       br_executor_mode_name(mode), workers, workers == 1 ? "" : "s",
	                       remedy(status, text), instead(mode, status), *reason ? ": " : "",
	                       reason);
}

int advice_end(struct br_error *error, int cause, const char *reason)
{
	char text[MEMORY_TEXT_MAX];

	switch (-cause) {
	case ECHILD:
		if (*reason)
			return br_error_set(
			    error, BR_ERROR_NO_WORKER,
			    "no worker is left: %s (killed from outside, or for want "
			    "of memory? start the run again, perhaps with fewer "
			    "--jobs)",
			    reason);
		return br_error_set(
		    error, BR_ERROR_NO_WORKER,
		    "the workers were killed from outside, or by the system for want "
		    "of memory: start the run again, perhaps with fewer --jobs");
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case ETOOMANYREFS:
	case ETIME:
		return br_error_set(error, BR_ERROR_NO_WORKER,
		                    "no worker can be had any more (%s%s%s): %s", reason,
		                    *reason ? ": " : "", strerror(-cause), remedy(cause, text));
	case ETIMEDOUT:
		return br_error_set(
		    error, BR_ERROR_TIMEOUT,
		    "too many files do not answer (see those that timed out): is the "
		    "server of a mount gone? start the run again when it is back");
	default:
		if (*reason)
			return br_error_set(error, BR_ERROR_NO_WORKER,
			                    "no worker can be had any more (%s: %s): %s", reason,
			                    strerror(-cause), remedy(cause, text));
		return br_error_system(
		    error, cause ? -cause : EIO,
		    "the run can't go on, its workers can't be waited for "
		    "(start it again; if that does not help, try --mode thread)");
	}
}
