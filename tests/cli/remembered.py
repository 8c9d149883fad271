"""What the tests of what runs remember have in common."""

import pytest

from conftest import STATE, draw

RUN = ("-s", "40,80", "-o", "out", "images")


@pytest.fixture
def pictures(directory):
    """Three pictures, made once."""
    for shade, name in enumerate(("a.jpg", "b.jpg", "sub/c.png")):
        draw(directory, "images/" + name, 50 * shade)
    assert directory.run(*RUN).statuses() == {"ok": 3}
    return directory


def remade(directory, *options):
    """Which sources a run makes anew; all others are up to date."""
    done = directory.run(*(options or RUN))
    assert done.status == 0 and set(done.statuses()) <= {"ok", "skipped"}, done
    assert all(record["code"] == "skipped" for record in done.report if record["status"] == "skipped")
    return sorted(record["source"][len("images/"):] for record in done.report if record["status"] == "ok")


def database(directory, folder="out"):
    return directory / folder / STATE / "state.db"
