"""--prune: what nothing asks for any more is removed, and nothing else."""

import os
import shutil
import sqlite3

import pytest

from conftest import STATE, every_mode, read_report
from pruned import ALL, PIXEL, PRUNE, assert_kept, made, pictures, pruned  # noqa: F401 a fixture too


# --- what looks like sources that are gone --------------------------------------------------------


@pytest.mark.parametrize("rest", ["empty", "marked"])
def test_a_source_directory_that_is_not_mounted(pictures, rest):
    os.rename(pictures / "images", pictures / "disk")
    (pictures / "images").mkdir()
    if rest == "marked":
        (pictures / "images/NOT_MOUNTED").write_text("mount it\n")
        (pictures / "images/README.bin").write_bytes(bytes(range(256)))
    done = pictures.run(*PRUNE)
    assert pruned(done) == [] and made(pictures) == ALL, done
    done = pictures.run("--force-empty", *PRUNE)
    assert done.status == 0 and len(pruned(done)) == 5 and "5 outputs removed" in done.err, done
    assert not [name for name in made(pictures) if name.endswith(".jpg")]


def test_a_source_directory_that_is_not_there(pictures):
    os.rename(pictures / "images", pictures / "disk")
    for options in (PRUNE, ("--force-empty", *PRUNE)):
        done = pictures.run(*options)
        assert done.status != 0 and pruned(done) == [] and made(pictures) == ALL, done


def test_a_directory_below_that_is_not_mounted(pictures):
    """Another one is in its place, without a picture; one that somebody has emptied is the same as before."""
    os.rename(pictures / "images/sub", pictures / "disk")
    (pictures / "images/sub").mkdir()
    os.rename(pictures / "images/old", pictures / "disk2")
    (pictures / "images/old/deep").mkdir(parents=True)
    done = pictures.run(*PRUNE)
    assert_kept(pictures, done)
    assert "images/sub: has no picture any more" in done.err and "(2 outputs)" in done.err, done
    shutil.rmtree(pictures / "images/old")
    assert pruned(pictures.run(*PRUNE)) == ["out/old/deep/e.jpg"]
    os.rmdir(pictures / "images/sub")
    os.rename(pictures / "disk", pictures / "images/sub")
    os.unlink(pictures / "images/sub/c.jpg")
    os.unlink(pictures / "images/sub/d.jpg")
    done = pictures.run(*PRUNE)
    assert pruned(done) == ["out/sub/c.jpg", "out/sub/d.jpg"] and "any more" not in done.err, done


OTHER_DISK = """
#include <dlfcn.h>
#include <sys/stat.h>
static void change(struct stat *st)
{
	if (st->st_ino == %dUL)
		st->st_dev++;
}
int stat(const char *path, struct stat *st)
{
	int status = ((int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat"))(path, st);

	change(st);
	return status;
}
int lstat(const char *path, struct stat *st)
{
	int status = ((int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "lstat"))(path, st);

	change(st);
	return status;
}
"""


def test_a_disk_below_that_is_another_one(pictures, shim):
    """Empty, and its topmost directory has the inode that those of all its kind have."""
    shutil.rmtree(pictures / "images/old/deep")
    prefix = shim(OTHER_DISK % (pictures / "images/old").stat().st_ino)
    done = pictures.run(*PRUNE, prefix=prefix)
    assert_kept(pictures, done)
    assert "images/old: has no picture any more" in done.err, done
    assert pruned(pictures.run("--force-empty", *PRUNE, prefix=prefix)) == ["out/old/deep/e.jpg"]


@pytest.mark.parametrize("flat", [(), ("--flat",)])
def test_a_disk_below_whose_directory_goes_with_it(pictures, shim, flat):
    """As those do that are mounted when they are plugged in."""
    prefix = shim(OTHER_DISK % (pictures / "images/sub").stat().st_ino)
    shutil.rmtree(pictures / "out")
    assert pictures.run(*flat, "-o", "out", "images", prefix=prefix).statuses() == {"ok": 5}
    before = made(pictures)
    shutil.rmtree(pictures / "images/sub")
    done = pictures.run(*flat, *PRUNE)
    assert done.status == 0 and pruned(done) == [] and made(pictures) == before, done
    assert "images/sub: has no picture any more" in done.err and "(2 outputs)" in done.err, done
    assert len(pruned(pictures.run("--force-empty", *flat, *PRUNE))) == 2


def test_a_disk_below_two_directories_that_were_named(directory, shim):
    """What was made below either is kept."""
    directory.copy(PIXEL, "images/a.jpg", "images/sub/b.jpg", "images/sub/disk/c.jpg")
    prefix = shim(OTHER_DISK % (directory / "images/sub/disk").stat().st_ino)
    assert directory.run("images", "images/sub", prefix=prefix).statuses() == {"ok": 5}
    shutil.rmtree(directory / "images/sub/disk")
    done = directory.run("--prune", "images", "images/sub")
    assert done.status == 0 and pruned(done) == [], done


# The program is killed when it tells .batchresize/told something for the COUNTth time, whose name its descriptor may
# not know.
KILLED_TELLING = """
#include <signal.h>
ssize_t write(int fd, const void *bytes, size_t size)
{
	static int count;
	char name[64], path[4096] = "";

	snprintf(name, sizeof(name), "/proc/self/fd/%%d", fd);
	if (readlink(name, path, sizeof(path) - 1) > 0 && strstr(path, "/.batchresize/") &&
	    fcntl(fd, F_GETFL) & O_APPEND && ++count == %d)
		kill(getpid(), SIGKILL);
	return syscall(SYS_write, fd, bytes, size);
}
"""


@pytest.mark.parametrize("count", range(1, 7))
def test_a_disk_below_that_a_killed_run_has_seen(directory, shim, count):
    """What was made of it is never known without it."""
    directory.copy(PIXEL, "images/a.jpg", "images/b.jpg", "images/sub/c.jpg")
    disk = OTHER_DISK % (directory / "images/sub").stat().st_ino
    run = ("-o", "out", "images")
    directory.run(*run, mode="serial", prefix=shim(disk + KILLED_TELLING % count))
    assert directory.run(*run, prefix=shim(disk)).status == 0
    shutil.rmtree(directory / "images/sub")
    done = directory.run(*PRUNE)
    assert done.status == 0 and pruned(done) == [], done


def test_a_link_that_leads_nowhere(directory):
    directory.copy(PIXEL, "images/a.jpg", "disk/b.jpg")
    os.symlink("../disk", directory / "images/linked")
    assert directory.run("--follow", "-o", "out", "images").statuses() == {"ok": 2}
    os.rename(directory / "disk", directory / "away")
    done = directory.run("--follow", *PRUNE)
    assert pruned(done) == [] and made(directory) == ["a.jpg", "linked", "linked/b.jpg"], done
    # one that nobody follows any more is there
    os.rename(directory / "away", directory / "disk")
    done = directory.run(*PRUNE)
    assert done.status == 0 and pruned(done) == [] and made(directory) == ["a.jpg", "linked", "linked/b.jpg"], done


@pytest.mark.parametrize("mode", [0, 0o444, 0o111])
def test_what_can_not_be_read(pictures, mode):
    nobody = pictures.as_nobody()
    for path in (pictures.path, pictures / "out", *(pictures / "out").rglob("*")):
        path.chmod(0o777)
    (pictures / "images/sub").chmod(mode)
    report = pictures / "out/report"
    try:
        done = pictures.run("--report", "out/report", *PRUNE, report=False, prefix=nobody)
    finally:
        (pictures / "images/sub").chmod(0o755)
    assert done.status == 1 and not [record for record in read_report(report) if record["code"] == "pruned"], done
    report.unlink()
    assert made(pictures) == ALL


def test_what_options_leave_out(pictures):
    done = pictures.run("--exclude", "*.jpg", *PRUNE)
    assert pruned(done) == [] and made(pictures) == ALL, done
    done = pictures.run("--exclude", "sub", "--include", "b.*", *PRUNE)
    assert_kept(pictures, done)


def test_a_directory_that_has_another_name_now(pictures):
    """A run has found its pictures there, and that nothing was to be done. What has its old name is not asked for them."""
    os.rename(pictures / "images", pictures / "photos")
    done = pictures.run("-o", "out", "photos")
    assert done.status == 0 and done.statuses() == {"skipped": 5}, done
    pictures.copy(PIXEL, "images/new.jpg", "images/sub/newer.jpg")
    done = pictures.run(*PRUNE)
    assert done.status == 0 and pruned(done) == [] and set(ALL) < set(made(pictures)), done
    # those of a directory are found one by one, and are nobody's business twice
    assert pictures.run("-o", "out", "photos").statuses() == {"skipped": 5}
    os.unlink(pictures / "photos/a.jpg")
    os.unlink(pictures / "images/new.jpg")
    assert pruned(pictures.run("--prune", "-o", "out", "photos")) == ["out/a.jpg"]
    assert pruned(pictures.run(*PRUNE)) == ["out/new.jpg"]


@pytest.mark.parametrize("how", ["both", "list", "dry"])
def test_another_name_that_is_found_otherwise(pictures, how):
    """Beside the new directory, by a list; and a dry run notes nothing."""
    os.rename(pictures / "images", pictures / "photos")
    pictures.copy(PIXEL, "images/new.jpg")
    names = "".join("photos/%s\n" % name for name in ALL if "." in name)
    options = {"both": ("images", "photos"), "list": ("--files-from", "-"), "dry": ("-n", "photos")}[how]
    cwd = pictures / "photos" if how == "list" else pictures.path
    output = "../out" if how == "list" else "out"
    done = pictures.run("-o", output, *options, cwd=cwd, stdin=names.replace("photos/", "").encode())
    assert done.status == 0, done
    done = pictures.run("--max-delete=100%", *PRUNE)
    assert done.status == 0 and len(pruned(done)) == (5 if how == "dry" else 0), done


# --- what is not this run's -----------------------------------------------------------------------


def test_other_sources(pictures):
    """Into one output directory: each run prunes what it has made."""
    pictures.copy(PIXEL, "more/x.jpg", "more/sub/y.jpg", "more/old/deep/z.jpg", "images/sub/w.jpg")
    for sources in ("more", "images/sub"):
        assert pictures.run("-o", "out", sources).status == 0
    os.unlink(pictures / "images/a.jpg")
    os.unlink(pictures / "more/x.jpg")
    os.unlink(pictures / "images/sub/w.jpg")
    assert pruned(pictures.run(*PRUNE)) == ["out/a.jpg"]
    assert {"x.jpg", "w.jpg", "sub/y.jpg"} <= set(made(pictures))
    assert pruned(pictures.run("--prune", "-o", "out", "more", "images")) == ["out/x.jpg"]
    assert pruned(pictures.run("--prune-all", "-o", "out", "images/sub")) == ["out/w.jpg"]


@pytest.mark.parametrize("other", [("-f", "png"), ("--name", "{stem}-big.{ext}"), ("-s", "30,40"),
                                   ("--flat", "--name", "flat-{stem}.{ext}")])
def test_other_options(pictures, other):
    other = (*other, "-o", "out", "images")
    assert pictures.run(*other).statuses() == {"ok": 5}
    before = made(pictures)
    os.unlink(pictures / "images/a.jpg")
    done = pictures.run("-v", *PRUNE)
    assert done.status == 0 and pruned(done) == ["out/a.jpg"], done
    assert "that runs with other options made are kept: --prune-all" in done.err, done
    assert made(pictures) == [name for name in before if name != "a.jpg"]
    assert pruned(pictures.run(*PRUNE)) == []
    # and of the other run nothing but its own
    done = pictures.run("--prune", *other)
    assert done.status == 0 and "b.jpg" in made(pictures) and pruned(done), done
    assert all("a" in os.path.basename(path) for path in pruned(done))


def test_what_no_run_has_made(pictures):
    """Files beside outputs, those that were found there, and those of a list."""
    pictures.copy(PIXEL, "images/f.jpg", "images/g.jpg", "images/listed.jpg")
    for name in ("out/stranger.jpg", "out/f.jpg", "out/sub/note.txt"):
        shutil.copy(pictures / "out/b.jpg", pictures / name)
        os.utime(pictures / name)
    assert pictures.run("-o", "out", "images").record("f.jpg")["status"] == "skipped"
    (pictures / "list").write_text('{"source": "images/./g.jpg", "output": "own.jpg"}\n')
    assert pictures.run("--files-from", "list", "--list-format", "ndjson", "-o", "out").statuses() == {"ok": 1}
    for name in ("f.jpg", "g.jpg", "listed.jpg", "sub/c.jpg"):
        os.unlink(pictures / "images" / name)
    done = pictures.run(*PRUNE)
    assert pruned(done) == ["out/g.jpg", "out/listed.jpg", "out/sub/c.jpg"], done
    assert {"stranger.jpg", "f.jpg", "own.jpg", "sub/note.txt"} <= set(made(pictures))


def test_what_another_source_has_become(directory):
    """a.png takes the place of a.jpg, and has its output."""
    directory.copy(PIXEL, "images/a.jpg", "images/b.jpg")
    directory.copy("edge/1x1.png", "more.png")
    options = ("-f", "jpeg", *PRUNE)
    assert directory.run(*options).statuses() == {"ok": 2}
    os.unlink(directory / "images/a.jpg")
    os.rename(directory / "more.png", directory / "images/a.png")
    for _ in range(2):
        done = directory.run(*options)
        assert done.status == 0 and pruned(done) == [] and made(directory) == ["a.jpg", "b.jpg"], done
    # nor if it can't be made: then it is no less the output of something that is there
    (directory / "images/a.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    done = directory.run(*options)
    assert done.status == 1 and pruned(done) == [] and made(directory) == ["a.jpg", "b.jpg"], done


FOLDING = """
#include <dlfcn.h>
#include <linux/magic.h>
#include <sys/vfs.h>
int fstatfs(int fd, struct statfs *fs)
{
	int (*next)(int, struct statfs *) = (int (*)(int, struct statfs *))dlsym(RTLD_NEXT, "fstatfs");
	int status = next(fd, fs);

	fs->f_type = EXFAT_SUPER_MAGIC;
	return status;
}
"""


def test_a_picture_that_is_written_otherwise_now(pictures, shim):
    """Where a.jpg and A.jpg are one name, it has the output of what it was called before."""
    os.rename(pictures / "images/sub", pictures / "images/SUB")
    os.rename(pictures / "images/a.jpg", pictures / "images/A.jpg")
    os.unlink(pictures / "images/b.jpg")
    done = pictures.run(*PRUNE, prefix=shim(FOLDING))
    assert done.status == 0 and pruned(done) == ["out/b.jpg"], done


@pytest.mark.parametrize("harm", ["written", "forged", "touched", "replaced", "link", "directory"])
def test_what_somebody_has_changed(pictures, harm):
    path = pictures / "out/sub/c.jpg"
    data, before = path.read_bytes(), path.stat()
    if harm in ("written", "forged"):
        path.write_bytes(data[:-1] + b"x")
        if harm == "forged":  # with its time put back
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif harm == "touched":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    else:
        os.rename(path, pictures / "away.jpg")
        if harm == "replaced":
            path.write_bytes(data)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif harm == "link":
            os.symlink(pictures / "away.jpg", path)
        else:
            path.mkdir()
    os.unlink(pictures / "images/sub/c.jpg")
    done = pictures.run("-v", *PRUNE)
    assert_kept(pictures, done)
    assert "1 left over are kept: not as they were left" in done.err, done
    assert harm not in ("link", "replaced") or (pictures / "away.jpg").read_bytes() == data
    # it is known as such as long as it is there, and if its source comes back it is made anew
    if harm != "directory":
        pictures.copy(PIXEL, "images/sub/c.jpg")
        found = harm == "replaced"  # of the same bytes
        assert pictures.run(*PRUNE).record("c.jpg")["status"] == ("skipped" if found else "ok") and path.read_bytes() == data


def test_what_has_other_permissions_or_another_name_besides(pictures):
    """Its bytes are as they were left: a size that is not asked for any more, and a source that is gone."""
    assert pictures.run("--enlarge", "-s", "20,40", "-o", "out/sizes", "images").statuses() == {"ok": 5}
    assert pictures.run("--enlarge", "-s", "20", "--name", "{stem}-{size}.{ext}", "-o", "out/sizes", "images").status == 0
    os.unlink(pictures / "images/a.jpg")
    (pictures / "out/a.jpg").chmod(0o640)
    os.link(pictures / "out/sizes/b-40.jpg", pictures / "backup.jpg")
    assert pruned(pictures.run(*PRUNE)) == ["out/a.jpg"]
    done = pictures.run("--enlarge", "-s", "20", "--name", "{stem}-{size}.{ext}", "--prune-all", "-o", "out/sizes", "images")
    assert "out/sizes/b-40.jpg" in pruned(done) and (pictures / "backup.jpg").exists(), done


def test_a_link_in_place_of_a_directory(pictures):
    """What lies behind it is as it was left, and is not to be reached this way."""
    os.rename(pictures / "out/sub", pictures / "elsewhere")
    os.symlink(pictures / "elsewhere", pictures / "out/sub")
    os.unlink(pictures / "images/sub/c.jpg")
    done = pictures.run(*PRUNE)
    assert pruned(done) == [] and (pictures / "elsewhere/c.jpg").exists(), done


def test_a_path_that_leads_out(pictures):
    """A database is no more to be believed than the directory that it lies in."""
    victim = pictures / "victim.jpg"
    os.rename(pictures / "out/a.jpg", victim)
    base = sqlite3.connect(pictures / "out" / STATE / "state.db")
    (outputs,) = base.execute("SELECT outputs FROM picture WHERE name = CAST('a.jpg' AS BLOB)").fetchone()
    for path in (b"../victim.jpg", os.fsencode(victim), b"sub/../../victim.jpg"):
        row = len(path).to_bytes(2, "little") + path + outputs[2 + len(b"a.jpg"):]
        base.execute("UPDATE picture SET outputs = ? WHERE name = CAST('a.jpg' AS BLOB)", (row,))
        base.commit()
        (pictures / "images/a.jpg").unlink(missing_ok=True)
        done = pictures.run(*PRUNE)
        assert pruned(done) == [] and victim.exists(), (path, done)
    base.close()


# --- what goes ------------------------------------------------------------------------------------


@every_mode
def test_sources_that_are_gone(pictures, mode):
    for name in ("a.jpg", "sub/c.jpg"):
        os.unlink(pictures / "images" / name)
    shutil.rmtree(pictures / "images/old")
    gone = ["out/a.jpg", "out/old/deep/e.jpg", "out/sub/c.jpg"]
    looked = pictures.run("-n", *PRUNE, mode=mode)
    assert looked.status == 0 and sorted(looked.out.decode().splitlines()) == ["remove " + name for name in gone]
    assert pruned(looked) == gone and made(pictures) == ALL and "3 outputs to remove" in looked.err, looked
    assert {record["status"] for record in looked.report if record["code"] == "pruned"} == {"planned"}
    assert pictures.run("-0", "-n", *PRUNE, mode=mode).out.count(b"\0") == 6
    done = pictures.run("-v", *PRUNE, mode=mode)
    assert done.status == 0 and pruned(done) == gone and "3 outputs removed" in done.err, done
    assert "out/a.jpg: its source is gone: removed" in done.err
    record = next(record for record in done.report if record["output"] == "out/a.jpg")
    assert record["source"] == "images/a.jpg" and record["status"] == "skipped" and record["attempt"] == 0
    assert done.statuses() == {"skipped": 5} and made(pictures) == ["b.jpg", "sub", "sub/d.jpg"]
    again = pictures.run(*PRUNE, mode=mode)
    assert again.status == 0 and pruned(again) == [] and "removed" not in again.err, again
    # what comes back is made as anything new
    pictures.copy(PIXEL, "images/old/deep/e.jpg")
    assert pictures.run(*PRUNE, mode=mode).record("e.jpg")["status"] == "ok"


def test_nothing_is_removed_unasked(pictures):
    os.unlink(pictures / "images/a.jpg")
    assert_kept(pictures, pictures.run("-o", "out", "images"))


def test_outputs_below_no_directory_in_common(directory):
    """Each directory has its own; and names are bytes."""
    directory.copy(PIXEL, "one/a.jpg", "two/b.jpg", "two/c.jpg", "one/keep.jpg")
    name = os.fsencode(directory / "one") + b"/\xff\n'.jpg"
    shutil.copy(directory / "one/a.jpg", name)
    assert directory.run("one", "two").statuses() == {"ok": 5}
    for path in (directory / "one/a.jpg", directory / "two/c.jpg", name):
        os.unlink(path)
    done = directory.run("--prune", "one", "two")
    assert done.status == 0 and len(pruned(done)) == 3, done
    assert made(directory, "resized_one") == ["keep.jpg"] and made(directory, "resized_two") == ["b.jpg"]


def test_names_and_places(directory):
    """Directories of a template, all in one directory, and the working directory itself."""
    directory.copy(PIXEL, "a.jpg", "sub/b.jpg", "sub/keep.jpg")
    for options in (("--name", "{stem}/{size}/x.{ext}"), ("--flat",)):
        command = (*options, "--prune", "-o", "out", ".")
        assert directory.run(*command).statuses() == {"ok": 3}
        os.unlink(directory / "sub/b.jpg")
        done = directory.run(*command)
        assert done.status == 0 and len(pruned(done)) == 1, done
        assert next(record for record in done.report if record["code"] == "pruned")["source"] == "sub/b.jpg"
        assert not [name for name in made(directory) if os.path.basename(name) in ("b", "b.jpg")]
        directory.copy(PIXEL, "sub/b.jpg")


@pytest.mark.parametrize("dry", [False, True])
def test_sizes_that_are_not_asked_for_any_more(pictures, dry):
    command = ("-s", "20,40,80", "-o", "out/sizes", "images")
    assert pictures.run("--enlarge", *command).statuses() == {"ok": 5}
    command = (*(["-n"] if dry else []), "--enlarge", "-s", "20,40", "--prune", "-o", "out/sizes", "images")
    done = pictures.run(*command)
    assert done.status == 0 and len(pruned(done)) == 5, done
    assert {record["source"] for record in done.report if record["code"] == "pruned"} == {""}
    left = [name for name in made(pictures, "out/sizes") if name.endswith(".jpg")]
    assert len(left) == (15 if dry else 10) and sum("-80" in name for name in left) == (5 if dry else 0)
    assert dry or pruned(pictures.run(*command)) == []


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize("before, now, goes", [
    (("-s", "20,40"), ("-s", "20"), ["b-20.jpg", "b-40.jpg", "gone-20.jpg", "gone-40.jpg"]),
    (("-s", "20"), ("-s", "20,40"), ["b.jpg", "gone.jpg"]),
    (("-s", "20,40"), ("-s", "40", "-q", "70"), ["b-20.jpg", "b-40.jpg", "gone-20.jpg", "gone-40.jpg"]),
    # beside it stand another size, another format, and what has a name of its own
    (("-s", "20,40"), ("-s", "80"), []), (("-s", "20,40"), ("-s", "20", "-f", "png"), []),
    (("-s", "20"), ("-s", "20", "--name", "new-{stem}.{ext}"), [])])
def test_sizes_whose_names_have_changed(directory, dry, before, now, goes):
    """With one size it is not in the name. What no longer has a source goes as well."""
    directory.copy(PIXEL, "images/b.jpg", "images/gone.jpg")
    assert directory.run("--enlarge", *before, "-o", "out", "images").statuses() == {"ok": 2}
    os.unlink(directory / "images/gone.jpg")
    command = (*(["-n"] if dry else []), "--enlarge", *now, "--prune", "-o", "out", "images")
    done = directory.run(*command)
    assert done.status == 0 and pruned(done) == ["out/" + name for name in goes], done
    assert not dry or pruned(directory.run(*command)) == pruned(done)
    if goes and not dry:
        assert not set(goes) & set(made(directory)) and pruned(directory.run(*command)) == []


def test_sizes_that_come_back(directory):
    """They are there to stay: one night of a run that takes turns with another is not the last of the other."""
    directory.copy(PIXEL, "images/b.jpg")
    for sizes in ("20,40", "20", "20,40"):
        assert directory.run("--enlarge", "-s", sizes, "-o", "out", "images").status == 0
    for sizes in ("20", "20,40", "20"):
        done = directory.run("--prune", "--enlarge", "-s", sizes, "-o", "out", "images")
        assert done.status == 0 and pruned(done) == [], done
    assert made(directory) == ["b-20.jpg", "b-40.jpg", "b.jpg"]


@pytest.mark.parametrize("most, goes", [("3", False), ("4", True), ("66.6%", False), ("66.667%", True)])
def test_the_brake_on_sizes(directory, most, goes):
    """4 of 6: those of two pictures by another name, and two that have just been made."""
    directory.copy(PIXEL, "images/a.jpg", "images/b.jpg")
    assert directory.run("--enlarge", "-s", "20,40", "-o", "out", "images").statuses() == {"ok": 2}
    done = directory.run("--enlarge", "-s", "20", "--prune", "--max-delete", most, "-o", "out", "images")
    assert done.status == (0 if goes else 1) and len(pruned(done)) == (4 if goes else 0), done
    assert made(directory) == (["a.jpg", "b.jpg"] if goes else
                               ["a-20.jpg", "a-40.jpg", "a.jpg", "b-20.jpg", "b-40.jpg", "b.jpg"])


def sizes_left(directory):
    return sorted({name.rsplit("-", 1)[1] for name in made(directory) if name.endswith(".jpg")})


def test_two_lists_that_share_a_size(pictures):
    """Each is taken for the other's successor once; from then on they take turns, and neither takes from the other."""
    shutil.rmtree(pictures / "out")
    small, large = (("--enlarge", "-s", sizes, "-o", "out", "images") for sizes in ("20,40", "40,80"))
    assert pictures.run(*large).status == 0
    assert len(pruned(pictures.run("--prune", *small))) == 5
    for run in (large, small, small, large, small):
        done = pictures.run("--prune", *run)
        assert done.status == 0 and pruned(done) == [], done
    assert sizes_left(pictures) == ["20.jpg", "40.jpg", "80.jpg"]
    # one that has not come back goes at once, and a dry run is no turn
    more, fewer = (("--prune", "--enlarge", "-s", sizes, "-o", "out", "images") for sizes in ("40,160", "160,200"))
    for run, goes in ((more, 0), (("-n", *fewer), 0), (("-n", *more), 0), (fewer, 0)):
        assert len(pruned(pictures.run(*run))) == goes
    assert sizes_left(pictures) == ["160.jpg", "20.jpg", "200.jpg", "40.jpg", "80.jpg"]
    assert len(pruned(pictures.run("--prune", "--enlarge", "-s", "160", "--name", "{stem}-{size}.{ext}", "-o", "out",
                                   "images"))) == 5
    assert sizes_left(pictures) == ["160.jpg", "20.jpg", "40.jpg", "80.jpg"]
    assert len(pruned(pictures.run("--prune-all", *small))) == 10
    assert sizes_left(pictures) == ["20.jpg", "40.jpg"]


def test_two_lists_that_took_turns_before(pictures):
    shutil.rmtree(pictures / "out")
    for sizes in ("20,40", "40,80", "20,40"):
        assert pictures.run("--enlarge", "-s", sizes, "-o", "out", "images").status == 0
    for sizes in ("40,80", "40,80", "20,40", "40,80"):
        done = pictures.run("--prune", "--enlarge", "-s", sizes, "-o", "out", "images")
        assert done.status == 0 and pruned(done) == [], done
    assert sizes_left(pictures) == ["20.jpg", "40.jpg", "80.jpg"]


def test_all_that_other_options_made(pictures):
    assert pictures.run("-f", "png", "-o", "out", "images").statuses() == {"ok": 5}
    os.unlink(pictures / "images/a.jpg")
    command = ("-f", "png", "--prune-all", "-o", "out", "images")
    done = pictures.run("-n", *command)
    assert len(pruned(done)) == 6, done
    done = pictures.run(*command)
    assert done.status == 0 and len(pruned(done)) == 6, done
    assert [name for name in made(pictures) if "." in name] == ["b.png", "old/deep/e.png", "sub/c.png", "sub/d.png"]


def test_the_last_that_was_made_of_a_picture_that_fails(pictures):
    """What other options made of it stays while there is nothing in its place."""
    assert pictures.run("-f", "png", "-o", "out", "images").statuses() == {"ok": 5}
    os.unlink(pictures / "out/a.jpg")
    for name in ("a.jpg", "b.jpg"):
        (pictures / "images" / name).write_bytes(b"no picture")
    done = pictures.run("--prune-all", "-o", "out", "images")
    assert done.status == 1 and {"a.png", "b.jpg"} <= set(made(pictures)), done
    assert "out/b.png" in pruned(done) and "out/a.png" not in pruned(done), done


def test_outputs_that_have_other_names_now(directory):
    """Since the picture is another one, of other sides."""
    directory.copy(PIXEL, "images/keep.jpg")
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    command = ("-s", "60x60", "--name", "{stem}-{width}x{height}.{ext}", "--prune", "-o", "out", "images")
    assert directory.run(*command).statuses() == {"ok": 2}
    before = made(directory)
    directory.copy(PIXEL, "images/a.jpg")
    done = directory.run(*command)
    assert pruned(done) == ["out/" + before[0]] and made(directory) == ["a-1x1.jpg", "keep-1x1.jpg"], done


def test_pictures_of_one_name_in_two_places(directory):
    """Whose outputs differ in their names by the sides alone: neither run takes away what the other has made."""
    directory.copy(PIXEL, "more/x.jpg")
    directory.copy("photos/mountains.jpg", "images/x.jpg")
    for sources in ("images", "more", "images", "more"):
        done = directory.run("-s", "60x60", "--name", "{stem}-{width}x{height}.{ext}", "--prune", "-o", "out", sources)
        assert done.status == 0 and pruned(done) == [], done
    assert made(directory) == ["x-1x1.jpg", "x-60x40.jpg"]


def test_the_directory_of_the_first_picture(directory):
    """It is made before the picture is begun, to see whether that can be done."""
    directory.copy(PIXEL, "images/first/a.jpg", "images/second/b.jpg")
    assert directory.run("-o", "out", "images").statuses() == {"ok": 2}
    for name in ("first/a.jpg", "second/b.jpg"):
        (directory / "images" / name).unlink()
    directory.copy(PIXEL, "images/third/c.jpg")
    assert pruned(directory.run(*PRUNE)) == ["out/first/a.jpg", "out/second/b.jpg"]
    assert made(directory) == ["third", "third/c.jpg"]


def test_directories(pictures):
    """Those that a run has made and that are empty; and never the output directory."""
    (pictures / "out/old/deep/e.jpg").unlink()
    shutil.rmtree(pictures / "images/old")
    (pictures / "other").mkdir()
    os.rmdir(pictures / "out/old/deep")
    os.rename(pictures / "other", pictures / "out/old/deep")  # somebody else's
    shutil.rmtree(pictures / "images/sub")
    (pictures / "out/sub/note.txt").write_text("mine\n")
    assert pruned(pictures.run(*PRUNE)) == ["out/sub/c.jpg", "out/sub/d.jpg"]
    assert made(pictures) == ["a.jpg", "b.jpg", "old", "old/deep", "sub", "sub/note.txt"]
    os.rename(pictures / "images", pictures / "away")
    (pictures / "images").mkdir()
    assert len(pruned(pictures.run("--force-empty", *PRUNE))) == 2
    assert (pictures / "out").is_dir()
