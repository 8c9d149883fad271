"""Calls that never return, as on a mount whose server has gone: they cost their image, and signals are heeded."""

import signal
import subprocess
import time

import pytest

from conftest import DEADLINE, MODES, SANITIZER, Process, assert_whole, environment, read_report, side_by_side, wait_for

COUNT = 12
VICTIM = "0005"

# The call that is to hang is defined behind this. It leaves a file to tell that it does.
HANG = """
static void hang(void)
{
	struct timespec t = {1000, 0};

	(void)syscall(SYS_openat, AT_FDCWD, "hangs", O_CREAT | O_WRONLY, 0666);
	for (;;)
		nanosleep(&t, NULL);
}
static struct stat victim;
__attribute__((constructor)) static void look(void)
{
	stat("images/VICTIM.jpg", &victim);
}
/* By a call that a worker may make, who can't ask what a path is. */
static int is_victim(int fd)
{
	struct stat status;

	return syscall(SYS_fstat, fd, &status) == 0 && status.st_ino == victim.st_ino && status.st_dev == victim.st_dev;
}
static int is_state(int fd)
{
	char link[64], path[4096] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) <= 0)
		return 0;
	const char *name = strstr(path, "/.batchresize");
	return name && (name[13] == '/' || name[13] == 0);
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
	if (is_victim(fd))
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
	struct stat status; /* a directory is the state's as well */
	if (syscall(SYS_fstat, fd, &status) == 0 && S_ISREG(status.st_mode) && !is_state(fd) &&
	    __sync_add_and_fetch(&calls, 1) == 3)
		hang();
	return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}""",
}

HEAD = "#include <dlfcn.h>\n#include <sys/stat.h>\n#include <time.h>\n"

WITH_SOMEBODY_TO_GIVE_UP = ("thread", "process", "hybrid")

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")


def hanging(shim, call):
    """What to put before the program, so that the call hangs that is for VICTIM."""
    return shim(HEAD + (HANG + CALLS[call]).replace("VICTIM", VICTIM))


def place(directory, name):
    """A directory of its own in which there are COUNT images, and VICTIM is among them."""
    here = directory.below(name)
    here.many(COUNT)
    victim = here / "images" / (VICTIM + ".jpg")
    picture = victim.read_bytes()
    victim.unlink()  # it may be a link to what the others are
    victim.write_bytes(picture)
    return here


@pytest.mark.parametrize("call", ["open", "pread", "linkat", "fsync"])
def test_a_call_that_hangs_costs_its_image(directory, shim, call):
    prefix, more = hanging(shim, call), ["--fsync"] if call == "fsync" else []

    def one(mode):
        here = place(directory, mode)
        done = here.run(*more, "--timeout", "2", "--retries", "0", "-o", "out", "images", mode=mode, prefix=prefix)
        assert done.status == 1, done
        assert done.statuses() == {"ok": COUNT - 1, "timeout": 1}, done
        if call == "fsync":  # whoever comes third
            return
        assert done.record("images/%s.jpg" % VICTIM)["status"] == "timeout"
        assert done.record("images/%s.jpg" % VICTIM)["code"] == "timeout"
        assert assert_whole(here / "out") == COUNT - 1

    side_by_side(one, [(mode,) for mode in WITH_SOMEBODY_TO_GIVE_UP])


SLOW = """
static void pause_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}
int open(const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	int mode = va_arg(more, int);
	if (strstr(path, "images/"))
		pause_ms(150);
	return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
}
int openat(int at, const char *path, int flags, ...)
{
	static int directories;
	va_list more;
	va_start(more, flags);
	int mode = va_arg(more, int);
	if (flags & O_DIRECTORY && (flags & O_ACCMODE) == O_RDONLY && !(flags & O_PATH) && strcmp(path, ".") == 0 &&
	    __sync_add_and_fetch(&directories, 1) == 2)
		pause_ms(1500);
	return ((int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat"))(at, path, flags, mode);
}
"""


@pytest.mark.parametrize("sizes", ["100x100", "100,50"])
def test_what_was_given_up_is_not_published_later(directory, shim, sizes):
    """A call on the way to a name returns after its picture was reported as timed out, while the run goes on."""
    prefix = shim(HEAD + SLOW)

    def one(mode, there):
        here = directory.below(mode + ("-there" if there else ""))
        here.many(60)
        options = ["-s", sizes, "-o", "out", "images"]
        if there:
            here.run(*options)
            for path in here.outputs("out"):
                path.write_bytes(b"old")
        done = here.run("--fsync", "--timeout", "1", "--retries", "0", *options, mode=mode, prefix=prefix)
        counts = done.statuses()
        # the one, and whatever a machine under load doesn't manage within the second
        assert sum(counts.values()) == 60 and set(counts) == {"ok", "timeout"}, done
        outputs = {path: path.read_bytes() for path in here.outputs("out")}
        new = sum(content != b"old" for content in outputs.values())
        assert new == counts["ok"] * len(sizes.split(",")), done
        assert len(outputs) == (60 * len(sizes.split(",")) if there else new)

    side_by_side(one, [(mode, there) for mode in WITH_SOMEBODY_TO_GIVE_UP for there in (False, True)])


def start(directory, prefix, mode, *options):
    report = directory / "report"
    return subprocess.Popen([*prefix, *directory.command(["-o", "out", *options, "images"], mode, report)],
                            cwd=directory.path, env=environment(), stderr=subprocess.PIPE)


def test_two_signals_end_what_hangs(directory, shim):
    """Even without a timeout. In serial mode the program itself hangs: the system ends it some seconds later."""
    prefix = hanging(shim, "open")

    def one(mode, number):
        here = place(directory, mode + number.name)
        run = start(here, prefix, mode, "--timeout", "0")
        wait_for((here / "hangs").exists, "a call that hangs")
        family = Process(run.pid).descendants()
        run.send_signal(number)
        wait_for(lambda: not Process(run.pid).is_pending(number), "the first to come")
        time.sleep(0.3)
        assert run.poll() is None
        run.send_signal(number)
        assert run.wait(DEADLINE) == -number
        run.stderr.close()
        for process in family:
            wait_for(lambda process=process: not process.alive() or process.name() not in ("worker", "zygote"), "its end")
        if mode != "serial":
            assert len(read_report(here / "report")) == COUNT
        assert_whole(here / "out")

    side_by_side(one, [(mode, number) for mode in MODES for number in (signal.SIGTERM, signal.SIGINT)])


def test_one_signal_waits_for_the_timeout(directory, shim):
    prefix = hanging(shim, "open")

    def one(mode):
        here = place(directory, mode)
        run = start(here, prefix, mode, "--timeout", "2")
        wait_for((here / "hangs").exists, "a call that hangs")
        run.send_signal(signal.SIGTERM)
        assert run.wait(DEADLINE) == -signal.SIGTERM
        run.stderr.close()
        records = read_report(here / "report")
        assert len(records) == COUNT
        assert {record["status"] for record in records} <= {"ok", "timeout", "cancelled"}
        # what hangs has timed out
        assert [record["status"] for record in records if VICTIM in record["source"]] == ["timeout"]

    side_by_side(one, [(mode,) for mode in WITH_SOMEBODY_TO_GIVE_UP])


@pytest.mark.parametrize("mode", WITH_SOMEBODY_TO_GIVE_UP)
def test_a_dead_mount_ends_the_run(directory, shim, mode):
    """When nothing answers any more the run ends, and each source is in the report."""
    directory.many(200)
    prefix = shim(HEAD + HANG + CALLS["open"].replace("VICTIM", ""))
    done = directory.run("--timeout", "0.05", "-o", "out", "images", mode=mode, prefix=prefix)
    assert done.status == 3, done
    assert len({record["source"] for record in done.report}) == len(done.report) == 200
    assert set(done.statuses()) == {"timeout", "cancelled"}
    assert "server of a mount" in done.err
