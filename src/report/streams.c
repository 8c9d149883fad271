/* streams.c - see streams.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "io/stream.h"
#include "report/report.h"
#include "report/streams.h"

void streams_prepare(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* Opened the wrong way round: using it fails, as if it were closed. open() takes
		 * the lowest number that is free, and that is fd. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	/* These hold before and after a run as well: a report too large is to be an error of
	 * write(2), and asking how far the run is must not end it. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
}

int streams_finish(void)
{
	struct br_error error;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		/* Network file systems do not report a full disk before a close. */
		errno = -stream_settle(STDOUT_FILENO);
		if (errno == 0)
			return REPORT_EXIT_OK;
	}
	if (errno == EPIPE)
		return 128 + SIGPIPE;
	(void)br_error_system(&error, errno ? errno : EIO, "cannot write to standard output");
	report_error(&error);
	return REPORT_EXIT_RUN;
}
