/* python.c - the same of Python's own pools, by python3 if there is one. */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "lab/apart.h"
#include "lab/pools.h"

/* All of it takes some ten seconds. */
#define PYTHON_NS  (UINT64_C(22) * NS_PER_S)
#define TIMEOUT_MS 25000
#define FIGURES    16 /* 7 of pools, 3 handed over, 6 of tasks */

/* Prints a number for each figure, in the order of take(). */
static const char script[] =
    "import concurrent.futures as cf, multiprocessing, os, subprocess, sys, threading, time\n"
    "def nothing(x=None): return x\n"
    "def sleep(_): time.sleep(1)\n"
    "def squares(_): return sum(i * i for i in range(5000000))\n"
    "def add(x): return x + 1\n"
    "def length(x): return len(x)\n"
    "def private(_=None):\n"
    "    try:\n"
    "        lines = open('/proc/self/smaps_rollup').read().splitlines()\n"
    "        return sum(int(l.split()[1]) for l in lines if l.startswith('Private')) * 1024 / 1e6\n"
    "    except OSError:\n"
    "        return float('nan')\n"
    "def timed(work):\n"
    "    begin = time.perf_counter(); work(); return time.perf_counter() - begin\n"
    "def least(work, times): return sorted(timed(work) for _ in range(times))[times // 2]\n"
    "def thread():\n"
    "    t = threading.Thread(target=nothing); t.start(); t.join()\n"
    "def process():\n"
    "    p = multiprocessing.Process(target=nothing); p.start(); p.join()\n"
    "def tell(x): print(x, flush=True)\n"
    "def mapped(kind, work, count, chunk=1):\n"
    "    with kind(max_workers=4) as pool: list(pool.map(work, range(count), chunksize=chunk))\n"
    "if __name__ == '__main__':\n"
    "    T, P = cf.ThreadPoolExecutor, cf.ProcessPoolExecutor\n"
    "    tell(least(thread, 100) * 1e6)\n"
    "    tell(least(process, 9) * 1e6)\n"
    "    tell(least(lambda: subprocess.run([sys.executable, '-c', '']), 3) * 1e6)\n"
    "    before = private(); gate = threading.Event()\n"
    "    crowd = [threading.Thread(target=gate.wait) for _ in range(32)]\n"
    "    [t.start() for t in crowd]\n"
    "    tell(max(0, private() - before) / 32); gate.set(); [t.join() for t in crowd]\n"
    "    with P(max_workers=1) as pool:\n"
    "        tell(pool.submit(private).result())\n"
    "        with T(max_workers=1) as threads:\n"
    "            tell(least(lambda: threads.submit(nothing).result(), 500) * 1e6)\n"
    "        tell(least(lambda: pool.submit(nothing).result(), 300) * 1e6)\n"
    "        for megabytes in (1, 10, 100):\n"
    "            data = bytes(megabytes * 1000000)\n"
    "            tell(least(lambda: pool.submit(length, data).result(), 3) * 1e3)\n"
    "    tell(timed(lambda: mapped(T, sleep, 4)))\n"
    "    tell(timed(lambda: mapped(P, sleep, 4)))\n"
    "    tell(timed(lambda: mapped(T, squares, 4)))\n"
    "    tell(timed(lambda: mapped(P, squares, 4)))\n"
    "    tell(timed(lambda: mapped(T, add, 1000)))\n"
    "    tell(timed(lambda: mapped(P, add, 1000)))\n";

/* A file that python3 reads from its standard input, as "python3 -" does. */
static int script_file(void)
{
	const int fd = memfd_create("script", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, script, sizeof(script) - 1) != (ssize_t)sizeof(script) - 1 ||
	                lseek(fd, 0, SEEK_SET) != 0)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static pid_t start(int in, int out)
{
	/* -I: nothing of the folder that we are in, nor of the user's own */
	char *const command[] = {"python3", "-I", "-", NULL};
	posix_spawn_file_actions_t actions;
	pid_t child = -1;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (posix_spawnp(&child, command[0], &actions, NULL, command, environ) != 0)
		child = -1;
	(void)posix_spawn_file_actions_destroy(&actions);
	return child;
}

/* Numbers, one a line, as far as they come in time. Returns how many. */
static unsigned read_figures(int in, double *figure, uint64_t deadline)
{
	char text[2048];
	size_t size = 0;
	unsigned got = 0;

	while (size < sizeof(text) - 1) {
		struct pollfd ready = {.fd = in, .events = POLLIN};
		const uint64_t now = clock_ns();
		ssize_t some;

		if (now >= deadline ||
		    poll(&ready, 1, (int)((deadline - now) / NS_PER_MS) + 1) <= 0)
			break;
		some = read(in, text + size, sizeof(text) - 1 - size);
		if (some <= 0)
			break;
		size += (size_t)some;
	}
	text[size] = '\0';
	for (char *line = text, *end; got < FIGURES && (end = strchr(line, '\n')); line = end + 1)
		figure[got++] = strtod(line, NULL);
	return got;
}

/* In a child of ours, with which all that it starts is ended. */
static int measure(const void *ctx, double *figure)
{
	int ends[2];
	const int in = script_file();

	(void)ctx;
	for (unsigned i = 0; i < FIGURES; i++)
		figure[i] = (double)NAN;
	if (in < 0 || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	const pid_t child = start(in, ends[1]);

	(void)close(ends[1]);
	if (child < 0)
		return -1;
	return read_figures(ends[0], figure, clock_ns() + PYTHON_NS) > 0 ? 0 : -1;
}

static void take(struct lab *lab, const double *figure)
{
	static const unsigned pools[] = {
	    POOLS_START_THREAD,  POOLS_START_WORKER, POOLS_START_PROCESS, POOLS_MEMORY_THREAD,
	    POOLS_MEMORY_WORKER, POOLS_TRIP_THREAD,  POOLS_TRIP_PROCESS};

	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		lab->pools.row[pools[i]].value[POOLS_PYTHON] = *figure++;
	for (unsigned i = 0; i < HANDOVER_ROWS; i++)
		lab->handover.row[i].value[HANDOVER_PYTHON] = *figure++;
	for (unsigned i = 0; i < TASKS_ROWS; i++) {
		lab->tasks.row[i].value[TASKS_PYTHON_THREAD] = *figure++;
		lab->tasks.row[i].value[TASKS_PYTHON_PROCESS] = *figure++;
	}
}

bool python_measure(struct lab *lab)
{
	double figure[FIGURES];

	if (!apart(measure, NULL, figure, FIGURES, TIMEOUT_MS))
		return false;
	take(lab, figure);
	return true;
}
