/* signals.h - what signals mean while a batch runs.
 *
 * SIGINT, SIGTERM, SIGHUP  the first ends the run gently: nothing new is begun. The second kills
 *                          what runs; where that is in vain, since this thread itself hangs in the
 *                          file system, the program ends by the signal some seconds later.
 * SIGUSR2, SIGXCPU         end it gently, however often they come: a scheduler's and the kernel's
 *                          (each second: see setrlimit(2)) warnings that time is nearly up.
 *                          Before there is work, while sources are looked for, each of these ends
 *                          the run at once, and the program where that hangs for seconds.
 * SIGUSR1                  asks how far the run is.
 * SIGXFSZ                  is ignored, so that a file too large is an error of write(2).
 *
 * Handlers count; the pump looks. The flags are the program's only global state, since a handler
 * can reach nothing else; so one batch can run at a time.
 */
#ifndef BATCH_SIGNALS_H
#define BATCH_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* All that are changed. */
#define SIGNALS_MAX 8

struct signals {
	bool ends; /* signals_end_gently() was called */
	struct sigaction before[SIGNALS_MAX];
};

/* From now on questions are noted and SIGXFSZ is ignored. Those that end a program do so still. */
void signals_watch(struct signals *signals);

/* From now on those that end a run are counted: there is something to be brought to an end. One
 * that was ignored, as by nohup, stays so. */
void signals_end_gently(struct signals *signals);

/* Work has begun, and goes on for a while after the first of them. */
void signals_work(void);

/* Everything as it was. */
void signals_restore(const struct signals *signals);

/* 0: none came that ends the run, 1: gently, 2: at once. And which came first, or 0. */
unsigned signals_count(void);
int signals_first(void);

/* The end in order goes on: the last resort is put off. */
void signals_progress(void);

/* Whether SIGUSR1 has come since the last call. */
bool signals_asked(void);

#endif
