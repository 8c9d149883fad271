"""What a run promises, whatever happens to it: one verifier for all faults.

Ground draws sources and knows what an undisturbed run makes of them. A Run is one that something was done to.
keep() looks whether the promise was kept, raises Broken with all that was found, or returns what became of the run
in a few words, for the table.

- Every source is reported exactly once; at most once by a run that was killed, which can't tell its end.
- An output is there, whole, and the bytes that an undisturbed run makes, if its source is reported as ok; otherwise
  nothing is there, or what was there before.
- Status and report agree, and who fails says why.
- No process is left, no temporary, nothing in /tmp, in $HOME or in shared memory.
- Sources are as they were.
- The next run does what is missing, and leaves nothing but outputs.
"""

import collections
import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

from PIL import Image

from conftest import PROGRAM, STATE, read_report, size_of, source_bytes

KNOWN_NAMES = {"lock", "state.db", "state.db-wal", "ways"}
TEMPORARY = ".batchresize-"
ENDED = {"ok", "skipped", "failed", "crashed", "timeout", "cancelled"}
SECONDS = 60  # in which the smallest of runs ends, however busy the machine is
SHARED_MEMORY = pathlib.Path("/dev/shm")


class Broken(AssertionError):
    """What of the promise was not kept."""


class Patience:
    """Seconds to wait, of which those count in which we run ourselves: what is stopped together with us is not stuck."""

    def __init__(self, seconds):
        self.left, self.seen = seconds, time.monotonic()

    def lasts(self):
        now = time.monotonic()
        self.left -= min(now - self.seen, 0.5)
        self.seen = now
        return self.left > 0


def contents(folder):
    """Every file below a folder, but what runs keep for each other: name -> bytes."""
    found = {}
    for place, folders, names in os.walk(os.fsencode(folder)):
        folders[:] = [name for name in folders if name != os.fsencode(STATE)]
        for name in names:
            path = os.path.join(place, name)
            found[os.path.relpath(path, os.fsencode(folder))] = open(path, "rb").read() if os.path.isfile(path) else None
    return found


def identity(path):
    st = os.lstat(path)
    return st.st_ino, st.st_size, st.st_mtime_ns, st.st_mode


def members(session):
    """The processes of a session that have not ended."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as stream:
                    fields = stream.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in (b"Z", b"X"):
                found.append(int(name))
    return found


def stands_in(pid):
    """Name, state and system call of a process that does not go on."""
    found = []
    for name in ("comm", "wchan", "syscall"):
        try:
            found.append(pathlib.Path("/proc/%d/%s" % (pid, name)).read_text().split()[0])
        except (OSError, IndexError):
            pass
    return " ".join(found)


def kill(pid):
    """Of what may have ended by now."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def shared_memory():
    return {path.name for path in SHARED_MEMORY.glob("*batchresize*")} if SHARED_MEMORY.is_dir() else set()


class Run:
    """One run, in a session of its own by which its processes are known."""

    def __init__(self, ground, *options, mode, prefix=(), sources=("images",), **more):
        self.ground, self.mode = ground, mode
        self.known_names = KNOWN_NAMES
        self.may_be_locked = False
        self.report = ground.path / more.pop("report", "report")
        self.before = contents(ground.path / "out")
        if self.report.exists():
            self.report.unlink()
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(ground.home), "TMPDIR": str(ground.tmp),
                       "XDG_CONFIG_HOME": "/nonexistent", **more.pop("environment", {})}
        self.errors = open(ground.path / (self.report.name + ".errors"), "w+b")
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stdout", subprocess.DEVNULL)
        more.setdefault("start_new_session", True)
        self.process = subprocess.Popen([*prefix, *ground.command(mode, "--report=" + str(self.report), *options), *sources],
                                        cwd=ground.path, stderr=more.pop("stderr", self.errors), env=environment, **more)
        self.session = self.process.pid

    def wait(self):
        """Its end. One that does not come to it is ended, and has broken the promise."""
        patience = Patience(SECONDS)
        while not self.ends(0.2) and patience.lasts():
            pass
        stuck = {} if self.ends(0) else {pid: stands_in(pid) for pid in members(self.session)}
        for pid in stuck:
            kill(pid)
        self.status = self.process.wait()
        self.errors.seek(0)
        self.said = self.errors.read().decode("utf-8", "backslashreplace")
        if stuck:
            raise Broken("it never ended: %s" % stuck)
        return self

    def ends(self, seconds):
        try:
            return self.process.wait(seconds) is not None
        except subprocess.TimeoutExpired:
            return False

    def records(self):
        """The lines of its report. What a killed run was just writing does not count."""
        if not self.report.exists():
            return []
        if self.status < 0:
            data = self.report.read_bytes()
            self.report.write_bytes(data[:data.rfind(b"\n") + 1])
        return [dict(record, source=os.fsdecode(source_bytes(record))) for record in read_report(self.report)]


class Ground:
    """Sources, and what a run makes of them that nobody disturbs."""

    def __init__(self, path, pictures=5, options=("-s", "40"), side=64, draw=None):
        """draw(self) draws others beside the pictures."""
        self.path, self.options = path, options
        self.home, self.tmp = path / "home", path / "tmp"
        for folder in (path, path / "images", self.home, self.tmp):
            folder.mkdir(exist_ok=True)
        for number in range(pictures):
            self.draw("images/%s%03d.%s" % ("deep/" if number % 4 == 3 else "", number, ("jpg", "png")[number % 3 == 1]),
                      number, side)
        if draw:
            draw(self)
        self.names = sorted(os.path.join("images", os.fsdecode(name)) for name in contents(path / "images"))
        Run(self, mode="serial").wait()
        self.expected = contents(path / "out")
        if len(self.expected) != len(self.names) * self.outputs_of_one():
            raise Broken("an undisturbed run makes %s" % sorted(self.expected))
        self.sources = self.look()
        self.fresh()

    def draw(self, name, seed, side):
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        colours = Image.frombytes("RGB", (8, 6), random.Random(seed).randbytes(8 * 6 * 3))
        colours.resize((side + seed % 7, side * 3 // 4)).save(path)

    def outputs_of_one(self):
        return len(self.options[1].split(","))

    def command(self, mode, *more):
        jobs = ["-j2"] if mode != "serial" else []
        jobs += ["--io-threads=2"] if mode in ("hybrid", "auto") else []
        return [PROGRAM, "--quiet", "--settle=0", "--mode", mode, *jobs, *self.options, "-o", "out", *more]

    def look(self):
        """What may not change of the sources."""
        return {name: (identity(self.path / name), (self.path / name).read_bytes()) for name in self.names
                if os.path.isfile(self.path / name)}

    def outputs_of(self, source):
        """The names of what is made of a source, as bytes below the output directory."""
        stem, dot, extension = os.fsencode(source[len("images/"):]).rpartition(b".")
        sizes = self.options[1].split(",")
        return [stem + b"-" + os.fsencode(size) + dot + extension for size in sizes] if len(sizes) > 1 else [stem + dot + extension]

    def fresh(self):
        """As before any run."""
        for name in ("out", "report"):
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.is_symlink() or path.exists():
                path.unlink()


# --- the parts of the promise -----------------------------------------------------------------------


def is_unread_folder(run, record):
    """What is below a directory that could not be read can't be known, only that it could not."""
    return record["status"] == "failed" and (run.ground.path / record["source"]).is_dir()


def check_report(run, records, wrong):
    """Every source exactly once, or the run says why there is no report."""
    sources = [record["source"] for record in records]
    twice = sorted({source for source in sources if sources.count(source) > 1})
    folders = {record["source"] for record in records if is_unread_folder(run, record)}
    strange = sorted(set(sources) - set(run.ground.names) - folders)
    missing = sorted(name for name in set(run.ground.names) - set(sources)
                     if not any(name.startswith(folder.rstrip("/") + "/") for folder in folders))
    if twice:
        wrong.append("reported more than once: %s" % twice)
    if strange:
        wrong.append("reported, and no source: %s" % strange)
    if missing and run.status in (0, 1):
        wrong.append("not reported: %s" % missing)
    if missing and run.status == 3 and records and "report" not in run.said:
        wrong.append("the run could not go on, and the report lacks: %s" % missing)
    if {record["status"] for record in records} - ENDED:
        wrong.append("no such status: %s" % records)


def check_status(run, records, killed, wrong):
    """Status and report agree."""
    good = all(record["status"] in ("ok", "skipped") for record in records)
    if run.status == 0 and not good:
        wrong.append("status 0, and not all is done: %s" % [record["status"] for record in records])
    if run.status == 1 and good and len(records) == len(run.ground.names):
        wrong.append("status 1, and the report has no failure")
    if run.status != 0 and not killed and not run.said.strip():
        wrong.append("status %d without a word" % run.status)
    if run.status < 0 and not killed:
        wrong.append("ended by signal %d: %s" % (-run.status, run.said[-500:]))
    allowed = {2: "defaults" in run.said, 4: run.may_be_locked}
    if not killed and run.status > 1 and run.status != 3 and not allowed.get(run.status):
        wrong.append("status %d: %s" % (run.status, run.said[-500:]))


def check_outputs(run, records, killed, places, changed, wrong):
    """Whole and right, as it was before, or not there."""
    now, expected = {}, run.ground.expected
    of_changed = {name for source in changed for name in run.ground.outputs_of(source)}
    for place in places:
        now.update(contents(run.ground.path / place))
    for name, data in sorted(now.items()):
        if os.path.basename(name).startswith(os.fsencode(TEMPORARY)):
            if not killed:
                wrong.append("a temporary was left: %r" % name)
        elif name in of_changed:
            size_of(data)
        elif data != expected.get(name) and data != run.before.get(name, b""):
            wrong.append("%r is not what an undisturbed run makes: %d bytes" % (name, len(data or b"")))
    for name in run.before.keys() - now.keys():
        wrong.append("%r was there before" % name)
    for record in records:
        if record["source"] not in run.ground.names:
            continue
        names = run.ground.outputs_of(record["source"])
        there = [name in now and (now[name] == expected[name] or record["source"] in changed) for name in names]
        if record["status"] in ("ok", "skipped") and not all(there):
            wrong.append("%s is reported as %s, and not there" % (record["source"], record["status"]))
        new = [name for name in names if name in now and name not in run.before]
        if record["status"] not in ("ok", "skipped") and new and not killed:
            wrong.append("%s is reported as %s (%s), and there" % (record["source"], record["status"], record["error"]))


def check_rest(run, changed, patience, wrong):
    """Nothing is left behind, nothing of the sources is changed."""
    patience = Patience(patience)
    while members(run.session) and patience.lasts():
        time.sleep(0.002)
    for pid in members(run.session):
        wrong.append("a process was left: %d %s" % (pid, stands_in(pid)))
        kill(pid)
    for folder in (run.ground.home, run.ground.tmp):
        if os.listdir(folder):
            wrong.append("left in %s: %s" % (folder.name, os.listdir(folder)))
    if shared_memory():
        wrong.append("shared memory was left: %s" % shared_memory())
    now, sources = run.ground.look(), run.ground.sources
    different = sorted(name for name in sources if now.get(name) != sources[name] and name not in changed)
    if different:
        wrong.append("sources have changed: %s" % different)


def check_next(run, wrong):
    """The next run does what is missing, and what it finds is whole."""
    ground = run.ground
    after = Run(ground, "--retry-poison", mode=run.mode).wait()
    if after.status != 0 or after.said:
        wrong.append("the next run: status %d, %s" % (after.status, after.said[-500:]))
    now = contents(ground.path / "out")
    if now != ground.expected:
        different = {name for name in now.keys() | ground.expected.keys() if now.get(name) != ground.expected.get(name)}
        wrong.append("after the next run these are not right: %s" % sorted(different))
    state = ground.path / "out" / STATE
    kept = {path.name: path.stat().st_size for path in state.iterdir()} if state.is_dir() else {}
    if set(kept) - run.known_names or 0 in kept.values():
        wrong.append("kept after the next run: %s" % kept)


OUTCOMES = ("done", "its picture", "pictures", "ends", "no start", "next run")  # as SECURITY.md says what they are


def describe(run, records, killed):
    counts = collections.Counter(record["status"] for record in records)
    if killed:
        return "next run"
    if run.status == 0:
        return "done"
    if run.status in (2, 3, 4):
        return "ends" if len(records) == len(run.ground.names) else "no start"
    return "its picture" if sum(counts.values()) - counts["ok"] - counts["skipped"] == 1 else "pictures"


def keep(run, killed=False, again=True, changed=(), places=("out",), patience=20):
    """What became of a run that has ended; raises Broken where the promise was not kept.

    killed: its parent was, on purpose; such a run has promised less. again: look at the next run, too. changed:
    sources that were changed on purpose, of which another picture may be made. places: where its outputs may be. patience: seconds in which
    processes end that were told to."""
    wrong = []
    records = run.records()
    check_report(run, records, wrong)
    check_status(run, records, killed, wrong)
    if places:
        check_outputs(run, records, killed, places, changed, wrong)
    check_rest(run, changed, patience, wrong)
    if again:
        check_next(run, wrong)
    if wrong:
        raise Broken("\n".join(wrong))
    return describe(run, records, killed)
