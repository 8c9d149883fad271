"""A disk that fails, or never answers, under .batchresize/state.db: the run goes on without it, and keeps it."""

import os
import shutil

import pytest

from conftest import NO_SANDBOX, STATE, every_mode, shim_of_pread
from remembered import RUN, database, pictures, remade  # noqa: F401 a fixture too

# Of what is read of the database and its log: the call that FAILING_READ counts to, and those that follow.
FAILING_READS = shim_of_pread("""
	static int calls;
	const char *const number = getenv("FAILING_READ");
	if (strstr(path, "/.batchresize/state.db") && ++calls COMPARED atoi(number)) {
		(void)syscall(SYS_openat, AT_FDCWD, "failed", O_CREAT | O_WRONLY, 0666);
		errno = EIO;
		return -1;
	}
""")


@pytest.mark.parametrize("compared", ["==", ">="])
def test_bytes_that_the_disk_does_not_give(pictures, shim, compared):
    """Whichever they are: that is no damage, and what was remembered serves again as soon as it can be read."""
    kept, made = pictures.path.parent / "kept", pictures.files("out")
    shutil.copytree(pictures / "out" / STATE, kept)
    prefix = shim(FAILING_READS.replace("COMPARED", compared))
    for number in range(1, 1000):
        shutil.rmtree(pictures / "out" / STATE)
        shutil.copytree(kept, pictures / "out" / STATE)
        done = pictures.run(NO_SANDBOX, *RUN, prefix=[*prefix, "FAILING_READ=%d" % number])
        assert done.status == 0 and done.statuses() == {"skipped": 3}, (number, done)
        if not (pictures / "failed").exists():
            break
        os.unlink(pictures / "failed")
        assert "set aside" not in done.err and "damaged" not in done.err, (number, done)
        if compared == ">=":
            assert done.err.count("state.db: ") == 1 and "Input/output error" in done.err, (number, done)
            assert "sizes and times" in done.err
        assert not list(database(pictures).parent.glob("*.damaged")), (number, done)
        assert pictures.files("out") == made
        assert pictures.run("-n", "-q", "70", *RUN).out.count(b" -> ") == 4, "what was made how is known again"
        assert remade(pictures) == [], number
    assert 4 < number < 999


# A disk that never says of the database that it is on it.
SYNC_HANGS = """
#include <dlfcn.h>
#include <time.h>
static int synchronise(int fd, const char *call)
{
	struct timespec t = {1000, 0};
	char name[64], path[4096] = "";

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (readlink(name, path, sizeof(path) - 1) > 0 && strstr(path, "/.batchresize/state.db"))
		for (;;)
			nanosleep(&t, NULL);
	return ((int (*)(int))dlsym(RTLD_NEXT, call))(fd);
}
int fsync(int fd)
{
	return synchronise(fd, "fsync");
}
int fdatasync(int fd)
{
	return synchronise(fd, "fdatasync");
}
"""


@pytest.mark.parametrize("known", [False, True])
def test_a_disk_that_never_answers(pictures, shim, known):
    """It is waited for some seconds; then the run goes on, and comes to its end."""
    output = "out" if known else "new"
    done = pictures.run(NO_SANDBOX, "--fsync", *RUN[:2], "-o", output, "images", prefix=shim(SYNC_HANGS))
    assert done.status == 0 and done.statuses() == ({"skipped": 3} if known else {"ok": 3}), done
    assert done.err.count("state.db: does not answer: what has changed is judged by sizes and times") == 1, done
    assert len(pictures.names(output)) == 6
    assert remade(pictures) == []


# A disk on which a file beside the outputs is made only when all pictures are there.
LATE = """
#include <dlfcn.h>
#include <time.h>
int linkat(int from, const char *old, int to, const char *name, int flags)
{
	int (*next)(int, const char *, int, const char *, int) =
	    (int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat");
	struct timespec moment = {0, 1000000};

	for (int i = 0; strcmp(name, getenv("LATE")) == 0 && access(getenv("LAST"), F_OK) != 0; i++) {
		if (i == 60000)
			abort();
		nanosleep(&moment, NULL);
	}
	return next(from, old, to, name, flags);
}
"""


@pytest.mark.parametrize("late, known", [("state.db", False), ("told", False), ("told", True)])
def test_pictures_do_not_wait_for_what_is_remembered_of_them(directory, shim, late, known):
    if known:
        directory.copy("photos/mountains.jpg", "images/before.jpg")
        assert directory.run("-s", "20", "-o", "out", "images").statuses() == {"ok": 1}
        (directory / "images/before.jpg").unlink()
    directory.copy("photos/mountains.jpg", *("images/%02d.jpg" % number for number in range(30)))
    done = directory.run("--mode", "process", "-j1", "-s", "20", "-o", "out", "images",
                         prefix=[*shim(LATE), "LATE=" + late, "LAST=out/29.jpg"])
    assert done.status == 0 and "state.db" not in done.err, done
    assert done.statuses() == {"ok": 30}, done
    again = directory.run("-n", "-q", "70", "-s", "20", "-o", "out", "images")
    assert again.out.count(b" -> ") == 30, "what was made how is known"
    assert directory.run("-s", "20", "-o", "out", "images").statuses() == {"skipped": 30}


# Writes to "looks" which outputs are looked at by their path.
LOOKS = """
#include <dlfcn.h>
static int look(const char *path, struct stat *st, const char *name)
{
	int (*next)(const char *, struct stat *) = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, name);
	size_t length = strlen(path);

	if (strncmp(path, "out/", 4) == 0 && length > 4 && strcmp(path + length - 4, ".jpg") == 0) {
		int looks = (int)syscall(SYS_openat, AT_FDCWD, "looks", O_CREAT | O_WRONLY | O_APPEND, 0666);

		(void)!write(looks, "\\n", 1);
		close(looks);
	}
	return next(path, st);
}
int lstat(const char *path, struct stat *st) { return look(path, st, "lstat"); }
int lstat64(const char *path, struct stat64 *st) { return look(path, (struct stat *)st, "lstat64"); }
"""


@every_mode
@pytest.mark.parametrize("sizes", ["20", "20,30"])
def test_what_nothing_is_known_of_is_not_looked_at(directory, shim, mode, sizes):
    """A call each, which a first night can do without: neither before a picture is made, since it would be made all
    the same, nor after, when it has just been seen under its name."""
    directory.copy("photos/mountains.jpg", *("images/%02d.jpg" % number for number in range(5)))
    run = (NO_SANDBOX, "-s", sizes, "-o", "out", "images")
    assert directory.run(*run, mode=mode, prefix=shim(LOOKS)).statuses() == {"ok": 5}
    assert not (directory / "looks").exists()
    assert directory.run(*run, mode=mode).statuses() == {"skipped": 5}, "it is known all the same"
    for path in (directory / "out").glob("*.jpg"):
        path.write_bytes(path.read_bytes())
    assert directory.run(*run, mode=mode, prefix=shim(LOOKS)).statuses() == {"ok": 5}
    assert (directory / "looks").exists(), "the shim sees them"
