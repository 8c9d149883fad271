/* no_calls.c - in place of calls.c in a build without libseccomp (SECCOMP=no). */
#include <errno.h>

#include "sandbox/walls.h"

const bool calls_are_built = false;

int calls_make(struct calls *calls, const char *beside, bool kills)
{
	(void)beside;
	(void)kills;
	*calls = (struct calls){0};
	return -EOPNOTSUPP;
}

bool calls_know(const char *names)
{
	(void)names;
	return true;
}

int calls_close(const struct calls *calls)
{
	(void)calls;
	return -EOPNOTSUPP;
}
