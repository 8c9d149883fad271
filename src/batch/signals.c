/* signals.c - see signals.h. */
#include <stddef.h>

#include "batch/signals.h"

static const int watched[SIGNALS_WATCHED] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t count;
static volatile sig_atomic_t first;

static void note(int signal_number)
{
	if (!first)
		first = signal_number;
	if (count < 2)
		count = count + 1;
}

void signals_watch(struct signals *signals)
{
	struct sigaction action = {.sa_handler = note};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	count = 0;
	first = 0;
	(void)sigemptyset(&action.sa_mask);
	(void)sigemptyset(&ignore.sa_mask);
	for (size_t i = 0; i < SIGNALS_WATCHED; i++) {
		(void)sigaction(watched[i], NULL, &signals->before[i]);
		if (signals->before[i].sa_handler != SIG_IGN)
			(void)sigaction(watched[i], &action, NULL);
	}
	(void)sigaction(SIGXFSZ, &ignore, &signals->before_file_size);
}

void signals_restore(const struct signals *signals)
{
	for (size_t i = 0; i < SIGNALS_WATCHED; i++)
		(void)sigaction(watched[i], &signals->before[i], NULL);
	(void)sigaction(SIGXFSZ, &signals->before_file_size, NULL);
}

unsigned signals_count(void)
{
	return (unsigned)count;
}

int signals_first(void)
{
	return first;
}
