"""Systems that refuse descriptors, processes, memory: an error that says what to raise, or less speed."""

import os
import re
import resource
import signal
import subprocess

import pytest
from PIL import Image

from conftest import (DEADLINE, SANITIZER, Process, assert_whole, environment, every_mode, mode_with_workers, read_report,
                      wait_for)

without_sanitizer = pytest.mark.skipif(SANITIZER == "address", reason="AddressSanitizer needs more itself")


def limited(name, value):
    return lambda: resource.setrlimit(name, (value, value))


@without_sanitizer
@every_mode
@pytest.mark.parametrize("limit", list(range(3, 24)) + [32, 64])
def test_few_descriptors(directory, mode, limit):
    """However few: all images are done, or the run says that it is descriptors that are missing."""
    directory.copy("edge/1x1.jpg", *("images/%d.jpg" % number for number in range(12)))
    done = directory.run("-o", "out", "images", mode=mode, report=False, preexec_fn=limited(resource.RLIMIT_NOFILE, limit))
    assert done.status in (0, 1, 3, 127), done
    if done.status == 127:  # not even the dynamic loader had enough
        assert limit < 5
        return
    published = assert_whole(directory / "out") if (directory / "out").exists() else 0
    if done.status == 0:
        assert published == 12
    else:
        assert "ulimit -n" in done.err or "Too many open files" in done.err, done
        assert published < 12


@without_sanitizer
@mode_with_workers
@pytest.mark.parametrize("limit", [20, 32])
def test_few_descriptors_are_for_few_workers(directory, mode, limit):
    directory.copy("edge/1x1.jpg", *("images/%d.jpg" % number for number in range(40)))
    done = directory.run("-j", "40", "-o", "out", "images", mode=mode, report=False,
                         preexec_fn=limited(resource.RLIMIT_NOFILE, limit))
    assert done.status == 0 and len(directory.names("out")) == 40, done
    assert re.search(r"^batchresize: workers: \d+ instead of 40: for more raise the limit of open files \(ulimit -n\)$", done.err,
                     re.M), done


@without_sanitizer
@every_mode
def test_enough_descriptors_are_not_many(directory, mode):
    directory.copy("edge/1x1.jpg", *("images/%d.jpg" % number for number in range(12)))
    done = directory.run("-o", "out", "images", mode=mode, report=False, preexec_fn=limited(resource.RLIMIT_NOFILE, 64))
    assert done.status == 0, done


@without_sanitizer
@mode_with_workers
def test_fork_refused(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    (directory / "out").mkdir()
    (directory / "out").chmod(0o777)
    prefix = directory.as_nobody()
    if not prefix:
        pytest.skip("other processes of this user would count")
    # The limit is looked at when a process is made, not when it changes its user.
    done = directory.run("-o", "out", "images", mode=mode, report=False, prefix=prefix,
                         preexec_fn=limited(resource.RLIMIT_NPROC, 0))
    assert done.status == 3 and "ulimit -u" in done.err, done
    assert directory.names("out") == []


@mode_with_workers
@without_sanitizer
def test_replacement_refused(directory, mode):
    """Every worker is killed while the system has no process to spare."""
    directory.many(200)
    (directory / "out").mkdir()
    (directory / "out").chmod(0o777)
    if not directory.as_nobody():
        pytest.skip("other processes of this user would count")
    # A user of nobody else, whose processes only we make.
    user = "60%03d" % (os.getpid() % 1000)
    prefix = ["setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"]
    report = directory / "out/report"
    run = subprocess.Popen([*prefix, *directory.command(["-o", "out/images", "images"], mode, report)], cwd=directory.path,
                           env=environment(), stderr=subprocess.PIPE, preexec_fn=limited(resource.RLIMIT_NPROC, 24))
    parent = Process(run.pid)
    wait_for(lambda: len(parent.workers()) == 2 and (directory / "out/images").exists(), "two workers at work")
    sleepers = [subprocess.Popen([*prefix, "sleep", "600"]) for _ in range(24)]
    try:
        wait_for(lambda: all(Process(sleeper.pid).name() == "sleep" for sleeper in sleepers), "the sleepers")
        for worker in parent.workers():
            worker.signal(signal.SIGKILL)
        _, err = run.communicate(timeout=DEADLINE)
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
    assert run.returncode == 3 and b"processes" in err, err
    records = read_report(report)
    assert len(records) == 200
    assert assert_whole(directory / "out/images") == sum(record["status"] == "ok" for record in records) < 200


@every_mode
def test_a_working_directory_that_is_gone(directory, mode):
    gone = directory / "gone"
    gone.mkdir()
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run("-o", str(directory / "out"), str(directory / "images"), mode=mode,
                         preexec_fn=lambda: (os.chdir(gone), os.rmdir(gone)))
    assert done.status == 0, done
    assert directory.names("out") == ["a.jpg"]


@every_mode
def test_memory_for_one_at_a_time_is_enough(directory, heavy_jpeg, mode):
    """Four workers, and room for one of these pictures: they wait for each other."""
    for i in range(5):
        os.link(heavy_jpeg, directory / ("%d.jpg" % i))
    names = ["%d.jpg" % i for i in range(5)]
    done = directory.run("-j4", "--max-memory", "300M", "-o", "out", *names, mode=mode)
    assert done.status == 0 and done.statuses() == {"ok": 5}


@every_mode
def test_what_takes_more_than_all_memory_fails_alone(directory, heavy_jpeg, mode):
    os.link(heavy_jpeg, directory / "a.jpg")
    Image.new("RGB", (40, 30), "red").save(directory / "b.jpg")
    done = directory.run("--max-memory", "128M", "-o", "out", "a.jpg", "b.jpg", mode=mode)
    assert done.status == 1
    assert done.record("a.jpg")["code"] == "too-large" and "--max-memory" in done.record("a.jpg")["error"]
    assert done.record("b.jpg")["status"] == "ok"


@pytest.mark.parametrize("value", ["", "1", "127M", "1T", "2GB", "-1", "M", "99999999999999999999"])
def test_memory_is_an_amount(directory, value):
    done = directory.run("--max-memory=" + value, "a.jpg", report=False)
    assert done.status == 2 and "--max-memory" in done.err
