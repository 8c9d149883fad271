"""The modes in which faults are injected: those of the other tests, and the default, in which workers get pictures in the
one way or the other."""

import pytest

import conftest

MODES = (*conftest.MODES, "auto")
WITH_WORKERS = (*conftest.WITH_WORKERS, "auto")

every_mode = pytest.mark.parametrize("mode", MODES)
mode_with_workers = pytest.mark.parametrize("mode", WITH_WORKERS)
