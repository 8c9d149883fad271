"""libvips is loaded when a picture needs it, and not before: seen where it cannot be loaded at all."""

import sqlite3
import struct
import subprocess

import pytest

from colour_science import chart, formats, icc
from conftest import MODES, PROGRAM, STATE, every_mode, needs_libvips

# They show what is loaded when, in a build that can load it.
pytestmark = needs_libvips


@pytest.fixture
def without(directory):
    """What to put before the program: the dynamic loader finds a libvips that is none."""
    library = directory.path.parent / "library"
    library.mkdir()
    needed = subprocess.run(["readelf", "-d", PROGRAM], stdout=subprocess.PIPE, check=True, text=True).stdout
    assert "libvips" not in needed, "it is linked"
    text = open(PROGRAM, "rb").read()
    begin = text.index(b"libvips.so.")
    (library / text[begin:text.index(b"\0", begin)].decode()).touch()
    return ["env", "LD_LIBRARY_PATH=%s" % library]


JPEG_OPTIONS = [[], ["-s", "300,100x100"], ["--metadata", "keep", "--profile", "keep"], ["-f", "jpeg", "--fit", "pad", "--background", "teal"],
                ["--jpeg-progressive", "--enlarge", "-s", "200%"], ["-f", "png", "-s", "300,100x100", "--fit", "pad", "--background", "transparent"],
                ["-f", "png", "-s", "100%"]]


@pytest.mark.parametrize("options", JPEG_OPTIONS, ids=" ".join)
def test_jpeg_needs_none(directory, without, options):
    directory.copy("photos/city.jpg", "a.jpg")
    directory.copy("photos/sea.jpg", "b.jpg")
    assert directory.run(*options, "-o", "with", "a.jpg", "b.jpg").status == 0
    for mode in MODES:
        done = directory.run(*options, "-o", mode, "a.jpg", "b.jpg", mode=mode, prefix=without)
        assert done.status == 0, done
        assert directory.files(mode) == directory.files("with")


PNG_OPTIONS = [[], ["-s", "200"], ["-s", "200,90x90,40"], ["--metadata", "keep", "--profile", "keep"], ["-f", "png", "--fit", "fill"], ["--enlarge", "-s", "200%"],
               ["-f", "jpeg", "-s", "300"], ["-s", "90x90", "--fit", "cover"], ["-s", "90x90", "--fit", "pad", "--background", "gray"]]


@pytest.mark.parametrize("options", PNG_OPTIONS, ids=" ".join)
def test_png_needs_none(directory, without, options):
    for source in ("photos/chart.png", "edge/alpha-16.png", "edge/gray-4.png", "edge/rgb-trns.png", "edge/text.png"):
        directory.copy(source, "i/" + source.rpartition("/")[2])
    assert directory.run(*options, "-o", "with", "i").status == 0
    # which way a picture goes is found out where it is made: once in the program itself, once in a worker
    for mode in ("thread", "process"):
        done = directory.run(*options, "-o", mode, "i", mode=mode, prefix=without)
        assert done.status == 0, done
        assert directory.files(mode) == directory.files("with")


def chrm(space, more=0):
    red, green, blue, white = space
    return b"cHRM", struct.pack(">8I", *[round(v * 100000) + more for pair in (white, red, green, blue) for v in pair])


@pytest.mark.parametrize("profile, kept", [("srgb", "srgb"), ("display_p3", "keep")])
@pytest.mark.parametrize("before, needs", [([chrm(icc.SRGB)], False), ([chrm(icc.SRGB, 100)], False), ([chrm(icc.SRGB, 101)], True),
                                           ([chrm(icc.SRGB, -101)], True), ([chrm(icc.ADOBE_RGB)], True), ([(b"cHRM", bytes(31))], True),
                                           ([chrm(icc.SRGB), chrm(icc.SRGB)], True)],
                         ids=["srgb", "near", "above", "below", "other", "short", "twice"])
def test_png_with_a_profile_and_primaries_that_are_like_it(directory, without, profile, kept, before, needs):
    """Photoshop's way. libpng compares them if the profile is sRGB's, and leaves it out if they are others."""
    for place, chunks in (("behind", [formats.iccp(getattr(icc, profile)()), *before]), ("before", [*before, formats.iccp(getattr(icc, profile)())])):
        (directory / "a.png").write_bytes(formats.png(chart(5, 16), formats.RGB, before=chunks))
        done = directory.run("-s", "40", "--profile", kept, "-o", place, "a.png", prefix=without)
        assert done.status == (1 if needs else 0) and ("libvips42" in done.err) == needs, done
        if profile == "srgb" and not needs:
            (directory / "a.png").write_bytes(formats.png(chart(5, 16), formats.RGB))
            assert directory.run("-s", "40", "-o", place + "-plain", "a.png").status == 0
            assert directory.files(place) == directory.files(place + "-plain")


@pytest.mark.parametrize("source, options, took", [
    ("photos/city.jpg", [], False), ("photos/city.jpg", ["-f", "png"], False), ("photos/chart.png", ["-f", "jpeg"], False),
    ("photos/city.jpg", ["-f", "webp"], True), ("photos/city.jpg", ["-f", "png", "--linear"], True), ("photos/small.webp", ["-f", "jpeg"], True)])
def test_what_is_remembered_of_the_library(directory, source, options, took):
    """It is not loaded to tell its version where it had no part: another version of it makes nothing anew then."""
    directory.copy(source, "a")
    assert directory.run(*options, "-s", "40", "-o", "out", "a").status == 0
    with sqlite3.connect(directory / "out" / STATE / "state.db") as database:
        assert database.execute("SELECT library FROM setup").fetchall() == [(took,)]
    database.close()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["-n", "a.jpg"], ["-n", "b.png"]], ids=" ".join)
def test_what_touches_no_picture_needs_none(directory, without, arguments):
    directory.copy("photos/city.jpg", "a.jpg")
    directory.copy("photos/chart.png", "b.png")
    done = directory.run(*arguments, report=False, prefix=without)
    assert done.status == 0 and "libvips" not in done.err, done


@every_mode
def test_others_say_what_to_install(directory, without, mode):
    directory.copy("photos/city.jpg", "i/a.jpg")
    directory.copy("photos/chart.png", "i/b.png")
    directory.copy("photos/small.webp", "i/c.webp")
    done = directory.run("-o", "out", "i", mode=mode, prefix=without)
    assert done.status == 1 and done.record("a.jpg")["status"] == "ok", done
    assert done.record("b.png")["status"] == "ok", done
    record = done.record("c.webp")
    assert record["code"] == "unsupported" and "libvips42" in record["error"], record


@pytest.mark.parametrize("options", [["--linear"], ["-s", "100x100", "--fit", "cover", "--gravity", "attention"]], ids=" ".join)
def test_jpegs_that_need_it_say_what_to_install(directory, without, options):
    directory.copy("photos/city.jpg", "a.jpg")
    done = directory.run(*options, "-o", "out", "a.jpg", prefix=without)
    assert done.status == 1 and "libvips42" in done.record("a.jpg")["error"], done


DETOURS = [
    ("photos/city.jpg", [], None), ("photos/sea.jpg", [], None), ("photos/city.jpg", ["-f", "tiff", "--linear"], None),
    ("photos/city.jpg", ["-f", "png", "--linear"], "linear"), ("edge/cmyk.jpg", ["-f", "png"], "colour"),
    ("edge/display-p3.jpg", ["-f", "png"], "profile"), ("photos/city.jpg", ["-f", "webp", "--profile", "keep"], None),
    ("edge/gray.jpg", ["-f", "webp", "-s", "40x40", "--fit", "cover"], None), ("edge/gray-gamma.jpg", ["-f", "webp", "--profile", "keep"], "profile"),
    ("photos/city.jpg", ["-f", "webp", "--lossless", "-s", "40"], "lossless"),
    ("photos/city.jpg", ["-f", "webp", "-s", "40x40", "--fit", "pad", "--background", "transparent"], "alpha"),
    ("edge/adobe-rgb.jpg", ["--profile", "keep"], None), ("photos/city.jpg", ["--linear"], "linear"),
    ("photos/city.jpg", ["-s", "90x90", "--fit", "cover", "--gravity", "entropy"], "crop"),
    ("edge/gray.jpg", ["-s", "90x20", "--fit", "pad", "--background", "red"], "background"),
    ("edge/cmyk.jpg", [], "colour"), ("edge/adobe-rgb.jpg", [], "profile"), ("edge/profile-for-gray.jpg", ["--profile", "keep"], "profile"),
    ("photos/chart.png", ["-s", "90"], None), ("photos/chart.png", ["-f", "jpeg"], None), ("photos/chart.png", ["-f", "webp", "--linear"], None),
    ("photos/chart.png", ["-s", "90,40", "--linear"], "linear"), ("edge/display-p3.png", ["-s", "40"], "profile"),
    ("edge/gray-4.png", ["-s", "90x20", "--fit", "pad", "--background", "red"], "background"),
    ("photos/chart.png", ["-s", "90x90", "--fit", "cover", "--gravity", "attention"], "crop")]
SAID = {"linear": "--linear", "colour": "neither gray nor YCbCr", "profile": "a profile that is not sRGB", "lossless": "--lossless",
        "alpha": "transparent margins", "crop": "content-aware crop", "background": "gray on a background that is not"}


@pytest.mark.parametrize("source, options, reason", DETOURS)
def test_why_a_picture_went_through_libvips_is_said(directory, source, options, reason):
    """To a person by --verbose, to scripts by a note; of what has a shorter way, and not in the summary."""
    directory.copy(source, "a")
    done = directory.run("-v", *options, "-o", "out", "a")
    assert done.status == 0, done
    told = [line.partition(", by libvips: ")[2] for line in done.err.splitlines() if ", by libvips: " in line]
    assert told == ([SAID[reason]] if reason else []), done
    noted = [note for note in done.record("a")["notes"] if note.startswith("general-way")]
    assert noted == (["general-way:" + reason] if reason else []) and "general-way" not in done.err, done


def test_a_format_that_cannot_be_written_ends_the_run(directory, without):
    directory.copy("photos/city.jpg", "a.jpg")
    done = directory.run("-f", "webp", "-o", "out", "a.jpg", report=False, prefix=without)
    assert done.status == 3 and "libvips42" in done.err, done


def test_version_tells(directory, without):
    done = directory.run("-Vv", report=False, prefix=without)
    assert done.status == 0 and b"reads: jpeg png\nwrites: jpeg png\n" in done.out and b"libvips42" in done.out, done
    assert b"webp" in directory.run("-Vv", report=False).out
