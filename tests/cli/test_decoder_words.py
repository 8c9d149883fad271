"""What a decoder says of a file that it cannot read: quoted whole, the same in every mode, and told apart from damage."""

import struct

import pytest

from conftest import MODES, TESTDATA, every_mode
from test_damage import noise
from test_raw import COMPRESSION, PICTURE, tiff


def without(data, at, size=4, by=b"\xff"):
    return data[:at] + by * size + data[at + size:]


@pytest.fixture
def odd(directory):
    """name -> bytes of files that are whole, and that some part of a decoder stumbles over."""
    noise(size=(64, 48)).save(directory / "a.png")
    noise(size=(64, 48)).save(directory / "a.webp", lossless=True)
    noise(size=(64, 48)).save(directory / "a.gif")
    noise(size=(64, 48)).save(directory / "a.tif", compression="tiff_adobe_deflate")
    files = {"lossless.webp": without((directory / "a.webp").read_bytes(), 40, 60),
             "a.gif": without((directory / "a.gif").read_bytes(), 900, 60),
             "a.tif": without((directory / "a.tif").read_bytes(), 200, 60),
             "compression.tif": tiff(({**PICTURE[0], COMPRESSION: [51234]}, PICTURE[1]))}
    done = directory.run("-f", "avif", "-o", "made", "a.png")
    if done.status == 0:
        data = (directory / "made" / "a.avif").read_bytes()
        size = struct.unpack_from(">I", data)[0]
        # a sequence that names no still picture's brand, as encoders of sequences write them
        files["brands.avif"] = data[:8] + b"avis\0\0\0\0" + (b"msf1" * 99)[:size - 16] + data[size:]
        files["item.avif"] = data.replace(b"av01", b"vvc9")
    return files


def test_every_mode_says_the_same(directory, odd):
    """Many at a time, so that threads stumble beside each other."""
    (directory / "in").mkdir()
    for name, data in odd.items():
        for number in range(8):
            (directory / "in" / ("%d-%s" % (number, name))).write_bytes(data)
    said = {}
    for mode in MODES:
        done = directory.run("in", "-o", "out", mode=mode)
        said[mode] = {r["source"]: (r["status"], r["code"], r["error"]) for r in done.report}
    for mode in MODES:
        assert said[mode] == said["serial"]
    for name in odd:
        status, _, error = said["thread"]["in/0-" + name]
        assert status == "ok" or error.count(": ") >= 1, (name, error)


@every_mode
def test_what_a_decoder_lacks_is_no_damage(directory, odd, mode):
    """A newer library may read them."""
    for name in ("compression.tif", "brands.avif"):
        if name not in odd:
            continue
        (directory / name).write_bytes(odd[name])
        record = directory.run("-o", "out", name, mode=mode).report[0]
        # newer ones want of a sequence what says when to show its frames
        if record["status"] == "ok" or (name == "brands.avif" and "moov" in record["error"]):
            continue
        assert record["code"] == "unsupported" and "cannot decode: " in record["error"], record
        if name == "brands.avif":
            assert "brand" in record["error"] and "\n" not in record["error"], record


@every_mode
@pytest.mark.parametrize("coding", [b"avc1", b"vvc1", b"j2k1", b"unci"])
def test_a_heic_of_another_coding_is_no_damage(directory, mode, coding):
    """Decoders say of one that they don't know that the picture is not there, or has no depth."""
    data = (TESTDATA / "edge/photo.heic").read_bytes()
    at = data.index(b"hvc1", data.index(b"infe"))
    (directory / "a.heic").write_bytes(data[:at] + coding + data[at + 4:])
    record = directory.run("-f", "jpeg", "-o", "out", "a.heic", mode=mode).report[0]
    assert record["code"] == "unsupported" and coding.decode() in record["error"], record


def test_a_png_for_one_makers_devices_is_no_damage(directory):
    data = (TESTDATA / "edge/gray-8.png").read_bytes()
    (directory / "a.png").write_bytes(data[:8] + struct.pack(">I", 4) + b"CgBI\x50\0\x20\2" + b"\x2b\xd5\xb3\x7f" + data[8:])
    record = directory.run("-o", "out", "a.png").report[0]
    assert record["code"] == "unsupported" and "CgBI" in record["error"], record
