"""Files of defaults: where they are, what may stand in them, and what counts more."""

import os
import pathlib
import re
import subprocess
import tempfile

import pytest
from hypothesis import example, given, strategies

from conftest import DEADLINE, PROGRAM, environment, examples, needs_libvips, size_of

SHOWN = re.compile(r"^([a-z-]+) = (.*?) +# (.*)$")


class Place:
    """A directory with a home, a source, and what is said there."""

    def __init__(self, directory):
        self.directory = directory
        self.home = directory / "home"
        self.user = self.home / ".config/batchresize/config"
        self.user.parent.mkdir(parents=True)
        (directory / "photos").mkdir()
        self.source = directory / "photos/.batchresize.conf"

    def run(self, *arguments, env=None, **options):
        plain = {name: value for name, value in environment().items() if name != "XDG_CONFIG_HOME"}
        env = dict(plain, HOME=str(self.home)) if env is None else env
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([PROGRAM, *arguments], cwd=self.directory.path, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=DEADLINE, check=False, **options)

    def shown(self, *arguments, **options):
        """--show-config: option -> value, origin; those that are repeated as a list of both."""
        done = self.run("--show-config", *arguments, **options)
        assert done.returncode == 0 and done.stderr == b"", done
        found = {}
        for line in done.stdout.decode().splitlines():
            match = SHOWN.match(line)
            if not match:
                assert re.match(r"# [a-z-]+ +# default: |# \[preset .+\]$", line), line
                continue
            name, value, origin = match.groups()
            found[name] = (found[name] if name in found else []) + [(value, origin)]
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}

    def refused(self, *arguments, **options):
        done = self.run(*(arguments or ["photos"]), **options)
        assert done.returncode == 2 and done.stdout == b"", done
        line, = done.stderr.decode("utf-8", "backslashreplace").splitlines()
        assert line.startswith("batchresize: ")
        return line[len("batchresize: "):]


@pytest.fixture
def place(directory):
    return Place(directory)


def test_what_counts_more(place):
    """Command line > preset > source's > user's; each with file and line."""
    place.user.write_text("quality = 60\nformat = webp\nfilter = cubic\nverbose = 2\nexclude = *.tmp\n"
                          "[preset thumbs]\nsize = 200x200\nfit = cover\nquality = 61\n[preset square]\nsize = 90x90\n")
    place.source.write_text("# ours\nformat = png\nexclude = drafts/\n[preset thumbs]\nfit = pad\n")
    user, source = str(place.user), "photos/.batchresize.conf"
    shown = place.shown("--preset", "thumbs", "--filter=nearest", "--exclude=x", "-v", "photos")
    assert shown["size"] == ("200x200", user + ":7 [preset thumbs]")
    assert shown["quality"] == ("61", user + ":9 [preset thumbs]")
    assert shown["fit"] == ("pad", source + ":5 [preset thumbs]")
    assert shown["format"] == ("png", source + ":2")
    assert shown["filter"] == ("nearest", "command line")
    assert shown["verbose"] == ("1", "command line")
    assert shown["exclude"] == [("*.tmp", user + ":5"), ("drafts/", source + ":3"), ("x", "command line")]
    assert shown["mode"] == ("auto", "default") and shown["enlarge"] == ("no", "default")
    # without the preset; elsewhere; several presets, in their order; from nowhere
    assert place.shown("photos")["quality"] == ("60", user + ":1")
    assert place.shown()["format"] == ("webp", user + ":2") and place.shown()["verbose"] == ("2", user + ":4")
    assert place.shown("--preset=thumbs", "--preset=square")["size"][0] == "90x90"
    assert place.shown("--preset=square", "--preset=thumbs")["size"][0] == "200x200"
    assert place.shown("--config=none", "photos")["quality"] == ("80", "default")


def test_it_is_what_a_run_does(place):
    """From a file among the sources to the picture; a preset on top."""
    place.directory.copy("photos/city.jpg", "photos/a.jpg", "photos/drafts/b.jpg")
    place.source.write_text("size = 100x100\nname = {stem}_s.{ext}\nexclude = drafts/\n[preset tiny]\nsize = 30x30\n")
    done = place.run("--quiet", "--output=out", "photos")
    assert done.returncode == 0 and done.stderr == b"", done
    assert place.directory.names("out") == ["a_s.jpg"] and max(size_of(place.directory / "out/a_s.jpg")) == 100
    assert place.run("--quiet", "--output=out", "--preset=tiny", "photos").returncode == 0
    assert max(size_of(place.directory / "out/a_s.jpg")) == 30
    # the file is no source, hidden or not
    done = place.run("--hidden", "--output=all", "--config=none", "photos")
    assert done.returncode == 0 and place.directory.names("all") == ["a.jpg", "drafts/b.jpg"], done


def test_where_the_users_file_is(place):
    """XDG_CONFIG_HOME if it is absolute, else HOME; neither under env -i; a typed file is there alone."""
    other = place.directory / "xdg/batchresize/config"
    other.parent.mkdir(parents=True)
    other.write_text("quality = 11\n")
    place.user.write_text("quality = 22\n")
    place.source.write_text("size = 7\n")
    (place.directory / "mine").write_text("quality = 33\n")
    home, xdg = {"HOME": str(place.home)}, {"XDG_CONFIG_HOME": str(place.directory / "xdg")}
    assert place.shown(env=home)["quality"][0] == "22"
    assert place.shown(env={**home, **xdg})["quality"][0] == "11"
    assert place.shown(env=xdg)["quality"][0] == "11"
    assert place.shown(env={**home, "XDG_CONFIG_HOME": "xdg"})["quality"][0] == "22"
    for env in ({}, {"HOME": ""}, {"HOME": "home"}, {"HOME": "/nonexistent"}, {"HOME": str(place.user)}):
        assert place.shown(env=env)["quality"] == ("80", "default")
    shown = place.shown("--config", "mine", "photos", env=home)
    assert shown["quality"] == ("33", "mine:1") and shown["size"][1] == "default"
    done = place.run("--config=gone", "photos")
    assert done.returncode == 2 and b"cannot open the defaults in 'gone': No such file" in done.stderr
    # also through a pipe, as of <(...)
    fd, writer = os.pipe()
    os.write(writer, b"quality = 44\n")
    os.close(writer)
    assert place.shown("--config=/dev/fd/%d" % fd, pass_fds=[fd])["quality"][0] == "44"
    os.close(fd)
    # help and version need none, and are there however it is broken
    place.user.write_text("nonsense\n")
    assert place.run("--help").returncode == 0 and place.run("-V").returncode == 0


def test_a_home_that_cannot_be_entered_has_no_file(place):
    place.user.write_text("quality = 22\n")
    nobody = place.directory.as_nobody()
    place.user.parent.chmod(0o700)

    def run(*arguments):
        return subprocess.run([*nobody, PROGRAM, *arguments], cwd=place.directory.path, env={"HOME": str(place.home)},
                              capture_output=True, timeout=DEADLINE, check=False)

    if not nobody:
        place.user.parent.chmod(0)
    assert b"quality = 80" in run("--show-config").stdout
    place.user.parent.chmod(0o755)
    place.user.chmod(0)
    done = run("--show-config")
    assert done.returncode == 2 and b"cannot open the defaults" in done.stderr and b"Permission denied" in done.stderr


def test_syntax(place):
    """CR LF, a mark of UTF-8, comments, quotes, a long line, an end without a newline."""
    place.user.write_bytes(b"\xef\xbb\xbf# first\r\n\r\n ; second\r\n\tquality\t=  71 \r\nbackground = #fff\r\n"
                           b"enlarge\r\nlinear = Off # not now\r\nfilter = 'cubic' # so\r\n"
                           b"output = \"a \\\"b\\\" \\\\ #c \"\r\nreport = it's\r\n"
                           b"exclude = " + b"x" * 100000 + b"\r\nexclude = #\r\nexclude = y#\r\n"
                           b"  [ preset  a b ]  # one\r\nsize = 5\r\n[preset c]\r\nsize=6")
    done = place.run("--show-config", "--preset=a b")
    assert done.returncode == 2 and b"config:12: exclude: an empty GLOB" in done.stderr, done
    place.user.write_bytes(place.user.read_bytes().replace(b"exclude = #\r\n", b"exclude = '#'\r\n"))
    shown = place.shown("--preset=a b")
    assert shown["quality"][0] == "71" and shown["background"][0] == "#fff" and shown["size"][0] == "5"
    assert shown["enlarge"][0] == "yes" and shown["linear"][0] == "no" and shown["filter"][0] == "cubic"
    assert shown["output"][0] == '"a \\"b\\" \\\\ #c "' and shown["report"][0] == "it's"
    assert [value for value, _ in shown["exclude"]] == ["x" * 100000, '"#"', "y#"]
    assert place.shown("--preset=c")["size"] == ("6", "%s:17 [preset c]" % place.user)
    # what it shows is such a file itself
    first = place.run("--show-config", "--preset=a b").stdout
    (place.directory / "again").write_bytes(first)
    presets = b"# [preset a b]\n# [preset c]\n"
    assert first.endswith(presets), first
    again = place.run("--show-config", "--config=again").stdout
    assert [line.split(b" #")[0].rstrip() for line in again.splitlines()] == \
           [line.split(b" #")[0].rstrip() for line in first[:-len(presets)].splitlines()]
    place.user.write_bytes(b"")
    assert place.shown()["quality"] == ("80", "default")


@pytest.mark.parametrize("text, line, message", [
    (b"quality=70\nqualty = 80", 2, "unknown key 'qualty': did you mean 'quality'?"),
    (b"--quality = 80", 1, "unknown key '--quality': did you mean 'quality'?"),
    (b"width = 80", 1, "unknown key 'width': say --size=800"),
    (b"nonsense words", 1, "unknown key 'nonsense words': keys are the long options"),
    (b"quality 80", 1, "'quality 80' has no value: a line is KEY = VALUE"),
    (b"--quality: 80", 1, "'--quality: 80' has no value: a line is KEY = VALUE"),
    (b"document = man", 1, "unknown key 'document'"),
    (b"config = x", 1, "'config' is for the command line only"),
    (b"help", 1, "'help' is for the command line only"),
    (b"quality", 1, "quality needs an argument: N"),
    (b"\n\nquality = 101", 3, "quality: '101' is no quality"),
    (b"quality =", 1, "quality: '' is no quality"),
    (b"output =", 1, "output: an empty DIR names nothing"),
    (b"output = ~/x", 1, "output: the shell has left the ~"),
    (b"fsync = perhaps", 1, "fsync takes no argument, or yes or no"),
    (b"verbose = much", 1, "verbose takes no argument, or a digit"),
    (b"size = 5\nfit=cover\nsize = 6", 3, "'size' is there twice, in line 1 too"),
    (b"[preset a]\nsize = 5\n[preset b]\nsize = 5\n[preset a]\nsize = 6", 6, "'size' is there twice, in line 2 too"),
    (b"name = \"x", 1, "the quotes don't fit"), (b"name = 'x' y", 1, "the quotes don't fit"),
    (b"name = \"\\n\"", 1, "the quotes don't fit"),
    (b"= 5", 1, "no key stands before the '='"),
    (b"[thumbs]", 1, "a section begins with '[preset NAME]'"), (b"[preset thumbs", 1, "a section begins with"),
    (b"[preset thumbs] size = 5", 1, "a section begins with"), (b"[preset]", 1, "a preset needs a name"),
    (b"[presets]", 1, "a preset needs a name"),
    (b"size = 5\nname = a\0b\n", 2, "a NUL byte stands in it"),
    ("size = 5\n".encode("utf-16-le"), 1, "a NUL byte stands in it"),
    (b"x" * 100000, 1, "unknown key 'xxx"),
    (b"k\x1b[2Jey = 1", 1, "unknown key 'k [2Jey'"),
], ids=str)
def test_errors_name_file_and_line(place, text, line, message):
    place.user.write_bytes(text)
    said = place.refused()
    assert said.startswith("%s:%d: " % (place.user, line)) or re.match(r"\.\.\..*/config:%d: " % line, said), said
    assert message in said


def test_too_much(place):
    place.user.write_bytes(b"#" * (1 << 20))
    assert place.shown()["quality"][0] == "80"
    place.user.write_bytes(b"#" * (1 << 20) + b"\n")
    assert "is over a megabyte" in place.refused()
    place.user.write_bytes(b"exclude = x\n" * 4097)
    assert ":4097: more than 4096 keys" in place.refused()
    assert "is over a megabyte" in place.refused("--config=/dev/zero", "photos")


# --- among the sources --------------------------------------------------------------------------

MAY = {"size", "fit", "gravity", "filter", "linear", "flat", "name", "format", "quality", "lossless",
       "jpeg-progressive", "jpeg-subsampling", "png-effort", "background", "profile", "include", "exclude", "match-case"}


def test_strangers_set_little(place):
    """Of all options those of the picture alone, so that a new one is refused until somebody thought of it."""
    names = re.findall(r"^(?:# )?([a-z-]+) ", place.run("--show-config", "--config=none").stdout.decode(), re.M)
    assert MAY < set(names) and {"output", "report", "srcset", "follow", "metadata", "enlarge"} < set(names) - MAY
    for name in names:
        place.source.write_text("# theirs\n%s = 7\n" % name)
        done = place.run("--show-config", "photos")
        said = ("photos/.batchresize.conf:2: '%s' may not be set among sources" % name).encode()
        assert (said in done.stderr) == (name not in MAY), (name, done)
    # nor in a preset that nobody asked for; and the user is free of it
    place.source.write_text("[preset x]\noutput = /etc\n")
    assert "photos/.batchresize.conf:2: 'output' may not be set" in place.refused()
    assert place.run("--show-config", "--config=none", "photos").returncode == 0


def test_only_a_file_of_one_directory(place):
    place.directory.copy("edge/1x1.png", "a.png", "photos/b.png", "more/c.png")
    place.source.write_text("quality = 5\n")
    assert place.shown("photos/")["quality"] == ("5", "photos//.batchresize.conf:1")
    assert place.shown("photos/b.png")["quality"][1] == "default"
    message = place.refused("photos", "more")
    assert "'photos/.batchresize.conf' is for its directory alone, and there are several sources" in message
    assert place.run("--quiet", "--config=none", "-o", "out", "photos", "more").returncode == 0
    # what is no plain file is not waited for, and not followed
    place.source.rename(place.directory / "real")
    place.source.symlink_to("../real")
    assert "is a link, which none among sources may be" in place.refused()
    place.source.unlink()
    os.mkfifo(place.source)
    assert "is no regular file" in place.refused()
    place.source.unlink()
    place.source.mkdir()
    assert "is no regular file" in place.refused()


# --- what makes no sense for a run ----------------------------------------------------------------


@needs_libvips
def test_defaults_fit_other_runs(place):
    """What would be refused if it were typed is left out where a file says it of all runs."""
    place.directory.copy("photos/city.jpg", "photos/a.jpg")
    place.user.write_text("fit = cover\ngravity = attention\nbackground = red\nio-threads = 2\nenlarge\nlinear\nlossless\n"
                          "flat\nname = {stem}-x.{ext}\nprint\nsrcset = set.json\nquiet\npreserve = times\nfsync\nnull\n")
    for arguments in (["-s", "50%", "photos"], ["--filter=nearest", "photos"], ["-f", "jpeg", "photos"],
                      ["-n", "photos"], ["-v", "photos"], ["--progress=always", "photos"],
                      ["-s", "20", "-o", "one.png", "photos/a.jpg"]):
        done = place.run(*arguments)
        assert done.returncode == 0, (arguments, done)
    assert size_of(place.directory / "one.png")[0] == 20
    # - is a picture, and neither named nor kept up with
    with open(place.directory / "photos/a.jpg", "rb") as stdin:
        done = place.run("-s", "20", "-", stdin=stdin)
    assert done.returncode == 0 and size_of(done.stdout)[0] == 20, done
    # typed, they are errors as ever; and a word of the command line undoes a flag
    assert "--enlarge has no effect" in place.refused("-s", "50%", "--enlarge", "photos")
    assert place.shown("--enlarge=no")["enlarge"] == ("no", "command line")
    assert "--quiet takes no argument, or yes or no" in place.refused("--quiet=7", "photos")


def test_a_list_by_default_gives_way_to_paths(place):
    place.directory.copy("edge/1x1.png", "photos/a.png", "b.png")
    (place.directory / "list").write_text("b.png\n")
    place.user.write_text("files-from = list\noutput = out\nquiet\n")
    assert place.run().returncode == 0 and place.directory.names("out") == ["b.png"]
    assert place.run("photos").returncode == 0 and place.directory.names("out") == ["a.png", "b.png"]


def test_presets_that_are_not_there(place):
    assert "--preset: no file of defaults has a section '[preset thumbs]'" in place.refused("--preset=thumbs", "photos")
    place.user.write_text("[preset thumbs]\nsize=5\n")
    assert "--preset: unknown preset 'thumb': did you mean 'thumbs'?" in place.refused("--preset=thumb", "photos")


def test_show_config_moves_no_cursor(place):
    """What files say is shown without control characters."""
    place.user.write_bytes(b"name = '\x1b[2J{stem}.{ext}'\n[preset \x1b[1m]\nsize = 5\n")
    done = place.run("--show-config", "--preset=\x1b[1m")
    assert done.returncode == 0 and b"\x1b" not in done.stdout and b"size = 5" in done.stdout


@examples(12)
@given(strategies.lists(strategies.text(strategies.characters(blacklist_categories=("Cs", "Cc")) |
                                        strategies.sampled_from("\t\"'#\\[]=,; "), min_size=1), max_size=4),
       strategies.integers(0, 12))
@example(["a\tb", "\t", "a\t#"], 10)
def test_what_is_shown_is_a_file_that_says_the_same(patterns, verbose):
    """Any pattern, and -v more often than there are digits."""
    with tempfile.TemporaryDirectory() as folder:
        def shown(*arguments):
            done = subprocess.run([PROGRAM, "--show-config", *arguments], cwd=folder, env=environment(),
                                  capture_output=True, timeout=DEADLINE, check=False)
            assert done.returncode == 0, done
            return re.sub(rb"(?m) +# (?:command line|default|shown:\d+)$", b"", done.stdout)

        first = shown("--config=none", *("-v" for _ in range(verbose)), *("--exclude=" + pattern for pattern in patterns))
        (pathlib.Path(folder) / "shown").write_bytes(first)
        assert shown("--config=shown") == first
        for pattern in patterns:
            quoted = '"%s"' % pattern.replace("\\", "\\\\").replace('"', '\\"')
            assert "exclude = %s\n" % pattern in first.decode() or "exclude = %s\n" % quoted in first.decode()
