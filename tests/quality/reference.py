"""What a picture should look like, made the slow and plain way: all of it is decoded, turned upright,
converted to sRGB by littleCMS, and resampled once by Lanczos3 in floating point, on the values as they
are stored (sRGB, not linear light). Nothing is rounded afterwards; values are only clipped to 0..255.
"""

import io

import numpy as np
from PIL import Image, ImageCms, ImageOps

LOBES = 3
# Rows or columns that are computed at once: enough for the matrix product to pay, few enough that its
# band holds little but weights.
BLOCK = 8

SRGB = ImageCms.createProfile("sRGB")


def lanczos(x):
    return np.where(np.abs(x) < LOBES, np.sinc(x) * np.sinc(x / LOBES), 0)


def weights(size, out, begin, end):
    """The first sample that results begin..end of `out` need of `size`, and the matrix of their weights.

    Sample i lies at i + 0.5 of `size`. The filter is widened when shrinking; what of it lies beyond an
    edge is left out, and each row sums up to one."""
    scale = size / out
    width = max(scale, 1)
    centre = (np.arange(begin, end) + 0.5) * scale
    first = max(0, int(np.floor(centre[0] - LOBES * width)))
    last = min(size, int(np.ceil(centre[-1] + LOBES * width)) + 1)
    matrix = lanczos((np.arange(first, last) + 0.5 - centre[:, None]) / width)
    return first, (matrix / matrix.sum(axis=1, keepdims=True)).astype(np.float32)


def resample_rows(plane, out):
    """height x n to out x n."""
    done = np.empty((out, plane.shape[1]), np.float32)
    for begin in range(0, out, BLOCK):
        end = min(begin + BLOCK, out)
        first, matrix = weights(plane.shape[0], out, begin, end)
        done[begin:end] = matrix @ plane[first:first + matrix.shape[1]].astype(np.float32)
    return done


def resample(rgb, width, height):
    """An array of h x w x channels to height x width x channels of float32, unclipped."""
    rgb = np.asarray(rgb)
    rows, columns, channels = rgb.shape
    if rows != height:
        rgb = resample_rows(rgb.reshape(rows, columns * channels), height).reshape(height, columns, channels)
    if columns == width:
        return rgb.astype(np.float32)
    turned = np.ascontiguousarray(rgb.transpose(1, 2, 0)).reshape(columns, channels * height)
    return np.ascontiguousarray(resample_rows(turned, width).reshape(width, channels, height).transpose(2, 0, 1))


def to_srgb(image):
    """The picture as RGB, converted by littleCMS where it carries a profile."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image.convert("RGB")
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB,
                                     ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB")


def decode(path):
    """All of a picture as one should see it: an array of bytes, upright, sRGB."""
    with Image.open(path) as image:
        return np.asarray(to_srgb(ImageOps.exif_transpose(image)))


def reference(path, width, height):
    return np.clip(resample(decode(path), width, height), 0, 255)
