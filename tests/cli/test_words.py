"""What a person reads on the screen: errors that name the file, and the summary."""

import os
import re

import pytest

from conftest import TESTDATA, every_mode

# Names that are part of many a message, and names that look like something else.
NAMES = ["a", "e", "t", "it", "the", "image", "picture", "PNG", "is", ":", "-", "x.jpg", "batchresize", "read"]


def lines_about(done, name):
    """What was said of that file, each line without its beginning."""
    found = [line[len("batchresize: %s: " % name):] for line in done.err.splitlines() if line.startswith("batchresize: %s: " % name)]
    assert found, (name, done)
    return found


@every_mode
def test_every_error_names_its_file(directory, mode):
    """Whatever the file is called, and whatever is wrong with it."""
    wrong = {"truncated": (TESTDATA / "broken/truncated.jpg").read_bytes(), "empty": b"", "text": b"no picture at all\n"}
    for kind, data in wrong.items():
        for name in NAMES:
            path = directory / kind / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    done = directory.run("-o", "out", *["%s/%s" % (kind, name) for kind in wrong for name in NAMES], mode=mode)
    assert done.status == 1
    for kind in wrong:
        for name in NAMES:
            # run from within, so that the name is bare
            assert len(lines_about(done, "%s/%s" % (kind, name))) == 1
    bare = directory.run("-o", "../out", *["./" + name if name == "-" else name for name in NAMES], mode=mode,
                         cwd=directory / "truncated")
    for name in NAMES:
        about, = lines_about(bare, "./-" if name == "-" else name)
        assert about


def test_missing_files_are_named(directory):
    done = directory.run(*["./" + name if name == "-" else name for name in NAMES])
    assert done.status == 1
    for name in NAMES:
        about, = lines_about(done, "./-" if name == "-" else name)
        assert "No such file or directory" in about


def test_refusals_name_both_files(directory):
    directory.copy("edge/1x1.jpg", "a.jpg", "resized_a.jpg", "e", "x/e")
    (directory / "o").mkdir()
    about, = lines_about(directory.run("a.jpg", "resized_a.jpg"), "a.jpg")
    assert about.count("'resized_a.jpg'") == 1
    about, = lines_about(directory.run("-o", ".", "e"), "e")
    assert "would replace it" in about and "'e'" not in about
    about, = lines_about(directory.run("--name", "same.jpg", "e", "a.jpg"), "e")
    assert about.count("'a.jpg'") == 1


def test_special_files_are_named_once(directory):
    os.mkfifo(directory / "e")
    about, = lines_about(directory.run("e"), "e")
    assert "pipe" in about and "'e'" not in about


@pytest.mark.parametrize("data", [b"", b"text", (TESTDATA / "broken/truncated.jpg").read_bytes()])
def test_standard_input_is_named_once(directory, data):
    done = directory.run("-", stdin=data)
    assert done.status == 1 and done.out == b""
    line, = done.err.splitlines()
    assert re.match("batchresize: standard input: [^-]", line) and line.count("standard input") == 1
