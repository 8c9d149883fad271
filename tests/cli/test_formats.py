"""The formats that are written: what each option asks for is in the file, whichever way it was made."""

import io
import shutil
import struct
import subprocess

import numpy
import pytest
from PIL import Image, ImageDraw

from conftest import SANITIZER, every_mode

FORMATS = ("jpeg", "png", "webp", "avif", "tiff", "gif", "jxl")


def photo(width=320, height=240):
    """Smooth colours with some grain: nothing that is easily without loss."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    grain = numpy.random.default_rng(1).normal(0, 6, (height, width, 1))
    return numpy.clip(numpy.stack([x * 255 / width, y * 255 / height, 128 + 100 * numpy.sin(x / 17 + y / 29)], -1)
                      + grain, 0, 255).astype(numpy.uint8)


def write(directory, name, pixels=None, **options):
    path = directory / name
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(photo() if pixels is None else pixels).save(path, **options)
    return path


def resized(directory, *arguments, mode=None):
    """Runs on one source and returns the output's bytes."""
    done = directory.run("-o", "out", *arguments, mode=mode)
    assert done.status == 0, done
    return directory.outputs("out")[0].read_bytes()


def markers(jpeg):
    """Marker -> its segment's bytes, of the first of each kind up to the scan."""
    at, found = 2, {}
    while at < len(jpeg):
        marker, length = struct.unpack(">HH", jpeg[at:at + 4])
        found.setdefault(marker, jpeg[at + 4:at + 2 + length])
        if marker == 0xFFDA:
            break
        at += 2 + length
    return found


def sampling(jpeg):
    """h and v of the first component."""
    frame = markers(jpeg).get(0xFFC0) or markers(jpeg)[0xFFC2]
    return frame[7] >> 4, frame[7] & 15


@every_mode
@pytest.mark.parametrize("source", ["a.jpg", "a.png"])
def test_jpeg_options_hold_on_both_ways(directory, mode, source):
    """A JPEG source takes the direct way, a PNG the general one."""
    write(directory, source)
    common = ("-f", "jpeg", "-s", "200", "--existing", "overwrite", source)
    plain = resized(directory, *common, mode=mode)
    assert 0xFFC0 in markers(plain) and sampling(plain) == (2, 2)
    # optimised: other tables than those of the standard, whose DC table begins so
    assert markers(plain)[0xFFC4][1:17] != bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    progressive = resized(directory, "--jpeg-progressive", *common, mode=mode)
    assert 0xFFC2 in markers(progressive)
    assert numpy.array_equal(Image.open(io.BytesIO(plain)), Image.open(io.BytesIO(progressive)))
    assert sampling(resized(directory, "--jpeg-subsampling", "444", *common, mode=mode)) == (1, 1)
    assert sampling(resized(directory, "--jpeg-subsampling", "420", "-q", "95", *common, mode=mode)) == (2, 2)
    assert sampling(resized(directory, "-q", "90", *common, mode=mode)) == (1, 1)
    assert sampling(resized(directory, "-q", "90,jpeg=89", *common, mode=mode)) == (2, 2)


def tables(jpeg):
    return Image.open(io.BytesIO(jpeg)).quantization


def test_both_ways_use_the_same_settings(directory):
    write(directory, "a.jpg", quality=97, subsampling=0)
    write(directory, "a.png")
    for options in ((), ("-q", "93"), ("--jpeg-progressive", "-q", "50"), ("--jpeg-subsampling", "444")):
        shutil.rmtree(directory / "out", ignore_errors=True)
        direct = resized(directory, *options, "-f", "jpeg", "-s", "200", "a.jpg")
        shutil.rmtree(directory / "out")
        general = resized(directory, *options, "-f", "jpeg", "-s", "200", "a.png")
        shutil.rmtree(directory / "out")
        assert tables(direct) == tables(general)
        assert sampling(direct) == sampling(general)
        assert (0xFFC2 in markers(direct)) == (0xFFC2 in markers(general))
        assert abs(len(direct) - len(general)) < 0.05 * len(general)


@every_mode
def test_each_format_has_its_quality(directory, mode):
    sizes = {}
    for name, quality in (("low", "10,webp=20,avif=15,jxl=30"), ("high", "95,webp=90,avif=85,jxl=90"),
                          ("plain", "95")):
        for output in ("jpeg", "webp", "avif", "jxl"):
            write(directory, "a.png")
            shutil.rmtree(directory / "out", ignore_errors=True)
            sizes[name, output] = len(resized(directory, "-q", quality, "-f", output, "-s", "160", "a.png", mode=mode))
    for output in ("jpeg", "webp", "avif", "jxl"):
        assert sizes["low", output] < 0.6 * sizes["high", output]
    assert sizes["high", "jpeg"] == sizes["plain", "jpeg"]
    assert sizes["high", "webp"] < sizes["plain", "webp"]


def decoded(data, name, directory):
    """RGB pixels; what Pillow cannot read goes through the program, to PNG."""
    if name in ("avif", "jxl"):
        done = directory.run("-f", "png", "-s", "100%", "-", stdin=data, report=False)
        assert done.status == 0, done
        data = done.out
    return numpy.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@every_mode
@pytest.mark.parametrize("name, off", [("webp", 0), ("jxl", 0), ("png", 0), ("tiff", 0), ("avif", 3)])
def test_lossless_is(directory, mode, name, off):
    pixels = photo(97, 61)
    write(directory, "a.png", pixels)
    result = decoded(resized(directory, "--lossless", "-q", "5", "-f", name, "a.png", mode=mode), name, directory)
    assert numpy.abs(result - pixels.astype(int)).max() <= off


@every_mode
def test_lossless_with_keep_is_for_those_that_can(directory, mode):
    pixels = photo(97, 61)
    write(directory, "in/a.webp", pixels, lossless=True)
    write(directory, "in/a.jpg", pixels)
    done = directory.run("--lossless", "-q", "20", "-o", "out", "in", mode=mode)
    assert done.status == 0, done
    assert numpy.array_equal(numpy.asarray(Image.open(directory / "out/a.webp").convert("RGB")), pixels)
    assert (directory / "out/a.jpg").stat().st_size < (directory / "in/a.jpg").stat().st_size / 2


@pytest.mark.parametrize("name", ["jpeg", "gif"])
def test_lossless_makes_no_sense_with(directory, name):
    done = directory.run("--lossless", "-f", name, "a.png")
    assert done.status == 2 and "--lossless" in done.err and name in done.err


def test_what_this_build_can_is_in_the_version(directory):
    done = directory.run("-Vv", report=False)
    lines = dict(line.split(":") for line in done.out.decode().splitlines()[1:])
    assert done.status == 0 and set(FORMATS) <= set(lines["writes"].split()) <= set(lines["reads"].split()) | set(FORMATS)


@pytest.fixture
def without_encoder(directory):
    """What to put before the program so that its libheif has no encoder."""
    if SANITIZER or not shutil.which("gcc"):
        pytest.skip("needs gcc, and a program that can be preloaded into")
    (directory / "no.c").write_text("int heif_have_encoder_for_format(int f) { return f == 999; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", directory / "no.so", directory / "no.c"], check=True)
    return ["env", "LD_PRELOAD=%s" % (directory / "no.so")]


@pytest.mark.parametrize("more", [(), ("-n",)])
def test_a_missing_codec_is_told_before_the_run(directory, without_encoder, more):
    write(directory, "a.png")
    done = directory.run(*more, "-f", "avif", "-o", "out", "a.png", prefix=without_encoder)
    assert done.status == 3 and "cannot write avif" in done.err and "libheif1" in done.err, done
    assert not (directory / "out").exists()


@every_mode
def test_a_missing_codec_costs_the_pictures_that_need_it(directory, mode, without_encoder):
    directory.copy("edge/photo.avif", "in/a.avif")
    write(directory, "in/b.png")
    done = directory.run("-o", "out", "in", mode=mode, prefix=without_encoder)
    assert done.status == 1, done
    record = done.record("a.avif")
    assert record["code"] == "unsupported" and "libheif-plugin-aomenc" in record["error"], record
    assert done.record("b.png")["status"] == "ok"
    done = directory.run("-Vv", report=False, prefix=without_encoder)
    assert "avif" not in done.out.decode().splitlines()[2] and "avif" in done.out.decode().splitlines()[1]


def page(path, **options):
    """A scanned page, as it were, in black and white."""
    image = Image.new("1", (600, 800), 1)
    draw = ImageDraw.Draw(image)
    for i in range(20):
        draw.ellipse([10 + i * 20, 20 + i * 30, 100 + i * 20, 60 + i * 30], outline=0)
    image.save(path, **options)
    return image


@every_mode
@pytest.mark.parametrize("compression, becomes", [("group4", 4), ("tiff_lzw", 8), ("raw", 8)])
@pytest.mark.parametrize("white", [0, 1])
def test_a_page_of_one_bit_stays_one(directory, mode, compression, becomes, white):
    page(directory / "a.tif", compression=compression, tiffinfo={262: white})
    done = directory.run("-s", "100%", "-o", "out", "a.tif", mode=mode)
    assert done.status == 0, done
    before, after = Image.open(directory / "a.tif"), Image.open(directory / "out/a.tif")
    assert after.mode == "1" and after.size == (600, 800)
    assert after.tag_v2[259] == becomes and after.tag_v2[262] == before.tag_v2[262]
    assert list(after.getdata()) == list(before.getdata())


def test_a_small_page_stays_small(directory):
    """The mark costs an entry of its directory, not a second directory."""
    Image.new("1", (400, 300), 1).save(directory / "a.tif", compression="group4")
    assert directory.run("-s", "100%", "-o", "out", "a.tif").status == 0
    after = Image.open(directory / "out/a.tif")
    assert after.tag_v2[305] == "batchresize"
    assert (directory / "out/a.tif").stat().st_size < (directory / "a.tif").stat().st_size + 200


@pytest.mark.parametrize("options", [["-s", "300"], ["-s", "700x900", "--fit", "pad", "--background", "gray"]])
def test_a_page_that_has_become_gray_is_not_one_of_one_bit(directory, options):
    page(directory / "a.tif", compression="group4")
    assert directory.run(*options, "-o", "out", "a.tif").status == 0
    assert Image.open(directory / "out/a.tif").mode in ("L", "RGB")
