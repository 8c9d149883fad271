"""What is told besides the picture: gone with strip, kept and true with keep."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from colour_science import chunks, formats, tiff_tag
from conftest import MODES, TESTDATA, every_mode
from exiftool import exiftool, tags

SOURCES = ("jpg", "png", "webp", "tif", "avif", "jxl")
FORMATS = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tif", "avif": "avif", "jxl": "jxl", "gif": "gif"}
# What the man page says is kept where. A JPEG has all of it to give.
KEPT = {"jpeg": {"exif", "xmp", "iptc", "comment"}, "png": {"exif", "xmp", "comment"}, "webp": {"exif", "xmp"},
        "tiff": {"xmp", "iptc"}, "avif": {"exif", "xmp"}, "jxl": {"exif", "xmp"}, "gif": set()}
# What exiftool, which is asked for what it doesn't know as well, says of the mark that outputs carry.
MARK = "[minor] Unknown APP15 'batchresize' segment"
PRIVATE = ["-GPSLatitude=48.1", "-GPSLatitudeRef=N", "-GPSLongitude=11.5", "-GPSLongitudeRef=E", "-EXIF:Artist=Somebody",
           "-XMP-exif:GPSLatitude=48.1", "-XMP-dc:Creator=Somebody", "-XMP-tiff:Orientation#=6", "-EXIF:Orientation#=6"]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A picture of 300x200 with all kinds of metadata in every format."""
    folder = tmp_path_factory.mktemp("sources")
    image = Image.open(TESTDATA / "photos/mountains.jpg").resize((300, 200))
    image.save(folder / "a.jpg", quality=90, comment=b"a private comment")
    image.save(folder / "a.png")
    image.save(folder / "a.webp")
    image.save(folder / "a.tif")
    done = exiftool("-m", "-overwrite_original", *PRIVATE, "-IPTC:Keywords=private", "-EXIF:ExifImageWidth=300",
                    "-EXIF:ExifImageHeight=200", "-EXIF:UserComment=private words",
                    "-ThumbnailImage<=" + str(TESTDATA / "edge/1x1.jpg"), folder / "a.jpg")
    assert done.returncode == 0, done
    for name in ("a.png", "a.webp", "a.tif"):
        done = exiftool("-m", "-overwrite_original", "-tagsfromfile", folder / "a.jpg", "-EXIF:all", "-GPS:all", "-XMP:all",
                        "-IPTC:all", folder / name)
        assert done.returncode == 0, done
    (folder / "a.avif").write_bytes((TESTDATA / "edge/photo.avif").read_bytes())
    (folder / "a.jxl").write_bytes((TESTDATA / "edge/photo.jxl").read_bytes())
    for name in ("a.avif", "a.jxl"):
        done = exiftool("-m", "-overwrite_original", *PRIVATE, "-EXIF:ExifImageWidth=300", folder / name)
        assert done.returncode == 0, done
    return folder


def make(directory, source, word, *arguments, mode=None):
    name = source.name
    (directory / name).write_bytes(source.read_bytes())
    out = "out-%s-%s" % (word, "-".join(arguments).replace("/", ""))
    done = directory.run("-s", "150x150", "-f", word, "-o", out, *arguments, name, mode=mode)
    assert done.status == 0, done
    (found,) = directory.names(out)
    return directory / out / found


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_strip_leaves_nothing_private(directory, sources, kind, word):
    path = make(directory, sources / ("a." + kind), word)
    found = tags(path)
    assert not [tag for tag in found if tag.split(":")[0].startswith(("GPS", "XMP", "IPTC", "ExifIFD", "IFD1", "Photoshop"))]
    assert not [tag for tag in found if tag.endswith((":Artist", ":Comment", ":GPSLatitude", ":ThumbnailImage"))]
    assert found.get("IFD0:Orientation", 1) == 1
    data = path.read_bytes()
    for word in (b"Somebody", b"private", b"Exif\0\0", b"http://ns.adobe.com", b"Photoshop 3.0"):
        assert word not in data
    if kind != "avif" and kind != "jxl":
        assert found["File:ImageWidth"] < found["File:ImageHeight"] if "File:ImageWidth" in found else True


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_keep(directory, sources, kind, word):
    path = make(directory, sources / ("a." + kind), word, "--metadata", "keep")
    found, size = tags(path), (100, 150)
    has = {"jpg": {"exif", "xmp", "iptc", "comment"}, "png": {"exif", "xmp"}, "webp": {"exif", "xmp"}, "tif": {"xmp", "iptc"},
           "avif": {"exif", "xmp"}, "jxl": {"exif", "xmp"}}[kind] & KEPT[word]
    # of AVIF the tag does not count: it is the only word of how the picture was held
    upright = (6, None) if kind == "avif" else (1, None)
    assert found.get("IFD0:Orientation") in upright and found.get("XMP-tiff:Orientation") in upright
    assert not [tag for tag in found if "Thumbnail" in tag or tag.startswith("IFD1")]
    assert found.get("ExifTool:Warning", MARK) == MARK, found
    assert ("GPS:GPSLatitude" in found) == ("exif" in has)
    assert (found.get("IFD0:Artist") == "Somebody") == ("exif" in has)
    assert (found.get("XMP-dc:Creator") == "Somebody") == ("xmp" in has)
    assert (found.get("IPTC:Keywords") == "private") == ("iptc" in has)
    assert ("a private comment" in (found.get("File:Comment"), found.get("PNG:Comment"))) == ("comment" in has)
    if "exif" in has and kind == "jxl":
        assert found["ExifIFD:ExifImageWidth"] == 150
    elif "exif" in has and kind != "avif":
        assert (found["ExifIFD:ExifImageWidth"], found["ExifIFD:ExifImageHeight"]) == size


@every_mode
def test_the_short_way_keeps_it_too(directory, sources, mode):
    found = tags(make(directory, sources / "a.jpg", "jpeg", "--metadata", "keep", mode=mode))
    assert found["IFD0:Orientation"] == 1 and found["ExifIFD:ExifImageWidth"] == 100
    assert found["GPS:GPSLatitude"] == pytest.approx(48.1) and found["IPTC:Keywords"] == "private"
    assert found["File:Comment"] == "a private comment"


# --- byte by byte -----------------------------------------------------------------------------------


def segments(data):
    """Marker and content of each segment of a JPEG before its first scan."""
    found, at = [], 2
    while data[at + 1] != 0xda:
        size = struct.unpack(">H", data[at + 2:at + 4])[0]
        found.append((data[at + 1], data[at + 4:at + 2 + size]))
        at += 2 + size
    return found


def exif_of(data):
    """The TIFF structure of a JPEG, PNG or WebP."""
    if data[:2] == b"\xff\xd8":
        return next((c[6:] for m, c in segments(data) if m == 0xe1 and c.startswith(b"Exif\0\0")), None)
    if data[:4] == b"RIFF":
        at = data.find(b"EXIF")
        return None if at < 0 else data[at + 8:at + 8 + struct.unpack("<I", data[at + 4:at + 8])[0]]
    return dict(chunks(data)).get(b"eXIf")


def entry(tag, kind, count, value):
    return struct.pack("<HHII", tag, kind, count, value)


def camera(width=320, height=240, big=False, maker=b"maker note with offsets of its own" * 9):
    """EXIF as a camera writes it: maker note, thumbnail, sizes, orientation 6."""
    thumbnail = (TESTDATA / "edge/1x1.jpg").read_bytes()
    first, exif = 8, 8 + 2 + 12 * 5 + 4
    second = exif + 2 + 12 * 4 + 4
    at_maker = second + 2 + 12 * 2 + 4
    at_thumbnail = at_maker + len(maker)
    tiff = b"II*\0" + struct.pack("<I", first)
    tiff += struct.pack("<H", 5) + entry(0x100, 4, 1, width) + entry(0x101, 3, 1, height) + entry(0x112, 3, 1, 6)
    tiff += entry(0x213, 3, 1, 1) + entry(0x8769, 4, 1, exif) + struct.pack("<I", second)
    tiff += struct.pack("<H", 4) + entry(0x927c, 7, len(maker), at_maker) + entry(0xa001, 3, 1, 0xffff)
    tiff += entry(0xa002, 3, 1, width) + entry(0xa003, 4, 1, height) + struct.pack("<I", 0)
    tiff += struct.pack("<H", 2) + entry(0x201, 4, 1, at_thumbnail) + entry(0x202, 4, 1, len(thumbnail)) + struct.pack("<I", 0)
    return tiff + maker + thumbnail, at_maker, maker, thumbnail


def with_segments(image, *pairs):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    data = stream.getvalue()
    return data[:2] + b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(c) + 2) + c for m, c in pairs) + data[2:]


PICTURE = Image.open(TESTDATA / "photos/mountains.jpg").resize((320, 240))


@pytest.mark.parametrize("word", ["jpeg", "png", "webp"])
def test_exif_stays_in_its_place(directory, word):
    """Maker notes keep their offsets; the thumbnail's bytes are gone; sizes are the output's."""
    exif, at, maker, thumbnail = camera()
    source = directory / "a.jpg"
    source.write_bytes(with_segments(PICTURE, (0xe1, b"Exif\0\0" + exif)))
    kept = exif_of(make(directory, source, word, "--metadata", "keep").read_bytes())
    assert kept[at:at + len(maker)] == maker and thumbnail[:40] not in kept
    assert len(kept) == at + len(maker)
    assert [tiff_tag(kept, tag) for tag in (0x100, 0x101, 0x112, 0x213)] == [113, 150, 1, 1]
    # nothing else has changed: the two sizes, the orientation, the link, and the two in the Exif directory
    changed = [i for i in range(at) if kept[i] != exif[i]]
    assert len(changed) <= 2 + 1 + 1 + 2 + 2 + 2 + 2 + 30


def test_exif_after_a_conversion_says_srgb(directory):
    exif, _, _, _ = camera()
    profile = Image.open(TESTDATA / "edge/adobe-rgb.jpg").info["icc_profile"]
    source = directory / "a.jpg"
    source.write_bytes(with_segments(PICTURE, (0xe1, b"Exif\0\0" + exif), (0xe2, b"ICC_PROFILE\0\1\1" + profile)))
    assert tags(make(directory, source, "jpeg", "--metadata", "keep"))["ExifIFD:ColorSpace"] == 1
    assert tags(make(directory, source, "jpeg", "--metadata", "keep", "--profile", "keep"))["ExifIFD:ColorSpace"] == 0xffff


def test_both_ways_write_the_same(directory, sources):
    """A progressive picture with an ICC profile of another space goes the general way."""
    (direct, general) = (exif_of(make(directory, sources / "a.jpg", word, "--metadata", "keep").read_bytes())
                         for word in ("jpeg", "png"))
    assert direct == general


@pytest.mark.parametrize("word", ["jpeg", "webp", "png"])
def test_xmp_tells_the_size(directory, word):
    packet = (b'<x:xmpmeta><rdf:Description tiff:ImageWidth="4000" tiff:ImageLength=\'3\' exif:PixelXDimension="x" tiff:Orientation="3">'
              b'<exif:PixelYDimension>99999</exif:PixelYDimension>tiff:ImageWidth</rdf:Description></x:xmpmeta>')
    (directory / "a.jpg").write_bytes(with_segments(PICTURE, (0xe1, b"http://ns.adobe.com/xap/1.0/\0" + packet)))
    data = make(directory, directory / "a.jpg", word, "--metadata", "keep").read_bytes()
    width, height = (b"%d" % side for side in Image.open(io.BytesIO(data)).size)
    expected = packet.replace(b"4000", width).replace(b"'3'", b"'" + height + b"'").replace(b'"3"', b'"1"').replace(b'"x"', b'"%s"' % width)
    assert expected.replace(b"99999", height) in data


def test_photoshop_resources(directory):
    """Of Photoshop's resources only IPTC is kept: not the thumbnail, which is in it as well."""
    def resource(number, data):
        return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)
    iptc = b"\x1c\x02\x19\x00\x03abc" + b"\x1c\x02\x19\x00\x02de"
    data = b"Photoshop 3.0\0" + resource(0x0409, b"thumbnail") + resource(0x0404, iptc) + resource(0x0425, b"x" * 16)
    source = directory / "a.jpg"
    source.write_bytes(with_segments(PICTURE, (0xed, data[:40]), (0xed, b"Photoshop 3.0\0" + data[40:])))
    for word in ("jpeg", "tiff"):
        path = make(directory, source, word, "--metadata", "keep")
        assert b"thumbnail" not in path.read_bytes()
        assert tags(path)["IPTC:Keywords"] == ["abc", "de"]


def test_text_of_a_png(directory):
    before = [(b"tEXt", b"Comment\0for all to see"), (b"tEXt", b"Author\0Somebody"),
              (b"zTXt", b"Raw profile type exif\0\0nothing"), (b"eXIf", camera()[0]),
              (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x:xmpmeta/>" * 2000))]
    source = directory / "a.png"
    source.write_bytes(formats.png(np.asarray(PICTURE), formats.RGB, before=before))
    kept = chunks(make(directory, source, "png", "--metadata", "keep").read_bytes())
    assert (b"tEXt", b"Author\0Somebody") in kept and (b"tEXt", b"Comment\0for all to see") in kept
    assert (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<x:xmpmeta/>" * 2000) in kept
    assert b"zTXt" not in dict(kept) and b"eXIf" in dict(kept)
    assert kept.index((b"tEXt", b"Software\0batchresize")) < kept.index((b"tEXt", b"Author\0Somebody"))
    bare = chunks(make(directory, source, "png").read_bytes())
    assert [data for kind, data in bare if kind == b"tEXt"] == [b"Software\0batchresize"]
    assert {kind for kind, _ in bare} <= {b"IHDR", b"IDAT", b"IEND", b"pHYs", b"bKGD", b"tEXt"}
    assert tags(make(directory, source, "jpeg", "--metadata", "keep"))["File:Comment"] == "for all to see"


# --- hostile ----------------------------------------------------------------------------------------


def patched(exif, at, value, form="<I"):
    data = bytearray(exif)
    struct.pack_into(form, data, at, value)
    return bytes(data)


def hostile():
    exif, at_maker, maker, _ = camera()
    pointer = 8 + 2 + 12 * 4 + 8
    link = 8 + 2 + 12 * 5
    second = struct.unpack("<I", exif[link:link + 4])[0]
    return {
        "empty": b"", "short": exif[:6], "header": exif[:8], "no-tiff": b"XX" + exif[2:],
        "first-beyond": patched(exif, 4, 0xfffffff0), "first-zero": patched(exif, 4, 0), "first-in-header": patched(exif, 4, 2),
        "many-entries": patched(exif, 8, 0xffff, "<H"), "exif-loop": patched(exif, pointer, 8),
        "exif-beyond": patched(exif, pointer, 0x7fffffff), "exif-over-first": patched(exif, pointer, 20),
        "link-loop": patched(exif, link, 8), "link-beyond": patched(exif, link, 0xffffffff),
        "thumbnail-over-first": patched(exif, second + 2 + 8, 4), "thumbnail-huge": patched(exif, second + 2 + 12 + 8, 0xffffffff),
        "cut": exif[:at_maker - 10], "cut-thumbnail": exif[:-5],
    }


@pytest.mark.parametrize("name", sorted(hostile()))
def test_hostile_exif(directory, name):
    """The picture is what it is without; what is kept is whole and says that it is upright."""
    exif = hostile()[name]
    (directory / "a.jpg").write_bytes(with_segments(PICTURE, (0xe1, b"Exif\0\0" + exif)))
    (directory / "b.jpg").write_bytes(with_segments(PICTURE))
    (directory / "c.png").write_bytes(formats.png(np.asarray(PICTURE), formats.RGB, before=[(b"eXIf", exif)]))
    done = directory.run("--metadata", "keep", "-s", "100x100", "-o", "out", "a.jpg", "b.jpg", "c.png")
    assert done.status == 0, done
    plain = np.asarray(Image.open(directory / "out/b.jpg"))
    for file in ("a.jpg", "c.png"):
        data = (directory / "out" / file).read_bytes()
        seen = np.asarray(Image.open(io.BytesIO(data)))
        turned = seen.shape == (100, 75, 3)
        assert turned or seen.shape == plain.shape
        if file == "a.jpg" and not turned:
            assert (seen == plain).all()
        kept = exif_of(data)
        if kept is not None:
            assert tiff_tag(kept, 0x112) in (1, None)
            # what no directory leads to any more cannot be found
            assert name in ("link-beyond", "link-loop", "thumbnail-over-first") or (TESTDATA / "edge/1x1.jpg").read_bytes()[:60] not in kept


@pytest.mark.parametrize("mode", MODES)
def test_hostile_exif_is_the_same_in_every_mode(directory, mode):
    for name, exif in hostile().items():
        (directory / (name + ".jpg")).write_bytes(with_segments(PICTURE, (0xe1, b"Exif\0\0" + exif)))
    names = sorted(directory.names())
    done = directory.run("--metadata", "keep", "-s", "60x60", "-o", "out", *names, mode=mode)
    assert done.status == 0, done
    again = directory.run("--metadata", "keep", "-s", "60x60", "-o", "again", *names, mode="serial")
    assert again.status == 0 and directory.files("out") == directory.files("again")


def box(kind, content, size=None):
    return struct.pack(">I", 8 + len(content) if size is None else size) + kind + content


@pytest.mark.parametrize("hostile_box", [
    box(b"Exif", b""), box(b"Exif", b"\0\0\0"), box(b"Exif", b"\xff\xff\xff\xff" + b"II*\0"), box(b"Exif", b"\0\0\0\4" + b"II*\0"),
    box(b"Exif", b"\0\0\0\0MM\0*\xff\xff\xff\xff"), box(b"brob", b"Exif" + b"x" * 40), box(b"xml ", b""), box(b"xml ", b"<x/>", 0)])
def test_hostile_boxes_of_jxl(directory, hostile_box):
    """What is said of a JPEG XL does not count, whatever it is: the picture does."""
    head = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    stream = (TESTDATA / "edge/photo.jxl").read_bytes()
    assert stream.startswith(b"\xff\x0a")
    (directory / "a.jxl").write_bytes(stream)
    (directory / "b.jxl").write_bytes(head + box(b"jxlc", stream) + hostile_box)
    done = directory.run("--metadata", "keep", "-f", "png", "-s", "60x60", "-o", "out", "a.jxl", "b.jxl")
    assert done.status == 0, done
    plain, boxed = ((directory / "out" / name).read_bytes() for name in ("a.png", "b.png"))
    assert dict(chunks(plain))[b"IDAT"] == dict(chunks(boxed))[b"IDAT"]
    assert b"eXIf" not in dict(chunks(boxed))


def test_exif_that_is_too_long_for_jpeg(directory):
    exif, _, _, _ = camera(maker=b"m" * 100000)
    (directory / "a.png").write_bytes(formats.png(np.asarray(PICTURE), formats.RGB, before=[(b"eXIf", exif)]))
    source = directory / "a.png"
    assert exif_of(make(directory, source, "jpeg", "--metadata", "keep").read_bytes()) is None
    assert len(exif_of(make(directory, source, "png", "--metadata", "keep").read_bytes())) > 100000
    assert len(exif_of(make(directory, source, "webp", "--metadata", "keep").read_bytes())) > 100000


RESOLUTIONS = ["IFD0:XResolution", "IFD0:YResolution"]


@pytest.fixture(scope="module")
def unitless(tmp_path_factory):
    """Pictures whose EXIF, or TIFF, has resolutions without a unit: they are no density, at most a shape."""
    folder = tmp_path_factory.mktemp("unitless")
    image = Image.effect_noise((60, 40), 100).convert("RGB")
    exif = Image.Exif()
    exif.update({0x0128: 1, 0x011a: 300.0, 0x011b: 300.0, 0x010e: "here"})
    for kind in ("jpg", "png", "webp"):
        image.save(folder / ("a." + kind), exif=exif)
    image.save(folder / "a.tif", resolution_unit=1, x_resolution=300, y_resolution=300)
    return folder


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
def test_resolutions_without_a_unit_are_no_density(directory, unitless, kind, word):
    found = tags(make(directory, unitless / ("a." + kind), word, "--metadata", "keep"))
    assert not [tag for tag in found if "PixelsPerUnit" in tag], found
    assert (found.get("JFIF:ResolutionUnit", 0), found.get("JFIF:XResolution", 1)) == (0, 1), found
    if word == "tiff":  # libvips has to write some, and writes what it means by none
        assert [found[tag] for tag in ["IFD0:ResolutionUnit", *RESOLUTIONS]] == [3, 10, 10]
    elif "IFD0:ResolutionUnit" in found:
        assert found["IFD0:ResolutionUnit"] == 1, found
    assert (found.get("IFD0:ImageDescription") == "here") == (kind != "tif" and "exif" in KEPT[word]), found


def test_a_shape_of_pixels_stays_one(directory):
    Image.new("RGB", (60, 40)).save(directory / "a.tif", resolution_unit=1, x_resolution=3, y_resolution=2)
    done = directory.run("--metadata", "keep", "-s", "30", "-f", "png", "-o", "out", "a.tif")
    found = tags(directory / "out" / "a.png")
    assert done.status == 0 and [found["PNG-pHYs:" + tag] for tag in ("PixelsPerUnitX", "PixelsPerUnitY", "PixelUnits")] == [3, 2, 0]
