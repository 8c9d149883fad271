"""What the tests of --prune have in common."""

import pytest

from conftest import STATE

PRUNE = ("--prune", "-o", "out", "images")
PIXEL = "edge/1x1.jpg"


@pytest.fixture
def pictures(directory):
    """Five pictures in three directories, made once."""
    directory.copy(PIXEL, "images/a.jpg", "images/b.jpg", "images/sub/c.jpg", "images/sub/d.jpg",
                   "images/old/deep/e.jpg")
    assert directory.run("-o", "out", "images").statuses() == {"ok": 5}
    return directory


def made(directory, folder="out"):
    """All that lies there, but for what runs keep for each other."""
    root = directory / folder
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if STATE not in path.parts)


ALL = ["a.jpg", "b.jpg", "old", "old/deep", "old/deep/e.jpg", "sub", "sub/c.jpg", "sub/d.jpg"]


def pruned(done):
    return sorted(record["output"] for record in done.report if record["code"] == "pruned")


def assert_kept(directory, done, status=0):
    assert done.status == status and pruned(done) == [] and made(directory) == ALL, done
