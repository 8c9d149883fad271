"""A build without libvips (make VIPS=no): what it does is what every build does, and the rest it names."""

import subprocess

import pytest
from conftest import PROGRAM, WITHOUT_LIBVIPS, environment, has_libvips, read_report, size_of

pytestmark = pytest.mark.skipif(has_libvips(), reason="this build has libvips")


def run(directory, *arguments):
    report = directory / "report.ndjson"
    done = subprocess.run([PROGRAM, "--report", report, *arguments], cwd=directory.path, env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done, read_report(report)


def test_jpeg_and_png_are_made(directory):
    directory.copy("photos/mountains.jpg", "a.jpg")
    directory.copy("edge/palette-4.png", "b.png")
    done, records = run(directory, "-s", "40", "-o", "out", "a.jpg", "b.png")
    assert done.returncode == 0 and [record["status"] for record in records] == ["ok", "ok"], done.stderr
    assert size_of(directory / "out/a.jpg")[0] == 40


@pytest.mark.parametrize("source, arguments, words", [
    ("photos/small.webp", (), b"webp is read by libvips"),
    ("photos/mountains.jpg", ("--linear",), b"jpeg to jpeg (--linear) takes libvips"),
    ("edge/cmyk.jpg", ("--format", "png"), b"jpeg to png (neither gray nor YCbCr) takes libvips"),
])
def test_what_takes_libvips_is_unsupported_and_names_the_build(directory, source, arguments, words):
    name = source.split("/")[1]
    directory.copy(source, name)
    done, records = run(directory, "-s", "40", "-o", "out", *arguments, name)
    assert done.returncode == 1 and words in done.stderr and WITHOUT_LIBVIPS in done.stderr
    assert [record["code"] for record in records] == ["unsupported"]


def test_a_format_that_takes_libvips_is_refused_at_once(directory):
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = subprocess.run([PROGRAM, "--format", "webp", "a.jpg"], cwd=directory.path, env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode != 0 and b"webp is written by libvips" in done.stderr and WITHOUT_LIBVIPS in done.stderr


def test_the_version_says_so(directory):
    done = subprocess.run([PROGRAM, "--version", "--verbose"], stdout=subprocess.PIPE, check=True)
    assert b"reads: jpeg png\nwrites: jpeg png\n" in done.stdout and WITHOUT_LIBVIPS in done.stdout
