"""Calls that never return, as on a mount whose server has gone: they cost their image, and signals are heeded."""

import signal
import subprocess
import time

import pytest

from conftest import DEADLINE, SANITIZER, Process, assert_whole, environment, every_mode, read_report, wait_for

COUNT = 12
VICTIM = "0005"

# The call that is to hang is defined in front of this.
HANG = """
static void hang(void)
{
	struct timespec t = {1000, 0};

	for (;;)
		nanosleep(&t, NULL);
}
static int is_of(int fd, const char *part)
{
	char link[64], path[4096] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, part);
}
"""

CALLS = {
    "open": """int open(const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	int mode = va_arg(more, int);
	if (strstr(path, "images/VICTIM"))
		hang();
	return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
}""",
    "pread": """ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
	if (is_of(fd, "images/VICTIM"))
		hang();
	return ((ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread"))(fd, bytes, size, at);
}""",
    "linkat": """int linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (strstr(to, "VICTIM"))
		hang();
	return ((int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat"))(a, from, b, to, flags);
}""",
    "fsync": """int fsync(int fd)
{
	static int calls;
	if (__sync_add_and_fetch(&calls, 1) == 3)
		hang();
	return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}""",
}

HEAD = "#include <dlfcn.h>\n#include <time.h>\n"

with_somebody_to_give_up = pytest.mark.parametrize("mode", ["thread", "process", "hybrid"])

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")


@pytest.fixture
def hanging(directory, shim):
    """hanging(call) -> what to put before the program; there are COUNT images, and VICTIM is among them."""

    def make(call):
        directory.many(COUNT)
        assert (directory / "images" / (VICTIM + ".jpg")).exists()
        return shim(HEAD + HANG + CALLS[call].replace("VICTIM", VICTIM))

    return make


@with_somebody_to_give_up
@pytest.mark.parametrize("call", ["open", "pread", "linkat"])
def test_a_call_that_hangs_costs_its_image(directory, hanging, mode, call):
    done = directory.run("--timeout", "1", "--retries", "0", "-o", "out", "images", mode=mode, prefix=hanging(call))
    assert done.status == 1, done
    assert done.statuses() == {"ok": COUNT - 1, "timeout": 1}
    assert done.record("images/%s.jpg" % VICTIM)["status"] == "timeout"
    assert done.record("images/%s.jpg" % VICTIM)["code"] == "timeout"
    assert assert_whole(directory / "out") == COUNT - 1


@with_somebody_to_give_up
def test_a_disk_that_hangs(directory, hanging, mode):
    done = directory.run("--fsync", "--timeout", "1", "--retries", "0", "-o", "out", "images", mode=mode,
                         prefix=hanging("fsync"))
    assert done.status == 1, done
    assert done.statuses() == {"ok": COUNT - 1, "timeout": 1}, done


SLOW = """
static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}
int open(const char *path, int flags, ...)
{
	static int directories;
	va_list more;
	va_start(more, flags);
	int mode = va_arg(more, int);
	if (strstr(path, "images/"))
		pause_ms(150);
	if (flags & O_DIRECTORY && (flags & O_ACCMODE) == O_RDONLY && !(flags & O_PATH) && strstr(path, "out") &&
	    __sync_add_and_fetch(&directories, 1) == 2)
		pause_ms(1500);
	return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
}
"""


@with_somebody_to_give_up
@pytest.mark.parametrize("sizes", ["100x100", "100,50"])
@pytest.mark.parametrize("there", [False, True])
def test_what_was_given_up_is_not_published_later(directory, shim, mode, sizes, there):
    """A call on the way to a name returns after its picture was reported as timed out, while the run goes on."""
    directory.many(60)
    options = ["-s", sizes, "-o", "out", "images"]
    if there:
        directory.run(*options)
        for path in (directory / "out").iterdir():
            path.write_bytes(b"old")
    done = directory.run("--fsync", "--timeout", "1", "--retries", "0", *options, mode=mode, prefix=shim(HEAD + SLOW))
    counts = done.statuses()
    assert sum(counts.values()) == 60 and counts.get("ok", 0) >= 59, done
    outputs = {path: path.read_bytes() for path in (directory / "out").iterdir()}
    new = sum(content != b"old" for content in outputs.values())
    assert new == counts["ok"] * len(sizes.split(",")), done
    assert len(outputs) == (60 * len(sizes.split(",")) if there else new)


def start(directory, prefix, mode, *options):
    report = directory / "report"
    return subprocess.Popen([*prefix, *directory.command(["-o", "out", *options, "images"], mode, report)],
                            cwd=directory.path, env=environment(), stderr=subprocess.PIPE)


@every_mode
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_two_signals_end_what_hangs(directory, hanging, mode, number):
    """Even without a timeout. In serial mode the program itself hangs: the system ends it some seconds later."""
    run = start(directory, hanging("open"), mode, "--timeout", "0")
    wait_for(lambda: (directory / "out").exists() and len(directory.names("out")) >= 4, "outputs")
    time.sleep(1)
    family = Process(run.pid).descendants()
    run.send_signal(number)
    time.sleep(0.3)
    assert run.poll() is None
    run.send_signal(number)
    assert run.wait(DEADLINE) == -number
    run.stderr.close()
    for process in family:
        wait_for(lambda process=process: not process.alive() or process.name() not in ("worker", "zygote"), "its end")
    if mode != "serial":
        assert len(read_report(directory / "report")) == COUNT
    assert_whole(directory / "out")


@with_somebody_to_give_up
def test_one_signal_waits_for_the_timeout(directory, hanging, mode):
    run = start(directory, hanging("open"), mode, "--timeout", "2")
    wait_for(lambda: (directory / "out").exists() and len(directory.names("out")) >= 4, "outputs")
    run.send_signal(signal.SIGTERM)
    assert run.wait(DEADLINE) == -signal.SIGTERM
    run.stderr.close()
    records = read_report(directory / "report")
    assert len(records) == COUNT
    assert {record["status"] for record in records} <= {"ok", "timeout", "cancelled"}


@with_somebody_to_give_up
def test_a_dead_mount_ends_the_run(directory, shim, mode):
    """When nothing answers any more the run ends, and each source is in the report."""
    directory.many(200)
    prefix = shim(HEAD + HANG + CALLS["open"].replace("VICTIM", ""))
    done = directory.run("--timeout", "0.05", "-o", "out", "images", mode=mode, prefix=prefix)
    assert done.status == 3, done
    assert len({record["source"] for record in done.report}) == len(done.report) == 200
    assert set(done.statuses()) == {"timeout", "cancelled"}
    assert "server of a mount" in done.err
