"""Runs contenders by turns, and asks the system what a run took."""
import itertools
import os
import statistics
import sys
import threading
import time
from pathlib import Path

from .settings import BENCH, ROUNDS


def descendants(pid):
    """The process and all below it."""
    found, todo = [], [pid]
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{task}/children").read_text()
                todo.extend(map(int, children.split()))
        except OSError:
            pass
    return found


def proportional_bytes(pid):
    """What a process has of memory, where shared pages count by share."""
    try:
        for line in open(f"/proc/{pid}/smaps_rollup", encoding="ascii"):
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    return 0


def peak_resident(pid):
    """The most that a process has had resident since it was started: unlike what wait4() tells, without
    that of the process which started it."""
    try:
        for line in open(f"/proc/{pid}/status", encoding="ascii"):
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    return 0


def watch_memory(pid, stop, peak):
    while not stop.wait(0.05):
        peak[0] = max(peak[0], sum(map(proportional_bytes, descendants(pid))))


def busy():
    """CPU seconds that all CPUs together have spent on work since the machine was started."""
    user, nice, system, _, _, irq, softirq, steal, *_ = map(int, Path("/proc/stat").read_text().split()[1:11])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def run(contender, job, output, memory=False, environment=None):
    """One run: wall and CPU seconds of the whole tree; how many CPUs others had meanwhile; bytes at its peak where
    asked for (which costs the run time, so that it is not to be timed)."""
    output.mkdir(parents=True, exist_ok=True)
    before, begin = busy(), time.monotonic()
    process = contender.start(job, output, environment=environment or {})
    peak, stop = [0], threading.Event()
    if memory:
        watcher = threading.Thread(target=watch_memory, args=(process.pid, stop, peak))
        watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = status
    stop.set()
    if memory:
        watcher.join()
    if status:
        sys.exit(f"bench: {contender.name} ended with status {os.waitstatus_to_exitcode(status)}")
    cpu = usage.ru_utime + usage.ru_stime
    return {"wall": wall, "cpu": cpu, "others": max(0.0, busy() - before - cpu) / wall, "peak": peak[0]}


# A rival this many times slower than the quickest is known well enough after two rounds.
HOPELESS = 4


def sits_out(runs, name):
    """Whether a contender need not run again."""
    quickest = min(run["wall"] for taken in runs.values() for run in taken)
    return len(runs[name]) >= 2 and min(run["wall"] for run in runs[name]) > HOPELESS * quickest


# Every run has a folder of its own, and none is removed before the bench ends: ext4 goes out of its way
# not to use an inode again that was freed in the last seconds, and makes new files slowly meanwhile.
OUTPUTS = BENCH / "outputs"
numbers = itertools.count()


def rounds(job, contenders, check=None, count=ROUNDS, environment=None, memory=False):
    """Runs by turns, and each begins a round once: whoever follows a long run has the disk write its outputs
    beside it. Medians by contender's name. The first round's outputs are checked."""
    outputs = OUTPUTS / str(next(numbers))
    runs = {contender.name: [] for contender in contenders}
    results = {}
    for number in range(count):
        first = number % max(1, len(contenders))
        for contender in contenders[first:] + contenders[:first]:
            output = outputs / f"{number} {contender.name}"
            if number >= 2 and not contender.ours and sits_out(runs, contender.name):
                continue
            runs[contender.name].append(run(contender, job, output, environment=environment))
            if number == 0 and check:
                results[contender.name] = check(contender, job, output)
    for contender in contenders:
        taken = runs[contender.name]
        walls = [one["wall"] for one in taken]
        results.setdefault(contender.name, {}).update(
            wall=statistics.median(walls), least=min(walls), most=max(walls),
            cpu=statistics.median(one["cpu"] for one in taken),
            others=statistics.median(one["others"] for one in taken), ours=contender.ours)
        if memory:
            results[contender.name]["peak"] = run(
                contender, job, outputs / f"memory {contender.name}", memory=True)["peak"]
    return results
