"""Outputs that are there already: what counts as one, and when it is older than its source."""

import os
import shutil
import subprocess
import time

import pytest

from conftest import SANITIZER, every_mode, size_of

# --- what counts --------------------------------------------------------------------------------


def names_that_are_no_output(directory, folder):
    """Things that have an output's name: what was put there, by the name."""
    directory.copy("edge/1x1.jpg", "elsewhere.jpg")
    (directory / folder).mkdir()
    (directory / folder / "empty.jpg").touch()
    os.symlink("nowhere.jpg", directory / folder / "dangling.jpg")
    os.symlink("../images/source.jpg", directory / folder / "source.jpg")
    os.symlink("../elsewhere", directory / folder / "folder.jpg")
    (directory / "elsewhere").mkdir()
    os.mkfifo(directory / folder / "pipe.jpg")
    return ["dangling.jpg", "empty.jpg", "folder.jpg", "pipe.jpg", "source.jpg"]


@every_mode
@pytest.mark.parametrize("existing", ["skip", "update"])
def test_what_is_no_output_is_made(directory, mode, existing):
    names = names_that_are_no_output(directory, "out")
    directory.copy("photos/mountains.jpg", *("images/" + name for name in names))
    before = directory.files("images")
    for expected in ("ok", "skipped"):
        done = directory.run("--existing", existing, "-o", "out", "images", mode=mode)
        assert done.status == 0 and done.statuses() == {expected: len(names)}, done
        for name in names:
            assert size_of(directory / "out" / name) == (800, 533)
            assert not (directory / "out" / name).is_symlink()
    assert directory.files("images") == before


@pytest.mark.parametrize("existing", ["skip", "update"])
def test_of_several_one_that_is_empty(directory, existing):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    options = ("-s", "100,200", "--existing", existing, "images")
    assert directory.run(*options).status == 0
    os.truncate(directory / "resized_images/a-200.jpg", 0)
    assert directory.run(*options).statuses() == {"ok": 1}
    assert size_of(directory / "resized_images/a-200.jpg") == (200, 133)
    assert directory.run(*options).statuses() == {"skipped": 1}


@every_mode
@pytest.mark.parametrize("existing", ["skip", "update"])
@pytest.mark.parametrize("template", [(), ("--name", "{stem}.{ext}"), ("--name", "{stem}-{width}.{ext}")])
def test_a_directory_is_a_clear_error(directory, mode, existing, template):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    name = "resized_images/a-800.jpg" if "width" in str(template) else "resized_images/a.jpg"
    (directory / name).mkdir(parents=True)
    done = directory.run("--existing", existing, *template, "images", mode=mode)
    assert done.status == 1 and done.report[0]["status"] == "failed", done
    assert name in done.err and "directory has that name" in done.err


@pytest.mark.parametrize("existing", ["skip", "update"])
def test_a_link_to_a_picture_is_an_output(directory, existing):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "elsewhere.jpg")
    (directory / "resized_images").mkdir()
    os.symlink("../elsewhere.jpg", directory / "resized_images/a.jpg")
    assert directory.run("--existing", existing, "images").statuses() == {"skipped": 1}
    os.utime(directory / "elsewhere.jpg", (1000, 1000))
    assert directory.run("--existing", existing, "images").statuses() == {"ok" if existing == "update" else "skipped": 1}
    assert size_of(directory / "elsewhere.jpg") == (1, 1)


@every_mode
def test_error_counts_whatever_has_the_name(directory, mode):
    names = names_that_are_no_output(directory, "out")
    directory.copy("photos/mountains.jpg", *("images/" + name for name in names))
    done = directory.run("--existing", "error", "-o", "out", "images", mode=mode)
    assert done.status == 1 and {record["code"] for record in done.report} == {"exists"}, done


def test_a_dry_run_judges_alike(directory):
    names = names_that_are_no_output(directory, "out")
    directory.copy("photos/mountains.jpg", *("images/" + name for name in names), "images/done.jpg")
    directory.copy("edge/1x1.jpg", "out/done.jpg")
    done = directory.run("-n", "--existing", "update", "-o", "out", "images")
    assert done.status == 0 and sorted(line.split(" -> ")[0] for line in done.out.decode().splitlines()) == [
        "images/" + name for name in names]


# --- times --------------------------------------------------------------------------------------


def nanoseconds(text):
    seconds, _, decimals = text.partition(".")
    return int(seconds) * 1_000_000_000 + int(decimals.ljust(9, "0"))


@every_mode
@pytest.mark.parametrize("source, kept, newer", [
    ("1714903201.7", "1714903201", "1714903202"),        # ext3, HFS+: 1 s
    ("1714903201.7", "1714903200", "1714903202.7"),      # FAT: 2 s
    ("1714903201.789", "1714903201.78", "1714903201.79")])  # exFAT: 10 ms
def test_preserved_times_of_a_coarse_file_system(directory, mode, source, kept, newer):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    options = ("--preserve", "times", "--existing", "update", "images")
    os.utime(directory / "images/a.jpg", ns=(nanoseconds(source),) * 2)
    assert directory.run(*options, mode=mode).statuses() == {"ok": 1}
    os.utime(directory / "resized_images/a.jpg", ns=(nanoseconds(kept),) * 2)
    assert directory.run(*options, mode=mode).statuses() == {"skipped": 1}
    os.utime(directory / "images/a.jpg", ns=(nanoseconds(newer),) * 2)
    assert directory.run(*options, mode=mode).statuses() == {"ok": 1}


@every_mode
@pytest.mark.parametrize("preserve", [(), ("--preserve", "times")])
def test_a_source_whose_time_is_yet_to_come(directory, mode, preserve):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    later = time.time() + 100_000
    options = (*preserve, "--existing", "update", "images")
    os.utime(directory / "images/a.jpg", (later, later))
    for expected in ("ok", "skipped", "skipped"):
        assert directory.run(*options, mode=mode).statuses() == {expected: 1}
    # replaced by one with a time of today, and by one that is to come as well
    for when in (None, (later + 5, later + 5)):
        directory.copy("edge/jpeg-444.jpg" if when else "edge/1x1.jpg", "new.jpg")
        os.replace(directory / "new.jpg", directory / "images/a.jpg")
        if when:
            os.utime(directory / "images/a.jpg", when)
        for expected in ("ok", "skipped"):
            assert directory.run(*options, mode=mode).statuses() == {expected: 1}


# --- replaced while it is worked on -------------------------------------------------------------

# Replaces images/a.jpg by ./new.jpg, if that is there, at the moment when an output gets its name.
REPLACER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
static void replace(const char *name)
{
	if (strcmp(name, "a.jpg") == 0 || strstr(name, "/a.jpg") || strcmp(name, "a-800.jpg") == 0 || strstr(name, "/a-800.jpg"))
		rename("new.jpg", "images/a.jpg");
}
#define HOOK(function, declaration, arguments) \
	int function declaration \
	{ \
		int (*real) declaration = (int (*) declaration)dlsym(RTLD_NEXT, #function); \
		replace(new_name); \
		return real arguments; \
	}
HOOK(linkat, (int old, const char *old_name, int new, const char *new_name, int flags), (old, old_name, new, new_name, flags))
HOOK(renameat, (int old, const char *old_name, int new, const char *new_name), (old, old_name, new, new_name))
HOOK(renameat2, (int old, const char *old_name, int new, const char *new_name, unsigned flags), (old, old_name, new, new_name, flags))
"""


@pytest.fixture
def replacer(directory):
    if SANITIZER or not shutil.which("cc"):
        pytest.skip("needs a C compiler, and a program that can be preloaded into")
    (directory / "replacer.c").write_text(REPLACER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", directory / "replacer.so", directory / "replacer.c", "-ldl"], check=True)
    return ["env", "LD_PRELOAD=%s" % (directory / "replacer.so")]


@every_mode
@pytest.mark.parametrize("when", ["now", "long ago", "as before"])
@pytest.mark.parametrize("options", [(), ("--preserve", "times"), ("--name", "{stem}-{size}.{ext}", "-s", "800,100")])
def test_a_source_replaced_while_it_is_worked_on(directory, mode, replacer, when, options):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "new.jpg")
    os.utime(directory / "images/a.jpg", (2000, 2000))
    if when != "now":
        os.utime(directory / "new.jpg", (1000, 1000) if when == "long ago" else (2000, 2000))
    options = (*options, "--existing", "update", "images")
    done = directory.run(*options, mode=mode, prefix=replacer)
    assert done.status == 0 and done.statuses() == {"ok": 1}, done
    assert not (directory / "new.jpg").exists() and done.report[0]["out_width"] == 800
    assert "source-changed" in done.report[0]["notes"]
    done = directory.run(*options, mode=mode)
    assert done.statuses() == {"ok": 1} and done.report[0]["out_width"] == 1, done
    assert "source-changed" not in done.report[0]["notes"]
    assert directory.run(*options, mode=mode).statuses() == {"skipped": 1}
