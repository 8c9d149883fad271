"""What is told, and where: --quiet, --log-format, --log-file, the journal, the service manager."""

import contextlib
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess

import pytest
from conftest import BUSY_FOR_NOW, DEADLINE, PROGRAM, environment, wait_for

# The journal's socket is "journal" in the working directory.
JOURNAL = """
#include <sys/socket.h>
#include <sys/un.h>
int connect(int fd, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_un other = {.sun_family = AF_UNIX, .sun_path = "journal"};
	const struct sockaddr_un *name = (const struct sockaddr_un *)address;

	if (name->sun_family == AF_UNIX && strcmp(name->sun_path, "/run/systemd/journal/socket") == 0) {
		address = (const struct sockaddr *)&other;
		size = sizeof(other);
	}
	return (int)syscall(SYS_connect, fd, address, size);
}
"""

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d batchresize\[\d+\] (error|warning|info|debug): .+")


def one_bad(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "in/bad.jpg").write_bytes(b"")


def start(directory, prefix, *arguments, mode=None, env=None, **options):
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([*prefix, *directory.command(arguments, mode, None)], cwd=directory.path,
                            env=environment(**(env or {})), stdin=subprocess.DEVNULL, **options)


# --- standard error ------------------------------------------------------------------------------


def test_quiet_is_silent_unless_something_fails(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    result = directory.run("in", "--quiet")
    assert (result.status, result.err, result.out) == (0, "", b"")
    (directory / "in/bad.jpg").write_bytes(b"")
    result = directory.run("in", "--quiet")
    assert result.status == 1
    lines = result.err.splitlines()
    assert lines[0] == "batchresize: in/bad.jpg: the file is empty: copy it anew"
    assert lines[1].startswith("2 images in ") and ": 0 resized, 1 skipped, 1 failed" in lines[1]
    assert len(lines) == 2


def test_json_on_standard_error(directory):
    one_bad(directory)
    (directory / os.fsdecode(b"in/new\nline\xff.jpg")).write_bytes(b"")
    result = directory.run("in", "-v", "--log-format=json")
    assert result.status == 1
    entries = [json.loads(line) for line in result.err.splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}[+-]\d\d:\d\d", entry["time"]) for entry in entries)
    done, = [entry for entry in entries if entry.get("status") == "ok"]
    assert (done["level"], done["source"], done["output"]) == ("debug", "in/a.jpg", "resized_in/a.jpg")
    failed = {entry["source"]: entry for entry in entries if entry["level"] == "error"}
    assert failed["in/bad.jpg"]["message"] == "in/bad.jpg: the file is empty: copy it anew"
    assert failed["in/bad.jpg"]["code"] == "empty"
    assert failed["in/new\nline\ufffd.jpg"]["source_bytes"] == "aW4vbmV3CmxpbmX/LmpwZw=="
    assert "3 images in" in entries[-1]["message"] and entries[-1]["level"] == "info"


def test_progress_among_json_is_json(directory, shim):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    run = start(directory, shim(BUSY_FOR_NOW), "in", "--load-limit=1", "--log-format=json", "--progress=always")
    lines = [run.stderr.readline(), run.stderr.readline()]
    (directory / "quiet").write_text("")
    lines += run.communicate()[1].splitlines()
    entries = [json.loads(line) for line in lines]
    assert entries[0]["level"] == "warning"
    assert entries[1]["message"].startswith("0 of 1 image in ")
    assert run.returncode == 0


# --- a file --------------------------------------------------------------------------------------


def levels(path):
    lines = path.read_text().splitlines()
    assert all(LINE.fullmatch(line) for line in lines), lines
    return [LINE.fullmatch(line).group(1) for line in lines]


def test_log_file(directory):
    """It has its own level, and what others wrote stays."""
    one_bad(directory)
    plain = directory.run("in")
    assert directory.run("in", "--log-file=log").err.splitlines()[0] == plain.err.splitlines()[0]
    assert levels(directory / "log")[:2] == ["info", "error"]
    assert set(levels(directory / "log")[2:]) == {"info"}
    text = (directory / "log").read_text()
    assert "begins: 2 images, " in text and "0 resized, 1 skipped, 1 failed" in text
    before = (directory / "log").stat().st_size
    assert directory.run("in", "--log-file=log", "--log-level=error", "--quiet").status == 1
    assert (directory / "log").read_bytes()[before:].count(b"\n") == 1
    assert directory.run("in", "--log-file=all", "--log-level=debug", "--quiet", "--sandbox=off").status == 1
    assert "debug: in/a.jpg -> resized_in/a.jpg: " in (directory / "all").read_text()
    assert levels(directory / "all").count("debug") == 2  # that, and what the mode auto has chosen


def test_json_in_a_log_file_leaves_standard_error_alone(directory):
    one_bad(directory)
    result = directory.run("in", "--log-file=log", "--log-format=json")
    assert result.err.startswith("batchresize: in/bad.jpg: ")
    entries = [json.loads(line) for line in (directory / "log").read_text().splitlines()]
    assert [entry["level"] for entry in entries][:2] == ["info", "error"]


def test_a_bar_and_a_log_file(directory, shim):
    """Neither has anything of the other."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "in/bad.jpg").write_bytes(b"")
    controller, terminal = pty.openpty()
    subprocess.run(["stty", "cols", "80", "rows", "24"], stdin=terminal, check=True)
    run = start(directory, shim(BUSY_FOR_NOW), "in", "--load-limit=1", "--log-file=log", "--log-level=debug",
                env={"TERM": "xterm"}, stderr=terminal)
    os.close(terminal)
    said = b""
    while b"0/2" not in said:
        said += os.read(controller, 4096)
    (directory / "quiet").write_text("")
    with contextlib.suppress(OSError):  # the terminal is gone with its last user
        while True:
            said += os.read(controller, 4096)
    os.close(controller)
    assert run.wait() == 1
    assert levels(directory / "log").count("error") == 1
    assert b"\33" not in (directory / "log").read_bytes() and b"\r" not in (directory / "log").read_bytes()
    assert said.count(b"in/bad.jpg: the file is empty") == 1 and b"1 resized, 1 failed" in said
    assert b"debug: " not in said


@pytest.mark.parametrize("ignored", [False, True])
def test_sighup_opens_the_log_file_anew(directory, shim, ignored):
    """Also under nohup: it ends nothing."""
    directory.copy("photos/sea.jpg", "in/a.jpg", "in/b.jpg")
    trap = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"] if ignored else []
    run = start(directory, [*trap, *shim(BUSY_FOR_NOW)], "in", "--load-limit=1", "--log-file=log")
    assert b"no new pictures" in run.stderr.readline()
    os.rename(directory / "log", directory / "log.1")
    run.send_signal(signal.SIGHUP)
    wait_for((directory / "log").exists, "a new log")
    (directory / "quiet").write_text("")
    run.communicate()
    assert run.returncode == 0
    assert levels(directory / "log.1") == ["info", "warning"]
    assert "2 resized" in (directory / "log").read_text()
    assert directory.names("resized_in") == ["a.jpg", "b.jpg"]


def test_a_log_file_that_cannot_be_opened_anew(directory, shim):
    """The old one goes on."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "logs").mkdir()
    run = start(directory, shim(BUSY_FOR_NOW), "in", "--load-limit=1", "--log-file=logs/log")
    assert b"no new pictures" in run.stderr.readline()
    os.rename(directory / "logs", directory / "old")
    run.send_signal(signal.SIGHUP)
    assert b"cannot write the log 'logs/log': No such file or directory" in run.stderr.readline()
    (directory / "quiet").write_text("")
    run.communicate()
    assert run.returncode == 0
    assert "1 resized" in (directory / "old/log").read_text()


def test_a_log_file_that_cannot_be_written(directory):
    """Said at the start, before anything is done; a picture is no log."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    before = directory.files()
    for path, status, words in (("none/log", 3, "No such file"), ("in", 3, "Is a directory"),
                                ("in/a.jpg", 2, "is a picture: choose another name")):
        result = directory.run("in", "--log-file", path, report=False)
        assert result.status == status, result
        assert words in result.err
    assert directory.files() == before


def test_a_full_disk_loses_lines_and_no_pictures(directory):
    one_bad(directory)
    result = directory.run("in", "--log-file=/dev/full", "--log-level=debug")
    assert result.status == 1
    assert result.err.count("cannot write the log '/dev/full' (lines are lost until it can be written)") == 1
    assert directory.names("resized_in") == ["a.jpg"]


@pytest.mark.parametrize("options,words", [
    (["--log-level=debug"], "--log-level is of a --log-file"),
    (["--log-format=journal", "--log-file=log"], "no format of a --log-file"),
    (["--log-file=log", "--log-level=notice"], "use error, warning, info or debug"),
])
def test_options_that_make_no_sense(directory, options, words):
    result = directory.run("in", *options, report=False)
    assert result.status == 2
    assert words in result.err
    assert directory.names() == []


def test_the_environment_of_cron(directory):
    """Nothing is set, and the standard descriptors are closed."""
    one_bad(directory)
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM, "in", "--report=report",
                           "--log-file=log", "--metrics=m.prom", "--on-finish=cat >summary", "-o", "out"],
                          cwd=directory.path, env={}, timeout=DEADLINE, check=False)
    assert done.returncode == 1
    assert "1 resized, 1 failed" in (directory / "log").read_text()
    assert (directory / "report").read_text().count("\n") == 2
    assert json.loads((directory / "summary").read_text())["images"]["ok"] == 1
    assert 'batchresize_images_total{status="ok"} 1' in (directory / "m.prom").read_text()
    assert directory.names("out") == ["a.jpg"]


# --- systemd -------------------------------------------------------------------------------------


@contextlib.contextmanager
def listener(name):
    """A datagram socket as a daemon has it; name may be abstract."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(name)
        server.settimeout(DEADLINE)
        yield server


def waiting(server):
    """All messages that are there."""
    messages = []
    server.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            messages.append(server.recv(1 << 20))
    return messages


def fields(message):
    """Of a message to the journal, by its protocol."""
    found = {}
    while message:
        line, _, message = message.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size, = struct.unpack("<Q", message[:8])
            value = message[8:8 + size]
            assert message[8 + size:9 + size] == b"\n"
            message = message[9 + size:]
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]*", name)
        found[name.decode()] = value
    return found


def test_journal(directory, shim):
    one_bad(directory)
    (directory / os.fsdecode(b"in/x\ny\xff.jpg")).write_bytes(b"")
    with listener(str(directory / "journal")) as server:
        result = directory.run("in", "-v", "--log-format=journal", prefix=shim(JOURNAL))
        entries = [fields(message) for message in waiting(server)]
    assert (result.status, result.err) == (1, "")
    assert {entry["SYSLOG_IDENTIFIER"] for entry in entries} == {b"batchresize"}
    by_source = {entry.get("SOURCE"): entry for entry in entries}
    assert by_source[b"in/a.jpg"]["PRIORITY"] == b"7"
    assert by_source[b"in/a.jpg"]["OUTPUT"] == b"resized_in/a.jpg"
    assert by_source[b"in/a.jpg"]["STATUS"] == b"ok"
    bad = by_source[b"in/bad.jpg"]
    assert (bad["PRIORITY"], bad["CODE"], bad["STATUS"]) == (b"3", b"empty", b"failed")
    assert bad["MESSAGE"] == b"in/bad.jpg: the file is empty: copy it anew"
    assert by_source[b"in/x\ny\xff.jpg"]["MESSAGE"] == b"in/x\\ny\\xff.jpg: the file is empty: copy it anew"
    assert entries[-1]["PRIORITY"] == b"6" and b"1 resized, 2 failed" in entries[-1]["MESSAGE"]


@pytest.mark.parametrize("reachable", [True, False])
def test_a_service_speaks_to_the_journal_by_itself(directory, shim, reachable):
    """Where it can't be reached, priorities stand before the lines."""
    one_bad(directory)
    with open(directory / "err", "wb") as err, listener(str(directory / ("journal" if reachable else "no"))) as server:
        stream = os.fstat(err.fileno())
        run = start(directory, shim(JOURNAL), "in", stderr=err,
                    env={"JOURNAL_STREAM": "%d:%d" % (stream.st_dev, stream.st_ino)})
        assert run.wait() == 1
        entries = [fields(message) for message in waiting(server)]
    said = (directory / "err").read_text().splitlines()
    if reachable:
        assert said == []
        assert entries[0]["PRIORITY"] == b"3" and entries[-1]["PRIORITY"] == b"6"
    else:
        assert said[0] == "<3>batchresize: in/bad.jpg: the file is empty: copy it anew"
        assert said[-1].startswith("<6>2 images in ")
    other = start(directory, shim(JOURNAL), "in", env={"JOURNAL_STREAM": "1:2"})
    assert other.communicate()[1].startswith(b"batchresize: in/bad.jpg")


def test_errors_before_a_run_have_a_priority(directory):
    with open(directory / "err", "wb") as err:
        stream = os.fstat(err.fileno())
        run = start(directory, [], "--no-such-option", stderr=err,
                    env={"JOURNAL_STREAM": "%d:%d" % (stream.st_dev, stream.st_ino)})
        assert run.wait() == 2
    assert (directory / "err").read_text().startswith("<3>batchresize: unknown option")


def test_no_journal(directory):
    if os.path.exists("/run/systemd/journal/socket"):
        pytest.skip("there is one")
    directory.copy("photos/sea.jpg", "in/a.jpg")
    result = directory.run("in", "--log-format=journal")
    assert result.status == 3
    assert "the journal can't be reached" in result.err
    assert directory.names() == ["in/a.jpg"]


def test_a_journal_that_does_not_read(directory, shim):
    """The run goes on; what found no room is told on standard error."""
    with open("/proc/sys/net/unix/max_dgram_qlen") as stream:
        room = int(stream.read())
    if room > 600:
        pytest.skip("a socket here has room for %d messages" % room)
    directory.many(room + 20)
    directory.many(room + 20, folder="resized_images")
    with listener(str(directory / "journal")) as server:
        result = directory.run("images", "-v", "--existing=skip", "--log-format=journal", prefix=shim(JOURNAL))
        taken = [fields(message) for message in waiting(server)]
    lines = result.err.splitlines()
    assert result.status == 0, result
    assert 0 < len(taken) <= room + 1
    skipped = [line for line in lines if line.startswith("images/")]
    assert len(taken) + len(skipped) >= room + 20
    assert re.search(r"the journal did not take \d+ messages: they stand on standard error", lines[-1])


@pytest.mark.parametrize("abstract", [False, True])
def test_service_manager(directory, shim, abstract):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    name = "\0batchresize-%d" % os.getpid() if abstract else str(directory / "notify")
    with listener(name) as server:
        run = start(directory, shim(BUSY_FOR_NOW), "in", "--load-limit=1", "--log-file=log",
                    env={"NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "200000"})
        messages = []

        def receive(*wanted):
            while not any(all(line in message.split(b"\n") for line in wanted) for message in messages):
                messages.append(server.recv(4096))
            return messages.pop()

        receive(b"READY=1")
        assert re.match(rb"STATUS=0 of 1 image in ", receive_status(server, messages))
        receive(b"WATCHDOG=1")
        messages.clear()
        receive(b"WATCHDOG=1")
        run.send_signal(signal.SIGHUP)
        assert re.search(rb"MONOTONIC_USEC=\d+\n", receive(b"RELOADING=1"))
        messages.clear()
        receive(b"READY=1")
        (directory / "quiet").write_text("")
        assert re.search(rb"STATUS=1 image in .*1 resized", receive(b"STOPPING=1"))
        run.communicate()
    assert run.returncode == 0


def receive_status(server, messages):
    """The first message with a status."""
    while True:
        for message in messages:
            if message.startswith(b"STATUS="):
                return message
        messages.append(server.recv(4096))


@pytest.mark.parametrize("address", ["vsock:2:1", "relative", "/" + 200 * "x", "@", ""])
def test_no_service_manager(directory, address):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    run = start(directory, [], "in", env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "nonsense"})
    run.communicate()
    assert run.returncode == 0


def test_watching(directory):
    """While it waits it is alive, its metrics are those of what it has done, and its log is opened anew."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    with listener(str(directory / "notify")) as server:
        run = start(directory, [], "in", "--watch", "--log-file=log", "--metrics=m.prom", "-o", "out",
                    env={"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": "2000000"})
        while b"READY=1" not in server.recv(4096).split(b"\n"):
            pass
        wait_for(lambda: (directory / "m.prom").exists() and
                 'batchresize_images_total{status="ok"} 1\n' in (directory / "m.prom").read_text(), "metrics")
        assert "watching 1 directory" in wait_for(lambda: run.stderr.readline().decode(), "a line")
        while not server.recv(4096).startswith(b"STATUS=watching: 1 of 1 image in "):
            pass
        for _ in range(2):
            while server.recv(4096) != b"WATCHDOG=1\n":
                pass
        os.rename(directory / "log", directory / "log.1")
        run.send_signal(signal.SIGHUP)
        wait_for((directory / "log").exists, "a new log")
        directory.copy("photos/sea.jpg", "new.jpg")
        os.rename(directory / "new.jpg", directory / "in/b.jpg")
        wait_for(lambda: 'batchresize_images_total{status="ok"} 2\n' in (directory / "m.prom").read_text(), "metrics")
        while not server.recv(4096).startswith(b"STATUS=watching: 2 of 2 images in "):
            pass
        run.terminate()
        run.communicate()
    assert run.returncode == -signal.SIGTERM
    assert "watching 1 directory" in (directory / "log.1").read_text()
    assert "stopped by SIGTERM" in (directory / "log").read_text()
