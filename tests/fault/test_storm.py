"""KILLS (800) random workers killed over PICTURES (2000), in each mode that has any; and how soon another one is at work."""

import os
import random

import pytest

import storm
from conftest import SANITIZER
from modes import mode_with_workers

KILLS = int(os.environ.get("KILLS", "800"))
PICTURES = int(os.environ.get("PICTURES", "2000"))
SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(1 << 32))


@mode_with_workers
def test_who_is_blamed(directory, mode, capsys, tell):
    killed, blamed = storm.storm(directory, mode, KILLS, PICTURES, random.Random(SEED + mode))
    with capsys.disabled():
        print("\n%s: %d killed, %d blamed for it, 0 innocent (SEED=%s)" % (mode, killed, blamed, SEED))
    assert killed == KILLS
    tell("`KILL` of random workers, one after the other (`make storm`)", mode, ["pictures"])


@pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")
@mode_with_workers
def test_how_soon_another_worker_comes(directory, shim, mode, capsys):
    ready, job = storm.recovery(directory, shim, mode, min(KILLS, 100))
    with capsys.disabled():
        print("\n%s: %s; %s" % (mode, storm.in_words("ready", ready), storm.in_words("first job", job)))
