/* sandbox.c - wall after wall: what one needs of the system, those after it refuse. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "sandbox/sandbox.h"
#include "sandbox/walls.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* What the version of Landlock adds is not missing where it is older: the filter of system calls
 * refuses the same. */
#define ASKED (BR_EXECUTOR_WALL_PRIVILEGES | BR_EXECUTOR_WALL_FILES | BR_EXECUTOR_WALL_CALLS)

struct sandbox {
	unsigned walls; /* those that are asked for */
	struct calls calls;
	int calls_status; /* of making them */
};

const char *br_executor_wall_name(enum br_executor_wall wall)
{
	switch (wall) {
	case BR_EXECUTOR_WALL_PRIVILEGES:
		return "no_new_privs";
	case BR_EXECUTOR_WALL_CALLS:
		return "seccomp";
	case BR_EXECUTOR_WALL_FILES:
		return "landlock";
	case BR_EXECUTOR_WALL_NETWORK:
		return "landlock-network";
	case BR_EXECUTOR_WALL_SIGNALS:
		return "landlock-signals";
	}
	return "";
}

const char *br_executor_wall_names(unsigned walls, const char *between, char *names)
{
	size_t used = 0;

	names[0] = '\0';
	for (unsigned wall = 1; wall & SANDBOX_WALLS; wall <<= 1) {
		if ((walls & wall) && used < BR_EXECUTOR_WALL_NAMES_MAX)
			used +=
			    (size_t)snprintf(names + used, BR_EXECUTOR_WALL_NAMES_MAX - used,
			                     "%s%s", used ? between : "",
			                     br_executor_wall_name((enum br_executor_wall)wall));
	}
	return names;
}

unsigned br_executor_walls(void)
{
	if (SANITIZED)
		return 0;
	return SANDBOX_WALLS & ~(calls_are_built ? 0U : (unsigned)BR_EXECUTOR_WALL_CALLS);
}

bool sandbox_knows(const char *calls)
{
	return calls_know(calls);
}

struct sandbox *sandbox_new(unsigned without, const char *calls, bool kills)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));

	if (!sandbox)
		return NULL;
	sandbox->walls = ASKED & ~without;
	if (!SANITIZED && (sandbox->walls & BR_EXECUTOR_WALL_CALLS))
		sandbox->calls_status = calls_make(&sandbox->calls, calls, kills);
	return sandbox;
}

void sandbox_free(struct sandbox *sandbox)
{
	if (sandbox)
		free(sandbox->calls.code);
	free(sandbox);
}

/* Notes how it went with a wall. */
static void note(struct sandbox_state *state, unsigned wall, int status, unsigned on)
{
	if (status == 0) {
		state->on |= on;
		return;
	}
	state->missing |= wall;
	if (!state->error)
		state->error = -status;
}

struct sandbox_state sandbox_enter(const struct sandbox *sandbox)
{
	struct sandbox_state state = {0};
	unsigned on = 0;

	if (SANITIZED) {
		state.missing = sandbox->walls;
		return state;
	}
	/* The kernel asks for it before it takes the others from whoever is not root. */
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (sandbox->walls & BR_EXECUTOR_WALL_PRIVILEGES)
		note(&state, BR_EXECUTOR_WALL_PRIVILEGES, privileges_drop(),
		     BR_EXECUTOR_WALL_PRIVILEGES);
	if (sandbox->walls & BR_EXECUTOR_WALL_FILES) {
		const int status = files_close(&on);

		note(&state, BR_EXECUTOR_WALL_FILES, status, on);
	}
	if (sandbox->walls & BR_EXECUTOR_WALL_CALLS)
		note(&state, BR_EXECUTOR_WALL_CALLS,
		     sandbox->calls_status ? sandbox->calls_status : calls_close(&sandbox->calls),
		     BR_EXECUTOR_WALL_CALLS);
	return state;
}
