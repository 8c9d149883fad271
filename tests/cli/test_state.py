"""What a run remembers for the next one: .batchresize/state.db, below the output directory."""

import os
import random
import resource
import shutil
import sqlite3
import subprocess

import pytest

from conftest import STATE, draw, environment, every_mode, size_of, wait_for
from remembered import RUN, database, pictures, remade  # noqa: F401 a fixture too

# --- what is seen ---------------------------------------------------------------------------------


@every_mode
def test_nothing_is_made_twice(directory, mode):
    draw(directory, "images/a.jpg")
    draw(directory, "images/sub/b.png")
    assert directory.run(*RUN, mode=mode).statuses() == {"ok": 2}
    before = {path: path.stat() for path in (directory / "out").rglob("*.*g")}
    done = directory.run(*RUN, mode=mode)
    assert done.status == 0 and done.statuses() == {"skipped": 2}, done
    assert {path: path.stat() for path in before} == before
    # what it does not make it still names
    draw(directory, "images/c.jpg")
    assert remade(directory) == ["c.jpg"]


@pytest.mark.parametrize("changed, expected", [
    (("-q", "70"), ["a.jpg", "b.jpg"]),
    (("--png-effort", "3"), ["sub/c.png"]),
    (("--jpeg-progressive",), ["a.jpg", "b.jpg"]),
    (("--filter", "mitchell"), ["a.jpg", "b.jpg", "sub/c.png"]),
    (("-j", "1", "--mode", "serial", "--fsync", "--max-pixels", "1M"), [])])
def test_an_option_that_changed(pictures, changed, expected):
    changed = (*RUN, *changed)
    assert remade(pictures, *changed) == expected
    assert remade(pictures, *changed) == []
    assert remade(pictures) == expected


@pytest.mark.parametrize("other", [
    ("-f", "webp"), ("-s", "60,30"), ("--name", "{stem}_{size}.{ext}"), ("--fit", "cover", "-s", "40x40,80x80")])
def test_runs_that_call_their_outputs_otherwise(pictures, other):
    """As one for each format or size, into one directory: each remembers its own."""
    other = (*RUN, *other)
    assert remade(pictures, *other) == ["a.jpg", "b.jpg", "sub/c.png"]
    assert remade(pictures) == remade(pictures, *other) == []
    assert pictures.run("-n", *other).out == b""
    draw(pictures, "images/a.jpg", 77)
    assert remade(pictures) == remade(pictures, *other) == ["a.jpg"]
    os.unlink(pictures / "out/a-40.jpg")
    assert remade(pictures, *other) == [] and remade(pictures) == ["a.jpg"]


def test_runs_that_share_outputs(pictures):
    """Names that are asked for otherwise are no reason to take an output for another one."""
    other = ("-s", "40", "-q", "30", "--name", "{stem}-{size}.{ext}", "-o", "out", "images")
    assert remade(pictures, *other) == ["a.jpg", "b.jpg", "sub/c.png"]
    assert remade(pictures, *other) == []
    assert remade(pictures) == ["a.jpg", "b.jpg"], "a PNG has no quality: it is the same"
    assert remade(pictures) == []


def test_runs_that_share_a_size(pictures):
    """What the other one makes alike is taken over, by neither of them twice; not what it makes otherwise."""
    other = ("-s", "80,120", "--enlarge", "--name", "{stem}-{size}.{ext}", "-o", "out", "images")
    mine = ("-s", "40,80", "--enlarge", *RUN[2:])
    assert remade(pictures, *mine) == remade(pictures, *other) == ["a.jpg", "b.jpg", "sub/c.png"]
    made = pictures.files("out")
    for _ in range(2):
        assert pictures.run("-n", *mine).out == b"", "a run that only looks knows it as well"
        assert remade(pictures, *mine) == remade(pictures, *other) == []
    assert pictures.files("out") == made
    # a source that changed is made again by both
    draw(pictures, "images/a.jpg", 77)
    assert remade(pictures, *mine) == remade(pictures, *other) == ["a.jpg"]
    assert remade(pictures, *mine) == remade(pictures, *other) == []
    assert remade(pictures, "-q", "30", *other) == ["a.jpg", "b.jpg"]
    done = pictures.run("--explain", *mine)
    assert done.statuses() == {"ok": 2, "skipped": 1}
    assert "'a-80.jpg' is of a run with other options: --size was 80,120, is 40,80; --quality was 30, is 80" in done.err, done
    assert all(record["reason"] == "option" for record in done.report if record["status"] == "ok"), done.report
    # what somebody else has done to it is nobody's
    (pictures / "out/b-80.jpg").write_bytes(b"else")
    assert remade(pictures, *mine) == ["b.jpg"]


@pytest.mark.parametrize("piped", [False, True])
def test_lists_that_share_a_size(pictures, piped):
    """Whose lines name their outputs, of one directory."""
    def run(*sizes):
        lines = b"".join(b'{"source":"images/%s.jpg","output":"%s-%d.jpg","size":"%d"}\n' % (name, name, size, size)
                         for name in (b"a", b"b") for size in sizes)
        (pictures / "list").write_bytes(lines)
        stdin = {"stdin": lines} if piped else {}
        done = pictures.run("--files-from", "-" if piped else "list", "--list-format", "ndjson", "-o", "other", **stdin)
        assert done.status == 0, done
        return done.statuses()
    assert run(20, 30) == {"ok": 4}
    assert run(30, 40) == {"ok": 2, "skipped": 2}
    for _ in range(2):
        assert run(20, 30) == run(30, 40) == {"skipped": 4}


def test_a_size_that_is_asked_for_besides(pictures):
    options = ("-s", "20,40,80", "-o", "out", "images")
    assert remade(pictures, *options) == ["a.jpg", "b.jpg", "sub/c.png"]
    assert remade(pictures, *options) == []
    assert size_of(pictures / "out/a-20.jpg") == (20, 15)


@pytest.mark.parametrize("harm", ["cut", "emptied", "overwritten", "replaced", "removed", "linked", "older", "forged"])
def test_an_output_that_is_not_as_it_was_left(pictures, harm):
    path = pictures / "out/a-80.jpg"
    data, before = path.read_bytes(), path.stat()
    if harm == "cut":
        os.truncate(path, len(data) - 10)
    elif harm == "emptied":
        os.truncate(path, 0)
    elif harm in ("overwritten", "forged"):
        path.write_bytes(data[:-1] + b"x")
        if harm == "forged":  # in place, with its time put back
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif harm == "replaced":  # by one that looks the same
        (pictures / "other").write_bytes(bytes(len(data)))
        os.utime(pictures / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
        os.replace(pictures / "other", path)
    elif harm == "older":
        os.utime(path, (1000, 1000))
    else:
        path.unlink()
        if harm == "linked":
            os.symlink("a-40.jpg", path)
    assert remade(pictures) == ["a.jpg"]
    assert path.read_bytes() == data and not path.is_symlink()
    assert remade(pictures) == []


def test_a_source_that_changed(pictures):
    a, b = pictures / "images/a.jpg", pictures / "images/b.jpg"
    data, before = a.read_bytes(), a.stat()
    # the same size and times, in place and as another file
    for replace in (False, True):
        place = pictures / "new" if replace else a
        data = data[:-3] + b"x" + data[-2:] if replace else data[:-4] + b"y" + data[-3:]
        place.write_bytes(data)
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.replace(place, a)
        assert remade(pictures) == ["a.jpg"]
    # times that are long ago, and yet to come
    for when in (1000, 1 << 33):
        draw(pictures, "images/b.jpg", 20 + when % 50)
        os.utime(b, (when, when))
        assert remade(pictures) == ["b.jpg"]
        assert remade(pictures) == []


def test_what_looks_changed_and_is_not(pictures):
    """A restored backup, of sources and of outputs; other permissions; another place."""
    made = pictures.files("out")
    for folder in ("images", "out"):
        shutil.copytree(pictures / folder, pictures / "copy", symlinks=True)
        shutil.rmtree(pictures / folder)
        os.rename(pictures / "copy", pictures / folder)
        assert remade(pictures) == []
    for path in (pictures / "images").rglob("*.*"):
        path.chmod(0o600)
    for path in (pictures / "out").rglob("*g"):
        path.chmod(0o600)
    assert remade(pictures) == []
    for number, path in enumerate((pictures / "out").rglob("*g")):  # a backup of hard links
        os.link(path, pictures / ("link%d" % number))
    for _ in range(2):  # what has been found is remembered
        assert remade(pictures) == []
        assert {record["reason"] for record in pictures.run("-n", "--explain", *RUN).report} == {"up-to-date"}
    (pictures / "moved").mkdir()
    os.rename(pictures / "images", pictures / "moved/images")
    os.rename(pictures / "out", pictures / "moved/out")
    done = pictures.run(*RUN, cwd=pictures / "moved")
    assert done.statuses() == {"skipped": 3} and pictures.files("moved/out") == made, done


@every_mode
def test_sources_that_were_only_touched(directory, mode):
    """Or copied again without their times: their bytes tell, also through a pipe."""
    for name in ("a.jpg", "b.jpg"):
        draw(directory, "images/" + name)
    piped = ("-o", "out", "--files-from", "-")
    listed = b"images/./a.jpg\nimages/./b.jpg\n"
    for command, stdin in ((RUN, b""), (piped, listed)):
        assert directory.run(*command, stdin=stdin, mode=mode).statuses() == {"ok": 2}
        for when in (1000, 1 << 33, None):
            for name in ("a.jpg", "b.jpg"):
                os.utime(directory / "images" / name, when and (when, when))
            for _ in range(2):
                done = directory.run(*command, stdin=stdin, mode=mode)
                assert done.status == 0 and done.statuses() == {"skipped": 2}, (when, done)
        assert not any(record["read_ms"] for record in done.report), "what was found is remembered"
        data = bytearray((directory / "images/a.jpg").read_bytes())
        data[15] ^= 1  # the density
        (directory / "images/a.jpg").write_bytes(data)
        done = directory.run(*command, stdin=stdin, mode=mode)
        assert done.record("a.jpg")["status"] == "ok" and done.record("b.jpg")["status"] == "skipped", done
        shutil.rmtree(directory / "out")


def test_times_that_outputs_are_to_have(pictures):
    options = ("--preserve", "times", *RUN)
    assert remade(pictures, *options) == ["a.jpg", "b.jpg", "sub/c.png"]
    os.utime(pictures / "images/a.jpg", (1000, 1000))
    assert remade(pictures, *options) == ["a.jpg"] and (pictures / "out/a-40.jpg").stat().st_mtime == 1000


def test_names_that_are_known_late(directory):
    draw(directory, "images/a.jpg")
    options = ("-s", "40,80", "--name", "{stem}-{width}.{ext}", "-o", "out", "images")
    assert remade(directory, *options) == ["a.jpg"]
    listed = directory.run("--srcset", "list.json", *options)
    assert listed.statuses() == {"skipped": 1} and not listed.report[0]["decode_ms"], "it was not even opened"
    assert "out/a-40.jpg 40w, out/a-80.jpg 80w" in (directory / "list.json").read_text()
    os.unlink(directory / "out/a-40.jpg")
    assert remade(directory, *options) == ["a.jpg"]


def test_every_word_of_existing(pictures):
    made = pictures.files("out")
    assert pictures.run("--existing", "overwrite", *RUN).statuses() == {"ok": 3}
    assert remade(pictures) == []
    assert pictures.run("-q", "10", "--existing", "skip", *RUN).statuses() == {"skipped": 3}
    assert pictures.files("out") == made
    assert remade(pictures, "-q", "10", *RUN) == ["a.jpg", "b.jpg"], "skip has not said that they are of quality 10"


def test_a_dry_run_knows_and_touches_nothing(pictures):
    def files():
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (pictures / "out").rglob("*") if path.is_file()}

    before = files()
    assert pictures.run("-n", *RUN).out == b""
    assert pictures.run("-n", "-q", "70", *RUN).out.count(b" -> ") == 4
    assert files() == before


# --- where it lies --------------------------------------------------------------------------------


def test_no_folder_of_photographs_is_littered(directory):
    draw(directory, "photos/a.jpg")
    draw(directory, "photos/b.jpg")
    options = ("-s", "40", "photos/a.jpg", "photos/b.jpg")
    for _ in range(2):  # nobody knows how they were made
        assert directory.run(*options).statuses() == {"ok": 2}
    for _ in range(2):
        assert directory.run("-s", "40", "-o", "one.jpg", "photos/a.jpg").statuses() == {"ok": 1}
    assert not list(directory.path.rglob(STATE))
    # who asks for it by name gets what can be known
    assert directory.run("--existing", "update", *options).statuses() == {"skipped": 2}
    os.utime(directory / "photos/b.jpg")
    assert directory.run("--existing", "update", *options).statuses() == {"ok": 1, "skipped": 1}


@every_mode
def test_a_list_that_comes_through_a_pipe(directory, mode):
    """Each is looked up as it comes, and remembered as those of a directory."""
    names = ["a.jpg", "b.jpg", "sub/c.png"]
    for shade, name in enumerate(names):
        draw(directory, "images/" + name, 50 * shade)
    listed = "".join("images/./%s\n" % name for name in names).encode()

    def made(*options, **more):
        done = directory.run("-s", "40", "-o", "out", "--files-from", "-", *options, stdin=listed, mode=mode, **more)
        assert done.status == 0 and len(done.report) == 3, done
        return [name for name in names if done.record(name)["status"] == "ok"]

    assert made() == names and made() == []
    assert made("-q", "70") == ["a.jpg", "b.jpg"] and made("-q", "70") == []
    draw(directory, "images/a.jpg", 77)  # another source; another output; none
    shutil.copy(directory / "out/a.jpg", directory / "out/b.jpg")
    (directory / "out/sub/c.png").unlink()
    assert made("-q", "70") == names
    # the same bytes in another file
    shutil.copy2(directory / "images/b.jpg", directory / "images/new")
    (directory / "images/new").rename(directory / "images/b.jpg")
    assert made("-q", "70") == made("-q", "70") == []
    # nor does a directory take it for what it would make
    assert remade(directory, "-s", "40", "-q", "70", "-o", "out", "images") == []
    assert remade(directory, "-s", "40", "-q", "71", "-o", "out", "images") == ["a.jpg", "b.jpg"]
    assert made("-q", "71") == [] and made("--existing", "update") == ["a.jpg", "b.jpg"]


def test_a_list_without_a_place_to_remember_it(directory):
    draw(directory, "images/a.jpg")

    def run(*options):
        return directory.run("-s", "40", "--files-from", "-", *options, stdin=b"images/a.jpg\n").statuses()

    assert run() == run() == {"ok": 1}
    assert run("--existing", "update") == {"skipped": 1}
    os.utime(directory / "images/a.jpg")
    assert run("--existing", "update") == {"ok": 1}


def test_a_list_that_is_killed(directory):
    """What it made before is known to the next, to one that only looks as well."""
    for name in "abc":
        draw(directory, "images/%s.jpg" % name)
    command = directory.command(["-s", "40", "-o", "out", "--files-from", "-", "--print"], "serial", None)
    run = subprocess.Popen(command, cwd=directory.path, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for name in (b"a", b"b"):
        run.stdin.write(b"images/%s.jpg\n" % name)
        run.stdin.flush()
        assert run.stdout.readline() == b"out/images/%s.jpg\n" % name
    # b.jpg is written behind a.jpg, within some milliseconds
    wait_for(lambda: database(directory).with_name("state.db-wal").exists() and
             database(directory).with_name("state.db-wal").read_bytes().count(b"b.jpg") > 1, "it to be written")
    run.kill()
    run.communicate()
    before = directory.files("out/images")
    for options in (["-n"], []):
        done = directory.run("-s", "40", "-o", "out", "--files-from", "-", *options, stdin=b"images/a.jpg\nimages/b.jpg\n")
        assert done.statuses() == {"skipped": 2}, done
        changed = directory.run("-n", "-q", "70", "-s", "40", "-o", "out", "--files-from", "-", stdin=b"images/a.jpg\n")
        assert changed.out == b"images/a.jpg -> out/images/a.jpg\n", changed
    assert directory.files("out/images") == before


@pytest.mark.parametrize("regular", [False, True])
def test_directories_of_a_list_that_lie_below_others(directory, regular):
    """A line with "/./" has its outputs, and what is remembered of them, below the one of the run."""
    draw(directory, "images/sub/deep/a.jpg")
    draw(directory, "images/b.jpg")
    (directory / "list").write_text("images/./sub\nimages/./b.jpg\n")
    options = ["-s", "40", "-o", "out", "--files-from", "list" if regular else "-"]
    stdin = b"" if regular else (directory / "list").read_bytes()
    assert directory.run(*options, stdin=stdin).statuses() == {"ok": 2}
    assert sorted(directory.path.rglob(STATE)) == [directory / "out" / STATE]
    assert directory.run(*options, stdin=stdin).statuses() == {"skipped": 2}
    assert remade(directory, "-s", "40", "-o", "out", "images") == []


def test_each_directory_has_its_own(directory):
    draw(directory, "x/a.jpg")
    draw(directory, "y/b.jpg")
    assert directory.run("-s", "40", "x", "y").statuses() == {"ok": 2}
    assert database(directory, "resized_x").is_file() and database(directory, "resized_y").is_file()
    assert directory.run("-s", "40", "y").statuses() == {"skipped": 1}
    assert directory.run("-s", "40", "x", "y").statuses() == {"skipped": 2}
    assert directory.run("-s", "50", "--hidden", "resized_x").statuses() == {"ok": 1}, "it is no source"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_an_output_directory_of_which_nothing_can_be_remembered(directory):
    draw(directory, "images/a.jpg")
    (directory / "out").mkdir()
    (directory / "out" / STATE).mkdir(mode=0o755)
    prefix = directory.as_nobody()
    (directory / "out").chmod(0o777)
    for expected in ("ok", "skipped"):
        done = directory.run("-v", *RUN, prefix=prefix, report=False)
        assert done.status == 0 and ("skipped:" in done.err) == (expected == "skipped"), done
        assert done.err.count("state.db:") == 1, done


def test_others_may_write_it_as_they_may_the_outputs(directory):
    draw(directory, "images/a.jpg")
    draw(directory, "images/b.jpg")
    for mask in (0o077, 0o002):
        (directory / "out").mkdir()
        done = directory.run(*RUN, preexec_fn=lambda: os.umask(mask))
        assert done.statuses() == {"ok": 2}, done
        modes = {path.name: path.stat().st_mode & 0o777 for path in database(directory).parent.iterdir()}
        assert modes == dict.fromkeys(["lock", "state.db", "state.db-wal", "ways"], 0o666 & ~mask)
        shutil.rmtree(directory / "out")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_database_of_somebody_else(pictures):
    prefix = pictures.as_nobody()
    for path in (pictures / "out", pictures / "out/sub"):
        path.chmod(0o777)
    for options in (RUN, ("-n", *RUN)):
        done = pictures.run(*options, prefix=prefix, report=False)
        assert done.status == 0 and "state.db: can't be written: Permission denied" in done.err, done


def test_nothing_is_left_where_nothing_is_made(directory):
    draw(directory, "photos/a.jpg")
    for options in (("-o", "out", "none.jpg"), ("-o", "photos", "photos")):
        done = directory.run(*options)
        assert done.status == 1 and done.statuses() == {"failed": 1}, done
    assert not (directory / "out").exists() and os.listdir(directory / "photos") == ["a.jpg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_what_a_stranger_has_left_where_all_may_write(directory):
    """No word of his is believed, nor that his outputs are what is asked for."""
    draw(directory, "images/a.jpg")
    (directory / "out").mkdir()
    prefix = directory.as_nobody()
    (directory / "out").chmod(0o1777)
    assert directory.run(*RUN, prefix=prefix, report=False).status == 0
    assert remade(directory, "-q", "30", *RUN) == ["a.jpg"]


# --- what may have happened to it -----------------------------------------------------------------


def assert_serves(directory, done, expected):
    """The run is as good as without a state, and says so once; the next has one again."""
    assert done.status == 0 and done.statuses() == expected, done
    assert done.err.count("state.db:") == 1 and "sizes and times" in done.err, done


def test_a_database_that_is_gone(pictures):
    for path in database(pictures).parent.glob("state.db*"):
        path.unlink()
    draw(pictures, "images/b.jpg", 77)
    assert remade(pictures) == ["b.jpg"], "sizes and times serve"
    assert remade(pictures, "-q", "70", *RUN) == ["a.jpg", "b.jpg"], "and what was found is remembered"


def test_outputs_of_a_version_that_remembered_nothing(pictures):
    shutil.rmtree(pictures / "out" / STATE)
    assert pictures.run("-n", "-q", "70", *RUN).out.count(b" -> ") == 6
    assert remade(pictures, "-q", "70", *RUN) == ["a.jpg", "b.jpg", "sub/c.png"], "nobody knows their quality"
    assert remade(pictures, "-q", "70", *RUN) == []
    # by name it means what it meant then
    shutil.rmtree(pictures / "out" / STATE)
    draw(pictures, "images/b.jpg", 77)
    assert remade(pictures, "--existing", "update", *RUN) == ["b.jpg"]


def test_a_database_that_is_no_file(pictures):
    path = database(pictures)
    for make in (path.mkdir, lambda: os.symlink("../../images/a.jpg", path), lambda: path.write_bytes(b"no database" * 999)):
        for name in os.listdir(path.parent):
            if name == "ways":
                continue
            if os.path.isdir(path.parent / name):
                os.rmdir(path.parent / name)
            else:
                os.unlink(path.parent / name)
        make()
        source = (pictures / "images/a.jpg").read_bytes()
        assert_serves(pictures, pictures.run(*RUN), {"skipped": 3})
        assert (pictures / "images/a.jpg").read_bytes() == source
        assert (path.parent / "state.db.damaged").exists() or (path.parent / "state.db.damaged").is_symlink()
        assert path.is_file() and remade(pictures) == []


def test_a_sound_database(pictures):
    """By the check that a person would ask for."""
    base = sqlite3.connect(database(pictures))
    assert base.execute("SELECT count(*) FROM picture").fetchone() == (3,)
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    base.close()


def as_before_3(outputs):
    """A row as it was before it said when an output's status had changed."""
    row = b""
    while outputs:
        length = int.from_bytes(outputs[:2], "little")
        assert length & 0x8000
        length &= 0x7FFF
        row += length.to_bytes(2, "little") + outputs[2:2 + length + 40]
        outputs = outputs[2 + length + 48:]
    return row


@pytest.mark.parametrize("version, older", [
    (1, "ALTER TABLE directory DROP COLUMN inode; DROP TABLE orphan; CREATE TABLE orphan("
        "directory, path, size, modified, inode, PRIMARY KEY(directory, path)) WITHOUT ROWID"),
    (2, "ALTER TABLE orphan DROP COLUMN changed")])
def test_an_older_version(pictures, version, older):
    """What it remembered stays known, to a run that only looks as well."""
    with sqlite3.connect(database(pictures)) as base:
        base.create_function("as_before_3", 1, as_before_3)
        base.executescript("UPDATE picture SET outputs = as_before_3(outputs); %s; PRAGMA user_version = %d" % (older, version))
    base.close()
    done = pictures.run("-n", *RUN)
    assert (done.status, done.out) == (0, b"") and "state.db" not in done.err, done
    assert remade(pictures) == []
    base = sqlite3.connect(database(pictures))
    assert base.execute("PRAGMA user_version").fetchone() == (3,)
    base.close()


def test_a_database_of_a_newer_version(pictures):
    with sqlite3.connect(database(pictures)) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    before = database(pictures).read_bytes()
    assert_serves(pictures, pictures.run(*RUN), {"skipped": 3})
    assert database(pictures).read_bytes() == before


def test_a_database_that_somebody_has_locked(pictures):
    base = sqlite3.connect(database(pictures), isolation_level=None)
    base.execute("PRAGMA locking_mode = EXCLUSIVE")
    base.execute("BEGIN EXCLUSIVE")
    assert_serves(pictures, pictures.run(*RUN), {"skipped": 3})
    base.close()
    assert remade(pictures) == []


def test_a_database_damaged_at_any_page(pictures):
    """Whatever page is destroyed: nothing worse than work done again, and all is well afterwards."""
    base = sqlite3.connect(database(pictures))
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    kept = database(pictures).read_bytes()
    made = pictures.files("out")
    random.seed(11)
    for page in range(0, len(kept), 4096):
        for way in ("noise", "zeros", "cut"):
            data = bytearray(kept)
            if way == "cut":
                del data[page:]
            else:
                data[page:page + 4096] = random.randbytes(4096) if way == "noise" else bytes(4096)
            for path in database(pictures).parent.iterdir():
                path.unlink()
            database(pictures).write_bytes(data)
            done = pictures.run(*RUN)
            assert done.status == 0 and set(done.statuses()) <= {"ok", "skipped"}, (page, way, done)
            assert pictures.files("out") == made
            assert remade(pictures) == [], (page, way)


@pytest.mark.parametrize("most", [2000, 8192, 50000])
def test_where_only_the_outputs_have_room(directory, most):
    """Files may only be so long, which a database outgrows."""
    for number in range(20):
        draw(directory, "images/%02d.jpg" % number, number * 5)
    options = ("-s", "40", "-o", "out", "images")
    done = directory.run(*options, report=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    assert done.status == 0 and len(directory.names("out")) == 20, done
    assert done.err.count("state.db:") == 1, done
    assert directory.run(*options).status == 0
    assert directory.run(*options).statuses() == {"skipped": 20}


def test_a_disk_that_may_only_be_read(pictures):
    if os.geteuid() != 0 or subprocess.run(["mount", "--bind", pictures / "out", pictures / "out"], check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", pictures / "out"], check=True)
        done = pictures.run("-n", *RUN)
        assert done.status == 0 and done.out == b"", done
        count = len(pictures.names("images"))
        done = pictures.run(*RUN)
        assert done.status == 0 and done.statuses() == {"skipped": count}, done
        assert done.err.count("state.db: can't be written: Read-only file system: what has changed is judged by sizes and times") == 1
        os.utime(pictures / "images" / pictures.names("images")[-1])
        done = pictures.run(*RUN)
        assert done.status == 3 and done.err.count("cannot write") == 1, done
    finally:
        subprocess.run(["umount", "--lazy", pictures / "out"], check=True)


def test_a_state_that_only_another_user_may_read(pictures):
    """As a umask of 077 leaves it. Times serve, and not everything is made each night."""
    nobody, place = pictures.as_nobody(), database(pictures).parent
    for path in (pictures / "out", *(pictures / "out").rglob("*")):
        path.chmod(0o777)
    place.chmod(0)
    try:
        done = pictures.run(*RUN, report=False, prefix=nobody)
        os.utime(pictures / "images/b.jpg")
        after = pictures.run(*RUN, report=False, prefix=nobody)
    finally:
        place.chmod(0o755)
    assert done.status == 0 and "skipped: 3 up to date" in done.err, done
    assert done.err.count("state.db: can't be read: Permission denied: what has changed is judged by sizes and times") == 1
    assert after.status == 0 and "skipped: 2 up to date" in after.err and "1 resized" in after.err, after
