"""A list of sources that comes through a pipe: taken as it comes, for ever if need be."""

import fcntl
import os
import select
import signal
import subprocess
import time

import pytest

from conftest import (DEADLINE, PROGRAM, SANITIZER, Process, environment, every_mode, read_report, wait_for)


class Stream:
    """A run that is fed with names one by one."""

    def __init__(self, directory, *arguments, mode=None, **options):
        self.report = directory.path.parent / "stream.ndjson"
        command = directory.command(["--files-from", "-", *arguments], mode, self.report)
        self.run = subprocess.Popen(command, cwd=directory.path, env=environment(), stdin=subprocess.PIPE,
                                    stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, **options)

    def say(self, text):
        self.run.stdin.write(text if isinstance(text, bytes) else text.encode())
        self.run.stdin.flush()

    def hear(self, end=b"\n"):
        """The next path that is printed."""
        said = b""
        limit = time.monotonic() + DEADLINE
        while not said.endswith(end):
            readable = select.select([self.run.stdout], [], [], limit - time.monotonic())[0]
            assert readable, "nothing was printed"
            byte = os.read(self.run.stdout.fileno(), 1)
            assert byte, (said, self.run.stderr.read())
            said += byte
        return said[:-len(end)].decode()

    def end(self):
        """Status, the rest of stdout, stderr, and the report."""
        out, err = self.run.communicate(timeout=DEADLINE)
        return self.run.returncode, out, err.decode(), read_report(self.report)


@every_mode
def test_each_is_made_before_the_next_is_named(directory, mode):
    """The pipe of a program that waits for our output before it says what comes next."""
    names = ["a.jpg", "d/b.jpg", "c.jpg"]
    directory.copy("edge/1x1.jpg", *names)
    stream = Stream(directory, "-o", "out", "--print", mode=mode)
    for name in names:
        stream.say(name + "\n")
        assert stream.hear() == "out/" + name
    status, out, err, report = stream.end()
    assert (status, out) == (0, b"") and "3 images in" in err, err
    assert [record["source"] for record in report] == names


def test_names_that_end_with_nul_and_the_last_that_does_not_end(directory):
    directory.copy("edge/1x1.jpg", "a\nb.jpg", "c.jpg", "d.jpg")
    stream = Stream(directory, "-0", "-o", "out", "--print")
    stream.say(b"a\nb.jpg\0c.j")
    assert stream.hear(b"\0") == "out/a\nb.jpg"
    stream.say(b"pg\0\0d.jpg")
    assert stream.hear(b"\0") == "out/c.jpg"
    assert stream.end()[:2] == (0, b"out/d.jpg\0")


def test_a_named_pipe_is_a_stream_and_a_file_is_a_whole(directory):
    directory.copy("edge/1x1.jpg", "a/x.jpg", "b/x.jpg", "c.jpg")
    os.mkfifo(directory / "list")
    run = directory.start("--flat", "-o", "out", "--print", "--files-from", "list")
    with open(directory / "list", "wb", buffering=0) as fifo:
        fifo.write(b"a/x.jpg\n")
        assert run.stdout.readline() == b"out/x.jpg\n"
        fifo.write(b"b/x.jpg\nc.jpg\n")
    out, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1 and out == b"out/c.jpg\n" and b"b/x.jpg: its output is that of another image" in err, err
    (directory / "file").write_text("a/x.jpg\nb/x.jpg\nc.jpg\n")
    done = directory.run("--flat", "-o", "whole", "--files-from", "file")
    assert done.status == 1 and directory.names("whole") == ["c.jpg"] and done.statuses() == {"failed": 2, "ok": 1}


def test_a_dry_run_streams_too(directory):
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg", "c/b.jpg")
    stream = Stream(directory, "-n", "--flat", "-o", "out")
    for name in ("a.jpg", "b.jpg"):
        stream.say(name + "\n")
        assert stream.hear() == "%s -> out/%s" % (name, name)
    stream.say("c/b.jpg\ngone.jpg\na.jpg\n")
    status, out, _, report = stream.end()
    assert status == 1 and out == b"" and not (directory / "out").exists()
    assert [(record["source"], record["code"]) for record in report] == [
        ("a.jpg", None), ("b.jpg", None), ("c/b.jpg", "collision"), ("gone.jpg", "system")]


# --- what came before ---------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, outputs", [
    (["-s", "7"], "resized_%s.jpg"), (["-s", "7", "-o", "out", "--name", "{stem}/{size}.{ext}"], "out/%s/7.jpg"),
    (["-s", "7,8", "-o", "out/x", "--flat"], "out/x/%s-8.jpg")])
def test_what_has_come_before_is_known(directory, arguments, outputs):
    """A source that is named again, and what was made of it: the former is done, the latter no source."""
    directory.copy("edge/jpeg-444.jpg", "a.jpg", "b.jpg")
    stream = Stream(directory, "--print", *arguments)
    stream.say("a.jpg\n")
    first = stream.hear()
    while first != outputs % "a":
        first = stream.hear()
    made = (directory / first).read_bytes()
    # the same source, by other ways to write it, is the same image
    stream.say("./a.jpg\n%s\na.jpg\n" % (directory / "a.jpg" if "-o" not in arguments else "a.jpg"))
    # and what was made of it is no source
    stream.say(first + "\nb.jpg\n")
    while stream.hear() != outputs % "b":
        pass
    status, out, err, report = stream.end()
    assert status == 0 and out == b"", err
    assert [(record["source"], record["status"], record["code"]) for record in report] == [
        ("a.jpg", "ok", None), (first, "skipped", "own-output"), ("b.jpg", "ok", None)]
    assert "it is an output of this run" in report[1]["error"] and (directory / first).read_bytes() == made


def test_a_source_that_came_before_is_not_replaced(directory):
    """By its own name, or that which a link leads to."""
    directory.copy("edge/1x1.jpg", "a.jpg", "real.jpg", "in/a.jpg", "in/real.jpg", "in/new.jpg")
    os.symlink("../real.jpg", directory / "in/link.jpg")
    before = directory.files()
    stream = Stream(directory, "--flat", "-o", ".", "--name", "{stem}.{ext}", "--print")
    stream.say("in/link.jpg\n")
    assert stream.hear() == "./link.jpg"
    stream.say("a.jpg\nin/new.jpg\n")
    assert stream.hear() == "./new.jpg"
    stream.say("in/real.jpg\nin/a.jpg\n")
    status, out, err, report = stream.end()
    assert status == 1 and out == b"", err
    assert {record["source"]: record["code"] for record in report} == {
        "in/link.jpg": None, "a.jpg": "output-is-source", "in/new.jpg": None, "in/real.jpg": "output-is-source",
        "in/a.jpg": "output-is-source"}
    after = directory.files()
    assert {name: after[name] for name in before} == before


def test_a_name_by_the_pictures_sides_does_not_replace_a_source(directory):
    directory.copy("edge/1x1.jpg", "pic-1.jpg", "in/pic.jpg")
    before = (directory / "pic-1.jpg").read_bytes()
    stream = Stream(directory, "-o", ".", "--flat", "--name", "{stem}-{width}.{ext}", "--print")
    stream.say("pic-1.jpg\n")
    assert stream.hear() == "./pic-1-1.jpg"
    stream.say("in/pic.jpg\n")
    status, out, _, report = stream.end()
    assert status == 1 and out == b"" and report[1]["code"] == "output-is-source", report
    assert (directory / "pic-1.jpg").read_bytes() == before


# --- lines that are none --------------------------------------------------------------------------


@pytest.mark.parametrize("regular", [False, True])
def test_malformed_lines_are_told_and_the_rest_goes_on(directory, regular):
    """With their number; a directory is walked."""
    directory.copy("edge/1x1.jpg", "a.jpg", "d/b.jpg", "d/e/c.jpg", "z.jpg")
    text = b"a.jpg\nx\0y.jpg\n\n" + b"n" * 200000 + b"\n" + b"m" * 20000 + b"\r\nd/\ngone.jpg\n/dev/null\nz.jpg"
    (directory / "list").write_bytes(text)
    done = directory.run("-o", "out", "--files-from", "list" if regular else "-", stdin=b"" if regular else text)
    assert done.status == 1 and directory.names("out") == ["a.jpg", "b.jpg", "e/c.jpg", "z.jpg"], done
    assert done.statuses() == {"ok": 4, "failed": 2}
    for number, said in ((2, "there is a NUL byte in it: say --null"), (4, "it is too long for a path"),
                         (5, "it is too long for a path")):
        assert "line %d of the list: %s" % (number, said) in done.err, done
    assert done.err.count("of the list:") == 3
    # a list of the other kind
    done = directory.run("-0", "-o", "other", "--files-from", "-", stdin=b"a.jpg\n" * 20000 + b"\0a.jpg\0")
    assert done.status == 1 and "line 1 of the list: it is too long for a path: leave --null out" in done.err, done
    assert directory.names("other") == ["a.jpg"]


@pytest.mark.parametrize("regular", [False, True])
@pytest.mark.parametrize("name", ["d/" + "n" * 5000, "d/" + "n/" * 2500 + "x.jpg"], ids=["flat", "deep"])
def test_a_path_too_long_for_the_system_is_told_by_its_own_name(directory, name, regular):
    """As much of it as a path may have; not by that of the picture before."""
    directory.copy("edge/1x1.jpg", "d/a.jpg")
    text = "d/a.jpg\n%s\nd/a.jpg\n" % name
    (directory / "list").write_text(text)
    done = directory.run("-j1", "-o", "out", "--files-from", "list" if regular else "-", stdin=b"" if regular else text.encode())
    told = {record["source"]: (record["status"], record["output"]) for record in done.report}
    assert told == {"d/a.jpg": ("ok", "out/d/a.jpg"), name[:4095]: ("failed", ("out/" + name)[:4095])}, done
    assert "batchresize: d/nn" in done.err or "batchresize: d/n/n/" in done.err, done
    assert "d/a.jpg: it can't" not in done.err


def test_the_root_in_a_list_is_a_bad_line(directory):
    """It has no name for the directory beside it."""
    directory.copy("edge/1x1.jpg", "a.jpg")
    done = directory.run("-n", "--files-from", "-", stdin=b"/\na.jpg\n", report=False)
    assert done.status == 1 and "line 1 of the list: " in done.err and done.out == b"a.jpg -> resized_a.jpg\n", done


def test_a_promise_that_is_not_kept_fails_one(directory):
    """What ends a whole plan before it is begun comes too late for the images that are made."""
    directory.copy("edge/1x1.jpg", "a.jpg", "c.jpg")
    directory.copy("edge/1x1.png", "b.png")
    stream = Stream(directory, "-o", "out", "--name", "{stem}.jpg", "--print")
    for name in ("a.jpg", "c.jpg"):
        stream.say("b.png\n" * (name == "c.jpg") + name + "\n")
        assert stream.hear() == "out/" + name
    status, _, err, report = stream.end()
    assert status == 1 and report[1]["code"] == "usage" and "another format than it will have, png" in err, err


# --- slow, gone, endless --------------------------------------------------------------------------


def is_writing(pid):
    """Whether the program waits for whoever reads its standard output."""
    return Process(pid).read("syscall").startswith("1 0x1 ")


@every_mode
def test_a_slow_reader_slows_us_down_and_one_that_is_gone_ends_us(directory, mode):
    count = 2500
    folder = "images" + "x" * 240
    directory.many(count, "edge/1x1.jpg", folder=folder)
    stream = Stream(directory, "-o", "out", "--print", "--quiet", mode=mode)
    fcntl.fcntl(stream.run.stdout, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(stream.run.stdin.fileno(), False)
    names = b"".join(b"%s/%04d.jpg\n" % (folder.encode(), number) for number in range(count))
    taken = 0
    while taken < len(names):
        try:
            taken += os.write(stream.run.stdin.fileno(), names[taken:taken + 4096])
        except BlockingIOError:
            if is_writing(stream.run.pid):
                break
            time.sleep(0.002)
    assert taken < len(names), "the list was read to its end though nobody took the results"
    wait_for(lambda: is_writing(stream.run.pid), "a full pipe")
    assert len(os.listdir(directory / "out" / folder)) < count / 2
    stream.hear()
    stream.run.stdout.close()
    assert stream.run.wait(timeout=DEADLINE) != 0
    assert len(os.listdir(directory / "out" / folder)) < count / 2
    stream.run.stdin.close()
    stream.run.stderr.close()


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer keeps what was freed")
def test_memory_does_not_grow_with_the_list(directory):
    """Of names that are gone nothing is kept, of one that comes again and again neither."""
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    stream = Stream(directory, "-o", "out", "--print", stdout=subprocess.PIPE, mode="serial")

    def peak():
        return int(Process(stream.run.pid).read("status").split("VmHWM:")[1].split()[0])

    drain = subprocess.Popen(["cat"], stdin=stream.run.stderr, stdout=subprocess.DEVNULL)
    stream.say("a.jpg\n")
    assert stream.hear() == "out/a.jpg"
    for number in range(3):
        stream.say("".join("a.jpg\n./gone-%d-%d-%s.jpg\n" % (number, line, "x" * 100) for line in range(10000)))
        before = peak() if number == 0 else before
    stream.say("b.jpg\n")
    assert stream.hear() == "out/b.jpg"
    after = peak()
    stream.run.stdin.close()
    assert stream.run.wait(timeout=DEADLINE) == 1 and drain.wait(timeout=DEADLINE) == 0
    assert len(read_report(stream.report)) == 30002
    # the whole plan would have 30,000 names of 115 bytes, and as many items
    assert after - before < 3000, (before, after)


@every_mode
def test_a_signal_ends_a_list_without_an_end(directory, mode):
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    stream = Stream(directory, "-o", "out", "--print", mode=mode)
    stream.say("a.jpg\nb.j")
    assert stream.hear() == "out/a.jpg"
    stream.run.send_signal(signal.SIGUSR1)
    line = stream.run.stderr.readline()
    assert line.startswith(b"batchresize: 1 of 1 image so far, in "), line
    stream.run.send_signal(signal.SIGTERM)
    status, out, err, report = stream.end()
    assert status == -signal.SIGTERM and out == b"" and "stopped by SIGTERM" in err, err
    assert directory.names("out") == ["a.jpg"] and len(report) == 1


def test_an_output_that_cannot_be_written_ends_the_run(directory):
    """With one error, and status 3, at the first name."""
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    (directory / "file").write_text("")
    done = directory.run("-o", "file/out", "--files-from", "-", stdin=b"gone.jpg\na.jpg\nb.jpg\n")
    assert done.status == 3 and "file" in done.err, done
    assert done.statuses() == {"failed": 1, "cancelled": 2}


def test_nothing_in_the_list_is_nothing_to_do(directory):
    done = directory.run("-o", "out", "--files-from", "-", stdin=b"\n\n")
    assert done.status == 0 and not (directory / "out").exists() and done.report == [], done
    done = subprocess.run([PROGRAM, "-o", "out", "--files-from", "/dev/null"], cwd=directory.path, env=environment(),
                          capture_output=True, timeout=DEADLINE, check=False)
    assert done.returncode == 0, done


def test_a_list_without_an_end_ends_in_time(directory):
    directory.copy("edge/1x1.jpg", "a.jpg")
    stream = Stream(directory, "-o", "out", "--print", "--max-time", "1")
    stream.say("a.jpg\n")
    assert stream.hear() == "out/a.jpg"
    assert stream.run.wait(timeout=DEADLINE) == 0
    assert b"the time was up while the list was read" in stream.run.stderr.read()
    stream.end()
