"""One run at a time for one output directory."""

import fcntl
import os
import re
import signal
import socket
import struct
import subprocess

import pytest

from conftest import (DEADLINE, NO_SANDBOX, SANITIZER, Process, environment, mode_with_workers, read_report, shim_of_pread,
                      wait_for)

preloaded = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")
HOST = socket.gethostname()
F_OFD_SETLK = 37  # which Python 3.11 does not know

# Whoever reads hang.jpg says so, and waits until there is a file "go".
HANG = shim_of_pread("""
	if (strstr(path, "/hang.jpg"))
		close(open("hangs", O_CREAT | O_WRONLY, 0666));
	while (strstr(path, "/hang.jpg") && access("go", F_OK) != 0)
		usleep(2000);
""")

# Children outlive their parent.
ORPHANS = """
int prctl(int option, ...)
{
	va_list list;
	unsigned long a[4];

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(list, unsigned long);
	va_end(list);
	return option == PR_SET_PDEATHSIG ? 0 : (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}
"""

# A file system that knows no locks.
NO_LOCKS = """
#include <dlfcn.h>
int fcntl(int fd, int command, ...)
{
	int (*next)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	if (command == F_OFD_SETLK || command == F_OFD_SETLKW) {
		errno = ENOLCK;
		return -1;
	}
	return next(fd, command, argument);
}
int fcntl64(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return fcntl(fd, command, argument);
}
"""

# A file system that can't make a directory for the lock just now.
NO_PLACE = """
int mkdir(const char *path, mode_t mode)
{
	if (strcmp(path, "out/.batchresize") != 0)
		return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	errno = EAGAIN;
	return -1;
}
"""

# What is asked of a disk before the first source is opened, by whom all else waits for: in a file "asked".
ASKED = """
#include <dlfcn.h>
static void ask(const char *call, const char *path)
{
	int asked;

	if (strstr(path, "images/a.jpg"))
		close(open("begun", O_CREAT | O_WRONLY, 0666));
	if (getpid() != (int)syscall(SYS_gettid) || access("begun", F_OK) == 0)
		return;
	asked = (int)syscall(SYS_openat, AT_FDCWD, "asked", O_CREAT | O_WRONLY | O_APPEND, 0666);
	dprintf(asked, "%s %s\\n", call, path);
	close(asked);
}
int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	if (strcmp(path, "begun") != 0)
		ask("open", path);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat(int directory, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	ask("open", path);
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
int mkdir(const char *path, mode_t mode)
{
	ask("mkdir", path);
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
"""

# A disk that has room for a directory, but for no file.
FULL = """
static int is_refused(const char *path, int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? strncmp(path, "/", 1) != 0 : 0;
}
int openat(int directory, const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	if (is_refused(path, flags)) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));
"""

# Nobody looks into a directory before there is a file "go".
LOOK = """
#include <dirent.h>
#include <dlfcn.h>
DIR *fdopendir(int fd)
{
	DIR *(*next)(int) = (DIR *(*)(int))dlsym(RTLD_NEXT, "fdopendir");

	close(open("looks", O_CREAT | O_WRONLY, 0666));
	while (access("go", F_OK) != 0)
		usleep(2000);
	return next(fd);
}
"""


@pytest.fixture
def hold():
    """hold(folder, what the file says) takes the lock on a directory as a run does; its close() gives it back."""
    files = []

    def take(folder, said="%d %s 1000000000\n" % (os.getpid(), HOST)):
        (folder / ".batchresize").mkdir(parents=True)
        files.append(open(folder / ".batchresize" / "lock", "w+"))
        files[-1].write(said)
        files[-1].flush()
        fcntl.fcntl(files[-1], F_OFD_SETLK, struct.pack("hhqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
        return files[-1]

    yield take
    for file in files:
        file.close()


def test_a_run_that_finds_another_one_says_which_and_does_nothing(directory, hold):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    hold(directory / "out")
    done = directory.run("-o", "out", "images")
    assert done.status == 4 and done.report == [], done
    assert re.search(r"^batchresize: 'out': another run writes there \(process %d on %s, since 2001-09-\d\d \d\d:46:40\)"
                     % (os.getpid(), re.escape(HOST)), done.err) and "--lock=wait" in done.err
    assert directory.names("out") == [] and len(done.err.splitlines()) == 1
    assert directory.run("-n", "-o", "out", "images").status == 0
    assert directory.run("--lock=off", "-o", "out", "images").status == 0
    assert directory.names("out") == ["a.jpg"]


@pytest.mark.parametrize("said", ["", "nonsense", "1 2", "999999999 %s 5\n" % HOST, "\0" * 500, "x" * 500],
                         ids=["empty", "words", "short", "gone", "zeros", "long"])
def test_a_holder_that_does_not_say_who_it_is(directory, hold, said):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    hold(directory / "out", said)
    done = directory.run("-o", "out", "images")
    assert done.status == 4 and "'out': another run writes there" in done.err, done


def test_skip_is_no_failure(directory, hold):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    hold(directory / "resized_images")
    done = directory.run("--lock", "skip", "images")
    assert done.status == 0 and done.report == [], done
    assert re.fullmatch(r"batchresize: resized_images: another run writes there \(process .*\): nothing done\n", done.err)
    assert directory.run("--quiet", "--lock=skip", "images").err == ""
    assert directory.names("resized_images") == []


def test_wait(directory, hold):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    held = hold(directory / "out")
    done = directory.run("--lock=wait=0.15s", "-o", "out", "images")
    assert done.status == 4 and "waiting for its end" in done.err, done
    run = directory.start("--lock=wait", "-o", "out", "images")
    assert b"waiting for its end" in run.stderr.readline()
    directory.copy("edge/1x1.jpg", "images/b.jpg")  # sources are looked for when it is its turn
    held.close()
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert directory.names("out") == ["a.jpg", "b.jpg"]


def test_a_signal_while_another_run_is_waited_for(directory, hold):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    hold(directory / "out")
    run = directory.start("--lock=wait", "-o", "out", "images")
    run.stderr.readline()
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGTERM and b"while another run was waited for" in err, err
    assert directory.names("out") == []


def test_what_meets_and_what_does_not(directory, hold):
    """The same directory by other names is the same; files beside their sources are nobody's."""
    directory.copy("edge/1x1.jpg", "images/a.jpg", "b.jpg")
    hold(directory / "resized_images")
    (directory / "link").symlink_to("resized_images")
    assert directory.run("./images/").status == 4
    assert directory.run(str(directory / "images")).status == 4
    assert directory.run("-o", "link", "b.jpg").status == 4
    assert directory.run("-o", "other", "images").status == 0
    assert directory.run("images/a.jpg", "b.jpg").status == 0
    assert directory.run("images", "./images", "-o", "both").status == 0
    directory.copy("edge/1x1.jpg", "twice/a.jpg")
    assert directory.run("twice", "./twice").status in (0, 1)  # one directory by two names: it does not meet itself
    assert directory.run("-", stdin=(directory / "b.jpg").read_bytes()).status == 0


def test_directories_that_are_made_first(directory, shim):
    """The one that comes second notices when it is about to write."""
    directory.copy("edge/1x1.jpg", "images/hang.jpg")
    prefix = shim(HANG) if not SANITIZER else pytest.skip("needs a program that can be preloaded into")
    runs = [subprocess.Popen([*prefix, *directory.command([NO_SANDBOX, "-o", "out", "images"], None, None)],
                             cwd=directory.path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    wait_for(lambda: any(run.poll() is not None for run in runs), "the one that is too late")
    late, working = sorted(runs, key=lambda run: run.poll() is None)
    assert late.returncode == 4 and working.poll() is None
    err = late.communicate()[1].decode()
    assert "process %d on %s" % (working.pid, HOST) in err, err
    (directory / "go").touch()
    assert working.communicate(timeout=DEADLINE) and working.returncode == 0
    assert directory.names("out") == ["hang.jpg"]
    assert directory.run("-o", "out", "images", prefix=prefix).status == 0


@preloaded
@pytest.mark.parametrize("lists", [False, True], ids=["directory", "list"])
def test_what_another_run_has_made_since_is_not_made_again(directory, shim, lists):
    """One that looked when there was nothing yet, and comes to write when all is there."""
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    names = b"images/a.jpg\nimages/b.jpg\n"
    sources = ["--files-from", "-"] if lists else ["images"]
    report = directory / "report"
    late = subprocess.Popen([*([] if lists else shim(LOOK)), *directory.command(["-o", "out", *sources], "process", report)],
                            cwd=directory.path, env=environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: Process(late.pid).workers() if lists else (directory / "looks").exists(), "it to look")
    assert not (directory / "out").exists()
    done = directory.run("-o", "out", *sources, stdin=names if lists else b"")
    assert done.status == 0 and done.statuses() == {"ok": 2}, done
    (directory / "go").touch()
    _, err = late.communicate(names if lists else b"", timeout=DEADLINE)
    assert late.returncode == 0, err
    assert "ok" not in [record["status"] for record in read_report(report)], (err, read_report(report))
    assert directory.run("-o", "out", *sources, stdin=names if lists else b"").statuses().get("ok", 0) == 0


@preloaded
@pytest.mark.skipif(os.geteuid() != 0, reason="needs to mount")
def test_two_mount_namespaces(directory, shim):
    """A shared directory under two names, as two containers have it."""
    directory.copy("edge/1x1.jpg", "images/hang.jpg")
    (directory / "shared").mkdir()
    prefix = shim(HANG)
    runs = []
    for name in ("here", "there"):
        (directory / name).mkdir()
        command = [*prefix, *directory.command([NO_SANDBOX, "-o", name, "images"], None, None)]
        runs.append(subprocess.Popen(["unshare", "-m", "sh", "-c", 'mount --bind shared "$0" && exec "$@"', name, *command],
                                     cwd=directory.path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    wait_for(lambda: any(run.poll() is not None for run in runs), "the one that is too late")
    late, working = sorted(runs, key=lambda run: run.poll() is None)
    err = late.communicate()[1].decode()
    if "unshare" in err or "mount" in err.split("another run")[0]:
        working.kill()
        pytest.skip("can't mount here: " + err)
    assert late.returncode == 4 and "process %d on %s" % (working.pid, HOST) in err, err
    (directory / "go").touch()
    assert working.communicate(timeout=DEADLINE) and working.returncode == 0
    assert directory.names("shared") == ["hang.jpg"] and directory.names("here") == directory.names("there") == []


@preloaded
@mode_with_workers
@pytest.mark.parametrize("jobs", ["-j1", "-j300"])
def test_children_of_a_killed_run_hold_nothing(directory, shim, mode, jobs):
    """Whether they were forked before the lock was taken or, as with many jobs, behind it: they close what they inherit."""
    directory.copy("edge/1x1.jpg", "images/hang.jpg", "images/b.jpg", "out/a.jpg")
    (directory / "out" / ".batchresize").mkdir()
    prefix = shim(HANG + ORPHANS)
    run = subprocess.Popen([*prefix, *directory.command([NO_SANDBOX, "-o", "out", jobs, "images"], mode, None)],
                           cwd=directory.path, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: (directory / "hangs").exists(), "work")
    children = Process(run.pid).descendants()
    assert children
    for child in children:
        child.signal(signal.SIGSTOP)
    wait_for(lambda: all(child.state() in ("T", "") for child in children), "them to stop")
    try:
        assert directory.run("-o", "out", "images").status == 4
        run.kill()
        run.wait()
        assert any(child.state() == "T" for child in children)
        (directory / "go").touch()
        done = directory.run("-o", "out", "images")
        assert done.status == 0, done
    finally:
        for child in children:
            child.signal(signal.SIGKILL)


@preloaded
def test_a_file_system_without_locks_is_told_of_once(directory, shim):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "others/b.jpg")
    done = directory.run("images", "others", prefix=shim(NO_LOCKS))
    assert done.status == 0 and done.statuses() == {"ok": 2}, done
    assert done.err.count("can't be locked, and another run there would not be noticed") == 1, done
    assert directory.run("--quiet", "images", prefix=shim(NO_LOCKS)).err == ""


@preloaded
def test_a_place_that_can_not_be_made_is_no_other_run(directory, shim):
    """EAGAIN is what a lock says that another run has, and not all that says so is a lock."""
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run("-o", "out", "images", prefix=shim(NO_PLACE))
    assert done.status == 0 and done.statuses() == {"ok": 1}, done
    assert "can't be locked" in done.err and "another run writes there" not in done.err, done


def test_what_has_the_locks_name(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "precious")
    (directory / "out" / ".batchresize").mkdir(parents=True)
    (directory / "out" / ".batchresize" / "lock").symlink_to("../../precious")
    before = (directory / "precious").read_bytes()
    done = directory.run("-o", "out", "images")
    assert done.status == 0 and "can't be locked" in done.err, done
    assert (directory / "precious").read_bytes() == before


def test_a_lock_that_may_not_be_made(directory):
    """What is said of it is why, not that it is not there."""
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    place = directory / "out" / ".batchresize"
    place.mkdir(parents=True)
    place.parent.chmod(0o777)
    place.chmod(0o555)
    done = directory.run("-o", "out", "images", prefix=directory.as_nobody(), report=False)
    place.chmod(0o755)
    assert done.status == 0 and "would not be noticed: Permission denied" in done.err, done


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")
def test_another_users_run(directory, hold):
    """Who may only read the lock's file is not shut out by nobody."""
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    nobody = directory.as_nobody()
    held = hold(directory / "out")
    (directory / "out").chmod(0o777)
    done = directory.run("-o", "out", "images", prefix=nobody, report=False)
    assert done.status == 4 and "process %d" % os.getpid() in done.err, done
    held.close()
    assert directory.run("-o", "out", "images", prefix=nobody, report=False).status == 0


@pytest.mark.parametrize("what", ["wait=", "wait=x", "wait=-1", "wait=1h", "no", ""])
def test_what_is_no_way_to_lock(directory, what):
    done = directory.run("--lock=" + what, "x", report=False)
    assert done.status == 2 and "--lock" in done.err, done


@preloaded
@mode_with_workers
def test_little_is_asked_before_the_first_picture(directory, shim, mode):
    """Each call may ask a server, and the first picture waits for those that are made one after the other."""
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    (directory / "out").mkdir()
    done = directory.run(NO_SANDBOX, "-o", "out", "images", mode=mode, prefix=shim(ASKED))
    assert done.status == 0 and done.statuses() == {"ok": 1}, done
    asked = [line for line in (directory / "asked").read_text().splitlines() if "out" in line or line == "open ."]
    assert asked.count("mkdir out") == 0, asked
    assert asked.count("mkdir out/.batchresize") == 1 and asked.count("open out/.batchresize") == 1, asked
    assert asked.count("open out") <= 1, asked  # whether it folds names


@preloaded
@mode_with_workers
def test_little_is_asked_where_directories_are_missing(directory, shim, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run(NO_SANDBOX, "-o", "new/out", "images", mode=mode, prefix=shim(ASKED))
    assert done.status == 0 and done.statuses() == {"ok": 1}, done
    asked = (directory / "asked").read_text().splitlines()
    made = [line for line in asked if line.startswith("mkdir new")]
    assert made == ["mkdir new/out", "mkdir new", "mkdir new/out", "mkdir new/out/.batchresize"], asked


@preloaded
def test_a_disk_on_which_no_lock_can_be_made_is_one_error(directory, shim):
    """It is said of the outputs alone, and nothing is left there."""
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    (directory / "out").mkdir()
    done = directory.run("-o", "out", "images", prefix=shim(FULL), report=False)
    assert done.status == 3 and "No space left on device" in done.err, done
    assert "locked" not in done.err, done
    assert os.listdir(directory / "out") == []
