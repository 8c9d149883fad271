"""Outputs on file systems over a network: what close() says, temporaries with names, and what killed runs leave."""

import fcntl
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from conftest import (DEADLINE, NO_SANDBOX, SANITIZER, STATE, TESTDATA, WITH_WORKERS, Process, assert_whole, every_mode,
                      wait_for)

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime comes first in the list of what is loaded")

OPEN = """
static int go(int at, const char *path, int flags, mode_t mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE) { errno = EOPNOTSUPP; return -1; }
	return (int)syscall(SYS_openat, at, path, flags, mode);
}
#define MODE va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more)
int open(const char *path, int flags, ...) { MODE; return go(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE; return go(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE; return go(at, path, flags, mode); }
"""

# Some closes lose the bytes of their file, and say so once.
LOSES = """
int close(int fd)
{
	static int closes;
	char link[64], name[4096];
	struct stat st;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, name, sizeof name - 1);
	int lost = length > 0 && (name[length] = 0, strstr(name, WHERE)) && fstat(fd, &st) == 0 && st.st_size > 0 &&
		S_ISREG(st.st_mode) && closes++ % 5 == FIRST && ftruncate(fd, 0) == 0;
	if (syscall(SYS_close, fd) != 0) return -1;
	if (lost) errno = ENOSPC;
	return lost ? -1 : 0;
}
"""


def names(folder):
    """All names below a folder, those of temporaries too, but what runs keep for each other."""
    return sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")
                  if not path.is_dir() and STATE not in path.parts)


# --- close ----------------------------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("kind", ["named", "nameless"])
@pytest.mark.parametrize("size", ["100x100", "100,50"])
def test_what_close_refuses_is_not_published(directory, shim, mode, kind, size):
    """Nothing empty has a name, what had one is not lost, and the next run does what failed."""
    directory.copy("photos/mountains.jpg", *("images/%d.jpg" % number for number in range(20)))
    if kind == "named":
        prefix = shim(OPEN + LOSES.replace("FIRST", "3").replace("WHERE", '"/.batchresize-"'))
    else:
        prefix = shim(LOSES.replace("FIRST", "3").replace("WHERE", '"/out/"'))
    options = ["-s", size, "-o", "out", "images"]
    first = directory.run(NO_SANDBOX, *options, mode=mode, prefix=prefix)
    counts = first.statuses()
    assert counts.get("failed", 0) > 0 and sum(counts.values()) == 20, first
    made = assert_whole(directory / "out")
    assert made == counts.get("ok", 0) * len(size.split(",")), first
    assert all("No space left" in record["error"] for record in first.report if record["status"] == "failed")
    again = directory.run("--existing", "update", *options, mode=mode)
    assert again.status == 0 and again.statuses().get("ok", 0) == 20 - counts.get("ok", 0), again
    # Over what is there: the same pictures, or those that were.
    before = directory.files("out")
    directory.run(*options, mode=mode, prefix=prefix)
    assert directory.files("out") == before


@every_mode
@pytest.mark.parametrize("sizes", ["100x100", "100,50"])
def test_a_directory_that_cannot_be_synchronised_loses_nothing(directory, shim, mode, sizes):
    """What is there stays whole, old or new; what was not there is not there; and both have failed."""
    prefix = shim("""int fsync(int fd)
{
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) { errno = EIO; return -1; }
	return (int)syscall(SYS_fsync, fd);
}""")
    options = ["--existing", "overwrite", "-s", sizes, "-o", "out", "images"]
    directory.copy("photos/mountains.jpg", "images/old.jpg")
    assert directory.run(*options, mode=mode).status == 0
    before = directory.files("out")
    directory.copy("photos/mountains.jpg", "images/new.jpg")
    done = directory.run("--fsync", *options, mode=mode, prefix=prefix)
    assert done.status in (1, 3) and done.statuses() == {"failed": 2}, done
    assert directory.files("out") == before


@every_mode
@pytest.mark.parametrize("sizes", ["100x100", "100,50"])
@pytest.mark.parametrize("existing", [False, True])
def test_what_is_synchronised_has_a_name(directory, shim, mode, sizes, existing):
    """A file that is on the disk without links is none there, whatever directory is synchronised later."""
    prefix = shim("""int fsync(int fd)
{
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0) { errno = EIO; return -1; }
	return (int)syscall(SYS_fsync, fd);
}""")
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    options = ["--existing", "overwrite", "-s", sizes, "-o", "out", "images"]
    if existing:
        assert directory.run(*options, mode=mode).status == 0
    done = directory.run("--fsync", *options, mode=mode, prefix=prefix)
    assert done.status == 0 and done.statuses() == {"ok": 1}, done
    assert len(names(directory / "out")) == len(sizes.split(","))


def test_what_lost_its_power_is_swept_by_a_run_that_synchronises(directory):
    """What tells that a run was cut short may be lost as well."""
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    assert directory.run("--fsync", "-o", "out", "images").status == 0
    left = directory / "out/.batchresize-0123456789abcdef01.tmp"
    left.write_bytes(b"half")
    assert directory.run("--fsync", "-o", "out", "images").status == 0
    assert not left.exists()


@pytest.mark.parametrize("mode", WITH_WORKERS)
def test_what_a_temporary_tells_of_the_machine_is_asked_once(directory, shim, mode):
    directory.many(30)
    prefix = shim("""int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = va_arg(list, mode_t);
	va_end(list);
	if (strstr(path, "/boot_id")) {
		int asked = (int)syscall(SYS_openat, AT_FDCWD, "asked", O_CREAT | O_WRONLY | O_APPEND, 0666);

		(void)!write(asked, "\\n", 1);
		close(asked);
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
""")
    done = directory.run("--fsync", "-o", "out", "images", mode=mode, prefix=prefix)
    assert done.status == 0 and done.statuses() == {"ok": 30}, done
    assert (directory / "asked").read_text() == "\n"


def test_what_tells_of_a_run_is_synchronised(directory, shim):
    """The files about it with their names, and what it remembers."""
    synchronised = """int %s(int fd)
{
	struct stat st;
	int log = (int)syscall(SYS_openat, AT_FDCWD, "synchronised", O_CREAT | O_APPEND | O_WRONLY, 0666);
	if (fstat(fd, &st) == 0) dprintf(log, "%%lu\\n", (unsigned long)st.st_ino);
	syscall(SYS_close, log);
	return (int)syscall(SYS_%s, fd);
}
"""
    prefix = shim(synchronised % ("fsync", "fsync") + synchronised % ("fdatasync", "fdatasync"))
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    about = {"--report": "about/report", "--failed-list": "lists/failed", "--metrics": "metrics/run.prom", "--srcset": "sets/list",
             "--html": "pages/run.html"}
    for path in about.values():
        (directory / path).parent.mkdir()
    done = directory.run("--fsync", *(word for pair in about.items() for word in pair), "-o", "out", "images", report=False, prefix=prefix)
    assert done.status == 0, done
    numbers = {int(line) for line in (directory / "synchronised").read_text().split()}
    places = [pathlib.Path(path) for path in about.values()] + [pathlib.Path("out", STATE, name) for name in ("state.db", "state.db-wal")]
    missing = [str(path) for place in places for path in (place, place.parent) if (directory / path).stat().st_ino not in numbers]
    assert not missing and (directory / "out").stat().st_ino in numbers, missing


def test_standard_output_that_close_refuses(directory, shim):
    prefix = shim(LOSES.replace("closes++ % 5 == FIRST", "1").replace("WHERE", '"/told"'))
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    with open(directory / "told", "wb") as told:
        for command, data in ((["-"], (TESTDATA / "edge/1x1.jpg").read_bytes()), (["--print", "images"], None),
                              (["--report", "-", "images"], None), (["--dry-run", "-s", "1", "images"], None), (["--help"], None)):
            run = subprocess.run([*prefix, *directory.command(command, None, None)], cwd=directory.path, input=data,
                                 stdout=told, stderr=subprocess.PIPE, check=False)
            assert run.returncode == 3 or (command == ["-"] and run.returncode in (1, 3)), (command, run)
            assert b"No space left" in run.stderr, (command, run)


def test_report_and_list_that_close_refuses(directory, shim):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    prefix = shim(OPEN + LOSES.replace("closes++ % 5 == FIRST", "1").replace("WHERE", '"/lists/"'))
    (directory / "lists").mkdir()
    done = directory.run("--report", "lists/report", "images", prefix=prefix, report=False)
    assert done.status == 3 and "No space left" in done.err, done
    (directory / "lists/report").unlink()
    done = directory.run("--srcset", "lists/srcset.json", "images", prefix=prefix, report=False)
    assert done.status == 3 and "No space left" in done.err, done
    assert names(directory / "lists") == []


# --- temporaries ----------------------------------------------------------------------------------


@every_mode
def test_what_a_killed_run_left_is_swept(directory, shim, mode):
    directory.many(150)
    prefix = shim(OPEN)
    command = [*prefix, *directory.command(["-s", "400", "-o", "out", "images"], mode, None)]
    run = subprocess.Popen(command, cwd=directory.path, stderr=subprocess.DEVNULL)

    def stopped_with_a_temporary():
        Process(run.pid).signal(signal.SIGSTOP)
        wait_for(lambda: Process(run.pid).state() == "T", "it to stop")
        if (directory / "out").exists() and any(name.startswith(".batchresize-") for name in os.listdir(directory / "out")):
            return True
        Process(run.pid).signal(signal.SIGCONT)
        return False

    wait_for(stopped_with_a_temporary, "a temporary")
    run.kill()
    run.wait()
    (directory / "out/.batchresize-0123456789abcd.tmp").write_bytes(b"by an older version")
    (directory / "out/.batchresize-notes").write_bytes(b"somebody's own")
    done = directory.run("-v", "-s", "400", "-o", "out", "images", mode=mode, prefix=prefix)
    assert done.status == 0, done
    assert [path.name for path in directory.outputs("out") if path.name.startswith(".")] == [".batchresize-notes"]
    assert "was left by a run that was killed" in done.err, done


@pytest.mark.parametrize("mode", WITH_WORKERS)
def test_two_runs_leave_each_other_alone(directory, shim, mode):
    """The second comes while the first is stopped with its temporaries open."""
    directory.many(150)
    prefix = shim(OPEN)
    command = [*prefix, *directory.command(["-s", "400", "-o", "out", "images"], mode, directory / "first")]
    run = subprocess.Popen(command, cwd=directory.path, stderr=subprocess.DEVNULL)
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 4, "some outputs")
    Process(run.pid).signal(signal.SIGSTOP)
    wait_for(lambda: Process(run.pid).state() == "T", "it to stop")
    done = directory.run("--lock=off", "-s", "200", "-o", "out", "images", mode=mode, prefix=prefix)
    assert done.status == 0, done
    Process(run.pid).signal(signal.SIGCONT)
    assert run.wait() == 0
    assert all(json.loads(line)["status"] in ("ok", "skipped") for line in (directory / "first").read_text().splitlines())
    assert assert_whole(directory / "out") == 150


def test_what_cannot_be_removed_is_told(directory, shim):
    directory.copy("broken/text.jpg", "images/a.jpg")
    prefix = shim(OPEN + "int unlinkat(int at, const char *name, int flags) { errno = EACCES; return -1; }")
    done = directory.run("-o", "out", "images", prefix=prefix)
    left = names(directory / "out")
    assert done.status == 1 and left and all(name in done.err for name in left), (left, done)


@every_mode
def test_what_cannot_be_removed_is_a_warning(directory, shim, mode):
    """It may be so each night: one line, and the pictures decide what the run is worth. The first night leaves nothing: its
    directory is new, and no output is replaced."""
    directory.copy("photos/mountains.jpg", *("images/%d.jpg" % number for number in range(5)))
    prefix = shim(OPEN + "int unlinkat(int at, const char *name, int flags) { errno = EACCES; return -1; }")
    for told, options in ((0, ["-s", "100"]), (1, ["-s", "200"]), (1, ["-s", "100,50"]), (1, ["-s", "100"])):
        done = directory.run(*options, "-o", "out", "images", mode=mode, prefix=prefix)
        lines = [line for line in done.err.splitlines() if "could not be removed" in line]
        assert done.status == 0 and set(done.statuses()) <= {"ok", "skipped"} and len(lines) == told, done
    quiet = directory.run("--quiet", "-s", "100", "-o", "out", "images", mode=mode, prefix=prefix)
    assert quiet.status == 0 and quiet.err == "", quiet


@every_mode
@pytest.mark.parametrize("existing", ["skip", "update"])
def test_a_night_with_nothing_to_do_sweeps(directory, shim, mode, existing):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/deep/b.jpg", "images/deep/c.jpg")
    options = ["-v", "-s", "100,50", "--existing", existing, "-o", "out", "images"]
    prefix = shim(OPEN)
    assert directory.run(*options, mode=mode, prefix=prefix).status == 0
    before = names(directory / "out")
    for place in ("out", "out/deep"):
        (directory / place / ".batchresize-0123456789abcd.tmp").write_bytes(b"by a killed run")
    done = directory.run(*options, mode=mode, prefix=prefix)
    assert done.status == 0 and done.statuses() == {"skipped": 3}, done
    assert names(directory / "out") == before and done.err.count("was left by a run that was killed") == 2, done


@every_mode
@pytest.mark.parametrize("error", ["ENOSYS", "EPERM", "EINVAL"])
def test_calls_that_can_be_done_without(directory, shim, mode, error):
    """As old kernels, containers' filters and stacked file systems answer: the same files come out."""
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg", "images/b.jpg")
    assert directory.run("-s", "100,50", "-o", "plain", "images", mode=mode).status == 0
    prefix = shim(OPEN.replace("EOPNOTSUPP", error) + """
int linkat(int a, const char *b, int c, const char *d, int e) { errno = ERROR; return -1; }
int renameat2(int a, const char *b, int c, const char *d, unsigned e) { errno = ERROR; return -1; }
ssize_t getrandom(void *bytes, size_t size, unsigned flags) { errno = ERROR; return -1; }
int flock(int fd, int operation) { errno = ERROR; return -1; }
""".replace("ERROR", error))
    for _ in range(2):
        assert directory.run("-s", "100,50", "-o", "out", "--fsync", "images", mode=mode, prefix=prefix).status == 0
    assert directory.files("out") == directory.files("plain")


@pytest.mark.parametrize("mode", ["serial", "thread", "process"])
@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
def test_pipe_without_memory_files(directory, shim, mode, error):
    data = (TESTDATA / "photos/mountains.jpg").read_bytes()
    plain = directory.run("-", mode=mode, stdin=data)
    refused = "int memfd_create(const char *name, unsigned flags) { errno = %s; return -1; }" % error
    assert directory.run("-", mode=mode, stdin=data, prefix=shim(refused)).out == plain.out
    done = directory.run("-", mode=mode, stdin=data, report=False, prefix=shim(refused + """
int open(const char *path, int flags, ...)
{
	va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more);
	if ((flags & O_TMPFILE) == O_TMPFILE) { errno = EOPNOTSUPP; return -1; }
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int mkostemp(char *name, int flags) { (void)name; errno = EROFS; return -1; }
"""))
    assert done.status == 3 and "memfd_create" in done.err and "TMPDIR" in done.err, done


# --- reports that several write -------------------------------------------------------------------


def test_runs_share_a_report(directory):
    """Whole lines of both, whoever comes first; and afterwards a new report."""
    directory.many(150, "edge/1x1.jpg")
    for attempt in range(3):
        runs = [directory.start("-o", "out%d" % number, "images", report="report") for number in range(3)]
        assert [run.wait() for run in runs] == [0, 0, 0]
        lines = [json.loads(line) for line in (directory / "report").read_text().splitlines()]
        told = {record["output"].split("/")[0] for record in lines}
        # One that began when the others had ended has a report of its own.
        assert len(lines) == 150 * len(told) and 1 <= len(told) <= 3, (attempt, told)
    # The first run can't end: nobody reads what it prints, of which a pipe holds some thirty lines.
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    run = directory.start("--print", "-o", "slow/" + "long/" * 24, "images", report="report", stdout=writer)
    os.close(writer)
    wait_for(Process(run.pid).waits_for_a_reader, "the first run to be held up")
    done = directory.run("--report", "report", "-o", "quick", "images", report=False)
    assert done.status == 0 and "another run" in done.err, done
    with os.fdopen(reader, "rb") as stream:
        assert stream.read().count(b"\n") == 150
    run.communicate(timeout=DEADLINE)
    assert run.returncode == 0
    lines = [json.loads(line) for line in (directory / "report").read_text().splitlines()]
    assert len(lines) == len({record["output"] for record in lines}) == 300


def test_runs_share_a_pipe(directory):
    """Lines of several runs into one pipe: each whole."""
    directory.many(300, "edge/1x1.jpg")
    script = "for i in 1 2 3; do \"$0\" --quiet -o out$i --report - images & done; wait"
    done = subprocess.run(["sh", "-c", script, *directory.command([], None, None)], cwd=directory.path,
                          stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len({record["output"] for record in lines}) == 900


def test_a_full_disk_leaves_no_half_line(directory):
    directory.many(50, "edge/1x1.jpg")
    done = directory.run("--report", "report", "images", report=False,
                         prefix=["sh", "-c", "trap '' 25; ulimit -f 4; exec \"$@\"", "sh"])
    assert done.status == 3 and "File too large" in done.err, done
    text = (directory / "report").read_text()
    assert text.endswith("}\n") and all(json.loads(line) for line in text.splitlines())


# --- a real one -----------------------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("size", ["200x200", "200,100"])
def test_network_disk_that_fills_up(directory, network_disk, mode, size):
    """Every file that has its name is whole, what failed is said, and a later run with more room goes on."""
    directory.many(80)
    place = network_disk(100_000)
    done = directory.run("-s", size, "-o", "disk/out", "images", mode=mode)
    counts = done.statuses()
    assert done.status == 3 and counts["failed"] >= 8 and counts["ok"] > 0, done
    assert assert_whole(place / "out") == counts["ok"] * len(size.split(","))


@every_mode
def test_network_disk_that_knows_little(directory, network_disk, mode):
    directory.many(10)
    place = network_disk(0, "chmod", "times", "directory-fsync", "links", "long-names")
    for _ in range(2):
        done = directory.run("--existing", "overwrite", "--preserve", "times,mode", "--fsync", "-s", "100,50", "-o", "disk/out", "images", mode=mode)
        assert done.status == 0 and done.statuses() == {"ok": 10}, done
        assert all({"preserve-refused", "not-durable"} <= set(record["notes"]) for record in done.report)
        assert assert_whole(place / "out") == 20
    assert not re.search(r"rror", done.err), done


def test_network_disk_after_a_kill(directory, network_disk):
    directory.many(60)
    place = network_disk(0)
    run = directory.start("-s", "400", "-o", "disk/out", "images", mode="process")
    wait_for(lambda: (place / "out").exists() and any(name.startswith(".batchresize-") for name in os.listdir(place / "out")), "a temporary")
    run.kill()
    run.wait()
    wait_for(lambda: not Process(run.pid).alive(), "its end")
    assert directory.run("-s", "400", "-o", "disk/out", "images", mode="process").status == 0
    assert assert_whole(place / "out") == 60
