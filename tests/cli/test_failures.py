"""What becomes of failures: how many are borne, the list of them, and sources that are still being written."""

import os
import re
import signal
import subprocess

import pytest

from conftest import (DEADLINE, NO_SANDBOX, SANITIZER, assert_whole, every_mode, read_report, shim_of_pread, source_bytes,
                      wait_for)

preloaded = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")


def some(directory, good, bad, folder="images"):
    """Pictures, and larger files that are none: the largest come first."""
    directory.copy("edge/1x1.jpg", *["%s/good%02d.jpg" % (folder, number) for number in range(good)])
    for number in range(bad):
        (directory / folder / ("bad%02d.jpg" % number)).write_bytes(b"GIF, said the fox" * 500)


# --- how many are borne -------------------------------------------------------------------------


@pytest.mark.parametrize("most, failed", [("0", 1), ("2", 3), ("10%", 3), ("9.999%", 2), ("0%", 1)])
def test_one_failure_too_many_ends_the_run(directory, most, failed):
    some(directory, 15, 5)
    done = directory.run("--max-failures", most, "--failed-list", "failed", "-o", "out", "images", mode="serial")
    assert done.status == 1, done
    assert done.statuses() == {"failed": failed, "cancelled": 20 - failed}
    assert ("%d of 20 images have failed, more than --max-failures bears" % failed) in done.err
    assert "start it again" in done.err
    assert len((directory / "failed").read_bytes().splitlines()) == failed


@pytest.mark.parametrize("most, failed", [("50%", 51), ("19.9%", 20), ("0%", 1)])
def test_a_part_of_a_list_that_has_not_come_to_its_end(directory, most, failed):
    """It is one of what there has been, or of 100: the run ends while whoever writes the list still waits."""
    some(directory, 1, 60)
    run = directory.start("--max-failures", most, "-o", "out", "--files-from", "-", stdin=subprocess.PIPE, mode="serial",
                          report=directory / "report")
    run.stdin.write("".join("images/bad%02d.jpg\n" % number for number in range(60)).encode())
    run.stdin.flush()
    assert run.wait(timeout=DEADLINE) == 1
    err = run.stderr.read().decode()
    run.stdin.close()
    statuses = [record["status"] for record in read_report(directory / "report")]
    assert statuses.count("failed") == failed and set(statuses) <= {"failed", "cancelled"}, err
    assert "images have failed, more than --max-failures bears" in err


def test_a_part_of_what_has_been_of_a_longer_list(directory):
    """Not of the first 100 any more, while the list goes on; and failures that are few enough end nothing."""
    names = ["images/%03d.jpg" % number for number in range(190)]
    directory.copy("edge/1x1.jpg", *names)
    for number in range(27):
        bad = "images/bad%02d.jpg" % number
        (directory / bad).write_bytes(b"no picture")
        names.insert(number * 8, bad)
    run = directory.start("--max-failures=15%", "-o", "out", "--files-from", "-", stdin=subprocess.PIPE, mode="serial",
                          report=directory / "report")
    run.stdin.write("".join(name + "\n" for name in names).encode())
    run.stdin.flush()
    report = directory / "report"
    wait_for(lambda: report.exists() and report.read_bytes().count(b"\n") == 217, "all of them")
    assert run.poll() is None
    run.stdin.close()
    assert run.wait(timeout=DEADLINE) == 1
    statuses = [record["status"] for record in read_report(directory / "report")]
    assert (statuses.count("ok"), statuses.count("failed"), len(statuses)) == (190, 27, 217), run.stderr.read()


@pytest.mark.parametrize("most", ["5", "25%", "100%"])
def test_what_is_borne_ends_nothing(directory, most):
    some(directory, 15, 5)
    done = directory.run("--max-failures", most, "-o", "out", "images", mode="serial")
    assert done.status == 1 and done.statuses() == {"failed": 5, "ok": 15}, done
    assert "--max-failures" not in done.err


@every_mode
def test_what_had_begun_is_finished(directory, mode):
    some(directory, 400, 8)
    done = directory.run("--max-failures", "3", "-o", "out", "images", mode=mode)
    counts = done.statuses()
    assert done.status == 1 and 4 <= counts["failed"] <= 8 and counts["cancelled"] > 0, done
    assert len(done.report) == 408
    if "ok" in counts:
        assert assert_whole(directory / "out") == counts["ok"]


@pytest.mark.parametrize("mode", ["thread", "process", "hybrid"]) # auto takes one worker for so little
def test_what_takes_long_begins_in_time(directory, mode):
    """It is the smallest file, which would come last, when nothing is left that could be cancelled."""
    some(directory, 1000, 0)
    (directory / "images/long.avif").write_bytes(b"no AVIF")
    done = directory.run("--max-failures=0", "-j2", "-o", "out", "images", mode=mode)
    counts = done.statuses()
    assert done.status == 1 and counts["failed"] == 1 and counts["cancelled"] > 0, done
    assert len(done.report) == 1001


def test_what_the_plan_refuses_counts(directory):
    """And each of them has its line, though the run is over."""
    directory.copy("edge/1x1.jpg", "a.jpg")
    done = directory.run("--max-failures=1", "-o", "out", "none1.jpg", "none2.jpg", "none3.jpg", "a.jpg")
    assert done.status == 1 and done.statuses() == {"failed": 3, "cancelled": 1}, done
    assert directory.names("out") == []


@pytest.mark.parametrize("most", ["", "x", "-1", "5 %", "101%", "1.2345%", "%"])
def test_what_is_no_number_of_failures(directory, most):
    done = directory.run("--max-failures=" + most, "x", report=False)
    assert done.status == 2 and "--max-failures" in done.err, done


# --- the list of them ---------------------------------------------------------------------------


@pytest.mark.parametrize("separator, option", [(b"\n", []), (b"\0", ["-0"])])
@pytest.mark.parametrize("root, output", [("images", ["-o", "out"]), ("images/", []), (".", ["-o", "../out"])])
def test_the_list_is_the_next_runs_source(directory, separator, option, root, output):
    """Each picture comes to lie where it would have been."""
    place = directory if root != "." else type(directory)(directory / "images")
    some(directory, 2, 1)
    some(directory, 1, 2, folder="images/deep/er")
    listed = os.path.join(directory.path, "lists", "failed")
    first = place.run(*option, "--failed-list", listed, *output, root)
    assert first.status == 1 and first.statuses() == {"ok": 3, "failed": 3}, first
    paths = open(listed, "rb").read().split(separator)
    assert paths.pop() == b"" and len(paths) == 3
    for path in paths:
        assert b"/./" in path
        assert os.path.exists(os.path.join(os.fsencode(place.path), path))
    directory.copy("photos/mountains.jpg", "images/bad00.jpg", "images/deep/er/bad00.jpg", "images/deep/er/bad01.jpg")
    second = place.run(*option, "--files-from", listed, "--failed-list", listed, *output)
    assert second.status == 0 and second.statuses() == {"ok": 3}, second
    assert open(listed, "rb").read() == b""
    whole = place.run("--existing=error", *output, root)
    assert {record["code"] for record in whole.report} == {"exists"} and len(whole.report) == 6, whole
    assert sorted(record["source"] for record in first.report) == sorted(record["source"] for record in whole.report)


def test_names_in_the_list(directory):
    """What was named itself stands as it was given; a name that no line can say takes --null."""
    bad = ["new\nline.jpg", "{json}.jpg", "-.jpg", "\udcefx.jpg", "plain.jpg", "x/deep.jpg", "returns.jpg\r"]
    directory.copy("broken/text.jpg", *[os.fsencode(name) for name in bad])
    given = [*bad[:-2], "x/./deep.jpg", bad[-1]]
    done = directory.run("--failed-list=failed", "-o", "out", "--", *given)
    assert done.status == 1, done
    assert "failed: lacks 2 of what failed, whose names have a newline" in done.err
    lines = {b"./{json}.jpg", b"./-.jpg", b"./\xefx.jpg", b"plain.jpg", b"x/deep.jpg"}
    assert set((directory / "failed").read_bytes().split(b"\n")) == {b"", *lines}
    directory.run("-0", "--failed-list=failed", "-o", "out", "--", *given)
    paths = set((directory / "failed").read_bytes().split(b"\0"))
    assert paths == {b"", b"new\nline.jpg", b"returns.jpg\r", *lines}
    again = directory.run("-0", "--files-from=failed", "-o", "out")
    assert {record["code"] for record in again.report} == {"not-an-image"} and again.status == 1, again
    assert {record["output"] for record in again.report} == {
        record["output"] for record in done.report if record["code"] == "not-an-image"}


@every_mode
def test_a_run_that_is_ended_gently_leaves_its_list(directory, mode):
    directory.many(300)
    (directory / "images" / "bad.jpg").write_bytes(b"x" * 1000000)  # first of all
    (directory / "failed").write_bytes(b"of yesterday\n")
    run = directory.start("--failed-list=failed", "-o", "out", "images", mode=mode, report=directory / "report")
    assert b"bad.jpg" in run.stderr.readline()
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 3, "some outputs")
    assert (directory / "failed").read_bytes() == b"of yesterday\n"
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGTERM, err
    assert (directory / "failed").read_bytes() == b"images/./bad.jpg\n"
    assert {record["status"] for record in read_report(directory / "report")} == {"ok", "failed", "cancelled"}


def test_an_empty_list_when_nothing_failed_and_none_of_a_run_that_did_not_start(directory):
    directory.copy("edge/1x1.jpg", "a.jpg")
    (directory / "failed").write_bytes(b"of yesterday\n")
    assert directory.run("--failed-list=failed", "-o", "/dev/null/out", "a.jpg").status == 3
    assert directory.run("--failed-list=failed", "-n", "a.jpg").status == 0
    assert (directory / "failed").read_bytes() == b"of yesterday\n"
    assert directory.run("--failed-list=failed", "-o", "out", "a.jpg").status == 0
    assert (directory / "failed").read_bytes() == b""
    assert directory.names() == ["a.jpg", "failed", "out/a.jpg"]


@pytest.mark.parametrize("name", ["a.jpg", "pipe", "link", "folder"])
def test_the_list_replaces_nothing_else(directory, name):
    directory.copy("edge/1x1.jpg", "a.jpg", "folder/b.jpg")
    os.mkfifo(directory / "pipe")
    (directory / "link").symlink_to("a.jpg")
    before = directory.files("folder")
    done = directory.run("--failed-list", name, "-o", "out", "folder", report=False)
    assert done.status == 2 and name in done.err, done
    assert directory.files("folder") == before and not (directory / "out").exists()


# --- sources that are still being written -------------------------------------------------------

# Whoever reads moving*.jpg sees it grow; once it has, once.jpg does no more.
WRITER = shim_of_pread("""
	if (strstr(path, "/moving") || (strstr(path, "/once") && access("moved", F_OK) != 0)) {
		ssize_t got = next(fd, bytes, size, at);
		int more = open(path, O_WRONLY | O_APPEND);
		int moved = strstr(path, "/once") ? open("moved", O_CREAT | O_WRONLY, 0666) : -1;
		if (write(more, "", 1) != 1)
			abort();
		close(more);
		close(moved);
		return got;
	}
""")


@preloaded
@every_mode
def test_an_upload_under_way_is_tried_again_at_the_end(directory, shim, mode):
    directory.copy("photos/mountains.jpg", "images/once.jpg", "images/moving.jpg")
    directory.copy("edge/1x1.jpg", "images/other.jpg")
    done = directory.run(NO_SANDBOX, "--settle=0.01s", "--failed-list=failed", "-o", "out", "images", mode=mode,
                         prefix=shim(WRITER))
    assert done.status == 1, done
    once, moving = done.record("once.jpg"), done.record("moving.jpg")
    assert once["status"] == "ok" and once["attempt"] == 2 and once["code"] is None
    assert moving["status"] == "failed" and moving["code"] == "unsettled" and moving["attempt"] == 2
    assert [record["source"] for record in done.report][0] == "images/other.jpg" and len(done.report) == 3
    assert directory.names("out") == ["once.jpg", "other.jpg"]
    assert (directory / "failed").read_bytes() == b"images/./moving.jpg\n"


@preloaded
def test_without_settle_nothing_is_tried_again(directory, shim):
    directory.copy("photos/mountains.jpg", "images/once.jpg")
    done = directory.run(NO_SANDBOX, "--settle=0", "-o", "out", "images", prefix=shim(WRITER))
    assert done.status == 1 and done.record("once.jpg")["code"] == "changed", done


@every_mode
def test_what_is_cut_short_and_young_is_left_for_the_next_run(directory, mode):
    """And what has rested for so long is what it seems to be."""
    directory.copy("broken/truncated.jpg", "images/young.jpg", "images/old.jpg", "images/future.jpg")
    directory.copy("broken/empty.jpg", "images/young-empty.jpg", "images/old-empty.jpg")
    for name in ("old.jpg", "old-empty.jpg"):
        os.utime(directory / "images" / name, (10 ** 9, 10 ** 9))
    os.utime(directory / "images" / "future.jpg", (4 * 10 ** 9, 4 * 10 ** 9))
    done = directory.run("--settle=9999", "-o", "out", "images", mode=mode)
    codes = {os.path.basename(record["source"]): record["code"] for record in done.report}
    assert codes == {"young.jpg": "unsettled", "young-empty.jpg": "unsettled", "old.jpg": "truncated",
                     "old-empty.jpg": "empty", "future.jpg": "truncated"}
    assert done.status == 1, done


def test_what_rests_in_time_fails_as_what_it_is(directory):
    directory.copy("broken/truncated.jpg", "images/a.jpg")
    done = directory.run("--settle=0.2", "-o", "out", "images")
    assert done.status == 1 and done.record("a.jpg")["code"] == "truncated", done


def test_a_signal_does_not_wait_for_writers(directory):
    directory.copy("broken/truncated.jpg", "images/a.jpg")
    directory.copy("photos/mountains.jpg", *["images/%03d.jpg" % number for number in range(100)])
    run = directory.start("--settle=9999", "-o", "out", "images", report=directory / "report")
    wait_for(lambda: (directory / "out").exists() and len(directory.outputs("out")) > 90, "most outputs")
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=DEADLINE)
    records = read_report(directory / "report")
    assert len(records) == 101, err
    if run.returncode == -signal.SIGTERM:  # it may just have come to its end
        assert re.search(r"stopped by SIGTERM", err.decode())
    assert [record["code"] for record in records if source_bytes(record).endswith(b"/a.jpg")][0] in (
        "unsettled", "cancelled")
