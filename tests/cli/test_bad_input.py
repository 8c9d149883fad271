"""Damaged and hostile files: each costs itself alone, is named, and leaves nothing behind.

What goes just beyond one of the program's limits is made here, and harmless to any software: limits are tested a
step beyond, or lowered by an option, never with a bomb.
"""

import gzip
import io
import os
import struct
import zlib

import pytest
from PIL import Image

from conftest import TESTDATA, every_mode, size_of

# What each file of testdata/broken, and each that is made here, is refused with.
VERDICTS = {
    "bit-flip.png": "corrupt",
    "claims-zero.png": "corrupt",
    "chunk-beyond-end.png": "truncated",
    "empty.jpg": "empty",
    "jpeg-ls.jpg": "unsupported",
    "magic-only.jpg": "truncated",
    "scans-101.jpg": "too-large",
    "svg-called.jpg": "unsupported",
    "svgz-called.jpg": "not-an-image",
    "text.jpg": "not-an-image",
    "truncated-header.jpg": "truncated",
    "truncated-header.png": "truncated",
    "truncated-progressive.jpg": "truncated",
    "truncated.gif": "truncated",
    "truncated.jpg": "truncated",
    "truncated.png": "truncated",
    "truncated.tif": "truncated",
    "truncated.webp": "truncated",
    "zeros.png": "not-an-image",
}
# Odd in what does not touch the pixels: a right picture comes out.
HARMLESS = ("directory-loop.tif", "exif-loop.jpg", "exif-offset.jpg", "exif-orientation-99.jpg", "garbage-middle.jpg",
            "profile-beyond-4-mb.png", "profile-cut.jpg", "profile-garbage.jpg", "profile-lies.jpg", "texts-17.png")


def png_with(*chunks):
    """A PNG of 8x8 with further chunks in front of its pixels."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 80, 40)).save(stream, "PNG")
    plain = stream.getvalue()
    extra = b"".join(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
                     for kind, data in chunks)
    return plain[:33] + extra + plain[33:]


def jpeg_of_scans(scans):
    """A progressive JPEG of 8x8 whose last scan is repeated until there are so many."""
    stream = io.BytesIO()
    Image.new("L", (8, 8), 90).save(stream, "JPEG", progressive=True)
    whole = stream.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * (scans - whole.count(b"\xff\xda")) + whole[-2:]


def make_beyond_limits(folder):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>\n'
    made = {
        "chunk-beyond-end.png": png_with()[:33] + struct.pack(">I4s", 1000, b"tEXt") + b"Comment\0cut off",
        "profile-beyond-4-mb.png": png_with((b"iCCP", b"zeros\0\0" + zlib.compress(bytes((4 << 20) + 1), 9))),
        "jpeg-ls.jpg": b"\xff\xd8\xff\xf7\0\x0b\x08\0\x08\0\x08\1\1\x11\0\xff\xda\0\x08\1\1\0\0\0\0" + bytes(64) + b"\xff\xd9",
        "scans-101.jpg": jpeg_of_scans(101),
        "svg-called.jpg": svg,
        "svgz-called.jpg": gzip.compress(svg),
        "texts-17.png": png_with(*((b"zTXt", b"Text%d\0\0" % i + zlib.compress(bytes(100))) for i in range(17))),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)


@every_mode
def test_broken_files_cost_themselves_alone(directory, mode):
    for path in sorted((TESTDATA / "broken").iterdir()):
        directory.copy("broken/" + path.name, "images/" + path.name)
    make_beyond_limits(directory / "images")
    directory.copy("edge/jpeg-444.jpg", "images/good.jpg")
    done = directory.run("images", mode=mode)
    assert done.status == 1, done
    for name, code in VERDICTS.items():
        record = done.record("/" + name)
        assert record["status"] == "failed" and record["error"], record
        assert record["code"] == code, record
        assert not (directory / "resized_images" / name).exists()
        assert name in done.err
    for name in HARMLESS + ("good.jpg",):
        assert done.record("/" + name)["status"] == "ok", done.record("/" + name)
        size_of(directory / "resized_images" / name)
    assert directory.names("resized_images") == sorted(HARMLESS + ("good.jpg",))


@every_mode
@pytest.mark.parametrize("name, size", [("truncated.jpg", (480, 320)), ("truncated.png", (240, 160)),
                                        ("truncated-progressive.jpg", (480, 320))])
def test_truncated_is_taken_when_asked(directory, mode, name, size):
    directory.copy("broken/" + name, name)
    done = directory.run("--fail-on", "none", name, mode=mode)
    assert done.status == 0, done
    assert "truncated" in done.report[0]["notes"]
    assert size_of(directory / ("resized_" + name)) == size


def test_fail_on_is_a_scale(directory):
    """What a level refuses, the stricter ones refuse too."""
    for name in ("truncated.jpg", "garbage-middle.jpg", "profile-garbage.jpg", "bit-flip.png"):
        directory.copy("broken/" + name, "images/" + name)
    refused = [{r["source"] for r in directory.run("--fail-on", level, "-o", level, "images").report if r["status"] != "ok"}
               for level in ("none", "truncated", "error", "warning")]
    for lenient, strict in zip(refused, refused[1:]):
        assert lenient <= strict
    assert len(refused[0]) < len(refused[1]) <= len(refused[3])


@every_mode
def test_max_pixels(directory, mode):
    directory.copy("photos/mountains.jpg", "images/large.jpg")
    directory.copy("photos/small.webp", "images/small.webp")
    done = directory.run("--max-pixels", "1M", "images", mode=mode)
    assert done.status == 1 and done.statuses() == {"ok": 1, "failed": 1}, done
    record = done.record("large.jpg")
    assert record["code"] == "too-many-pixels" and "1440x960" in record["error"] and "--max-pixels" in record["error"]


def test_a_hundred_scans_are_decoded(directory):
    """They say the same again and again, so the decoder has something to say against them: not the limit."""
    (directory / "a.jpg").write_bytes(jpeg_of_scans(100))
    done = directory.run("a.jpg")
    assert done.report[0]["code"] == "corrupt", done


@every_mode
def test_what_is_no_regular_file_is_refused_when_named(directory, mode):
    """Also the stand-in for an unreadable file where root reads everything."""
    os.mkfifo(directory / "pipe.jpg")
    directory.copy("edge/1x1.jpg", "a.jpg")
    done = directory.run("pipe.jpg", "a.jpg", mode=mode)
    assert done.status == 1 and done.record("pipe.jpg")["status"] == "failed", done
    assert done.record("a.jpg")["status"] == "ok"


@every_mode
def test_unreadable_file(directory, mode):
    directory.copy("edge/1x1.jpg", "images/closed.jpg", "images/open.jpg")
    (directory / "out").mkdir()
    (directory / "out").chmod(0o777)
    (directory / "images/closed.jpg").chmod(0)
    done = directory.run("-o", "out", "images", mode=mode, prefix=directory.as_nobody(), report=False)
    assert done.status == 1 and "closed.jpg" in done.err and "Permission denied" in done.err, done
    assert directory.names("out") == ["open.jpg"]


@every_mode
def test_wrong_extension_is_no_obstacle(directory, mode):
    directory.copy("edge/png-called.jpg", "images/a.jpg")
    directory.copy("edge/jpeg-called.png", "images/b.png")
    done = directory.run("images", mode=mode)
    assert done.status == 0, done
    assert done.record("a.jpg")["format"] == "png" and done.record("b.png")["format"] == "jpeg"
    assert all("changed-format" in record["notes"] for record in done.report)


@pytest.mark.parametrize("name, note", [
    ("broken/profile-garbage.jpg", "profile-broken"), ("edge/cmyk.jpg", "profile-missing"),
    ("photos/small.webp", "not-enlarged"), ("edge/pages.tif", "animation-dropped")])
def test_notes_tell_what_happened(directory, name, note):
    directory.copy(name, "images/a." + name.rpartition(".")[2])
    done = directory.run("images")
    assert done.status == 0 and note in done.report[0]["notes"], done


def test_formats_that_lose_something_say_so(directory):
    directory.copy("edge/rgb-16.png", "images/deep.png")
    directory.copy("edge/alpha.png", "images/clear.png")
    directory.copy("edge/animated.gif", "images/moving.gif")
    done = directory.run("-f", "jpeg", "images")
    assert done.status == 0, done
    assert "depth-reduced" in done.record("deep.png")["notes"]
    assert "alpha-dropped" in done.record("clear.png")["notes"]
    assert "animation-dropped" in done.record("moving.gif")["notes"]


@every_mode
@pytest.mark.parametrize("options", [[], ["-f", "jpeg"]])
def test_a_png_with_a_chunk_that_must_be_understood(directory, mode, options):
    """Its name is said, not that the file is damaged; where it is damaged, that is."""
    good = png_with((b"ABCD", b"what only its writer knows"))
    (directory / "a.png").write_bytes(good)
    (directory / "b.png").write_bytes(png_with((b"abCd", b"what anybody may pass over")))
    done = directory.run("-s", "4", "-o", "out", *options, "a.png", "b.png", mode=mode)
    record = done.record("a.png")
    assert record["code"] == "unsupported" and '"ABCD"' in record["error"], done
    assert done.record("b.png")["status"] == "ok"
