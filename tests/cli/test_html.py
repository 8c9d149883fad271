"""--html: a page whose figures are the report's, of whatever became of the run; and what names can't do to it."""

import os
import re
import signal
import subprocess

import pytest
from hypothesis import given, strategies

from conftest import (BUSY_FOR_NOW, DEADLINE, NO_SANDBOX, SANITIZER, Directory, Process, draw, environment, every_mode, examples, mode_with_workers,
                      read_report, stop_busy_worker, wait_for)
from page import Page

STAGES = ("read", "decode", "resize", "encode", "publish")
FAILED = ("failed", "crashed", "timeout")


def total_ms(record):
    return sum(record[stage + "_ms"] or 0 for stage in STAGES)


def made(records):
    return [record for record in records if record["status"] == "ok"]


def about(figure, exact, count=1):
    """Whether it is the sum of so many figures of the report, which has three decimals of each."""
    return abs(figure - exact) <= 0.001 * count + 1e-6


def sizes_out(record):
    return sum(output["bytes"] or 0 for output in record["outputs"]) if "outputs" in record else record["bytes_out"]


def assert_sound(page):
    """What holds of every page."""
    assert len([rank for rank, _ in page.headings if rank == 1]) == 1
    ranks = [rank for rank, _ in page.headings]
    assert all(after - before <= 1 for before, after in zip(ranks, ranks[1:])), page.headings
    policy = [meta["content"] for meta in page.metas if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    sheet, = re.findall(rb"<style>(.*?)</style>", page.bytes, re.S)
    assert not re.search(rb"@import|url\(|://", sheet)


def assert_tells(page, records):
    """Every figure of the page is that of the report."""
    assert_sound(page)
    statuses = [record["status"] for record in records]
    assert page.figures("outcome-figures", "Number") == {name: statuses.count(name) for name in
                                                         ("ok", "skipped", *FAILED, "cancelled")}
    failures = [record for record in records if record["status"] in FAILED]
    codes = [record["code"] for record in failures]
    assert page.figures("failures-codes", "Images") == {code: codes.count(code) for code in codes}
    assert len(page.rows("failures-list")) == min(len(failures), 100)
    idle = [record["code"] for record in records if record["status"] == "skipped"]
    assert page.figures("skipped-codes", "Images") == {code: idle.count(code) for code in idle}
    if not records:
        return
    assert_stages(page, records)
    assert_formats(page, records)
    assert_lanes(page, records)
    ended = [record for record in records if record["status"] != "cancelled"]
    assert sum(row[1][1] for row in page.rows("throughput-figures")) == len(ended)
    assert sum(row[3][1] for row in page.rows("throughput-figures")) == sum(record["bytes_in"] for record in made(records))


def assert_stages(page, records):
    times = page.figures("stages-figures", "Time")
    for stage in STAGES:
        some = [record[stage + "_ms"] for record in records if record[stage + "_ms"] is not None]
        assert about(times[stage], sum(some), len(records)), stage
        if some and min(some) > 0.01:
            median = sorted(some)[(len(some) - 1) // 2]
            assert 0.9 * median <= page.figures("stages-figures", "Median")[stage] <= 1.1 * median, stage
    slowest = sorted((record for record in records if total_ms(record) > 0), key=total_ms, reverse=True)
    rows = page.rows("slowest-figures")
    assert len(rows) >= min(20, len(slowest))
    assert all(row[1][1] < 0.005 for row in rows[len(slowest):])  # less than a line of the report can tell
    for row, record in zip(rows, slowest):
        assert about(row[1][1], total_ms(record), 5)
        for cell, stage in zip(row[2:], STAGES):
            assert len(rows) > 1 or about(cell[1], record[stage + "_ms"] or 0)


def assert_formats(page, records):
    formats = {record["format"] or "unknown" for record in records}
    assert set(page.figures("formats-figures", "Images")) == formats
    for name in formats:
        here = [record for record in records if (record["format"] or "unknown") == name]
        assert page.figures("formats-figures", "Images")[name] == len(here)
        assert page.figures("formats-figures", "Made")[name] == len(made(here))
        assert page.figures("formats-figures", "Before")[name] == sum(record["bytes_in"] for record in made(here))
        assert page.figures("formats-figures", "After")[name] == sum(sizes_out(record) for record in made(here))
        assert about(page.figures("formats-figures", "Time")[name], sum(total_ms(record) for record in here), 5 * len(here))


def assert_lanes(page, records):
    workers = [record["worker"] for record in records if record["attempt"] > 0]
    assert page.figures("lanes-figures", "Images") == {str(worker): workers.count(worker) for worker in set(workers)} | {
        str(worker): 0 for worker in range(max(workers, default=-1) + 1) if worker not in workers}
    for row in page.rows("lanes-figures"):
        assert row[2][1] == pytest.approx(sum(cell[1] for cell in row[3:9]), abs=1e-9)
        assert 0 <= row[9][1] <= 1


@pytest.fixture
def mixed(directory):
    """Formats, sizes, and all that can become of an image without a crash."""
    directory.copy("photos/sea.jpg", "in/sea.jpg", "in/again.jpg")
    directory.copy("photos/flower.jpg", "in/flower.jpg")
    for number in range(12):
        draw(directory, "in/small%d.png" % number, 10 * number)
    (directory / "in/empty.jpg").write_bytes(b"")
    (directory / "in/text.jpg").write_bytes(b"no picture at all")
    directory.copy("broken/truncated.jpg", "in/cut.jpg")
    return directory


# --- what it says -----------------------------------------------------------------------------------


@every_mode
def test_figures_are_the_reports(mixed, mode):
    (mixed / "page/of").mkdir(parents=True)
    done = mixed.run("-s", "90,40", "--html=page/of/it.html", "-o", "out", "in", mode=mode)
    assert done.status == 1 and done.statuses() == {"ok": 15, "failed": 3}, done
    page = Page(mixed / "page/of/it.html")
    assert_tells(page, done.report)
    assert len(page.images) == 15 and "3 failed" in page.text and "--mode=" + mode in page.text
    assert {row[0][0] for row in page.rows("failures-list")} == {"in/empty.jpg", "in/text.jpg", "in/cut.jpg"}


@every_mode
def test_what_is_there_is_skipped(mixed, mode):
    for _ in range(2):
        done = mixed.run("--existing=skip", "--html=page.html", "-o", "out", "in", mode=mode)
        assert_tells(Page(mixed / "page.html"), done.report)
    assert done.statuses() == {"skipped": 15, "failed": 3}


@pytest.mark.parametrize("sources, count", [("nothing", 0), ("one", 1), ("bad", 3)])
def test_small_runs(directory, sources, count):
    (directory / "nothing").mkdir()
    directory.copy("photos/sea.jpg", "one/a.jpg")
    for name in ("a.jpg", "b.jpg", "c.png"):
        directory.copy("broken/empty.jpg", "bad/" + name)
    done = directory.run("--html=page.html", "-o", "out", sources)
    assert len(done.report) == count
    page = Page(directory / "page.html")
    assert_tells(page, done.report)
    assert (sources == "one") == (len(page.images) == 1)


def test_a_directory_that_cannot_be_read(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "in/shut").mkdir(mode=0o000)
    prefix = directory.as_nobody()
    directory.path.chmod(0o777)
    done = directory.run("--html=page.html", "-o", "out", "in", prefix=prefix, report=False)
    (directory / "in/shut").chmod(0o755)
    assert done.status == 1, done
    page = Page(directory / "page.html")
    assert_sound(page)
    (row,) = page.rows("failures-list")
    assert row[0][0] == "in/shut" and "Permission denied" in row[3][0]
    assert page.figures("outcome-figures", "Number")["failed"] == 0


def test_many_images_share_buckets(directory):
    """More than are shown one by one: the lanes are filled by how busy workers were."""
    directory.many(450, "photos/small.webp" if not SANITIZER else "photos/sea.jpg")
    done = directory.run("-s", "20", "--html=page.html", "-o", "out", "images", mode="process")
    assert done.status == 0
    page = Page(directory / "page.html")
    assert_tells(page, done.report)
    assert 12 <= len(page.images) <= 24 and "part of that moment" in page.text
    assert len(page.bytes) < 1_000_000


@mode_with_workers
def test_a_lost_worker_is_seen(directory, mode):
    directory.many(40)
    run = directory.start("--retries=0", "--html=page.html", "-o", "out", "images", mode=mode, report=directory / "report")
    worker = stop_busy_worker(Process(run.pid), mode)
    worker.signal(signal.SIGKILL)
    run.communicate(timeout=DEADLINE)
    records = read_report(directory / "report")
    assert run.returncode == 1 and [record["status"] for record in records].count("crashed") == 1
    page = Page(directory / "page.html")
    assert_tells(page, records)
    lost = next(record for record in records if record["status"] == "crashed")
    assert page.figures("lanes-figures", "Lost")[str(lost["worker"])] > 0
    assert "s5" in page.classes and "crashed" in page.text


def test_a_run_that_is_stopped(directory):
    directory.many(400)
    run = directory.start("--html=page.html", "-p", "-o", "out", "images", mode="process", report=directory / "report")
    run.stdout.readline()
    run.terminate()
    run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGTERM
    records = read_report(directory / "report")
    page = Page(directory / "page.html")
    assert_tells(page, records)
    assert "ended by signal 15" in page.text and page.figures("outcome-figures", "Number")["cancelled"] > 0


def test_watched_directories(directory):
    """Written while the program waits, and at its end."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    run = directory.start("--watch", "--html=page.html", "-o", "out", "in", report=directory / "report")
    wait_for(lambda: (directory / "page.html").exists(), "the first page")
    page = Page(directory / "page.html")
    assert "the run goes on" in page.text and page.figures("outcome-figures", "Number")["ok"] == 1
    directory.copy("photos/sea.jpg", "in/b.jpg")
    wait_for(lambda: len(directory.outputs("out")) == 2, "the second output")
    run.terminate()
    run.communicate(timeout=DEADLINE)
    page = Page(directory / "page.html")
    assert_tells(page, read_report(directory / "report"))
    assert "the run goes on" not in page.text and page.figures("outcome-figures", "Number")["ok"] == 2


def test_options_and_no_secrets(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "config").write_text("quality = 63\n")
    done = directory.run("--config=config", "--on-finish", "echo hunter2 >/dev/null", "--header", "Authorization: hunter2", "-s", "30x20", "-s", "40", "--include=*.jpg",
                         "--include=*.png", "--html=page.html", "-o", "out", "in")
    assert done.status == 0, done
    page = Page(directory / "page.html")
    assert "hunter2" not in page.bytes.decode() and page.text.count("(not told here)") == 2
    assert "30x20" not in page.text and "*.jpg" in page.text and "*.png" in page.text
    assert re.search("quality63 .*config", page.text.replace("\n", ""))


# --- the file ---------------------------------------------------------------------------------------


def test_replaces_only_its_like(directory):
    directory.copy("photos/sea.jpg", "a.jpg", "b.jpg")
    before = directory.files()
    done = directory.run("--html", "a.jpg", "b.jpg", report=False)
    assert done.status == 2 and "--html" in done.err and directory.files() == before, done
    (directory / "page.html").write_bytes(b"")
    for _ in range(2):
        assert directory.run("--html=page.html", "-o", "out", "a.jpg", report=False).status == 0
    (directory / "link.html").symlink_to("page.html")
    assert directory.run("--html=link.html", "-o", "out", "a.jpg", report=False).status == 2


def test_a_directory_that_is_missing_is_not_made(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    done = directory.run("--html=gone/page.html", "in", report=False)
    assert done.status == 3 and "cannot write the page 'gone/page.html': No such file or directory" in done.err, done
    assert directory.names() == ["in/a.jpg"]


def test_what_has_come_into_its_place_is_left(directory, shim):
    """Also when the page is published, which may be long after the first look, and again and again."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    run = subprocess.Popen([*shim(BUSY_FOR_NOW), *directory.command(["in", "--load-limit=4", "--html=page.html"], None, None)],
                           cwd=directory.path, env=environment(), stderr=subprocess.PIPE)
    assert any(b"no new pictures" in line for line in run.stderr)
    (directory / "page.html").write_bytes(b"mine")
    (directory / "quiet").touch()
    said = run.communicate(timeout=DEADLINE)[1].decode()
    assert run.returncode == 3 and "'page.html' exists and is no page of this program" in said, said
    assert (directory / "page.html").read_bytes() == b"mine" and directory.names("resized_in") == ["a.jpg"]


@pytest.mark.parametrize("arguments, words", [
    (["--html=-", "in"], "--html needs a file"), (["--html=p", "-"], "--html makes no sense with '-'"),
    (["--dry-run", "--html=p", "in"], "--dry-run"), (["--html=p", "--report=p", "in"], "name one file"),
    (["--html=p", "--metrics=p", "in"], "name one file"), (["--html=p", "--failed-list=p", "in"], "name one file")])
def test_what_makes_no_sense(directory, arguments, words):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    done = directory.run(*arguments, report=False)
    assert done.status == 2 and words in done.err and not (directory / "p").exists(), done


def test_a_run_that_could_not_start_leaves_it(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    assert directory.run("--html=page.html", "-o", "out", "in", report=False).status == 0
    before = (directory / "page.html").read_bytes()
    assert directory.run("--html=page.html", "-o", "in/a.jpg/out", "in", report=False).status == 3
    assert (directory / "page.html").read_bytes() == before


def test_where_it_cannot_be_written(directory):
    directory.copy("photos/sea.jpg", "in/a.jpg")
    (directory / "file").touch()
    done = directory.run("--html=file/page.html", "-o", "out", "in", report=False)
    assert done.status == 3 and "page.html" in done.err and not (directory / "out").exists(), done


def test_a_disk_that_fills(directory, shim):
    """What was there before stays, and the exit status says that something is missing."""
    directory.copy("photos/sea.jpg", "in/a.jpg")
    assert directory.run("--html=page.html", "-o", "out", "in", report=False).status == 0
    before = (directory / "page.html").read_bytes()
    full = shim("""
#include <dlfcn.h>
ssize_t write(int fd, const void *bytes, size_t size)
{
	ssize_t (*next)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

	if (size > 15 && memcmp(bytes, "<!DOCTYPE html>", 15) == 0) {
		errno = ENOSPC;
		return -1;
	}
	return next(fd, bytes, size);
}
""")
    done = directory.run("--html=page.html", "--existing=overwrite", NO_SANDBOX, "-o", "out", "in", prefix=full, report=False)
    assert done.status == 3 and "cannot write the page 'page.html'" in done.err, done
    assert (directory / "page.html").read_bytes() == before
    assert not [name for name in directory.names() if name.startswith(".batchresize-")]


# --- names ------------------------------------------------------------------------------------------

HOSTILE = strategies.lists(strategies.one_of(
    strategies.sampled_from([b"<script>", b"</style>", b"\"'>", b"<!--", b"-->", b"&amp;", b"&#60;", b"]]>", b"\n", b"\r", b"\x00"[:0],
                             b"\x1b[2J", "\u202e".encode(), "\u2028".encode(), b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"<img src=x onerror=a>",
                             b"javascript:", "\U0001f600".encode(), b"%3C", b"\\x3c", b" "]),
    strategies.binary(min_size=1, max_size=12)), min_size=1, max_size=9).map(
        lambda parts: b"".join(parts).replace(b"/", b"").replace(b"\0", b"")[:150])


@examples(40)
@given(names=strategies.lists(HOSTILE, min_size=1, max_size=3, unique=True))
def test_names_stay_names(tmp_path_factory, names):
    """Whatever a file is called, the page has the elements that it would have had."""
    directory = Directory(tmp_path_factory.mktemp("names"))
    for number, name in enumerate(names):
        draw(directory, os.fsdecode(b"in/%d" % number + name + b".png"), size=(9, 8))
        (directory / os.fsdecode(b"in/%d" % number + name + b".jpg")).write_bytes(b"nothing")
    done = directory.run("--html=page.html", "-o", "out", "in", mode="serial")
    assert len(done.report) == 2 * len(names), done
    page = Page(directory / "page.html")
    assert_tells(page, done.report)
    for record in done.report:
        simple = re.fullmatch(r"[ -~]*", record["source"])
        assert not simple or record["source"] in page.text


def test_a_long_name_is_shortened(directory):
    name = "\u00e4" * 60 + "/" + "\u20ac" * 70 + "/" + "\U0001f600" * 50 + ".jpg"
    (directory / "in" / name).parent.mkdir(parents=True)
    (directory / "in" / name).write_bytes(b"")
    directory.run("--html=page.html", "-o", "out", "in")
    page = Page(directory / "page.html")
    (shown, _), = [row[0] for row in page.rows("failures-list")]
    assert shown.startswith("in/\u00e4") and shown.endswith("\U0001f600.jpg") and "\u2026" in shown and len(shown.encode()) <= 203
    assert "\\x" not in shown
