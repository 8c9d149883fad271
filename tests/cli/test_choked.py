"""Messages to workers that the system does not take: unix(7) knows several reasons, and each may pass or stay."""

import os

import pytest

from conftest import SANITIZER, assert_whole, mode_with_workers, side_by_side

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")

COUNT = 12

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
