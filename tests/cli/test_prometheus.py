"""What the end of a run tells other programs: --metrics and --on-finish."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import DEADLINE, environment, wait_for

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r'(%s)(?:\{(%s)="((?:[^"\\\n]|\\["\\n])*)"\})? (\d+(?:\.\d+)?)' % (NAME.pattern, NAME.pattern))


def parse(path):
    """The values of a file in Prometheus' text format 0.0.4, read more strictly than Prometheus would.

    {name: value} or {name: {label's value: value}}. What `promtool check metrics` minds is minded here: help and
    type come first and once, a name's lines stand together, counters and only they end with _total, units are base
    units and stand at the end."""
    text = path.read_text()
    assert text.endswith("\n") and "\n\n" not in text
    values, family, types = {}, None, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family, _, words = line[7:].partition(" ")
            assert NAME.fullmatch(family) and words.strip() and family not in values
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == family and name not in types and kind in ("counter", "gauge")
            assert name.endswith("_total") == (kind == "counter")
            assert not re.search(r"milli|_ms\b|kilo|_minutes|_count$", name)
            types[name] = kind
        else:
            name, label, of, value = SAMPLE.fullmatch(line).groups()
            assert name == family and name in types
            if label:
                assert of not in values.setdefault(name, {})
                values[name][of] = float(value)
            else:
                assert name not in values
                values[name] = float(value)
    assert set(values) == set(types)
    return values


def one_bad(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "in/bad.jpg").write_bytes(b"")


def test_metrics(directory):
    one_bad(directory)
    begin = time.time()
    result = directory.run("in", "--metrics=m.prom")
    assert result.status == 1
    first = parse(directory / "m.prom")
    assert first["batchresize_images_total"] == {"ok": 1, "skipped": 0, "failed": 1, "crashed": 0, "timeout": 0,
                                                 "cancelled": 0}
    assert first["batchresize_last_run_images"] == first["batchresize_images_total"]
    assert first["batchresize_source_bytes_total"] == (directory / "in/a.jpg").stat().st_size
    assert first["batchresize_output_bytes_total"] == (directory / "resized_in/a.jpg").stat().st_size
    assert set(first["batchresize_stage_seconds_total"]) == {"read", "decode", "resize", "encode", "publish"}
    assert first["batchresize_runs_total"] == {"success": 0, "failures": 1, "error": 0, "stopped": 0}
    assert begin - 1 <= first["batchresize_last_run_timestamp_seconds"] <= time.time() + 1
    assert first["batchresize_last_run_exit_status"] == 1
    assert first["batchresize_last_run_duration_seconds"] > 0
    assert "batchresize_last_success_timestamp_seconds" not in first
    assert list(first["batchresize_build_info"].values()) == [1]

    # counters go on, and a success outlives a failure
    assert directory.run("in/a.jpg", "--metrics=m.prom").status == 0
    second = parse(directory / "m.prom")
    assert second["batchresize_images_total"]["ok"] == 2 and second["batchresize_images_total"]["failed"] == 1
    assert second["batchresize_last_run_images"]["ok"] == 1 and second["batchresize_last_run_images"]["failed"] == 0
    assert second["batchresize_runs_total"] == {"success": 1, "failures": 1, "error": 0, "stopped": 0}
    success = second["batchresize_last_success_timestamp_seconds"]
    assert success == second["batchresize_last_run_timestamp_seconds"]
    assert directory.run("in/bad.jpg", "--metrics=m.prom").status == 1
    third = parse(directory / "m.prom")
    assert third["batchresize_last_success_timestamp_seconds"] == success
    assert third["batchresize_last_run_exit_status"] == 1
    assert third["batchresize_source_bytes_total"] == 2 * first["batchresize_source_bytes_total"]
    assert [name for name in directory.names() if name.startswith(".batchresize-")] == []


def test_metrics_of_a_run_that_could_not_start(directory):
    one_bad(directory)
    (directory / "out").write_text("")
    assert directory.run("in", "-o", "out/below", "--metrics=m.prom").status == 3
    values = parse(directory / "m.prom")
    assert values["batchresize_runs_total"]["error"] == 1
    assert values["batchresize_last_run_exit_status"] == 3


def test_damaged_metrics_begin_anew(directory):
    directory.copy("photos/sea.jpg", "a.jpg")
    (directory / "m.prom").write_text("# HELP batchresize_images_total x\n"
                                      'batchresize_images_total{status="ok"} many\n'
                                      'batchresize_images_total{status="failed"} -3\n'
                                      "batchresize_source_bytes_total NaN\n"
                                      'batchresize_runs_total{result="failures"} 0x10\n'
                                      'batchresize_runs_total{result="error"} \n5\n'
                                      'batchresize_runs_total{result="stopped"} -0\n'
                                      "batchresize_last_success_timestamp_seconds 17")
    assert directory.run("a.jpg", "--metrics=m.prom").status == 0
    values = parse(directory / "m.prom")
    assert values["batchresize_images_total"]["ok"] == 1 and values["batchresize_images_total"]["failed"] == 0
    assert values["batchresize_source_bytes_total"] == (directory / "a.jpg").stat().st_size
    assert values["batchresize_runs_total"] == {"success": 1, "failures": 0, "error": 0, "stopped": 0}


def test_metrics_that_cannot_be_written(directory):
    """Said before anything is done."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "text").write_text("something else")
    os.mkfifo(directory / "fifo")
    for path, status, words in (("in", 2, "exists and has no metrics"), ("in/a.jpg", 2, "exists and has no metrics"),
                                ("text", 2, "exists and has no metrics"), ("fifo", 2, "exists and has no metrics"),
                                ("text/m.prom", 3, "Not a directory"), ("/proc/m.prom", 3, "/proc")):
        result = directory.run("in", "--metrics", path, report=False)
        assert result.status == status, result
        assert words in result.err, result
    assert directory.names() == ["in/a.jpg", "text"]


def test_metrics_where_nothing_may_be_written(directory):
    prefix = directory.as_nobody()
    if not prefix:
        pytest.skip("needs root, to give it away")
    directory.copy("photos/sea.jpg", "in/a.jpg")
    result = directory.run("in", "--metrics=in/m.prom", "-o", "/tmp/never", prefix=prefix, report=False)
    assert result.status == 3, result
    assert "in/m.prom" in result.err and "Permission denied" in result.err


def test_metrics_on_a_disk_that_fills(directory, shim):
    """The pictures are there, and the status says that nobody can see it."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    full = """
    ssize_t write(int fd, const void *bytes, size_t size)
    {
    	if (size > 20 && memcmp(bytes, "# HELP batchresize", 18) == 0) {
    		errno = ENOSPC;
    		return -1;
    	}
    	return syscall(SYS_write, fd, bytes, size);
    }
    """
    (directory / "m.prom").write_text("# HELP batchresize_images_total x\n")
    result = directory.run("in", "--metrics=m.prom", prefix=shim(full))
    assert result.status == 3, result
    assert "cannot write the metrics 'm.prom' (make room, or write elsewhere): No space left on device" in result.err
    assert (directory / "m.prom").read_text() == "# HELP batchresize_images_total x\n"
    assert directory.names() == ["in/a.jpg", "m.prom", "resized_in/a.jpg"]


@pytest.mark.parametrize("options,words", [
    (["--metrics=m", "--report=m"], "--metrics and --report name one file"),
    (["--metrics=m", "--log-file=m"], "--metrics and --log-file name one file"),
    (["--log-file=m", "--report=m"], "--log-file and --report name one file"),
    (["--metrics=m", "--report=./m"], "--metrics and --report name one file"),
    (["--log-file=.//m", "--failed-list=m"], "--log-file and --failed-list name one file"),
    (["--srcset=m", "--failed-list=./m"], "--srcset and --failed-list name one file"),
    (["--failed-list=./a.jpg", "--srcset=a.jpg"], "--srcset and --failed-list name one file"),
    (["--metrics=-"], "--metrics needs a file"),
    (["--metrics=m", "--dry-run"], "--dry-run makes nothing that --metrics could tell of"),
    (["--on-finish=true", "--dry-run"], "--dry-run makes nothing that --on-finish could tell of"),
    (["--on-finish="], "an empty COMMAND names nothing"),
])
def test_options_that_make_no_sense(directory, options, words):
    directory.copy("photos/sea.jpg", "a.jpg")
    result = directory.run("a.jpg", *options, report=False)
    assert result.status == 2
    assert words in result.err
    assert directory.names() == ["a.jpg"]


# --- a command -----------------------------------------------------------------------------------


def test_on_finish(directory):
    """It has the summary, finds all files written, and prints to standard error."""
    one_bad(directory)
    result = directory.run("in", "--print", "--metrics=m.prom", "--log-file=log",
                           "--on-finish=cat >summary; echo done; exit 7")
    assert result.status == 1
    assert result.out == b"resized_in/a.jpg\n"
    summary = json.loads((directory / "summary").read_text())
    assert summary["exit_status"] == 1
    assert summary["images"] == {"ok": 1, "skipped": 0, "failed": 1, "crashed": 0, "timeout": 0, "cancelled": 0}
    assert summary["total"] == 2 and summary["left"] == 0
    assert summary["bytes_in"] == (directory / "in/a.jpg").stat().st_size
    assert summary["bytes_out"] == (directory / "resized_in/a.jpg").stat().st_size
    assert summary["mode"] == "auto" and summary["signal"] is None and summary["error"] is None
    lines = result.err.splitlines()
    assert lines[-2] == "done"
    assert re.fullmatch(r"batchresize: --on-finish: '.*' ended with status 7", lines[-1])


def test_on_finish_sees_the_files_of_the_run(directory):
    directory.copy("photos/sea.jpg", "a.jpg")
    result = directory.run("a.jpg", "--metrics=m.prom", "--log-file=log", "--on-finish=cat m.prom log >both")
    assert result.status == 0, result
    text = (directory / "both").read_text()
    assert 'batchresize_runs_total{result="success"} 1' in text and "1 resized" in text


def test_on_finish_inherits_nothing(directory):
    """No descriptor, no socket of the service manager, no signal that we ignore; what we ignored from birth stays."""
    directory.copy("photos/sea.jpg", "a.jpg")
    look = 'ls /proc/self/fd | wc -l; echo "[$NOTIFY_SOCKET$WATCHDOG_USEC]"; grep SigIgn /proc/self/status'
    reader, writer = os.pipe()
    command = ["sh", "-c", 'trap "" QUIT; exec "$@"', "sh",
               *directory.command(["a.jpg", "--quiet", "--on-finish=exec >seen; " + look, "--log-file=log"], None, None)]
    subprocess.run(command, cwd=directory.path, pass_fds=[writer], timeout=DEADLINE, check=True,
                   env=environment(NOTIFY_SOCKET="/nowhere", WATCHDOG_USEC="9000000"), stdin=subprocess.DEVNULL)
    os.close(reader)
    os.close(writer)
    count, variables, ignored = (directory / "seen").read_text().splitlines()
    assert int(count) == 4  # the three, and the directory itself
    assert variables == "[]"
    mask = int(ignored.split()[1], 16)
    assert mask >> (signal.SIGQUIT - 1) & 1
    for number in (signal.SIGPIPE, signal.SIGUSR1, signal.SIGXFSZ, signal.SIGTERM, signal.SIGHUP):
        assert not mask >> (number - 1) & 1


def test_on_finish_of_a_run_that_was_stopped(directory, shim):
    directory.copy("photos/sea.jpg", "a.jpg")
    busy = "int getloadavg(double *average, int count) { (void)count; average[0] = 9; return 1; }"
    run = subprocess.Popen([*shim(busy), *directory.command(["a.jpg", "--load-limit=1", "--on-finish=cat >summary"],
                                                            None, None)], cwd=directory.path, stderr=subprocess.PIPE)
    assert b"no new pictures" in run.stderr.readline()
    run.terminate()
    run.communicate()
    assert run.returncode == -signal.SIGTERM
    summary = json.loads((directory / "summary").read_text())
    assert summary["signal"] == 15 and summary["exit_status"] == 143 and summary["images"]["cancelled"] == 1


def test_on_finish_of_a_run_that_could_not_start(directory):
    one_bad(directory)
    (directory / "out").write_text("")
    assert directory.run("in", "-o", "out/below", "--on-finish=cat >summary").status == 3
    assert "out" in json.loads((directory / "summary").read_text())["error"]


def test_on_finish_that_reads_nothing_or_dies(directory):
    directory.copy("photos/sea.jpg", "a.jpg")
    assert directory.run("a.jpg", "--on-finish=exec <&-").err.count("on-finish") == 0
    result = directory.run("a.jpg", "--on-finish=kill -9 $$")
    assert result.status == 0
    assert "was ended by signal 9, Killed" in result.err
    result = directory.run("a.jpg", "--on-finish=/no/such/command")
    assert result.status == 0
    assert "ended with status 127" in result.err


def test_on_finish_may_take_its_time(directory):
    """The manager hears meanwhile that the program is alive, and a signal ends it."""
    directory.copy("photos/sea.jpg", "a.jpg")
    os.mkfifo(directory / "wait")
    run = directory.start("a.jpg", "--on-finish=echo $$ >pid.new; mv pid.new pid; exec cat wait")
    wait_for((directory / "pid").exists, "the command")
    assert run.poll() is None
    run.terminate()
    assert run.wait(timeout=DEADLINE) == -signal.SIGTERM
    os.kill(int((directory / "pid").read_text()), signal.SIGKILL)
    for stream in (run.stdout, run.stderr):
        stream.close()
