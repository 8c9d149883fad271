/* streams.h - the three standard streams, for main: before and after everything else. */
#ifndef REPORT_STREAMS_H
#define REPORT_STREAMS_H

/* Opens a standard descriptor that is closed, so that no picture gets its number, and ignores
 * SIGPIPE, so that a write says EPIPE and there is time to clean up. */
void streams_prepare(void);

/* Flushes stdout. Returns an enum report_exit, or 128 + SIGPIPE when nobody reads it any more; says
 * on stderr what went wrong otherwise. */
int streams_finish(void);

#endif
