"""A storm of kills over a run: who is blamed, and how soon another worker is at work.

Shared by the quick version among the tests and by `make storm`, which has the full one."""

import collections
import os
import re
import signal
import statistics
import subprocess
import time

from conftest import DEADLINE, Process, assert_whole, environment, read_report, wait_for

# Tells on stderr when a worker is ready, and when it has got its first job.
SHIM = """
#include <dlfcn.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

enum { READY, JOB };

static void tell(const char *what)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	dprintf(2, "%s %lld\\n", what, now.tv_sec * 1000000000LL + now.tv_nsec);
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	if (*(const uint32_t *)header->msg_iov[0].iov_base == READY)
		tell("ready");
	return ((ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg"))(fd, header, flags);
}

ssize_t recvmsg(int fd, struct msghdr *header, int flags)
{
	static int jobs;
	ssize_t got = ((ssize_t (*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg"))(fd, header, flags);

	if (got > 0 && *(const uint32_t *)header->msg_iov[0].iov_base == JOB && ++jobs == 1)
		tell("job");
	return got;
}
"""


def start(directory, mode, jobs, *options, prefix=()):
    command = directory.command(["-j%d" % jobs, "-s", "400", "--quiet", *options, "-o", "out", "images"], mode, "report")
    with open(directory / "said", "wb") as stderr:
        return subprocess.Popen([*prefix, *command], cwd=directory.path, env=environment(), stdin=subprocess.DEVNULL,
                                stderr=stderr)


def picture_of(worker):
    """Of a worker that is stopped: its picture's name, if one alone is open."""
    names = {os.path.basename(name) for name in worker.open_files() if "/images/" in name}
    return names.pop() if len(names) == 1 else None


def strike(worker, mode, struck):
    """Kills a worker. In process mode one whose picture is known, which is counted; False if it is not, and goes on."""
    if mode == "process":
        worker.signal(signal.SIGSTOP)
        wait_for(lambda: worker.state() in ("T", "", "Z", "X"), "a worker to stop")
        picture = picture_of(worker)
        if not picture:
            worker.signal(signal.SIGCONT)
            return False
        struck[picture] += 1
    worker.signal(signal.SIGKILL)
    return True


def made(folder):
    """How many outputs there are. A storm in which nothing is made any more is a machine that kills all, and ends the run."""
    return len(os.listdir(folder)) if folder.exists() else 0


def deaths(record):
    """Those that a picture is blamed for."""
    return record["attempt"] - (record["status"] != "crashed")


def storm(directory, mode, kills, pictures, chance):
    """Kills random workers of a run; looks that each source is reported once, and that nobody is blamed who did not run.
    Returns how many were killed, and blamed."""
    directory.many(pictures)
    run, struck, killed = start(directory, mode, 3), collections.Counter(), 0
    parent = Process(run.pid)
    while killed < kills and run.poll() is None:
        workers = parent.workers() if killed < 3 + 0.6 * made(directory / "out") else []
        killed += bool(workers) and strike(chance.choice(workers), mode, struck)
        time.sleep(chance.uniform(0, 0.004))
    assert run.wait(DEADLINE) in (0, 1), (directory / "said").read_text()
    records = read_report(directory / "report")
    assert len(records) == len({record["source"] for record in records}) == pictures
    assert {record["status"] for record in records} <= {"ok", "crashed"}
    blamed = {os.path.basename(record["source"]): deaths(record) for record in records if deaths(record)}
    innocent = {name: count for name, count in blamed.items() if count > struck[name]} if mode == "process" else {}
    assert not innocent and sum(blamed.values()) <= killed, innocent
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)
    assert len(set(directory.files("out").values())) == 1
    return killed, sum(blamed.values())


def recovery(directory, shim, mode, kills):
    """Milliseconds from a worker's death to the next one's first word, and to its first job: two lists."""
    directory.many(kills * 100)
    run, died = start(directory, mode, 1, "--retries=0", prefix=shim(SHIM)), []
    parent = Process(run.pid)
    while len(died) < kills and run.poll() is None:
        for worker in parent.workers():
            if worker.cpu_ticks() >= 1:
                died.append(time.monotonic_ns())
                worker.signal(signal.SIGKILL)
        time.sleep(0.03)
    assert run.wait(DEADLINE) in (0, 1)
    told = re.findall(r"(ready|job) (\d+)\n", (directory / "said").read_text())

    def waited(what):
        times = sorted(int(at) for word, at in told if word == what)
        return [min(at - death for at in times if at > death) / 1e6 for death in died if times and times[-1] > death]

    return waited("ready"), waited("job")


def in_words(what, times):
    return "%s: median %.1f ms, worst %.1f ms of %d" % (what, statistics.median(times), max(times), len(times))
