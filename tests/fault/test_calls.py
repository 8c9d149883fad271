"""Every system call in turn fails, or is where its process is killed."""

import errno
import signal

import pytest

from modes import MODES, WITH_WORKERS
from promise import Ground
from sweep import at_call, upwards

ROLES = [(mode, "parent") for mode in MODES] + [(mode, role) for mode in WITH_WORKERS for role in ("zygote", "worker")]
of_each_role = pytest.mark.parametrize("mode, role", ROLES)


@pytest.fixture
def ground(tmp_path):
    return Ground(tmp_path / "here")


@of_each_role
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EINTR", "EMFILE", "EACCES", "ENOMEM", "EAGAIN"])
def test_every_call_fails(ground, mode, role, error, tell):
    outcomes = upwards(ground, lambda nth: at_call(ground, mode, role, nth, getattr(errno, error)))
    tell("each system call of the %s in turn fails" % role, mode, outcomes, error)


@of_each_role
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT], ids=lambda number: number.name)
def test_a_signal_before_every_call(ground, mode, role, number, tell):
    outcomes = upwards(ground, lambda nth: at_call(ground, mode, role, nth, -number), killed=lambda run, what: role == "parent")
    tell("the %s is killed before each of its system calls in turn" % role, mode, outcomes, number.name)
