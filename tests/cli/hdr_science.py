"""BT.2100, BT.2390 and BT.2408 once more, and files that tell their colours by numbers, for the tests of HDR."""

import struct

import numpy as np

from colour_science import formats, icc, to_encoded

# ITU-T H.273, table 2: CIE xy of red, green, blue and white.
D65, C = (0.3127, 0.3290), (0.310, 0.316)
PRIMARIES = {
    1: icc.SRGB, 4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), C), 5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65), 7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), C), 9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)), 12: icc.DISPLAY_P3,
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65)}
PQ, HLG = 16, 18
WHITE = 203  # BT.2408


def pq_value(light):
    y = (np.asarray(light, float) / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def pq_light(value):
    root = np.asarray(value, float) ** (1 / 78.84375)
    return 10000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)


def hlg_value(scene):
    scene = np.asarray(scene, float)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def hlg_scene(value):
    value = np.asarray(value, float)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(value <= 0.5, value ** 2 / 3, (np.exp((value - c) / a) + b) / 12)


def to_xyz(space):
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in space]).T
    return columns[:, :3] * np.linalg.solve(columns[:, :3], columns[:, 3])


def light(values, transfer, primaries=9):
    """cd/m2 on the display of RGB from 0 to 1."""
    if transfer == PQ:
        return pq_light(values)
    scene = hlg_scene(values)
    bright = scene @ to_xyz(PRIMARIES[primaries])[1]
    return 1000 * scene * np.maximum(bright, 1e-12)[..., None] ** 0.2


def knee(nits, peak):
    """The EETF of BT.2390 from a peak to WHITE."""
    source = pq_value(peak)
    top, e = pq_value(WHITE) / source, pq_value(nits) / source
    if top >= 1:
        return nits
    start = 1.5 * top - 0.5
    t = np.clip((e - start) / (1 - start), 0, 1)
    curve = ((2 * t ** 3 - 3 * t ** 2 + 1) * start + (t ** 3 - 2 * t ** 2 + t) * (1 - start)
             + (-2 * t ** 3 + 3 * t ** 2) * top)
    return pq_light(np.where(e < start, e, curve) * source)


def tone_mapped(values, transfer, primaries=9):
    """sRGB from 0 to 255 of RGB values from 0 to 1: by the brightest of all pixels, of 1000 cd/m2 at most."""
    nits = light(values, transfer, primaries)
    bright = nits.max(-1)
    peak = np.clip(bright.max(), WHITE, 1000)
    gain = knee(np.minimum(bright, peak), peak) / np.maximum(bright, 1e-9)
    matrix = np.linalg.solve(to_xyz(icc.SRGB), to_xyz(PRIMARIES[primaries]))
    return to_encoded((nits * gain[..., None] / WHITE) @ matrix.T) * 255


# --- files ------------------------------------------------------------------------------------------


def cicp(primaries, transfer, matrix=0, full=1):
    return b"cICP", bytes([primaries, transfer, matrix, full])


def deep(values):
    """Values from 0 to 1 in 16 bits."""
    return np.rint(np.asarray(values) * 65535).astype(np.uint16)


def png16(values, *before):
    return formats.png(deep(values), formats.RGB, bits=16, before=before)


def with_nclx(data, primaries, transfer, matrix=None):
    """An AVIF that has an nclx box, with other numbers in it."""
    at = data.index(b"colrnclx") + 8
    matrix = data[at + 4:at + 6] if matrix is None else struct.pack(">H", matrix)
    return data[:at] + struct.pack(">HH", primaries, transfer) + matrix + data[at + 6:]


def with_coded_numbers(data, primaries, transfer, matrix=6):
    """An AVIF or HEIC whose header of AV1 or HEVC says 2, 2, 6, with other numbers there."""
    begin = data.index(b"hvcC") if b"hvcC" in data else data.index(b"\x12\0\x0a", data.index(b"mdat"))
    bits = "".join(format(byte, "08b") for byte in data[begin:begin + 200])
    at = bits.index("1" + "".join(format(number, "08b") for number in (2, 2, 6))) + 1
    bits = bits[:at] + "".join(format(number, "08b") for number in (primaries, transfer, matrix)) + bits[at + 24:]
    return data[:begin] + bytes(int(bits[k:k + 8], 2) for k in range(0, len(bits), 8)) + data[begin + 200:]


def without_nclx(data):
    """The box is still there, under a name that nobody knows."""
    return data.replace(b"colrnclx", b"skipnclx")


class Bits:
    """Bits from the lowest of each byte, as a JPEG XL has them."""

    def __init__(self, data=b""):
        self.bits = [byte >> i & 1 for byte in data for i in range(8)]
        self.at = 0

    def take(self, count):
        self.at += count
        return sum(bit << i for i, bit in enumerate(self.bits[self.at - count:self.at]))

    def take_u32(self, *ways):
        base, count = ways[self.take(2)]
        return base + self.take(count)

    def put(self, value, count):
        self.bits += [value >> i & 1 for i in range(count)]

    def put_enum(self, value):
        if value < 2:
            self.put(value, 2)
        else:
            self.put(2 if value < 18 else 3, 2)
            self.put(value - (2 if value < 18 else 18), 4 if value < 18 else 6)

    def to_bytes(self):
        bits = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(sum(bit << i for i, bit in enumerate(bits[k:k + 8])) for k in range(0, len(bits), 8))


def jxl_with_codes(data, primaries, transfer):
    """A JPEG XL without loss, of RGB of the default kind, with other numbers for its colours."""
    if data[:2] != b"\xff\x0a":
        at = data.index(b"jxlc")
        data = data[at + 4:at - 4 + struct.unpack(">I", data[at - 4:at])[0]]
    bits = Bits(data)
    bits.take(16)
    small = bits.take(1)
    for side in range(2):  # the second is the width, for which there may be a ratio instead
        if side and bits.take(3):
            break
        if small:
            bits.take(5)
        else:
            bits.take_u32((1, 9), (1, 13), (1, 18), (1, 30))
    assert bits.take(2) == 0, "neither all by default nor more fields"
    assert bits.take(1) == 0, "integers"
    bits.take_u32((8, 0), (10, 0), (12, 0), (1, 6))
    bits.take(1)
    assert bits.take_u32((0, 0), (1, 0), (2, 4), (1, 12)) == 0, "no alpha"
    assert bits.take(1) == 0, "not XYB"
    made = Bits()
    made.bits = bits.bits[:bits.at]
    if not bits.take(1):
        assert bits.take(1) == 0, "no profile"
        enum = ((0, 0), (1, 0), (2, 4), (18, 6))
        assert [bits.take_u32(*enum) for _ in range(3)] == [0, 1, 1], "RGB, D65, sRGB"
        assert bits.take(1) == 0
        bits.take_u32(*enum)
        bits.take_u32(*enum)
    assert bits.take(3) == 4, "no extensions, the usual transform"
    frames = data[(bits.at + 7) // 8:]
    for value, count in ((0, 1), (0, 1), (0, 2), (1, 2)):
        made.put(value, count)
    made.put_enum(primaries)
    made.put(0, 1)
    made.put_enum(transfer)
    made.put_enum(1)
    made.put(4, 3)
    return made.to_bytes() + frames


def box(kind, content):
    return struct.pack(">I", 8 + len(content)) + kind + content


def mpf(*sizes):
    """An APP2 segment that says that pictures of those sizes follow (CIPA DC-007): enough for those who look for one."""
    entries = b"".join(struct.pack(">IIIHH", 0, size, 0, 0, 0) for size in sizes)
    body = (b"MPF\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHII", 0xb002, 7, len(entries), 26) + bytes(4) + entries)
    return b"\xff\xe2" + struct.pack(">H", 2 + len(body)) + body


def app(number, content):
    return bytes([0xff, 0xe0 + number]) + struct.pack(">H", 2 + len(content)) + content
