/* threads.c - see threads.h. */
#include "base/threads.h"

#include <signal.h>

int threads_start(pthread_t *thread, const pthread_attr_t *attributes,
                  void *(*work)(void *argument), void *argument)
{
	sigset_t all, before;
	int status;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGSEGV);
	(void)sigdelset(&all, SIGBUS);
	(void)sigdelset(&all, SIGFPE);
	(void)sigdelset(&all, SIGILL);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	status = pthread_create(thread, attributes, work, argument);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -status;
}
