/* privileges.c - what a process may do beyond its own memory: prctl(2), capset(2), setrlimit(2). */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/walls.h"

/* The C library has no functions for it. A service's filter may forbid to set what is so already.
 */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) == 0)
		return 0;
	const int status = -errno;

	if (syscall(SYS_capget, &header, held) == 0 && memcmp(held, none, sizeof(none)) == 0)
		return 0;
	return status;
}

/* RLIMIT_NPROC can't be among them: it counts threads, all those of the user together, and image
 * libraries start some. That a worker starts no process is for the filter. */
static void forbid_by_limits(void)
{
	static const int forbidden[] = {RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE,
	                                RLIMIT_RTPRIO};
	const struct rlimit none = {0, 0};

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		(void)setrlimit((__rlimit_resource_t)forbidden[i], &none);
}

int privileges_drop(void)
{
	int status;

	forbid_by_limits();
	(void)prctl(PR_SET_DUMPABLE, 0);
	status = drop_capabilities();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return status;
}
