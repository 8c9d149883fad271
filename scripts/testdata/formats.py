"""Writers for what Pillow cannot write, or not so that every byte is ours: PNG, EXIF, JPEG markers."""

import struct
import zlib

import numpy as np

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
# Start and step, by column and row, of each pass of an interlaced PNG.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width, height, bits, colour, interlaced=False):
    return PNG_SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))


def png_rows(pixels, bits):
    """Rows of samples packed to `bits` each, with the filter that suits pictures and packed samples."""
    if pixels.shape[0] == 0 or pixels.shape[1] == 0:
        return b""
    height = pixels.shape[0]
    samples = pixels.reshape(height, -1)
    if bits == 16:
        rows = samples.astype(">u2").view(np.uint8).reshape(height, -1)
    elif bits == 8:
        rows = samples.astype(np.uint8)
    else:
        shifts = np.arange(bits - 1, -1, -1, dtype=np.uint8)
        rows = np.packbits(((samples[..., None] >> shifts) & 1).reshape(height, -1).astype(np.uint8), axis=1)
    if bits < 8:
        return b"".join(b"\0" + row.tobytes() for row in rows)
    # Filter "up": each byte less the one above.
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    return b"".join(b"\2" + row.tobytes() for row in rows - above)


def png(pixels, colour, bits=8, interlaced=False, before=(), after=()):
    """A PNG of an array (height, width[, channels]); chunks (kind, data) go before or after IDAT."""
    height, width = pixels.shape[:2]
    if interlaced:
        raw = b"".join(png_rows(pixels[y::dy, x::dx], bits) for x, y, dx, dy in ADAM7)
    else:
        raw = png_rows(pixels, bits)
    return (png_header(width, height, bits, colour, interlaced) + b"".join(chunk(*c) for c in before)
            + chunk(b"IDAT", zlib.compress(raw, 9)) + b"".join(chunk(*c) for c in after) + chunk(b"IEND", b""))


def iccp(profile):
    return b"iCCP", b"profile\0\0" + zlib.compress(profile, 9)


# --- EXIF ---------------------------------------------------------------------------------------

ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5


def ifd(entries, offset, following=0):
    """One directory at `offset` of a little-endian TIFF: its bytes with the values behind it."""
    table, values = b"", b""
    values_at = offset + 2 + 12 * len(entries) + 4
    for tag, kind, value in sorted(entries):
        if kind == ASCII:
            data, count = value.encode() + b"\0", len(value) + 1
        elif kind == RATIONAL:
            data, count = b"".join(struct.pack("<II", *pair) for pair in value), len(value)
        else:
            data, count = struct.pack("<H" if kind == SHORT else "<I", value), 1
        if len(data) > 4:
            table += struct.pack("<HHII", tag, kind, count, values_at + len(values))
            values += data + bytes(len(data) % 2)
        else:
            table += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
    return struct.pack("<H", len(entries)) + table + struct.pack("<I", following) + values


def exif(orientation=None, camera=False, size=None, thumbnail=None):
    """A TIFF of EXIF tags: orientation, what a camera writes (GPS too), a thumbnail in IFD1."""
    main, details, gps = [], [], []
    if orientation is not None:
        main.append((0x0112, SHORT, orientation))
    if camera:
        main += [(0x010F, ASCII, "Drawn"), (0x0110, ASCII, "By a script"), (0x0132, ASCII, "2020:01:01 12:00:00"),
                 (0x011A, RATIONAL, [(72, 1)]), (0x011B, RATIONAL, [(72, 1)]), (0x0128, SHORT, 2)]
        details = [(0x829A, RATIONAL, [(1, 250)]), (0x829D, RATIONAL, [(56, 10)]), (0x8827, SHORT, 200),
                   (0x9003, ASCII, "2020:01:01 12:00:00"), (0x920A, RATIONAL, [(35, 1)])]
        details += [(0xA002, LONG, size[0]), (0xA003, LONG, size[1])] if size else []
        gps = [(1, ASCII, "N"), (2, RATIONAL, [(52, 1), (31, 1), (12, 1)]),
               (3, ASCII, "E"), (4, RATIONAL, [(13, 1), (24, 1), (18, 1)])]
    # The directories' places depend on the sizes of those before them: lay out twice.
    details_at = gps_at = thumbnail_at = 0
    for _ in range(2):
        entries = main + ([(0x8769, LONG, details_at), (0x8825, LONG, gps_at)] if camera else [])
        body = ifd(entries, 8, thumbnail_at)
        if camera:
            details_at = 8 + len(body)
            body += ifd(details, details_at)
            gps_at = 8 + len(body)
            body += ifd(gps, gps_at)
        if thumbnail:
            thumbnail_at = 8 + len(body)
            directory = [(0x0103, SHORT, 6), (0x0201, LONG, 0), (0x0202, LONG, len(thumbnail))]
            data_at = thumbnail_at + len(ifd(directory, thumbnail_at))
            directory[1] = (0x0201, LONG, data_at)
            body += ifd(directory, thumbnail_at) + thumbnail
    return b"II*\0" + struct.pack("<I", 8) + body


# --- JPEG ---------------------------------------------------------------------------------------


def jpeg_segments(data):
    """(marker, start, end) of each segment, scans with the entropy-coded data behind them."""
    at = 2
    while at < len(data) and data[at + 1] != 0xD9:
        marker = data[at + 1]
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xDA:
            while not (data[end] == 0xFF and data[end + 1] not in (0, *range(0xD0, 0xD8))):
                end += 1
        yield marker, at, end
        at = end


def jpeg_patch_adobe(data, transform):
    """The same JPEG with another colour transform in its Adobe marker."""
    for marker, start, end in jpeg_segments(data):
        if marker == 0xEE:
            return data[:end - 1] + bytes([transform]) + data[end:]
    raise ValueError("no Adobe marker")
