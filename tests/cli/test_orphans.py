"""What a worker has forked, and let go, ends with the run: also by a kernel that keeps no list of children."""

import re
import signal
import subprocess

import pytest

from conftest import DEADLINE, NO_SANDBOX, SANITIZER, Process, environment, mode_with_workers, wait_for

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")

COUNT = 60

# With its first answer a worker forks somebody who forks somebody, out of its session, and tells who that is. LISTED: whether
# /proc/PID/task/PID/children is there.
SHIM = """
#include <dlfcn.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void leave_somebody(void)
{
	pid_t child = fork();

	if (child == 0) {
		setsid();
		child = fork();
		if (child == 0) {
			prctl(PR_SET_NAME, "left (behind) 1");
			for (;;)
				pause();
		}
		dprintf(2, "left %d\\n", (int)child);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	static int answers;

	if (*(const uint32_t *)header->msg_iov[0].iov_base == 4 && ++answers == 1)
		leave_somebody();
	return ((ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg"))(fd, header, flags);
}

FILE *fopen(const char *path, const char *mode)
{
	if (!LISTED && strstr(path, "/children"))
		return NULL;
	return ((FILE * (*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen"))(path, mode);
}
"""

every_kernel = pytest.mark.parametrize("listed", ["1", "0"], ids=["listed", "unlisted"])


class Leaving:
    """A run whose workers leave somebody behind; `left` are those who are there by now."""

    def __init__(self, directory, shim, mode, listed):
        directory.many(COUNT)
        self.said = directory / "said"
        with open(self.said, "wb") as stderr:
            command = directory.command([NO_SANDBOX, "-j2", "-o", "out", "images"], mode, None)
            self.run = subprocess.Popen([*shim(SHIM.replace("LISTED", listed)), *command], cwd=directory.path,
                                        env=environment(), stdin=subprocess.DEVNULL, stderr=stderr)
        wait_for(lambda: len(self.left()) >= 2, "somebody who is left behind")

    def left(self):
        return [Process(int(pid)) for pid in re.findall(rb"left (\d+)\n", self.said.read_bytes())]

    def nobody_is_left(self):
        for process in self.left():
            wait_for(lambda process=process: not process.alive() or not process.name().startswith("left"), "its end")


@mode_with_workers
@every_kernel
def test_at_the_end_of_the_run(directory, shim, mode, listed):
    leaving = Leaving(directory, shim, mode, listed)
    assert leaving.run.wait(DEADLINE) == 0
    leaving.nobody_is_left()


@mode_with_workers
@every_kernel
def test_when_the_run_is_killed(directory, shim, mode, listed):
    leaving = Leaving(directory, shim, mode, listed)
    leaving.run.send_signal(signal.SIGSTOP)
    assert any(process.alive() for process in leaving.left())
    leaving.run.kill()
    assert leaving.run.wait(DEADLINE) == -signal.SIGKILL
    leaving.nobody_is_left()


@mode_with_workers
@every_kernel
def test_when_workers_are_killed(directory, shim, mode, listed):
    """While the run goes on."""
    leaving = Leaving(directory, shim, mode, listed)
    leaving.run.send_signal(signal.SIGSTOP)
    before = leaving.left()
    for worker in Process(leaving.run.pid).workers():
        worker.signal(signal.SIGKILL)
    for process in before:
        wait_for(lambda process=process: not process.alive() or not process.name().startswith("left"), "its end")
    leaving.run.send_signal(signal.SIGCONT)
    assert leaving.run.wait(DEADLINE) == 0
    leaving.nobody_is_left()
