"""What the rest of the system does to a run: its output directory, other runs, clocks, limits, mounts, streams."""

import itertools
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time

import pytest
from PIL import Image

from conftest import TESTDATA, Directory, Process, wait_for
from modes import MODES, every_mode, mode_with_workers
from promise import Broken, Ground, Run, keep, members


@pytest.fixture
def ground(tmp_path):
    return Ground(tmp_path / "here")


@pytest.fixture
def long_ground(tmp_path):
    return Ground(tmp_path / "here", pictures=40, options=("-s", "200"), side=500)


def stopped_with_outputs(run):
    """Stops a run in the middle: some outputs are there, and some are not."""
    out = run.ground.path / "out"
    wait_for(lambda: run.process.poll() is not None or (out.is_dir() and len(os.listdir(out)) > 3), "some outputs")
    if run.process.poll() is None:
        os.killpg(run.session, signal.SIGSTOP)
        wait_for(lambda: all(Process(pid).state() in ("T", "Z", "") for pid in members(run.session)), "all to stop")
    return run


def go_on(run):
    if run.process.poll() is None:
        os.killpg(run.session, signal.SIGCONT)
    return run.wait()


# --- the output directory -----------------------------------------------------------------------------


@every_mode
def test_the_output_directory_is_moved_away(long_ground, mode, tell):
    run = stopped_with_outputs(Run(long_ground, mode=mode))
    os.rename(long_ground.path / "out", long_ground.path / "elsewhere")
    tell("the output directory is moved away", mode, [keep(go_on(run), places=("out", "elsewhere"))])


@every_mode
def test_the_output_directory_is_replaced_by_a_link(long_ground, mode, tell):
    run = stopped_with_outputs(Run(long_ground, mode=mode))
    os.rename(long_ground.path / "out", long_ground.path / "first")
    (long_ground.path / "second").mkdir()
    os.symlink("second", long_ground.path / "out")
    tell("the output directory is replaced by a link", mode, [keep(go_on(run), places=("first", "second"))])


@every_mode
def test_the_output_directory_is_removed(long_ground, mode, tell):
    run = stopped_with_outputs(Run(long_ground, mode=mode))
    shutil.rmtree(long_ground.path / "out")
    tell("the output directory is removed", mode, [keep(go_on(run), places=())])


@every_mode
def test_the_output_directory_becomes_read_only(long_ground, mode, tell):
    ground = long_ground
    prefix = Directory(ground.path).as_nobody()
    for folder in (ground.path, ground.home, ground.tmp):
        folder.chmod(0o777)
    (ground.path / "out").mkdir()
    (ground.path / "out").chmod(0o777)
    run = stopped_with_outputs(Run(ground, mode=mode, prefix=prefix))
    for folder in (ground.path / "out", ground.path / "out/deep"):
        if folder.is_dir():
            folder.chmod(0o555)
    go_on(run)
    outcome = keep(run, again=False)
    tell("the output directory becomes read-only", mode, [outcome])


# --- other runs, and time -----------------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("lock", ["fail", "wait", "off"])
def test_two_runs_into_one_output(long_ground, mode, lock, tell):
    first = Run(long_ground, mode=mode)
    second = Run(long_ground, "--lock=" + lock, mode=mode, report="report-2")
    first.wait(), second.wait()
    if lock == "fail":
        statuses = sorted((first.status, second.status))
        assert statuses in ([0, 4], [0, 0]), (statuses, first.said, second.said)
    outcomes = [keep(run) for run in (first, second) if run.status != 4]
    tell("two runs into one output", mode, outcomes, "--lock=" + lock)


@every_mode
def test_the_clock_is_set_back(ground, shim, mode, tell):
    """And forth, by a day, each time that somebody asks."""
    prefix = shim("""
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *t)
{
	static int calls;
	int status = ((int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime"))(clock, t);
	if (clock == CLOCK_REALTIME && __sync_fetch_and_add(&calls, 1) % 2)
		t->tv_sec -= 86400;
	return status;
}
time_t time(time_t *result)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (result)
		*result = t.tv_sec;
	return t.tv_sec;
}""")
    outcome = keep(Run(ground, mode=mode, prefix=prefix).wait())
    assert outcome == "done", outcome
    tell("the clock is set back and forth", mode, [outcome])


@every_mode
def test_everything_stands_still(long_ground, mode, tell):
    """For longer than a picture may take, which is not the pictures' fault."""
    run = stopped_with_outputs(Run(long_ground, "--timeout=2", mode=mode))
    time.sleep(6)
    outcome = keep(go_on(run))
    assert outcome == "done", (outcome, run.records())
    tell("stopped for longer than `--timeout`", mode, [outcome])


# --- names -----------------------------------------------------------------------------------------------


def odd_names(ground):
    """Names of every byte, of newlines, of leading dashes, and as long as can be."""
    first = (ground.path / "images/000.jpg").read_bytes()
    names = [b"%c.jpg" % byte for byte in range(1, 256) if byte not in b"/"]
    names += [b"a\nb\n.jpg", b"-o.jpg", b"--mode=x.jpg", b"e" * 251 + b".jpg", b" .jpg", b"\xff\xfe.jpg", b"..jpg", b"a..jpg.jpg"]
    for name in names:
        # one hidden from a walk, as names with a leading dot are, would be no source
        if not name.startswith(b"."):
            with open(os.path.join(os.fsencode(ground.path), b"images", name), "wb") as stream:
                stream.write(first)


@every_mode
def test_names_of_every_kind(tmp_path, mode, tell):
    ground = Ground(tmp_path / "here", draw=odd_names, options=("-s", "8"))
    outcome = keep(Run(ground, mode=mode).wait())
    assert outcome == "done", outcome
    tell("names of every byte, of newlines, of 255 bytes", mode, [outcome])


# --- limits ------------------------------------------------------------------------------------------------


LIMITS = {"`RLIMIT_NOFILE` 64": (resource.RLIMIT_NOFILE, [64]), "`RLIMIT_NOFILE` 8 to 40": (resource.RLIMIT_NOFILE, range(8, 40, 3)),
          "`RLIMIT_AS` 40 to 400 MB": (resource.RLIMIT_AS, [megabytes << 20 for megabytes in range(40, 400, 30)]),
          "`RLIMIT_DATA` 2 to 60 MB": (resource.RLIMIT_DATA, [megabytes << 20 for megabytes in range(2, 60, 8)]),
          "`RLIMIT_FSIZE` 300 bytes to 1 MB": (resource.RLIMIT_FSIZE, [300, 700, 4096, 1 << 16, 1 << 20]),
          "`RLIMIT_MEMLOCK` 0": (resource.RLIMIT_MEMLOCK, [0])}


@every_mode
@pytest.mark.parametrize("name", LIMITS)
def test_a_limit(ground, mode, name, tell):
    limit, values = LIMITS[name]
    outcomes = []
    for value in values:
        ground.fresh()
        run = Run(ground, mode=mode, preexec_fn=lambda value=value: resource.setrlimit(limit, (value, value))).wait()
        try:
            outcomes.append(keep(run))
        except Broken as error:
            raise Broken("%s, %d: %s" % (name, value, error)) from error
    tell(name, mode, outcomes)


@every_mode
def test_no_process_to_spare(ground, mode, tell):
    prefix = Directory(ground.path).as_nobody()
    if not prefix:
        pytest.skip("other processes of this user would count")
    user = str(61000 + MODES.index(mode))
    prefix = ["setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"]
    outcomes = []
    for count in range(6):
        ground.fresh()
        for folder in (ground.path, ground.home, ground.tmp):
            folder.chmod(0o777)
        run = Run(ground, mode=mode, prefix=prefix,
                  preexec_fn=lambda count=count: resource.setrlimit(resource.RLIMIT_NPROC, (count, count))).wait()
        outcomes.append(keep(run, again=False))
    tell("`RLIMIT_NPROC` 0 to 5", mode, outcomes)


@pytest.fixture
def memory_group():
    """memory_group(size) -> a cgroup of that size without swap, by what a process is put into it, and how often the kernel
    has killed one there for memory."""
    made = []

    def make(size):
        roots = [pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")]
        for root, names, events in zip(roots, ((("memory.limit_in_bytes", size), ("memory.swappiness", "0")),
                                               (("memory.max", size), ("memory.swap.max", "0"))),
                                       ("memory.oom_control", "memory.events")):
            group = root / ("batchresize-fault-%d" % os.getpid())
            try:
                group.mkdir()
                for name, value in names:
                    (group / name).write_text(value)
            except OSError:
                if group.is_dir():
                    group.rmdir()
                continue
            made.append(group)
            return (lambda: (group / "cgroup.procs").write_text(str(os.getpid())),
                    lambda: int(re.search(r"^oom_kill (\d+)", (group / events).read_text(), re.M)[1]))
        pytest.skip("no cgroup with a limit on memory can be made here")
        return None

    yield make
    for group in made:
        wait_for(lambda group=group: not (group / "cgroup.procs").read_text().strip(), "the group to be empty")
        group.rmdir()


@every_mode
def test_a_small_cgroup(tmp_path, memory_group, mode, tell):
    enter, _ = memory_group("40M")
    ground = Ground(tmp_path / "here", pictures=6, options=("-s", "200"), side=3000)
    run = Run(ground, mode=mode, preexec_fn=enter).wait()
    killed = run.status == -signal.SIGKILL and mode in ("serial", "thread")
    tell("a cgroup of 40 MB without swap", mode, [keep(run, killed=killed)])


def hostile_pictures(folder):
    """Damaged ones, and small files that are large pictures, below the limit on pixels."""
    for part in ("broken", "edge"):
        shutil.copytree(TESTDATA / part, folder / part)
    for number, (kind, width, height, options) in enumerate((("png", 9000, 9000, {}), ("jpg", 9000, 9000, {}),
                                                             ("jpg", 6000, 4500, {"progressive": True}), ("webp", 4000, 4000, {}),
                                                             ("gif", 4000, 4000, {}), ("tif", 5000, 5000, {"compression": "tiff_lzw"}))):
        for copy in "abcd":
            path = folder / ("%d%s.%s" % (number, copy, kind))
            if copy == "a":
                first = path
                Image.new("L" if kind == "gif" else "RGB", (width, height), 77).save(path, **options)
            else:
                shutil.copy(first, path)


@mode_with_workers
def test_the_hostile_in_a_cgroup(tmp_path, memory_group, mode, tell):
    """With as many workers as fit in without them: the kernel has to kill nobody."""
    enter, kills = memory_group("256M")
    (tmp_path / "images").mkdir()
    hostile_pictures(tmp_path / "images")
    names = sorted(os.path.relpath(os.path.join(folder, name), tmp_path)
                   for folder, _, files in os.walk(tmp_path / "images") for name in files)
    done = Directory(tmp_path).run("-j4", "-s", "300", "-o", "out", "images", mode=mode, preexec_fn=enter)
    assert kills() == 0, done
    sources = sorted(record["source"] for record in done.report)
    assert len(set(sources)) == len(sources) and set(sources) <= set(names), (sources, names)
    assert {record["status"] for record in done.report} <= {"ok", "failed", "skipped"}, done
    tell("damaged and very large pictures in a cgroup of 256 MB, `-j4`", mode, ["pictures"])


# --- mounts ----------------------------------------------------------------------------------------------


def mounting(commands):
    """What to put before a run that is to see other mounts. Skips where that can't be had."""
    ways = (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"])
    for way in ways:
        prefix = [*way, "sh", "-c", commands + ' && exec "$@"', "sh"]
        if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return prefix
    pytest.skip("no mounts can be made here")
    return None


MOUNTS = {"64 MB of /dev/shm": "mount -t tmpfs -o size=64m none /dev/shm",
          "a full /dev/shm": "mount -t tmpfs -o size=64k none /dev/shm && ! dd if=/dev/zero of=/dev/shm/full bs=64k count=2 status=none 2>&-",
          "a read-only /tmp": 'mount -t tmpfs -o ro none "$TMPDIR"', "no /proc": "mount -t tmpfs none /proc",
          "no /sys": "mount -t tmpfs none /sys"}


@every_mode
@pytest.mark.parametrize("name", MOUNTS)
def test_other_mounts(ground, mode, name, tell):
    prefix = mounting(MOUNTS[name].replace("$TMPDIR", str(ground.tmp)))
    outcome = keep(Run(ground, mode=mode, prefix=prefix).wait())
    tell(name, mode, [outcome])


@every_mode
@pytest.mark.parametrize("kind, make", [("vfat", "mkfs.vfat"), ("ext4", "mkfs.ext4")])
def test_a_file_system(ground, mode, kind, make, tell):
    """vfat has neither nameless files nor links, and knows no two spellings of a name."""
    tool = shutil.which(make, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not tool:
        pytest.skip("needs " + make)
    image = ground.path / "image"
    with open(image, "wb") as stream:
        stream.truncate(8 << 20)
    subprocess.run([tool, image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    (ground.path / "out").mkdir()
    if subprocess.run(["mount", "-o", "loop", image, ground.path / "out"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("no %s can be mounted here" % kind)
    try:
        shutil.rmtree(ground.path / "out/lost+found", ignore_errors=True)
        outcome = keep(Run(ground, mode=mode).wait())
    finally:
        subprocess.run(["umount", ground.path / "out"], check=True)
    assert outcome == "done", outcome
    tell("outputs on " + kind, mode, [outcome])


@every_mode
@pytest.mark.parametrize("lacks", [(), ("links",), ("chmod", "times", "directory-fsync")], ids=lambda lacks: "-".join(lacks) or "all")
def test_a_disk_over_a_network(tmp_path, network_disk, mode, lacks, tell):
    """Without O_TMPFILE and renames with flags."""
    ground = Ground(tmp_path / "there")
    os.symlink(network_disk(0, *lacks), ground.path / "out")
    outcome = keep(Run(ground, mode=mode).wait())
    assert outcome == "done", outcome
    tell("outputs on FUSE%s" % (", without " + ", ".join(lacks) if lacks else ""), mode, [outcome])


@pytest.mark.parametrize("mode", MODES[1:])
def test_a_mount_that_hangs(tmp_path, network_disk, mode, tell):
    """Its server is stopped in the middle. In serial mode there is nobody else to go on."""
    ground = Ground(tmp_path / "there", pictures=40, options=("-s", "200"), side=500)
    disk = network_disk(0)
    shutil.copy(ground.path / "images/000.jpg", disk / "z.jpg")
    server = [process for process in Process(os.getpid()).children() if "network_disk.py" in process.read("cmdline")]
    assert len(server) == 1
    run = stopped_with_outputs(Run(ground, "--timeout=2", "--retries=0", mode=mode, sources=["images", str(disk / "z.jpg")]))
    server[0].signal(signal.SIGSTOP)
    try:
        go_on(run)
    finally:
        server[0].signal(signal.SIGCONT)
    record = [record for record in run.records() if record["source"] == str(disk / "z.jpg")]
    assert [one["status"] for one in record] == ["timeout"], record
    ground.names.append(record[0]["source"])
    tell("the mount of a source hangs", mode, [keep(run, again=False)])


# --- streams -----------------------------------------------------------------------------------------------


@every_mode
def test_closed_streams(ground, mode, tell):
    """Each of the eight choices of 0 to 2: what is opened next takes their numbers."""
    outcomes = []
    for closed in itertools.chain.from_iterable(itertools.combinations(range(3), count) for count in range(4)):
        ground.fresh()
        prefix = ["sh", "-c", 'exec "$@" ' + " ".join("%d>&-" % number for number in closed), "sh"]
        outcomes.append(keep(Run(ground, mode=mode, prefix=prefix).wait()))
    assert set(outcomes) == {"done"}, outcomes
    tell("standard streams closed, each choice", mode, outcomes)
