"""Ctrl-C, kill, and readers that go away: nothing torn, nothing left, the right exit status."""

import os
import re
import signal
import subprocess
import time

import pytest

from conftest import DEADLINE, SANITIZER, Process, assert_whole, every_mode, mode_with_workers, read_report, stop_busy_worker, wait_for

COUNT = 200


class Running:
    """A run over many images that has published some of them."""

    def __init__(self, directory, mode, *options):
        directory.many(COUNT)
        self.directory, self.report = directory, directory / "report"
        self.run = directory.start("-o", "out", *options, "images", mode=mode, report=self.report)
        self.parent = Process(self.run.pid)
        wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 3, "some outputs")
        self.family = self.parent.descendants()

    def end(self):
        out, err = self.run.communicate(timeout=DEADLINE)
        return self.run.returncode, out, err.decode()

    def nobody_is_left(self):
        for process in self.family:
            wait_for(lambda process=process: not process.alive() or process.name() not in ("worker", "zygote"),
                     "the end of process %d" % process.pid)


@every_mode
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_ends_the_run_in_order(directory, mode, number):
    running = Running(directory, mode)
    running.run.send_signal(number)
    status, _, err = running.end()
    # The program ends by the signal itself, which a shell reports as 128 + N.
    assert status == -number, err
    assert number.name in err and "not done" in err
    running.nobody_is_left()
    records = read_report(running.report)
    assert len(records) == COUNT and {record["status"] for record in records} == {"ok", "cancelled"}
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records) < COUNT


@every_mode
@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGXCPU])
def test_warnings_of_schedulers_end_the_run_gently(directory, mode, number):
    """Slurm and Grid Engine send them to every process, and more than once."""
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("-o", "out", "images", mode=mode, report=report, start_new_session=True)
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 3, "some outputs")
    while run.poll() is None:  # up to the last word
        os.killpg(run.pid, number)
        time.sleep(0.0001)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == -number, err
    assert number.name in err.decode() and "not done" in err.decode()
    records = read_report(report)
    assert len(records) == COUNT and {record["status"] for record in records} == {"ok", "cancelled"}, err
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)


@every_mode
def test_how_far_it_is(directory, mode):
    """SIGUSR1 asks, whoever it is sent to; nothing else comes of it."""
    directory.many(COUNT)
    run = directory.start("--quiet", "-o", "out", "images", mode=mode, start_new_session=True)
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 3, "some outputs")
    os.killpg(run.pid, signal.SIGUSR1)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0
    assert re.fullmatch(r"batchresize: [1-9]\d* of 200 images in .* s; about .* to go\n", err.decode()), err
    assert assert_whole(directory / "out") == COUNT


@every_mode
@pytest.mark.parametrize("after", [0, 0.005, 0.01, 0.02, 0.05, 0.1])
def test_asking_harms_at_no_moment(directory, mode, after):
    directory.many(20)
    run = directory.start("-o", "out", "images", mode=mode, start_new_session=True)
    # What the interpreter and the loader do before main() is nobody's to answer for.
    wait_for(lambda: "batchresize" in Process(run.pid).name() and Process(run.pid).ignores_or_catches(signal.SIGUSR1),
             "the program")
    time.sleep(after)
    for _ in range(3):
        os.killpg(run.pid, signal.SIGUSR1)
    out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert assert_whole(directory / "out") == 20


# A file system on which each look at a picture takes a while, and says that it has begun.
SLOW_SCAN = """
#include <time.h>
int fstatat(int directory, const char *name, struct stat *st, int flags)
{
	if (strstr(name, ".jpg")) {
		struct timespec t = {0, 30000000};
		close(open("begun", O_CREAT | O_WRONLY, 0666));
		do
			nanosleep(&t, NULL);
		while (HANGS);
	}
	return (int)syscall(SYS_newfstatat, directory, name, st, flags);
}
"""


def scanning(directory, prefix, *options, mode=None):
    command = [*prefix, *directory.command(["-o", "out", *options], mode, None)]
    run = subprocess.Popen(command, cwd=directory.path, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: (directory / "begun").exists(), "the scan to begin")
    return run


@pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")
@every_mode
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2, signal.SIGXCPU])
def test_a_signal_while_images_are_looked_for(directory, shim, mode, number):
    """Nothing has been made that were to be brought to an end: it says so, and ends by the signal."""
    directory.many(1000, "edge/1x1.jpg")
    run = scanning(directory, shim(SLOW_SCAN.replace("HANGS", "0")), "images", mode=mode)
    run.send_signal(number)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == -number, err
    assert re.fullmatch(r"batchresize: stopped by %s while images were looked for \(\d+ found so far\): nothing was made\n"
                        % number.name, err.decode()), err
    assert not (directory / "out").exists()


@pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")
@every_mode
def test_how_far_the_looking_is(directory, shim, mode):
    directory.many(1000, "edge/1x1.jpg")
    run = scanning(directory, shim(SLOW_SCAN.replace("HANGS", "0")), "--quiet", "images", mode=mode)
    for _ in range(2):
        run.send_signal(signal.SIGUSR1)
        assert re.fullmatch(rb"batchresize: looking for images: \d+ found in .* s\n", run.stderr.readline())
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGTERM and err.count(b"\n") == 1, err


@pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")
def test_a_signal_while_looking_hangs(directory, shim):
    """On a dead mount nobody comes back to look at it: the system ends the program some seconds later."""
    directory.many(3, "edge/1x1.jpg")
    run = scanning(directory, shim(SLOW_SCAN.replace("HANGS", "1")), "images")
    run.send_signal(signal.SIGUSR2)
    run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGUSR2


@every_mode
def test_report_larger_than_a_file_may_be(directory, mode):
    """An error, a summary and whole lines instead of an end by SIGXFSZ."""
    directory.many(40, source="edge/1x1.jpg")
    command = directory.command(["-o", "out", "images"], mode, "report")
    run = subprocess.run(["bash", "-c", 'ulimit -f 8; exec "$@"', "bash", *command], cwd=directory.path,
                         capture_output=True, timeout=DEADLINE, check=False)
    if mode == "hybrid" and b"file size limit" in run.stderr:
        assert run.returncode == 3
        return
    assert run.returncode == 3, run.stderr
    assert b"cannot write report" in run.stderr and b"File too large" in run.stderr and b"images in" in run.stderr
    report = (directory / "report").read_bytes()
    assert report.endswith(b"}\n") and len(read_report(directory / "report")) > 0


@every_mode
def test_ctrl_c_reaches_the_whole_group(directory, mode):
    """A terminal sends SIGINT to workers as well: they leave it to the parent."""
    directory.many(COUNT)
    report = directory / "report"
    run = directory.start("-o", "out", "images", mode=mode, report=report, start_new_session=True)
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 3, "some outputs")
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGINT, err
    records = read_report(report)
    assert len(records) == COUNT and {record["status"] for record in records} == {"ok", "cancelled"}, err
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)


@mode_with_workers
def test_second_signal_kills_what_still_runs(directory, mode):
    running = Running(directory, mode)
    workers = running.parent.workers()
    for worker in workers:
        worker.signal(signal.SIGSTOP)
    running.run.send_signal(signal.SIGINT)
    # The stopped workers would keep an orderly end waiting until --timeout.
    wait_for(lambda: not running.parent.is_pending(signal.SIGINT), "the first to come")
    running.run.send_signal(signal.SIGINT)
    status, _, err = running.end()
    assert status == -signal.SIGINT, err
    running.nobody_is_left()
    records = read_report(running.report)
    assert len(records) == COUNT
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)


@mode_with_workers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("times", [1, 2])
def test_signals_beside_a_stopped_zygote(directory, mode, number, times):
    """Who is to kill and to replace workers stands still, and so does one of them."""
    running = Running(directory, mode, "--timeout", "5")
    for zygote in running.parent.children():
        zygote.signal(signal.SIGSTOP)
    stop_busy_worker(running.parent, mode)
    for left in range(times - 1, -1, -1):
        running.run.send_signal(number)
        if left:
            wait_for(lambda: not running.parent.is_pending(number), "the first to come")
    status, _, err = running.end()
    assert status == -number, err
    running.nobody_is_left()
    records = read_report(running.report)
    assert len(records) == COUNT
    assert assert_whole(directory / "out") == sum(record["status"] == "ok" for record in records)


@every_mode
def test_kill_leaves_no_worker_and_no_temporary(directory, mode):
    running = Running(directory, mode)
    running.run.kill()
    assert running.end()[0] == -signal.SIGKILL
    running.nobody_is_left()
    assert assert_whole(directory / "out") > 0


@mode_with_workers
def test_kill_with_stopped_workers(directory, mode):
    """A worker that can't run any more is ended by the kernel as well."""
    running = Running(directory, mode)
    for worker in running.parent.workers():
        worker.signal(signal.SIGSTOP)
    running.run.kill()
    running.end()
    running.nobody_is_left()


@every_mode
def test_a_run_that_was_killed_is_taken_up_again(directory, mode):
    running = Running(directory, mode)
    running.run.kill()
    running.end()
    there = len(directory.names("out"))
    done = directory.run("--existing", "skip", "-o", "out", "images", mode=mode)
    assert done.status == 0 and done.statuses()["skipped"] >= there, done
    assert assert_whole(directory / "out") == COUNT


@every_mode
def test_reader_of_stdout_that_goes_away(directory, mode):
    """`| head -1`: quiet, no error, ended by SIGPIPE as any filter."""
    directory.many(COUNT)
    run = directory.start("--print", "-o", "out", "images", mode=mode)
    head = subprocess.run(["head", "-n", "1"], stdin=run.stdout, stdout=subprocess.PIPE, check=True)
    run.stdout.close()
    err = run.stderr.read().decode()
    run.stderr.close()
    assert run.wait(DEADLINE) == -signal.SIGPIPE, err
    assert err == ""
    assert head.stdout.startswith(b"out/") and head.stdout.count(b"\n") == 1
    assert 0 < assert_whole(directory / "out") < COUNT


@every_mode
def test_reader_of_the_report_that_goes_away(directory, mode):
    directory.many(COUNT)
    run = directory.start("--report", "-", "-o", "out", "images", mode=mode)
    run.stdout.readline()
    run.stdout.close()
    err = run.stderr.read().decode()
    run.stderr.close()
    assert run.wait(DEADLINE) == -signal.SIGPIPE, err


@every_mode
def test_stderr_that_is_closed_harms_nobody(directory, mode):
    directory.many(10)
    directory.copy("broken/text.jpg", "images/bad.jpg")
    run = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", *directory.command(["-o", "out", "images"], mode, None)],
                         cwd=directory.path, timeout=DEADLINE, check=False)
    assert run.returncode == 1
    assert assert_whole(directory / "out") == 10
