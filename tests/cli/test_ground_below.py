"""Directories below the output directory that go away, or whose place another takes, while a run writes into them."""

import os
import shutil
import subprocess

import pytest

from conftest import (DEADLINE, NO_SANDBOX, SANITIZER, environment, every_mode, read_report, shim_of_pread, source_bytes,
                      wait_for)

preloaded = pytest.mark.skipif(bool(SANITIZER), reason="needs a program that can be preloaded into")

GONE = "the output directory 'out/sub' is not there any more, or another one is in its place"

# Whoever reads a picture called hang... waits until there is a file "go". If he comes before the first ones are done,
# behind which they would wait, he goes on after a moment.
HANG = shim_of_pread("""
	for (int i = 0; strstr(path, "/hang") && i < MOMENT && !(FIRSTS); i++)
		usleep(2000);
	if (strstr(path, "/hang") && (FIRSTS))
		close(open("hangs", O_CREAT | O_WRONLY, 0666));
	while (strstr(path, "/hang") && access("hangs", F_OK) == 0 && access("go", F_OK) != 0)
		usleep(2000);
""")
FIRSTS = ("out/sub/first.jpg", "out/sub/deep/first.jpg", "out/other/first.jpg")


def sub_and_other(directory, count=12):
    """Two directories, of each of which a picture is made first, and others hang."""
    for name in ("sub", "sub/deep", "other"):
        directory.copy("photos/mountains.jpg", "images/%s/first.jpg" % name)
        directory.copy("edge/1x1.jpg", *["images/%s/hang%02d.jpg" % (name, number) for number in range(count)])
    (directory / "elsewhere").mkdir()


def hanging(directory, shim, mode, firsts, few=False):
    """The command of a run, of which some hang when the first ones are done; `few`: fewer than a process pool has
    threads that open files."""
    exist = " && ".join('access("%s", F_OK) == 0' % first for first in firsts)
    # a hybrid has threads that don't hang, and others come to the last picture before the first is done
    options = ["--io-threads=48"] if mode == "hybrid" else []
    moment = 5000 if mode == "hybrid" or (few and mode == "process") else 50
    prefix = shim(HANG.replace("FIRSTS", exist).replace("MOMENT", str(moment)))
    return [*prefix, *directory.command([NO_SANDBOX, "-o", "out", *options, "images"], mode, "report")]


def start(directory, shim, mode, *firsts, few=False):
    """That run, as far as that."""
    run = subprocess.Popen(hanging(directory, shim, mode, firsts, few), cwd=directory.path, env=environment(),
                           stderr=subprocess.PIPE)
    wait_for((directory / "hangs").exists, "the first ones")
    return run


def statuses_of(records, name):
    return {record["status"] for record in records if "/%s/" % name in record["source"] and "hang" in record["source"]}


def put(directory, how):
    """Does to out/sub what `how` says."""
    sub = directory / "out/sub"
    if how == "removed":
        shutil.rmtree(sub)
    else:
        sub.rename(directory / "gone")
    if how == "link":
        sub.symlink_to("../elsewhere")
    if how == "another":
        sub.mkdir()
    if how == "file":
        sub.write_bytes(b"a file")


@preloaded
@every_mode
@pytest.mark.parametrize("how", ["removed", "renamed", "link", "another", "file"])
def test_a_directory_that_goes_costs_what_lies_below_it(directory, shim, mode, how):
    sub_and_other(directory)
    run = start(directory, shim, mode, *FIRSTS)
    put(directory, how)
    before = set(directory.names())
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    records = read_report(directory / "report")
    assert run.returncode == 1 and len(records) == 39, err
    assert statuses_of(records, "other") == {"ok"} and len(list((directory / "out/other").iterdir())) == 13
    failed = [record for record in records if record["status"] == "failed"]
    # those that hung, whatever had its turn before
    assert len(failed) >= 4 and {record["code"] for record in failed} == {"system"}
    assert statuses_of(records, "sub") | statuses_of(records, "deep") <= {"ok", "failed"}
    assert all(GONE in record["error"] for record in failed), {record["error"] for record in failed}
    assert not list((directory / "elsewhere").iterdir())
    assert set(directory.names()) - before <= {"go", *(name for name in directory.names() if name.startswith("out/other/hang"))}


@preloaded
def test_a_run_that_has_nothing_else_left_ends(directory, shim):
    """Instead of failing a thousand pictures one by one."""
    directory.copy("photos/mountains.jpg", "images/first.jpg", "images/sub/first.jpg")
    directory.copy("edge/1x1.jpg", *["images/sub/hang%04d.jpg" % number for number in range(1100)])
    run = start(directory, shim, "serial", "out/sub/first.jpg")
    shutil.rmtree(directory / "out/sub")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    counts = [record["status"] for record in read_report(directory / "report")]
    assert run.returncode == 3 and err.count(GONE.encode()) == 8, err
    assert (counts.count("ok"), counts.count("failed"), counts.count("cancelled")) == (2, 8, 1092)


@preloaded
def test_a_run_that_has_one_elsewhere_left_goes_on(directory, shim):
    """However many lie below what is gone. It comes last, as the smallest."""
    directory.copy("photos/mountains.jpg", "images/first.jpg", "images/sub/first.jpg")
    directory.copy("edge/1x1.jpg", *["images/sub/hang%04d.jpg" % number for number in range(1100)], "images/subway/last.jpg")
    run = start(directory, shim, "serial", "out/sub/first.jpg")
    shutil.rmtree(directory / "out/sub")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    counts = [record["status"] for record in read_report(directory / "report")]
    assert run.returncode == 1 and (directory / "out/subway/last.jpg").exists(), err
    assert (counts.count("ok"), counts.count("failed"), counts.count("cancelled")) == (3, 1100, 0)


# Puts a link in the place of out/sub in the very moment in which a call is made for NAME, when all has been looked at.
SWAP = """
#include <dlfcn.h>
static void swap(const char *call, const char *name)
{
	if (strcmp("CALL", call) == 0 && strcmp(name, "NAME") == 0 && rename("out/sub", "gone") == 0)
		(void)!symlink("../elsewhere", "out/sub");
}
int linkat(int a, const char *from, int b, const char *to, int flags)
{
	swap("linkat", to);
	return ((int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat"))(a, from, b, to, flags);
}
int renameat(int a, const char *from, int b, const char *to)
{
	swap("renameat", to);
	return renameat2(a, from, b, to, 0);
}
int mkdirat(int at, const char *path, mode_t mode)
{
	swap("mkdirat", path);
	return (int)syscall(SYS_mkdirat, at, path, mode);
}
int openat(int at, const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = va_arg(more, mode_t);
	va_end(more);
	char link[64], name[4096] = "";
	snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
	ssize_t length = readlink(link, name, sizeof(name) - 1);
	if ((flags & O_TMPFILE) == O_TMPFILE && length > 8 && strcmp(name + length - 8, "/out/sub") == 0)
		swap("openat", path);
	return (int)syscall(SYS_openat, at, path, flags, mode);
}
"""


@preloaded
@pytest.mark.parametrize("mode", ["serial", "process"])
@pytest.mark.parametrize("call, name", [("linkat", "late.jpg"), ("renameat", "late.jpg"), ("mkdirat", "new"), ("openat", ".")])
def test_a_link_that_is_put_there_in_the_last_moment_gets_nothing(directory, shim, mode, call, name):
    directory.copy("photos/mountains.jpg", "images/sub/first.jpg")
    late = "images/sub/new/late.jpg" if call == "mkdirat" else "images/sub/late.jpg"
    directory.copy("edge/1x1.jpg", late)
    (directory / "elsewhere").mkdir()
    if call == "renameat":  # of what is replaced
        assert directory.run("-q", "50", "-o", "out", "images").status == 0
    done = directory.run("-o", "out", "images", mode=mode, prefix=shim(SWAP.replace("CALL", call).replace("NAME", name)))
    assert (directory / "out/sub").is_symlink() and not list((directory / "elsewhere").iterdir()), done
    failed = [record for record in done.report if record["status"] == "failed"]
    assert done.status == 1 and failed and all(GONE in record["error"] for record in failed), done
    assert call == "openat" or done.record(late) in failed, done


# --- links ------------------------------------------------------------------------------------------------


@preloaded
@every_mode
def test_a_link_that_was_there_is_followed_and_stays_what_it_is(directory, shim, mode):
    sub_and_other(directory)
    (directory / "out").mkdir()
    (directory / "mine").mkdir()
    (directory / "out/sub").symlink_to("../mine")
    run = start(directory, shim, mode, *FIRSTS)
    (directory / "out/sub").unlink()
    (directory / "out/sub").symlink_to("../elsewhere")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    records = read_report(directory / "report")
    assert run.returncode == 1 and not list((directory / "elsewhere").iterdir()), err
    assert statuses_of(records, "other") == {"ok"} and "failed" in statuses_of(records, "sub"), err


@preloaded
@pytest.mark.parametrize("mode", ["serial", "process"])
def test_a_link_in_what_the_run_has_made_is_not_followed(directory, shim, mode):
    """Nothing was there before."""
    directory.copy("photos/mountains.jpg", "images/first.jpg", "images/sub/first.jpg")
    directory.copy("edge/1x1.jpg", "images/sub/hang.jpg", "images/sub/late/hang.jpg")
    (directory / "elsewhere").mkdir()
    run = start(directory, shim, mode, "out/first.jpg", "out/sub/first.jpg", few=True)
    shutil.rmtree(directory / "out/sub/late", ignore_errors=True)  # of those that are opened early
    (directory / "out/sub/late").symlink_to("../../elsewhere")
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1 and not list((directory / "elsewhere").iterdir()), err
    assert b"the output directory 'out/sub/late" in err, err


# --- mounts -----------------------------------------------------------------------------------------------

MOVED = {"unmounted": ("mount -t tmpfs none out/sub", "umount -l out/sub"),
         "mounted over": ("true", "mount -t tmpfs none out/sub")}


@preloaded
@every_mode
@pytest.mark.parametrize("how", MOVED)
def test_a_mount_that_goes_or_comes(directory, shim, mode, how):
    """What lies below is not written to, be it the disk below the mount or what was mounted."""
    sub_and_other(directory, 6)
    (directory / "out/sub").mkdir(parents=True)
    way = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*way, "mount", "-t", "tmpfs", "none", "out"], cwd=directory.path, stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        pytest.skip("no mounts can be made here")
    script = """%s || exit; "$@" & until [ -e hangs ]; do sleep 0.01; done
%s && ls out/sub >empty; touch go; wait $!; status=$?; ls out/sub >left; exit $status""" % MOVED[how]
    run = subprocess.Popen([*way, "sh", "-c", script, "sh", *hanging(directory, shim, mode, FIRSTS)], cwd=directory.path,
                           env=environment(), stderr=subprocess.PIPE)
    _, err = run.communicate(timeout=DEADLINE)
    records = read_report(directory / "report")
    assert run.returncode == 1 and statuses_of(records, "other") == {"ok"}, err
    assert "failed" in statuses_of(records, "sub") and GONE.encode() in err, err
    assert (directory / "empty").read_text() == (directory / "left").read_text() == ""


# --- sources ----------------------------------------------------------------------------------------------


@preloaded
@every_mode
@pytest.mark.parametrize("what", ["directory", "file"])
def test_a_link_in_place_of_a_source_is_not_followed(directory, shim, mode, what):
    """It may lead to what the owner of the tree may not read."""
    directory.copy("photos/mountains.jpg", "images/first.jpg", "secret/z.jpg")
    directory.copy("edge/1x1.jpg", *["images/hang%02d.jpg" % number for number in range(80)], "images/sub/z.jpg")
    run = start(directory, shim, mode, "out/first.jpg")
    victim = directory / ("images/sub" if what == "directory" else "images/sub/z.jpg")
    victim.rename(directory / "gone")
    victim.symlink_to(directory / ("secret" if what == "directory" else "secret/z.jpg"))
    (directory / "go").touch()
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1 and not (directory / "out/sub/z.jpg").exists(), err
    record = next(record for record in read_report(directory / "report") if source_bytes(record) == b"images/sub/z.jpg")
    assert record["code"] == "system" and "a symbolic link" in record["error"], record


def test_links_among_sources_are_followed_when_asked(directory):
    directory.copy("edge/1x1.jpg", "elsewhere/a.jpg")
    (directory / "images").mkdir()
    (directory / "images/sub").symlink_to("../elsewhere")
    assert directory.run("--follow", "-o", "out", "images").statuses() == {"ok": 1}
