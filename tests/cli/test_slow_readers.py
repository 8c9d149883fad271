"""Those who read what the program writes, and pause: that costs no picture, and a run can be ended meanwhile."""

import fcntl
import os
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest

from conftest import DEADLINE, assert_whole, environment, wait_for

COUNT = 300
PIPE = 4096  # bytes that a pipe holds: 8 records, or 50 lines
OUT = "o" * 60  # for lines of some length

with_threads_or_processes = pytest.mark.parametrize("mode", ["thread", "process", "hybrid"])

STREAMS = ["report", "print", "stderr"]


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
    run = subprocess.Popen(directory.command(["-s", "40", "-o", OUT, *names, *options, "images"], mode, None),
                           cwd=directory.path, env=environment(), pass_fds=[writer], **streams)
    os.close(writer)
    return run, reader


def read_all(reader):
    with os.fdopen(reader, "rb") as stream:
        return stream.read()


def wait_until_full(reader):
    """Until the pipe has got something, and then no more: the program sleeps in write(2)."""
    def held():
        return struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, b"\0\0\0\0"))[0]

    wait_for(held, "something to read")
    before = None
    while held() != before:
        before = held()
        time.sleep(1)


@pytest.fixture
def images(directory):
    directory.many(COUNT)
    for number in range(0, COUNT, 3):  # for lines on standard error
        broken = directory / "images" / ("broken%04d.jpg" % number)
        broken.write_bytes(b"")
    return directory


@with_threads_or_processes
@pytest.mark.parametrize("stream", STREAMS)
def test_two_signals_end_a_run_that_nobody_reads(images, mode, stream):
    run, reader = start(images, mode, stream, "--timeout", "0")
    wait_until_full(reader)
    run.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert run.poll() is None
    run.send_signal(signal.SIGTERM)
    assert run.wait(DEADLINE) == -signal.SIGTERM
    os.close(reader)
    assert_whole(images / OUT)


@with_threads_or_processes
@pytest.mark.parametrize("stream", STREAMS)
def test_a_reader_that_pauses_costs_no_picture(images, mode, stream):
    """Longer than --timeout."""
    run, reader = start(images, mode, stream, "--timeout", "1", "--retries", "0")
    wait_until_full(reader)
    time.sleep(3)
    assert run.poll() is None
    told = []
    thread = threading.Thread(target=lambda: told.append(read_all(reader)))
    thread.start()
    assert run.wait(DEADLINE) == 1  # the broken ones
    thread.join()
    assert b"timeout" not in told[0] and b"not done within" not in told[0]
    assert assert_whole(images / OUT) == COUNT
    if stream == "print":
        assert told[0].count(b"\n") == COUNT
    if stream == "report":
        assert told[0].count(b'"status":"ok"') == COUNT


def test_nobody_opens_the_report(images):
    os.mkfifo(images / "fifo")
    run = subprocess.Popen(images.command(["-o", "out", "images"], "process", images / "fifo"), cwd=images.path,
                           env=environment(), stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    assert run.poll() is None
    run.send_signal(signal.SIGTERM)
    assert run.wait(DEADLINE) == -signal.SIGTERM
