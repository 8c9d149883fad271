"""Looks at outputs, so that nobody wins by doing less."""
import math
import os
import sys

import numpy
from PIL import Image, ImageOps

# Pictures whose outputs are compared with a reference; all are counted and measured by their sides.
COMPARED = 12


def wanted_sides(width, height, box):
    across, down = map(int, box.split("x"))
    factor = min(1, across / width, down / height)
    return width * factor, height * factor


def luma_psnr(source, output):
    """Against Lanczos3 of the whole picture in floating point, in decibels."""
    with Image.open(source) as picture:
        luma = ImageOps.exif_transpose(picture).convert("RGB").convert("L").convert("F")
    with Image.open(output) as made:
        got = numpy.asarray(made.convert("RGB").convert("L"), dtype=numpy.float64)
        reference = numpy.asarray(luma.resize(made.size, Image.LANCZOS), dtype=numpy.float64)
    error = ((got - reference) ** 2).mean()
    return 99.0 if error == 0 else 10 * math.log10(255 ** 2 / error)


def has_profile(path):
    with Image.open(path) as picture:
        return "icc_profile" in picture.info


def outputs(contender, job, folder):
    """Every source has its outputs, each as large as its box lets it be and no larger (of a rival,
    those that are not are counted: ImageMagick's hint to the JPEG decoder enlarges, for one). Returns
    bytes in all and the mean PSNR of luma of some of them."""
    names = sorted(os.listdir(job.source))
    plain = [name for name in names if not has_profile(job.source / name)]
    compared = set(plain[:: max(1, len(plain) // COMPARED)])
    total, odd, psnr = 0, 0, []
    for name in names:
        with Image.open(job.source / name) as picture:
            width, height = ImageOps.exif_transpose(picture).size if picture.getexif() else picture.size
        for box, made in job.outputs(name).items():
            across, down = wanted_sides(width, height, box)
            path = folder / made
            if not path.exists():
                # sizes that would be the same are left out by some
                if len(job.sizes) > 1 and across == width:
                    continue
                sys.exit(f"bench: {contender.name} made no {made}")
            with Image.open(path) as picture:
                got = picture.size
            total += path.stat().st_size
            if abs(got[0] - across) > 1 or abs(got[1] - down) > 1:
                if contender.ours:
                    sys.exit(f"bench: {contender.name} made {made} {got[0]}x{got[1]} of {width}x{height}")
                odd += 1
            elif name in compared:
                psnr.append(luma_psnr(job.source / name, path))
    return {"bytes": total, "odd": odd, "psnr": sum(psnr) / len(psnr) if psnr else None}
