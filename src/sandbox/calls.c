/* calls.c - the filter: written down by libseccomp once, put up by each worker.
 *
 * The lists are what the C library, libvips and the libraries behind it were seen to call from
 * buffer to buffer, in every format, on Debian 12 and 13: tests/cli/test_sandbox.py runs them with
 * a filter that kills.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "sandbox/libseccomp.h"
#include "sandbox/walls.h"

/* Longer than the name of any system call. */
#define NAME_MAX_BYTES 32

/* Memory, threads, clocks, and what is open already. */
static const char *const allowed[] = {
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "lseek",
    "close",
    "fstat",
    "ftruncate",
    "fallocate",
    "sendmsg",
    "recvmsg",
    "poll",
    "ppoll",
    "futex",
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "mincore",
    "rt_sigprocmask",
    "rt_sigaction",
    "rt_sigreturn",
    "sigaltstack",
    "set_robust_list",
    "rseq",
    "exit",
    "exit_group",
    "sched_yield",
    "sched_getaffinity",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "clock_nanosleep",
    "nanosleep",
    "getrandom",
    "get_mempolicy",
    "set_mempolicy",
    "sysinfo",
    "gettid",
    "getpid",
    "getppid",
    "restart_syscall",
    "getrusage",
    "getrlimit",
    "uname",
};

/* Libraries look for files that they can do without: what they are told is that there is nothing
 * for them, and never a kill, which would cost a picture that can be made. */
static const char *const absent[] = {
    "open",   "openat",   "openat2",   "stat",        "lstat",    "newfstatat",
    "statx",  "access",   "faccessat", "faccessat2",  "readlink", "readlinkat",
    "unlink", "unlinkat", "mkdir",     "mkdirat",     "getcwd",   "umask",
    "ioctl",  "socket",   "connect",   "getpeername",
};

/* The C library has another way where the kernel does not know these, and none where they are
 * forbidden. */
static const char *const unknown[] = {"clone3"};

/* Stands in the filter for the process that loads it, until it does. More than a process's number
 * can be. */
#define OWN_PID 0x7ffffffeU

static bool is_among(const char *name, const char *names)
{
	const size_t length = strlen(name);

	for (const char *at = names; at && (at = strstr(at, name)); at += length)
		if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

const bool calls_are_built = true;

struct making {
	struct libseccomp library;
	scmp_filter_ctx filter;
	const char *beside; /* allowed whatever the lists say */
	int status;
};

/* What this machine has not is not to be listed either. */
static void add(struct making *making, uint32_t action, const char *name, unsigned conditions,
                const struct scmp_arg_cmp *condition)
{
	const int number = making->library.seccomp_syscall_resolve_name(name);
	int status;

	if (making->status || number < 0 || is_among(name, making->beside))
		return;
	status = making->library.seccomp_rule_add_array(making->filter, action, number, conditions,
	                                                condition);
	if (status)
		making->status = status;
}

static void add_list(struct making *making, uint32_t action, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(making, action, names[i], 0, NULL);
}

static void add_if(struct making *making, const char *name, unsigned argument, uint64_t mask,
                   uint64_t value)
{
	const struct scmp_arg_cmp condition = SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value);

	add(making, SCMP_ACT_ALLOW, name, 1, &condition);
}

/* Of these calls a part. A file can't be mapped to be executed either, nor memory be made so.
 * Memory that is shared, or grows downwards, is not counted by RLIMIT_DATA, which bounds what a
 * worker may have: setrlimit(2). */
static void add_conditions(struct making *making)
{
	const uint64_t thread = CLONE_THREAD | CLONE_VM, number = UINT32_MAX;
	const struct scmp_arg_cmp reading[] = {SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, number, 0),
	                                       SCMP_CMP64(2, SCMP_CMP_EQ, 0, 0)};
	const struct scmp_arg_cmp mapping[] = {
	    SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MAP_TYPE | MAP_GROWSDOWN, MAP_PRIVATE)};
	const struct scmp_arg_cmp itself[] = {
	    SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, number, PRIO_PROCESS),
	    SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, number, 0)};

	add(making, SCMP_ACT_ALLOW, "mmap", 2, mapping);
	add_if(making, "mprotect", 2, PROT_EXEC, 0);
	add_if(making, "clone", 0, thread, thread);
	add_if(making, "sendto", 4, UINT64_MAX, 0); /* to whom the socket is connected */
	add_if(making, "sched_setaffinity", 0, number, 0);
	add_if(making, "prctl", 0, number, PR_SET_NAME);
	add_if(making, "prctl", 0, number, PR_GET_NAME);
	add_if(making, "tgkill", 0, number, OWN_PID);
	add(making, SCMP_ACT_ALLOW, "getpriority", 2, itself);
	add(making, SCMP_ACT_ALLOW, "setpriority", 2, itself);
	add(making, SCMP_ACT_ALLOW, "prlimit64", 2, reading);
}

static void add_beside(struct making *making, const char *names)
{
	char name[NAME_MAX_BYTES];

	while (names && *names) {
		const size_t length = strcspn(names, " ");

		if (length > 0 && length < sizeof(name)) {
			memcpy(name, names, length);
			name[length] = '\0';
			add(making, SCMP_ACT_ALLOW, name, 0, NULL);
		}
		names += length + (names[length] == ' ');
	}
}

bool calls_know(const char *names)
{
	char name[NAME_MAX_BYTES];
	struct libseccomp library;

	if (!libseccomp_load(&library))
		return true;
	while (names && *names) {
		const size_t length = strcspn(names, " ");

		if (length >= sizeof(name))
			return false;
		memcpy(name, names, length);
		name[length] = '\0';
		/* a name of another machine's has a number below zero that is not this one */
		if (length > 0 && library.seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
			return false;
		names += length + (names[length] == ' ');
	}
	return true;
}

/* libseccomp writes to descriptors alone. A pipe has room for any filter of this size. */
static int export(const struct making *making, struct calls *calls)
{
	enum { MOST = 32768 };
	int ends[2];
	ssize_t got = -1;

	calls->code = malloc(MOST);
	if (!calls->code)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	int status = making->library.seccomp_export_bpf(making->filter, ends[1]);

	(void)close(ends[1]);
	if (!status && (got = read(ends[0], calls->code, MOST)) < 0)
		status = -errno;
	(void)close(ends[0]);
	if (got > 0)
		calls->count = (size_t)got / sizeof(*calls->code);
	return status;
}

/* libseccomp 2.5 exports a filter that is none of ours, and calls that a success, where it runs out
 * of memory on the way: the same comes twice only of one that is whole. */
static int export_surely(const struct making *making, struct calls *calls)
{
	struct calls again = {0};
	int status = export(making, calls);

	if (!status)
		status = export(making, &again);
	if (!status && (again.count != calls->count ||
	                memcmp(again.code, calls->code, again.count * sizeof(*again.code)) != 0))
		status = -ENOMEM;
	free(again.code);
	return status;
}

static void set_up(struct making *making)
{
	/* A binary search over the numbers instead of one after the other. */
	(void)making->library.seccomp_attr_set(making->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* Calls by another machine's numbers: nothing that is well makes any. */
	making->status = making->library.seccomp_attr_set(making->filter, SCMP_FLTATR_ACT_BADARCH,
	                                                  SCMP_ACT_KILL_PROCESS);
	add_list(making, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(*allowed));
	add_list(making, SCMP_ACT_ERRNO(EACCES), absent, sizeof(absent) / sizeof(*absent));
	add_list(making, SCMP_ACT_ERRNO(ENOSYS), unknown, sizeof(unknown) / sizeof(*unknown));
	add_conditions(making);
	const char *beside = making->beside;

	making->beside = NULL;
	add_beside(making, beside);
}

int calls_make(struct calls *calls, const char *beside, bool kills)
{
	struct making making = {.beside = beside};

	*calls = (struct calls){0};
	if (!libseccomp_load(&making.library))
		return -ENOPKG;
	making.filter =
	    making.library.seccomp_init(kills ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	if (!making.filter)
		return -ENOMEM;
	set_up(&making);
	if (!making.status)
		making.status = export_surely(&making, calls);
	making.library.seccomp_release(making.filter);
	return making.status;
}

int calls_close(const struct calls *calls)
{
	const struct sock_fprog program = {.len = (unsigned short)calls->count,
	                                   .filter = calls->code};
	/* Not slowed down for what it might find out about its own memory; nobody else's is in it.
	 */
	const unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	const uint32_t own = (uint32_t)getpid();

	for (size_t i = 0; i < calls->count; i++)
		if (BPF_CLASS(calls->code[i].code) == BPF_JMP && calls->code[i].k == OWN_PID)
			calls->code[i].k = own;
	long status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	if (status < 0 && errno == EINVAL)
		status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	return status < 0 ? -errno : status > 0 ? -EBUSY : 0;
}
