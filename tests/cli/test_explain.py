"""--explain: of each image, why it is made or not."""

import json
import os
import re
import shutil
import sqlite3

import pytest

from conftest import STATE, draw, every_mode
from remembered import RUN, pictures  # noqa: F401 a fixture


def lines(done):
    """What it says of each source: done or not, and why."""
    found = re.findall(r"^images/(\S+): (to be made|made|not made): (.*)$", done.err, re.M)
    assert len(found) == len({name for name, _, _ in found}), done
    return {name: (what, why) for name, what, why in found}


def reasons(done):
    return {record["source"][len("images/"):]: (record["reason"], record["explanation"]) for record in done.report}


# --- what has changed -----------------------------------------------------------------------------


@every_mode
def test_each_reason(directory, mode):
    for name in ("same", "touched", "newer", "grown", "restored", "written", "gone", "cut", "replaced", "forged"):
        draw(directory, "images/%s.jpg" % name)
    times = (directory / "images/written.jpg").stat()
    assert directory.run(*RUN, mode=mode).statuses() == {"ok": 10}
    draw(directory, "images/new.jpg")
    for name in ("touched", "newer"):
        with open(directory / "images" / (name + ".jpg"), "r+b") as file:
            file.seek(15)
            file.write(b"\7" if name == "newer" else b"")
        os.utime(directory / "images" / (name + ".jpg"), (1000000000, 1000000000))
    with open(directory / "images/grown.jpg", "ab") as file:
        file.write(b"12345")
    shutil.copy2(directory / "images/restored.jpg", directory / "copy")
    os.rename(directory / "copy", directory / "images/restored.jpg")
    with open(directory / "images/written.jpg", "r+b") as file:
        file.seek(15)  # the density
        file.write(b"\7")
    os.utime(directory / "images/written.jpg", ns=(times.st_atime_ns, times.st_mtime_ns))
    os.unlink(directory / "out/gone-40.jpg")
    os.truncate(directory / "out/cut-80.jpg", 100)
    os.utime(directory / "out/replaced-40.jpg", (5, 5))
    forged = directory / "out/forged-80.jpg"
    left = forged.stat()
    forged.write_bytes(bytes(left.st_size))
    os.utime(forged, ns=(left.st_atime_ns, left.st_mtime_ns))
    expected = {
        "same.jpg": ("up-to-date", "up to date"),
        "new.jpg": ("new", "new"),
        "touched.jpg": ("up-to-date", "up to date: the source has another time or inode, and the same bytes"),
        "restored.jpg": ("up-to-date", "up to date: the source has another time or inode, and the same bytes"),
        "written.jpg": ("source", "the source has other bytes, though size and time are the same"),
        "gone.jpg": ("output-missing", "'gone-40.jpg' is not there any more"),
        "cut.jpg": ("output-changed", "'cut-80.jpg' is shorter than it was left"),
        "replaced.jpg": ("output-changed", "'replaced-40.jpg' is not as it was left"),
        "forged.jpg": ("output-changed", "'forged-80.jpg' is not as it was left"),
    }
    plan = directory.run("-n", "--explain", *RUN, mode=mode)
    done = directory.run("--explain", *RUN, mode=mode)
    for run, made in ((plan, "to be made"), (done, "made")):
        said = reasons(run)
        assert re.fullmatch(r"the source is of 2001-09-\S+ \S+, was of \S+ \S+", said.pop("newer.jpg")[1]), run
        assert re.fullmatch(r"the source has \d+ bytes, had \d+", said.pop("grown.jpg")[1]), run
        assert said == expected, run
        told = lines(run)
        assert {name: why for name, (_, why) in told.items()} == {name: why for name, (_, why) in reasons(run).items()}
        assert {name for name, (what, _) in told.items() if what == "not made"} == {"same.jpg", "restored.jpg", "touched.jpg"}
        assert {what for what, _ in told.values()} == {"not made", made}, run
        assert run.status == 0 and b"made" not in run.out
    assert plan.out.count(b" -> ") == 16 and done.out == b""
    done = directory.run("--explain", *RUN, mode=mode)
    assert set(reasons(done).values()) <= {expected["same.jpg"], expected["restored.jpg"]}, done


@pytest.mark.parametrize("options, why", [
    (("-q", "70"), "--quality was 80, is 70"),
    (("-s", "x60,50%"), "--size was 40,80, is x60,50%"),
    (("-f", "jpeg", "--jpeg-progressive", "--fit", "fill", "-s", "40x40,80"),
     "--size was 40,80, is 40x40,80; --fit has another value; --format was keep, is jpeg; --jpeg-progressive is new"),
    (("--name", "{stem}_{size}.{ext}", "--preserve", "mode"),
     "--preserve has another value; --name was not given, is {stem}_{size}.{ext}")])
def test_options(pictures, options, why):
    options = (*RUN, *options)
    assert reasons(pictures.run("-n", "--explain", *options))["a.jpg"] == ("option", why)
    assert reasons(pictures.run("--explain", *options))["a.jpg"] == ("option", why)
    assert reasons(pictures.run("-n", "--explain", *options))["a.jpg"][0] == "up-to-date"


def test_option_that_matters_not(pictures):
    done = pictures.run("--explain", "-q", "70", "--png-effort", "5", *RUN)
    assert reasons(done) == {"a.jpg": ("option", "--quality was 80, is 70"), "b.jpg": ("option", "--quality was 80, is 70"),
                             "sub/c.png": ("option", reasons(done)["sub/c.png"][1])}
    assert re.fullmatch(r"--png-effort was \d, is 5", reasons(done)["sub/c.png"][1])


def test_another_version(pictures):
    with sqlite3.connect(pictures / "out" / STATE / "state.db") as database:
        database.execute("UPDATE setup SET versions = versions + 1")
    database.close()
    assert set(reasons(pictures.run("-n", "--explain", *RUN)).values()) == {
        ("version", "the program or a library has another version")}


def test_what_nothing_is_remembered_of(pictures):
    """With each --existing, and where the state is gone."""
    def reason(*options):
        return reasons(pictures.run("-n", "--explain", *options, *RUN))["a.jpg"]

    os.unlink(pictures / "out/b-40.jpg")
    assert reason("--existing=skip") == ("exists", "it exists (--existing=skip)")
    assert reason("--existing=overwrite") == ("always", "--existing=overwrite")
    missing = reasons(pictures.run("-n", "--explain", "--existing=skip", *RUN))["b.jpg"]
    assert missing == ("output-missing", "one of its outputs is not there")
    shutil.rmtree(pictures / "out" / STATE)
    assert reason() == ("not-remembered", "how what is there was made is not remembered")
    assert reason("--existing=update") == ("up-to-date", "up to date: not older than the source")
    os.utime(pictures / "out/a-40.jpg", (5, 5))
    assert reason("--existing=update") == ("source", "the source is newer than its output")
    shutil.rmtree(pictures / "out")
    for existing in ("overwrite", "skip", "error", "update"):
        assert reason("--existing=" + existing) == ("new", "new")


# --- how it is told -------------------------------------------------------------------------------


def test_what_can_not_be_made_says_so_itself(pictures):
    (pictures / "images/bad.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (pictures / "images/notes.pdf").write_bytes(b"%PDF-1.4\n")
    done = pictures.run("--explain", *RUN, "images/none.jpg")
    assert done.status == 1 and lines(done)["notes.pdf"][0] == "not made", done
    assert "notes.pdf" in done.err and "reason" not in done.record("notes.pdf")
    assert done.record("bad.jpg")["reason"] == "new" and done.err.count("images/bad.jpg") == 1
    assert "reason" not in done.record("none.jpg") and done.err.count("images/none.jpg") == 1


def test_with_other_output(pictures):
    """A pipeline reads paths alone, -v has it in its own line, and nothing is said unasked."""
    draw(pictures, "images/d.jpg")
    done = pictures.run("--explain", "--quiet", "-0", "--print", *RUN)
    assert sorted(done.out.split(b"\0")) == [b"", b"out/d-40.jpg", b"out/d-80.jpg"]
    assert sorted(lines(done)) == ["a.jpg", "b.jpg", "d.jpg", "sub/c.png"]
    os.unlink(pictures / "out/d-40.jpg")
    done = pictures.run("--explain", "-v", *RUN)
    said = [line for line in done.err.splitlines() if line.startswith("images/")]
    assert len(said) == 4 and sum(line.endswith(": skipped: up to date") for line in said) == 3, done
    assert any(line.startswith("images/d.jpg -> ") and line.endswith("; 'd-40.jpg' is not there any more") for line in said)
    os.unlink(pictures / "out/d-40.jpg")
    done = pictures.run("--explain", "--log-format=json", *RUN)
    told = [json.loads(line) for line in done.err.splitlines()]
    assert {line["source"]: line["reason"] for line in told if "source" in line}["images/d.jpg"] == "output-missing"
    done = pictures.run("-v", *RUN)
    assert done.err.count("(--existing update)") == 4 and not {"reason", "explanation"} & set(done.report[0])


def test_names_that_could_do_harm(directory):
    draw(directory, "images/a\x1b[2Jb.jpg")
    assert directory.run("-o", "out", "images").status == 0
    os.unlink(directory / "out/a\x1b[2Jb.jpg")
    done = directory.run("-n", "--explain", "-o", "out", "images")
    assert "\x1b" not in done.err + done.out.decode() and "is not there any more" in done.err


def test_not_for_a_pipe(directory):
    done = directory.run("--explain", "-", report=False)
    assert done.status == 2 and "--explain makes no sense with '-'" in done.err
