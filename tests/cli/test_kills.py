"""A storm of kills, in small: `make storm` has the large one."""

import random

import pytest

import storm
from conftest import SANITIZER, mode_with_workers


@mode_with_workers
def test_who_is_blamed(directory, mode):
    killed, _ = storm.storm(directory, mode, 25, 300, random.Random(mode))
    assert killed == 25


@pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")
@mode_with_workers
def test_another_worker_comes_after_each(directory, shim, mode):
    ready, job = storm.recovery(directory, shim, mode, 5)
    assert len(ready) == len(job) == 5
