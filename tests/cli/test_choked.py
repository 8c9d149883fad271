"""Messages to workers that the system does not take: unix(7) knows several reasons, and each may pass or stay."""

import os
import subprocess
import sys

import pytest

from conftest import SANITIZER, Process, assert_whole, environment, mode_with_workers, read_report, side_by_side, wait_for

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")

COUNT = 12

MANY = 300

# A user that nobody else is, nor another test: what a program has in flight counts for all of its user's.
STRANGER = str(30000 + os.getpid() % 30000)

# FAILS is asked for each message: `kind` and `fds` are the message's, `calls` counts those of its kind.
SHIM = """
#include <dlfcn.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum { READY, JOB, ASK, GRANT, RESULT, SPAWN, KILL, SPAWNED, EXITED };

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	static int count[16];
	uint32_t kind = *(const uint32_t *)header->msg_iov[0].iov_base;
	int fds = header->msg_controllen > 0, calls = ++count[kind & 15];

	(void)fds;
	(void)calls;
	if (FAILS) {
		errno = ERROR;
		return -1;
	}
	return ((ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg"))(fd, header, flags);
}
"""


def failing(shim, fails, error):
    return shim(SHIM.replace("FAILS", fails).replace("ERROR", error))


STAYS = [("process", "ENOBUFS", "No buffer space", "--mode thread"), ("hybrid", "EAGAIN", "No buffer space", "--mode thread"),
         ("process", "ETOOMANYREFS", "Too many references", "ulimit -n"), ("hybrid", "ENOMEM", "Cannot allocate", "free memory"),
         ("process", "EMSGSIZE", "Message too long", "--mode serial")]


def test_what_stays_ends_the_run(directory, shim):
    """After ten seconds."""
    prefixes = {error: failing(shim, "kind == JOB && calls > 4", error) for _, error, _, _ in STAYS}

    def one(mode, error, words, remedy):
        here = directory.below(error)
        here.many(COUNT)
        done = here.run("-j2", "-o", "out", "images", mode=mode, prefix=prefixes[error])
        assert done.status == 3, done
        assert "sendmsg(2)" in done.err and words in done.err and remedy in done.err, done
        assert len(done.report) == COUNT
        assert done.statuses() == {"ok": 4, "cancelled": COUNT - 4}
        assert assert_whole(here / "out") == 4

    side_by_side(one, STAYS)


@mode_with_workers
@pytest.mark.parametrize("fails", ["kind == JOB && calls < 20", "kind == JOB && calls % 3", "kind == RESULT && calls % 3",
                                   "kind == READY && calls < 3", "kind == SPAWNED && calls < 3",
                                   "kind == EXITED && calls < 3"])
def test_what_passes_harms_nobody(directory, shim, mode, fails):
    directory.many(COUNT)
    done = directory.run("-j2", "-o", "out", "images", mode=mode, prefix=failing(shim, fails, "ENOBUFS"))
    assert done.status == 0, done
    assert done.statuses() == {"ok": COUNT}
    assert {record["attempt"] for record in done.report} == {1}
    assert assert_whole(directory / "out") == COUNT


def heavy(directory, heavy_jpeg, count):
    """Each takes more than a worker's share of the memory, and asks for it."""
    names = ["%d.jpg" % i for i in range(count)]
    for name in names:
        os.link(heavy_jpeg, directory / name)
    return names


@mode_with_workers
def test_answers_that_pass(directory, shim, heavy_jpeg, mode):
    names = heavy(directory, heavy_jpeg, 3)
    done = directory.run("-j2", "--max-memory", "300M", "-o", "out", *names, mode=mode,
                         prefix=failing(shim, "kind == GRANT && calls % 4", "ENOBUFS"))
    assert done.status == 0 and done.statuses() == {"ok": 3}, done
    assert {record["attempt"] for record in done.report} == {1}


def test_answers_that_never_come(directory, shim, heavy_jpeg):
    names = heavy(directory, heavy_jpeg, 3)
    prefix = failing(shim, "kind == GRANT", "ENOBUFS")

    def one(mode):
        here = directory.below(mode)
        done = here.run("-j2", "--max-memory", "300M", "-o", "out", *("../" + name for name in names), mode=mode, prefix=prefix)
        assert done.status == 3 and "sendmsg(2)" in done.err, done
        assert done.statuses() == {"cancelled": 3}

    side_by_side(one, [("process",), ("hybrid",)])


# When it is told to, sends descriptors to itself and takes none of them, until its stdin ends.
HOLDER = """
import array, os, socket, sys
ends = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(3)]
held = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * 200)
sys.stdin.readline()
for sender, _ in ends:
    sender.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, held)])
print("holds", flush=True)
sys.stdin.read()
"""


class Holding:
    """A run of a user of whom another program comes to hold more descriptors in flight than the run may have open."""

    def __init__(self, directory, mode):
        if os.geteuid() != 0:
            pytest.skip("needs to be another user")
        directory.as_nobody()
        directory.many(MANY)
        directory.path.chmod(0o777)
        prefix = ["setpriv", "--reuid=" + STRANGER, "--regid=" + STRANGER, "--clear-groups"]
        self.holder = subprocess.Popen([*prefix, sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        command = directory.command(["-j2", "-o", "out", "images"], mode, "report")
        self.report = directory / "report"
        self.run = subprocess.Popen([*prefix, "prlimit", "--nofile=250", *command], cwd=directory.path, env=environment(),
                                    stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 3, "some outputs")
        self.holder.stdin.write(b"\n")
        self.holder.stdin.flush()
        assert self.holder.stdout.readline() == b"holds\n"

    def let_go(self):
        self.holder.communicate()

    def end(self):
        return self.run.communicate(timeout=120)[1].decode(), self.run.returncode


def test_another_program_holds_descriptors_in_flight(directory):
    """No worker gets its files any more: that ends the run, which says what to do about it."""
    holding = Holding(directory, "process")
    said, status = holding.end()
    holding.let_go()
    assert status == 3 and "sendmsg(2)" in said and "ulimit -n" in said, said
    records = read_report(holding.report)
    assert len(records) == MANY and {record["status"] for record in records} == {"ok", "cancelled"}
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)


@mode_with_workers
def test_another_program_lets_go_of_them(directory, mode):
    """Also one of whose workers is to be replaced meanwhile, since a hybrid's get no files."""
    holding = Holding(directory, mode)
    for worker in Process(holding.run.pid).workers()[:1]:
        worker.signal(9)
    holding.let_go()
    said, status = holding.end()
    assert status == 0, said
    assert assert_whole(directory / "out") == MANY
