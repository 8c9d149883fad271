"""How outputs are published: existing ones, attributes, and file systems that refuse."""

import os
import resource
import subprocess

import pytest

from conftest import MODES, SANITIZER, TESTDATA, assert_whole, every_mode, size_of


@pytest.fixture
def small_disk(directory):
    """A file system of one megabyte, mounted at ./disk."""
    path = directory / "disk"
    path.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], check=False).returncode:
        pytest.skip("needs the right to mount")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


@every_mode
def test_existing_overwrite(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/a.jpg")
    assert directory.run("--existing", "overwrite", "images", mode=mode).status == 0
    assert size_of(directory / "resized_images/a.jpg") == (800, 533)


@every_mode
def test_existing_skip(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/b.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/a.jpg")
    done = directory.run("--existing", "skip", "images", mode=mode)
    assert done.status == 0 and done.statuses() == {"ok": 1, "skipped": 1}, done
    assert size_of(directory / "resized_images/a.jpg") == (1, 1)
    assert size_of(directory / "resized_images/b.jpg") == (800, 533)


@every_mode
def test_existing_update(directory, mode):
    directory.copy("photos/mountains.jpg", "images/older.jpg", "images/newer.jpg", "images/same.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/older.jpg", "resized_images/newer.jpg", "resized_images/same.jpg")
    os.utime(directory / "images/older.jpg", (1000, 1000))
    os.utime(directory / "images/same.jpg", (2000, 2000))
    os.utime(directory / "images/newer.jpg", (3000, 3000))
    for name in ("older", "newer", "same"):
        os.utime(directory / ("resized_images/%s.jpg" % name), (2000, 2000))
    done = directory.run("--existing", "update", "images", mode=mode)
    assert done.status == 0 and done.statuses() == {"ok": 1, "skipped": 2}, done
    assert size_of(directory / "resized_images/newer.jpg") == (800, 533)
    assert size_of(directory / "resized_images/older.jpg") == (1, 1)
    assert size_of(directory / "resized_images/same.jpg") == (1, 1)


@every_mode
def test_existing_error(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/b.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/a.jpg")
    done = directory.run("--existing", "error", "images", mode=mode)
    assert done.status == 1 and done.record("a.jpg")["code"] == "exists", done
    assert size_of(directory / "resized_images/a.jpg") == (1, 1)
    assert size_of(directory / "resized_images/b.jpg") == (800, 533)


def test_an_output_that_is_a_link_does_not_reach_through(directory):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "precious.jpg")
    (directory / "resized_images").mkdir()
    os.symlink("../precious.jpg", directory / "resized_images/a.jpg")
    assert directory.run("--existing", "overwrite", "images").status == 0
    assert size_of(directory / "precious.jpg") == (1, 1)
    assert size_of(directory / "resized_images/a.jpg") == (800, 533)


@every_mode
@pytest.mark.parametrize("mask, expected", [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0o027, 0o640)])
def test_mode_follows_the_umask(directory, mode, mask, expected):
    directory.copy("edge/1x1.jpg", "images/sub/a.jpg")
    (directory / "images/sub/a.jpg").chmod(0o444)
    assert directory.run("images", mode=mode, preexec_fn=lambda: os.umask(mask)).status == 0
    assert (directory / "resized_images/sub/a.jpg").stat().st_mode & 0o7777 == expected
    assert (directory / "resized_images/sub").stat().st_mode & 0o777 == 0o777 & ~mask


@every_mode
@pytest.mark.skipif(os.geteuid() != 0, reason="needs a group that is another's")
@pytest.mark.parametrize("output", ["shared", "shared/new"])
def test_a_directory_that_hands_on_its_group(directory, mode, output):
    """All that is made there is of its group (set-group-ID), what is kept for the next run as well."""
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/sub/b.jpg")
    (directory / "shared").mkdir()
    os.chown(directory / "shared", -1, 65534)
    (directory / "shared").chmod(0o2775)
    for options in ([], ["-q", "40"]):
        done = directory.run(*options, "-o", output, "images", mode=mode, preexec_fn=lambda: os.umask(0o002))
        assert done.status == 0 and done.statuses() == {"ok": 2}, done
        made = [directory / "shared", *(directory / "shared").rglob("*")]
        assert {path.stat().st_gid for path in made} == {65534}
        assert {path.stat().st_mode & 0o7777 for path in made if path.is_dir()} == {0o2775}
        assert {path.stat().st_mode & 0o7777 for path in made if not path.is_dir()} == {0o664}
        assert len(made) > 6


@every_mode
@pytest.mark.parametrize("what", ["", "times", "mode", "times,mode"])
def test_preserve(directory, mode, what):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    source = directory / "images/a.jpg"
    source.chmod(0o604)
    os.utime(source, ns=(1_234_567_890_123_456_789, 1_111_111_111_987_654_321))
    done = directory.run(*(["--preserve", what] if what else []), "images", mode=mode, preexec_fn=lambda: os.umask(0o022))
    assert done.status == 0, done
    made = (directory / "resized_images/a.jpg").stat()
    assert (made.st_mtime_ns == 1_111_111_111_987_654_321) == ("times" in what)
    assert (made.st_mode & 0o7777) == (0o604 if "mode" in what else 0o644)


@every_mode
def test_fsync_makes_the_same_files(directory, mode):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg", "images/b/c.jpg")
    assert directory.run("-o", "plain", "images", mode=mode).status == 0
    assert directory.run("--fsync", "-o", "safe", "images", mode=mode).status == 0
    assert directory.files("plain") == directory.files("safe")


def test_sources_are_only_read(directory):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    (directory / "images/a.jpg").chmod(0o444)
    (directory / "images").chmod(0o555)
    before = (directory / "images/a.jpg").stat()
    done = directory.run("-o", "out", "images")
    (directory / "images").chmod(0o755)
    after = (directory / "images/a.jpg").stat()
    assert done.status == 0, done
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_size) == (before.st_mtime_ns, before.st_ctime_ns, before.st_size)
    assert os.listdir(directory / "images") == ["a.jpg"]


# --- refusals -----------------------------------------------------------------------------------


@every_mode
def test_output_below_a_file_cannot_start(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "file")
    done = directory.run("-o", "file/out", "images", mode=mode)
    assert done.status == 3 and "file" in done.err, done


@every_mode
def test_output_not_writable_cannot_start(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/b.jpg")
    (directory / "closed").mkdir()
    (directory / "closed").chmod(0o555)
    done = directory.run("-o", "closed/out", "images", mode=mode, prefix=directory.as_nobody(), report=False)
    (directory / "closed").chmod(0o755)
    assert done.status == 3, done
    assert "closed/out" in done.err and "Permission denied" in done.err and "--output" in done.err
    assert os.listdir(directory / "closed") == []


@every_mode
def test_full_disk_from_the_beginning(directory, small_disk, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/b.jpg", "images/c.jpg")
    (small_disk / "ballast").write_bytes(bytes(1 << 20))
    done = directory.run("-o", "disk/out", "images", mode=mode)
    assert done.status == 3 and "No space left on device" in done.err, done
    assert assert_whole(small_disk / "out") == 0 if (small_disk / "out").exists() else True


@every_mode
def test_disk_that_fills_up(directory, small_disk, mode):
    """Some forty fit; what is there afterwards is whole, and every image is accounted for."""
    directory.many(120)
    done = directory.run("-o", "disk/out", "images", mode=mode)
    assert done.status == 3 and "No space left on device" in done.err, done
    counts = done.statuses()
    assert sum(counts.values()) == 120 and counts["failed"] >= 1
    assert assert_whole(small_disk / "out") == counts["ok"] > 0


@every_mode
def test_one_image_too_large_for_the_disk_fails_alone(directory, small_disk, mode):
    directory.copy("photos/chart.png", "images/large.png")
    directory.copy("edge/1x1.jpg", *("images/%d.jpg" % number for number in range(20)))
    (small_disk / "ballast").write_bytes(bytes(800 << 10))
    # two at a time: while the large one fills the disk, there is no room for the other either
    done = directory.run("-j1", "-s", "100%", "-f", "tiff", "-o", "disk/out", "images", mode=mode)
    assert done.status == 1, done
    assert done.statuses() == {"ok": 20, "failed": 1}
    assert "No space left on device" in done.record("large.png")["error"]
    assert len(directory.names("disk/out")) == 20


@pytest.mark.parametrize("mode", (*MODES, "auto"))
@pytest.mark.skipif(SANITIZER == "address", reason="AddressSanitizer needs more itself")
def test_file_size_limit_fails_the_large_ones(directory, mode):
    """RLIMIT_FSIZE: SIGXFSZ ends nobody, EFBIG is an error of that image."""
    directory.copy("photos/mountains.jpg", "images/large.jpg")
    directory.copy("edge/1x1.jpg", "images/small.jpg")
    limit = 8192
    done = directory.run("images", mode=mode, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    if mode == "hybrid":
        # Its shared memory counts as a file: it cannot start, and says what to do.
        assert done.status == 3 and "ulimit -f" in done.err, done
        return
    assert done.status == 1 and done.statuses() == {"ok": 1, "failed": 1}, done
    assert "File too large" in done.record("large.jpg")["error"]
    assert directory.names("resized_images") == ["small.jpg"]


def test_testdata_is_as_it_was():
    """No test, and no run, writes into testdata/."""
    assert not [path for path in TESTDATA.rglob("*") if path.name.startswith(("resized_", ".batchresize"))]
