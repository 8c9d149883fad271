/* apart.h - measuring in a child process, which takes along whatever the measurement leaves:
 * threads, memory, pools. */
#ifndef LAB_APART_H
#define LAB_APART_H

#include <stdbool.h>
#include <stddef.h>

/* Writes its figures; returns 0, or anything else when it can't. */
typedef int apart_measure(const void *ctx, double *figure);

/* Runs it in a child, whose standard streams lead nowhere. True when all `count` figures are there;
 * otherwise they are NAN: it failed, crashed, took longer than timeout_ms, or a signal came. */
bool apart(apart_measure *measure, const void *ctx, double *figure, size_t count,
           unsigned timeout_ms);

/* From here on SIGINT, SIGTERM and SIGHUP end a measurement instead of the program. */
void apart_watch_signals(void);
/* As before. */
void apart_forget_signals(void);
/* The first of them that has come; 0: none has. */
int apart_signal(void);

#endif
