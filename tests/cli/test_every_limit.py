"""Every limit, met by a harmless picture: what is refused beyond it names the limit and what raises it.

Nothing here is a bomb: a limit is lowered by its option, or met one step beyond.
"""

import hashlib
import io
import os
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from conftest import SANITIZER, every_mode
from test_animation import gif, webp
from test_bad_input import jpeg_of_scans, png_with

XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
       b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="%s"/></rdf:RDF></x:xmpmeta>')


def encoded(kind, size=(40, 30), colour="red", mode="RGB", **options):
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, kind, **options)
    return stream.getvalue()


def tiff_with(size):
    """A TIFF with so many bytes in a private tag."""
    return encoded("TIFF", tiffinfo={65000: bytes(size)})


def sparse(path, data, size):
    path.write_bytes(data)
    os.truncate(path, size)


# For each limit: the options that lower it, the picture that is beyond, its code, and what the error says.
REFUSED = {
    "pixels": (("--max-pixels=1K",), "a.png", encoded("PNG"), "too-many-pixels", "--max-pixels"),
    "pixels of an output": (("--max-pixels=2K", "--enlarge", "-s80"), "a.png", encoded("PNG"), "too-many-pixels",
                            "--max-pixels"),
    "a side of an output": (("--enlarge", "-s10000%"), "a.png", encoded("PNG", (20000, 1)), "too-many-pixels", "--size"),
    "a side of the format": (("--enlarge", "-s17000x1", "-fwebp", "--fit=fill"), "a.png", encoded("PNG"), "encode",
                             "--format"),
    "frames": (("--max-frames=4", "-s20"), "a.gif", gif(5, 50, 40), "too-large", "--max-frames"),
    "frames of a WebP": (("--max-frames=4", "-s20"), "a.webp", webp(5, 50, 40), "too-large", "--max-frames"),
    "frames of a GIF": (("--max-frames=100000", "-s20"), "a.gif", gif(4097, 50, 40), "too-large", "--format jpeg"),
    "pixels of all frames": (("--max-pixels=2K", "-s20"), "a.gif", gif(9, 50, 40), "too-large", "--max-pixels"),
    "lines of all frames": (("-s20",), "a.webp", webp(4000, 1, 3000), "too-large", "--format jpeg"),
    "memory of frames": (("--max-memory=128M", "-s20"), "a.webp", webp(3, 3000, 3000), "too-large", "--max-memory"),
    "scans": (("--max-scans=9",), "a.jpg", jpeg_of_scans(10), "too-large", "--max-scans"),
    "metadata of a TIFF": (("--max-metadata=64K",), "a.tif", tiff_with(65 << 10), "too-large", "--max-metadata"),
    "memory": (("--max-memory=128M", "-s20"), "a.jpg", encoded("JPEG", (9000, 6000), progressive=True), "too-large",
               "--max-memory"),
    "memory of an output": (("--max-memory=128M", "-s9000", "--enlarge", "-fwebp"), "a.png", encoded("PNG"), "too-large",
                            "--max-memory"),
    "memory of an output without loss": (("--max-memory=128M", "-s1700", "--enlarge", "-fwebp", "--lossless"), "a.png",
                                         encoded("PNG"), "too-large", "--max-memory"),
    "memory of frames of an output without loss": (("--max-memory=128M", "-s100%", "--lossless"), "a.webp",
                                                   webp(3, 1200, 1200), "too-large", "--max-memory"),
    "memory of a header": (("--max-memory=128M", "-s20", "-fpng"), "a.webp", webp(3, 5000, 4000), "too-large",
                           "--max-memory"),
}


@every_mode
@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_limit_and_what_raises_it(directory, mode, name):
    options, file, data, code, words = REFUSED[name]
    (directory / file).write_bytes(data)
    Image.new("RGB", (10, 10), "blue").save(directory / "good.png")
    # Some of the options are none that the other picture survives.
    good = [] if "output" in name or "format" in name else ["good.png"]
    done = directory.run(*options, "-o", "out", file, *good, mode=mode)
    assert done.status == 1, done
    record = done.record(file)
    assert (record["status"], record["code"]) == ("failed", code), record
    assert words in record["error"] and words in done.err, record
    assert directory.names("out") == good if good else not (directory / "out" / file).exists()


RAISED = {
    "pixels": ("--max-pixels=1200",),
    "frames": ("--max-frames=5", "-s20"),
    "frames of a WebP": ("--max-frames=5", "-s20"),
    "pixels of all frames": ("--max-pixels=2250", "-s20"),
    "metadata of a TIFF": ("--max-metadata=66K",),
    "memory": ("--max-memory=1G", "-s20"),
    "memory of an output without loss": ("--max-memory=1G", "-s1700", "--enlarge", "-fwebp", "--lossless"),
    "memory of frames of an output without loss": ("--max-memory=1G", "-s100%", "--lossless"),
    "memory of a header": ("--max-memory=2G", "-s20", "-fpng"),
}


@pytest.mark.parametrize("name", RAISED)
def test_what_it_names_raises_it(directory, name):
    _, file, data, _, _ = REFUSED[name]
    (directory / file).write_bytes(data)
    done = directory.run(*RAISED[name], "-o", "out", file)
    assert done.status == 0, done


def test_as_many_scans_as_are_allowed(directory):
    """They say the same again and again, and the decoder has something to say against that: not the limit."""
    (directory / "a.jpg").write_bytes(jpeg_of_scans(150))
    assert directory.run("a.jpg").report[0]["code"] == "too-large"
    assert directory.run("--max-scans=150", "a.jpg").report[0]["code"] == "corrupt"


def test_any_number_of_frames_has_a_first(directory):
    (directory / "a.gif").write_bytes(gif(200000, 5, 4))
    done = directory.run("-fpng", "-o", "out", "a.gif")
    assert done.status == 0 and done.report[0]["notes"] == ["animation-dropped", "not-enlarged"], done


@every_mode
def test_a_file_of_more_than_a_gigabyte(directory, mode):
    sparse(directory / "a.png", encoded("PNG"), (1 << 30) + 1)
    done = directory.run("-o", "out", "a.png", mode=mode)
    assert done.report[0]["code"] == "too-large" and "1024 MB" in done.report[0]["error"], done


@every_mode
def test_time(directory, mode):
    if mode in ("serial", "thread") and SANITIZER:
        pytest.skip("what takes long enough for these would take minutes")
    (directory / "a.png").write_bytes(encoded("PNG", (4000, 3000)))
    done = directory.run("--timeout=0.001", "--retries=0", "-fwebp", "-o", "out", "a.png", mode=mode)
    assert done.report[0]["status"] == "timeout" and "--timeout" in done.report[0]["error"], done


# --- what is left out, not refused ----------------------------------------------------------------


def xmp_chunk(data, compress):
    text = zlib.compress(data, 9) if compress else data
    return b"iTXt", b"XML:com.adobe.xmp\0" + bytes([compress, 0]) + b"\0\0" + text


def jpeg_with_extended_xmp(size):
    """As Adobe's specification splits a packet that is too long for a segment."""
    extension = XMP % (b"s" * size)
    guid = hashlib.md5(extension).hexdigest().upper().encode()
    packet = (XMP % b"short").replace(b'dc:source', b'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="'
                                      + guid + b'" dc:title')
    pieces = [b"http://ns.adobe.com/xap/1.0/\0" + packet]
    for at in range(0, len(extension), 60000):
        pieces.append(b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">II", len(extension), at)
                      + extension[at:at + 60000])
    plain = encoded("JPEG")
    return plain[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece for piece in pieces) + plain[2:]


def png_text(size, compress):
    info = PngImagePlugin.PngInfo()
    info.add_text("Text", "t" * size, zip=compress)
    return encoded("PNG", pnginfo=info)


LEFT_OUT = {
    "xmp.png": png_with(xmp_chunk(XMP % (b"s" * (70 << 10)), False)),
    "compressed-xmp.png": png_with(xmp_chunk(XMP % (b"s" * (70 << 10)), True)),
    "xmp.jpg": jpeg_with_extended_xmp(70 << 10),
    "xmp.webp": encoded("WEBP", xmp=XMP % (b"s" * (70 << 10))),
    "exif.png": png_with((b"eXIf", b"MM\0*\0\0\0\x08\0\1\x01\x0e\0\2" + struct.pack(">II", 70 << 10, 26) + bytes(4) +
                          b"e" * (70 << 10))),
    "text.png": png_text(70 << 10, False),
    "compressed-text.png": png_text(70 << 10, True),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_metadata_that_are_too_long_are_left_out(directory, name):
    data = LEFT_OUT[name]
    (directory / name).write_bytes(data)
    kept = directory.run("--metadata=keep", "-o", "kept", name)
    assert kept.status == 0 and "metadata-dropped" not in kept.report[0]["notes"], kept
    done = directory.run("--metadata=keep", "--max-metadata=64K", "-o", "out", name)
    assert done.status == 0 and "metadata-dropped" in done.report[0]["notes"], done
    assert (directory / "out" / name).stat().st_size < min(8 << 10, (directory / "kept" / name).stat().st_size)
    # Nothing is said of what nobody asked to keep.
    done = directory.run("--max-metadata=64K", "-o", "stripped", name)
    assert done.status == 0 and "metadata-dropped" not in done.report[0]["notes"], done


def test_texts_count_together(directory):
    texts = [(b"tEXt", b"Text%d\0" % i + b"t" * 1000) for i in range(80)]
    (directory / "a.png").write_bytes(png_with(*texts))
    done = directory.run("--metadata=keep", "--max-metadata=64K", "-o", "out", "a.png")
    assert done.status == 0 and "metadata-dropped" in done.report[0]["notes"], done
    kept = [name for name in Image.open(directory / "out/a.png").info if name.startswith("Text")]
    assert 60 <= len(kept) <= 65


def test_one_xmp_is_inflated_however_many_there_are(directory):
    """The first counts. A thousand that are too long would take a thousand times as long."""
    damaged = (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0no deflated data")
    (directory / "a.png").write_bytes(png_with(damaged, xmp_chunk(XMP % b"second", True)))
    done = directory.run("--metadata=keep", "-o", "out", "a.png")
    assert done.status == 0 and "metadata-dropped" in done.report[0]["notes"], done
    assert b"second" not in (directory / "out/a.png").read_bytes()


def test_a_profile_that_is_too_long_is_a_broken_one(directory):
    profile = (directory / "p3.jpg")
    directory.copy("edge/display-p3.jpg", "p3.jpg")
    icc = Image.open(profile).info["icc_profile"]
    # What follows the tags' data is nobody's.
    longer = struct.pack(">I", 70 << 10) + icc[4:] + bytes((70 << 10) - len(icc))
    for name, kind in (("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")):
        (directory / name).write_bytes(encoded(kind, icc_profile=longer))
        for words, notes in ((("--max-metadata=71K",), False), (("--max-metadata=64K",), True)):
            done = directory.run(*words, "-o", "out%d" % notes, name)
            assert done.status == 0 and ("profile-broken" in done.report[0]["notes"]) == notes, done


def test_the_man_page_lists_them(directory):
    page = directory.run("--document=man", report=False).out.decode().replace("\\-", "-")
    section = page[page.index(".SH LIMITS"):page.index(".SH WATCHING")]
    for words in {words for *_, words in REFUSED.values() if words.startswith("--max")} | {"--timeout", "--max-metadata"}:
        assert ".B " + words in section, words
