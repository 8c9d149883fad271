"""JPEGs that become PNG or WebP out of their planes, past libvips: the pixels of libjpeg at their own size, and what Pillow makes of
them at others."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from conftest import TESTDATA, needs_libvips

SOURCES = ("edge/jpeg-420.jpg", "edge/jpeg-422.jpg", "edge/jpeg-440.jpg", "edge/jpeg-444.jpg", "edge/jpeg-411.jpg", "edge/jpeg-odd-size.jpg",
           "edge/jpeg-restart.jpg", "edge/gray.jpg", "edge/1x1.jpg", "photos/sea.jpg") + tuple("edge/orientation-%d.jpg" % i for i in range(1, 9))


def upright(source):
    return ImageOps.exif_transpose(Image.open(TESTDATA / source))


def made(directory, *options, form="png"):
    done = directory.run("-v", "-f", form, "-o", "out", *options, "i")
    assert done.status == 0 and "by libvips" not in done.err, done
    return {name: Image.open(directory / "out" / name) for name in directory.files("out")}


def samples(image, mode):
    return np.asarray(image.convert(mode), float)


def psnr(a, b):
    error = np.mean((a - b) ** 2)
    return 99 if error == 0 else 10 * np.log10(255**2 / error)


def test_at_its_own_size_a_picture_has_the_pixels_of_libjpeg(directory):
    for source in SOURCES:
        directory.copy(source, "i/" + source.replace("/", "-"))
    images = made(directory, "-s", "100%")
    assert len(images) == len(SOURCES)
    for source in SOURCES:
        expected = upright(source)
        assert np.array_equal(samples(images[source.replace("/", "-")[:-4] + ".png"], expected.mode), samples(expected, expected.mode)), source


@pytest.mark.parametrize("form, progressive, least", [("png", False, 35), ("png", True, 35), pytest.param("webp", True, 27, marks=needs_libvips)])
def test_at_other_sizes_it_is_close_to_what_others_make_of_it(directory, form, progressive, least):
    sources = [source for source in SOURCES if "1x1" not in source]
    for source in sources:
        name = "i/" + source.replace("/", "-")
        directory.copy(source, name)
        if progressive:
            image = Image.open(directory / name)
            image.save(directory / name, quality=95, progressive=True, exif=image.getexif())
    expected = {source: ImageOps.exif_transpose(Image.open(directory / ("i/" + source.replace("/", "-")))).convert("RGB") for source in sources}
    images = made(directory, "-s", "40%,15%", *(["-q", "95"] if form == "webp" else []), form=form)
    for source, whole in expected.items():
        for percent in (40, 15):
            image = images["%s-%d%%.%s" % (source.replace("/", "-")[:-4], percent, form)]
            reference = whole.resize(image.size, Image.LANCZOS)
            assert psnr(samples(image, "RGB"), samples(reference, "RGB")) > least, (source, percent)


@pytest.mark.parametrize("background", ["teal", "transparent"])
@pytest.mark.parametrize("source", ["edge/jpeg-420.jpg", "edge/orientation-6.jpg", "edge/jpeg-odd-size.jpg"])
def test_margins_are_of_the_very_colour(directory, source, background):
    directory.copy(source, "i/a.jpg")
    image = samples(made(directory, "-s", "91x47", "--fit", "pad", "--background", background)["a.png"], "RGBA")
    assert image.shape[:2] == (47, 91)
    colour = (0, 128, 128, 255) if background == "teal" else (0, 0, 0, 0)
    margin = np.all(image == colour, axis=2)
    assert margin[:, 0].all() and margin[:, -1].all() and not margin[23, 45]
    inside = image[:, ~margin.all(axis=0)]
    assert inside.shape[1] == int(upright(source).width * 47 / upright(source).height + 0.5)
    assert (inside[..., 3] == 255).all()


@needs_libvips
@pytest.mark.parametrize("options", [(), ("--metadata", "keep"), ("--profile", "keep")], ids=" ".join)
def test_webp_has_the_range_and_the_margins_that_it_should_have(directory, options):
    """Black, white and gray come back as they were: the planes of JPEG have other ends than those of WebP."""
    for value in (0, 128, 255):
        Image.new("RGB", (64, 48), (value, value, value)).save(directory / ("%d.jpg" % value), quality=95)
        Image.new("L", (65, 47), value).save(directory / ("gray-%d.jpg" % value), quality=95)
    (directory / "i").mkdir()
    for path in directory.path.glob("*.jpg"):
        path.rename(directory / "i" / path.name)
    images = made(directory, "-s", "40x41", "--fit", "pad", "--background", "white", "-q", "95", *options, form="webp")
    assert len(images) == 6
    for name, image in images.items():
        pixels = samples(image, "RGB")
        value = int(name[:-5].rpartition("-")[2])
        assert pixels.shape == (41, 40, 3)
        assert np.abs(pixels[14:27] - value).max() <= 1 and np.abs(pixels[:4] - 255).max() <= 1, name
