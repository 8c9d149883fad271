"""Charts, profiles, and the difference that is seen between colours, for the tests of colour."""

import io
import struct
import sys

import numpy as np
from PIL import Image, ImageCms

from conftest import TOP

sys.path.insert(0, str(TOP / "scripts" / "testdata"))
import formats  # noqa: E402
import icc  # noqa: E402

BLACK_POINT_COMPENSATION = 0x2000  # lcms2.h: cmsFLAGS_BLACKPOINTCOMPENSATION
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def chart(steps=9, cell=4, channels=3):
    """Every mixture of `steps` strengths of each channel, as cells of a square picture."""
    levels = np.linspace(0, 255, steps).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(*[levels] * channels, indexing="ij"), -1).reshape(-1, channels)
    side = int(np.ceil(np.sqrt(len(colours))))
    grid = np.zeros((side * side, channels), np.uint8)
    grid[:len(colours)] = colours
    return grid.reshape(side, side, channels).repeat(cell, 0).repeat(cell, 1)


def to_linear(encoded):
    encoded = np.asarray(encoded, float)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def to_encoded(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def lab(rgb):
    """CIELAB (D50) of sRGB from 0 to 255."""
    return icc.lab(to_linear(np.asarray(rgb, float) / 255))


def srgb_of_lab(values):
    """The inverse: sRGB from 0 to 255."""
    values = np.asarray(values, float)
    f = np.stack([values[..., 0] / 116 + 16 / 116 + values[..., 1] / 500, values[..., 0] / 116 + 16 / 116,
                  values[..., 0] / 116 + 16 / 116 - values[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f ** 3, (f - 4 / 29) * 3 * (6 / 29) ** 2) * icc.D50
    matrix = np.array([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    return to_encoded(xyz @ np.linalg.inv(matrix).T) * 255


def delta_e(a, b):
    """CIEDE2000 (Sharma, Wu, Dalal 2005) between two pictures of sRGB from 0 to 255."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(lab(a), -1, 0), np.moveaxis(lab(b), -1, 0)
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean ** 7 / (mean ** 7 + 25.0 ** 7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    turn = np.where(c1 * c2 == 0, 0, turn)
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    h = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    light, c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
         + 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63)))
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    rotation = (-2 * np.sqrt(c ** 7 / (c ** 7 + 25.0 ** 7))
                * np.sin(np.radians(60 * np.exp(-((h - 275) / 25) ** 2))))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, hue / sh
    return np.sqrt(np.maximum(dl ** 2 + dc ** 2 + dh ** 2 + rotation * dc * dh, 0))


def littlecms(image, profile, perceptual=False):
    """What littleCMS makes of a Pillow image with that profile, in sRGB."""
    intent = ImageCms.Intent.PERCEPTUAL if perceptual else ImageCms.Intent.RELATIVE_COLORIMETRIC
    return np.asarray(ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB,
                                                renderingIntent=intent, outputMode="RGB",
                                                flags=BLACK_POINT_COMPENSATION))


def curve_table(function, count):
    """A curve as a table of that many points."""
    values = np.rint(function(np.linspace(0, 1, count)) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", count) + values.tobytes()


def gray_profile(curve):
    return icc.profile(b"mntr", b"GRAY", b"XYZ ", 0x02400000, [
        (b"desc", icc.text_description("gray")), (b"cprt", b"text\0\0\0\0Public domain\0"),
        (b"wtpt", icc.xyz(icc.D50)), (b"kTRC", curve)])


def with_table(profile_space=b"RGB "):
    """A profile whose matrix says sRGB, and whose table, which goes first, swaps red and blue."""
    grid = 9
    levels = np.linspace(0, 1, grid)
    colours = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1)
    colour = icc.lab(to_linear(colours[..., ::-1]))
    encoded = np.stack([colour[..., 0] * 2.55, colour[..., 1] + 128, colour[..., 2] + 128], -1)
    table = np.clip(np.rint(encoded), 0, 255).astype(np.uint8)
    identity = bytes(range(256))
    a2b0 = (b"mft1\0\0\0\0" + struct.pack(">BBBx", 3, 3, grid) + icc.s15_fixed16((1, 0, 0, 0, 1, 0, 0, 0, 1))
            + identity * 3 + table.tobytes() + identity * 3)
    return icc.profile(b"mntr", profile_space, b"Lab ", 0x02400000, [
        (b"desc", icc.text_description("table")), (b"cprt", b"text\0\0\0\0Public domain\0"),
        (b"wtpt", icc.xyz(icc.D50)), (b"A2B0", a2b0)])


# ISO 12647-2:2004/Amd 1:2007, paper types 1 and 2 on white backing: CIELAB of what C, M and Y make upon each other,
# and of solid black.
COATED = {(0, 0, 0): (95, 0, -2), (1, 0, 0): (55, -37, -50), (0, 1, 0): (48, 74, -3), (0, 0, 1): (91, -5, 93),
          (0, 1, 1): (47, 68, 48), (1, 0, 1): (50, -65, 27), (1, 1, 0): (24, 22, -46), (1, 1, 1): (23, 0, 0)}
COATED_BLACK = (16, 0, 0)


def xyz_of_lab(values):
    values = np.asarray(values, float)
    y = (values[..., 0] + 16) / 116
    f = np.stack([y + values[..., 1] / 500, y, y - values[..., 2] / 200], -1)
    return np.where(f > 6 / 29, f ** 3, (f - 4 / 29) * 3 * (6 / 29) ** 2) * icc.D50


def coated(inks):
    """sRGB of inks from 0 to 255 by Neugebauer's equations: white paper, black point compensation to solid black."""
    c, m, y, k = np.moveaxis(np.asarray(inks, float) / 255, -1, 0)
    c, m, y, k = [v + 4 * gain * v * (1 - v) for v, gain in ((c, .14), (m, .14), (y, .14), (k, .17))]
    paper, black = xyz_of_lab(COATED[0, 0, 0]), (xyz_of_lab(COATED_BLACK) / xyz_of_lab(COATED[0, 0, 0]))[1]
    matrix = np.linalg.inv([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    light = 0
    for (with_c, with_m, with_y), colour in COATED.items():
        area = np.where(with_c, c, 1 - c) * np.where(with_m, m, 1 - m) * np.where(with_y, y, 1 - y)
        relative = (xyz_of_lab(colour) / paper - black) / (1 - black)
        light = light + (area * (1 - k))[..., None] * (matrix @ (relative * icc.D50))
    return to_encoded(light) * 255


# --- files ------------------------------------------------------------------------------------------


def encode(image, kind, **options):
    """A Pillow image as a file, without loss where the format can."""
    options = dict({"webp": {"lossless": True, "exact": True}, "jpeg": {"quality": 100, "subsampling": 0}}.get(kind, {}),
                   **options)
    stream = io.BytesIO()
    image.save(stream, kind.upper(), **options)
    return stream.getvalue()


def tiff_lab(values, kind):
    """An uncompressed TIFF of CIELAB: "8", "16" or "float"."""
    height, width = values.shape[:2]
    if kind == "8":
        data = np.stack([values[..., 0] * 2.55, values[..., 1], values[..., 2]], -1).round().astype(np.int16)
        data, bits, sample = (data & 255).astype(np.uint8).tobytes(), 8, 1
    elif kind == "16":
        data = np.stack([values[..., 0] * 655.35, values[..., 1] * 256, values[..., 2] * 256], -1).round()
        data, bits, sample = (data.astype(np.int32) & 65535).astype("<u2").tobytes(), 16, 1
    else:
        data, bits, sample = values.astype("<f4").tobytes(), 32, 3
    entries = [(256, 4, [width]), (257, 4, [height]), (258, 3, [bits] * 3), (259, 3, [1]), (262, 3, [8]), (273, 4, [0]),
               (277, 3, [3]), (278, 4, [height]), (279, 4, [len(data)]), (284, 3, [1]), (339, 3, [sample] * 3)]
    extra = 8 + 2 + 12 * len(entries) + 4
    table, more = struct.pack("<H", len(entries)), b""
    for tag, form, numbers in entries:
        packed = struct.pack("<%d%s" % (len(numbers), "H" if form == 3 else "I"), *numbers)
        if tag == 273:
            packed = struct.pack("<I", extra + 12)
        if len(packed) > 4:
            more, packed = more + packed, struct.pack("<I", extra + len(more))
        table += struct.pack("<HHI", tag, form, len(numbers)) + packed.ljust(4, b"\0")
    assert len(more) == 12
    return b"II*\0\x08\0\0\0" + table + bytes(4) + more + data


def tiff(values, extra=None, photometric=2, subsampling=None):
    """An uncompressed TIFF of integers of 8 or 16 bits; extra: what its last channel is; subsampling: of YCbCr."""
    height, width, channels = values.shape
    data, bits = values.astype(values.dtype.newbyteorder("<")).tobytes(), 8 * values.dtype.itemsize
    entries = [(256, 4, [width]), (257, 4, [height]), (258, 3, [bits] * channels), (259, 3, [1]), (262, 3, [photometric]),
               (273, 4, [0]), (277, 3, [channels]), (278, 4, [height]), (279, 4, [len(data)]), (284, 3, [1])]
    entries += [] if extra is None else [(338, 3, [extra])]
    entries += [] if subsampling is None else [(530, 3, subsampling)]
    more = struct.pack("<%dH" % channels, *[bits] * channels) if channels > 2 else b""
    at = 8 + 2 + 12 * len(entries) + 4
    table = struct.pack("<H", len(entries))
    for tag, form, numbers in entries:
        packed = struct.pack("<%d%s" % (len(numbers), "H" if form == 3 else "I"), *numbers)
        packed = struct.pack("<I", at) if len(packed) > 4 else packed
        packed = struct.pack("<I", at + len(more)) if tag == 273 else packed
        table += struct.pack("<HHI", tag, form, len(numbers)) + packed.ljust(4, b"\0")
    return b"II*\0\x08\0\0\0" + table + bytes(4) + more + data


def tiff_tag(data, wanted):
    """The first value of a tag of SHORT or LONG of a little-endian TIFF."""
    at = struct.unpack("<I", data[4:8])[0]
    for i in range(struct.unpack("<H", data[at:at + 2])[0]):
        tag, form, count, value = struct.unpack("<HHII", data[at + 2 + 12 * i:at + 14 + 12 * i])
        if tag == wanted:
            size = 2 if form == 3 else 4
            if count * size > 4:
                return int.from_bytes(data[value:value + size], "little")
            return value & 65535 if form == 3 else value
    return None


def chunks(png):
    """The chunks of a PNG: (kind, data) each."""
    found, at = [], 8
    while at < len(png):
        size = struct.unpack(">I", png[at:at + 4])[0]
        found.append((png[at + 4:at + 8], png[at + 8:at + 8 + size]))
        at += 12 + size
    return found


def profile_in(data):
    """The profile that a file carries, by Pillow (None: none)."""
    return Image.open(io.BytesIO(data)).info.get("icc_profile")


def boxed_profile(data):
    """The profile of an AVIF or HEIC (None: none)."""
    for kind in (b"colrprof", b"colrrICC"):
        at = data.find(kind)
        if at >= 0:
            return data[at + 8:at - 4 + struct.unpack(">I", data[at - 4:at])[0]]
    return None
