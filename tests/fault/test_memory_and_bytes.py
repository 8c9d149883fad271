"""Every allocation in turn fails, every read or write in turn is a short one, every close in turn loses bytes."""

import pytest
from PIL import Image

from conftest import needs_libvips
from modes import every_mode, mode_with_workers
from promise import Ground, keep
from sweep import at_count, upwards


@pytest.fixture
def ground(tmp_path):
    return Ground(tmp_path / "here", pictures=3)


@every_mode
def test_every_allocation_fails(ground, mode, tell):
    tell("an allocation fails", mode, upwards(ground, lambda nth: at_count(ground, mode, "allocation", "any", nth)))


@needs_libvips
@mode_with_workers
def test_every_allocation_of_libvips_fails(tmp_path, mode, tell):
    """GLib aborts for want of memory, which costs a worker, and not the run."""
    def draw(ground):
        Image.linear_gradient("L").resize((90, 60)).save(ground.path / "images/a.webp")

    ground = Ground(tmp_path / "here", pictures=1, draw=draw)
    tell("an allocation of a worker fails, with libvips", mode,
         upwards(ground, lambda nth: at_count(ground, mode, "allocation", "worker", nth), step=23))


@every_mode
@pytest.mark.parametrize("kind, words", [("read", "a read returns half"), ("write", "a write takes half"),
                                         ("close", "a close loses the file (`EIO`)")])
def test_every_one_of_a_kind(ground, mode, kind, words, tell):
    tell(words, mode, upwards(ground, lambda nth: at_count(ground, mode, kind, "any", nth)))


@every_mode
@pytest.mark.parametrize("kind", ["read", "write"])
def test_all_are_short(ground, mode, kind, tell):
    run, what = at_count(ground, mode, kind, "any", -1)
    outcome = keep(run)
    assert what and outcome == "done", (what, outcome)
    tell("all %ss are short" % kind, mode, [outcome])
