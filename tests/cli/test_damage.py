"""One judge of damage for every format: what the notes say and what --fail-on decides agree."""

import subprocess

import pytest
from PIL import Image, ImageDraw

from conftest import MODES, PROGRAM, TESTDATA, every_mode

KINDS = {
    "cut-30": lambda data: data[:len(data) * 3 // 10],
    "cut-50": lambda data: data[:len(data) // 2],
    "cut-90": lambda data: data[:len(data) * 9 // 10],
    "zeros-50": lambda data: data[:len(data) // 2] + bytes(len(data) - len(data) // 2),
    "zeros-80": lambda data: data[:len(data) * 8 // 10] + bytes(len(data) - len(data) * 8 // 10),
}
HARMLESS = {
    "whole": lambda data: data,
    "more-zeros": lambda data: data + bytes(5000),
    "more-bytes": lambda data: data + b"%PDF is not what this is" * 200,
}


def noise(i=0, size=(320, 240)):
    """A picture of which no part is like another."""
    return Image.effect_noise(size, 120 + i).convert("RGB")


def animation(path, **options):
    frames = [noise(i, (100, 80)) for i in range(6)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, **options)


PICTURES = {
    "baseline.jpg": lambda path: noise().save(path, quality=85),
    "progressive.jpg": lambda path: noise().save(path, quality=85, progressive=True),
    "a.png": lambda path: noise().save(path),
    "lossy.webp": lambda path: noise().save(path, quality=80),
    "lossless.webp": lambda path: noise().save(path, lossless=True),
    "moving.webp": lambda path: animation(path, quality=80),
    "moving-lossless.webp": lambda path: animation(path, lossless=True),
    "still.gif": lambda path: noise().save(path),
    "moving.gif": animation,
    "lzw.tif": lambda path: noise().save(path, compression="tiff_lzw"),
    "deflate.tif": lambda path: noise().save(path, compression="tiff_adobe_deflate"),
    "pages.tif": lambda path: animation(path, compression="tiff_lzw"),
    "a.avif": None,
    "a.heic": None,
    "a.jxl": None,
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """name -> bytes; what Pillow cannot write this program makes."""
    folder = tmp_path_factory.mktemp("pictures")
    noise().save(folder / "source.png")
    made = {}
    for name, write in PICTURES.items():
        path = folder / name
        if write:
            write(path)
        else:
            extension = name.rpartition(".")[2]
            done = subprocess.run([PROGRAM, "-s", "100%", "-f", extension.replace("jpg", "jpeg"), "-o", str(path.parent / "made"),
                                   "source.png"], cwd=folder, stderr=subprocess.PIPE, check=False)
            if done.returncode:  # heic has no --format, and an encoder may be missing
                continue
            path = folder / "made" / ("source." + extension)
        made[name] = path.read_bytes()
    return made


@pytest.mark.parametrize("mode, level", [("process", "none"), ("process", "truncated"), ("process", "error"), ("process", "warning"),
                                         ("serial", "warning"), ("thread", "none"), ("hybrid", "none"), ("hybrid", "truncated")])
def test_notes_and_fail_on_agree(directory, pictures, mode, level):
    (directory / "in").mkdir()
    for name, data in pictures.items():
        for kind, change in {**KINDS, **HARMLESS}.items():
            (directory / "in" / (kind + "-" + name)).write_bytes(change(data))
    done = directory.run("-s", "100%", "--fail-on", level, "-o", "out", "in", mode=mode)
    wrong = []
    for name in pictures:
        for kind in HARMLESS:
            record = done.record("/" + kind + "-" + name)
            if record["status"] != "ok" or "truncated" in record["notes"]:
                wrong.append((kind, name, record["code"], record["notes"]))
        for kind in KINDS:
            record = done.record("/" + kind + "-" + name)
            refused = record["status"] == "failed" and record["code"] in ("truncated", "corrupt")
            noted = record["status"] == "ok" and "truncated" in record["notes"]
            if not (refused or (noted and level == "none")):
                wrong.append((kind, name, record["code"], record["notes"]))
    assert not wrong, wrong


def test_what_is_advised_helps(directory, pictures):
    """Nothing is promised of a part where the decoder makes nothing of one."""
    (directory / "in").mkdir()
    for name, data in pictures.items():
        (directory / "in" / name).write_bytes(data[:len(data) * 4 // 5])
    lenient, strict = (directory.run("--fail-on", level, "-o", level, "in") for level in ("none", "truncated"))
    for record in strict.report:
        if record["code"] != "truncated" or record["source"].endswith(("tif", "tiff")):  # these depend on how they are laid out
            continue
        helps = next(r for r in lenient.report if r["source"] == record["source"])["status"] == "ok"
        assert helps == ("--fail-on none" in record["error"]), (record, helps)


@every_mode
def test_a_gif_half_of_zeros(directory, pictures, mode):
    """Its blocks are whole; its pixels are not."""
    data = pictures["still.gif"]
    (directory / "a.gif").write_bytes(KINDS["zeros-50"](data))
    (directory / "b.gif").write_bytes(data[:-1])  # many lack the last byte, and nothing else
    for level in ("truncated", "error"):
        done = directory.run("--fail-on", level, "a.gif", "b.gif", mode=mode)
        assert done.status == 1 and done.record("a.gif")["code"] == "truncated", done
        assert done.record("b.gif")["status"] == "ok" and "truncated" not in done.record("b.gif")["notes"]
    done = directory.run("--fail-on", "none", "a.gif", mode=mode)
    assert done.status == 0 and "truncated" in done.report[0]["notes"], done


ENDS_IN_ZEROS = {"80-4": {"quality": 80, "method": 4}, "100-0": {"quality": 100, "method": 0}, "1-6": {"quality": 1, "method": 6},
                 "lossless-0": {"lossless": True, "method": 0}, "lossless-4": {"lossless": True, "method": 4}}


@pytest.mark.parametrize("colour", ["white", "black", (90, 120, 200)])
def test_zeros_that_a_webp_is_meant_to_end_in(directory, colour):
    """Where nothing more is to be said, encoders write zeros, up to thousands of them."""
    image = Image.new("RGB", (3000, 2000), colour)
    ImageDraw.Draw(image).ellipse([100, 40, 600, 300], fill="red")
    for name, options in ENDS_IN_ZEROS.items():
        image.save(directory / (name + ".webp"), **options)
    names = directory.names()
    for mode in MODES:
        done = directory.run("-s", "300", "--fail-on", "warning", "-o", mode, *names, mode=mode)
        assert done.status == 0 and len(done.report) == len(ENDS_IN_ZEROS), done
        assert not any("truncated" in record["notes"] for record in done.report), done.report


def hole(data, byte=b"\xff", size=200):
    """What a bad sector leaves in the middle of a file whose end is there."""
    at = len(data) // 2
    return data[:at] + byte * size + data[at + size:]


@every_mode
@pytest.mark.parametrize("options", [[], ["-f", "png"]], ids=["planes", "library"])
def test_a_jpeg_that_its_decoder_warned_of(directory, pictures, mode, options):
    """It is made, and noted, by either way to decode it; a level that counts warnings refuses it. One beside it is not blamed."""
    damaged = {"hole.jpg": hole(pictures["baseline.jpg"]), "zeros.jpg": hole(pictures["progressive.jpg"], b"\0"),
               "bad.jpg": hole(pictures["baseline.jpg"], b"\xff\xd0", 60)}
    (directory / "in").mkdir()
    for name, data in damaged.items():
        (directory / "in" / name).write_bytes(data)
    for i in range(6):
        (directory / "in" / ("whole%d.jpg" % i)).write_bytes(pictures["baseline.jpg"])
    for level in ("none", "truncated", "error", "warning"):
        done = directory.run("-s", "100%", "--fail-on", level, *options, "-o", level, "in", mode=mode)
        for record in done.report:
            is_damaged = record["source"].rpartition("/")[2] in damaged
            assert record["status"] == ("failed" if is_damaged and level == "warning" else "ok"), (level, record)
            assert ("damaged" in record["notes"]) == (is_damaged and level != "warning"), (level, record)
            assert "truncated" not in record["notes"], (level, record)


@pytest.mark.parametrize("colours", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("options", [[], ["-f", "png"]], ids=["planes", "library"])
def test_a_jpeg_whose_last_bytes_are_cut_off(directory, colours, progressive, options):
    """Whether a decoder happens to read on behind the last block decides nothing."""
    (directory / "in").mkdir()
    for side in range(40, 72, 4):
        image = noise(0, (side, 32)).convert(colours)
        image.save(directory / "whole.jpg", quality=60, progressive=progressive)
        for cut in (1, 2):
            (directory / "in" / ("%d-%d.jpg" % (side, cut))).write_bytes((directory / "whole.jpg").read_bytes()[:-cut])
    for level in ("truncated", "warning"):
        done = directory.run("--fail-on", level, *options, "-o", level, "in")
        assert {record["code"] for record in done.report} == {"truncated"}, done
    done = directory.run("--fail-on", "none", *options, "-o", "none", "in")
    assert all(record["status"] == "ok" and "truncated" in record["notes"] and "damaged" not in record["notes"]
               for record in done.report), done


@every_mode
def test_what_is_cut_off_is_called_so(directory, pictures, mode):
    """Of a TIFF its last directory, or what that points at; of a JPEG XL any part of a codestream that says nowhere how long it is."""
    (directory / "in").mkdir()
    for name, data in pictures.items():
        if name in ("lzw.tif", "deflate.tif", "a.jxl"):
            for part in (1, 40, 100, 150, len(data) // 2):
                (directory / "in" / ("%d-%s" % (part, name))).write_bytes(data[:-part])
    for level in ("none", "truncated", "warning"):
        done = directory.run("--fail-on", level, "-o", level, "in", mode=mode)
        assert {record["code"] for record in done.report} == {"truncated"}, done
        assert all("get a whole copy" in record["error"] for record in done.report if level != "none" and ".jxl" in record["source"]), done


@every_mode
def test_a_jpeg_xl_that_is_damaged_is_not_called_cut_off(directory, pictures, mode):
    if "a.jxl" not in pictures:
        pytest.skip("no encoder of JPEG XL")
    (directory / "a.jxl").write_bytes(hole(pictures["a.jxl"]))
    assert directory.run("a.jxl", mode=mode).report[0]["code"] == "corrupt"


@pytest.mark.parametrize("kind", ["avif", "heic"])
@pytest.mark.parametrize("part", [50, 80])
def test_the_ones_of_empty_flash_memory(directory, kind, part):
    """Decoders take them for a picture, and not the same one every time."""
    data = (TESTDATA / "edge" / ("photo." + kind)).read_bytes()
    kept = len(data) * part // 100
    (directory / ("a." + kind)).write_bytes(data[:kept] + b"\xff" * (len(data) - kept))
    for level in ("truncated", "error", "warning"):
        done = directory.run("--fail-on", level, "a." + kind)
        assert done.report[0]["code"] == "truncated", done
    done = directory.run("--fail-on", "none", "-f", "png", "a." + kind)
    assert done.report[0]["status"] == "failed" or "truncated" in done.report[0]["notes"], done
