/* threads.h - threads that leave signals to others. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H

#include <pthread.h>

/* Starts a thread as pthread_create() does; `attributes` may be NULL. It takes no signals but those
 * that its own faults raise (SIGSEGV, SIGBUS, SIGFPE, SIGILL): all others are for the threads that
 * were there. Returns 0 or a negative errno. Thread-safe. */
int threads_start(pthread_t *thread, const pthread_attr_t *attributes,
                  void *(*work)(void *argument), void *argument);

#endif
