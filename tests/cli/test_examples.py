"""The programs of tests/examples: each is short, and does what it says."""

import subprocess

import pytest

from conftest import PROGRAM, TOP

EXAMPLES = PROGRAM.rpartition("/")[0] + "/examples/"


def run(name, *arguments):
    return subprocess.run([EXAMPLES + name, *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


@pytest.mark.parametrize("path", sorted(TOP.glob("tests/examples/*.c")), ids=lambda path: path.name)
def test_it_is_short(path):
    assert len(path.read_text().splitlines()) < 60


def test_smallest():
    assert run("smallest") == "2 -> 4\n3 -> 9\n5 -> 25\n7 -> 49\n11 -> 121\n"


def test_slow_answers():
    """As they come, in any order."""
    assert sorted(run("slow_answers").splitlines()) == sorted("%d: %d" % (i, 2 * i) for i in range(100))


def test_costly_start():
    assert run("costly_start") == "78498 primes below 1000000\n"


def test_resize_folder(directory):
    """One that is no picture costs itself."""
    for name in ("city.jpg", "chart.png"):
        directory.copy("photos/" + name, "in/sub/" + name)
    (directory / "in/bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more than the beginning")
    done = subprocess.run([EXAMPLES + "resize_folder", "in", "out"], cwd=directory.path, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert set(directory.files("out")) == {"sub/city.jpg", "sub/chart.png"}
    told = sorted(line.partition(" ")[2] for line in done.stdout.splitlines())
    assert told[0].startswith("in/bad.jpg: ")
    assert told[1:] == ["in/sub/chart.png: out/sub/chart.png", "in/sub/city.jpg: out/sub/city.jpg"]
