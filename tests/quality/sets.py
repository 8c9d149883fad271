"""The sets of pictures that `make quality` measures: photographs as they are, what is made of them, and
charts. Each set is a folder, made once."""

import functools
import importlib.util
import io
import os
import shutil
import subprocess
from pathlib import Path

from PIL import Image, ImageCms

import charts

ROOT = Path(__file__).resolve().parent.parent.parent
# Photographs that are made into pictures with a profile, and into PNG.
PROFILED, CROPPED = 24, 16


def photographs():
    """Those of `make bench`."""
    folder = ROOT / "bench/photographs"
    subprocess.run([ROOT / "scripts/fetch-photographs", folder], check=True)
    return sorted(folder.iterdir())


def spread(things, count):
    """`count` of them, from everywhere in the list."""
    count = min(count, len(things))
    return [things[i * len(things) // count] for i in range(count)]


@functools.cache
def profile(name):
    """The ICC profile "display-p3" or "adobe-rgb", by the formulas that testdata/ has them from."""
    spec = importlib.util.spec_from_file_location("icc", ROOT / "scripts/testdata/icc.py")
    icc = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(icc)
    return {"display-p3": icc.display_p3, "adobe-rgb": icc.adobe_rgb}[name]()


def convert(picture, name):
    """sRGB to the named profile's colours, by littleCMS."""
    return ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"),
                                     ImageCms.ImageCmsProfile(io.BytesIO(profile(name))),
                                     ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB")


def with_coding(progressive):
    def make(folder):
        for path in photographs():
            with Image.open(path) as image:
                if bool(image.info.get("progression")) == progressive:
                    link(path, folder / path.name)
    return make


def link(path, to):
    try:
        os.link(path, to)
    except OSError:
        shutil.copyfile(path, to)


def make_profiled(folder):
    """Photographs in Display P3 and Adobe RGB. Every third is not converted but declared to be in Display
    P3: it shows colours that sRGB does not have."""
    for number, path in enumerate(spread(photographs(), PROFILED)):
        kind = ("display-p3", "adobe-rgb", "wide")[number % 3]
        name = "display-p3" if kind == "wide" else kind
        with Image.open(path) as image:
            picture = image.convert("RGB")
        if kind != "wide":
            picture = convert(picture, name)
        picture.save(folder / f"{kind}_{path.stem}.jpg", quality=95, subsampling=0, icc_profile=profile(name))


def is_large(path, width, height):
    with Image.open(path) as image:
        return image.width >= width and image.height >= height


def make_png(folder):
    """Windows of photographs, pixel for pixel, and the charts."""
    width, height = 1920, 1440
    for path in spread([path for path in photographs() if is_large(path, width, height)], CROPPED):
        with Image.open(path) as image:
            left, top = (image.width - width) // 2, (image.height - height) // 2
            image.convert("RGB").crop((left, top, left + width, top + height)).save(
                folder / f"{path.stem}.png", compress_level=1)
    for name in charts.CHARTS:
        charts.draw(name).save(folder / f"{name}.png", compress_level=1)


def make_charts(folder):
    for name in charts.CHARTS:
        picture = charts.draw(name)
        picture.save(folder / f"{name}-444.jpg", quality=95, subsampling=0)
        picture.save(folder / f"{name}-420.jpg", quality=95, subsampling=2)


SETS = {
    "baseline": (with_coding(False), "baseline JPEG photographs"),
    "progressive": (with_coding(True), "progressive JPEG photographs"),
    "profile": (make_profiled, "photographs in Display P3 and Adobe RGB"),
    "png": (make_png, "PNG: windows of photographs, and charts"),
    "charts": (make_charts, "charts as JPEG, 4:4:4 and 4:2:0"),
}


def pictures(name, folder, count=None):
    """The paths of a set, made below `folder` where it is missing; of them `count`, evenly spread."""
    target = folder / name
    if not target.is_dir():
        part = folder / (name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        SETS[name][0](part)
        part.rename(target)
    found = sorted(target.iterdir())
    return spread(found, count or len(found))


def is_photograph(path):
    return not any(path.stem.startswith(name) for name in charts.CHARTS)
