"""What is believed of outputs that are there when the database is gone: .batchresize/ways says how they were made."""

import os
import shutil
import subprocess
import time

import pytest

from conftest import PROGRAM, STATE, draw, every_mode
from remembered import RUN, database, pictures, remade  # noqa: F401 a fixture too

ALL = ["a.jpg", "b.jpg", "sub/c.png"]
WORSE = ("-q", "70", *RUN)


def lose(directory, how="deleted"):
    """The database, by accident or by damage."""
    for path in database(directory).parent.glob("state.db*"):
        path.unlink()
    if how == "damaged":
        database(directory).write_bytes(b"no database" * 999)


def why(directory, *options):
    done = directory.run("-n", "--explain", *options)
    return {record["source"][len("images/"):]: record["explanation"] for record in done.report}


@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_the_same_options(pictures, how):
    """Sizes and times serve, however often it is lost, and whatever options have mattered before."""
    for _ in range(2):
        lose(pictures, how)
        assert remade(pictures) == []
    draw(pictures, "images/d.jpg")
    assert remade(pictures) == ["d.jpg"]
    lose(pictures, how)
    assert remade(pictures) == []
    assert remade(pictures, *WORSE) == ["a.jpg", "b.jpg", "d.jpg"]
    lose(pictures, how)
    assert remade(pictures, *WORSE) == []


@every_mode
@pytest.mark.parametrize("piped", [False, True])
def test_an_option_that_changed_in_the_same_night(directory, mode, piped):
    for name in ("a.jpg", "b.jpg"):
        draw(directory, "images/" + name)
    stdin = b"images/./a.jpg\nimages/./b.jpg\n" if piped else b""
    command = ("-o", "out", *(("--files-from", "-") if piped else ("images",)))
    for how, options in (("deleted", ("-q", "70")), ("damaged", ("-s", "40"))):
        assert directory.run(*command, mode=mode, stdin=stdin).statuses() == {"ok": 2}
        lose(directory, how)
        changed = (*options, *command)
        assert directory.run(*changed, mode=mode, stdin=stdin).statuses() == {"ok": 2}
        assert directory.run(*changed, mode=mode, stdin=stdin).statuses() == {"skipped": 2}
        lose(directory, how)
        assert directory.run(*changed, mode=mode, stdin=stdin).statuses() == {"skipped": 2}


def test_why(pictures):
    lose(pictures)
    draw(pictures, "images/b.jpg", 77)
    assert why(pictures, *WORSE) == {"a.jpg": "what is there was made with other options",
                                     "b.jpg": "the source is newer than its output",
                                     "sub/c.png": "up to date: not older than the source"}
    assert why(pictures, "--existing=update", *WORSE)["a.jpg"] == "what is there was made with other options"
    assert remade(pictures, "--existing=update", *WORSE) == ["a.jpg", "b.jpg"]


def test_a_part_that_was_made_otherwise(pictures):
    """The others are as before, and not what the options of the last run would make."""
    assert pictures.run("-q", "70", "-s", "40,80", "-o", "out", "--files-from", "-",
                        stdin=b"images/./a.jpg\n").statuses() == {"ok": 1}
    for options in (WORSE, RUN):
        lose(pictures)
        assert why(pictures, *options)["b.jpg"] == "what is there was made with other options"
    lose(pictures)
    assert remade(pictures, *WORSE) == ["b.jpg"]
    lose(pictures)
    assert remade(pictures, *WORSE) == []
    # a time that is put back tells as much, and a copy of other permissions is no proof
    os.utime(pictures / "out/b-40.jpg", (2000000000, 1000))
    os.utime(pictures / "images/b.jpg", (500, 500))
    lose(pictures)
    assert remade(pictures, *WORSE) == ["b.jpg"]


def test_each_has_its_own(pictures):
    """Runs that call their outputs otherwise, in turn, and a format that comes later."""
    other = ("-f", "webp", *RUN)
    assert remade(pictures, *other) == ALL
    lose(pictures)
    assert remade(pictures) == remade(pictures, *other) == []
    lose(pictures)
    assert remade(pictures, "-q", "70", *other) == ALL and remade(pictures) == []
    lose(pictures)
    assert remade(pictures, "-q", "70", *other) == remade(pictures) == []


def test_times_of_sources(pictures):
    """That outputs have say nothing of when they were made."""
    options = ("--preserve", "times", *RUN)
    for name in ALL:
        os.utime(pictures / "images" / name, (1000, 1000))
    assert remade(pictures, *options) == ALL
    lose(pictures)
    assert remade(pictures, *options) == []


@pytest.mark.parametrize("harm", ["removed", "emptied", "cut", "written", "longer", "linked", "directory", "newer"])
def test_a_file_that_says_nothing(pictures, harm):
    """Then nobody knows how they were made."""
    path = database(pictures).with_name("ways")
    data = path.read_bytes()
    assert data.startswith(b"batchresize ways 1 ") and data.count(b"\n") == 4
    lose(pictures)
    if harm not in ("emptied", "cut", "written"):
        path.unlink()
    if harm == "linked":
        (pictures / "elsewhere").write_bytes(data)
        os.symlink(pictures / "elsewhere", path)
    elif harm == "directory":
        path.mkdir()
    elif harm != "removed":
        path.write_bytes({"emptied": b"", "cut": data[:-10], "written": data.replace(b"0", b"1", 1),
                          "longer": data + bytes(1 << 20), "newer": data.replace(b"ways 1", b"ways 2")}[harm])
    assert set(why(pictures, *RUN).values()) == {"how what is there was made is not remembered"}
    assert why(pictures, "--existing=update", *RUN)["a.jpg"] == "up to date: not older than the source"
    assert remade(pictures) == ALL and remade(pictures) == []
    lose(pictures)
    assert remade(pictures) == ([] if harm != "directory" else ALL)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_place_that_can_not_be_written(pictures):
    """What it says is believed; where nothing can be, times serve, and not everything is made each night."""
    nobody = pictures.as_nobody()
    for path in (pictures / "out", pictures / "out/sub"):
        path.chmod(0o777)
    lose(pictures)
    for options, made in ((RUN, 0), (WORSE, 2), (WORSE, 2)):
        done = pictures.run(*options, report=False, prefix=nobody)
        assert done.status == 0 and " %d resized" % made in done.err, done
    database(pictures).with_name("ways").unlink()
    done = pictures.run(*RUN, report=False, prefix=nobody)
    assert done.status == 0 and "skipped: 3 up to date" in done.err, done


def test_a_run_that_was_killed_while_it_wrote(pictures):
    left = pictures / "out" / STATE / "ways.new"
    left.write_bytes(b"bat")
    assert remade(pictures) == [] and not left.exists()
    left.write_bytes(b"bat")
    shutil.copy(pictures / "images/a.jpg", pictures / "images/d.jpg")
    assert remade(pictures) == ["d.jpg"] and not left.exists()
    left.write_bytes(b"bat")
    shutil.copy(pictures / "images/a.jpg", pictures / "images/e.jpg")
    assert remade(pictures, *WORSE) == ["a.jpg", "b.jpg", "d.jpg", "e.jpg"]
    assert not (pictures / "out" / STATE / "ways.new").exists()
    lose(pictures)
    assert remade(pictures, *WORSE) == []


def test_it_is_written_beside_the_pictures(directory):
    """A while after the first of its kind, and again for another kind."""
    draw(directory, "images/a.jpg")
    draw(directory, "images/b.png")
    ways = directory / "out" / STATE / "ways"
    command = [PROGRAM, "--quiet", "--settle=0", "-o", "out", "--files-from", "-"]
    run = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=directory.path)
    lines = []
    for name in ("a.jpg", "b.png"):
        run.stdin.write(f"images/./{name}\n".encode())
        run.stdin.flush()
        end = time.monotonic() + 20
        while not ways.exists() or ways.read_bytes() in lines:
            assert time.monotonic() < end and run.poll() is None
            time.sleep(0.02)
        lines.append(ways.read_bytes())
    assert len(lines[1].splitlines()) == len(lines[0].splitlines()) + 1
    run.stdin.close()
    assert run.wait() == 0 and ways.read_bytes() == lines[1]


def test_what_a_list_has_asked_for_is_no_output_of_a_folder(directory):
    """It has the same name as one, and is of another size."""
    folder = ("-s", "40", "-o", "out", "images")
    draw(directory, "images/b.jpg")
    assert directory.run(*folder).statuses() == {"ok": 1}
    draw(directory, "images/a.jpg")
    line = b'{"source": "images/a.jpg", "output": "a.jpg", "size": "20"}\n'
    asked = (*folder[:-1], "--files-from", "-", "--list-format", "ndjson")
    assert directory.run(*asked, stdin=line).statuses() == {"ok": 1}
    assert directory.run(*asked, stdin=line).statuses() == {"skipped": 1}
    done = directory.run(*folder)
    assert done.statuses() == {"ok": 1, "skipped": 1} and done.record("a.jpg")["out_width"] == 40, done
