"""ICC profiles (version 2.4 and 4.3, ICC.1:2010) made from primaries or a model of inks.

Each function returns a profile's bytes, the same on every run.
"""

import struct

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

# CIE xy of red, green, blue and white: IEC 61966-2-1, SMPTE EG 432-1 with D65, Adobe RGB (1998).
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), (0.3127, 0.3290))


def s15_fixed16(values):
    return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)


def xyz(values):
    return b"XYZ \0\0\0\0" + s15_fixed16(values)


def text_description(text):
    ascii_text = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(ascii_text)) + ascii_text + bytes(8 + 3 + 67)


def multi_localized(text):
    utf16 = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(utf16), 28) + utf16


def gamma_curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def srgb_curve():
    """Parametric curve of type 3: the transfer function of IEC 61966-2-1."""
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + s15_fixed16(
        (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))


def profile(kind, space, pcs, version, tags):
    """Header, tag table, and the tags, each on a multiple of four bytes."""
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for signature, body in tags:
        table += struct.pack(">4sII", signature, start + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    header = struct.pack(">I4sI4s4s4s6H4s4sIIIQI", start + len(data), b"\0\0\0\0", version, kind, space,
                         pcs, 2020, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, 0, 0, 0, 0)
    header += s15_fixed16(D50)
    header += bytes(128 - len(header))
    return header + struct.pack(">I", len(tags)) + table + data


def rgb(name, primaries, curve):
    """A display profile of three primaries, adapted to D50 by Bradford's matrix."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = columns[:, 3]
    matrix = columns[:, :3] * np.linalg.solve(columns[:, :3], white)
    cones = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    adapted = np.linalg.inv(BRADFORD) @ cones @ BRADFORD @ matrix
    return profile(b"mntr", b"RGB ", b"XYZ ", 0x04300000, [
        (b"desc", multi_localized(name)), (b"cprt", multi_localized("Public domain")), (b"wtpt", xyz(D50)),
        (b"rXYZ", xyz(adapted[:, 0])), (b"gXYZ", xyz(adapted[:, 1])), (b"bXYZ", xyz(adapted[:, 2])),
        (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)])


def srgb():
    return rgb("sRGB", SRGB, srgb_curve())


def display_p3():
    return rgb("Display P3", DISPLAY_P3, srgb_curve())


def adobe_rgb():
    return rgb("Adobe RGB (1998)", ADOBE_RGB, gamma_curve(563 / 256))


def gray(gamma):
    return profile(b"mntr", b"GRAY", b"XYZ ", 0x02400000, [
        (b"desc", text_description("Gray gamma %g" % gamma)), (b"cprt", b"text\0\0\0\0Public domain\0"),
        (b"wtpt", xyz(D50)), (b"kTRC", gamma_curve(gamma))])


def lab(linear):
    """CIELAB (D50) of linear sRGB light."""
    to_xyz = np.array([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    t = (linear @ to_xyz.T) / D50
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def cmyk(grid=7):
    """A printer of four inks that are not quite pure, as a table from CMYK to CIELAB (lut8)."""
    inks = np.stack(np.meshgrid(*[np.linspace(0, 1, grid)] * 4, indexing="ij"), -1)
    # Linear light that a full layer of cyan, magenta, yellow and black lets back.
    layers = np.array([[0.02, 0.30, 0.85], [0.75, 0.02, 0.22], [0.95, 0.80, 0.03], [0.02, 0.02, 0.02]])
    # The area that an ink covers, with the gain a dot has on paper.
    area = inks + 0.18 * np.sin(np.pi * inks) * (1 - inks)
    light = np.prod(1 - area[..., :, None] * (1 - layers), axis=-2)
    colour = lab(light)
    encoded = np.stack([colour[..., 0] * 2.55, colour[..., 1] + 128, colour[..., 2] + 128], -1)
    table = np.clip(np.rint(encoded), 0, 255).astype(np.uint8)
    identity = bytes(range(256))
    a2b0 = (b"mft1\0\0\0\0" + struct.pack(">BBBx", 4, 3, grid) + s15_fixed16((1, 0, 0, 0, 1, 0, 0, 0, 1))
            + identity * 4 + table.tobytes() + identity * 3)
    return profile(b"prtr", b"CMYK", b"Lab ", 0x02400000, [
        (b"desc", text_description("Four inks")), (b"cprt", b"text\0\0\0\0Public domain\0"), (b"wtpt", xyz(D50)),
        (b"A2B0", a2b0)])
