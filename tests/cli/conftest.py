"""Fixtures of the command-line tests.

The program is $BATCHRESIZE, or build/batchresize. Every test works in a directory of its own, and no
test asserts a time: where something has to be waited for, there is a generous deadline.
"""

import base64
import concurrent.futures
import ctypes
import functools
import hashlib
import io
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

import sanitized

TOP = pathlib.Path(__file__).resolve().parents[2]
TESTDATA = TOP / "testdata"
PROGRAM = os.environ.get("BATCHRESIZE", str(TOP / "build" / "batchresize"))
# "address", "undefined" or "thread" under a sanitizer, which changes how a process dies.
SANITIZER = os.environ.get("BATCHRESIZE_SANITIZER", "")
MODES = ("serial", "thread", "process", "hybrid")
WITH_WORKERS = ("process", "hybrid")
STATE = ".batchresize"  # what runs keep for each other below their outputs
DEADLINE = 120  # seconds, for whatever has to happen sooner or later

# Whoever runs the tests may have defaults of their own, which are nobody's business here.
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

# A background job of a shell, and nohup, ignore these, and so would the program that the tests start.
# Not by signal.signal(), which wants the main thread: pytest-xdist imports this file in another now and then.
for ignored in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(ignored) == signal.SIG_IGN:
        ctypes.CDLL(None).signal(int(ignored), None)


def examples(count):
    """The same examples each time, so that a change is judged by what it changed; HUNT=N looks at N times as
    many new ones."""
    hunt = int(os.environ.get("HUNT", "0"))
    return settings(max_examples=count * max(hunt, 1), derandomize=not hunt, deadline=None, database=None,
                    suppress_health_check=list(HealthCheck))


def pytest_collection_modifyitems(config, items):
    if SANITIZER:
        sanitized.choose(config, items)


every_mode = pytest.mark.parametrize("mode", MODES)
mode_with_workers = pytest.mark.parametrize("mode", WITH_WORKERS)


# What a build without libvips says of each picture that takes it.
WITHOUT_LIBVIPS = b"which this build is made without (VIPS=no)"


def notes_of(record):
    """Its notes except for the one that says which way it went."""
    return [note for note in record["notes"] if not note.startswith("general-way:")]


def skip_without_libvips(said):
    """Skips a test whose run was refused a picture for want of libvips in this build, and nothing else."""
    if WITHOUT_LIBVIPS in said:
        line = next(line for line in said.splitlines() if WITHOUT_LIBVIPS in line)
        pytest.skip("needs libvips: " + os.fsdecode(line)[-200:])


@functools.lru_cache(maxsize=None)
def has_libvips():
    """Whether the program was built with libvips."""
    if not os.path.exists(PROGRAM):
        return True
    done = subprocess.run([PROGRAM, "--version", "--verbose"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return WITHOUT_LIBVIPS not in done.stdout


needs_libvips = pytest.mark.skipif(not has_libvips(), reason="needs libvips, which this build is made without (VIPS=no)")


class Result:
    """What a run said: status, stdout (bytes), stderr (text), and the lines of its report."""

    def __init__(self, status, out, err, report):
        self.status, self.out, self.err, self.report = status, out, err, report

    def __repr__(self):
        return "status %d\nstdout: %r\nstderr: %s" % (self.status, self.out[:2000], self.err[-4000:])

    def record(self, name):
        """The one record whose source ends with that name."""
        found = [record for record in self.report if source_bytes(record).endswith(os.fsencode(name))]
        assert len(found) == 1, (name, found)
        return found[0]

    def statuses(self):
        """How many records have each status."""
        counts = {}
        for record in self.report:
            counts[record["status"]] = counts.get(record["status"], 0) + 1
        return counts


def source_bytes(record):
    if record.get("source_bytes") is not None:
        return base64.b64decode(record["source_bytes"])
    return os.fsencode(record["source"])


def read_report(path):
    lines = path.read_bytes().split(b"\n")
    assert lines[-1] == b"", "the last line of a report ends as well"
    return [json.loads(line) for line in lines[:-1]]


def environment(**more):
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME") or name.endswith("SAN_OPTIONS")}
    return dict(kept, LC_ALL="C.UTF-8", **more)


class Directory:
    """A test's own working directory, and the program in it."""

    def __init__(self, path):
        self.path = path

    def __truediv__(self, name):
        return self.path / name

    def command(self, arguments, mode, report):
        command = [PROGRAM]
        # What a test has just written is no upload under way, and nobody needs to wait for its writer.
        if "-" not in arguments and not any(
                str(argument).startswith(("--settle", "--queue")) for argument in arguments):
            command += ["--settle=0"]
        if mode:
            command += ["--mode", mode, "-j2"]
        if report:
            command += ["--report", str(report)]
        return command + list(arguments)

    def run(self, *arguments, mode=None, report=True, stdin=b"", prefix=(), **options):
        """Runs to the end. A report is asked for and read unless report=False."""
        file = self.path.parent / (self.path.name + ".ndjson") if report else None
        if file and file.exists():
            file.unlink()
        done = subprocess.run([*prefix, *self.command(arguments, mode, file)], cwd=options.pop("cwd", self.path),
                              input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
                              env=environment(), **options)
        skip_without_libvips(done.stderr + done.stdout)
        records = read_report(file) if file and file.exists() else []
        return Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "backslashreplace"), records)

    def start(self, *arguments, mode=None, report=None, **options):
        """Starts the program and returns its Popen."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(self.command(arguments, mode, report), cwd=self.path, env=environment(), **options)

    def as_nobody(self):
        """What to put before the program for a run that may not do everything: root gives it away."""
        if os.geteuid() != 0:
            return []
        for path in [self.path, *self.path.parents]:
            if path.owner() == "root" and path.stat().st_mode & 0o055 != 0o055 and path != pathlib.Path("/"):
                path.chmod(0o755)
            if path == pathlib.Path(tempfile.gettempdir()):
                break
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    def copy(self, source, *names):
        """Copies a file of testdata/ to each of the names."""
        data = (TESTDATA / source).read_bytes()
        for name in names:
            path = self.path / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def below(self, name):
        """A directory in it for a run beside others."""
        (self.path / name).mkdir()
        return Directory(self.path / name)

    def many(self, count, source="photos/mountains.jpg", folder="images"):
        """A folder of `count` hard links to one picture."""
        (self.path / folder).mkdir()
        first = self.path / folder / "0000.jpg"
        first.write_bytes((TESTDATA / source).read_bytes())
        for number in range(1, count):
            os.link(first, self.path / folder / ("%04d.jpg" % number))

    def files(self, folder="."):
        """Every file below a folder, but those that runs keep for each other: name -> SHA-256 of its bytes."""
        root = self.path / folder
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(root.rglob("*")) if path.is_file() and STATE not in path.parts}

    def outputs(self, folder):
        """What lies directly in a folder, except what runs keep there for each other."""
        return [path for path in (self.path / folder).iterdir() if path.name != STATE]

    def names(self, folder="."):
        return sorted(self.files(folder))


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "here"
    path.mkdir()
    return Directory(path)


@pytest.fixture(scope="session")
def heavy_jpeg(tmp_path_factory):
    """A progressive JPEG, whose coefficients take some 80 MB to decode."""
    path = tmp_path_factory.mktemp("heavy") / "heavy.jpg"
    Image.linear_gradient("L").resize((6000, 4500)).convert("RGB").save(path, quality=50, progressive=True)
    return path


SHIM_HEAD = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
"""


# For runs with a shim that opens files in a worker, or asks what a descriptor is of, as no sandbox lets it.
NO_SANDBOX = "--sandbox=off"


# For shim(): no file is in memory, as far as that can be told without waiting.
NOTHING_AT_HAND = """
#include <sys/uio.h>
ssize_t preadv2(int fd, const struct iovec *places, int count, off_t at, int flags)
{
	errno = EAGAIN;
	return -1;
}
ssize_t preadv64v2(int fd, const struct iovec *places, int count, off_t at, int flags)
{
	return preadv2(fd, places, count, at, flags);
}
"""


def shim_of_pread(body):
    """For shim(): what is done when bytes of the file at `path` are asked for. Goes with NO_SANDBOX."""
    return NOTHING_AT_HAND + """
#include <dlfcn.h>
ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
	ssize_t (*next)(int, void *, size_t, off_t) = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
	char name[64], path[4096];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%%d", fd);
	length = readlink(name, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = 0;
%s
	return next(fd, bytes, size, at);
}
ssize_t pread64(int fd, void *bytes, size_t size, off_t at)
{
	return pread(fd, bytes, size, at);
}
""" % body.strip("\n")


# For shim(): a machine so busy that nothing is begun until there is a file "quiet".
BUSY_FOR_NOW = """
int getloadavg(double *average, int count)
{
	(void)count;
	average[0] = access("quiet", F_OK) ? 7.5 : 0.5;
	return 1;
}
"""


@pytest.fixture
def shim(tmp_path):
    """shim(C source) -> what to put before the program, so that its system calls fail as they do elsewhere.

    What the source defines comes before the C library's."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("needs a C compiler")
    if SANITIZER:
        pytest.skip("a sanitizer's runtime comes first in the list of what is loaded")

    numbers = itertools.count()

    def make(source):
        file = tmp_path / ("shim%d.c" % next(numbers))
        file.write_text(SHIM_HEAD + source)
        library = file.with_suffix(".so")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, file], check=True)
        return ["env", "LD_PRELOAD=%s" % library]

    return make


@pytest.fixture
def network_disk(directory):
    """network_disk(room, *lacks) -> the place where it is mounted."""
    mounted = []
    tools = [name for name in ("fusermount3", "fusermount") if shutil.which(name)]
    module = subprocess.run([sys.executable, "-c", "import fusepy"], stderr=subprocess.DEVNULL, check=False).returncode
    if not tools or module or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("needs python3-fusepy, fuse3 and /dev/fuse")

    def mount(room, *lacks):
        folder, place = directory.path.parent / "folder", directory / "disk"
        folder.mkdir()
        place.mkdir()
        process = subprocess.Popen([sys.executable, pathlib.Path(__file__).parent / "network_disk.py", folder, place,
                                    str(room), *lacks], stderr=subprocess.DEVNULL)
        mounted.append((process, place))
        wait_for(lambda: os.path.ismount(place) or process.poll() is not None, "the file system")
        if process.poll() is not None:
            pytest.skip("needs the right to mount")
        return place

    yield mount
    for process, place in mounted:
        subprocess.run([tools[0], "-u", "-z", place], check=False)
        process.wait()


def draw(directory, name, shade=100, size=(120, 90)):
    """A picture of one colour, of which there are as many as shades."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, 200 - shade, 50)).save(path)


def size_of(data):
    """Width and height of a picture, by Pillow."""
    image = Image.open(io.BytesIO(data) if isinstance(data, bytes) else data)
    image.load()
    return image.size


def wait_for(condition, what):
    """Waits until condition() is true and returns its value."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    pytest.fail("waited in vain for " + what)
    return None


def side_by_side(function, cases):
    """Calls function(*case) of all cases at once, for runs that do little except wait."""
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as threads:
        calls = [threads.submit(function, *case) for case in cases]
    for call in calls:
        call.result()


# --- processes ----------------------------------------------------------------------------------


class Process:
    """A process by /proc; every look may find that it has ended."""

    def __init__(self, pid):
        self.pid = pid

    def read(self, name):
        try:
            with open("/proc/%d/%s" % (self.pid, name), "rb") as stream:
                return stream.read().decode("ascii", "replace")
        except OSError:
            return ""

    def name(self):
        return self.read("comm").strip()

    def state(self):
        """R, S, T (stopped), Z, ...; empty when it is gone."""
        stat = self.read("stat")
        return stat.rpartition(")")[2].split()[0] if stat else ""

    def alive(self):
        return self.state() not in ("", "Z", "X")

    def threads(self):
        try:
            return len(os.listdir("/proc/%d/task" % self.pid))
        except OSError:
            return 0

    def children(self):
        pids = []
        try:
            for task in os.listdir("/proc/%d/task" % self.pid):
                with open("/proc/%d/task/%s/children" % (self.pid, task)) as stream:
                    pids += [int(pid) for pid in stream.read().split()]
        except OSError:
            pass
        return [Process(pid) for pid in pids]

    def descendants(self):
        found = []
        for child in self.children():
            found += [child] + child.descendants()
        return found

    def workers(self):
        return [process for process in self.descendants() if process.name() == "worker"]

    def open_files(self):
        """What its descriptors point to."""
        folder = "/proc/%d/fd" % self.pid
        targets = []
        try:
            for number in os.listdir(folder):
                try:
                    targets.append(os.readlink(os.path.join(folder, number)))
                except OSError:
                    pass
        except OSError:
            pass
        return targets

    def waits_for_a_reader(self):
        """Whether one of its threads sleeps in write(2) or writev(2) into a pipe."""
        numbers = {"x86_64": ("1", "20"), "aarch64": ("64", "66")}[os.uname().machine]
        for task in pathlib.Path("/proc/%d/task" % self.pid).glob("*/syscall"):
            try:
                number, descriptor = (task.read_text().split() + ["", ""])[:2]
                if number in numbers and os.readlink("/proc/%d/fd/%d" % (self.pid, int(descriptor, 16))).startswith("pipe:"):
                    return True
            except OSError:
                pass
        return False

    def is_computing(self):
        """Of a stopped process: whether it was stopped in code of its own or of an image library.

        Not in a system call, and not in the C library either: a process that has just sent or
        received a message is often preempted there."""
        fields = self.read("syscall").split()
        if len(fields) != 3 or fields[0] != "-1":
            return False
        counter = int(fields[2], 16)
        for line in self.read("maps").splitlines():
            first, _, last = line.split()[0].partition("-")
            if int(first, 16) <= counter < int(last, 16):
                name = os.path.basename(line.split()[-1])
                return not name.startswith(("libc.", "libc-", "ld-", "[vdso]"))
        return False

    def cpu_ticks(self):
        fields = self.read("stat").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12]) if fields else 0

    def ignores_or_catches(self, number):
        masks = re.findall(r"^Sig(?:Ign|Cgt):\s+([0-9a-f]+)$", self.read("status"), re.M)
        return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)

    def is_pending(self, number):
        """Whether a signal has been sent that has not come yet: a second one would be lost."""
        masks = re.findall(r"^(?:Shd|Sig)Pnd:\s+([0-9a-f]+)$", self.read("status"), re.M)
        return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)

    def signal(self, number):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass


def stop_busy_worker(parent, mode):
    """Stops (SIGSTOP) a worker in the middle of an image and returns it.

    A worker that is stopped while it computes has an image at hand: between images it waits in a
    system call. One that has just begun computes too, hence the ticks; and in process mode the
    image's file is to be seen."""

    def is_busy(worker):
        if not worker.is_computing() or worker.cpu_ticks() < 2:
            return False
        return mode != "process" or any(name.endswith(".jpg") for name in worker.open_files())

    def attempt():
        assert parent.alive(), "the run ended before a busy worker was met"
        for worker in parent.workers():
            worker.signal(signal.SIGSTOP)
            wait_for(lambda worker=worker: worker.state() in ("T", "", "Z"), "a worker to stop")
            if is_busy(worker):
                return worker
            worker.signal(signal.SIGCONT)
        return None

    return wait_for(attempt, "a busy worker")


def assert_whole(folder):
    """Every file below the folder is a picture that decodes to its last row."""
    count = 0
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and STATE not in path.parts:
            assert not path.name.startswith(".batchresize-"), "a temporary was left: %s" % path
            size_of(path)
            count += 1
    return count
