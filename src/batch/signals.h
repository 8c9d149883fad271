/* signals.h - SIGINT, SIGTERM and SIGHUP while a batch runs.
 *
 * The handler counts; the pump looks. The first signal stops taking new work, the second kills what
 * runs. The flags are the program's only global state, since a handler can reach nothing else; so
 * one batch can run at a time.
 */
#ifndef BATCH_SIGNALS_H
#define BATCH_SIGNALS_H

#include <signal.h>

#define SIGNALS_WATCHED 3

struct signals {
	struct sigaction before[SIGNALS_WATCHED];
	struct sigaction before_file_size;
};

/* From now on the three are counted (but for one that was ignored, as by nohup: it stays so), and
 * SIGXFSZ is ignored, so that a file too large is an error of write(2). */
void signals_watch(struct signals *signals);
void signals_restore(const struct signals *signals);

/* How often, and which came first; 0 when none did. */
unsigned signals_count(void);
int signals_first(void);

#endif
