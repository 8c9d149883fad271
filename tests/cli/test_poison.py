"""Pictures that ended their workers: remembered, passed over, listed, and tried again.

A shim ends or stops the worker that unpacks or packs a PNG, as long as there is a file "armed": among JPEGs one
PNG is the victim, whatever the mode.
"""

import os
import shutil
import signal
import sqlite3

import pytest
from PIL import Image

from conftest import SANITIZER, STATE, mode_with_workers, size_of
from url_server import serve

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")

VICTIM = "images/sub/victim.png"
# What strikes the worker looks for a file first.
RUN = ("--sandbox=off", "-s", "30", "-o", "out", "images")

SHIM = r"""
#include <dlfcn.h>
#include <signal.h>
#include <sys/prctl.h>

static void strike(void)
{
	char name[17] = "";

	(void)prctl(PR_GET_NAME, name);
	if (strcmp(name, "worker") != 0 || access("armed", F_OK) != 0)
		return;
	END;
}
typedef int unpack(void *, const void *, size_t, void *, size_t, size_t *, size_t *);
int libdeflate_zlib_decompress_ex(void *a, const void *in, size_t b, void *out, size_t c, size_t *d, size_t *e)
{
	if (DECODING)
		strike();
	return ((unpack *)dlsym(RTLD_NEXT, "libdeflate_zlib_decompress_ex"))(a, in, b, out, c, d, e);
}
typedef size_t pack(void *, const void *, size_t, void *, size_t);
size_t libdeflate_zlib_compress(void *a, const void *in, size_t b, void *out, size_t c)
{
	if (!DECODING)
		strike();
	return ((pack *)dlsym(RTLD_NEXT, "libdeflate_zlib_compress"))(a, in, b, out, c);
}
"""

CRASH = "(void)signal(SIGSEGV, SIG_DFL); (void)raise(SIGSEGV)"
HANG = "for (;;) (void)pause()"
KILL = "(void)raise(SIGKILL)"
EXIT = "_exit(9)"


def draw(path, shade=100, size=(50, 40)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, 200 - shade, 50)).save(path, compress_level=0)


class Place:
    """Sources with a victim among them, and a program that it ends."""

    def __init__(self, directory, shim, end, stage, more=""):
        self.directory = directory
        self.prefix = shim(SHIM.replace("END", end).replace("DECODING", str(int(stage == "decode"))) + more)
        for name in ("a.jpg", "sub/b.jpg", "sub/c.jpg"):
            draw(directory / "images" / name)
        draw(directory / VICTIM)
        self.arm()

    def arm(self, on=True):
        if on:
            (self.directory / "armed").touch()
        else:
            (self.directory / "armed").unlink()

    def run(self, *options, mode="process"):
        return self.directory.run(*options, *RUN, mode=mode, prefix=self.prefix)

    def meet(self, *options, mode="process"):
        """What becomes of the victim; all others are well."""
        done = self.run(*options, mode=mode)
        record = done.record(VICTIM)
        others = {other["status"] for other in done.report if other is not record}
        assert others <= {"ok", "skipped"} and len(done.report) == 4, done
        assert done.status == (1 if record["status"] in ("crashed", "timeout", "failed") else 0), done
        return record["status"], record["code"]

    def list(self, *options):
        done = self.directory.run("--list-poison", *options, report=False)
        assert done.status == 0, done
        return done

    def change(self, sql):
        with sqlite3.connect(self.directory / "out" / STATE / "state.db") as database:
            database.execute(sql)
        database.close()


@pytest.fixture
def place(directory, shim):
    return lambda end=CRASH, stage="decode", more="": Place(directory, shim, end, stage, more)


CRASHED, POISON, MADE, SAME = ("crashed", "crashed"), ("skipped", "poison"), ("ok", None), ("skipped", "skipped")


@mode_with_workers
def test_a_crash_is_remembered(place, mode):
    it = place()
    done = it.run(mode=mode)
    record = done.record(VICTIM)
    assert done.status == 1 and done.statuses() == {"ok": 3, "crashed": 1}, done
    assert record["stage"] == "decode" and record["signal"] == signal.SIGSEGV and record["worker_bytes"] > 0, record
    assert all(not {"stage", "worker_bytes"} & other.keys() for other in done.report if other is not record)
    done = it.run(mode=mode)
    again = done.record(VICTIM)
    assert done.status == 0 and done.statuses() == {"skipped": 4}, done
    assert (again["status"], again["code"], again["attempt"]) == ("skipped", "poison", 0)
    assert [again[name] for name in ("stage", "signal", "worker_bytes")] == \
        [record[name] for name in ("stage", "signal", "worker_bytes")]
    assert "decod" in again["error"] and "signal 11" in again["error"] and "--retry-poison" in again["error"]
    assert done.err.count("--retry-poison") == 1 and "victim" not in done.err
    assert "stage decode" in record["error"] and "not made: it crashed" in it.run("--explain").err
    # whatever is there already, and whoever would die with it
    assert it.meet("--existing=overwrite", mode=mode) == it.meet("--existing=skip", mode=mode) == POISON
    assert it.meet("-n") == it.meet(mode="thread") == it.meet(mode="serial") == POISON
    assert it.meet("--retry-poison", mode=mode) == CRASHED
    assert it.meet(mode=mode) == POISON
    it.arm(False)
    assert it.meet(mode=mode) == POISON
    assert it.meet("--retry-poison", mode=mode) == MADE
    assert size_of((it.directory / "out/sub/victim.png").read_bytes()) == (30, 24)
    assert it.list("-o", "out").out == b""
    it.arm()
    assert it.meet(mode=mode) == SAME
    assert it.meet("--existing=overwrite", mode=mode) == CRASHED


@pytest.mark.parametrize("end, stage, number", [(CRASH, "encode", 11), (EXIT, "decode", None)])
def test_where_and_how_a_worker_ended(place, end, stage, number):
    it = place(end, stage)
    record = it.run().record(VICTIM)
    assert (record["status"], record["stage"], record["signal"]) == ("crashed", stage, number)
    record = it.run().record(VICTIM)
    assert (record["code"], record["stage"], record["signal"]) == ("poison", stage, number)


@mode_with_workers
def test_a_timeout_is_remembered_for_less_time(place, mode):
    it = place(HANG)
    assert it.meet("--timeout=2", "--retries=0", mode=mode) == ("timeout", "timeout")
    done = it.run("--timeout=2", mode=mode)
    assert done.record(VICTIM)["code"] == "poison" and "within 2 s" in done.record(VICTIM)["error"]
    assert done.record(VICTIM)["stage"] == "decode"
    assert it.meet("--timeout=1", mode=mode) == POISON
    it.arm(False)
    assert it.meet("--timeout=2", mode=mode) == POISON
    assert it.meet("--timeout=20", mode=mode) == MADE
    assert it.list("-o", "out").out == b""


@mode_with_workers
def test_whom_somebody_killed_is_not_poison(place, mode):
    it = place(KILL)
    assert it.meet(mode=mode) == CRASHED
    assert it.meet(mode=mode) == CRASHED
    assert it.list("-o", "out").out == b""


def test_a_crash_that_was_not_tried_again_says_little(place):
    """A run that is stopped ends before it has tried all that it was told to."""
    it = place("(void)kill(atoi(getenv(\"PARENT\")), SIGTERM); " + CRASH)
    it.prefix = [*it.prefix, "sh", "-c", "PARENT=$$ exec \"$@\"", "sh"]
    done = it.run("--retries=50")
    assert done.status == -signal.SIGTERM, done
    assert it.list("-o", "out").out == b""


# A kernel that kills the worker for want of memory, which it had most of if there is a file "huge".
OUT_OF_MEMORY = r"""
#include <sys/resource.h>
#include <sys/wait.h>

FILE *fopen(const char *path, const char *mode)
{
	static char none[] = "oom_kill 0\n", one[] = "oom_kill 1\n";
	char *text = access("killed", F_OK) == 0 ? one : none;

	if (strstr(path, "/memory.events"))
		return fmemopen(text, strlen(text), "r");
	return ((FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen"))(path, mode);
}
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	pid_t got = ((pid_t (*)(pid_t, int *, int, struct rusage *))dlsym(RTLD_NEXT, "wait4"))(pid, status, options, usage);
	if (got > 0 && access("huge", F_OK) == 0)
		usage->ru_maxrss = 1L << 40;
	return got;
}
"""


@mode_with_workers
def test_whom_the_kernel_killed(place, mode):
    """A picture that alone takes too much would again; one whose neighbour did would not."""
    it = place("(void)close(open(\"killed\", O_CREAT | O_WRONLY, 0666)); " + KILL, more=OUT_OF_MEMORY)
    if it.meet(mode=mode) == CRASHED:
        pytest.skip("no control group here whose kills are counted")
    (it.directory / "killed").unlink()
    assert it.meet(mode=mode) == ("crashed", "memory")
    (it.directory / "killed").unlink()
    (it.directory / "huge").touch()
    assert it.meet(mode=mode) == ("crashed", "memory")
    done = it.run(mode=mode)
    assert done.record(VICTIM)["code"] == "poison" and "more memory" in done.record(VICTIM)["error"], done
    assert b": out of memory (signal 9, Killed), stage decode, " in it.list("-o", "out").out
    (it.directory / "killed").unlink()
    assert it.meet("--max-memory=1G", mode=mode) == ("crashed", "memory")


# --- until something changes ----------------------------------------------------------------------


def touch(path):
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1000000000))


def copy_back(path):
    shutil.copy2(path, path.with_suffix(".copy"))
    os.replace(path.with_suffix(".copy"), path)


def forge(path):
    """Other bytes, as many, of the same time."""
    before, times = path.read_bytes(), path.stat()
    draw(path, 101)
    assert path.stat().st_size == len(before)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("change, expected", [(touch, CRASHED), (forge, CRASHED), (copy_back, POISON),
                                              (lambda path: path.chmod(0o600), POISON)])
def test_a_source_that_changed(place, change, expected):
    it = place()
    assert it.meet() == CRASHED
    change(it.directory / VICTIM)
    assert it.meet() == expected
    assert it.meet() == POISON


@pytest.mark.parametrize("option", [("--png-effort=3",), ("--enlarge",), ("-f", "png")])
def test_an_option_that_changed(place, option):
    it = place()
    assert it.meet() == CRASHED
    assert it.meet("--max-pixels=1M", "-j1", "--retries=0") == POISON
    assert it.meet(*option) == CRASHED
    assert it.meet(*option) == POISON


@pytest.mark.parametrize("sql", [
    "UPDATE setup SET versions = versions + 1", "UPDATE setup SET options = options || 'more=1'",
    "UPDATE poison SET size = size + 1", "UPDATE poison SET modified = modified + 5000000000",
    "UPDATE poison SET inode = inode + 1, hash = hash + 1", "UPDATE poison SET inode = inode + 1, hash = 0",
    "UPDATE poison SET stage = 77", "UPDATE poison SET signal = -1", "UPDATE poison SET code = 3",
    "UPDATE poison SET name = x'00'", "UPDATE poison SET names = 5",
    "UPDATE directory SET path = x'2e2e' WHERE path = CAST('sub' AS BLOB)"])
def test_what_else_has_to_agree(place, sql):
    """Another version of a library, and a database that a stranger has made or a disk has spoilt."""
    it = place()
    assert it.meet() == CRASHED
    it.change(sql)
    assert it.meet() == CRASHED


def test_a_database_of_the_version_before(place):
    it = place()
    it.arm(False)
    assert it.meet() == MADE
    it.change("DROP TABLE poison")
    it.change("CREATE TABLE poison(directory INTEGER)")
    it.change("ALTER TABLE directory DROP COLUMN inode")
    it.change("PRAGMA user_version = 1")
    assert it.list("-o", "out").out == b"" and it.meet("-n") == SAME
    it.arm()
    assert it.meet("--existing=overwrite") == CRASHED
    assert it.meet("--existing=overwrite") == POISON


def test_without_a_place_to_remember(directory, shim):
    it = Place(directory, shim, CRASH, "decode")
    for _ in range(2):
        done = directory.run("--sandbox=off", "-o", "one.png", VICTIM, prefix=it.prefix)
        assert done.status == 1 and done.statuses() == {"crashed": 1}, done


# --- the list -------------------------------------------------------------------------------------


def test_the_list(place):
    it = place()
    assert it.list("-o", "out").out == b"" and "no picture" in it.list("-o", "out").err
    assert not (it.directory / "out").exists()
    assert it.meet() == CRASHED
    path = os.fsencode(it.directory / VICTIM)
    before = it.directory.files("out/" + STATE)
    for options in (("-o", "out"), ("-o", "out", "images")):
        done = it.list(*options)
        assert done.out.startswith(path + b": crashed (signal 11, Segmentation fault), stage decode, ")
        assert done.out.count(b"\n") == 1 and b"B, 2" in done.out and "--retry-poison" in done.err
    assert it.list("--quiet", "-o", "out").err == ""
    names = it.list("-0", "-o", "out").out
    assert names == os.fsencode(it.directory / "images") + b"/./sub/victim.png\0"
    assert it.directory.files("out/" + STATE) == before
    # what is listed can be tried alone, from a pipe too, and becomes what it would have been
    again = ("-0", "--files-from=-", *RUN[:-1])
    it.arm(False)
    assert it.directory.run(*again, stdin=names, prefix=it.prefix).record(VICTIM.split("/")[-1])["code"] == "poison"
    done = it.directory.run("--retry-poison", *again, stdin=names, prefix=it.prefix)
    assert done.statuses() == {"ok": 1} and (it.directory / "out/sub/victim.png").exists(), done


def test_what_is_gone_is_forgotten(place):
    """By --prune, as what was made of it would be; not while its disk may be away."""
    it = place()
    assert it.meet() == CRASHED
    os.rename(it.directory / VICTIM, it.directory / "victim.png")
    assert it.run().status == 0 and "victim.png" in it.list("-o", "out").out.decode()
    assert it.run("-n", "--prune").status == 0 and "victim.png" in it.list("-o", "out").out.decode()
    done = it.run("--prune", "-f", "webp")
    assert done.status == 0 and "victim.png" in it.list("-o", "out").out.decode(), done
    os.rename(it.directory / "images", it.directory / "disk")
    (it.directory / "images").mkdir()
    it.run("--prune")
    assert "victim.png" in it.list("-o", "out").out.decode()
    os.rmdir(it.directory / "images")
    os.rename(it.directory / "disk", it.directory / "images")
    done = it.run("--prune")
    assert done.status == 0 and not it.list("-o", "out").out, done
    assert not [record for record in done.report if record["code"] == "pruned"]
    # as one that is there is not
    os.rename(it.directory / "victim.png", it.directory / VICTIM)
    assert it.meet("--prune") == CRASHED and it.meet("--prune") == POISON
    os.unlink(it.directory / VICTIM)
    assert it.run("--prune-all", "-f", "webp").status == 0 and not it.list("-o", "out").out


def test_the_list_of_directories_named_after_their_sources(directory, shim):
    it = Place(directory, shim, CRASH, "decode")
    assert directory.run("--sandbox=off", "-s", "30", "images", prefix=it.prefix).status == 1
    assert it.list("images").out.count(b"victim.png") == 1
    done = directory.run("--list-poison", report=False)
    assert done.status == 2 and "--output" in done.err, done


def test_the_list_while_a_run_is_writing(place):
    it = place()
    assert it.meet() == CRASHED
    path = it.directory / "out" / STATE / "state.db"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("UPDATE setup SET versions = versions")
        done = it.directory.run("--list-poison", "-o", "out", report=False)
    other.close()
    assert done.status == 4 and "another run" in done.err, done


@pytest.fixture(name="server")
def _server(directory):
    if "CURL=no" in directory.run("http://127.0.0.1:1/a.jpg", "--fetch-retries=0").err:
        pytest.skip("needs libcurl, which this build is made without (CURL=no)")
    with serve(b"") as server:
        yield server


@mode_with_workers
def test_what_is_fetched_is_known_by_its_bytes(place, server, mode):
    """It is fetched, and goes no further; the options and the bytes have a part in it as for files."""
    place = place()

    def offer(shade):
        draw(place.directory / "victim.png", shade)
        server.picture = (place.directory / "victim.png").read_bytes()

    def meet(*options):
        done = place.directory.run("--sandbox=off", "-s", "30", "-o", "out", *options, server.url + "/p/victim.png",
                                   mode=mode, prefix=place.prefix)
        record, = done.report
        return record["status"], record["code"]

    offer(100)
    assert meet() == CRASHED
    assert meet() == POISON
    assert meet("--retry-poison") == CRASHED
    assert meet("--explain") == POISON and len(server.requests) == 4
    assert b"victim.png" in place.directory.run("--list-poison", "-o", "out", report=False).out
    offer(77)
    assert meet() == CRASHED
    place.arm(False)
    assert meet() == POISON
    assert meet("--retry-poison") == MADE
    assert meet() == SAME
