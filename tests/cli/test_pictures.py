"""What comes out: sizes, orientation, formats; the same bytes in every mode."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conftest import MODES, TESTDATA, every_mode, examples, size_of


def test_every_mode_makes_the_same_files(directory):
    results, reports = {}, {}
    for mode in MODES:
        done = directory.run("-o", mode, TESTDATA, mode=mode)
        assert done.status == 1, done
        results[mode] = directory.files(mode)
        reports[mode] = sorted((r["source"], r["status"], r["code"], r["out_width"], r["notes"]) for r in done.report)
    assert len(results["serial"]) > 80
    for mode in MODES[1:]:
        assert results[mode] == results["serial"]
        assert reports[mode] == reports["serial"]


@every_mode
@pytest.mark.parametrize("size, expected", [
    (None, (800, 533)), ("800x600", (800, 533)), ("300x300", (300, 200)), ("600x100", (150, 100)),
    ("120", (120, 80)), ("x120", (180, 120)), ("50%", (720, 480)), ("12.5%", (180, 120)),
    ("1x1", (1, 1)), ("1440x960", (1440, 960)), ("5000x5000", (1440, 960))])
def test_box(directory, mode, size, expected):
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = directory.run(*(["-s", size] if size else []), "a.jpg", mode=mode)
    assert done.status == 0, done
    assert size_of(directory / "resized_a.jpg") == expected
    record = done.report[0]
    assert (record["out_width"], record["out_height"]) == expected
    assert ("not-enlarged" in record["notes"]) == (size == "5000x5000")


def corner_colours(image):
    """The colours a tenth of the way in from the four corners, from top left clockwise."""
    image = image.convert("RGB")
    width, height = image.size
    x, y = width // 20, height // 20
    return [image.getpixel(p) for p in ((x, y), (width - 1 - x, y), (width - 1 - x, height - 1 - y), (x, height - 1 - y))]


@every_mode
@pytest.mark.parametrize("name", ["orientation-%d.jpg" % n for n in range(1, 9)] +
                         ["orientation-6.png", "orientation-6.webp", "orientation-8.tif"])
def test_orientation_is_applied_once(directory, mode, name):
    directory.copy("edge/" + name, name)
    assert directory.run("-s", "120x120", name, mode=mode).status == 0
    image = Image.open(directory / ("resized_" + name))
    assert image.size == (120, 80)
    assert image.getexif().get(0x0112, 1) == 1
    expected = [(220, 40, 40), (40, 160, 60), (240, 200, 40), (40, 80, 210)]
    for seen, wanted in zip(corner_colours(image), expected):
        assert max(abs(a - b) for a, b in zip(seen, wanted)) < 40, (seen, wanted)


@pytest.mark.parametrize("name", ["orientation-6.jpg", "orientation-8.jpg"])
def test_box_is_for_the_picture_as_seen(directory, name):
    directory.copy("edge/" + name, name)
    assert directory.run("-s", "60x1000", name).status == 0
    assert size_of(directory / ("resized_" + name)) == (60, 40)


@every_mode
@pytest.mark.parametrize("name, size", [
    ("1x1.png", (1, 1)), ("1x1.jpg", (1, 1)), ("1x1.gif", (1, 1)), ("1x20000.png", (1, 600)), ("20000x1.png", (800, 1)),
    ("1x20000.jpg", (1, 600)), ("20000x1.jpg", (800, 1))])
def test_no_side_is_lost(directory, mode, name, size):
    directory.copy("edge/" + name, name)
    assert directory.run(name, mode=mode).status == 0
    assert size_of(directory / ("resized_" + name)) == size


@pytest.mark.parametrize("name, kind", [
    ("photo.avif", b"ftypavif"), ("lossless.webp", b"WEBP"), ("lzw.tif", b"II*\0"), ("still.gif", b"GIF8"),
    ("gray.jpg", b"\xff\xd8\xff"), ("palette-4.png", b"\x89PNG"), ("png-called.jpg", b"\x89PNG"),
    ("jpeg-called.png", b"\xff\xd8\xff"), ("jpeg-without-extension", b"\xff\xd8\xff"), ("UPPER.JPG", b"\xff\xd8\xff")])
def test_content_keeps_its_format_whatever_the_name(directory, name, kind):
    directory.copy("edge/" + name, name)
    done = directory.run("-s", "64x64", name)
    assert done.status == 0, done
    assert kind in (directory / ("resized_" + name)).read_bytes()[:16]


@every_mode
@pytest.mark.parametrize("word, extension, kind", [
    ("jpeg", "jpg", "JPEG"), ("png", "png", "PNG"), ("webp", "webp", "WEBP"), ("tiff", "tif", "TIFF"), ("gif", "gif", "GIF")])
def test_format(directory, mode, word, extension, kind):
    directory.copy("edge/alpha.png", "images/a.png")
    done = directory.run("-f", word, "-s", "50x50", "-o", "out", "images", mode=mode)
    assert done.status == 0, done
    names = directory.names("out")
    assert len(names) == 1 and names[0].startswith("a.") and names[0].split(".")[1] in (extension, extension + "f")
    image = Image.open(directory / "out" / names[0])
    assert image.format == kind and image.size == (50, 50)


def test_transparent_pixels_do_not_bleed(directory):
    """The picture has magenta below what is clear: none of it may be seen, on white or at the edge."""
    directory.copy("edge/alpha.png", "a.png")
    assert directory.run("-s", "40x40", "a.png").status == 0
    small = np.asarray(Image.open(directory / "resized_a.png").convert("RGBA")).astype(int)
    edge = (small[..., 3] > 40) & (small[..., 3] < 215)
    assert edge.any()
    full = np.asarray(Image.open(TESTDATA / "edge/alpha.png").convert("RGBA")).astype(float)
    weight = full[..., 3:].reshape(40, 4, 40, 4, 1).mean((1, 3))
    colour = (full[..., :3] * full[..., 3:]).reshape(40, 4, 40, 4, 3).mean((1, 3)) / np.maximum(weight, 1)
    assert np.abs(small[..., :3] - colour)[edge].mean() < 25


def test_pixels_are_those_of_the_source(directory):
    """Against a box filter of our own: no shift, no wrong channel, no wrong tone."""
    directory.copy("photos/mountains.jpg", "a.jpg")
    assert directory.run("-s", "360x240", "-q", "97", "a.jpg").status == 0
    out = np.asarray(Image.open(directory / "resized_a.jpg").convert("RGB")).astype(float)
    source = np.asarray(Image.open(TESTDATA / "photos/mountains.jpg").convert("RGB")).astype(float)
    reference = source.reshape(240, 4, 360, 4, 3).mean((1, 3))
    error = np.sqrt(((out - reference) ** 2).mean())
    assert error < 4
    for shifted in (np.roll(out, 1, 0), np.roll(out, 1, 1), np.roll(out, -1, 0), np.roll(out, -1, 1)):
        assert error < np.sqrt(((shifted - reference) ** 2).mean())


def test_quality_changes_the_size(directory):
    directory.copy("photos/mountains.jpg", "a.jpg")
    sizes = []
    for quality in ("20", "80", "95"):
        assert directory.run("-q", quality, "-o", "q" + quality, "a.jpg").status == 0
        sizes.append((directory / ("q" + quality) / "a.jpg").stat().st_size)
    assert sizes == sorted(set(sizes))


def test_grey_stays_grey(directory):
    for name in ("gray.jpg", "gray-8.png", "gray-1.png", "gray-alpha.png"):
        directory.copy("edge/" + name, "images/" + name)
    assert directory.run("-s", "60x60", "-o", "out", "images").status == 0
    for name in directory.names("out"):
        pixels = np.asarray(Image.open(directory / "out" / name).convert("RGB")).astype(int)
        assert np.ptp(pixels, axis=2).max() <= 2, name


@pytest.mark.parametrize("name", ["cmyk.jpg", "ycck.jpg", "cmyk-profile.jpg"])
def test_cmyk_is_seen_in_its_colours(directory, name):
    """Inverted inks taken the wrong way make a negative: sky and rock would change places."""
    directory.copy("edge/" + name, name)
    done = directory.run("-s", "90x60", name)
    assert done.status == 0, done
    image = np.asarray(Image.open(directory / ("resized_" + name)).convert("RGB")).astype(float)
    assert image[:20].mean() > image[-20:].mean() + 60
    assert ("profile-missing" in done.report[0]["notes"]) == (name != "cmyk-profile.jpg")


def drawn(width, height):
    image = Image.fromarray(np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8))
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


@examples(60)
@given(width=st.integers(1, 700), height=st.integers(1, 700), box_width=st.integers(1, 900), box_height=st.integers(1, 900))
def test_any_picture_fits_any_box(directory, width, height, box_width, box_height):
    """Inside the box, touching it, aspect wrong by half a pixel at most, never enlarged."""
    done = directory.run("-s", "%dx%d" % (box_width, box_height), "-", stdin=drawn(width, height), report=False)
    assert done.status == 0, done
    out_width, out_height = size_of(done.out)
    assert 1 <= out_width <= min(width, box_width)
    assert 1 <= out_height <= min(height, box_height)
    scale = min(box_width / width, box_height / height, 1)
    assert abs(out_width - max(width * scale, 1)) <= 0.5 + 1e-9
    assert abs(out_height - max(height * scale, 1)) <= 0.5 + 1e-9
