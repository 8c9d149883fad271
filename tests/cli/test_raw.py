"""RAW photographs and other TIFFs that begin with a thumbnail: the picture, or a refusal by name, never the thumbnail."""

import struct

import pytest
from PIL import Image

from conftest import every_mode

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SUBFILE = 256, 257, 258, 259, 262, 254
OFFSETS, SAMPLES, ROWS, LENGTHS, CHILDREN = 273, 277, 278, 279, 330
RED, GREEN = (200, 20, 20), (10, 200, 30)
REDUCED = 1


def rgb(width, height, colour, subfile=None):
    tags = {WIDTH: [width], HEIGHT: [height], BITS: [8, 8, 8], COMPRESSION: [1], PHOTOMETRIC: [2], SAMPLES: [3], ROWS: [height]}
    if subfile is not None:
        tags[SUBFILE] = [subfile]
    return tags, bytes(colour) * (width * height)


def sensor(width, height, compression=1, photometric=32803):
    tags = {SUBFILE: [0], WIDTH: [width], HEIGHT: [height], BITS: [16], COMPRESSION: [compression], PHOTOMETRIC: [photometric],
            SAMPLES: [1], ROWS: [height]}
    return tags, bytes(width * height * 2)


THUMBNAIL, UNSAID = rgb(160, 120, GREEN, REDUCED), rgb(160, 120, GREEN)
PICTURE, SMALLER = rgb(640, 480, RED, 0), rgb(320, 240, GREEN, REDUCED)


def tiff(first, children=(), after=(), order="<", mark=b""):
    """A TIFF of one directory, its children (SubIFDs) and those after it."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4) + mark)
    link = 4

    def put(picture, children=()):
        tags, data = dict(picture[0]), picture[1]
        tags[OFFSETS], tags[LENGTHS] = [len(out)], [len(data)]
        out.extend(data + bytes(len(data) % 2))
        if children:
            tags[CHILDREN] = children
        entries = b""
        for tag in sorted(tags):
            kind, code = (3, "H") if tag in (BITS, COMPRESSION, PHOTOMETRIC, SAMPLES) else (4, "I")
            value = struct.pack(order + "%d%s" % (len(tags[tag]), code), *tags[tag])
            if len(value) > 4:
                value, at = struct.pack(order + "I", len(out)), value
                out.extend(at)
            entries += struct.pack(order + "HHI", tag, kind, len(tags[tag])) + value.ljust(4, b"\0")
        at = len(out)
        out.extend(struct.pack(order + "H", len(tags)) + entries + bytes(4))
        return at, len(out) - 4

    offsets = [put(child)[0] for child in children]
    for number, picture in enumerate([first, *after]):
        at, following = put(picture, offsets if number == 0 else ())
        out[link:link + 4] = struct.pack(order + "I", at)
        link = following
    return bytes(out)


RAW = {
    "nikon.NEF": tiff(THUMBNAIL, [sensor(640, 480, 34713), SMALLER]),
    "adobe.DNG": tiff(THUMBNAIL, [sensor(640, 480, 7)]),
    "unsaid-adobe.dng": tiff(UNSAID, [sensor(640, 480, 7)]),
    "linear.dng": tiff(THUMBNAIL, [sensor(640, 480, 1, 34892)]),
    "sony.ARW": tiff(rgb(400, 300, GREEN, REDUCED), [sensor(640, 480, 32767)]),
    "pentax.pef": tiff(sensor(640, 480, 65535), after=[THUMBNAIL], order=">"),
    "canon.CR2": tiff(UNSAID, after=[UNSAID, sensor(640, 480, 6)], mark=b"CR\2\0\0\0\0\0"),
    "olympus.orf": b"IIRO" + tiff(THUMBNAIL)[4:],
    "panasonic.rw2": b"IIU\0" + tiff(THUMBNAIL)[4:],
    "fuji.raf": b"FUJIFILMCCD-RAW 0201" + bytes(300),
    "canon-new.cr3": struct.pack(">I", 24) + b"ftypcrx \0\0\0\1crx isom" + bytes(300),
    "only-thumbnails.tif": tiff(THUMBNAIL, [SMALLER]),
}
PICTURES = {
    "child.tif": tiff(THUMBNAIL, [PICTURE]),
    "child-unsaid.tif": tiff(UNSAID, [rgb(640, 480, RED)]),
    "second-child.tif": tiff(THUMBNAIL, [SMALLER, PICTURE]),
    "second.tif": tiff(THUMBNAIL, after=[PICTURE]),
    "motorola.tif": tiff(THUMBNAIL, [PICTURE], order=">"),
    "pyramid.tif": tiff(PICTURE, after=[SMALLER, THUMBNAIL]),
    "pyramid-unsaid.tif": tiff(rgb(640, 480, RED), after=[rgb(320, 240, GREEN), rgb(160, 120, GREEN), rgb(80, 60, GREEN)]),
    "pyramid-of-children.tif": tiff(PICTURE, [SMALLER, THUMBNAIL]),
}


@every_mode
@pytest.mark.parametrize("options", [[], ["-f", "jpeg"], ["--fail-on", "none"]])
def test_raw_photographs_are_refused_by_name(directory, mode, options):
    for name, data in RAW.items():
        (directory / name).write_bytes(data)
    done = directory.run("-s", "100", *options, "-o", "out", *RAW, mode=mode)
    assert done.status == 1 and directory.names("out") == [], done
    for name in RAW:
        record = done.record(name)
        assert record["status"] == "failed" and record["code"] == "raw-thumbnail-only", record
        assert "develop" in record["error"] and name in done.err


@every_mode
def test_raw_photographs_below_a_directory_are_passed_over(directory, mode):
    (directory / "in").mkdir()
    for name, data in RAW.items():
        (directory / "in" / name).write_bytes(data)
    done = directory.run("-s", "100", "in", mode=mode)
    called = [name for name in RAW if name.endswith(".tif")]  # a picture by its name is none that was made
    assert done.status == (1 if called else 0), done
    for name in RAW:
        record = done.record("/" + name)
        assert record["status"] == ("failed" if name in called else "skipped"), record
        assert record["code"] == "raw-thumbnail-only"
    assert directory.run("--strict", "-s", "100", "in", mode=mode).statuses() == {"failed": len(RAW)}


@every_mode
@pytest.mark.parametrize("size, fits", [("100%", (640, 480)), ("100", (100, 75))])
def test_the_picture_is_taken_not_its_thumbnail(directory, mode, size, fits):
    for name, data in PICTURES.items():
        (directory / "in" / name).parent.mkdir(exist_ok=True)
        (directory / "in" / name).write_bytes(data)
    done = directory.run("-s", size, "-f", "png", "-o", "out", "in", mode=mode)
    assert done.status == 0, done
    for name in PICTURES:
        record = done.record("/" + name)
        assert (record["width"], record["height"]) == (640, 480), record
        assert "animation-dropped" not in record["notes"], record
        image = Image.open(directory / "out" / name.replace(".tif", ".png")).convert("RGB")
        assert image.size == fits and image.getpixel((3, 3)) == RED


PAGES = {
    "said": tiff(PICTURE, after=[rgb(640, 480, GREEN, 2), THUMBNAIL]),
    "alike": tiff(rgb(640, 480, RED), after=[rgb(640, 480, GREEN)]),
    "turned": tiff(rgb(640, 480, RED), after=[rgb(240, 320, GREEN)]),
    "behind-a-pyramid": tiff(rgb(640, 480, RED), after=[rgb(320, 240, RED), rgb(640, 480, GREEN), rgb(320, 240, GREEN)]),
    "of-one-pixel": tiff(rgb(1, 1, RED), after=[rgb(1, 1, GREEN)]),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_no_pyramid(directory, name):
    (directory / "a.tif").write_bytes(PAGES[name])
    done = directory.run("-s", "100", "a.tif")
    assert done.status == 0 and "animation-dropped" in done.report[0]["notes"], done


def test_levels_of_odd_sides_are_rounded_either_way(directory):
    levels = [rgb(641, 481, RED), rgb(320, 241, RED), rgb(160, 120, RED)]
    (directory / "a.tif").write_bytes(tiff(levels[0], after=levels[1:]))
    done = directory.run("-s", "100", "a.tif")
    assert done.status == 0 and "animation-dropped" not in done.report[0]["notes"], done


@pytest.mark.parametrize("level", ["none", "truncated"])
def test_a_thumbnail_does_not_stand_for_what_is_cut_off(directory, level):
    """Some writers put the thumbnail first and the picture last."""
    data = bytearray(tiff(THUMBNAIL, [PICTURE]))
    at = data.rindex(struct.pack("<HHI", CHILDREN, 4, 1)) + 8
    data[at:at + 4] = struct.pack("<I", len(data) + 100)
    (directory / "a.tif").write_bytes(data)
    done = directory.run("-s", "100", "--fail-on", level, "a.tif")
    assert done.status == 1 and done.report[0]["code"] == "truncated", done


def test_a_thumbnail_alone_is_a_picture(directory):
    (directory / "a.tif").write_bytes(tiff(THUMBNAIL))
    assert directory.run("-s", "100", "a.tif").status == 0
