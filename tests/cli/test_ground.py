"""Ground that moves: what a run stands on goes away, or was never there."""

import os
import subprocess

import pytest

from conftest import DEADLINE, SANITIZER, environment, every_mode, read_report, source_bytes, wait_for

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
HANG = """
#include <dlfcn.h>
ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
	ssize_t (*next)(int, void *, size_t, off_t) = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
	char name[64], path[4096];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = 0;
	while (strstr(path, "/hang.jpg") && access("out/first.jpg", F_OK) == 0 && access("go", F_OK) != 0)
		usleep(2000);
	return next(fd, bytes, size, at);
}
ssize_t pread64(int fd, void *bytes, size_t size, off_t at)
{
	return pread(fd, bytes, size, at);
}
"""


@preloaded
@every_mode
def test_a_line_does_not_wait_for_the_next_picture(directory, mode, shim):
    directory.copy("photos/mountains.jpg", "first.jpg")
    directory.copy("edge/1x1.jpg", "hang.jpg")
    command = [*shim(HANG), *directory.command(["-o", "out", "first.jpg", "hang.jpg"], mode, "report")]
    run = subprocess.Popen(command, cwd=directory.path, env=environment(), stderr=subprocess.PIPE)
    wait_for(lambda: (directory / "report").exists() and b"first.jpg" in (directory / "report").read_bytes(), "its line")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0, err
    assert {record["source"] for record in read_report(directory / "report")} == {"first.jpg", "hang.jpg"}
