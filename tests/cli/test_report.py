"""What is said, and where: the report, printed paths, the summary, pipes, exit statuses."""

import json
import os
import pty
import re
import subprocess

import pytest

from conftest import DEADLINE, TESTDATA, assert_whole, environment, every_mode, read_report, size_of, source_bytes

FIELDS = ["source", "output", "status", "code", "error", "signal", "attempt", "worker", "mode", "format", "width", "height",
          "out_width", "out_height", "bytes_in", "bytes_out", "read_ms", "decode_ms", "resize_ms", "encode_ms", "publish_ms",
          "notes"]
FAILURES = ("failed", "crashed", "timeout")


@every_mode
def test_every_image_has_one_line_with_every_field(directory, mode):
    done = directory.run("-o", "out", TESTDATA, mode=mode)
    assert done.status == 1, done
    sources = [source_bytes(record) for record in done.report]
    assert len(sources) == len(set(sources)) > 100
    for record in done.report:
        assert [name for name in record if not name.endswith("_bytes")] == FIELDS
        assert record["mode"] == mode and record["attempt"] == 1
        assert record["worker"] in ((0,) if mode == "serial" else (0, 1))
        assert record["bytes_in"] == os.path.getsize(os.path.join(directory.path, record["source"]))
        assert isinstance(record["notes"], list) and record["signal"] is None
        for name in FIELDS:
            if name.endswith("_ms") and record[name] is not None:
                assert 0 <= record[name] < 1000 * DEADLINE
        if record["status"] == "ok":
            path = directory / record["output"]
            assert record["code"] is None and record["error"] is None and record["format"]
            assert record["bytes_out"] == path.stat().st_size
            assert record["out_width"] <= max(800, 1) and record["out_height"] <= 600
            if record["format"] not in ("avif", "heic", "jxl"):
                assert size_of(path) == (record["out_width"], record["out_height"])
        else:
            assert record["status"] in FAILURES and record["code"] and record["error"]
            assert record["bytes_out"] is None and record["out_width"] is None


def test_names_that_are_not_utf8_are_reported_without_loss(directory):
    root = os.fsencode(directory.path)
    names = [b"ok.jpg", b"\xff\xfe.jpg", "é\u202e.jpg".encode(), b"back\\slash\".jpg", b"ctl\x01\x7f.jpg", b"sur\xed\xa0\x80.jpg"]
    os.mkdir(root + b"/images")
    for name in names:
        with open(root + b"/images/" + name, "wb") as stream:
            stream.write((TESTDATA / "edge/1x1.jpg").read_bytes())
    done = directory.run("images")
    assert sorted(source_bytes(record) for record in done.report) == sorted(b"images/" + name for name in names)
    for record in done.report:
        exact = source_bytes(record)
        try:
            exact.decode("utf-8")
            assert record.get("source_bytes") is None
        except UnicodeDecodeError:
            assert record["source_bytes"] and record["output_bytes"]


@every_mode
def test_report_on_stdout(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    done = directory.run("--report", "-", "images", mode=mode, report=False)
    lines = done.out.decode().splitlines()
    assert done.status == 0 and {json.loads(line)["source"] for line in lines} == {"images/a.jpg", "images/b.jpg"}


def test_report_that_cannot_be_written(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run("--report", "nowhere/report", "images", report=False)
    assert done.status == 3 and "nowhere/report" in done.err, done
    assert not (directory / "resized_images").exists()
    with open("/dev/full", "wb") as full:
        run = directory.start("--report", "-", "images", stdout=full)
        _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 3 and b"No space left" in err, err


def test_report_does_not_replace_a_picture(directory):
    """`--report *.jpg` is a slip of the shell."""
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    before = directory.files()
    done = directory.run("--report", "a.jpg", "b.jpg", report=False)
    assert done.status in (2, 3) and "a.jpg" in done.err, done
    assert directory.files() == before


def test_report_of_a_report_is_a_new_one(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    for _ in range(2):
        assert directory.run("--report", "r.ndjson", "images", report=False).status == 0
    assert len(read_report(directory / "r.ndjson")) == 2


@every_mode
@pytest.mark.parametrize("end, options", [(b"\n", ["--print"]), (b"\0", ["-p", "-0"])])
def test_print(directory, mode, end, options):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b c.jpg", "images/new\nline.jpg")
    directory.copy("broken/text.jpg", "images/bad.jpg")
    done = directory.run(*options, "images", mode=mode)
    assert done.status == 1, done
    expected = [b"resized_images/a.jpg", b"resized_images/b c.jpg", b"resized_images/new\nline.jpg"]
    assert done.out.endswith(end)
    assert sorted(done.out[:-1].split(end)) == sorted(end.join(expected).split(end))


@every_mode
def test_stdout_has_only_what_was_asked_for(directory, mode):
    done = directory.run("-o", "out", "-v", TESTDATA, mode=mode)
    assert done.out == b""


def test_summary_counts(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    directory.copy("broken/text.jpg", "images/bad.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/b.jpg")
    done = directory.run("--existing", "skip", "images")
    line = done.err.splitlines()[-1]
    assert "3 images" in line and "1 resized" in line and "1 skipped" in line and "1 failed" in line, line


def test_quiet_is_quiet_but_for_errors(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run("--quiet", "images")
    assert (done.status, done.out, done.err) == (0, b"", "")
    directory.copy("broken/text.jpg", "images/bad.jpg")
    done = directory.run("--quiet", "images")
    assert done.status == 1 and "bad.jpg" in done.err.splitlines()[0], done
    assert len(done.err.splitlines()) == 2 and ": 0 resized, 1 skipped, 1 failed" in done.err.splitlines()[1], done


def test_verbose_has_a_line_for_every_image(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    done = directory.run("-v", "images")
    for name in ("a.jpg", "b.jpg"):
        assert len([line for line in done.err.splitlines() if "images/" + name in line]) == 1, done


def on_terminal(directory, *arguments):
    """Everything that a terminal 80 columns wide would get."""
    controller, terminal = pty.openpty()
    subprocess.run(["stty", "cols", "80", "rows", "24"], stdin=terminal, check=True)
    run = subprocess.Popen(directory.command(arguments, None, None), cwd=directory.path, env=environment(TERM="xterm"),
                           stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)
    os.close(terminal)
    seen = b""
    while True:
        try:
            block = os.read(controller, 65536)
        except OSError:
            break
        if not block:
            break
        seen += block
    os.close(controller)
    return run.wait(DEADLINE), seen.decode("utf-8", "replace")


def test_bar_on_a_terminal_and_nowhere_else(directory):
    directory.many(300)  # the bar appears only when there is a wait: a second, by one worker
    status, seen = on_terminal(directory, "-j1", "images")
    assert status == 0 and "\r" in seen and re.search(r"\d+/300", seen), seen[:500]
    # However it was drawn, what remains is the summary.
    assert "300 images" in seen.rstrip().splitlines()[-1]
    for option in ("--quiet", "--progress=never"):
        status, seen = on_terminal(directory, "-j1", option, "images")
        assert status == 0 and not re.search(r"\d+/300", seen)
    done = directory.run("-j1", "images")
    assert "\r" not in done.err and "\x1b" not in done.err


# --- one image through a pipe -------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("name, size", [("photos/mountains.jpg", (800, 533)), ("photos/chart.png", (800, 600)),
                                        ("edge/orientation-6.jpg", (240, 160))])
def test_pipe(directory, mode, name, size):
    done = directory.run("-", mode=mode, stdin=(TESTDATA / name).read_bytes(), report=False)
    assert done.status == 0 and size_of(done.out) == size, done
    assert directory.names() == []


@every_mode
@pytest.mark.parametrize("data, word", [(b"", "empty"), (b"no picture", "not an image"),
                                        ((TESTDATA / "broken/truncated.jpg").read_bytes(), "early")])
def test_pipe_refuses(directory, mode, data, word):
    done = directory.run("-", mode=mode, stdin=data, report=False)
    assert done.status == 1 and done.out == b"" and word in done.err, done


def test_pipe_is_no_file_of_that_name(directory):
    """What lies in the working directory as "-" is neither read nor looked at nor replaced."""
    (directory / "-").write_bytes(b"precious")
    data = (TESTDATA / "photos/mountains.jpg").read_bytes()
    for whole in (True, False):
        done = directory.run("-", stdin=data if whole else data[:5000])
        assert done.status == (0 if whole else 1), done
        assert [record["bytes_in"] for record in done.report] == [len(data) if whole else 5000]
        assert whole or done.report[0]["code"] == "truncated"
    assert (directory / "-").read_bytes() == b"precious"
    assert directory.names() == ["-"]


@every_mode
def test_pipe_and_file_agree(directory, mode):
    directory.copy("photos/mountains.jpg", "a.jpg")
    assert directory.run("a.jpg", mode=mode).status == 0
    done = directory.run("-", mode=mode, stdin=(directory / "a.jpg").read_bytes())
    assert done.out == (directory / "resized_a.jpg").read_bytes()
    assert [(record["source"], record["output"]) for record in done.report] == [("-", "-")]


@every_mode
def test_pipe_into_nobody(directory, mode):
    """The reader is gone before a byte is written."""
    reader, writer = os.pipe()
    os.close(reader)
    run = directory.start("-", mode=mode, stdin=subprocess.PIPE, stdout=writer)
    os.close(writer)
    _, err = run.communicate((TESTDATA / "photos/mountains.jpg").read_bytes(), timeout=DEADLINE)
    assert run.returncode == -13 and err == b"", err


# --- usage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, word", [
    (["--mode", "proces", "x"], "process"), (["--siez", "5x5", "x"], "--size"), (["-s", "0x0", "x"], "-s"), (["-s", "axb", "x"], "axb"),
    (["-s", "200%", "x"], "--enlarge"), (["-q", "0", "x"], "-q"), (["-q", "101", "x"], "101"), (["-j", "0", "x"], "-j"),
    (["-j", "-3", "x"], "-3"), (["--timeout", "soon", "x"], "soon"), (["--format", "bmp", "x"], "bmp"), (["-s"], "-s"),
    (["--preserve", "links", "x"], "links"), (["-", "x"], "-"), (["--fsync=2", "x"], "--fsync"), (["--max-pixels", "1X", "x"], "1X")])
def test_what_makes_no_sense_is_said_and_nothing_is_done(directory, arguments, word):
    directory.copy("edge/1x1.jpg", "x")
    done = directory.run(*arguments, report=False)
    assert done.status == 2 and done.out == b"", done
    assert word in done.err and len(done.err.strip().splitlines()) <= 3, done
    assert directory.names() == ["x"]


def test_end_of_options(directory):
    directory.copy("edge/1x1.jpg", "--help", "-j")
    done = directory.run("-o", "out", "--", "--help", "-j")
    assert done.status == 0, done
    assert directory.names("out") == ["--help", "-j"]
    assert assert_whole(directory / "out") == 2
