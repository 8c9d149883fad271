/* apart.c - see apart.h. */
#include "lab/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
#define WATCHED (sizeof(watched) / sizeof(watched[0]))

static volatile sig_atomic_t came;
static struct sigaction before[WATCHED];

static void note(int number)
{
	if (!came)
		came = number;
}

void apart_watch_signals(void)
{
	const struct sigaction action = {.sa_handler = note};

	came = 0;
	for (size_t i = 0; i < WATCHED; i++)
		(void)sigaction(watched[i], &action, &before[i]);
}

void apart_forget_signals(void)
{
	for (size_t i = 0; i < WATCHED; i++)
		(void)sigaction(watched[i], &before[i], NULL);
}

int apart_signal(void)
{
	return came;
}

static _Noreturn void run(apart_measure *measure, const void *ctx, size_t count, int out,
                          pid_t parent)
{
	double figure[32] = {0};
	const size_t bytes = count * sizeof(figure[0]);
	const int null = open("/dev/null", O_RDWR);

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || count > sizeof(figure) / sizeof(figure[0]))
		_exit(1);
	for (size_t i = 0; i < WATCHED; i++)
		(void)signal(watched[i], SIG_DFL);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
	if (measure(ctx, figure) != 0 || write(out, figure, bytes) != (ssize_t)bytes)
		_exit(1);
	_exit(0);
}

/* Until all bytes are there. */
static bool collect(int in, void *bytes, size_t size, uint64_t deadline)
{
	size_t got = 0;

	while (got < size && !came) {
		const uint64_t now = clock_ns();
		struct pollfd ready = {.fd = in, .events = POLLIN};
		ssize_t some;

		if (now >= deadline)
			return false;
		if (poll(&ready, 1, (int)((deadline - now) / NS_PER_MS) + 1) <= 0)
			continue;
		some = read(in, (char *)bytes + got, size - got);
		if (some <= 0)
			return false;
		got += (size_t)some;
	}
	return got == size;
}

static void wait_for(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool measure_in_child(apart_measure *measure, const void *ctx, double *figure, size_t count,
                             unsigned timeout_ms)
{
	const pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	const pid_t child = fork();

	if (child == 0)
		run(measure, ctx, count, ends[1], self);
	(void)close(ends[1]);
	bool well = child > 0 && collect(ends[0], figure, count * sizeof(*figure),
	                                 clock_ns() + timeout_ms * NS_PER_MS);

	(void)close(ends[0]);
	if (child <= 0)
		return false;
	if (well)
		wait_for(child);
	/* what it has started, and left */
	(void)kill(-child, SIGKILL);
	if (!well) {
		(void)kill(child, SIGKILL);
		wait_for(child);
	}
	return well;
}

bool apart(apart_measure *measure, const void *ctx, double *figure, size_t count,
           unsigned timeout_ms)
{
	if (!came && measure_in_child(measure, ctx, figure, count, timeout_ms))
		return true;
	for (size_t i = 0; i < count; i++)
		figure[i] = (double)NAN;
	return false;
}
