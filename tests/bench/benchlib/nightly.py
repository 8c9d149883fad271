"""What a night costs in which little or nothing has changed, and how a run ends before its work does: the bars that
batchresize has set itself for being run by cron."""
import collections
import itertools
import json
import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time

from . import measure, sets
from .settings import BENCH, BUILD, PRODUCTS, PROGRAM, ROUNDS, WORKERS

NIGHTLY_SIZES = "32,48,64"
FORGETFUL = BUILD / "tests/forgetful"
numbers = itertools.count()


def fresh():
    """An output directory that is not there yet."""
    return measure.OUTPUTS / f"nightly {next(numbers)}"


def timed(command, allowed=(0,), **more):
    """Wall and CPU seconds of a program, and the most memory it alone had."""
    begin, peak = time.monotonic(), 0
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             **more)
    while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        peak = max(peak, measure.peak_resident(child.pid))
        time.sleep(0.01)
    wall = time.monotonic() - begin
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in allowed:
        sys.exit(f"bench: {command[0]} ended with status {child.returncode}: {said[-500:].decode(errors='replace')}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak}


def alternate(commands, rounds):
    """Medians of commands by name that run by turns."""
    runs = collections.defaultdict(list)
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(timed(command() if callable(command) else command))
    return {name: {"wall": statistics.median(run["wall"] for run in taken),
                   "cpu": statistics.median(run["cpu"] for run in taken),
                   "peak": max(run["peak"] for run in taken)} for name, taken in runs.items()}


def verdict(kept):
    return "kept" if kept else "NOT KEPT"


# --- nothing has changed --------------------------------------------------------------------------


def up_to_date():
    """100,000 sources of three sizes each, all of them as they were; beside what rsync takes to compare the trees."""
    sources, out = sets.nightly()
    check = [PROGRAM, "--quiet", "-j", str(WORKERS), "-s", NIGHTLY_SIZES, "-o", out, sources]
    timed(check)  # makes what another version of the program would make otherwise
    results = alternate({"batchresize": check,
                         "rsync": ["rsync", "-an", "--delete", f"{sources}/", f"{out}/"]}, ROUNDS)
    ours, rsync = results["batchresize"], results["rsync"]
    ratio = ours["wall"] / rsync["wall"]
    print(f"  100,000 sources x 3 sizes, nothing to do: {ours['wall']:.2f} s ({ours['cpu']:.2f} CPU), "
          f"{ours['peak'] / 1e6:.0f} MB; bar 1.5 s, 150 MB: {verdict(ours['wall'] < 1.5 and ours['peak'] < 150e6)}")
    print(f"  rsync -an --delete over the same trees: {rsync['wall']:.2f} s ({rsync['cpu']:.2f} CPU); ours is "
          f"{ratio:.2f} of it; bar 0.5: {verdict(ratio <= 0.5)}")
    return {**results, "ratio": ratio}


def million():
    """A plan of a million pictures that are all known."""
    sources, out = sets.known_million()
    plan = [PROGRAM, "--dry-run", "--quiet", "-s", "32", "-o", out, sources]
    row = alternate({"plan": plan}, min(ROUNDS, 3))["plan"]
    print(f"  1,000,000 planned, with their state: {row['wall']:.1f} s ({row['cpu']:.1f} CPU), "
          f"{row['peak'] / 1e6:.0f} MB; bar 12 s, 250 MB: {verdict(row['wall'] < 12 and row['peak'] < 250e6)}")
    return row


# --- SIGTERM --------------------------------------------------------------------------------------


def end_by_signal(more):
    """Seconds from SIGTERM, while the first of a million pictures are made, to the end."""
    out = fresh()
    child = subprocess.Popen([PROGRAM, "--quiet", "-j", str(WORKERS), "-s", "32", *more, "-o", out,
                              sets.known_million()[0]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    while child.poll() is None and not any(out.glob("folder-*/*.jpg")):
        time.sleep(0.01)
    begin = time.monotonic()
    child.terminate()
    child.wait()
    seconds = time.monotonic() - begin
    if child.returncode != 128 + signal.SIGTERM and child.returncode != -signal.SIGTERM:
        sys.exit(f"bench: SIGTERM ended a run with status {child.returncode}")
    return seconds


def terminated():
    report = measure.OUTPUTS / "terminated.ndjson"
    results = {}
    for name, more in (("without a report", ()), ("with one", ("--report", report))):
        results[name] = statistics.median(end_by_signal(more) for _ in range(min(ROUNDS, 3)))
        print(f"  SIGTERM to the end, a million planned, {name}: {results[name]:.2f} s; bar 2 s: "
              f"{verdict(results[name] < 2)}")
    return results


# --- what it costs to remember --------------------------------------------------------------------


def state_cost():
    """20,000 small pictures, by the program and by one that is the same but for remembering nothing."""
    results = {}
    for mode in ("process", "thread"):
        def command(program, mode=mode):
            return [program, "--quiet", "--mode", mode, "-j", str(WORKERS), "-s", "200x150", "-o", fresh(),
                    sets.some_small(20000)]
        rows = alternate({"with": lambda: command(PROGRAM), "without": lambda: command(FORGETFUL)},
                         ROUNDS)
        wall, cpu = (rows["with"][key] / rows["without"][key] - 1 for key in ("wall", "cpu"))
        results[mode] = {**rows, "wall": wall, "cpu": cpu}
        print(f"  what the state costs, 20,000 small pictures, {mode}: {100 * wall:+.1f} % of {rows['without']['wall']:.1f} s"
              f" ({100 * cpu:+.1f} % CPU); bar 2 %: {verdict(wall < 0.02)}")
    return results


def nightly():
    print("\nNightly runs: what nothing costs\n")
    return {"up to date": up_to_date(), "million": million(), "SIGTERM": terminated(), "state": state_cost()}


# --- an end at a time -----------------------------------------------------------------------------


def longest_picture(report):
    """Seconds of the one that took longest."""
    keys = ("read_ms", "decode_ms", "resize_ms", "encode_ms", "publish_ms")
    lines = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    return max((sum(line.get(key) or 0 for key in keys) for line in lines), default=0) / 1e3


def end_at(seconds):
    """Options and environment of a run that is to end at a time of day so far away: the clock is moved for it."""
    end = math.ceil((time.time() + seconds) / 60) * 60
    environment = {**os.environ, "LD_PRELOAD": str(BUILD / "tests/shifted_clock.so"),
                   "CLOCK_SHIFT": f"{end - seconds - time.time():.6f}"}
    return ["--finish-by", time.strftime("%H:%M", time.localtime(end))], environment


def timeboxed(seconds, by_clock, form, report):
    report.unlink(missing_ok=True)
    command = [PROGRAM, "--quiet", "-j", str(WORKERS), "-s", "1600x1200", "-f", form, "--report", report, "-o", fresh(),
               sets.mixed()]
    more, environment = end_at(seconds) if by_clock else (["--max-time", f"{seconds}s"], None)
    run = timed([*command, *more], env=environment)
    lines = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    if not any(line["code"] == "time-box" for line in lines):
        sys.exit(f"bench: {seconds} s are enough for all pictures")
    return run["wall"], longest_picture(report)


def finish_by():
    """20 runs of mixed formats that are given less time than they need, by --finish-by and by --max-time."""
    chance = random.Random(20)
    report = measure.OUTPUTS / "timebox.ndjson"
    rows = []
    measure.OUTPUTS.mkdir(parents=True, exist_ok=True)
    forms = ("keep", "jpeg", "webp", "avif")
    for number in range(20):
        seconds, by_clock = chance.randint(2, 5), number // 4 % 2 == 0
        wall, longest = timeboxed(seconds, by_clock, forms[number % 4], report)
        rows.append({"asked": seconds, "by clock": by_clock, "wall": wall, "longest": longest,
                     "kept": abs(wall - seconds) <= max(2, 0.03 * seconds) and wall - seconds <= longest})
        shutil.rmtree(measure.OUTPUTS, ignore_errors=True)
        measure.OUTPUTS.mkdir()
    early = max(row["asked"] - row["wall"] for row in rows)
    late = max(row["wall"] - row["asked"] for row in rows)
    print(f"\nAn end at a time, 20 runs of mixed formats, {sum(row['by clock'] for row in rows)} by --finish-by and the "
          f"others by --max-time: at most {early:.2f} s before it, {late:.2f} s after it; within 2 s of it and no longer "
          f"after it than the longest picture takes: {sum(row['kept'] for row in rows)} of 20")
    return rows


# --- a shop ---------------------------------------------------------------------------------------

# What Shopware's users wished for: 100,000 products of five sizes by 8 workers in 90 minutes, with 256 MB each, and
# fewer than one in a thousand failing.
WISH_SECONDS = 90 * 60 * 8 / 100000  # of a worker, for a product
WISH_BYTES = 256e6
SHOP_SIZES = "200,400,800,1280,1920"
OTHER_SIZES = "200,400,800,1280,1600"


def watch_workers(pid):
    """The most that any of the processes had resident."""
    return max(map(measure.peak_resident, measure.descendants(pid)), default=0)


def shop_night(out, sizes):
    report = BENCH / "shop.ndjson"
    report.unlink(missing_ok=True)
    begin, peak = time.monotonic(), 0
    child = subprocess.Popen([PROGRAM, "--quiet", "-j", str(WORKERS), "-s", sizes, "--report", report, "-o", out,
                              sets.products(PRODUCTS)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        peak = max(peak, watch_workers(child.pid))
        time.sleep(0.05)
    wall = time.monotonic() - begin
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"bench: a night ended with status {child.returncode}")
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    failed = sum(line["status"] not in ("ok", "skipped") for line in lines)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak, "failed": failed, "made": sum(line["status"] == "ok" for line in lines),
            "load": os.getloadavg()[0]}


def shop():
    """A part of the wish, as large as these workers are of its eight."""
    allowed = PRODUCTS * WISH_SECONDS / WORKERS
    out = fresh()
    nights = {"the first night": shop_night(out, SHOP_SIZES),
              "nothing has changed": shop_night(out, SHOP_SIZES),
              "one size has changed": shop_night(out, OTHER_SIZES)}
    print(f"\nA shop: {PRODUCTS:,} products of five sizes, {WORKERS} workers. Shopware's users wished for 100,000 by 8 "
          f"in 90 minutes, which is {allowed:.0f} s here, {WISH_BYTES / 1e6:.0f} MB a worker, and fewer than one in 1,000 "
          f"failing\n")
    for name, night in nights.items():
        kept = night["wall"] < allowed and night["peak"] < WISH_BYTES and night["failed"] * 1000 < PRODUCTS
        print(f"  {name:24}{night['wall']:8.1f} s ({night['cpu']:.1f} CPU), {allowed / night['wall']:.1f} times the "
              f"rate,{night['peak'] / 1e6:6.0f} MB at most, {night['made']} made, {night['failed']} failed, load "
              f"{night['load']:.0f}: {verdict(kept)}")
    return {**nights, "allowed": allowed}
