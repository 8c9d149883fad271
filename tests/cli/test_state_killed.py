"""What a run remembers that is killed."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess

import pytest

from conftest import DEADLINE, PROGRAM, STATE, TOP, WITH_WORKERS, draw, environment, wait_for
from pruned import pruned
from remembered import RUN, database, remade


def test_a_state_is_begun_before_anything_is_made(directory):
    """So that what a run leaves that is killed at its first picture is not taken for its successor's."""
    draw(directory, "images/a.jpg")
    (directory / "images/a.jpg").write_bytes((directory / "images/a.jpg").read_bytes()[:300])
    assert directory.run(*RUN).statuses() == {"failed": 1}
    with sqlite3.connect(database(directory)) as connection:
        assert connection.execute("SELECT count(*) FROM picture").fetchone() == (0,)


def times(directory):
    return {path: path.stat().st_mtime_ns for path in (directory / "out").rglob("*.jpg")}


@pytest.mark.parametrize("mode", WITH_WORKERS)
def test_a_killed_run_goes_on(directory, mode):
    """Whatever it had come to is not made again, except what was under way."""
    for number in range(150):
        draw(directory, "images/%03d.jpg" % number, number, (200 + number, 150))
    assert directory.run("-s", "30,60", "-o", "expected", "images").status == 0
    random.seed(mode)
    for goal in (1, 20, 70, 140, 220, 290):
        shutil.rmtree(directory / "out", ignore_errors=True)
        run = directory.start("-s", "30,60", "-o", "out", "images", mode=mode)
        wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) >= goal, "outputs")
        run.send_signal(signal.SIGKILL)
        run.communicate()
        before = times(directory)
        whole = {path.name[:3] for path in before if path.with_name(path.name[:3] + "-60.jpg") in before
                 and path.with_name(path.name[:3] + "-30.jpg") in before}
        done = directory.run("-s", "30,60", "-o", "out", "images", mode=mode)
        assert done.status == 0, done
        again = {os.path.basename(record["source"])[:3] for record in done.report if record["status"] == "ok"}
        assert not again & whole, "made again: %s" % sorted(again & whole)
        assert directory.files("out") == directory.files("expected")
        assert not [path for path in directory.outputs("out") if path.name.startswith(".")]


def test_a_run_that_was_killed_and_other_options(directory):
    """What it had made and not yet told of is not taken for what is asked for now."""
    directory.many(400)
    run = directory.start("-q", "20", "-s", "60", "-o", "out", "images", mode="process")
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) >= 20, "outputs")
    run.send_signal(signal.SIGKILL)
    run.communicate()
    # as if none of it had been told
    base = sqlite3.connect(database(directory))
    for (table,) in base.execute("SELECT name FROM sqlite_schema WHERE name IN ('journal', 'picture')").fetchall():
        base.execute("DELETE FROM " + table)
    base.commit()
    base.close()
    assert len(directory.outputs("out")) < 400, "it was killed too late"
    assert directory.run("-s", "60", "-o", "out", "images").status == 0
    assert directory.run("-s", "60", "-o", "expected", "images").status == 0
    assert directory.files("out") == directory.files("expected")


# For shim(): the program is killed when it gives an output, of which there is one already, its name for the COUNTth
# time.
KILLED_AT_RENAME = """
#include <signal.h>
int renameat(int a, const char *from, int b, const char *to)
{
	static int count;

	if (strstr(from, ".batchresize-") && ++count == COUNT)
		kill(getpid(), SIGKILL);
	return renameat2(a, from, b, to, 0);
}
"""


def killed_at(directory, shim, count, *options):
    prefix = shim(KILLED_AT_RENAME.replace("COUNT", str(count)))
    assert directory.run(*options, mode="serial", prefix=prefix).status == -signal.SIGKILL


def temporaries(directory):
    return list((directory / "out").rglob(".batchresize-*"))


def test_a_temporary_where_an_output_was_being_replaced(directory, shim):
    """Also in a directory in which nothing is to be made any more."""
    for name in ("a/1.jpg", "b/2.jpg"):
        draw(directory, "images/" + name)
    run = ("-s", "40", "-o", "out", "images")
    assert directory.run("-q", "40", *run).status == 0
    killed_at(directory, shim, 2, *run)
    left = temporaries(directory)
    if not left:
        pytest.skip("the file system replaces without a temporary")
    left[0].rename(directory / "out/a" / left[0].name)
    assert len(remade(directory, *run)) == 1
    assert not temporaries(directory)


def test_what_was_told_last_before_a_kill(directory, shim):
    """Not a picture is made again that had its name."""
    for number in range(9):
        draw(directory, "images/%d.jpg" % number, 20 * number)
    run = ("-s", "40", "-o", "out", "images")
    assert directory.run("-q", "40", *run).status == 0
    killed_at(directory, shim, 6, *run)
    assert len(remade(directory, *run)) == 4
    assert remade(directory, *run) == []
    assert not (directory / "out" / STATE / "told").exists()


def test_directories_that_were_told_of_last_before_a_kill(directory, shim):
    """--prune removes what was made in them, and those that the run had made, as if it had come to its end."""
    run = ("-s", "40", "-o", "out", "images")
    for name in ("0.jpg", "c/3.jpg"):
        draw(directory, "images/" + name)
    assert directory.run(*run).status == 0
    for number, name in enumerate(("a/1.jpg", "b/2.jpg", "c/3.jpg")):
        draw(directory, "images/" + name, 20 * number)
    killed_at(directory, shim, 1, *run)
    assert remade(directory, *run) == ["c/3.jpg"]
    (directory / "images/a/1.jpg").unlink()
    shutil.rmtree(directory / "images/b")
    done = directory.run("--prune", *run)
    assert pruned(done) == ["out/a/1.jpg", "out/b/2.jpg"], done
    assert not (directory / "out/a").exists() and not (directory / "out/b").exists()


def test_a_dry_run_after_a_kill(directory, shim):
    """It knows all that the next run will, removes what that will remove, and leaves what it read for it."""
    for number in range(9):
        draw(directory, "images/%d.jpg" % number, 20 * number)
    run = ("-s", "40", "-o", "out", "images")
    assert directory.run("-q", "40", *run).status == 0
    old = times(directory)
    killed_at(directory, shim, 6, *run)
    left = sorted("images/" + path.name for path, time in times(directory).items() if old[path] == time)
    gone = sorted("images/" + path.name for path, time in times(directory).items() if old[path] != time)[0]
    os.unlink(directory / gone)

    def kept():
        return {path.name: path.read_bytes() for path in (directory / "out" / STATE).iterdir()}
    before = kept()
    if not before.get("told"):
        pytest.skip("it took the program longer than what is told waits")
    dry = directory.run("-n", "--prune", *run)
    assert kept() == before, "a dry run has written"
    for again in (dry, directory.run("--prune", *run)):
        assert again.status == 0, again
        todo = {record["source"] for record in again.report if record["status"] in ("planned", "ok")
                and record["code"] is None}
        assert sorted(todo) == left and len(left) == 4, again
        assert [record["source"] for record in again.report if record["code"] == "pruned"] == [gone], again


@pytest.mark.parametrize("harm", ["cut", "wrong", "folder", "pipe", "other text"])
def test_a_file_of_what_was_told_that_is_none(directory, shim, harm):
    """As far as it makes sense it is believed."""
    for number in range(5):
        draw(directory, "images/%d.jpg" % number, 20 * number)
    run = ("-s", "40", "-o", "out", "images")
    assert directory.run("-q", "40", *run).status == 0
    killed_at(directory, shim, 4, *run)
    told = directory / "out" / STATE / "told"
    if not told.exists() or told.stat().st_size == 0:
        pytest.skip("it took the program longer than what is told waits")
    data = told.read_bytes()
    told.unlink()
    if harm == "cut":
        told.write_bytes(data[:-1])
    elif harm == "wrong":
        told.write_bytes(data[:len(data) // 2] + b"\xff" + data[len(data) // 2 + 1:])
    elif harm == "folder":
        told.mkdir()
    elif harm == "pipe":
        os.mkfifo(told)
    else:
        told.write_bytes(b"not what it is" * 100)
    made = remade(directory, *run)
    assert len(made) in ({"cut": (3,), "wrong": (3, 4)}.get(harm, (2, 3, 4, 5))), made
    assert remade(directory, *run) == []


def test_kills_at_random_moments():
    """A few rounds of `make soak-kill`."""
    soak = subprocess.run([TOP / "scripts/soak-kill", "--rounds", "5", "--first", "5",
                           "--pictures", "40"], env=environment(BATCHRESIZE=PROGRAM), capture_output=True,
                          timeout=DEADLINE, check=False)
    assert soak.returncode == 0, soak.stdout.decode() + soak.stderr.decode()
