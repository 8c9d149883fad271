/* children.c - see children.h. */
#include "exec/children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

/* How long the children's deaths are waited for, in ms. */
#define END_MS 1000

/* How often the children are looked at if there is no signalfd(2). */
#define LOOK_MS 10

int children_init(struct children *children, unsigned count)
{
	sigset_t mask;

	*children = (struct children){.count = count, .signals = -1};
	children->child = calloc(count, sizeof(struct child));
	if (!children->child)
		return -ENOMEM;
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGCHLD);
	(void)sigaddset(&mask, SIGCONT);
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Children unblock them again: worker_isolate(). */
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	children->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return 0;
}

int children_poll(const struct children *children, int control)
{
	struct pollfd events[2] = {{.fd = control, .events = POLLIN},
	                           {.fd = children->signals, .events = POLLIN}};

	if (poll(events, 2, children->signals < 0 ? LOOK_MS : -1) < 0)
		return errno == EINTR ? 0 : -errno;
	return events[0].revents != 0;
}

static bool is_known(const struct children *children, pid_t pid)
{
	for (unsigned i = 0; i < children->count; i++) {
		if (children->child[i].pid == pid)
			return true;
	}
	return false;
}

static void end_stranger(const struct children *children, pid_t pid)
{
	/* It is a child of this process, which alone could bury it: it is nobody else by now. */
	if (!is_known(children, pid))
		(void)kill(pid, SIGKILL);
}

/* By the list of children that the kernel keeps. False where it keeps none (CONFIG_PROC_CHILDREN).
 */
static bool sweep_listed(const struct children *children)
{
	char path[64];
	int pid;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *list = fopen(path, "re");

	if (!list)
		return false;
	while (fscanf(list, "%d", &pid) == 1)
		end_stranger(children, pid);
	(void)fclose(list);
	return true;
}

/* The parent of a process; -1 if that is not told, or it has ended. */
static pid_t parent_of(int proc, const char *pid)
{
	char path[32], text[512];
	int parent = -1;
	const char *behind;

	if (snprintf(path, sizeof(path), "%s/stat", pid) >= (int)sizeof(path))
		return -1;
	const int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	const ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		(void)close(fd);
	if (got <= 0)
		return -1;
	text[got] = '\0';
	/* its name, in brackets, may hold anything, brackets too */
	behind = strrchr(text, ')');
	return behind && sscanf(behind, ") %*c %d", &parent) == 1 ? parent : -1;
}

/* By a look at every process that there is, if /proc numbers them as they are numbered here. */
static void sweep_all(const struct children *children)
{
	const pid_t self = getpid();
	const struct dirent *entry;
	char number[16] = "";
	DIR *all = opendir("/proc");

	if (!all || readlinkat(dirfd(all), "self", number, sizeof(number) - 1) < 0 ||
	    atoi(number) != self)
		goto out;
	while ((entry = readdir(all))) {
		const int pid = atoi(entry->d_name); /* 0 for what is no process */

		if (pid > 0 && parent_of(dirfd(all), entry->d_name) == self)
			end_stranger(children, pid);
	}
out:
	if (all)
		(void)closedir(all);
}

/* Kills those that others have left here. What they leave comes next. */
static void sweep(const struct children *children)
{
	if (!sweep_listed(children))
		sweep_all(children);
}

int children_reap(struct children *children, int *status, struct rusage *usage)
{
	struct signalfd_siginfo info;
	pid_t pid;

	/* Several deaths may stand behind one signal. */
	(void)!read(children->signals, &info, sizeof(info));
	while ((pid = wait4(-1, status, WNOHANG, usage)) > 0) {
		children->unswept = true;
		for (unsigned i = 0; i < children->count; i++) {
			if (children->child[i].pid != pid)
				continue;
			children->child[i].pid = 0;
			return (int)i;
		}
	}
	if (children->unswept)
		sweep(children);
	children->unswept = false;
	return -1;
}

void children_end(struct children *children)
{
	struct pollfd death = {.fd = children->signals, .events = POLLIN};
	const uint64_t begin = clock_ns();
	struct signalfd_siginfo info;
	pid_t pid;

	for (unsigned i = 0; i < children->count; i++) {
		if (children->child[i].pid)
			(void)kill(children->child[i].pid, SIGKILL);
	}
	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 && clock_ms_since(begin) < END_MS) {
		if (pid > 0)
			continue;
		sweep(children);
		(void)poll(&death, 1, children->signals < 0 ? LOOK_MS : END_MS);
		(void)!read(children->signals, &info, sizeof(info));
	}
}
