/* executor_attempts.h - ways out of a worker process that somebody else has taken over. */
#ifndef EXECUTOR_ATTEMPTS_H
#define EXECUTOR_ATTEMPTS_H

struct attempt {
	const char *name;
	long (*call)(void); /* below 0 with errno, or a way out */
	/* What it is refused with: EACCES if it looks for a file or a socket, which libraries do
	 * that can do without, whatever the filter does with the rest. */
	int error;
};

extern const struct attempt attempts[];
extern const unsigned attempt_count;

#endif
