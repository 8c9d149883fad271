"""Counts a fault upwards until a run passes untouched, as SQLite's tests do."""

import collections
import errno
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import SANITIZER
from promise import Broken, Run, keep

HERE = pathlib.Path(__file__).parent
COULD_NOT = 99  # inject's exit status
MOST = 20       # how many broken promises are told of


@functools.lru_cache(maxsize=None)
def built(name, *flags):
    """What is compiled of a file beside this one."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("needs a C compiler")
    if SANITIZER:
        pytest.skip("a sanitizer's runtime comes first, and needs calls of its own")
    path = os.path.join(tempfile.mkdtemp(prefix="batchresize-fault-"), name)
    subprocess.run([compiler, "-O1", *flags, "-o", path, HERE / (name.partition(".")[0] + ".c")], check=True)
    return path


@functools.lru_cache(maxsize=None)
def call_names():
    done = subprocess.run(["gcc", "-E", "-dM", "-include", "sys/syscall.h", "-xc", os.devnull], stdout=subprocess.PIPE, check=True)
    found = re.findall(r"^#define __NR_(\w+) (\d+)$", done.stdout.decode(), re.M)
    return {int(number): name for name, number in found}


def at_call(ground, mode, role, nth, error, **more):
    """A run whose call number nth fails with an error, or gets the signal -error: the run, and which call it was."""
    told = ground.path / "told"
    told.unlink(missing_ok=True)
    run = Run(ground, mode=mode, prefix=[built("inject"), role, str(nth), str(error), str(told)], **more)
    try:
        run.wait()
    except Broken as stuck:
        raise Broken("%s: %s" % (told.read_text() if told.exists() else "before the fault", stuck)) from stuck
    if run.status == COULD_NOT:
        pytest.skip(run.said)
    if error == errno.EIO:  # which SQLite calls damage where it reads, and what is damaged is set aside
        run.known_names = run.known_names | {"state.db.damaged"}
    number, whose, _ = told.read_text().split()
    name = call_names().get(int(number), number)
    run.may_be_locked = name == "fcntl" and error in (errno.EAGAIN, errno.EACCES)  # as of a lock that another has
    return run, None if number == "-1" else "%s in %s" % (name, whose)


def at_count(ground, mode, kind, role, nth, **more):
    """A run with what shim.c does the nth time."""
    told = ground.path / "told"
    told.write_bytes(bytes(16))
    environment = {"FAULT_KIND": kind, "FAULT_ROLE": role, "FAULT_NTH": str(nth), "FAULT_COUNT": str(told)}
    run = Run(ground, mode=mode, prefix=["env", "LD_PRELOAD=" + built("shim.so", "-shared", "-fPIC")], environment=environment,
              **more).wait()
    touched = int.from_bytes(told.read_bytes()[8:], "little")
    told.unlink()
    return run, "%s in %s" % (kind, role) if touched else None


def upwards(ground, fault, step=1, killed=False):
    """Calls fault(nth) -> run and what was done, until nothing was. Returns how often runs ended how.

    killed(run, what): whether the program itself was, on purpose. STEP leaves out all but each STEPth, from number
    BEGIN on."""
    outcomes, broken, begin = collections.Counter(), [], int(os.environ.get("BEGIN", "0"))
    nth, step = begin, step * int(os.environ.get("STEP", "1"))
    while len(broken) < MOST:
        ground.fresh()
        what = "nothing"
        try:
            run, what = fault(nth)
            if what is None:
                keep(run)
                break
            outcomes[keep(run, killed=bool(killed and killed(run, what)))] += 1
        except Broken as error:
            broken.append("number %d, %s: %s" % (nth, what, error))
        nth += step
    assert not broken, "%d broken promises\n%s" % (len(broken), "\n".join(broken))
    assert outcomes or begin, "the fault never happened"
    return outcomes
