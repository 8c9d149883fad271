"""How far one picture is from another: PSNR and SSIM of luma, CIEDE2000 of colour.

Pictures are arrays of height x width x 3, sRGB values from 0 to 255, integers or floats.
"""

import numpy as np

# Of IEC 61966-2-1: linear light of R, G, B to XYZ, relative to the white D65.
RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
# ITU-R BT.601, over the full range as JFIF has it.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Degrees between opposite hues, which rounding must not take for more.
OPPOSITE = 180 + 1e-6
# What equal pictures get instead of infinity, so that means stay numbers.
PSNR_MAX = 99.0


def luma(rgb):
    return np.asarray(rgb, np.float32) @ LUMA


def psnr(a, b):
    """Decibels between two planes of 0..255."""
    error = float(np.mean(np.square(np.asarray(a, np.float64) - b)))
    return PSNR_MAX if error == 0 else min(PSNR_MAX, 10 * np.log10(255 ** 2 / error))


def gaussian(plane, taps):
    """Both ways, where the window lies wholly inside."""
    reach = len(taps)
    across = plane.shape[1] - reach + 1
    plane = sum(tap * plane[:, i:i + across] for i, tap in enumerate(taps))
    down = plane.shape[0] - reach + 1
    return sum(tap * plane[i:i + down] for i, tap in enumerate(taps))


def ssim(a, b):
    """The mean index of Wang, Bovik, Sheikh and Simoncelli (2004) over two planes of 0..255: a Gaussian
    window of 11x11 with a sigma of 1.5, K1 0.01, K2 0.03. Smaller pictures get a smaller window."""
    reach = min(11, *a.shape)
    taps = np.exp(-np.square(np.arange(reach) - (reach - 1) / 2) / (2 * 1.5 ** 2))
    taps = (taps / taps.sum()).astype(np.float32)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    # Variances do not change when mid gray is taken away, and lose fewer digits.
    a, b = np.asarray(a, np.float32) - 128, np.asarray(b, np.float32) - 128
    mean_a, mean_b = gaussian(a, taps), gaussian(b, taps)
    variance = gaussian(a * a, taps) - mean_a ** 2 + gaussian(b * b, taps) - mean_b ** 2
    covariance = gaussian(a * b, taps) - mean_a * mean_b
    mean_a, mean_b = mean_a + 128, mean_b + 128
    index = (2 * mean_a * mean_b + c1) * (2 * covariance + c2) / (
        (mean_a ** 2 + mean_b ** 2 + c1) * (variance + c2))
    return float(np.mean(index, dtype=np.float64))


def linear(rgb):
    """sRGB values of 0..255 to light of 0..1."""
    value = np.asarray(rgb, np.float32) / np.float32(255)
    return np.where(value <= 0.04045, value / np.float32(12.92),
                    ((value + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4))


LINEAR_BYTE = linear(np.arange(256))


def lab(rgb):
    """CIELAB relative to D65."""
    rgb = np.asarray(rgb)
    light = LINEAR_BYTE[rgb] if rgb.dtype == np.uint8 else linear(rgb)
    t = light @ (RGB_TO_XYZ / RGB_TO_XYZ.sum(axis=1, keepdims=True)).T.astype(np.float32)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * np.float32((29 / 6) ** 2 / 3) + np.float32(4 / 29))
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def hue(b, a):
    """Degrees, 0 to 360; 0 for a gray."""
    return np.degrees(np.arctan2(b, a)) % 360


def ciede2000(lab1, lab2):
    """The colour difference CIEDE2000, step by step as Sharma, Wu and Dalal (2005) number it."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(lab1, -1, 0), np.moveaxis(lab2, -1, 0)
    # 1: a stretched near gray, then chroma and hue.
    chroma7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma7 / (chroma7 + 25 ** 7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = hue(b1, a1), hue(b2, a2)
    # 2: differences.
    gray = c1 * c2 == 0
    turn = h2 - h1
    turn = np.where(turn > OPPOSITE, turn - 360, np.where(turn < -OPPOSITE, turn + 360, turn))
    turn = np.where(gray, 0, turn)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    # 3: means, weights, the sum.
    l, c = (l1 + l2) / 2, (c1 + c2) / 2
    apart, total = np.abs(h1 - h2), h1 + h2
    h = np.where(apart <= OPPOSITE, total / 2, np.where(total < 360, total / 2 + 180, total / 2 - 180))
    h = np.where(gray, total, h)
    t = (1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
         + 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63)))
    theta = np.radians(60 * np.exp(-np.square((h - 275) / 25)))
    chroma7 = c ** 7
    from_middle = np.square(l - 50)
    sl = 1 + 0.015 * from_middle / np.sqrt(20 + from_middle)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    rotation = -2 * np.sqrt(chroma7 / (chroma7 + 25 ** 7)) * np.sin(theta)
    dl, dc, dh = dl / sl, dc / sc, dh / sh
    return np.sqrt(np.maximum(dl * dl + dc * dc + dh * dh + rotation * dc * dh, 0))


class Yardstick:
    """A reference that several pictures are measured against."""

    def __init__(self, reference):
        self.luma = luma(reference)
        self.lab = lab(reference)

    def measure(self, rgb):
        light = luma(rgb)
        difference = ciede2000(self.lab, lab(rgb))
        return {"psnr": psnr(self.luma, light), "ssim": ssim(self.luma, light),
                "de_mean": float(np.mean(difference, dtype=np.float64)),
                "de_p95": float(np.percentile(difference, 95))}
