"""What a person reads on the screen: errors that name the file, and the summary."""

import os
import re
import signal
import subprocess

import pytest
from PIL import Image

from conftest import DEADLINE, TESTDATA, every_mode, needs_libvips

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
    directory.copy("photos/city.jpg", "a.jpg", "e", "x/e")
    about, = lines_about(directory.run("-o", "x", "e", "x/e"), "e")
    assert "would replace the source 'x/e'" in about
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


def test_pictures_are_told_as_seen(directory):
    """A line of -v about one that is stored sideways does not look as if it were distorted."""
    directory.copy("photos/flower.jpg", "flower.jpg")
    assert "flower.jpg -> out/flower.jpg: 900x1200 -> 300x400, " in directory.run("-v", "-s", "300", "-o", "out", "flower.jpg").err


def test_no_picture_no_rate(directory):
    done = directory.run("gone.jpg")
    assert done.status == 1 and re.search(r"^1 image in [^(]*: 0 resized, 1 failed", done.err, re.M)


# --- the summary ----------------------------------------------------------------------------------


@pytest.fixture
def tree(directory):
    directory.copy("photos/city.jpg", "photos/a.jpg", "photos/sub/b.jpg", "c.jpg")
    directory.copy("edge/1x1.png", "photos/dot.png")
    return directory


def details(done):
    """The lines above the summary."""
    *lines, last = done.err.splitlines()
    assert re.search(r"\d images? in |^dry run: ", last)
    return [line for line in lines if not line.startswith("batchresize: ")] or [""]


def test_summary_says_where_the_pictures_are(tree):
    assert details(tree.run("photos"))[0] == "written below resized_photos/"
    assert details(tree.run("-o", "web", "photos"))[0] == "written below web/"
    assert details(tree.run("c.jpg"))[0] == "written: resized_c.jpg"
    assert details(tree.run("c.jpg", "photos/a.jpg"))[0] == "written beside their sources"
    assert details(tree.run("-s", "8,9", "-o", "web", "c.jpg"))[0] == "written below web/"
    assert details(tree.run("-o", "web", "c.jpg"))[0] == "written: web/c.jpg"
    assert details(tree.run("-o", "deep/x.png", "c.jpg"))[0] == "written: deep/x.png"
    assert not [line for line in details(tree.run("-n", "photos")) if "written" in line]
    assert not [line for line in details(tree.run("-o", "web", "--existing=skip", "c.jpg")) if "written" in line]


def test_summary_says_that_paths_are_mirrored(tree):
    deep = "written: out%s/photos/a.jpg (named files keep their paths; --flat leaves these out)" % tree.path
    assert details(tree.run("-o", "out", tree / "photos/a.jpg"))[0] == deep
    assert "--flat" in details(tree.run("-o", "out", "photos/a.jpg", "photos/sub/b.jpg"))[0]
    for arguments in (["c.jpg"], ["photos"], ["--flat", "photos/a.jpg"]):
        assert "--flat" not in details(tree.run("-o", "out", *arguments))[0]


def test_summary_gives_bytes_before_and_after(tree):
    done = tree.run("photos")
    before, after = (sum(record[name] for record in done.report) for name in ("bytes_in", "bytes_out"))
    shown = re.search(r"; ([\d.]+) kB -> ([\d.]+) kB;", done.err)
    assert abs(float(shown.group(1)) - before / 1e3) < 1 and abs(float(shown.group(2)) - after / 1e3) < 1


def test_summary_says_what_was_skipped_and_why(tree):
    (tree / "photos/notes.bin").write_bytes(b"\0\1\2 no picture")
    assert "skipped: 1 that can't be resized (1 of no known format); -v names them" in details(tree.run("photos"))
    again = details(tree.run("--existing=skip", "photos"))
    assert again == ["skipped: 3 there already (--existing=skip), 1 that can't be resized (1 of no known format); -v names them"]
    again = details(tree.run("--existing=update", "photos"))
    assert again == ["skipped: 3 up to date (--existing=update), 1 that can't be resized (1 of no known format); -v names them"]
    assert "skipped: " not in tree.run("c.jpg").err
    named = tree.run("-v", "--existing=skip", "photos").err
    assert "photos/notes.bin: skipped: " in named and "-v names" not in named


def test_summary_says_which_kept_their_size(tree):
    kept = "2 kept their size, which is smaller than the one asked for (--enlarge makes larger ones)"
    assert kept in details(tree.run("-s", "4000", "photos/a.jpg", "c.jpg"))
    one = details(tree.run("photos"))
    assert "1 kept its size, which is smaller than the one asked for (--enlarge makes larger ones)" in one
    for arguments in (["-s", "4000", "--enlarge"], ["-s", "100"], ["-s", "1200"], ["-s", "100%"]):
        assert "kept its size" not in tree.run(*arguments, "c.jpg").err
    # as a picture is seen: this one is stored sideways
    tree.copy("photos/flower.jpg", "flower.jpg")
    assert "kept its size" in tree.run("-s", "4000", "flower.jpg").err


def test_quiet_success_is_silent(tree):
    done = tree.run("--quiet", "-s", "4000", "photos")
    assert (done.status, done.out, done.err) == (0, b"", "")


@needs_libvips
def test_a_run_that_was_stopped_says_how_to_go_on(directory):
    directory.copy("photos/city.jpg", *["photos/%d.jpg" % number for number in range(200)])

    def stop(*arguments):
        process = directory.start(*arguments, "--print", "-f", "avif", "photos", mode="process", stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == -signal.SIGINT
        return err.decode().splitlines()

    lines = stop()
    assert lines[-1].startswith("stopped by SIGINT: ") and lines[-1].endswith("; to go on, start it again")
    assert stop("--existing=overwrite")[-1].endswith("; to go on, start it again with --existing=skip")


def test_a_directory_that_is_its_own_output(directory):
    """One line says what to do; as many as there are pictures would bury it."""
    directory.many(7, folder="photos")
    done = directory.run("-s", "50", "-o", "photos", "photos")
    assert done.status == 1 and done.statuses() == {"failed": 7} and len(directory.names("photos")) == 7, done
    assert done.err.count("would replace it") == 1 and "6 more outputs would replace sources as well" in done.err, done
    for option in ("-v", "--quiet"):  # all by name, or nobody would know how many there are
        assert directory.run("-s", "50", option, "-o", "photos", "photos").err.count("would replace it") == 7


def test_frames_that_were_lost_are_counted(directory):
    frames = [Image.new("RGB", (40, 30), (i * 60, 0, 0)) for i in range(3)]
    for i in range(2):
        frames[0].save(directory / ("%d.gif" % i), save_all=True, append_images=frames[1:])
    Image.new("RGB", (40, 30)).save(directory / "still.gif")
    done = directory.run("-s", "20", "-f", "png", "0.gif", "1.gif", "still.gif")
    assert done.status == 0 and "\n2 lost all frames or pages but one (animation-dropped)\n" in done.err, done
    done = directory.run("-s", "20", "0.gif", "1.gif", "still.gif")
    assert done.status == 0 and "frames" not in done.err, done


@pytest.mark.parametrize("options, name, words", [
    ([], "{stem}_small.png", ("png", "a.jpg", "'-f png'", "{ext}")),
    ([], "{stem}/{size}.PNG", ("png", "a.jpg", "'-f png'", "{ext}")),
    (["-f", "webp"], "{stem}_small.jpg", ("jpeg", "webp", "'-f jpeg'", "{ext}")),
    ([], "{stem}.bmp", ("bmp", "jpeg", "{ext}")),
])
def test_a_name_that_promises_another_format(directory, options, name, words):
    directory.copy("photos/mountains.jpg", "a.jpg", "b.jpg")
    done = directory.run("-s", "50", "-o", "out", "--name", name, *options, "a.jpg", "b.jpg", report=False)
    assert done.status == 2 and not (directory / "out").exists() and all(word in done.err for word in words), done
    assert done.err.count("\n") <= 2 and "'-f bmp'" not in done.err, done


@pytest.mark.parametrize("options, name", [(["-f", "png"], "{stem}_small.png"), ([], "{stem}_small.jpeg"), ([], "{stem}.v2"), ([], "{stem}.png.{ext}")])
def test_a_name_that_promises_what_it_gives(directory, options, name):
    directory.copy("photos/mountains.jpg", "a.jpg")
    (directory / "no.txt").write_text("text")
    assert directory.run("-s", "50", "-o", "out", "--name", name, *options, "a.jpg").status == 0
