/* inject.c - runs a program one of whose system calls fails, or is where a process is killed.
 *
 *   inject ROLE NTH ERROR|SIGNAL TOLD PROGRAM [ARGUMENT]...
 *
 * Counts the system calls of all processes of that ROLE, all together: "parent" (the program
 * itself, with its threads), "zygote", "worker", or "any"; but not what the dynamic loader does
 * before main(): the first fcntl(2), with which the program looks at its streams, is number 0. Call
 * number NTH, from 0, is not made but fails with ERROR, a number; or its process gets the signal
 * -ERROR before it. What was done is written into the file TOLD: "<number of the call, or -1>
 * <role> <calls counted>". Ends as the program does.
 *
 * By seccomp's user notification (seccomp_unotify(2)), which sees what a library's own calls are as
 * well, takes 5 us a call, needs no root, and is indifferent to what else the program does with
 * seccomp. Left alone is what can't fail, and close(2): one that is not made leaves a descriptor
 * open, as no kernel does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	UNKNOWN = -2,
	COULD_NOT = 99, /* exit status where there is no such filter */
	ORPHANS_MS = 5000,
};

/* Calls that can't fail for want of anything, and those of which glibc makes an abort. */
static const int left_alone[] = {
    SYS_close,           SYS_futex,        SYS_exit,           SYS_exit_group, SYS_rt_sigreturn,
    SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_brk,        SYS_getpid,
    SYS_gettid,          SYS_getppid,      SYS_getuid,         SYS_geteuid,    SYS_getgid,
    SYS_getegid,         SYS_umask,        SYS_sched_yield,    SYS_execve,     SYS_set_robust_list,
    SYS_set_tid_address, SYS_rseq,         SYS_munmap,
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
};

struct plan {
	const char *role;
	long nth;
	int error; /* negative: a signal */
	long count;
	int begun; /* the loader has done its work */
	int fired; /* the call's number; -1: not yet */
	char fired_in[32];
	const char *told;
};

static int install_filter(void)
{
	enum { COUNT = sizeof(left_alone) / sizeof(left_alone[0]) };
	struct sock_filter code[2 * COUNT + 2];
	struct sock_fprog program = {0, code};
	unsigned short at = 0;

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                          offsetof(struct seccomp_data, nr));
	for (int i = 0; i < COUNT; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		                                          (unsigned)left_alone[i], 0, 1);
		code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	program.len = at;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	                    &program);
}

/* Starts the program, stopped at its first system call, and returns the listener. It shares our
 * descriptors up to its exec: the listener can't be handed over, for that would be a system call.
 */
static int start(char **argv, pid_t *pid)
{
	volatile int *listener =
	    mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (listener == MAP_FAILED)
		return -1;
	*listener = UNKNOWN;
	*pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (*pid == 0) {
		*listener = install_filter();
		if (*listener >= 0)
			execv(argv[0], argv);
		_exit(COULD_NOT);
	}
	while (*pid > 0 && *listener == UNKNOWN)
		sched_yield();
	return *pid > 0 ? *listener : -1;
}

static void find_role(pid_t tid, char role[32])
{
	char path[64];
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	role[0] = 0;
	stream = fopen(path, "r");
	if (stream) {
		if (!fgets(role, 32, stream))
			role[0] = 0;
		fclose(stream);
	}
	role[strcspn(role, "\n")] = 0;
	if (strcmp(role, "worker") != 0 && strcmp(role, "zygote") != 0)
		strcpy(role, "parent");
}

/* Whether it is now. */
static int is_due(struct plan *plan, const struct seccomp_notif *call)
{
	char role[32] = "any";

	plan->begun = plan->begun || call->data.nr == SYS_fcntl;
	if (plan->fired >= 0 || !plan->begun)
		return 0;
	if (strcmp(plan->role, "any") != 0 || plan->count == plan->nth)
		find_role((pid_t)call->pid, role);
	if (strcmp(plan->role, "any") != 0 && strcmp(plan->role, role) != 0)
		return 0;
	if (plan->count++ != plan->nth)
		return 0;
	plan->fired = call->data.nr;
	strcpy(plan->fired_in, role);
	return 1;
}

static void tell(const struct plan *plan)
{
	FILE *stream = fopen(plan->told, "w");

	if (stream) {
		fprintf(stream, "%d %s %ld\n", plan->fired, plan->fired >= 0 ? plan->fired_in : "-",
		        plan->count);
		fclose(stream);
	}
}

static void answer(int listener, struct plan *plan)
{
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp response = {0};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
		return;
	response.id = call.id;
	response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (is_due(plan, &call)) {
		tell(plan); /* already here, should the program never end */
		if (plan->error < 0) {
			kill((pid_t)call.pid, -plan->error);
		} else {
			response.error = -plan->error;
			response.flags = 0;
		}
	}
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* Until nobody is left whose calls are asked about; not for ever when the program itself has ended.
 */
static int serve(int listener, pid_t pid, struct plan *plan)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	int status = 0, ended = 0, waited = 0;

	while (waited < ORPHANS_MS) {
		int count = poll(&ready, 1, 10);

		if (count > 0 && ready.revents & POLLIN)
			answer(listener, plan);
		else if (count > 0 && ready.revents & POLLHUP)
			break;
		else
			waited += ended ? 10 : 0;
		ended = ended || waitpid(pid, &status, WNOHANG) == pid;
	}
	if (!ended)
		waitpid(pid, &status, 0);
	return status;
}

int main(int argc, char **argv)
{
	struct plan plan = {.fired = -1};
	int listener, status;
	pid_t pid;

	if (argc < 6) {
		fputs("usage: inject ROLE NTH ERROR|-SIGNAL TOLD PROGRAM [ARGUMENT]...\n", stderr);
		return COULD_NOT;
	}
	plan.role = argv[1];
	plan.nth = atol(argv[2]);
	plan.error = atoi(argv[3]);
	plan.told = argv[4];
	listener = start(argv + 5, &pid);
	if (listener < 0) {
		fputs("inject: no filter with a listener can be had here (seccomp)\n", stderr);
		return COULD_NOT;
	}
	status = serve(listener, pid, &plan);
	tell(&plan);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return WEXITSTATUS(status);
}
