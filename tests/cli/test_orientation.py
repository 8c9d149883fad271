"""Orientation: applied once, whatever carries it, and never told again."""

import base64
import io
import struct

import numpy as np
import pytest
from PIL import Image

from colour_science import formats
from conftest import MODES, TESTDATA, every_mode
from exiftool import exiftool, tags

# What has to be done to the picture as seen to get the one that is stored (Exif 2.32, tag 0x0112).
STORED = {1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
          5: lambda p: p.swapaxes(0, 1), 6: lambda p: p.swapaxes(0, 1)[::-1], 7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
          8: lambda p: p.swapaxes(0, 1)[:, ::-1]}
CORNERS = [(230, 30, 30), (30, 160, 40), (240, 220, 30), (30, 60, 220)]  # clockwise from the top left


def seen():
    """A picture of 96x64 with a colour of its own in each quarter."""
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:32, :48], picture[:32, 48:], picture[32:, 48:], picture[32:, :48] = CORNERS
    return picture


def is_upright(data):
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    height, width = picture.shape[:2]
    spots = [picture[height // 4, width // 4], picture[height // 4, width * 3 // 4], picture[height * 3 // 4, width * 3 // 4],
             picture[height * 3 // 4, width // 4]]
    return (width, height) == (48, 32) and all(np.abs(a - b).max() < 50 for a, b in zip(spots, CORNERS))


def stored(kind, orientation):
    """A file of that kind whose orientation tag (or property) turns it upright."""
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation](seen())))
    exif = formats.exif(orientation)
    stream = io.BytesIO()
    if kind == "png":
        return formats.png(np.asarray(image), formats.RGB, before=[(b"eXIf", exif)])
    if kind == "png-late":
        return formats.png(np.asarray(image), formats.RGB, after=[(b"eXIf", exif)])
    if kind == "tif":
        image.save(stream, "TIFF", tiffinfo={274: orientation})
    elif kind == "webp":
        image.save(stream, "WEBP", lossless=True, exif=b"Exif\0\0" + exif)
    elif kind == "webp-bare":
        image.save(stream, "WEBP", lossless=True, exif=exif)
    elif kind == "jpg-big-endian":
        tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + bytes(4)
        image.save(stream, "JPEG", quality=92, exif=b"Exif\0\0" + tiff)
    elif kind == "jpg-p3":
        image.save(stream, "JPEG", quality=92, exif=b"Exif\0\0" + exif,
                   icc_profile=Image.open(TESTDATA / "edge/display-p3.jpg").info["icc_profile"])
    else:
        image.save(stream, "JPEG", quality=92, exif=b"Exif\0\0" + exif, progressive=kind == "jpg-progressive")
    return stream.getvalue()


KINDS = ("jpg", "jpg-progressive", "jpg-big-endian", "jpg-p3", "png", "png-late", "webp", "webp-bare", "tif")


@pytest.mark.parametrize("metadata", ["strip", "keep"])
@pytest.mark.parametrize("kind", KINDS)
def test_all_eight(directory, kind, metadata):
    names = []
    for orientation in range(1, 9):
        names.append("%d.%s" % (orientation, kind.split("-")[0]))
        (directory / names[-1]).write_bytes(stored(kind, orientation))
    for word in ("keep", "png", "webp", "tiff"):
        done = directory.run("-s", "48x48", "-q", "95", "--metadata", metadata, "-f", word, "-o", word, *names)
        assert done.status == 0, done
        for name in directory.names(word):
            data = (directory / word / name).read_bytes()
            assert is_upright(data), (word, name)
            assert Image.open(io.BytesIO(data)).getexif().get(0x0112, 1) == 1, (word, name)


@every_mode
def test_in_every_mode(directory, mode):
    for orientation in range(1, 9):
        (directory / ("%d.jpg" % orientation)).write_bytes(stored("jpg", orientation))
        (directory / ("%d.png" % orientation)).write_bytes(stored("png", orientation))
    names = sorted(directory.names())
    assert directory.run("-s", "48x48", "--metadata", "keep", "-o", "out", *names, mode=mode).status == 0
    assert all(is_upright((directory / "out" / name).read_bytes()) for name in names)


# --- AVIF: properties of the item (ISO/IEC 23008-12), which libheif applies -------------------------


def boxes(data, at, end):
    while at < end:
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, at, at + size
        at += size


def find(data, *path):
    """Where a box lies, by the kinds of those around it; full boxes' version and flags are skipped."""
    begin, end = 0, len(data)
    for kind in path:
        begin, end = next((a, b) for k, a, b in boxes(data, begin, end) if k == kind)
        outer = (begin, end)
        begin += 12 if kind == b"meta" else 8
    return outer


def add_property(avif, *added):
    """The file with properties of its only item put in, and what lies behind them moved."""
    data = bytearray(avif)
    extra, extra_size = b"".join(added), sum(map(len, added))
    meta, iprp = find(avif, b"meta"), find(avif, b"meta", b"iprp")
    ipco, ipma = find(avif, b"meta", b"iprp", b"ipco"), find(avif, b"meta", b"iprp", b"ipma")
    iloc = find(avif, b"meta", b"iloc")
    count = len(list(boxes(avif, ipco[0] + 8, ipco[1])))
    assert avif[ipma[0] + 8:ipma[0] + 16] == b"\0\0\0\0\0\0\0\1"
    associations = avif[ipma[0] + 18]
    new_ipma = bytearray(avif[ipma[0]:ipma[1]]) + bytes(0x80 | (count + 1 + i) for i in range(len(added)))
    new_ipma[:4], new_ipma[18] = struct.pack(">I", len(new_ipma)), associations + len(added)
    grown = extra_size + len(added)
    # every offset of the file's data, which follows; version 0, sizes of 4 bytes, no base
    assert avif[iloc[0] + 8] == 0 and avif[iloc[0] + 12] == 0x44
    items, at = struct.unpack(">H", avif[iloc[0] + 14:iloc[0] + 16])[0], iloc[0] + 16
    base = avif[iloc[0] + 13] >> 4
    for _ in range(items):
        at += 4 + base
        extents = struct.unpack(">H", data[at:at + 2])[0]
        at += 2
        for _ in range(extents):
            struct.pack_into(">I", data, at, struct.unpack(">I", data[at:at + 4])[0] + grown)
            at += 8
    for box, more in ((meta, grown), (iprp, grown), (ipco, extra_size)):
        struct.pack_into(">I", data, box[0], box[1] - box[0] + more)
    assert ipco[1] == ipma[0]
    return bytes(data[:ipco[1]]) + extra + bytes(new_ipma) + bytes(data[ipma[1]:])


def rotation(quarters):
    return struct.pack(">I4sB", 9, b"irot", quarters)


def mirror(axis):
    return struct.pack(">I4sB", 9, b"imir", axis)


# Counter-clockwise quarters, then the mirror: what turns the stored picture of each upright.
PROPERTIES = {1: [], 3: [rotation(2)], 6: [rotation(3)], 8: [rotation(1)], 2: [mirror(1)], 4: [mirror(0)]}


@pytest.mark.parametrize("metadata", ["strip", "keep"])
@pytest.mark.parametrize("told", [False, True], ids=["alone", "with-exif"])
@pytest.mark.parametrize("orientation", sorted(PROPERTIES))
def test_avif(directory, orientation, told, metadata):
    """EXIF may say it once more: it is not done twice."""
    image = STORED[orientation](seen())
    (directory / "a.png").write_bytes(formats.png(np.ascontiguousarray(image), formats.RGB))
    assert directory.run("-f", "avif", "-q", "95", "-s", "96x96", "-o", "made", "a.png").status == 0
    (name,) = directory.names("made")
    data = add_property((directory / "made" / name).read_bytes(), *PROPERTIES[orientation])
    (directory / "b.avif").write_bytes(data)
    if told:
        done = exiftool("-m", "-overwrite_original", "-EXIF:Orientation#=%d" % orientation, "-EXIF:Artist=me", directory / "b.avif")
        assert done.returncode == 0, done
    assert directory.run("-f", "png", "-s", "48x48", "-o", "out", "b.avif").status == 0
    assert is_upright((directory / "out/b.png").read_bytes())
    assert directory.run("--metadata", metadata, "-s", "48x48", "-o", "again", "b.avif").status == 0
    found = tags(directory / "again/b.avif")
    assert found.get("IFD0:Orientation", 1) == 1 and found.get("QuickTime:Rotation", 0) == 0
    assert found["Meta:ImageSpatialExtent"] == "48 32" if "Meta:ImageSpatialExtent" in found else True


def test_exif_alone_turns_no_avif(directory):
    """There only the properties count."""
    (directory / "a.png").write_bytes(formats.png(seen(), formats.RGB))
    assert directory.run("-f", "avif", "-q", "95", "-s", "96x96", "-o", "made", "a.png").status == 0
    (name,) = directory.names("made")
    path = directory / "made" / name
    assert exiftool("-m", "-overwrite_original", "-EXIF:Orientation#=6", path).returncode == 0
    assert directory.run("-f", "png", "-s", "48x48", "-o", "out", "made/" + name).status == 0
    (found,) = [n for n in directory.names("out")]
    assert is_upright((directory / "out" / found).read_bytes())


# --- JPEG XL: a field of the codestream, which the decoder applies ------------------------------------

# The same picture without loss, by libjxl, with that field set: nothing else at hand can set it.
JXL = {
    1: "/woPQSQIAgEA0ABLOGmYyoP3KUiYAFD/7se4Mb6XCwQBADAHhcIBKSHN94mbUYV3NADmnrM9mzsGiZPI5uUJ",
    2: "/woPDRATCAIBANAASzhpmMqD9ylImABQf/yPcWN8LxcIAgBgcEFhv55D4kwQN6OBb2gAnIFnAQF70OIlkcHMFg==",
    3: "/woPFRATCAIBANAASzhpmMqD9ylImABQf9yPcWN8LxcIAgBgyI5ADJa7jUISN6PB/mgABFZngRF7mvdVHZgdGg==",
    4: "/woPHRATCAIBAMgASzhpmMqD9ylImABQf9yPcWN8LxcIAgBgcACSA9JAEh4/N6Op7mgA/Z5ne1qmjgTADh0=",
    5: "/woXjgRiAggCAQDQAEs4aZjKg/cpSJgAUP/ux7gxvpcLBAEAMAeFwgEpIc33iZtRhXc0AOaes70qP4giinHFgwk=",
    6: "/woXjgViAggCAQDQAEs4aZjKg/cpSJgAUH/8j3FjfC8XCAIAYHBBYb+eQ95MEDeje89oAIEAZwChe2irAeMSPxU=",
    7: "/woXjgZiAggCAQDQAEs4aZjKg/cpSJgAUH/cj3FjfC8XCAIAYMiOQAyWt41CEjejrx5oANuTZ4Bxe4p2lBJMTRg=",
    8: "/woXjgdiAggCAQDIAEs4aZjKg/cpSJgAUH/cj3FjfC8XCAIAYGwAkgNSQ1L2PDejuX9oAEH+Z3uETyQJqCYc",
}


@pytest.mark.parametrize("metadata", ["strip", "keep"])
@pytest.mark.parametrize("orientation", sorted(JXL))
def test_jxl(directory, orientation, metadata):
    (directory / "a.jxl").write_bytes(base64.b64decode(JXL[orientation]))
    done = directory.run("-f", "png", "-s", "48x48", "--metadata", metadata, "-o", "out", "a.jxl")
    if done.report[0]["code"] == "unsupported":
        pytest.skip("needs a libvips that reads JPEG XL")
    assert done.status == 0, done
    assert is_upright((directory / "out/a.png").read_bytes())


def test_xmp_alone_turns_nothing_and_is_made_true(directory):
    (directory / "a.jpg").write_bytes(stored("jpg", 1))
    assert exiftool("-overwrite_original", "-EXIF:all=", "-XMP-tiff:Orientation#=6", directory / "a.jpg").returncode == 0
    for mode in MODES:
        assert directory.run("-s", "48x48", "-q", "95", "--metadata", "keep", "-o", mode, "a.jpg", mode=mode).status == 0
        assert is_upright((directory / mode / "a.jpg").read_bytes())
        assert tags(directory / mode / "a.jpg")["XMP-tiff:Orientation"] == 1
