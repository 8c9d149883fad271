"""Runs that share the machine and the night: --max-time, --finish-by, --load-limit, --nice, --ionice."""

import os
import shutil
import signal
import subprocess

import pytest
from conftest import BUSY_FOR_NOW, Process, every_mode, mode_with_workers, needs_libvips, read_report, wait_for

# A machine that is so busy that nothing is begun.
BUSY = "int getloadavg(double *average, int count) { (void)count; average[0] = 7.5; return 1; }"

# The clock on the wall stands at noon; a day later once there is a file "tomorrow".
NOON = """
#include <time.h>
time_t time(time_t *out) { time_t now = 1790164800; if (out) *out = now; return now; }
int clock_gettime(clockid_t clock, struct timespec *now)
{
	long status = syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec = access("tomorrow", F_OK) ? 1790164800 : 1790164800 + 86400;
	return (int)status;
}
"""


@every_mode
def test_what_is_left_when_time_is_up(directory, shim, mode):
    directory.copy("photos/sea.jpg", "in/a.jpg", "in/b.jpg")
    directory.copy("photos/chart.png", "in/c.png")
    (directory / "in/broken.jpg").write_bytes(b"")
    report = directory / "report"
    run = subprocess.Popen([*shim(BUSY + NOON), "TZ=UTC",
                            *directory.command(["in", "--finish-by=13:00", "--load-limit=4"], mode, report)],
                           cwd=directory.path, stderr=subprocess.PIPE)
    assert b"the load average is 7.50, over 4: no new pictures until it falls" in run.stderr.readline()
    (directory / "tomorrow").write_text("")
    said = run.communicate()[1]
    assert run.returncode == 0, said
    assert [(record["status"], record["code"]) for record in read_report(report)] == [("cancelled", "time-box")] * 4
    assert b"the time is up: 4 images are left, about " in said
    assert b"(3 jpeg, 1 png)" in said
    assert b"0 resized, 4 not done" in said
    assert b"no new pictures" not in said
    assert directory.names("resized_in") == []


def test_goes_on_when_the_load_falls(directory, shim):
    directory.copy("photos/sea.jpg", "in/a.jpg", "in/b.jpg")
    run = subprocess.Popen([*shim(BUSY_FOR_NOW), *directory.command(["in", "--load-limit", "4", "-v"], None, None)],
                           cwd=directory.path, stderr=subprocess.PIPE)
    assert any(b"no new pictures" in line for line in run.stderr)  # behind what else is said at the start
    assert directory.names("resized_in") == []
    (directory / "quiet").write_text("")
    assert b"the load average is 0.50: it goes on" in run.communicate()[1]
    assert run.returncode == 0
    assert directory.names("resized_in") == ["a.jpg", "b.jpg"]


@needs_libvips
def test_cheap_formats_first(directory):
    """All are made where there is time, and cheap ones first."""
    directory.copy("photos/chart.png", "in/1.png")
    directory.copy("photos/small.webp", "in/2.webp")
    directory.copy("photos/sea.jpg", "in/3.jpg")
    directory.copy("photos/city.jpg", "in/4.jpg")
    result = directory.run("in", "--max-time", "24h", "--finish-by=00:00", mode="serial")
    assert result.status == 0, result
    assert [record["source"] for record in result.report] == ["in/4.jpg", "in/3.jpg", "in/1.png", "in/2.webp"]
    assert "time is up" not in result.err


def test_failures_count_in_a_time_box(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "in/broken.jpg").write_bytes(b"")
    result = directory.run("in", "--max-time", "24h")
    assert result.status == 1, result
    assert result.statuses() == {"ok": 1, "failed": 1}


def test_the_clock_on_the_wall(directory, shim):
    """It is heeded as it stands: the day has gone, for whatever reason."""
    directory.copy("photos/sea.jpg", "in/a.jpg", "in/b.jpg")
    (directory / "tomorrow").write_text("")
    result = directory.run("in", "--finish-by", "11:59", prefix=[*shim(NOON), "TZ=UTC"])
    assert result.status == 0, result
    # ... while images were looked for, or after that
    assert "the time was up while images were looked for" in result.err
    assert result.report == []
    (directory / "tomorrow").unlink()
    result = directory.run("in", "--finish-by", "11:59", prefix=[*shim(NOON), "TZ=UTC"])
    assert result.statuses() == {"ok": 2}, result


def test_a_signal_ends_a_time_box_as_any_run(directory, shim):
    directory.copy("photos/sea.jpg", "in/a.jpg", "in/b.jpg")
    run = subprocess.Popen([*shim(BUSY), *directory.command(["in", "--load-limit=1", "--max-time=1d"], None,
                                                             directory / "report")],
                           cwd=directory.path, stderr=subprocess.PIPE)
    assert b"no new pictures" in run.stderr.readline()
    run.send_signal(signal.SIGTERM)
    assert b"stopped by SIGTERM" in run.communicate()[1]
    assert run.returncode == -signal.SIGTERM
    assert (directory / "report").read_text().count('"code":"cancelled"') == 2


@mode_with_workers
def test_priorities(directory, shim, mode):
    """They hold for the program, its workers and its threads."""
    if not shutil.which("ionice"):
        pytest.skip("needs ionice")
    directory.copy("photos/sea.jpg", "in/a.jpg", "in/b.jpg")
    run = subprocess.Popen([*shim(BUSY), *directory.command(
        ["in", "--load-limit=1", "--nice=3", "--ionice=best-effort:6"], mode, None)],
        cwd=directory.path, stderr=subprocess.PIPE)
    said = run.stderr.readline()
    try:
        if b"--ionice: refused" in said or b"--nice: refused" in said:
            pytest.skip("this system does not let itself be asked")
        assert b"no new pictures" in said
        parent = Process(run.pid)
        workers = wait_for(lambda: parent.workers(), "workers")
        pids = [run.pid] + [worker.pid for worker in workers]
        pids += [int(task) for task in os.listdir("/proc/%d/task" % run.pid)]
        nice = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 3)
        for pid in pids:
            asked = subprocess.run(["ionice", "-p", str(pid)], stdout=subprocess.PIPE, text=True, check=False).stdout
            try:
                assert os.getpriority(os.PRIO_PROCESS, pid) == nice and "best-effort: prio 6" in asked, asked
            except (ProcessLookupError, AssertionError):
                # a thread that had one thing to do may be gone by now
                assert pid in pids[len(workers) + 1:] and not os.path.exists("/proc/%d/task/%d" % (run.pid, pid))
    finally:
        run.terminate()
        run.communicate()


def test_refused_priorities_cost_nothing_else(directory, shim):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    refuse = """
    int setpriority(int which, unsigned who, int value) { (void)which; (void)who; (void)value; errno = EACCES; return -1; }
    """
    result = directory.run("in", "--nice=3", prefix=shim(refuse))
    assert result.status == 0, result
    assert "batchresize: --nice: refused, the run goes on without: Permission denied" in result.err
    assert directory.names("resized_in") == ["a.jpg"]


@pytest.mark.parametrize("option", ["--max-time=2h", "--finish-by=06:00", "--load-limit=2"])
def test_not_for_a_pipe(directory, option):
    result = directory.run("-", option, report=False)
    assert result.status == 2
    assert "makes no sense with '-'" in result.err
