/* signals.h - what signals mean while a batch runs.
 *
 * SIGHUP                   may be noted for the observer, who opens log files anew; or else:
 * SIGINT, SIGTERM, SIGHUP  the first ends the run gently: nothing new is begun. The second kills
 *                          what runs. If even that is in vain, since this thread itself hangs in
 *                          the file system, the program ends by the signal some seconds later.
 * SIGUSR2, SIGXCPU         end the run gently, however often they come: a scheduler and the kernel
 *                          (each second: see setrlimit(2)) warn that time is nearly up.
 * SIGALRM                  is that last resort: the program ends by the signal that came first.
 * SIGUSR1                  asks how far the run is.
 * SIGXFSZ                  is ignored, so that a file too large is an error of write(2).
 * SIGIO                    is ignored: it tells of leases, which who watches holds for a moment.
 *
 * Before there is work, while sources are looked for, any of those that end a run ends it at once,
 * and the program a few seconds later if the search hangs.
 *
 * Who watches (br_batch_watch()) begins and ends all this around the runs that it makes, each of
 * which begins and ends it as well: what counts is the outermost.
 *
 * Handlers count; the pump looks. A handler reaches only global variables: the counts are such, so
 * a program runs one batch at a time.
 */
#ifndef BATCH_SIGNALS_H
#define BATCH_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* All that are changed. */
#define SIGNALS_MAX 9

struct signals {
	bool ends;    /* signals_end_gently() was called */
	bool hangups; /* SIGHUP ends nothing */
	struct sigaction before[SIGNALS_MAX];
};

/* From now on SIGUSR1 is noted and SIGXFSZ is ignored; `hangups`: SIGHUP is noted as well, instead
 * of ending the run. Signals that end a program still do. */
void signals_watch(struct signals *signals, bool hangups);

/* From now on those that end a run are counted instead of ending the program. One that was ignored,
 * as by nohup, stays so. */
void signals_end_gently(struct signals *signals);

/* Work has begun: from now on the first of them ends it gently. */
void signals_work(void);

/* The run is over. Everything is as it was, unless a signal ended the run: that may come again,
 * once to each process of a group or each second, and must not cut off what is still to be said.
 * From now on it leaves a few seconds for that; who ends by it sets SIG_DFL before. */
void signals_end(const struct signals *signals);

/* 0: none came that ends the run, 1: gently, 2: at once. And which came first, or 0. */
unsigned signals_count(void);
int signals_first(void);

/* A result came in while the run ends: the last resort is put off. */
void signals_progress(void);

/* Whether SIGUSR1 has come since the last call. */
bool signals_asked(void);

/* All that are watched, for who wants to sleep until one comes. */
void signals_all(sigset_t *set);

/* The same of SIGHUP, if it ends nothing. */
bool signals_hung_up(void);

/* Whether either has come, and is still to be asked for. */
bool signals_are_asking(void);

#endif
