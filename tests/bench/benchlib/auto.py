"""--mode=auto beside each mode that could have been asked for, in eight situations."""
from . import measure, sets
from .contenders import Contender, Job, ours
from .settings import BUILD, ROUNDS, WORKERS

SLOW_MS = 20
SLOW_RATE = 2000000  # bytes a second

# What auto is to reach of the best one's rate, on disks that are not slow and on those that are.
BARS = (0.95, 0.9)


def disk(root, **how):
    return {"LD_PRELOAD": str(BUILD / "tests/slow_disk.so"), "SLOW_ROOT": str(root), **how}


def waits(root):
    return disk(root, SLOW_MS=str(SLOW_MS), SLOW_CALLS="read")


def situations():
    """Name, job, the environment of a slow disk or None, rounds for each of the bench's."""
    small = ("200x150",)
    return [
        ("photographs", Job(sets.photographs(), ("800x600",)), None, 1),
        ("small ones", Job(sets.small(), small), None, 1),
        ("12 files", Job(sets.first_small(12), small), None, 5),
        ("1 file", Job(sets.first_small(1), small), None, 5),
        (f"{SLOW_MS} ms, small ones", Job(sets.small(), small), waits(sets.small()), 1),
        (f"{SLOW_MS} ms, photographs", Job(sets.photographs(), ("800x600",)), waits(sets.photographs()), 1),
        ("2 MB/s", Job(sets.first_small(60), small),
         disk(sets.first_small(60), SLOW_RATE=str(SLOW_RATE), SLOW_CALLS="none"), 1),
        ("mixed formats", Job(sets.mixed(), ("400x300",)), None, 1),
    ]


def named(contender, name):
    return Contender(name, contender.command, ours=True)


def fixed(more):
    """Those that could have been asked for without --trusted. Threads are shown, and no rival."""
    taking = {"process": ours("process", more=more), "hybrid": ours("hybrid", more=more),
              "hybrid, 4": ours("hybrid", more=("--io-threads", "4", *more)),
              "hybrid, 64": ours("hybrid", more=("--io-threads", "64", *more)),
              "thread": ours("thread", more=more), "serial": ours("serial", 1, more=more)}
    return [named(contender, name) for name, contender in taking.items()]


def auto():
    print(f"\n--mode=auto, {WORKERS} workers: seconds, and its rate as a share of the best fixed choice's\n")
    print(f"  {'':22}{'auto':>9}  {'best':24}{'share':>7}{'CPU':>7}  worst")
    results = {}
    for name, job, environment, times in situations():
        # the shim looks descriptors up, as no sandbox lets a worker
        more = ("--sandbox=off",) if environment else ()
        taking = [named(ours("auto", more=more), "auto"), *fixed(more)]
        rows = measure.rounds(job, taking, count=ROUNDS * times, environment=environment)
        isolated = {who: row["wall"] for who, row in rows.items() if who not in ("auto", "thread", "serial")}
        best, worst = min(isolated, key=isolated.get), max(rows, key=lambda who: rows[who]["wall"])
        share = isolated[best] / rows["auto"]["wall"]
        cpu = rows[best]["cpu"] / rows["auto"]["cpu"]
        results[name] = {"rows": rows, "best": best, "worst": worst, "share": share, "cpu_share": cpu,
                         "bar": BARS[environment is not None], "held": share >= BARS[environment is not None]}
        print(f"  {name:22}{rows['auto']['wall']:7.3f} s  {best + f' {isolated[best]:.3f} s':24}{share:7.2f}{cpu:7.2f}  "
              f"{worst} {rows[worst]['wall']:.3f} s{'' if results[name]['held'] else '   below the bar'}")
    return results
