"""Those who read what the program writes, and pause: that costs no picture, and a run can be ended meanwhile."""

import fcntl
import os
import signal
import subprocess
import time

import pytest

from conftest import DEADLINE, Process, assert_whole, environment, side_by_side, wait_for

COUNT = 300
PIPE = 4096  # bytes that a pipe holds: 8 records, or 50 lines
LONG = "o" * 60  # for lines of some length

THREADS_OR_PROCESSES = [("thread",), ("process",), ("hybrid",)]

each_stream = pytest.mark.parametrize("stream", ["report", "print", "stderr"])


def start(directory, mode, stream, *options):
    """The run, and the end of the pipe from which `stream` is to be read."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE)
    names = {"report": ["--report", "/dev/fd/%d" % writer], "print": ["--print"], "stderr": ["-v"]}[stream]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if stream == "print":
        streams["stdout"] = writer
    if stream == "stderr":
        streams["stderr"] = writer
    run = subprocess.Popen(directory.command(["-s", "40", "-o", mode + "/" + LONG, *names, *options, "images"], mode, None),
                           cwd=directory.path, env=environment(), pass_fds=[writer], **streams)
    os.close(writer)
    return run, reader


def read_all(reader):
    with os.fdopen(reader, "rb") as stream:
        return stream.read()


@pytest.fixture
def images(directory):
    directory.many(COUNT)
    for number in range(0, COUNT, 3):  # for lines on standard error
        broken = directory / "images" / ("broken%04d.jpg" % number)
        broken.write_bytes(b"")
    return directory


@each_stream
def test_two_signals_end_a_run_that_nobody_reads(images, stream):
    """The system ends it, some seconds after the second."""
    def one(mode):
        run, reader = start(images, mode, stream, "--timeout", "0")
        wait_for(Process(run.pid).waits_for_a_reader, "the pipe to be full")
        run.send_signal(signal.SIGTERM)
        wait_for(lambda: not Process(run.pid).is_pending(signal.SIGTERM), "the first to come")
        time.sleep(0.3)
        assert run.poll() is None
        run.send_signal(signal.SIGTERM)
        assert run.wait(DEADLINE) == -signal.SIGTERM
        os.close(reader)
        assert_whole(images / mode)

    side_by_side(one, THREADS_OR_PROCESSES)


@each_stream
def test_a_reader_that_pauses_costs_no_picture(images, stream):
    """Longer than --timeout, of which a picture needs a thousandth: on a machine that starves the run, two seconds
    have been too few for one that had just begun."""
    def one(mode):
        run, reader = start(images, mode, stream, "--timeout", "6", "--retries", "0")
        wait_for(Process(run.pid).waits_for_a_reader, "the pipe to be full")
        time.sleep(7)
        assert run.poll() is None
        told = read_all(reader)
        assert run.wait(DEADLINE) == 1  # the broken ones
        assert b"timeout" not in told and b"not done within" not in told
        assert assert_whole(images / mode) == COUNT
        if stream == "print":
            assert told.count(b"\n") == COUNT
        if stream == "report":
            assert told.count(b'"status":"ok"') == COUNT

    side_by_side(one, THREADS_OR_PROCESSES)


def test_nobody_opens_the_report(images):
    os.mkfifo(images / "fifo")
    run = subprocess.Popen(images.command(["-o", "out", "images"], "process", images / "fifo"), cwd=images.path,
                           env=environment(), stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    assert run.poll() is None
    run.send_signal(signal.SIGTERM)
    assert run.wait(DEADLINE) == -signal.SIGTERM
