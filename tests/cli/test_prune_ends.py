"""--prune: when nothing is removed, and what may happen meanwhile."""

import fcntl
import os
import shutil
import sqlite3
import struct

import pytest

from conftest import DEADLINE, STATE, wait_for
from pruned import ALL, PIXEL, PRUNE, assert_kept, made, pictures, pruned  # noqa: F401 a fixture too

F_OFD_SETLK = 37  # which Python 3.11 does not know


# --- when nothing goes ----------------------------------------------------------------------------


@pytest.mark.parametrize("most, goes", [("0", False), ("1", False), ("2", True), ("39%", False), ("40%", True),
                                        ("100%", True)])
def test_the_brake(pictures, most, goes):
    os.unlink(pictures / "images/a.jpg")
    os.unlink(pictures / "images/sub/c.jpg")
    done = pictures.run("--max-delete", most, *PRUNE)
    if goes:
        assert done.status == 0 and pruned(done) == ["out/a.jpg", "out/sub/c.jpg"], done
        return
    assert_kept(pictures, done, status=1)
    (record,) = [record for record in done.report if record["code"] == "max-delete"]
    assert record["status"] == "failed" and record["source"] == "out" and record["output"] is None
    assert "2 of 5 outputs would be removed, more than --max-delete" in done.err, done
    assert_kept(pictures, pictures.run("-n", "--max-delete", most, *PRUNE), status=1)


def test_the_brake_that_is_always_there(directory):
    """Half of all, but for a few."""
    directory.copy(PIXEL, "images/a.jpg", *("images/%d.jpg" % i for i in range(110)))
    assert directory.run("-o", "out", "images", mode="serial").statuses() == {"ok": 111}
    for i in range(101):
        os.unlink(directory / "images" / ("%d.jpg" % i))
    done = directory.run(*PRUNE, mode="serial")
    assert done.status == 1 and pruned(done) == [] and len(made(directory)) == 111, done
    shutil.copy(directory / "images/a.jpg", directory / "images/0.jpg")
    done = directory.run(*PRUNE, mode="serial")
    assert done.status == 0 and len(pruned(done)) == 100, done


def test_runs_that_do_not_come_to_their_end(pictures):
    os.unlink(pictures / "images/a.jpg")
    (pictures / "images/bad.jpg").write_bytes(b"no picture")
    (pictures / "list").write_text("images\n")
    done = pictures.run("--max-failures=0", *PRUNE)
    assert_kept(pictures, done, status=1)
    done = pictures.run("-v", "--max-failures=0", *PRUNE)
    assert "removes nothing after a run that was ended" in done.err, done
    os.unlink(pictures / "images/bad.jpg")
    done = pictures.run("--files-from", "list", "--prune", "-o", "out")
    assert_kept(pictures, done)
    assert "removes nothing of a list" in done.err
    done = pictures.run("--prune", "-o", "out", "images/b.jpg")
    assert pruned(done) == [] and "a.jpg" in made(pictures), done
    # pictures that fail are no reason
    (pictures / "images/bad.jpg").write_bytes(b"no picture")
    done = pictures.run(*PRUNE)
    assert done.status == 1 and pruned(done) == ["out/a.jpg"], done


def test_without_a_state(pictures):
    """Nothing is known, and nothing goes."""
    shutil.rmtree(pictures / "out" / STATE)
    os.unlink(pictures / "images/a.jpg")
    assert_kept(pictures, pictures.run(*PRUNE))
    assert_kept(pictures, pictures.run("--existing=overwrite", *PRUNE))
    os.unlink(pictures / "images/b.jpg")
    assert pruned(pictures.run("--existing=skip", *PRUNE)) == ["out/b.jpg"]
    with sqlite3.connect(pictures / "out" / STATE / "state.db") as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    os.unlink(pictures / "images/sub/c.jpg")
    done = pictures.run(*PRUNE)
    assert done.status == 0 and pruned(done) == [] and "removes nothing where the state" in done.err, done
    done = pictures.run("--prune", "images/sub/d.jpg")
    assert done.status == 0 and "beside their sources" in done.err, done


@pytest.mark.parametrize("options", [("--watch", *PRUNE), ("--watch", "--prune-all", "-o", "out", "images"),
                                     ("--max-delete=1", "-o", "out", "images"), ("--prune", "-")])
def test_what_makes_no_sense(directory, options):
    directory.copy(PIXEL, "images/a.jpg")
    done = directory.run(*options, report=False)
    assert done.status == 2 and ("--prune" in done.err), done


def test_while_another_run_is_at_work(pictures):
    """That has pictures, and outputs, which this one does not know of yet."""
    os.unlink(pictures / "images/a.jpg")
    with open(pictures / "out" / STATE / "lock", "r+") as lock:
        fcntl.fcntl(lock, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        assert_kept(pictures, pictures.run(*PRUNE), status=4)
        assert_kept(pictures, pictures.run("--lock=skip", *PRUNE))
    assert pruned(pictures.run(*PRUNE)) == ["out/a.jpg"]


def test_defaults_that_are_for_other_runs(pictures):
    """A watching run knows of a part of the sources at a time."""
    (pictures / "defaults").write_text("prune = yes\nmax-delete = 10%\n")
    options = ("--config", "defaults", "-o", "out", "images")
    os.unlink(pictures / "images/a.jpg")
    watch = pictures.start("--watch", *options)
    try:
        for name in ("new.jpg", "newer.jpg"):
            shutil.copy(pictures / "images/b.jpg", pictures / "images" / name)
            wait_for((pictures / "out" / name).exists, "an output of what has come in")
    finally:
        watch.terminate()
        watch.communicate(timeout=DEADLINE)
    assert set(ALL) < set(made(pictures))
    done = pictures.run(*options)
    assert done.status == 1 and pruned(done) == [] and "1 of 7 outputs would be removed" in done.err, done
    assert pruned(pictures.run("--prune", "--max-delete=100%", "-o", "out", "images")) == ["out/a.jpg"]


# --- faults ---------------------------------------------------------------------------------------

KILLED = """
#include <dlfcn.h>
#include <signal.h>
int unlinkat(int directory, const char *name, int flags)
{
	static int calls;
	int (*next)(int, const char *, int) = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");
	const int counts = strstr(name, ".batchresize") == NULL;
	int status;

	if (counts && ++calls == %d && %d)
		kill(getpid(), SIGKILL);
	status = next(directory, name, flags);
	if (counts && calls == %d)
		kill(getpid(), SIGKILL);
	return status;
}
"""


@pytest.mark.parametrize("after", [False, True])
def test_a_run_that_is_killed_while_it_removes(pictures, shim, after):
    """At each removal, of a file or a directory: the next run finds nothing that is left for ever."""
    for call in range(1, 7):
        prefix = shim(KILLED % (call, not after, call))
        shutil.rmtree(pictures.path)
        pictures.path.mkdir()
        pictures.copy(PIXEL, "images/a.jpg", "images/b.jpg", "images/sub/c.jpg", "images/sub/d.jpg",
                      "images/old/deep/e.jpg")
        assert pictures.run("-o", "out", "images", mode="serial").statuses() == {"ok": 5}
        os.unlink(pictures / "images/a.jpg")
        shutil.rmtree(pictures / "images/sub")
        shutil.rmtree(pictures / "images/old")
        done = pictures.run(*PRUNE, mode="serial", prefix=prefix)
        assert done.status == -9, (call, done)
        again = pictures.run(*PRUNE, mode="serial")
        assert again.status == 0 and made(pictures) == ["b.jpg"], (call, again, made(pictures))
        with sqlite3.connect(pictures / "out" / STATE / "state.db") as base:
            assert base.execute("SELECT count(*) FROM picture").fetchone() == (1,)
        base.close()


DENIED = """
#include <dlfcn.h>
int unlinkat(int directory, const char *name, int flags)
{
	int (*next)(int, const char *, int) = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");

	if (strcmp(name, "a.jpg") == 0) {
		errno = EROFS;
		return -1;
	}
	return next(directory, name, flags);
}
"""


def test_what_can_not_be_removed(pictures, shim):
    os.unlink(pictures / "images/a.jpg")
    os.unlink(pictures / "images/sub/c.jpg")
    done = pictures.run(*PRUNE, prefix=shim(DENIED))
    assert done.status == 1 and pruned(done) == ["out/sub/c.jpg"], done
    assert "out/a.jpg: is left over, and can't be removed: Read-only file system" in done.err, done
    assert pruned(pictures.run(*PRUNE)) == ["out/a.jpg"]
