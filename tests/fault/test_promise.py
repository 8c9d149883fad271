"""How long promise.py waits, and for whom."""

import multiprocessing
import os
import signal
import subprocess
import time

import pytest

import promise


@pytest.fixture
def ground(tmp_path):
    return promise.Ground(tmp_path / "here", pictures=1)


def test_what_was_stopped_together_with_us_is_not_stuck(ground, monkeypatch):
    """It ends a moment after both go on, when all the time that there was for it is over by the clock."""
    monkeypatch.setattr(promise, "SECONDS", 5)
    prefix = ["sh", "-c", 'while ! [ -e go ]; do sleep 0.05; done; sleep 0.5; exec "$@"', "sh"]
    waits = multiprocessing.get_context("fork").Process(target=lambda: promise.Run(ground, mode="serial", prefix=prefix).wait())
    waits.start()
    time.sleep(0.5)
    os.kill(waits.pid, signal.SIGSTOP)
    time.sleep(6)
    (ground.path / "go").touch()
    os.kill(waits.pid, signal.SIGCONT)
    waits.join()
    assert waits.exitcode == 0


def test_what_ends_while_it_is_looked_for_is_stuck_all_the_same(ground, monkeypatch):
    gone = subprocess.Popen(["true"])
    gone.wait()
    monkeypatch.setattr(promise, "SECONDS", 0)
    monkeypatch.setattr(promise, "members", lambda session: [gone.pid])
    with pytest.raises(promise.Broken, match="never ended"):
        promise.Run(ground, mode="serial", prefix=["sh", "-c", 'sleep 1; exec "$@"', "sh"]).wait()
