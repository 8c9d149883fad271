"""--mode=auto beside each mode that could have been asked for, in eight situations."""
import os
import sys

from . import measure, sets
from .contenders import Contender, Job, ours
from .settings import BUILD, ROUNDS, WORKERS

# Situations, by their short names.
ONLY = set(filter(None, os.environ.get("BENCH_SITUATIONS", "").split(",")))

SLOW_MS = 20
SLOW_RATE = 2000000  # bytes a second

# What auto is to reach of the best one's rate, on disks that are not slow and on those that are.
BARS = (0.95, 0.9)


def disk(root, **how):
    return {"LD_PRELOAD": str(BUILD / "tests/slow_disk.so"), "SLOW_ROOT": str(root), **how}


def waits(root):
    return disk(root, SLOW_MS=str(SLOW_MS), SLOW_CALLS="read")


# Those that wait for one file after the other: of many they run once, for they take a minute.
WAITING = {"process", "thread", "serial"}


def situations():
    """By short name: title, job, the environment of a slow disk or None, rounds for each of the bench's, who runs
    once. Short ones run more often: auto is compared with whichever of four was the quickest, so that chance alone
    puts it behind, by as much as medians differ."""
    small, large = ("200x150",), ("800x600",)
    return {
        "photographs": ("photographs", Job(sets.photographs(), large), None, 1, ()),
        "small": ("small ones", Job(sets.small(), small), None, 1, ()),
        "12": ("12 files", Job(sets.first_small(12), small), None, 15, ()),
        "1": ("1 file", Job(sets.first_small(1), small), None, 15, ()),
        "slow-small": (f"{SLOW_MS} ms, small ones", Job(sets.small(), small), waits(sets.small()), 1, WAITING),
        "slow-photographs": (f"{SLOW_MS} ms, photographs", Job(sets.photographs(), large), waits(sets.photographs()), 1, ()),
        "slow-rate": ("2 MB/s", Job(sets.first_small(60), small),
                      disk(sets.first_small(60), SLOW_RATE=str(SLOW_RATE), SLOW_CALLS="none"), 1, ()),
        "mixed": ("mixed formats", Job(sets.formats(), ("400x300",)), None, 3, ()),
    }


def named(contender, name):
    return Contender(name, contender.command, ours=True)


def fixed(more):
    """Those that could have been asked for without --trusted. Threads are shown, and no rival."""
    taking = {"process": ours("process", more=more), "hybrid": ours("hybrid", more=more),
              "hybrid, 4": ours("hybrid", more=("--io-threads", "4", *more)),
              "hybrid, 64": ours("hybrid", more=("--io-threads", "64", *more)),
              "thread": ours("thread", more=more), "serial": ours("serial", 1, more=more)}
    return [named(contender, name) for name, contender in taking.items()]


def compared(job, environment, times, once):
    """Medians of auto and of those that could have been asked for."""
    # the shim looks descriptors up, as no sandbox lets a worker
    more = ("--sandbox=off",) if environment else ()
    taking = [named(ours("auto", more=more), "auto"), *fixed(more)]
    often = [one for one in taking if one.name not in once]
    rarely = [one for one in taking if one.name in once]
    rows = measure.rounds(job, often, count=ROUNDS * times, environment=environment)
    return {**rows, **measure.rounds(job, rarely, count=1, environment=environment)}


def judged(rows, bar):
    """What came of it: auto's share of the best one's rate, and of its CPU time; how many CPUs others had
    beside these two."""
    isolated = {who: row["wall"] for who, row in rows.items() if who not in ("auto", "thread", "serial")}
    best, worst = min(isolated, key=isolated.get), max(rows, key=lambda who: rows[who]["wall"])
    share = isolated[best] / rows["auto"]["wall"]
    return {"rows": rows, "best": best, "worst": worst, "share": share,
            "cpu_share": rows[best]["cpu"] / rows["auto"]["cpu"],
            "others": max(rows[who]["others"] for who in ("auto", best)), "bar": bar, "held": share >= bar}


def auto():
    there = situations()
    if ONLY - set(there):
        sys.exit(f"bench: no situation {', '.join(sorted(ONLY - set(there)))}; there are {', '.join(there)}")
    print(f"\n--mode=auto, {WORKERS} workers: seconds, and its rate as a share of the best fixed choice's;"
          "\nof a row in which others had much of the CPUs nothing follows\n")
    print(f"  {'':22}{'auto':>9}  {'best':24}{'share':>7}{'CPU':>7}{'others':>8}  worst")
    results = {}
    for key, (title, job, environment, times, once) in there.items():
        if ONLY and key not in ONLY:
            continue
        one = judged(compared(job, environment, times, once), BARS[environment is not None])
        results[title] = one
        rows, best, worst = one["rows"], one["best"], one["worst"]
        rival = f"{best} {rows[best]['wall']:.3f} s"
        print(f"  {title:22}{rows['auto']['wall']:7.3f} s  {rival:24}"
              f"{one['share']:7.2f}{one['cpu_share']:7.2f}{one['others']:8.2f}  {worst} {rows[worst]['wall']:.3f} s"
              f"{'' if one['held'] else '   below the bar'}", flush=True)
    return results
