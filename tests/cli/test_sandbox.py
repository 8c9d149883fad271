"""What workers can do without the rest of the system: every format, to the last byte; and what is said where a wall can't stand."""

import ctypes
import errno
import subprocess

import pytest

from conftest import PROGRAM, SANITIZER, TOP, mode_with_workers
from refusal import refusing

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="no wall stands under a sanitizer, which needs what they refuse")

PR_CAPBSET_DROP = 24

# The filter that a worker puts up ends it instead of refusing a call: none is made unseen.
KILLING = r"""
#include <dlfcn.h>
#include <stdarg.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

long syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	const struct sock_fprog *program = (const struct sock_fprog *)a[2];

	if (number == SYS_seccomp && a[0] == SECCOMP_SET_MODE_FILTER && program)
		for (int i = 0; i < program->len; i++)
			if (program->filter[i].k == (SECCOMP_RET_ERRNO | EPERM))
				program->filter[i].k = SECCOMP_RET_KILL_PROCESS;
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"""


@pytest.fixture
def walls(directory):
    """Skips where a wall can't stand."""
    directory.copy("edge/1x1.png", "probe.png")
    done = directory.run("--sandbox=require", "-o", "probe", "probe.png", report=False)
    if done.status == 3:
        pytest.skip(done.err)


@mode_with_workers
def test_every_format_is_made_without_the_rest_of_the_system(directory, walls, shim, mode):
    sources = [str(TOP / "testdata" / folder) for folder in ("edge", "broken")]
    usual = directory.run("--sandbox=off", "-s", "60%", "-o", "usual", *sources, mode=mode)
    shut_in = directory.run("--sandbox=require", "-s", "60%", "-o", "out", *sources, mode=mode, prefix=shim(KILLING))
    assert shut_in.statuses() == usual.statuses() and "crashed" not in usual.statuses(), shut_in
    assert directory.files("out") == directory.files("usual")


def test_a_library_that_nobody_expected(directory, walls):
    """A name that promises a JPEG: the library is loaded by the process that workers come from, when it is wanted first."""
    directory.copy("edge/alpha.webp", "a.jpg", "b.jpg", "c.jpg")
    done = directory.run("-j2", "--sandbox=require", "-s", "20", "-o", "out", "a.jpg", "b.jpg", "c.jpg")
    assert done.statuses() == {"ok": 3} and {record["attempt"] for record in done.report} == {1}, done


@mode_with_workers
def test_what_is_missing_is_said_once(directory, mode):
    directory.copy("photos/mountains.jpg", "a.jpg", "b.jpg")
    refused = refusing(["prctl"], errno.EPERM)
    done = directory.run("-s", "50", "-o", "out", "a.jpg", "b.jpg", mode=mode, preexec_fn=refused)
    assert done.status == 0 and done.err.count("workers run without no_new_privs") == 1, done
    done = directory.run("--sandbox=off", "-s", "50", "-o", "off", "a.jpg", mode=mode, preexec_fn=refused)
    assert done.status == 0 and "--sandbox" not in done.err, done
    done = directory.run("--sandbox=require", "-s", "50", "-o", "none", "a.jpg", mode=mode, preexec_fn=refused)
    assert done.status == 3 and "the sandbox lacks no_new_privs" in done.err and "--sandbox=auto" in done.err, done
    assert not (directory / "none" / "a.jpg").exists()


@mode_with_workers
def test_what_is_gone_need_not_be_dropped(directory, mode):
    """A service that has no capabilities may be forbidden to set any: nothing is missing that there is otherwise."""
    directory.copy("photos/mountains.jpg", "a.jpg")
    refuse = refusing(["capset"], errno.EPERM)

    def run_without():
        for capability in range(64):  # those that a program of root's has from then on
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        refuse()

    usual = directory.run("-s", "50", "-o", "usual", "a.jpg", mode=mode)
    done = directory.run("-s", "50", "-o", "out", "a.jpg", mode=mode, preexec_fn=run_without)
    assert done.status == 0 and done.err.count("--sandbox") == usual.err.count("--sandbox"), (done, usual)


@mode_with_workers
def test_a_build_without_seccomp(directory, mode):
    """It says so instead of asking for a library that would change nothing; the other walls stand."""
    said = subprocess.run([PROGRAM, "--version", "--verbose"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if " seccomp" in next(line for line in said.splitlines() if line.startswith("sandbox: ")):
        pytest.skip("needs a build without libseccomp (SECCOMP=no)")
    directory.copy("photos/mountains.jpg", "a.jpg", "b.jpg")
    done = directory.run("-v", "-s", "50", "-o", "out", "a.jpg", "b.jpg", mode=mode)
    assert done.status == 0 and done.err.count("without seccomp, which this build is made without") == 1, done
    assert "shut in by no_new_privs" in done.err and "libseccomp" not in done.err, done
    done = directory.run("--sandbox=require", "-s", "50", "-o", "none", "a.jpg", mode=mode, report=False)
    assert done.status == 3 and "lacks seccomp, which this build is made without" in done.err, done
    assert "take a build that has it" in done.err and "libseccomp" not in done.err, done


@pytest.mark.parametrize("mode", ["serial", "thread"])
def test_no_worker_process_to_shut_in(directory, mode):
    directory.copy("edge/1x1.png", "a.png")
    done = directory.run("--sandbox=require", "-o", "out", "a.png", mode=mode, report=False)
    assert done.status == 2 and "--mode" in done.err, done
