/* executor_attempts.c - see executor_attempts.h. */
#include "executor_attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void *pages(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long try_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long try_openat(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static long try_create(void)
{
	return open("/tmp/of-a-worker", O_WRONLY | O_CREAT, 0600);
}

static long try_stat(void)
{
	struct stat st;

	return stat("/etc/passwd", &st);
}

static long try_unlink(void)
{
	return unlink("/tmp/of-nobody");
}

static long try_ioctl(void)
{
	return syscall(SYS_ioctl, STDERR_FILENO, 0x5412 /* TIOCSTI */, "x");
}

static long try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_socketpair(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static long try_exec(void)
{
	char *const arguments[] = {"true", NULL};

	return execve("/bin/true", arguments, NULL);
}

static long try_exec_of_memory(void)
{
	return (long)memfd_create("program", 0);
}

static long try_exec_of_descriptor(void)
{
	char *const arguments[] = {"true", NULL};

	return syscall(SYS_execveat, STDERR_FILENO, "", arguments, NULL, AT_EMPTY_PATH);
}

static long try_fork(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_new_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_clone_namespace(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long try_kill_parent(void)
{
	return kill(getppid(), 0);
}

static long try_kill_all(void)
{
	return kill(-1, 0);
}

static long try_kill_thread(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long try_map_code(void)
{
	return pages(PROT_READ | PROT_EXEC) == MAP_FAILED ? -1 : 0;
}

/* RLIMIT_DATA counts neither of these. */
static long try_map_shared(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) ==
	               MAP_FAILED
	           ? -1
	           : 0;
}

static long try_map_growing(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN,
	            -1, 0) == MAP_FAILED
	           ? -1
	           : 0;
}

static long try_make_code(void)
{
	return mprotect(pages(PROT_READ | PROT_WRITE), 4096, PROT_READ | PROT_EXEC);
}

static long try_io_uring(void)
{
	char parameters[256] = {0};

	return syscall(SYS_io_uring_setup, 1, parameters);
}

static long try_bpf(void)
{
	char attributes[128] = {0};

	return syscall(SYS_bpf, 0, attributes, sizeof(attributes));
}

static long try_read_parent(void)
{
	char byte;
	const struct iovec here = {&byte, 1}, there = {&byte, 1};

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static long try_raise_limit(void)
{
	const struct rlimit most = {RLIM_INFINITY, RLIM_INFINITY};

	return setrlimit(RLIMIT_CORE, &most);
}

static long try_limit_parent(void)
{
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_CORE, NULL, &limit);
}

static long try_be_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1);
}

static long try_outlive(void)
{
	return prctl(PR_SET_PDEATHSIG, 0);
}

static long try_perf(void)
{
	char attributes[128] = {0};

	return syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0);
}

static long try_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 0);
}

static long try_pidfd(void)
{
	return syscall(SYS_pidfd_open, getppid(), 0);
}

static long try_keys(void)
{
	return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}

static long try_shared_memory(void)
{
	return syscall(SYS_shmget, 0, 4096, 01600);
}

static long try_priority_of_user(void)
{
	return setpriority(PRIO_USER, 0, 19);
}

static long try_duplicate(void)
{
	return dup(STDERR_FILENO);
}

static long try_mount(void)
{
	return syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL);
}

static long try_set_user(void)
{
	return syscall(SYS_setuid, 0);
}

const struct attempt attempts[] = {
    {"open", try_open, EACCES},
    {"openat", try_openat, EACCES},
    {"create", try_create, EACCES},
    {"stat", try_stat, EACCES},
    {"unlink", try_unlink, EACCES},
    {"ioctl", try_ioctl, EACCES},
    {"socket", try_socket, EACCES},
    {"socketpair", try_socketpair, EPERM},
    {"exec", try_exec, EPERM},
    {"exec of memory", try_exec_of_memory, EPERM},
    {"exec of a descriptor", try_exec_of_descriptor, EPERM},
    {"fork", try_fork, EPERM},
    {"unshare", try_new_namespace, EPERM},
    {"clone of a namespace", try_clone_namespace, EPERM},
    {"ptrace", try_ptrace, EPERM},
    {"kill of the parent", try_kill_parent, EPERM},
    {"kill of all", try_kill_all, EPERM},
    {"tgkill of the parent", try_kill_thread, EPERM},
    {"mmap of code", try_map_code, EPERM},
    {"mmap of shared memory", try_map_shared, EPERM},
    {"mmap of memory that grows", try_map_growing, EPERM},
    {"mprotect to code", try_make_code, EPERM},
    {"io_uring_setup", try_io_uring, EPERM},
    {"bpf", try_bpf, EPERM},
    {"process_vm_readv", try_read_parent, EPERM},
    {"setrlimit", try_raise_limit, EPERM},
    {"prlimit of the parent", try_limit_parent, EPERM},
    {"PR_SET_DUMPABLE", try_be_dumpable, EPERM},
    {"PR_SET_PDEATHSIG", try_outlive, EPERM},
    {"perf_event_open", try_perf, EPERM},
    {"userfaultfd", try_userfaultfd, EPERM},
    {"pidfd_open", try_pidfd, EPERM},
    {"keyctl", try_keys, EPERM},
    {"shmget", try_shared_memory, EPERM},
    {"setpriority of the user", try_priority_of_user, EPERM},
    {"dup", try_duplicate, EPERM},
    {"mount", try_mount, EPERM},
    {"setuid", try_set_user, EPERM},
};

const unsigned attempt_count = sizeof(attempts) / sizeof(attempts[0]);
