"""Ground that moves: what a run stands on goes away, or was never there."""

import os
import re
import shutil
import subprocess

import pytest
from PIL import Image

from conftest import (DEADLINE, NO_SANDBOX, SANITIZER, environment, every_mode, read_report, shim_of_pread, source_bytes,
                      wait_for)

preloaded = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")

# --- directories that can't be read -------------------------------------------------------------


def test_an_unreadable_directory_has_its_line(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/deep/locked/b.jpg")
    nobody = directory.as_nobody()
    (directory / "images/deep/locked").chmod(0)
    (directory.path.parent / "out").mkdir(mode=0o777)
    (directory.path.parent / "out").chmod(0o777)
    report, listed = "../out/report", "../out/failed"
    try:
        done = directory.run("--report", report, "--failed-list", listed, "-o", "../out/made", "images", report=False,
                             prefix=nobody)
    finally:
        (directory / "images/deep/locked").chmod(0o755)
    assert done.status == 1, done
    records = read_report(directory / report)
    assert [record["status"] for record in records] == ["failed", "ok"]
    record = records[0]
    assert record["source"] == "images/deep/locked" and record["output"] is None and record["code"] == "system"
    assert "Permission denied" in record["error"] and record["bytes_in"] is None
    assert (directory / listed).read_bytes() == b"images/./deep/locked\n"
    again = directory.run("--files-from", listed, "-o", "../out/made")
    assert again.status == 0 and again.record("b.jpg")["output"] == "../out/made/deep/locked/b.jpg", again


# --- the report ---------------------------------------------------------------------------------


def test_a_run_that_has_no_lines_yet_leaves_the_last_ones_report(directory):
    directory.copy("edge/1x1.jpg", "a.jpg")
    report = directory / "report"
    directory.run("--report", "report", "-o", "out", "a.jpg", report=False)
    before = report.read_bytes()
    assert before.count(b"\n") == 1
    failed = directory.run("--report", "report", "-o", "/dev/null/out", "a.jpg", report=False)
    assert failed.status == 3 and report.read_bytes() == before, failed
    failed = directory.run("--report", "report", "-o", "out", "--files-from", "none", report=False)
    assert failed.status == 3 and report.read_bytes() == before, failed
    (directory / "empty").mkdir()
    assert directory.run("--report", "report", "-o", "out", "empty", report=False).status == 0
    assert report.read_bytes() == b""


def test_the_next_run_replaces_the_report_with_its_first_line(directory):
    """A list that does not end holds it back meanwhile."""
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    report = directory / "report"
    directory.run("--report", "report", "-o", "out", "a.jpg", "b.jpg", report=False)
    before = report.read_bytes()
    reader, writer = os.pipe()
    run = directory.start("-o", "out", "--files-from", "-", stdin=reader, report="report")
    os.close(reader)
    assert report.read_bytes() == before
    os.write(writer, b"a.jpg\n")
    os.close(writer)
    run.communicate(timeout=DEADLINE)
    assert [source_bytes(record) for record in read_report(report)] == [b"a.jpg"]


# Whoever reads hang.jpg waits until there is a file "go". If he comes before the other picture is done, behind which it
# would wait, he does not.
HANG = shim_of_pread("""
	if (strstr(path, "/hang.jpg"))
		close(open("hangs", O_CREAT | O_WRONLY, 0666));
	while (strstr(path, "/hang.jpg") && access("out/first.jpg", F_OK) == 0 && access("go", F_OK) != 0)
		usleep(2000);
""")


@preloaded
@every_mode
def test_a_line_does_not_wait_for_the_next_picture(directory, mode, shim):
    directory.copy("photos/mountains.jpg", "first.jpg")
    directory.copy("edge/1x1.jpg", "hang.jpg")
    command = [*shim(HANG), *directory.command([NO_SANDBOX, "-o", "out", "first.jpg", "hang.jpg"], mode, "report")]
    run = subprocess.Popen(command, cwd=directory.path, env=environment(), stderr=subprocess.PIPE)
    wait_for(lambda: (directory / "report").exists() and b"first.jpg" in (directory / "report").read_bytes(), "its line")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert {record["source"] for record in read_report(directory / "report")} == {"first.jpg", "hang.jpg"}


# --- directories that go away -------------------------------------------------------------------


class Going:
    """A run that hangs at its second picture, hang.jpg, until goes() is called."""

    def __init__(self, directory, shim, mode, *more):
        directory.copy("photos/mountains.jpg", "images/first.jpg")
        directory.copy("edge/1x1.jpg", "images/hang.jpg", *["images/z%02d.jpg" % number for number in range(30)])
        self.directory = directory
        prefix = shim(HANG.replace('access("out/first.jpg", F_OK) == 0 && ', ""))
        self.run = subprocess.Popen([*prefix, *directory.command([NO_SANDBOX, "-o", "out", "images", *more], mode, "../report")],
                                    cwd=directory.path, env=environment(), stderr=subprocess.PIPE)
        wait_for(lambda: (directory / "out/first.jpg").exists() and (directory / "hangs").exists(), "the second")

    def goes(self):
        (self.directory / "go").touch()
        _, err = self.run.communicate(timeout=DEADLINE)
        records = read_report(self.directory / "../report")
        assert len(records) == 32, err
        return self.run.returncode, err.decode(), records


@preloaded
@pytest.mark.parametrize("mode", ["serial", "process"])
@pytest.mark.parametrize("how", ["removed", "renamed", "link", "another"])
def test_an_output_directory_that_vanishes_is_not_made_anew(directory, shim, mode, how):
    going = Going(directory, shim, mode)
    (directory / "elsewhere").mkdir()

    def removed():
        """What the first picture leaves in the state may come in between."""
        shutil.rmtree(directory / "out", ignore_errors=True)
        return not (directory / "out").exists()

    if how == "removed":
        wait_for(removed, "the removal")
    else:
        (directory / "out").rename(directory / "gone")
    if how == "link":
        (directory / "out").symlink_to("elsewhere")
    if how == "another":
        (directory / "out").mkdir()
    before = directory.names()
    status, err, records = going.goes()
    assert status == 3, err
    assert "the output directory 'out' is not there any more, or another one is in its place" in err
    # what had its name in that moment may be taken back
    assert set(directory.names()) - set(before) == {"go"}
    assert (directory / "out").exists() == (how in ("link", "another"))
    assert not list((directory / "elsewhere").iterdir())
    assert {record["status"] for record in records} <= {"ok", "failed", "cancelled"}
    if mode == "serial":  # others have more under way
        assert [record["status"] for record in records].count("failed") == 1


@preloaded
@every_mode
def test_many_that_are_under_way_fail_as_one(directory, shim, mode):
    """Whatever has been begun when the output directory vanishes: one tells of it, the others are left for the next run."""
    directory.copy("photos/mountains.jpg", "images/first.jpg")
    directory.copy("edge/1x1.jpg", *["images/hang%02d.jpg" % number for number in range(60)])
    prefix = shim(HANG.replace("/hang.jpg", "/hang").replace('access("out/first.jpg", F_OK) == 0 && ', ""))
    run = subprocess.Popen([*prefix, *directory.command([NO_SANDBOX, "-o", "out", "images"], mode, "report")],
                           cwd=directory.path, env=environment(), stderr=subprocess.PIPE)
    wait_for(lambda: (directory / "hangs").exists() and (directory / "out").exists(), "the others")
    (directory / "out").rename(directory / "gone")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    records = read_report(directory / "report")
    statuses = [record["status"] for record in records]
    assert run.returncode == 3 and len(records) == 61, err
    assert statuses.count("failed") == 1 and set(statuses) <= {"ok", "failed", "cancelled"}, err
    assert err.count(b"is not there any more") == 1, err


# Puts another directory in the place of "out" in the very moment in which CALL is made for NAME, when all has been
# looked at; and tells in "leaked" what has come into that.
SWAP = """
#include <dlfcn.h>
static void swap(const char *name)
{
	if (strstr(name, "NAME") && rename("out", "gone") == 0)
		(void)!symlink("elsewhere", "out");
}
int linkat(int a, const char *from, int b, const char *to, int flags)
{
	int result;
	if (strcmp("CALL", "linkat") == 0)
		swap(to);
	result = ((int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat"))(a, from, b, to, flags);
	if (access("elsewhere/late.jpg", F_OK) == 0)
		close(open("leaked", O_CREAT | O_WRONLY, 0666));
	return result;
}
int renameat(int a, const char *from, int b, const char *to)
{
	int result;
	if (strcmp("CALL", "rename") == 0)
		swap(to);
	result = renameat2(a, from, b, to, 0);
	if (access("elsewhere/late.jpg", F_OK) == 0)
		close(open("leaked", O_CREAT | O_WRONLY, 0666));
	return result;
}
int mkdir(const char *path, mode_t mode)
{
	if (strcmp("CALL", "mkdir") == 0)
		swap(path);
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
int mkdirat(int at, const char *path, mode_t mode)
{
	if (strcmp("CALL", "mkdir") == 0)
		swap(path);
	return (int)syscall(SYS_mkdirat, at, path, mode);
}
"""


@preloaded
@pytest.mark.parametrize("mode", ["serial", "process"])
@pytest.mark.parametrize("call, name", [("linkat", "late.jpg"), ("rename", "late.jpg"), ("mkdir", "sub")])
def test_what_is_put_in_its_place_in_the_last_moment_gets_nothing(directory, shim, mode, call, name):
    directory.copy("photos/mountains.jpg", "images/first.jpg", "images/late.jpg")
    (directory / "elsewhere").mkdir()
    if call == "rename":  # of what is replaced
        assert directory.run("-s", "50", "-o", "out", "images").status == 0
    if call == "mkdir":
        directory.copy("photos/mountains.jpg", "images/sub/late.jpg")
        (directory / "images/late.jpg").unlink()
    done = directory.run("-o", "out", "images", mode=mode, prefix=shim(SWAP.replace("CALL", call).replace("NAME", name)))
    assert done.status == 3 and (directory / "out").is_symlink(), done
    assert "the output directory 'out' is not there any more, or another one is in its place" in done.err
    assert not list((directory / "elsewhere").iterdir()) and not (directory / "leaked").exists()
    # one tells of it, and that may be the other where both are under way
    assert done.statuses()["failed"] == 1 and done.record("late.jpg")["status"] in ("failed", "cancelled"), done


def test_an_output_directory_of_a_stream_that_vanishes(directory):
    """It is made for the first picture, and not once more."""
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    run = directory.start("-o", "out", "--print", "--files-from", "-", stdin=subprocess.PIPE, report="report")
    run.stdin.write(b"a.jpg\n")
    run.stdin.flush()
    assert run.stdout.readline() == b"out/a.jpg\n"
    (directory / "out").rename(directory / "gone")
    _, err = run.communicate(b"b.jpg\n", timeout=DEADLINE)
    assert run.returncode == 3 and b"the output directory 'out' is not there any more" in err, err
    assert not (directory / "out").exists() and [path.name for path in (directory / "gone").glob("*.jpg")] == ["a.jpg"]


@preloaded
def test_a_source_directory_that_vanishes_ends_the_run(directory, shim):
    going = Going(directory, shim, "serial")
    (directory / "images").rename(directory / "gone")
    (directory / "images").mkdir()  # as a mount that is gone shows the directory below it
    status, err, records = going.goes()
    assert status == 3, err
    assert "the source directory 'images' is not there any more, or another one is in its place" in err
    assert [record["status"] for record in records].count("failed") == 1


# A disk that has died, or a mount's server.
DYING = shim_of_pread("""
	if (strstr(path, "/images/z")) {
		errno = CODE;
		return -1;
	}
""")


@preloaded
@pytest.mark.parametrize("mode", ["serial", "process"])
@pytest.mark.parametrize("code", ["EIO", "ESTALE", "ENOTCONN"])
def test_a_disk_that_dies_ends_the_run(directory, shim, mode, code):
    directory.copy("photos/mountains.jpg", "images/first.jpg")
    directory.copy("edge/1x1.jpg", *["images/z%03d.jpg" % number for number in range(500)])
    done = directory.run(NO_SANDBOX, "-o", "out", "images", mode=mode, prefix=shim(DYING.replace("CODE", code)))
    assert done.status == 3 and "8 sources in a row can't be read, and the run ends" in done.err, done
    counts = done.statuses()
    # one that could be read may come in between
    assert 8 <= counts["failed"] < 16 and sum(counts.values()) == 501
    if mode == "serial":  # a worker may come to the first when the other has met eight
        assert counts["failed"] == 8 and counts["ok"] == 1


@preloaded
def test_single_bad_sectors_end_nothing(directory, shim):
    for number in range(30):
        directory.copy("edge/1x1.jpg", "images/%s%02d.jpg" % ("az"[number % 2], number))
    done = directory.run("-o", "out", "images", mode="serial",
                         prefix=shim(DYING.replace("CODE", "EIO").replace('"/images/z"', '"z1"')))
    assert done.status == 1 and done.statuses() == {"ok": 25, "failed": 5}, done


# --- a directory that lost its pictures -----------------------------------------------------------


EMPTIED = re.compile(r"^batchresize: photos: has no picture any more, of (\d+) that earlier runs found: "
                     r"is its disk mounted\? if it is to be empty, say --force-empty$", re.M)


@pytest.fixture
def emptied(directory):
    """photos/ held three pictures when it was last looked at; other/ has its one still."""
    for name in ("photos/a.jpg", "photos/b.jpg", "photos/sub/deep/c.jpg", "other/d.jpg"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 40)).save(directory / name)
    assert directory.run("-o", "out", "photos", "other").statuses() == {"ok": 4}
    shutil.rmtree(directory / "photos")
    (directory / "photos").mkdir()
    return directory


@pytest.mark.parametrize("options", [(), ("-n",), ("--existing=overwrite",), ("--lock=off", "--max-time=1h")])
def test_a_directory_that_lost_its_pictures(emptied, options):
    """It is told of, and fails the run; what others hold is done."""
    Image.new("RGB", (60, 40)).save(emptied / "other/e.jpg")
    (emptied / "photos/notes.txt").write_bytes(b"no picture")
    done = emptied.run(*options, "-o", "out", "photos", "other")
    assert done.status == 3 and EMPTIED.findall(done.err) == ["3"], done
    record = done.record("photos")
    assert (record["status"], record["code"], record["output"]) == ("failed", "emptied", None)
    assert done.record("e.jpg")["status"] == ("planned" if "-n" in options else "ok")
    assert (emptied / "out/a.jpg").exists() and (emptied / "out/sub/deep/c.jpg").exists()


def test_a_directory_that_is_meant_to_be_empty(emptied):
    done = emptied.run("--force-empty", "-o", "out", "photos")
    assert done.status == 0 and "no picture" not in done.err, done
    # as named otherwise, and until it has one
    for name in ("photos/", "./photos", "other/../photos", str(emptied.path / "photos")):
        assert emptied.run("-o", "out", name).record(name.rstrip("/"))["code"] == "emptied"
    Image.new("RGB", (60, 40)).save(emptied / "photos/new.jpg")
    assert emptied.run("-o", "out", "photos").status == 0


def test_what_never_held_a_picture_is_no_failure(emptied):
    """Nor what lies beside it under a name that begins alike, or goes elsewhere."""
    for name in ("photo", "photos2", "photos/sub/none"):
        (emptied / name).mkdir(parents=True)
        done = emptied.run("-o", "out", name)
        assert done.status == 0 and done.report == [], done
    assert emptied.run("-o", "elsewhere", "photos").status == 0


@pytest.mark.parametrize("options", [("--exclude", "*.jpg"), ("--include", "*.png"), ("--exclude", "sub", "--exclude", "a.jpg")])
def test_a_directory_of_which_options_leave_out_all(emptied, options):
    """Its pictures are there: nothing is lost."""
    for name in ("photos/a.jpg", "photos/sub/deep/c.jpg"):
        (emptied / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 40)).save(emptied / name)
    done = emptied.run(*options, "-o", "out", "photos")
    assert done.status == 0 and done.report == [], done
    shutil.rmtree(emptied / "photos")
    (emptied / "photos").mkdir()
    assert emptied.run(*options, "-o", "out", "photos").record("photos")["code"] == "emptied"


def test_a_directory_below_that_can_not_be_read(emptied):
    """That is what is told, and not that its pictures are lost."""
    (emptied / "photos/sub/deep").mkdir(parents=True)
    nobody = emptied.as_nobody()
    for path in (emptied.path, emptied / "out", *(emptied / "out").rglob("*")):
        path.chmod(0o777)
    (emptied / "photos/sub").chmod(0)
    try:
        done = emptied.run("-o", "out", "photos", report=False, prefix=nobody)
    finally:
        (emptied / "photos/sub").chmod(0o755)
    assert done.status == 1 and "photos/sub" in done.err and "any more" not in done.err, done


def test_what_follows_from_a_lost_directory(emptied):
    """A list of what failed brings it back the next time; a srcset that would lack its pictures stays as it was."""
    (emptied / "srcset").write_bytes(b"[]")
    done = emptied.run("--quiet", "--failed-list", "failed", "--srcset", "srcset", "--metrics", "m", "-o", "out", "photos", "other")
    assert done.status == 3 and EMPTIED.search(done.err), done
    assert (emptied / "failed").read_bytes() == b"photos\n"
    assert (emptied / "srcset").read_bytes() == b"[]"
    assert b"exit_status 3" in re.sub(rb"\{.*?\}", b"", (emptied / "m").read_bytes())
    assert emptied.run("--files-from", "failed", "-o", "out").status == 3
    Image.new("RGB", (60, 40)).save(emptied / "photos/a.jpg")
    assert emptied.run("--files-from", "failed", "-o", "out").status == 0


def test_a_lost_directory_with_outputs_beside_it(directory):
    """The state is in the directory that is made for it."""
    (directory / "photos").mkdir()
    Image.new("RGB", (60, 40)).save(directory / "photos/a.jpg")
    assert directory.run("photos").status == 0
    os.unlink(directory / "photos/a.jpg")
    done = directory.run("photos")
    assert done.status == 3 and EMPTIED.findall(done.err) == ["1"], done
