"""--mode=auto: what it chooses, that it says so, and that the pictures are the same whatever it chose."""

import json
import os
import shutil

import pytest

from conftest import NOTHING_AT_HAND, NO_SANDBOX, TESTDATA, shim_of_pread

LARGE = 400000  # bytes, from which on a file is worth handing over as a descriptor


def large_ones(directory, count):
    """Pictures of more than LARGE bytes: a JPEG may have anything behind its end."""
    (directory / "images").mkdir()
    data = (TESTDATA / "photos/mountains.jpg").read_bytes()
    first = directory / "images/0000.jpg"
    first.write_bytes(data + bytes(LARGE))
    for number in range(1, count):
        os.link(first, directory / "images" / ("%04d.jpg" % number))


def ways(done):
    return {record["mode"] for record in done.report}


def test_the_same_pictures(directory):
    shutil.copytree(TESTDATA, directory / "images", ignore=shutil.ignore_patterns("broken", "*.md"))
    made = {}
    for name, options in (("process", ()), ("auto", ()), ("auto", ("--trusted",)), ("auto", ("--io-threads", "2"))):
        out = "out-" + "-".join((name, *options))
        done = directory.run(*options, "-o", out, "images", mode=name)
        made[out] = (directory.files(out), {record["source"]: record["status"] for record in done.report})
    first = made.popitem()[1]
    assert len(first[0]) > 50
    assert all(one == first for one in made.values())


def test_small_ones_go_as_hybrid(directory, shim):
    directory.many(100)
    done = directory.run("-v", NO_SANDBOX, "images", mode="auto", prefix=shim(NOTHING_AT_HAND))
    assert done.status == 0 and ways(done) == {"hybrid"}
    assert "auto mode, 2 workers, 100 as hybrid, 0 as process" in done.err
    assert "--mode=auto: many files on " in done.err


def test_small_ones_in_memory_go_as_process(directory, shim):
    """Not some that see how long calls take. Each is asked for its last byte, and that without waiting."""
    directory.many(100)
    at_hand = shim("""
#include <sys/uio.h>
ssize_t preadv2(int fd, const struct iovec *places, int count, off_t at, int flags)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && at == st.st_size - 1 && flags == RWF_NOWAIT)
		return 1;
	abort();
}
ssize_t preadv64v2(int fd, const struct iovec *places, int count, off_t at, int flags)
{
	return preadv2(fd, places, count, at, flags);
}
""")
    done = directory.run(NO_SANDBOX, "images", mode="auto", prefix=at_hand)
    assert done.status == 0 and [record["mode"] for record in done.report].count("process") >= 15


def test_large_ones_go_as_process(directory):
    """Not the first, where they are not in memory, nor some that see how quickly files come; on a busy machine
    more."""
    large_ones(directory, 200)
    for _ in range(20):
        done = directory.run("images", "--existing=overwrite", mode="auto")
        assert done.status == 0 and "hybrid" in ways(done)
        if "process" in ways(done):
            break
    else:
        pytest.fail("no picture ever went as process")


def test_large_ones_that_are_waited_for_go_as_hybrid(directory, shim):
    slow = shim(shim_of_pread("""
	if (length > 0 && strstr(path, "/images/"))
		usleep(20000);
"""))
    large_ones(directory, 40)
    done = directory.run(NO_SANDBOX, "images", mode="auto", prefix=slow)
    assert done.status == 0 and "hybrid" in ways(done)  # the first ones come before any was waited for


def test_a_file_larger_than_slots_is_handed_over(directory):
    """What a hybrid refuses for want of memory in its slots."""
    (directory / "images").mkdir()
    data = (TESTDATA / "photos/mountains.jpg").read_bytes()
    (directory / "images/a.jpg").write_bytes(data + bytes(60 << 20))
    done = directory.run("--max-memory=300M", "images", mode="auto")
    assert done.status == 0 and ways(done) == {"process"}


def test_scarce_memory_is_not_shared(directory):
    """Of 180 MB, which process mode makes this in, half would be for what workers share."""
    (directory / "images").mkdir()
    data = (TESTDATA / "photos/mountains.jpg").read_bytes()
    (directory / "images/a.jpg").write_bytes(data + bytes(90 << 20))
    done = directory.run("-v", "-j1", "--max-memory=180M", "images", mode="auto")
    assert done.status == 0 and "memory is scarce: processes" in done.err and "process mode, 1 worker" in done.err, done


def test_few_small_ones_have_one_worker(directory):
    directory.many(1)
    done = directory.run("-v", "images", mode="auto")
    assert done.status == 0
    assert "too little work for a pool, and not trusted: one worker process" in done.err
    assert "auto mode, 1 worker" in done.err


def test_hidden_ones_are_not_counted(directory):
    """So they are many, where they are asked for: one that can be seen does not tell how many workers are of use."""
    directory.many(41)
    for path in sorted((directory / "images").iterdir())[1:]:
        path.rename(path.with_name("." + path.name))
    done = directory.run("-v", "--hidden", "-j2", "images", mode="auto")
    assert done.status == 0 and len(done.report) == 41, done
    assert "auto mode, 2 workers" in done.err


def test_trusted_ones_need_no_process(directory):
    directory.many(1)
    done = directory.run("-v", "--trusted", "images", mode="auto")
    assert done.status == 0 and ways(done) == {"serial"}
    assert "no pool" in done.err and "; serial mode" in done.err


def test_trusted_ones_are_for_threads(directory):
    """Unless the first read was waited for, as it may be on a machine with much else to do: then they are not."""
    directory.many(60)
    for _ in range(20):
        done = directory.run("-v", "-j2", "--trusted", "--existing=overwrite", "images", mode="auto")
        assert done.status == 0 and len(done.report) == 60, done
        threads = "trusted, and no wait for files: threads" in done.err
        assert threads == ("thread mode, 2 workers" in done.err) == (ways(done) == {"thread"}), done
        if threads:
            break
        assert "files may have to be waited for: processes, and threads for I/O" in done.err, done
        assert "auto mode, 2 workers" in done.err and ways(done) <= {"hybrid", "process"}, done
    else:
        pytest.fail("no run ever had threads")


def test_trusted_ones_that_are_waited_for_are_not_for_threads(directory, shim):
    slow = shim("""
ssize_t read(int fd, void *bytes, size_t length)
{
	char path[64], name[4096];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t got = readlink(path, name, sizeof(name) - 1);
	if (got > 0 && memmem(name, (size_t)got, "/images/", 8))
		usleep(2000);
	return syscall(SYS_read, fd, bytes, length);
}
""")
    directory.many(60)
    done = directory.run("-v", "-j2", "--trusted", "images", mode="auto", prefix=slow)
    assert done.status == 0 and len(done.report) == 60 and ways(done) <= {"hybrid", "process"}, done
    assert "files may have to be waited for: processes, and threads for I/O" in done.err, done


def test_a_pipe(directory):
    picture = (TESTDATA / "photos/small.webp").read_bytes()
    outs = {directory.run(*options, "-", mode=mode, report=False, stdin=picture).out
            for mode, options in (("serial", ()), ("auto", ()), ("auto", ("--trusted",)))}
    assert len(outs) == 1 and outs.pop()


def test_a_hook_is_told(directory):
    directory.many(20)
    done = directory.run("--on-finish", "cat > summary.json", "images", mode="auto")
    summary = json.loads((directory / "summary.json").read_text())
    assert done.status == 0 and summary["mode"] == "auto"
    assert summary["as_hybrid"] + summary["as_process"] == 20
    assert summary["io_threads"] >= summary["io_reading"] >= 1


@pytest.mark.parametrize("arguments, said", [
    (("--trusted", "--mode=hybrid"), "--trusted lets --mode=auto choose threads"),
    (("--trusted", "--mode=thread"), "--trusted lets --mode=auto choose threads"),
    (("--trusted", "--mode=auto", "--sandbox=require"), "leave one out"),
])
def test_trusted_alone(directory, arguments, said):
    directory.many(1)
    done = directory.run(*arguments, "images")
    assert done.status == 2 and said in done.err


def test_trusted_by_default_is_no_fault_elsewhere(directory):
    directory.many(1)
    (directory / "defaults").write_text("trusted = yes\n")
    assert directory.run("--config", "defaults", "images", mode="process").status == 0


def test_a_dry_run_is_planned(directory):
    directory.many(3)
    done = directory.run("-n", "images", mode="auto")
    assert done.status == 0 and done.out.count(b"\n") >= 3
