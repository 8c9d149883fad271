"""batchresize lab: what it measures, that it changes and leaves nothing, and what it says of bad input."""

import fcntl
import json
import os
import signal
import subprocess

import pytest

from browser import browser  # noqa: F401: a fixture
from conftest import DEADLINE, PROGRAM, Directory, Process, environment, wait_for
from page import Page

TABLES = {"pools": 8, "handover": 3, "tasks": 3, "stages": 5}


def lab(directory, *arguments, **more):
    temporary = directory.path.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    done = subprocess.run([PROGRAM, "lab", *arguments], cwd=directory.path, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300,
                          env=environment(TMPDIR=str(temporary)) | more)
    assert list(temporary.iterdir()) == []
    return done


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """It takes its time: once for all tests of what it says."""
    path = tmp_path_factory.mktemp("lab") / "here"
    path.mkdir()
    directory = Directory(path)
    directory.many(12)
    before = {name: (path / name).stat().st_mtime_ns for name in directory.names()}, directory.files()
    done = lab(directory, "--json", "-s", "100", "-j", "2", "--html", "lab.html", "images")
    page = path.parent / "lab.html"
    (path / "lab.html").rename(page)
    shown = Page(page)
    after = {name: (path / name).stat().st_mtime_ns for name in directory.names()}, directory.files()
    assert before == after
    return done, shown


def test_all_is_measured(measured):
    done, _ = measured
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["found"] == 12 and 2 <= told["chosen"] <= 12 and told["more"] is False
    assert told["load"] >= 0
    assert {name: len(told[name]) for name in TABLES} == TABLES
    names = [row["name"] for row in told["runs"]]
    assert len(names) == len(set(names))
    assert {"--mode=serial -j 1", "--mode=thread -j 2", "--mode=process -j 1", "--mode=hybrid -j 2 --io-threads 16",
            "--mode=auto -j 2"} <= set(names)
    for name in (*TABLES, "runs"):
        for row in told[name]:
            for figure in row["figures"]:
                assert figure["value"] is None or figure["value"] >= 0
                assert figure["unit"] in ("us", "ms", "s", "MB", "per_second", "share")


def test_it_advises(measured):
    advice = json.loads(measured[0].stdout)["advice"]
    assert advice["mode"] in ("process", "hybrid", "auto") and advice["jobs"] in (1, 2)
    assert 0 <= advice["waiting"] <= 1 and advice["why"] and advice["lost"]


def test_its_tables_fit(browser, measured):  # noqa: F811
    """On a screen of 500 pixels none is to be moved sideways; on a telephone's they are, and the page is not."""
    for width, fits in ((360, False), (500, True), (1600, True)):
        browser.show(measured[1].path, width, "light")
        wide = browser.run("return [...document.querySelectorAll('.table')].filter(t => t.scrollWidth > t.clientWidth + 1)"
                           ".map(t => t.querySelector('table').id)")
        assert not (fits and wide), (width, wide)
        assert browser.run("return document.documentElement.scrollWidth") <= width
        assert not browser.complaints()


def test_a_page(measured):
    """Its figures are those that programs get; one way through the chart is ticked, and one row of the runs."""
    told, page = json.loads(measured[0].stdout), measured[1]
    for name in (*TABLES, "runs"):
        rows = page.rows(name)
        assert len(rows) == len(told[name])
        for row, known in zip(rows, told[name]):
            assert row[0][0].startswith(known["name"])
            assert [value for _, value in row[1:]] == pytest.approx([figure["value"] for figure in known["figures"]])
    assert len(page.rows("comparison")) == 5 and page.text.count("\u2713 to take") == 2
    assert len([word for word in ("Processes", "Threads", "No pool") if "\u2713 " + word in page.text]) == 1


def test_no_pictures(directory):
    (directory / "empty").mkdir()
    done = lab(directory, "--markdown", "empty", PATH="/nonexistent")
    assert done.returncode == 0
    assert done.stdout.startswith("| threads / processes | said of Python | Python, here | batchresize, here |\n|---")
    assert "no python3" in done.stdout and "only the machine was measured" in done.stdout


def test_what_is_no_picture(directory):
    (directory / "a.jpg").write_text("no picture\n")
    done = lab(directory, "a.jpg", PATH="/nonexistent")
    assert done.returncode == 0 and "could be made: there is nothing to advise" in done.stdout


def test_what_can_not_be_looked_into_hides_nothing_else(directory):
    """A tree that is too deep is as one that can't be read."""
    directory.copy("edge/1x1.png", "deep/" + "d/" * 40 + "a.png", "other/b.png", "c.png")
    done = lab(directory, "--json", "deep", "other", "c.png", PATH="/nonexistent")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["found"] == 2 and told["more"] is True


@pytest.mark.parametrize("arguments, said", [
    (("--mode=thread", "."), "--mode is not for lab"),
    (("-o", "out", "."), "--output is not for lab"),
    (("--json", "--markdown", "."), "leave one out"),
    (("-",), "lab measures with files"),
    (("http://127.0.0.1:1/a.jpg",), "lab measures with files"),
])
def test_refused(directory, arguments, said):
    done = lab(directory, *arguments)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""


def test_what_is_not_there(directory):
    done = lab(directory, "nowhere")
    assert done.returncode == 3 and "nowhere: it can't be read" in done.stderr and done.stdout == ""


def test_no_place_for_outputs(directory):
    directory.many(1)
    done = subprocess.run([PROGRAM, "lab", "images"], cwd=directory.path, capture_output=True, text=True, check=False,
                          timeout=DEADLINE, env=environment(TMPDIR="/dev/null"))
    assert done.returncode == 3 and "TMPDIR" in done.stderr


def test_only_lab_is_told_so(directory):
    directory.many(1)
    done = directory.run("--json", "images", report=False)
    assert done.status == 2 and "--json is for lab" in done.err


def test_a_directory_of_that_name(directory):
    directory.many(1, folder="lab")
    assert directory.run("./lab").status == 0
    assert directory.run("--", "lab").status == 0


def test_a_signal_leaves_nothing(directory):
    directory.many(100)
    temporary = directory.path.parent / "temporary"
    temporary.mkdir()
    run = subprocess.Popen([PROGRAM, "lab", "images"], cwd=directory.path, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(TMPDIR=str(temporary)))
    wait_for(lambda: any(temporary.rglob("*.jpg")), "a first output")
    run.send_signal(signal.SIGINT)
    assert run.wait(DEADLINE) == -signal.SIGINT
    assert list(temporary.iterdir()) == []
    assert not os.path.exists(directory / "resized_images")


def test_what_a_killed_one_has_left_goes_with_the_next(directory):
    """And nothing else: not that of one at work, nor what has a name of another kind, or is a link."""
    directory.many(100)
    temporary = directory.path.parent / "temporary"
    temporary.mkdir()
    for name in ("live00", "longer0"):
        (temporary / ("batchresize-lab." + name)).mkdir()
    (temporary / "batchresize-lab.linked").symlink_to(directory / "images")
    (temporary / "batchresize-lab.a-file").touch()
    others = set(temporary.iterdir())
    lock = os.open(temporary / "batchresize-lab.live00", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        for sent in (signal.SIGKILL, signal.SIGINT):
            before = set(temporary.iterdir())
            run = subprocess.Popen([PROGRAM, "lab", "images"], cwd=directory.path, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(TMPDIR=str(temporary)))
            wait_for(lambda before=before: any(any(new.rglob("*.jpg")) for new in set(temporary.iterdir()) - before),
                     "a first output")
            children = Process(run.pid).descendants()
            run.send_signal(sent)
            assert run.wait(DEADLINE) == -sent
            wait_for(lambda children=children: not any(child.alive() for child in children), "its processes to end")
            assert (set(temporary.iterdir()) == others) == (sent == signal.SIGINT)
    finally:
        os.close(lock)
    assert len(list((directory / "images").iterdir())) == 100
