"""Signals to random processes of a run at random moments.

ROUNDS (500) are shared among the modes. A round that fails is told with what makes much of it happen again
(SEED=... FIRST=... ROUNDS=1, and -k with the mode): the moment is the machine's as well."""

import os
import random
import signal
import time

from conftest import Process
from modes import MODES, every_mode
from promise import Broken, Ground, Run, keep, members
from sweep import MOST

ROUNDS = int(os.environ.get("ROUNDS", "500"))
FIRST = int(os.environ.get("FIRST", "0"))
SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(1 << 32))
DEADLY = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)
STOP_AND_GO = -1


def victims(run, chance):
    """A worker, the zygote, or the program itself, with what is to be done to it."""
    family = [Process(pid) for pid in members(run.session)]
    role = chance.choice(("worker", "worker", "zygote", "parent"))
    chosen = [process for process in family if process.name() == role]
    if role == "parent" or not chosen:
        return "parent", Process(run.process.pid)
    return role, chance.choice(chosen)


def strike(run, chance, did):
    role, process = victims(run, chance)
    what = chance.choice((*DEADLY, STOP_AND_GO, STOP_AND_GO, signal.SIGSTOP))
    if what == signal.SIGSTOP and role == "parent":
        what = STOP_AND_GO  # nobody but us could wake it
    did.append("%s %s" % ("STOP, CONT" if what == STOP_AND_GO else signal.Signals(what).name, role))
    if what == STOP_AND_GO:
        process.signal(signal.SIGSTOP)
        time.sleep(chance.uniform(0, 0.05))
        process.signal(signal.SIGCONT)
    else:
        process.signal(what)


def play(ground, mode, chance, duration, did):
    ground.fresh()
    if chance.random() < 0.3:
        Run(ground, "-q", "40", mode=mode).wait()
    run = Run(ground, "--timeout=2", mode=mode)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        time.sleep(chance.uniform(0, duration))
        if run.process.poll() is not None:
            break
        strike(run, chance, did)
    run.wait()
    return keep(run, killed=-run.status in DEADLY and any(entry.endswith("parent") for entry in did))


def told_rounds(ground, mode, numbers, duration):
    outcomes, broken = [], []
    for number in numbers:
        did = []
        try:
            outcomes.append(play(ground, mode, random.Random("%s %s %d" % (SEED, mode, number)), duration, did))
        except Broken as error:
            broken.append("SEED=%s FIRST=%d ROUNDS=1 (%s): %s: %s" % (SEED, number, mode, "; ".join(did), error))
        if len(broken) >= MOST:
            break
    assert not broken, "%d broken promises\n%s" % (len(broken), "\n".join(broken))
    return outcomes


@every_mode
def test_signals_at_random(tmp_path, mode, tell):
    ground = Ground(tmp_path / "here", pictures=40, options=("-s", "200"), side=500)
    begin = time.monotonic()
    Run(ground, mode=mode).wait()
    duration = time.monotonic() - begin
    count = ROUNDS if ROUNDS == 1 else -(-ROUNDS // len(MODES))
    tell("`KILL`, `SEGV`, `ABRT`, `STOP`, `STOP` and `CONT` at random", mode,
         told_rounds(ground, mode, range(FIRST, FIRST + count), duration))
