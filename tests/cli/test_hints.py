"""What people type first, and what becomes of it: understood, or answered with what to type."""

import os
import pty
import re
import subprocess

import pytest
from PIL import Image

from conftest import DEADLINE, PROGRAM, TOP, environment
from test_help import help_rows

HINTS = re.findall(r'\{" ([^"]*(?:"\s*"[^"]*)*) ",\s*("[^}]*)\}', (TOP / "src/cli/hints.c").read_text())
HINTS = [(re.sub(r'"\s*"', "", names).split(), "".join(re.findall(r'"([^"]*)"', advice))) for names, advice in HINTS]


@pytest.fixture
def pictures(directory):
    directory.copy("photos/city.jpg", "photo.jpg", "in/IMG_1.JPG", "in/a.jpg", "in/sub/b.jpg")
    directory.copy("edge/1x1.png", "in/c.png")
    return directory


def refused(done):
    assert done.status == 2 and done.out == b"" and done.report == [], done
    line, = done.err.splitlines()
    assert line.startswith("batchresize: ")
    return line[len("batchresize: "):]


# --- options of other programs --------------------------------------------------------------------


@pytest.mark.parametrize("typed, option", [
    ("--width", "--size=800"), ("--height", "--size=x600"), ("-w", "--size=800"), ("-width", "--size=800"),
    ("-r", "walked with all below"), ("--recursive", "walked with all below"), ("--threads", "--jobs=N"), ("--crop", "--fit=cover"),
    ("--in-place", "--output=DIR"), ("--overwrite", "--existing=overwrite"), ("--skip-existing", "--existing=skip"),
    ("--keep-exif", "--metadata=keep"), ("--suffix", "--name='{stem}"), ("--resume", "say the same as before"),
    ("--logfile", "--log-file=FILE"), ("--watermark", "--plugin"), ("--jsonl", "--report=FILE"),
    ("--no-progress", "--progress=never"), ("-resize", "--size=50%")])
def test_options_of_others(pictures, typed, option):
    for arguments in ([typed, "in"], [typed, "600", "in"], ["in", typed], ["-v", typed, "in"]):
        message = refused(pictures.run(*arguments))
        assert message.startswith("unknown option '%s': " % typed) and option in message
    if typed.startswith("--"):
        assert option in refused(pictures.run(typed + "=600", "in"))


def test_hints_name_options_that_exist():
    """And are for names that do not."""
    assert len(HINTS) > 30
    known = {name for _, name, _ in help_rows()} | {letter for letter, _, _ in help_rows() if letter}
    seen = set()
    for names, advice in HINTS:
        assert set(re.findall(r"--([a-z-]+)", advice)) <= known, advice
        for name in names:
            assert name not in known and name not in seen, name
            seen.add(name)


def test_hints_can_be_followed(pictures):
    """What a hint says to type is accepted as it stands."""
    tried = 0
    for _, advice in HINTS:
        for option in re.findall(r"--[a-z-]+=(?:'[^']*'|[^ ,;]+)|--(?:flat|enlarge|fsync|quiet|dry-run|match-case)", advice):
            option = option.replace("'", "").replace("=N", "=4").replace("=FILE", "=r.ndjson").replace("=DIR", "=o")
            option = option.replace("=SIZE", "=500M").replace("=r.ndjson", "=r.txt") if "files-from" not in option else option
            extra = ["-o", "o"] if option == "--flat" else ["-s", "8x8"] if "--fit" in option else []
            if "--files-from" in option or option in ("--report=r.txt", "--progress=always"):
                continue
            source = "photo.jpg" if option.startswith("--output=") else "in"
            done = pictures.run("-n", option, *extra, source, report=False)
            assert done.status == 0, (option, done)
            tried += 1
    assert tried > 20


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed, meant", [("jpg", "jpeg"), ("JPG", "jpeg"), ("tif", "tiff"), ("PNG", "png")])
def test_formats_by_other_names(pictures, typed, meant):
    done = pictures.run("-f", typed, "-s8", "photo.jpg")
    assert done.status == 0 and done.report[0]["output"] == "resized_photo." + {"jpeg": "jpg", "tiff": "tif"}.get(meant, meant)
    assert Image.open(pictures / done.report[0]["output"]).format.lower() == meant


@pytest.mark.parametrize("typed, size", [("30X20", (30, 20)), ("30×20", (30, 20)), ("30px", (30, 20)), ("30pxx10px", (15, 10)), ("x10px", (15, 10))])
def test_sizes_by_other_signs(pictures, typed, size):
    done = pictures.run("-s", typed, "photo.jpg")
    assert done.status == 0 and Image.open(pictures / "resized_photo.jpg").size == size


def test_size_in_names_is_as_it_is_documented(pictures):
    done = pictures.run("-s", "30X20,40px", "photo.jpg")
    assert sorted(output["output"] for output in done.report[0]["outputs"]) == ["resized_photo-30x20.jpg", "resized_photo-40.jpg"]


def test_home_that_no_shell_replaced(pictures):
    for option in ("--output=~/x", "--report=~/r", "--srcset=~/s", "--files-from=~/l"):
        message = refused(pictures.run(option, "in"))
        assert "~/" in message and "$HOME" in message
    assert not (pictures / "~").exists()
    assert pictures.run("--output=./~/x", "-s8", "photo.jpg").status == 0


# --- outputs --------------------------------------------------------------------------------------


def test_output_that_is_a_file(pictures):
    done = pictures.run("-o", "thumb.jpg", "-s8", "photo.jpg")
    assert done.status == 0 and done.report[0]["output"] == "thumb.jpg"
    assert Image.open(pictures / "thumb.jpg").size == (8, 5)
    done = pictures.run("-o", "new/{stem}.webp", "-s8", "in/sub/b.jpg", "--print")
    assert (done.status, done.out) == (0, b"new/{stem}.webp\n")
    assert Image.open(pictures / "new/{stem}.webp").format == "WEBP"
    # --format has the last word
    assert pictures.run("-o", "x.jpg", "-f", "png", "-s8", "photo.jpg").status == 0
    assert Image.open(pictures / "x.jpg").format == "PNG"
    # done again, and not
    assert pictures.run("-o", "thumb.jpg", "--existing=skip", "photo.jpg").statuses() == {"skipped": 1}
    about = pictures.run("-o", "photo.jpg", "photo.jpg")
    assert about.status == 1 and about.report[0]["code"] == "output-is-source"


def test_output_file_for_a_source_outside(pictures):
    done = pictures.run("-o", "out.png", "-s8", pictures / "in/a.jpg")
    assert done.status == 0 and done.report[0]["output"] == "out.png"
    assert Image.open(pictures / "out.png").format == "PNG"


def test_output_file_for_many_is_refused(pictures):
    for arguments in (["photo.jpg", "in/a.jpg"], ["in"], ["-s", "8,9", "photo.jpg"], ["--files-from", "in/a.jpg"]):
        message = refused(pictures.run("-o", "thumb.jpg", *arguments))
        assert "'thumb.jpg'" in message and "directory" in message
    assert not (pictures / "thumb.jpg").exists()


def test_output_directory_with_an_extension(pictures):
    assert pictures.run("-o", "t.jpg/", "-s8", "photo.jpg").status == 0
    assert (pictures / "t.jpg/photo.jpg").is_file()
    assert pictures.run("-o", "t.jpg", "-s8", "in").status == 0
    assert (pictures / "t.jpg/a.jpg").is_file()
    assert pictures.run("-o", "v1.0", "-s8", "photo.jpg").status == 0
    assert (pictures / "v1.0/photo.jpg").is_file()


def test_second_path_that_is_an_output(pictures):
    message = refused(pictures.run("in", "out"))
    assert "did you mean '-o out'?" in message
    assert not (pictures / "resized_in").exists()
    assert "did you mean '-o out'?" in refused(pictures.run("photo.jpg", "in/a.jpg", "out"))
    # a picture that has gone is a failure of its own
    done = pictures.run("-s8", "photo.jpg", "gone.jpg")
    assert done.status == 1 and done.statuses() == {"ok": 1, "failed": 1}
    assert "--output" in done.err


@pytest.mark.parametrize("blanks", [["800", "600"], ["50", "%"], ["800", "x600"], ["800", "X", "600"]])
def test_size_with_blanks(pictures, blanks):
    for output in ([], ["-o", "out"]):
        message = refused(pictures.run("-s", *blanks, *output, "in"))
        assert "--size" in message and "'%s'" % blanks[1] in message
    assert not (pictures / "resized_in").exists()
    # a name that is there is a source
    pictures.copy("photos/city.jpg", "600/a.jpg")
    assert pictures.run("-s", "8", "600").status == 0


def test_output_is_no_stream(pictures):
    message = refused(pictures.run("-o", "-", "photo.jpg"))
    assert ">small.jpg" in message and "./-" in message
    assert not (pictures / "-").exists()
    assert pictures.run("-o", "./-", "-s8", "photo.jpg").status == 0 and (pictures / "-/photo.jpg").is_file()


def test_file_that_looks_like_options(pictures):
    pictures.copy("photos/city.jpg", "-dash.jpg")
    assert "'./-dash.jpg'" in refused(pictures.run("-dash.jpg"))
    assert pictures.run("-s8", "./-dash.jpg").status == 0


@pytest.mark.parametrize("option, word, advice", [
    ("-f", "heic", "-o NAME.heic"), ("--format", "HEIC", "-o NAME.heic"), ("--fit", "crop", "say cover"),
    ("--fit", "attention", "--gravity"), ("--fit", "inside", "say contain"), ("--fit", "letterbox", "say pad"),
    ("--gravity", "top", "say north"), ("--gravity", "left", "say west"), ("--gravity", "smart", "say attention")])
def test_words_of_others(pictures, option, word, advice):
    message = refused(pictures.run(option, word, "in"))
    assert "'%s'" % word in message and advice in message


def test_flat(pictures):
    done = pictures.run("--flat", "-o", "o", "-s8", "in", pictures / "photo.jpg")
    assert done.status == 0
    assert pictures.names("o") == ["IMG_1.JPG", "a.jpg", "b.jpg", "c.png", "photo.jpg"]
    listed = pictures.run("--flat", "-o", "p", "-s8", "--files-from", "-", stdin=b"in/sub/b.jpg\n./photo.jpg\n")
    assert listed.status == 0 and pictures.names("p") == ["b.jpg", "photo.jpg"]


def test_flat_collisions_are_found(pictures):
    pictures.copy("photos/city.jpg", "in/other/b.jpg")
    done = pictures.run("--flat", "-o", "o", "-s8", "in")
    assert done.status == 1 and done.statuses() == {"ok": 3, "failed": 2}
    assert {record["code"] for record in done.report if record["status"] == "failed"} == {"collision"}
    assert not (pictures / "o/b.jpg").exists()
    done = pictures.run("--flat", "-o", "in/sub", "-s8", "in/sub/b.jpg", "photo.jpg")
    assert done.record("b.jpg")["code"] == "output-is-source" and done.record("photo.jpg")["status"] == "ok"


# --- sources --------------------------------------------------------------------------------------


def test_patterns_heed_no_case(pictures):
    def taken(*arguments):
        done = pictures.run("-n", *arguments, "in")
        return sorted(os.path.basename(line.split(b" -> ")[0]).decode() for line in done.out.splitlines())

    assert taken("--include", "*.jpg") == ["IMG_1.JPG", "a.jpg", "b.jpg"]
    assert taken("--include", "*.JPG") == ["IMG_1.JPG", "a.jpg", "b.jpg"]
    assert taken("--exclude", "img_*") == ["a.jpg", "b.jpg", "c.png"]
    assert taken("--exclude", "SUB/") == ["IMG_1.JPG", "a.jpg", "c.png"]
    assert taken("--match-case", "--include", "*.jpg") == ["a.jpg", "b.jpg"]
    assert taken("--match-case", "--exclude", "img_*", "--exclude", "SUB/") == ["IMG_1.JPG", "a.jpg", "b.jpg", "c.png"]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lists_of_windows(pictures, mark, ending):
    text = mark + "".join(name + ending for name in ("photo.jpg", "in/a.jpg", "", "in/c.png"))
    done = pictures.run("-s8", "-o", "o", "--files-from", "-", stdin=text.encode())
    assert done.status == 0 and sorted(record["source"] for record in done.report) == ["in/a.jpg", "in/c.png", "photo.jpg"]


def test_names_that_look_like_windows(pictures):
    """A name that does end in CR, or begin with the mark, is a name."""
    odd = ["\ufeffx.jpg", "y.jpg\r"]
    pictures.copy("photos/city.jpg", *odd)
    done = pictures.run("-s8", "-o", "o", "--files-from", "-", stdin=("\n".join(odd) + "\n").encode())
    assert done.status == 0 and sorted(record["source"] for record in done.report) == sorted(odd)


def test_standard_input_without_a_word(pictures):
    data = (pictures / "photo.jpg").read_bytes()
    done = subprocess.run([PROGRAM], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
                          env=environment())
    assert done.returncode == 2 and b"add '-'" in done.stderr and done.stdout == b""
    with open(pictures / "photo.jpg", "rb") as stream:
        done = subprocess.run([PROGRAM, "-s8"], stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=DEADLINE, env=environment())
    assert done.returncode == 2 and b"add '-'" in done.stderr


def on_terminal(directory, stdin, stdout):
    """Runs `batchresize -` with a terminal in place of what is None; returns status and what was shown."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([PROGRAM, "-s8", "-"], cwd=directory.path, stdin=stdin or theirs, stdout=stdout or theirs,
                              stderr=subprocess.PIPE, timeout=DEADLINE, env=environment())
        return done.returncode, done.stderr.decode()
    finally:
        os.close(ours)
        os.close(theirs)


def test_images_are_not_written_to_terminals(pictures):
    with open(pictures / "photo.jpg", "rb") as source:
        status, err = on_terminal(pictures, source, None)
    assert status == 2 and "terminal" in err and ">small.jpg" in err
    status, err = on_terminal(pictures, None, subprocess.DEVNULL)
    assert status == 2 and "terminal" in err and "<photo.jpg" in err


@pytest.mark.parametrize("mode", ["thread", "process", "hybrid"])
def test_no_more_workers_than_pictures(pictures, mode):
    done = pictures.run("-j", "1000", "-m", mode, "-s8", "-o", "o", "in")
    assert done.status == 0 and len(done.report) == 4
    assert int(re.search(r"%s mode, (\d+) workers?" % mode, done.err).group(1)) <= 4
