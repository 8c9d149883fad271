"""make install: everything is in its place, works from there, and goes away again."""

import fcntl
import os
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, SANITIZER, TESTDATA, TOP, size_of

pytestmark = pytest.mark.skipif(bool(SANITIZER) or PROGRAM != str(TOP / "build" / "batchresize"),
                                reason="installs the ordinary build")

INSTALLED = [
    "bin/batchresize", "include/batchresize/api.h", "include/batchresize/batch.h", "include/batchresize/buffer.h", "include/batchresize/error.h",
    "include/batchresize/executor.h", "include/batchresize/image.h",
    "include/batchresize/plugin.h", "include/batchresize/version.h", "lib/libbatchresize-pool.a", "lib/libbatchresize-pool.so", "lib/libbatchresize-pool.so.0",
    "lib/libbatchresize.a", "lib/libbatchresize.so", "lib/libbatchresize.so.0", "lib/pkgconfig/batchresize-pool.pc",
    "lib/pkgconfig/batchresize.pc",
    "lib/systemd/system/batchresize-watch@.service", "lib/systemd/system/batchresize@.path", "lib/systemd/system/batchresize@.service",
    "lib/systemd/system/batchresize@.timer",
    "share/bash-completion/completions/batchresize", "share/doc/batchresize/examples/batchresize.cron", "share/fish/vendor_completions.d/batchresize.fish",
    "share/man/man1/batchresize.1", "share/man/man3/batchresize-plugin.3", "share/man/man3/batchresize-pool.3", "share/man/man3/batchresize.3", "share/zsh/site-functions/_batchresize"]

USER = r"""
#include <stdio.h>
#include <batchresize/batch.h>

static int spin(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	(void)ctx;
	(void)slot;
	*(int *)result = *(const int *)job * 2;
	return 0;
}

static int next;

static bool next_job(void *arg, void *job, uint64_t *tag)
{
	(void)arg;
	*(int *)job = next;
	*tag = (uint64_t)next;
	return next++ < 100;
}

static int finished(void *arg, const struct br_executor_result *result)
{
	*(long *)arg += *(const int *)result->result;
	return result->status != BR_EXECUTOR_DONE;
}

int main(void)
{
	const struct br_task_ops ops = {.transform = spin};
	const struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS, .workers = 2, .job_size = sizeof(int),
						 .result_size = sizeof(int), .ops = &ops};
	struct br_executor *executor;
	long sum = 0;
	const struct br_executor_loop loop = {.next_job = next_job, .finished = finished, .arg = &sum};

	if (br_executor_new(&executor, &options) || br_executor_map(executor, &loop))
		return 1;
	br_executor_free(executor);
	printf("%ld %u\n", sum, br_batch_options_default().image.quality);
	return 0;
}
"""


def make(*goals):
    """As a person would call it: nothing of the make that runs these tests is handed on. One at a time: the
    pkg-config file is made anew for each prefix."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "BATCHRESIZE"))}
    with open(TOP / "build/batchresize", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(["make", "-C", TOP, *goals], env=clean, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


@pytest.fixture
def prefix(tmp_path):
    told = make("install", "PREFIX=%s/usr" % tmp_path)
    assert b"LD_LIBRARY_PATH" in told, "the loader does not look there"
    yield tmp_path / "usr"
    make("uninstall", "PREFIX=%s/usr" % tmp_path)
    assert [path for path in tmp_path.joinpath("usr").rglob("*") if path.is_file()] == []


def test_install_and_uninstall(directory, prefix):
    assert sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()) == sorted(INSTALLED)
    for name in INSTALLED:
        assert (prefix / name).stat().st_size > 0, name
        assert (prefix / name).stat().st_mode & 0o777 == (0o755 if name.startswith("bin/") else 0o644)
    done = subprocess.run([prefix / "bin/batchresize", "-"], stdin=open(TESTDATA / "photos/city.jpg", "rb"),
                          stdout=subprocess.PIPE, check=True)
    assert size_of(done.stdout) == (800, 533)


# What each shell says of where it looks; a login without a desktop has no XDG_DATA_DIRS.
LOOKS = {"share/zsh/site-functions": ["zsh", "-fc", "print -l $fpath"],
         "/etc/fish/completions": ["fish", "-c", "string join \\n $fish_complete_path"]}


@pytest.mark.parametrize("place", LOOKS)
def test_default_prefix_is_where_shells_look(directory, place):
    """Nothing is to be set, and no package manager's directory is written to."""
    if not shutil.which(LOOKS[place][0]):
        pytest.skip("needs " + LOOKS[place][0])
    staged = directory / "staged"
    make("install", "DESTDIR=%s" % staged)
    path = place if place.startswith("/") else "/usr/local/" + place
    assert [file for file in os.listdir(str(staged) + path) if "batchresize" in file]
    looked = subprocess.run(LOOKS[place], env={"PATH": os.environ["PATH"], "HOME": str(directory.path)}, check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    assert path in re.split("[:\n]", looked)
    make("uninstall", "DESTDIR=%s" % staged)
    assert [file for file in staged.rglob("*") if file.is_file()] == []
    assert not (staged / "usr/share").exists()


def test_missing_packages_are_named_and_nothing_else(directory):
    """Of what make itself would say only that the rule failed."""
    (directory / "Makefile").write_text((TOP / "Makefile").read_text())
    for name, script in {"pkg-config": "exit 1", "deps": "echo 'Missing packages: gcc' >&2; exit 1"}.items():
        (directory / name).write_text("#!/bin/sh\n%s\n" % script)
        (directory / name).chmod(0o755)
    for goal in ("all", "demo", "test"):
        done = subprocess.run(["make", "INSTALL_DEPS=./deps", goal], cwd=directory.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={"PATH": "%s:%s" % (directory.path, os.environ["PATH"])}, text=True)
        assert done.returncode == 2
        first, *rest = (done.stdout + done.stderr).splitlines()
        assert first == "Missing packages: gcc"
        assert len(rest) == 1 and re.match(r"make: \*\*\* \[Makefile:\d+: build/config.mk\] Error 1$", rest[0])


def test_destdir_is_not_written_into_any_file(tmp_path):
    assert b"LD_LIBRARY_PATH" not in make("install", "DESTDIR=%s" % tmp_path, "PREFIX=/opt/batchresize")
    for name in INSTALLED:
        data = (tmp_path / "opt/batchresize" / name).read_bytes()
        assert os.fsencode(tmp_path) not in data, name
    assert b"prefix=/opt/batchresize" in (tmp_path / "opt/batchresize/lib/pkgconfig/batchresize.pc").read_bytes()
    # The next plain `make install` is not to find this prefix.
    make("uninstall", "DESTDIR=%s" % tmp_path, "PREFIX=/opt/batchresize")


# A program that knows of pools only.
POOL_USER = r"""
#include <stdio.h>
#include <batchresize/executor.h>
#include <batchresize/version.h>

static int twice(void *ctx, const void *job, void *result)
{
	(void)ctx;
	*(int *)result = *(const int *)job * 2;
	return 0;
}

int main(void)
{
	const struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS, .job_size = sizeof(int),
						    .result_size = sizeof(int), .function = twice};
	int numbers[2] = {20, 21}, doubled[2];

	if (BR_VERSION_NUMBER < 1000 || br_executor_array(&options, numbers, doubled, 2))
		return 1;
	printf("%d %d %s\n", doubled[0], doubled[1], br_version());
	return 0;
}
"""


def flags_of(prefix, package, *more):
    return subprocess.run(["pkg-config", *more, package], stdout=subprocess.PIPE, check=True, text=True,
                          env=dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"))).stdout.split()


def needed(path):
    told = subprocess.run(["readelf", "-d", path], stdout=subprocess.PIPE, check=True, text=True).stdout
    return re.findall(r"NEEDED.*\[(.*)\]", told)


def use(directory, prefix, text, flags):
    (directory / "user.c").write_text(text)
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Werror", "-o", "user", "user.c", *flags], cwd=directory.path, check=True)
    return subprocess.run([directory / "user"], stdout=subprocess.PIPE, check=True, text=True,
                          env=dict(os.environ, LD_LIBRARY_PATH=str(prefix / "lib"))).stdout


def static(flags):
    """The same, with our libraries' static kind."""
    return [re.sub(r"^-l(batchresize.*)", r"-l:lib\1.a", flag) for flag in flags]


def test_library_can_be_used(directory, prefix):
    assert use(directory, prefix, USER, flags_of(prefix, "batchresize", "--cflags", "--libs")) == "9900 80\n"
    assert {"libbatchresize.so.0", "libbatchresize-pool.so.0"} <= set(needed(directory / "user"))
    assert use(directory, prefix, USER, static(flags_of(prefix, "batchresize", "--static", "--cflags", "--libs"))) == "9900 80\n"
    assert not [name for name in needed(directory / "user") if "batchresize" in name]


def test_pools_need_no_other_library(directory, prefix):
    version = re.search(r'BR_VERSION +"(.*)"', (TOP / "include/batchresize/version.h").read_text()).group(1)
    flags = flags_of(prefix, "batchresize-pool", "--cflags", "--libs")
    assert use(directory, prefix, POOL_USER, flags) == "40 42 %s\n" % version
    assert needed(prefix / "lib/libbatchresize-pool.so.0") == ["libc.so.6"]
    assert use(directory, prefix, POOL_USER, static(flags_of(prefix, "batchresize-pool", "--static", "--cflags", "--libs"))) == \
        "40 42 %s\n" % version
    assert needed(directory / "user") == ["libc.so.6"]
    assert flags_of(prefix, "batchresize-pool", "--modversion") == flags_of(prefix, "batchresize", "--modversion") == [version]


def test_packages_name_what_is_used(prefix):
    """libpng is for tests, and libvips is loaded."""
    assert not {"libpng", "vips"} & set(re.split(r"[\s,]+", (prefix / "lib/pkgconfig/batchresize.pc").read_text()))


@pytest.mark.parametrize("page", [name for name in INSTALLED if "/man3/" in name])
def test_pages_of_the_libraries(prefix, page):
    text = (prefix / page).read_text()
    included = re.findall(r"^#include <(.*)>$", text, re.M)
    assert included
    for header in included:
        declared = set(re.findall(r"^[a-z].*?\b(br_\w+)\(", (prefix / "include" / header).read_text(), re.M))
        assert not [name for name in declared if not re.search(r"^[a-z].*\b%s\(" % name, text, re.M)]
    if not shutil.which("mandoc"):
        pytest.skip("needs mandoc")
    lint = subprocess.run(["mandoc", "-Tlint", "-Wall", prefix / page], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert lint.stdout == "" and lint.returncode == 0


@pytest.mark.parametrize("library", [name for name in INSTALLED if name.endswith((".so.0", ".a"))])
def test_nothing_else_is_visible(prefix, library):
    """One prefix for all that a library shows to those who link it."""
    dynamic = [] if library.endswith(".a") else ["-D"]
    told = subprocess.run(["nm", *dynamic, "--extern-only", "--defined-only", "--format=posix", prefix / library],
                          stdout=subprocess.PIPE, check=True, text=True).stdout
    names = [line.split()[0] for line in told.splitlines() if " " in line]
    assert names and [name for name in names if not name.startswith("br_")] == []


HEADERS = [name for name in INSTALLED if name.endswith(".h")]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("compiler", [["gcc", "-std=c11", "-xc"], ["g++", "-std=c++11", "-xc++"]], ids=["C", "C++"])
def test_header_stands_alone(header, compiler):
    """Each compiles by itself, with no other library's headers."""
    if not shutil.which(compiler[0]):
        pytest.skip("needs " + compiler[0])
    text = '#include <%s>\nint user(void);\n' % header[len("include/"):]
    subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-I", TOP / "include", "-"],
                   input=text.encode(), check=True)


CPP_USER = r"""
#include <batchresize/executor.h>

static int twice(void *, const void *job, void *result)
{
	*static_cast<int *>(result) = *static_cast<const int *>(job) * 2;
	return 0;
}

int main()
{
	br_executor_options options = br_executor_options();
	br_buffer buffer = BR_BUFFER_HEAP;
	int numbers[2] = {20, 21}, doubled[2];

	options.mode = BR_EXECUTOR_THREAD;
	options.function = twice;
	options.job_size = options.result_size = sizeof(int);
	int status = br_executor_array(&options, numbers, doubled, 2);
	return status || br_buffer_append(&buffer, doubled, sizeof(doubled)) || doubled[1] != 42;
}
"""


def test_library_can_be_used_from_cpp(directory, prefix):
    if not shutil.which("g++"):
        pytest.skip("needs g++")
    (directory / "user.cpp").write_text(CPP_USER)
    flags = static(flags_of(prefix, "batchresize-pool", "--static", "--cflags", "--libs"))
    subprocess.run(["g++", "-std=c++11", "-Wall", "-Werror", "-o", "user", "user.cpp", *flags], cwd=directory.path, check=True)
    subprocess.run([directory / "user"], check=True)
