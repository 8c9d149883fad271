/* signals.c - see signals.h. */
#include <stddef.h>
#include <unistd.h>

#include "batch/signals.h"

/* Seconds that the second signal, or before there is work the first, leaves for an orderly end.
 * Each sign of one begins them anew. */
#define LAST_SECONDS 5

enum effect { ASKS, HANGS_UP, IGNORED, LAST_RESORT, WARNS, ENDS };

static const struct {
	int number;
	enum effect effect;
} watched[] = {
    {SIGUSR1, ASKS}, {SIGXFSZ, IGNORED}, {SIGALRM, LAST_RESORT}, {SIGUSR2, WARNS}, {SIGXCPU, WARNS},
    {SIGINT, ENDS},  {SIGTERM, ENDS},    {SIGHUP, ENDS},         {SIGIO, IGNORED},
};

#define WATCHED (sizeof(watched) / sizeof(watched[0]))

_Static_assert(WATCHED == SIGNALS_MAX, "struct signals has room for each");

static volatile sig_atomic_t count;
static volatile sig_atomic_t first;
static volatile sig_atomic_t asked;
static volatile sig_atomic_t hung_up;
static volatile sig_atomic_t working; /* there are jobs whose end is worth waiting for */

/* The runs within a watch leave alone the handlers that it has set. */
static unsigned depth;

static void ask(int signal_number)
{
	(void)signal_number;
	asked = 1;
}

static void hang_up(int signal_number)
{
	(void)signal_number;
	hung_up = 1;
}

static void warn(int signal_number)
{
	if (!first)
		first = signal_number;
	if (count == 0)
		count = 1;
	if (!working)
		(void)alarm(LAST_SECONDS);
}

static void end(int signal_number)
{
	if (!first)
		first = signal_number;
	if (count < 2)
		count = count + 1;
	if (count == 2 || !working)
		(void)alarm(LAST_SECONDS);
}

/* Nobody has looked for so long: the program ends as if the first signal had never been handled. */
static void last_resort(int signal_number)
{
	sigset_t own;

	(void)signal_number;
	(void)signal(first, SIG_DFL);
	(void)sigemptyset(&own);
	(void)sigaddset(&own, first);
	(void)sigprocmask(SIG_UNBLOCK, &own, NULL);
	(void)raise(first);
}

static enum effect effect_of(const struct signals *signals, size_t i)
{
	return watched[i].number == SIGHUP && signals->hangups ? HANGS_UP : watched[i].effect;
}

static void set(struct signals *signals, size_t i)
{
	static void (*const handlers[])(int) = {
	    [ASKS] = ask,   [HANGS_UP] = hang_up, [IGNORED] = SIG_IGN, [LAST_RESORT] = last_resort,
	    [WARNS] = warn, [ENDS] = end};
	const enum effect effect = effect_of(signals, i);
	/* SIGUSR1 is no reason for a call to return early, with half a line of a list, say */
	struct sigaction action = {.sa_handler = handlers[effect],
	                           .sa_flags =
	                               effect == ASKS || effect == HANGS_UP ? SA_RESTART : 0};

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(watched[i].number, NULL, &signals->before[i]);
	if (!(effect == WARNS || effect == ENDS) || signals->before[i].sa_handler != SIG_IGN)
		(void)sigaction(watched[i].number, &action, NULL);
}

static bool is_early(const struct signals *signals, size_t i)
{
	const enum effect effect = effect_of(signals, i);

	return effect == ASKS || effect == HANGS_UP || effect == IGNORED;
}

void signals_watch(struct signals *signals, bool hangups)
{
	signals->hangups = hangups;
	signals->ends = false;
	if (depth++ > 0)
		return;
	count = 0;
	first = 0;
	asked = 0;
	hung_up = 0;
	working = 0;
	for (size_t i = 0; i < WATCHED; i++) {
		if (is_early(signals, i))
			set(signals, i);
	}
}

void signals_end_gently(struct signals *signals)
{
	if (depth > 1)
		return;
	signals->ends = true;
	for (size_t i = 0; i < WATCHED; i++) {
		if (!is_early(signals, i))
			set(signals, i);
	}
}

void signals_work(void)
{
	working = 1;
	if (count == 1)
		(void)alarm(0);
}

void signals_end(const struct signals *signals)
{
	working = 0;
	if (--depth > 0)
		return;
	if (count > 0) {
		(void)alarm(0);
		return;
	}
	for (size_t i = 0; i < WATCHED; i++) {
		if (is_early(signals, i) || signals->ends)
			(void)sigaction(watched[i].number, &signals->before[i], NULL);
	}
}

unsigned signals_count(void)
{
	return (unsigned)count;
}

int signals_first(void)
{
	return first;
}

void signals_progress(void)
{
	if (count == 2)
		(void)alarm(LAST_SECONDS);
}

bool signals_asked(void)
{
	const bool was = asked;

	asked = 0;
	return was;
}

bool signals_hung_up(void)
{
	const bool was = hung_up;

	hung_up = 0;
	return was;
}

bool signals_are_asking(void)
{
	return asked || hung_up;
}

void signals_all(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < WATCHED; i++)
		(void)sigaddset(set, watched[i].number);
}
