"""--watch: what comes into the directories is resized once it is complete, and nothing else."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

from conftest import DEADLINE, SANITIZER, TESTDATA, Process, environment, read_report, size_of, source_bytes, wait_for
from test_plugin import compiled

PICTURE = (TESTDATA / "photos/mountains.jpg").read_bytes()
OTHER = (TESTDATA / "photos/city.jpg").read_bytes()


class Watch:
    """The program, watching; its report and what it says are read while it runs."""

    def __init__(self, directory, *arguments, mode=None, prefix=(), env=None):
        self.directory, self.out = directory, directory / "out"
        self.said, self.report = directory.path.parent / "said", directory.path.parent / "report"
        command = [*prefix, *directory.command([*arguments, "-s", "100"], mode, self.report)]
        with open(self.said, "wb") as stderr:
            self.run = subprocess.Popen(command, cwd=directory.path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=stderr, env=environment(**(env or {})))
        self.wait_for_word("watching ")

    def words(self):
        return self.said.read_text()

    def wait_for_word(self, word):
        wait_for(lambda: word in self.words() or self.run.poll() is not None, "the word %r" % word)
        assert word in self.words(), (self.run.poll(), self.words())

    def made(self, *names, size=None):
        """Waits for outputs."""
        for name in names:
            def is_there(name=name):
                assert self.run.poll() is None, self.words()
                return (self.out / name).exists() and (size is None or size_of(self.out / name) == size)
            wait_for(is_there, "%s: %s" % (name, self.words()))

    def end(self, number=signal.SIGTERM):
        """Its records. Whatever was published is whole."""
        self.run.send_signal(number)
        assert self.run.wait() == -number, self.words()
        return read_report(self.report)


@pytest.fixture
def watch(directory):
    """watch(arguments...) -> a Watch."""
    running = []

    def start(*arguments, **options):
        running.append(Watch(directory, "--watch", *arguments, **options))
        return running[-1]

    yield start
    for one in running:
        one.run.kill()
        one.run.wait()


def old(path, data=PICTURE):
    """A picture that nobody can be writing any more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def sources(records):
    return sorted(os.fsdecode(source_bytes(record)) for record in records)


@pytest.mark.parametrize("mode", ["thread", "process", "hybrid"])
def test_a_plugin_that_wants_several_gets_what_there_is(directory, watch, tmp_path, mode):
    plugin = compiled(tmp_path, "odd.so", "-DODD_TOGETHER=64")
    (directory / "in").mkdir()
    run = watch("--plugin", f"{plugin},tell", "-o", "out", "in", mode=mode)
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(TESTDATA / "photos/city.jpg", directory / "in" / name)
        run.made(name)
    assert [record["plugin"]["together"] for record in run.end()] == [1, 1]


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_takes_what_comes(directory, watch, mode):
    photos = directory / "photos"
    old(photos / "there.jpg")
    old(directory / "stage/moved.jpg")
    old(directory / "stage/linked.jpg")
    old(directory / "stage/folder/deep/inside.jpg")
    # two that are being written while others come and go, one from before
    before = open(photos / "before.jpg", "wb")
    before.write(PICTURE[:1000])
    before.flush()
    os.utime(photos / "before.jpg", (time.time() - 60,) * 2)
    watching = watch("-o", "out", "photos", mode=mode)
    watching.made("there.jpg")
    with before, open(photos / "slow.jpg", "wb") as slow:
        slow.write(PICTURE[:len(PICTURE) // 2])
        slow.flush()
        (photos / "written.jpg").write_bytes(PICTURE)
        os.rename(directory / "stage/moved.jpg", photos / "moved.jpg")
        os.rename(directory / "stage/folder", photos / "folder")
        (photos / "a/b/c").mkdir(parents=True)
        (photos / "a/b/c/new.jpg").write_bytes(PICTURE)
        watching.made("written.jpg", "moved.jpg", "folder/deep/inside.jpg", "a/b/c/new.jpg")
        assert not (watching.out / "slow.jpg").exists() and not (watching.out / "before.jpg").exists()
        before.write(PICTURE[1000:])
        slow.write(PICTURE[len(PICTURE) // 2:])
    (photos / ".hidden.jpg").write_bytes(PICTURE)
    (photos / "text.txt").write_text("no picture")
    os.link(directory / "stage/linked.jpg", photos / "linked.jpg")
    (photos / "there.jpg").write_bytes(OTHER)
    watching.made("slow.jpg", "before.jpg", "linked.jpg")
    watching.made("there.jpg", size=(100, 67))
    records = watching.end()
    assert {record["status"] for record in records} == {"ok"}, records
    assert set(sources(records)) == {"photos/" + name for name in (
        "there.jpg", "slow.jpg", "before.jpg", "written.jpg", "moved.jpg", "linked.jpg", "folder/deep/inside.jpg", "a/b/c/new.jpg")}


def test_directories_that_are_renamed_and_deleted(directory, watch):
    photos = directory / "photos"
    old(photos / "one/below/a.jpg")
    old(photos / "gone/b.jpg")
    old(photos / "leaves/c.jpg")
    watching = watch("-o", "out", "photos")
    os.rename(photos / "one", photos / "two")
    shutil.rmtree(photos / "gone")
    os.rename(photos / "leaves", directory / "left")
    watching.made("two/below/a.jpg")
    (photos / "two/below/d.jpg").write_bytes(PICTURE)
    (directory / "left/e.jpg").write_bytes(PICTURE)
    (photos / "gone").mkdir()
    (photos / "gone/f.jpg").write_bytes(PICTURE)
    (photos / "leaves").mkdir()
    (photos / "leaves/g.jpg").write_bytes(PICTURE)
    watching.made("two/below/d.jpg", "gone/f.jpg", "leaves/g.jpg")
    assert not [name for name in sources(watching.end()) if name.endswith("e.jpg")]


def test_more_events_than_the_kernel_keeps(directory, watch):
    limit = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 40000:
        pytest.skip("needs a fs.inotify.max_queued_events of at most 40,000")
    photos = directory / "photos"
    (photos / "below").mkdir(parents=True)
    watching = watch("-o", "out", "photos")
    os.kill(watching.run.pid, signal.SIGSTOP)
    for number in range(limit // 2 + 10):
        os.close(os.open(photos / ("%d.txt" % number), os.O_CREAT | os.O_WRONLY))
    old(photos / "below/lost.jpg")
    old(photos / "unknown/lost.jpg")
    os.kill(watching.run.pid, signal.SIGCONT)
    watching.made("below/lost.jpg", "unknown/lost.jpg")
    (photos / "unknown/next.jpg").write_bytes(PICTURE)
    watching.made("unknown/next.jpg")


@pytest.mark.parametrize("arguments", [["-o", "photos/out"], ["-o", "photos", "--name", "{stem}-small.{ext}"]],
                         ids=["below", "beside"])
def test_outputs_among_the_sources_are_none(directory, watch, arguments):
    """Nothing is made of what was made, however long it goes on."""
    photos = directory / "photos"
    old(photos / "a.jpg")
    watching = watch(*arguments, "photos")
    watching.out, name = (photos / "out", "%s.jpg") if arguments[1] == "photos/out" else (photos, "%s-small.jpg")
    for letter in "bcd":
        (photos / (letter + ".jpg")).write_bytes(PICTURE)
        watching.made(name % letter)
    records = watching.end()
    assert sources(records) == ["photos/%s.jpg" % letter for letter in "abcd"], records
    assert len(directory.names("photos")) == 8


def test_names_that_collide_with_what_was_there(directory, watch):
    """What came later does not replace what another source was made to."""
    photos, more = directory / "photos", directory / "more"
    old(photos / "a.jpg")
    more.mkdir()
    watching = watch("-f", "jpeg", "-o", "out", "photos", "more")
    watching.made("a.jpg")
    before = (directory / "out/a.jpg").read_bytes()
    (photos / "a.jpeg").write_bytes(OTHER)
    (more / "a.jpg").write_bytes(OTHER)
    (photos / "b.jpg").write_bytes(OTHER)
    watching.made("b.jpg")
    wait_for(lambda: watching.words().count("more/a.jpg") > 0, "the last refusal")
    records = watching.end()
    assert (directory / "out/a.jpg").read_bytes() == before
    refused = [record for record in records if record["status"] == "failed"]
    assert {record["code"] for record in refused} == {"collision"} and len(records) >= 4
    assert {"photos/a.jpeg", "more/a.jpg"} <= set(sources(refused)), records


# What happens in the moment before a source is opened.
OPEN = """
int open(const char *path, int flags, ...)
{
	va_list more;

	va_start(more, flags);
	int mode = va_arg(more, int);
	va_end(more);
	if (strstr(path, "%s"))
		%s;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
"""


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime comes first in the list of what is loaded")
def test_what_goes_before_its_turn_is_no_failure(directory, watch, shim):
    old(directory / "photos/vanishes.jpg")
    old(directory / "photos/a.jpg")
    watching = watch("-o", "out", "photos", prefix=shim(OPEN % ("photos/vanishes", "unlink(path)")))
    watching.made("a.jpg")
    watching.run.send_signal(signal.SIGUSR1)
    watching.wait_for_word("1 of 1 image in")
    assert not (directory / "photos/vanishes.jpg").exists() and sources(watching.end()) == ["photos/a.jpg"]


def test_too_few_watches(directory, watch):
    """It says which limit it is, and looks for itself. What can't be made is not tried each time."""
    limit = "echo 2 >/proc/sys/user/max_inotify_watches && exec \"$@\""
    prefix = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"]
    if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("needs user namespaces")
    for name in "abcde":
        old(directory / "photos" / name / "1.jpg")
    old(directory / "photos/broken.jpg", PICTURE[:1000])
    watching = watch("--watch-interval", "1", "-o", "out", "photos", prefix=prefix)
    watching.wait_for_word("fs.inotify.max_user_watches")
    for number in range(2, 5):
        for name in "abcde":
            old(directory / "photos" / name / ("%d.jpg" % number))
        watching.made(*("%s/%d.jpg" % (name, number) for name in "abcde"))
    assert watching.words().count("max_user_watches") == 1
    records = watching.end()
    assert len(records) == 21 and sources(records).count("photos/broken.jpg") == 1


def test_no_inotify_at_all(directory, watch):
    limit = "echo 0 >/proc/sys/user/max_inotify_instances && exec \"$@\""
    prefix = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"]
    if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("needs user namespaces")
    (directory / "photos").mkdir()
    watching = watch("--watch-interval", "1", "-o", "out", "photos", prefix=prefix)
    watching.wait_for_word("fs.inotify.max_user_instances")
    old(directory / "photos/a.jpg")
    watching.made("a.jpg")


def test_a_file_system_that_does_not_tell(directory, watch, network_disk):
    place = network_disk(0)
    folder = directory.path.parent / "folder"
    old(folder / "photos/a.jpg")
    watching = watch("--watch-interval", "1", "-o", "out", str(place / "photos"))
    watching.wait_for_word("FUSE does not tell")
    # as another machine would, which the kernel here does not see
    old(folder / "photos/new/b.jpg")
    watching.made("a.jpg", "new/b.jpg")
    assert len(watching.end()) == 2


def test_a_directory_that_goes_and_comes_again(directory, watch):
    photos = directory / "photos"
    old(photos / "a.jpg")
    watching = watch("--watch-interval", "1", "-o", "out", "photos")
    os.rename(photos, directory / "away")
    watching.wait_for_word("photos: has gone")
    (directory / "away/no.jpg").write_bytes(PICTURE)
    old(photos / "b.jpg")
    watching.made("b.jpg")
    (photos / "c.jpg").write_bytes(PICTURE)
    watching.made("c.jpg")
    assert sources(watching.end()) == ["photos/a.jpg", "photos/b.jpg", "photos/c.jpg"]


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_an_output_directory_that_is_removed_between_rounds(directory, watch, mode):
    """Also one whose place another takes."""
    old(directory / "photos/sub/a.jpg")
    watching = watch("-o", "out", "photos", mode=mode)
    watching.made("sub/a.jpg")
    shutil.rmtree(directory / "out/sub")
    old(directory / "photos/sub/b.jpg")
    watching.made("sub/b.jpg")
    (directory / "out/sub").rename(directory / "out/other")
    (directory / "out/sub").mkdir()
    old(directory / "photos/sub/c.jpg")
    watching.made("sub/c.jpg")
    assert {record["status"] for record in watching.end()} == {"ok"}


def test_its_output_is_locked_while_it_waits(directory, watch):
    old(directory / "photos/a.jpg")
    watching = watch("-o", "out", "photos")
    for arguments in (["--watch"], []):
        done = directory.run(*arguments, "-o", "out", "photos")
        assert done.status == 4 and str(watching.run.pid) in done.err, done
    watching.end()
    assert directory.run("-o", "out", "photos").status == 0


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime comes first in the list of what is loaded")
def test_a_directory_that_goes_while_it_is_worked_on(directory, watch, shim):
    """Which ends an ordinary run."""
    photos = directory / "photos"
    photos.mkdir()
    watching = watch("--watch-interval", "1", "-o", "out", "photos",
                     prefix=shim(OPEN % ("photos/trigger", 'rename("photos", "away")')))
    os.rename(old(directory / "trigger.jpg"), photos / "trigger.jpg")
    watching.wait_for_word("photos: has gone")
    old(photos / "b.jpg")
    watching.made("b.jpg")
    assert "photos/b.jpg" in sources(watching.end())


def test_signals_while_it_waits(directory, watch):
    old(directory / "photos/a.jpg")
    watching = watch("-o", "out", "photos")
    wait_for(lambda: Process(watching.run.pid).state() == "S", "sleep")
    watching.run.send_signal(signal.SIGUSR1)
    watching.wait_for_word("1 of 1 image in")
    assert len(watching.end(signal.SIGINT)) == 1


def test_service_manager_of_an_empty_directory(directory, watch):
    """Ready, though there is nothing to do, and alive while it waits."""
    (directory / "photos").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(DEADLINE)
        manager.bind(str(directory.path.parent / "manager"))
        watching = watch("-o", "out", "photos", env={"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "200000"})
        for word in (b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"):
            while word not in manager.recv(4096).split(b"\n"):
                pass
        assert watching.end() == []


@pytest.mark.parametrize("arguments, word", [
    (["--watch", "--files-from", "list"], "--files-from"), (["--watch", "--dry-run", "photos"], "--dry-run"), (["--watch", "--max-time=1h", "photos"], "--max-time"),
    (["--watch", "--srcset", "s.json", "photos"], "--srcset"), (["--watch", "--existing=overwrite", "photos"], "--existing"),
    (["--watch", "-"], "--watch"), (["--watch-interval=5", "photos"], "--watch-interval"), (["--watch", "a.jpg"], "no directory"),
    (["--watch", "nowhere"], "nowhere")])
def test_what_makes_no_sense(directory, arguments, word):
    (directory / "photos").mkdir()
    directory.copy("photos/city.jpg", "a.jpg")
    done = directory.run(*arguments)
    assert done.status in (2, 3) and word in done.err and directory.names() == ["a.jpg"], done
