"""Each mode is the mode it says it is, seen from outside while it runs; and what it survives."""

import fcntl
import os
import re
import signal
import subprocess

import pytest

from conftest import (DEADLINE, SANITIZER, WITH_WORKERS, Process, assert_whole, environment, every_mode, mode_with_workers,
                      read_report, stop_busy_worker, wait_for)

COUNT = 150
FAMILY = ("worker", "zygote")


class Halted:
    """A run over many images that comes to a halt by itself: nobody reads what it prints."""

    def __init__(self, directory, mode, *options):
        directory.many(COUNT)
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        # The pipe holds some thirty of these paths.
        output = "out/" + "long/" * 24
        self.run = directory.start("--print", "-o", output, *options, "images", mode=mode, stdout=writer, stderr=None)
        os.close(writer)
        self.reader = reader
        self.parent = Process(self.run.pid)
        self.directory = directory

    def wait_until_it_works(self):
        """Some outputs are there, and more are to come."""
        wait_for(lambda: (self.directory / "out").exists() and any((self.directory / "out").rglob("*.jpg")), "a first output")

    def finish(self):
        with os.fdopen(self.reader, "rb") as stream:
            printed = stream.read()
        assert self.run.wait(DEADLINE) == 0
        assert printed.count(b"\n") == COUNT


def test_serial_has_no_workers(directory):
    halted = Halted(directory, "serial")
    halted.wait_until_it_works()
    assert halted.parent.children() == []
    halted.finish()


def test_thread_mode_has_threads_and_no_processes(directory):
    halted = Halted(directory, "thread", "-j", "5")
    halted.wait_until_it_works()
    assert halted.parent.threads() >= 6
    assert halted.parent.children() == []
    halted.finish()


def test_process_mode_has_processes_and_few_threads(directory):
    """Threads that open and publish, beside the one that hands out; workers and zygote have none."""
    halted = Halted(directory, "process", "-j", "3")
    halted.wait_until_it_works()
    wait_for(lambda: len(halted.parent.workers()) == 3, "three workers")
    # The one that opens the state has nothing else to do, and ends.
    wait_for(lambda: halted.parent.threads() == 1 + 8, "the threads that stay")
    assert all(worker.threads() == 1 for worker in halted.parent.workers())
    # The spare comes as soon as the program has a turn.
    assert {zygote.threads() for zygote in zygotes_of(halted.parent)} == {1}
    halted.finish()


def test_hybrid_mode_has_both(directory):
    halted = Halted(directory, "hybrid", "-j", "3", "--io-threads", "5")
    halted.wait_until_it_works()
    wait_for(lambda: len(halted.parent.workers()) == 3, "three workers")
    assert halted.parent.threads() >= 6
    halted.finish()


def files_of_workers(directory, mode):
    """Everything that workers were seen to have open during a run, and how often they were looked at."""
    directory.many(COUNT)
    run = directory.start("-o", "out", "images", mode=mode)
    parent, seen, looks = Process(run.pid), set(), 0
    while run.poll() is None:
        for worker in parent.workers():
            seen.update(worker.open_files())
            looks += 1
    assert run.wait(DEADLINE) == 0
    run.communicate()
    return seen, looks


def test_hybrid_workers_have_no_file_open(directory):
    seen, looks = files_of_workers(directory, "hybrid")
    assert looks > 0
    allowed = re.compile(r"(socket|pipe|anon_inode):|/memfd:|/dev/null$|/proc/|/sys/|/etc/|/usr/")
    own = {os.readlink("/proc/self/fd/2")}  # a worker keeps stderr
    strange = [name for name in seen - own if not allowed.match(name)]
    assert not [name for name in strange if str(directory.path) in name], strange
    assert any(name.startswith("/memfd:") for name in seen)


def test_process_workers_have_their_image_open(directory):
    """The counterpart: the test above would see a file if there were one."""
    seen, looks = files_of_workers(directory, "process")
    assert looks > 0
    assert any(str(directory / "images") in name for name in seen)


@mode_with_workers
def test_workers_are_reused(directory, mode):
    directory.many(100)
    done = directory.run("images", mode=mode)
    assert done.status == 0 and {record["worker"] for record in done.report} <= {0, 1}


def test_jobs_follow_the_affinity(directory):
    directory.many(COUNT)
    one = min(os.sched_getaffinity(0))
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    run = directory.start("--mode", "process", "--print", "-o", "out/" + "long/" * 24, "images", stdout=writer,
                          stderr=None, preexec_fn=lambda: os.sched_setaffinity(0, {one}))
    os.close(writer)
    parent = Process(run.pid)
    wait_for(lambda: (directory / "out").exists() and any((directory / "out").rglob("*.jpg")), "a first output")
    assert len(parent.workers()) == 1
    os.close(reader)
    run.wait(DEADLINE)


# --- workers that die or hang -------------------------------------------------------------------


def killed_by(number):
    """The signals that a report may name for a worker that was killed by one."""
    # AddressSanitizer catches SIGSEGV and aborts.
    return {number, signal.SIGABRT} if SANITIZER == "address" else {number}


@mode_with_workers
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_crash_costs_one_image(directory, mode, number):
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("--retries", "0", "-o", "out", "images", mode=mode, report=report)
    worker = stop_busy_worker(Process(run.pid), mode)
    worker.signal(number)
    worker.signal(signal.SIGCONT)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1, err
    records = read_report(report)
    assert len(records) == COUNT and len({record["source"] for record in records}) == COUNT
    lost = [record for record in records if record["status"] != "ok"]
    assert len(lost) == 1, lost
    assert lost[0]["status"] == "crashed" and lost[0]["code"] == "crashed" and lost[0]["signal"] in killed_by(number)
    name = b"signal %d" % lost[0]["signal"]
    assert [line for line in err.splitlines() if lost[0]["source"].encode() in line and name in line], err
    assert assert_whole(directory / "out") == COUNT - 1


@mode_with_workers
def test_crash_is_tried_again(directory, mode):
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("-o", "out", "images", mode=mode, report=report)
    worker = stop_busy_worker(Process(run.pid), mode)
    worker.signal(signal.SIGKILL)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    records = read_report(report)
    assert sorted(record["attempt"] for record in records) == [1] * (COUNT - 1) + [2]
    assert assert_whole(directory / "out") == COUNT


@mode_with_workers
def test_hang_costs_one_image(directory, mode):
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("--timeout", "2", "--retries", "0", "-o", "out", "images", mode=mode, report=report)
    stop_busy_worker(Process(run.pid), mode)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1, err
    records = read_report(report)
    assert len(records) == COUNT
    lost = [record for record in records if record["status"] != "ok"]
    assert len(lost) == 1 and lost[0]["status"] == "timeout" and lost[0]["code"] == "timeout", lost
    assert b"--timeout" in err
    assert assert_whole(directory / "out") == COUNT - 1


@mode_with_workers
def test_hang_is_tried_again(directory, mode):
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("--timeout", "2", "-o", "out", "images", mode=mode, report=report)
    stop_busy_worker(Process(run.pid), mode)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert sorted(record["attempt"] for record in read_report(report)) == [1] * (COUNT - 1) + [2]


@mode_with_workers
def test_every_worker_dying_again_and_again(directory, mode):
    """Six in a row are replaced, and nothing is lost except what --retries 0 gives up."""
    count = 2 * COUNT
    directory.many(count)
    report = directory / "report"
    run = directory.start("--retries", "0", "-o", "out", "images", mode=mode, report=report)
    killed = 0
    for _ in range(6):
        stop_busy_worker(Process(run.pid), mode).signal(signal.SIGKILL)
        killed += 1
    _, err = run.communicate(timeout=DEADLINE)
    records = read_report(report)
    assert run.returncode == 1 and len(records) == count, err
    assert sum(record["status"] == "crashed" for record in records) == killed
    assert sum(record["status"] == "ok" for record in records) == count - killed


def zygotes_of(parent):
    """The one that workers come from, and then its spare."""
    return [process for process in parent.children() if process.name() == "zygote"]


@mode_with_workers
def test_another_zygote_takes_the_place_of_one_that_is_killed(directory, mode):
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("-o", "out", "images", mode=mode, report=report)
    zygotes = wait_for(lambda: zygotes_of(Process(run.pid))[1:] and zygotes_of(Process(run.pid)), "a zygote and its spare")
    stop_busy_worker(Process(run.pid), mode)
    zygotes[0].signal(signal.SIGKILL)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    records = read_report(report)
    assert [record["attempt"] for record in records] == [1] * COUNT
    assert assert_whole(directory / "out") == COUNT


@mode_with_workers
def test_without_a_zygote_the_run_ends_and_says_so(directory, mode):
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("-o", "out", "images", mode=mode, report=report)
    parent = Process(run.pid)
    zygotes = wait_for(lambda: zygotes_of(parent)[1:] and zygotes_of(parent), "a zygote and its spare")
    wait_for(lambda: (directory / "out").exists() and directory.outputs("out"), "a first output")
    run.send_signal(signal.SIGSTOP)
    for zygote in zygotes:
        zygote.signal(signal.SIGKILL)
    run.send_signal(signal.SIGCONT)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 3 and b"the process that workers come from ended" in err, err
    records = read_report(report)
    assert len(records) == COUNT
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)


@every_mode
def test_no_process_outlives_the_run(directory, mode):
    directory.many(40)
    run = directory.start("-o", "out", "images", mode=mode)
    seen = {}
    while run.poll() is None:
        # LeakSanitizer looks at a program from a process of its own.
        seen.update({process.pid: process for process in Process(run.pid).descendants() if process.name() in FAMILY})
    run.communicate()
    assert (mode in WITH_WORKERS) == bool(seen)
    for process in seen.values():
        wait_for(lambda process=process: not process.alive() or process.name() not in FAMILY, "a worker's end")


@every_mode
def test_environment_cannot_start_threads_too_early(directory, mode):
    """VIPS_MAX_THREADS makes vips_init() start threads, after which forking is unsafe."""
    directory.many(20)
    done = subprocess.run(directory.command(["-o", "out", "images"], mode, None), cwd=directory.path, timeout=DEADLINE,
                          env=environment(VIPS_MAX_THREADS="7", VIPS_CONCURRENCY="5"), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(directory.names("out")) == 20
