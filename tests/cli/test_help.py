"""What the option table makes: help, usage errors, man page, completions."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest
from hypothesis import given, strategies

from conftest import DEADLINE, PROGRAM, TOP, environment, examples
from test_report import FIELDS

OPTION = re.compile(r"^  (?:-(\w), |    )--([a-z-]+)(?:=([][A-Z:|%,]+))?(?: +(.*))?$")


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=DEADLINE, env=environment(), text=True, **options)


def help_rows():
    """(letter, name, argument) -> the text, of every option in --help."""
    rows, last = {}, None
    for line in run("--help").stdout.splitlines():
        match = OPTION.match(line)
        if match:
            last = match.group(1, 2, 3)
            rows[last] = match.group(4) or ""
        elif last and line.startswith(" " * 26):
            rows[last] += " " + line.strip()
        else:
            last = None
    return rows


# --- help, version, errors ------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(option):
    done = run(option)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "Usage: batchresize [OPTION]... PATH..."
    assert "   or: batchresize lab [OPTION]... [PATH]..." in lines[:5]
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
    groups = [line for line in lines if re.match(r"[A-Z][a-z ]+:$", line)]
    assert groups == ["Running:", "Size:", "Output:", "Choosing files:", "Fetching:", "Queues:", "Talking:", "Defaults:", "Examples:", "Exit status:"]
    assert "--document" not in done.stdout
    assert len(help_rows()) >= 40


def test_version():
    version = re.search(r'^#define BR_VERSION\s+"(.*)"$', (TOP / "include/batchresize/version.h").read_text(), re.M).group(1)
    assert run("--version").stdout == "batchresize %s\n" % version
    lines = run("--version", "-v").stdout.splitlines()
    assert lines[0] == "batchresize " + version
    assert lines[1].startswith("reads: ") and " png" in lines[1]
    assert lines[2].startswith("writes: ") and " jpeg" in lines[2]
    assert lines[3].startswith("sandbox: ") and " landlock" in lines[3]


@pytest.mark.parametrize("arguments, message", [
    ([], "nothing to resize: name files or directories, as in 'batchresize photos/'; "
         "'batchresize --help' says more"),
    (["--moed=serial", "a"], "unknown option '--moed': did you mean '--mode'?"),
    (["--mode=proces", "a"], "--mode: unknown word 'proces': did you mean 'process'?"),
    (["-p", "--report=-", "a"],
     "--report=- and --print both write to standard output: give --report a file"),
    (["-j0", "a"], "-j: '0' is not a whole number from 1 to 1024 (without it: CPUs it may use)"),
    (["--retries=x", "a"], "--retries: 'x' is not a whole number from 0 to 100"),
    (["--max-memory=4GB", "a"], "--max-memory: '4GB' is no amount of memory: write 128M or more, as in 200M"),
    (["--max-download=2G", "a"], "--max-download: '2G' is no amount of memory: write 1K to 1G, as in 200M"),
    (["--max-metadata=1K", "a"], "--max-metadata: '1K' is no amount of memory: write 64K to 256M, as in 200M"),
    (["--\x1b[31m", "a"], "unknown option '-- [31m': 'batchresize --help' lists them all"),
])
def test_usage_errors(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "batchresize: %s\n" % message


def test_later_options_are_absent():
    for option in ("--mozjpeg", "--strip"):
        done = run(option, "a.jpg")
        assert done.returncode == 2 and "unknown option" in done.stderr
    assert run("--mode=swarm", "a.jpg").returncode == 2


@examples(150)
@given(strategies.lists(strategies.one_of(
    strategies.sampled_from(["-", "--", "--=", "-j", "-j4", "--mode", "--mode=", "serial", "-s", "-0", "-vvv", "--size=1x"]),
    strategies.binary(min_size=1, max_size=20).filter(lambda word: b"\0" not in word).map(lambda word: b"-" + word)),
    max_size=5))
def test_any_arguments(tmp_path, arguments):
    """Whatever is typed: an answer in one line, or a dry run; never a crash."""
    done = subprocess.run([PROGRAM, *arguments, "-n", "nothing-of-that-name.jpg"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE, cwd=tmp_path,
                          env=environment())
    assert done.returncode in (0, 1, 2)
    if done.returncode == 2:
        assert done.stderr.startswith(b"batchresize: ")
        assert done.stderr.count(b"\n") == 1
        assert b"\x1b" not in done.stderr
        assert done.stdout == b""


def test_help_to_a_full_disk():
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, env=environment(),
                              timeout=DEADLINE, text=True)
    assert done.returncode == 3
    assert done.stderr == "batchresize: cannot write to standard output: No space left on device\n"


def test_help_to_nobody():
    """As any filter: ended by SIGPIPE, without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([PROGRAM, "--help"], stdout=writer, stderr=subprocess.PIPE, env=environment(),
                          timeout=DEADLINE, text=True)
    os.close(writer)
    assert done.returncode == -signal.SIGPIPE
    assert done.stderr == ""


def test_closed_stdout(directory):
    """No picture gets the number of a closed descriptor."""
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = subprocess.run(["sh", "-c", '"$0" --print a.jpg >&-', PROGRAM], cwd=directory.path, env=environment(),
                          stderr=subprocess.PIPE, timeout=DEADLINE, text=True)
    assert done.returncode == 3
    assert "cannot write to standard output" in done.stderr
    assert b"resized_a.jpg" not in (directory / "resized_a.jpg").read_bytes()


# --- documents ------------------------------------------------------------------------------------


SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "MODES", "URLS", "SANDBOX", "LABORATORY", "OPTIONS", "SEVERAL SIZES", "INCREMENTAL RUNS", "PRUNING", "FORMATS", "PLUGINS",
            "COLOUR", "METADATA", "LIMITS", "EXIT STATUS", "REPORT", "WATCHING", "QUEUES", "SIGNALS", "SERVICES", "FILES", "ENVIRONMENT", "EXAMPLES", "SEE ALSO")


def man_sections():
    """Title -> text of each section, without roff's requests, fonts and escapes."""
    parts = re.split(r"^\.SH (.*)$", run("--document=man").stdout, flags=re.M)
    plain = [re.sub(r"\\f[BIRP]|^\.(?:B|TP|PP|IP|RS|RE|BR)\b ?", "", part, flags=re.M).replace("\\-", "-").replace("\\&", "")
             for part in parts]
    return dict(zip(plain[1::2], plain[2::2]))


def test_man_page_has_its_sections():
    assert tuple(man_sections()) == SECTIONS


def test_man_page_and_help_have_the_same_usage():
    used = re.findall(r"^(?:Usage|   or): (.*)$", run("--help").stdout, re.M)
    assert [" ".join(form.split()) for form in man_sections()["SYNOPSIS"].split(".br\n")] == used


def test_man_page_and_help_list_the_same_options():
    """In the same order, with the same letters and arguments."""
    listed = re.findall(r"^(?:-(\w), )?--([a-z-]+)(?:=([][A-Z:|%,]+))?$", man_sections()["OPTIONS"], re.M)
    assert listed == [(letter or "", name, argument or "") for letter, name, argument in help_rows()]


def test_man_page_points_the_right_way():
    """"PLUGINS below says how": it does stand below."""
    order, pointed = list(man_sections()), 0
    for place, text in man_sections().items():
        for name, way in re.findall(r"([A-Z]{4}[A-Z ]*?)\s+(above|below)\b", text):
            pointed += 1
            assert (order.index(name) < order.index(place)) == (way == "above"), name
    assert pointed >= 8


def test_man_page_explains_every_word_of_every_option():
    """What --help lists for an option as `a, b or c`, the man page has as a term of its own."""
    options = re.split(r"^(?:-\w, )?--(?=[a-z-]+(?:=[][A-Z,]+)?$)", man_sections()["OPTIONS"], flags=re.M)
    options = {text.split("\n")[0].split("=")[0]: text for text in options}
    seen = 0
    for (_, name, _), text in help_rows().items():
        words = re.search(r": ((?:[a-z0-9]+, )*[a-z0-9]+(?: or |, )[a-z0-9]+)(?: \[|$)", text)
        for word in re.split(", | or ", words.group(1)) if words else ():
            assert re.search(r"^%s\n\S" % word, options[name], re.M), (name, word)
            seen += 1
    assert seen > 40


def test_man_page_lists_the_exit_statuses_of_help():
    listed = re.findall(r"^(\d\S*)$", man_sections()["EXIT STATUS"], re.M)
    assert listed == re.findall(r"^  (\d\S*) ", run("--help").stdout.split("Exit status:\n")[1], re.M)


def test_man_page_lists_the_report_fields():
    listed = re.findall(r"^([a-z_]+)$", man_sections()["REPORT"], re.M)
    assert listed == FIELDS


def test_man_page_names_every_note():
    """Those of a picture, of a run and of the way that a picture went: what a report may have in `notes`."""
    headers = "".join((TOP / "include/batchresize" / name).read_text() for name in ("image.h", "batch.h"))
    notes = re.findall(r"^\tBR_(?:IMAGE|BATCH)_NOTE_([A-Z_]+) = ", headers, re.M)
    assert len(notes) > 15
    listed = " ".join(man_sections()["REPORT"].split()).split("Words of notes: ")[1].split(".")[0].split(", ")
    assert listed == [note.lower().replace("_", "-") for note in notes]


def test_man_page_is_sound(tmp_path):
    if not shutil.which("mandoc"):
        pytest.skip("needs mandoc")
    page = tmp_path / "batchresize.1"
    page.write_text(run("--document=man").stdout)
    lint = subprocess.run(["mandoc", "-Tlint", "-Wall", page], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert lint.stdout == ""
    shown = subprocess.run(["mandoc", "-Tascii", page], stdout=subprocess.PIPE, text=True, check=True).stdout
    shown = re.sub(".\b", "", shown)
    for section in SECTIONS:
        assert re.search("^%s$" % section, shown, re.M), section
    for _, name, _ in help_rows():
        assert "--" + name in shown


# --- completions ----------------------------------------------------------------------------------


def found_first(folder, **more):
    """An environment in which programs of that folder are found before others."""
    return environment(PATH="%s:%s" % (folder, os.environ["PATH"]), **more)


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, *command, cwd):
        found = found_first(cwd.parent / "bin", TERM="dumb", PS1="$ ")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(found)
            os.execvp(command[0], command)
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern):
        """Reads until the pattern turns up, and returns the match."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            match = re.search(pattern, self.seen, re.S)
            if match:
                self.seen = self.seen[match.end():]
                return match
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07", "", os.read(self.fd, 65536).decode("utf-8", "replace"))
                except OSError:
                    break
        pytest.fail("%r is not in %r" % (pattern, self.seen))
        return None

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def script(tmp_path):
    """Writes the completion for a shell and returns its path; a folder to complete in beside it."""
    place = tmp_path / "place"
    (place / "photos dir").mkdir(parents=True)
    (place / "picture.jpg").write_bytes(b"")
    (place / "photos dir/.batchresize.conf").write_text("[preset of photos]\nquality = 70\n")
    (place / "defaults").write_text("[preset thumbs]\nsize = 20\n[preset two words]\nsize = 30\n[preset thumbs]\nquality = 9\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/batchresize").symlink_to(PROGRAM)

    def write(shell):
        if not shutil.which(shell):
            pytest.skip("needs " + shell)
        path = tmp_path / ("_batchresize" if shell == "zsh" else "batchresize." + shell)
        path.write_text(run("--document=" + shell).stdout)
        subprocess.run([shell, "-n", path], check=True, timeout=DEADLINE, env=environment())
        return path

    write.place = place
    return write


def test_bash_completion(script):
    path = script("bash")
    shell = Shell("bash", "--norc", "--noprofile", "-i", cwd=script.place)
    try:
        shell.type("bind 'set bell-style none'; complete -r; . %s && echo rea''dy\n" % path)
        shell.wait("ready")
        # Each line is completed by TAB and then shown by echo, so that what is read is the result.
        for typed, completed in (("--mode pro", "--mode process"),
                                 ("--mode=hy", "--mode=hybrid"),
                                 ("-f av", "-f avif"),
                                 ("--preserve times,m", "--preserve times,mode"),
                                 ("--io-", "--io-threads="),
                                 ("--foll", "--follow"),
                                 ("pict", "picture.jpg"),
                                 ("-o ph", "-o photos\\ dir/"),
                                 ("--jobs pict", "--jobs pict"),
                                 ("--quality=pict", "--quality=pict"),
                                 ("--mode pict", "--mode pict"),
                                 ("--report=pict", "--report=picture.jpg"),
                                 ("--config defaults --preset th", "--config defaults --preset thumbs"),
                                 ("--config=defaults --preset=tw", "--config=defaults --preset=two\\ words"),
                                 ("--config=defaults --preset two\\ w", "--config=defaults --preset two\\ words"),
                                 ("--config=defaults --preset=two\\ w", "--config=defaults --preset=two\\ words"),
                                 ("--config=defaults --preset \"two w", "--config=defaults --preset \"two words\""),
                                 ("--config=defaults --preset=\"two w", "--config=defaults --preset=\"two words\""),
                                 ("photos\\ dir --preset of", "photos\\ dir --preset of\\ photos"),
                                 ("--config=none photos\\ dir --preset of", "--config=none photos\\ dir --preset of"),
                                 ("-- --mo", "-- --mo")):
            shell.type("batchresize %s\t" % typed)
            time.sleep(0.05)
            shell.type("\x01echo '<\x05>'\n")  # to the beginning, to the end
            found = shell.wait(r"\n<(batchresize [^\n]*?) ?>").group(1)
            assert found == "batchresize " + completed
        shell.type("batchresize --mode \t\t")
        shell.wait(r"hybrid +process +serial +thread")
    finally:
        shell.close()


def test_zsh_completion(script):
    path = script("zsh")
    shell = Shell("zsh", "-f", "-i", cwd=script.place)
    try:
        shell.type("unsetopt zle_bracketed_paste prompt_sp; LISTMAX=1000; fpath=(%s $fpath); autoload -Uz compinit; "
                   "compinit -u -D; bindkey -e; echo rea''dy\n" % path.parent)
        shell.wait("ready")
        for typed, completed in (("--mode pro", "--mode process"),
                                 ("--mode=hy", "--mode=hybrid"),
                                 ("-f av", "-f avif"),
                                 ("--preserve=tim", "--preserve=times"),
                                 ("--config defaults --preset th", "--config defaults --preset thumbs"),
                                 ("--config=defaults --preset=tw", "--config=defaults --preset=two\\ words"),
                                 ("photos\\ dir --preset of", "photos\\ dir --preset of\\ photos"),
                                 ("--foll", "--follow"),
                                 ("pict", "picture.jpg")):
            shell.type("batchresize %s\t" % typed)
            time.sleep(0.05)
            shell.type("\x01echo '<\x05>'\n")
            found = shell.wait(r"\n<(batchresize [^\n]*?) ?>").group(1)
            assert found == "batchresize " + completed
        shell.type("batchresize --mode \t")
        for word, meaning in (("hybrid", "threads for I/O, processes for the pictures"),
                              ("process", "processes that crash alone")):
            shell.wait(r"%s +-- %s" % (word, meaning))
    finally:
        shell.close()


def test_fish_completion(script):
    path = script("fish")

    def complete(line):
        done = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", str(path), line],
                              cwd=script.place, stdout=subprocess.PIPE, text=True, check=True, timeout=DEADLINE,
                              env=found_first(script.place.parent / "bin"))
        return done.stdout.splitlines()

    assert complete("batchresize --mode ") == [
        "auto\tprocess or hybrid, by what is seen and measured",
        "hybrid\tthreads for I/O, processes for the pictures",
        "process\tprocesses that crash alone",
        "serial\tone image after another, in the program itself",
        "thread\tthreads that share memory"]
    assert complete("batchresize -f av") == ["avif\tAVIF"]
    assert [line.split("\t")[0] for line in complete("batchresize --preserve=times,m")] == ["--preserve=times,mode"]
    assert "keep\tthe source's own format" in complete("batchresize -f ")
    # later releases of fish also offer what has these letters in another place
    assert [line.split("\t")[0] for line in complete("batchresize --io-") if line.startswith("--io-")] == ["--io-threads"]
    assert complete("batchresize pict") == ["picture.jpg"]
    assert [line.split("\t")[0] for line in complete("batchresize -o ph")] == ["photos dir/"]
    assert complete("batchresize --jobs pict") == []
    assert [line.split("\t")[0] for line in complete("batchresize --config defaults --preset t")] == ["thumbs", "two words"]
    assert [line.split("\t")[0] for line in complete("batchresize --config=defaults --preset=th")] == ["--preset=thumbs"]
    assert [line.split("\t")[0] for line in complete("batchresize 'photos dir' --preset ")] == ["of photos"]
    assert complete("batchresize --config=none 'photos dir' --preset ") == []
