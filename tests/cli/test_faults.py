"""A little of `make fault` (tests/fault), and that its verifier sees what it is there for."""

import errno
import json
import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))

from conftest import SANITIZER, WITH_WORKERS, every_mode  # noqa: E402
from promise import Broken, Ground, Run, keep  # noqa: E402
from sweep import at_call, at_count  # noqa: E402
from told import HEAD, row_of, write_table  # noqa: E402

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime comes first, and needs calls of its own")


@pytest.fixture
def ground(tmp_path):
    return Ground(tmp_path / "here", pictures=3)


@every_mode
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EINTR], ids=errno.errorcode.get)
def test_some_calls_fail(ground, mode, error):
    for nth in range(150, 500, 45):
        ground.fresh()
        keep(at_call(ground, mode, "any", nth, error)[0])


@pytest.mark.parametrize("mode", WITH_WORKERS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=lambda number: number.name)
def test_a_worker_ends_before_some_call(ground, mode, number):
    for nth in range(5, 60, 9):
        ground.fresh()
        run, _ = at_call(ground, mode, "worker", nth, -number)
        assert keep(run) in ("done", "its picture")


@every_mode
def test_the_program_is_killed_before_some_call(ground, mode):
    for nth in range(20, 400, 55):
        ground.fresh()
        run, what = at_call(ground, mode, "parent", nth, -signal.SIGKILL)
        keep(run, killed=what is not None)


@every_mode
def test_some_allocations_fail(ground, mode):
    for nth in (0, 1, 300, 900, 1800):
        ground.fresh()
        run, _ = at_count(ground, mode, "allocation", "any", nth)
        keep(run)
        assert nth or run.status == 3, run.said  # lack of memory for the command line is no usage


@every_mode
@pytest.mark.parametrize("kind", ["read", "write"])
def test_every_call_is_a_short_one(ground, mode, kind):
    run, touched = at_count(ground, mode, kind, "any", -1)
    assert touched and keep(run) == "done", (touched, run.said)


# --- the verifier ---------------------------------------------------------------------------------------


def drop_a_line(ground):
    report = ground.path / "report"
    report.write_bytes(b"".join(report.read_bytes().splitlines(True)[1:]))


def say_it_twice(ground):
    report = ground.path / "report"
    report.write_bytes(report.read_bytes() + report.read_bytes().splitlines(True)[0])


def say_it_failed(ground):
    report = ground.path / "report"
    lines = [json.loads(line) for line in report.read_bytes().splitlines()]
    lines[0]["status"] = "failed"
    report.write_text("".join(json.dumps(line) + "\n" for line in lines))


def tear(ground):
    os.truncate(ground.path / "out/000.jpg", 300)


def leave_a_temporary(ground):
    (ground.path / "out/.batchresize-0123456789abcd.tmp").write_bytes(b"")


@pytest.mark.parametrize("harm, words", [
    (drop_a_line, "not reported"), (say_it_twice, "more than once"), (say_it_failed, "and there"), (tear, "is not what"),
    (leave_a_temporary, "a temporary was left"), (lambda ground: os.unlink(ground.path / "out/000.jpg"), "and not there"),
    (lambda ground: os.truncate(ground.path / "images/000.jpg", 300), "sources have changed"),
    (lambda ground: (ground.tmp / "left").write_bytes(b""), "left in tmp"),
    (lambda ground: (ground.path / "out/.batchresize/left").write_bytes(b"x"), "kept after"),
], ids=["line", "twice", "failed", "torn", "temporary", "missing", "source", "tmp", "state"])
def test_the_verifier_sees(ground, harm, words):
    run = Run(ground, mode="serial").wait()
    harm(ground)
    with pytest.raises(Broken, match=words):
        keep(run)


def test_the_verifier_sees_a_process(ground):
    run = Run(ground, mode="serial", prefix=["sh", "-c", 'sleep 1000 & "$@"; exit', "sh"]).wait()
    with pytest.raises(Broken, match="a process was left"):
        keep(run, again=False, patience=0.1)


def test_the_table_keeps_what_was_not_looked_at(tmp_path):
    """And has one row of all variants of a fault."""
    page = tmp_path / "page.md"
    new = row_of("a call fails", "t.py::a", [("serial", {"no start": 1, "done": 2}, "EIO"), ("thread", {"its picture": 1}, "EACCES"),
                                             ("serial", {"ends": 1}, "EACCES")])
    assert new == "| A call fails: `EACCES` `EIO` | done, ends, no start | its picture | - | - | - | `t.py::a` |\n"
    kept = "| `b` | done | - | - | - | - | `t.py::b` |\n"
    page.write_text("before\n\n" + HEAD + kept + "| A call fails: `EIO` | done | done | done | done | done | `t.py::a` |\n\nafter | it\n")
    write_table(str(page), [new])
    looked = new.replace("| - | - | - |", "| done | done | done |")  # what three modes did stays as it was seen
    assert page.read_text() == "before\n\n" + HEAD + looked + kept + "\nafter | it\n"
    write_table(str(tmp_path / "own.md"), [kept])
    assert (tmp_path / "own.md").read_text() == HEAD + kept
