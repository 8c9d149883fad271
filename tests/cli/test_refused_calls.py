"""Old kernels (ENOSYS) and filters of containers (EPERM): what the program can do without, and what it says of the rest."""

import errno

import pytest

from conftest import SANITIZER, mode_with_workers
from refusal import ERRORS, refusing

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer needs calls of its own")

DISPENSABLE = ["close_range", "close_range,getdents64", "memfd_create", "memfd_create,fallocate", "fallocate", "prctl",
               "signalfd4", "madvise", "prlimit64"]
INDISPENSABLE = ["socketpair", "epoll_create1", "eventfd2"]


@mode_with_workers
@ERRORS
@pytest.mark.parametrize("calls", DISPENSABLE)
def test_does_without(directory, mode, error, calls):
    directory.copy("photos/mountains.jpg", "a.jpg", "b.jpg")
    directory.copy("edge/alpha.webp", "c.webp")
    done = directory.run("-s", "100", "-o", "usual", "a.jpg", "b.jpg", "c.webp", mode=mode)
    assert done.status == 0, done
    done = directory.run("-s", "100", "-o", "out", "a.jpg", "b.jpg", "c.webp", mode=mode,
                         preexec_fn=refusing(calls.split(","), error))
    assert done.status == 0 and done.statuses() == {"ok": 3}, done
    assert directory.files("out") == directory.files("usual")


@mode_with_workers
@ERRORS
@pytest.mark.parametrize("call", INDISPENSABLE)
def test_names_what_was_refused(directory, mode, error, call):
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = directory.run("-o", "out", "a.jpg", mode=mode, preexec_fn=refusing([call], error))
    assert done.status == 3, done
    assert call.rstrip("12") in done.err and "filter" in done.err and "No child" not in done.err, done


@mode_with_workers
def test_no_process_can_be_made(directory, mode):
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = directory.run("-o", "out", "a.jpg", mode=mode, preexec_fn=refusing(["clone", "clone3"], errno.EPERM))
    assert done.status == 3 and "fork(2): Operation not permitted" in done.err, done


@mode_with_workers
def test_threads_are_refused(directory, mode):
    """As container runtimes did that knew no clone3: pictures that need none are made, the others say why they are not."""
    directory.copy("photos/mountains.jpg", "a.jpg", "b.jpg")
    directory.copy("edge/alpha.webp", "c.webp")
    done = directory.run("--sandbox", "off", "-s", "100", "-o", "out", "a.jpg", "b.jpg", "c.webp", mode=mode,
                         preexec_fn=refusing(["clone3"], errno.EPERM))
    assert done.status == 1 and directory.names("out") == ["a.jpg", "b.jpg"], done
    record = done.record("c.webp")
    assert record["status"] == "failed" and "clone3" in str(record["error"]), record


def test_thread_mode_says_what_it_lacks(directory):
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = directory.run("-o", "out", "a.jpg", mode="thread", preexec_fn=refusing(["clone3"], errno.EPERM))
    assert done.status == 3 and "clone3" in done.err and "--mode process" in done.err, done
