/* walls.h - each wall by itself. Private to sandbox.c, privileges.c, files.c, calls.c,
 * no_calls.c.
 */
#ifndef SANDBOX_WALLS_H
#define SANDBOX_WALLS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/filter.h>

/* No capability, no new ones by execve(2), not to be traced or dumped, nothing locked in memory. 0
 * or a negative errno. */
int privileges_drop(void);

/* Landlock: no file can be opened, made or removed; as far as the kernel's version of it goes, no
 * TCP port be used and no process outside be signalled. *on: which of that, of enum
 * br_executor_wall. 0 or a negative errno. */
int files_close(unsigned *on);

/* A filter of system calls as the kernel takes it. Zeroed: none. */
struct calls {
	struct sock_filter *code;
	size_t count;
};

/* Whether this build can make one. */
extern const bool calls_are_built;

/* As in sandbox.h. 0 or a negative errno: -ENOPKG without libseccomp, -EOPNOTSUPP if this build
 * can't.
 */
int calls_make(struct calls *calls, const char *beside, bool kills);
bool calls_know(const char *names);

/* 0 or a negative errno. */
int calls_close(const struct calls *calls);

#endif
