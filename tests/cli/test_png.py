"""PNG: every kind of source gives the right pixels, and the output is of the kind that takes least."""

import io
import struct
import zlib

import numpy
import pytest
from PIL import Image

from conftest import TESTDATA, every_mode, needs_libvips

MARK = 32  # bytes of the chunk that says who made an output
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, kind, rows, *chunks, interlaced=0):
    """A file of rows of packed samples, without filters."""
    return (SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)) +
            b"".join(chunks) + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b""))


def packed(numbers, depth):
    """Rows of numbers as bytes, `depth` bits each."""
    bits = (numbers[..., None] >> numpy.arange(depth)[::-1]) & 1
    return [numpy.packbits(row.reshape(-1)).tobytes() for row in bits.astype(numpy.uint8)]


def parse(data):
    """Depth, colour type, and what chunks there are; every checksum must be right."""
    assert data[:8] == SIGNATURE
    at, chunks = 8, []
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(data[at + 4:at + 8 + length])
        chunks.append((kind, data[at + 8:at + 8 + length]))
        at += 12 + length
    header = struct.unpack(">IIBBBBB", chunks[0][1])
    assert [kind for kind, _ in chunks][0] == b"IHDR" and chunks[-1] == (b"IEND", b"")
    return header[2], header[3], dict(chunks)


def rgba(data):
    """RGBA in 0..1, whatever the depth: Pillow's 16-bit colour is read as 8."""
    image = Image.open(io.BytesIO(data) if isinstance(data, bytes) else data)
    if image.mode == "I":
        value = numpy.asarray(image).astype(float)[..., None] / 65535
        return numpy.concatenate([value, value, value, numpy.ones_like(value)], -1)
    return numpy.asarray(image.convert("RGBA")).astype(float) / 255


def premultiplied(pixels):
    return numpy.concatenate([pixels[..., :3] * pixels[..., 3:], pixels[..., 3:]], -1)


def ramp(width, height, top):
    y, x = numpy.mgrid[0:height, 0:width]
    return (x * (top + 1) // width + y * 3 // height) % (top + 1)


def palette(count):
    return bytes(numpy.random.default_rng(count).integers(0, 256, 3 * count, numpy.uint8))


# What Pillow does not see rightly: it compares keys of any depth with samples of 8 bits.
SEEN = {}


def seen(name):
    return SEEN[name] if name in SEEN else rgba(SOURCES[name])


def sources():
    """Name -> file, of every kind there is, 96x64."""
    made = {}
    for depth in (1, 2, 4, 8):
        numbers = ramp(96, 64, 2 ** depth - 1)
        made["gray-%d" % depth] = png(96, 64, depth, 0, packed(numbers, depth))
        SEEN["gray-key-%d" % depth] = numpy.stack([numbers / (2 ** depth - 1)] * 3 + [numbers != 1], -1).astype(float)
        made["gray-key-%d" % depth] = png(96, 64, depth, 0, packed(numbers, depth), chunk(b"tRNS", struct.pack(">H", 1)))
        colours = chunk(b"PLTE", palette(2 ** depth))
        made["palette-%d" % depth] = png(96, 64, depth, 3, packed(numbers, depth), colours)
        made["palette-alpha-%d" % depth] = png(96, 64, depth, 3, packed(numbers, depth), colours,
                                               chunk(b"tRNS", bytes([0, 100])))
    y, x = numpy.mgrid[0:64, 0:96]
    wide = numpy.stack([x * 682, y * 1023, (x + y) * 400], -1).astype(">u2")
    made["rgb-16"] = png(96, 64, 16, 2, [row.tobytes() for row in wide])
    made["gray-16"] = png(96, 64, 16, 0, [row.tobytes() for row in wide[..., 0]])
    made["rgb-16-key"] = png(96, 64, 16, 2, [row.tobytes() for row in wide],
                             chunk(b"tRNS", struct.pack(">HHH", *wide[10, 10])))
    byte = (wide >> 8).astype(numpy.uint8)
    SEEN["rgb-16-key"] = numpy.concatenate([byte / 255, (wide != wide[10, 10]).any(-1)[..., None]], -1)
    made["rgb-8"] = png(96, 64, 8, 2, [row.tobytes() for row in byte])
    made["rgb-key"] = png(96, 64, 8, 2, [row.tobytes() for row in byte // 64 * 64],
                          chunk(b"tRNS", struct.pack(">HHH", 0, 64, 0)))
    made["gray-alpha"] = png(96, 64, 8, 4, [row.tobytes() for row in byte[..., :2].copy()])
    made["gray-alpha-16"] = png(96, 64, 16, 4, [row.tobytes() for row in wide[..., :2].copy()])
    made["rgb-alpha"] = png(96, 64, 8, 6, [row.tobytes() for row in
                                           numpy.concatenate([byte, 255 - byte[..., :1]], -1).copy()])
    made["rgb-alpha-16"] = png(96, 64, 16, 6, [row.tobytes() for row in
                                               numpy.concatenate([wide, wide[..., :1]], -1).astype(">u2").copy()])
    return made


SOURCES = sources()


@every_mode
def test_every_kind_keeps_its_pixels(directory, mode):
    """At the same size not a bit may change, and no file grows by more than a few percent."""
    (directory / "in").mkdir()
    for name, data in SOURCES.items():
        (directory / "in" / (name + ".png")).write_bytes(data)
    for path in ("interlaced", "rgb-16", "alpha-16", "gray-alpha", "rgb-trns", "palette-trns", "text"):
        directory.copy("edge/%s.png" % path, "in/edge-%s.png" % path)
    done = directory.run("-s", "100%", "-o", "out", "in", mode=mode)
    assert done.status == 0, done
    for path in sorted((directory / "in").iterdir()):
        result = (directory / "out" / path.name).read_bytes()
        parse(result)
        before = seen(path.stem) if path.stem in SOURCES else rgba(path)
        # what is fully transparent has no colour
        assert numpy.abs(premultiplied(rgba(result)) - premultiplied(before)).max() < 1e-9, path.name
        assert len(result) <= path.stat().st_size * 1.05 + 16 + MARK or "key" in path.name, (path.name, len(result), path.stat().st_size)


@every_mode
def test_every_kind_is_resized_rightly(directory, mode):
    (directory / "in").mkdir()
    for name, data in SOURCES.items():
        (directory / "in" / (name + ".png")).write_bytes(data)
    assert directory.run("-s", "50%", "-o", "out", "in", mode=mode).status == 0
    for name in SOURCES:
        bands = [Image.fromarray(band.astype(numpy.float32)).resize((48, 32), Image.LANCZOS)
                 for band in numpy.moveaxis(premultiplied(seen(name)), -1, 0)]
        wanted = numpy.clip(numpy.stack([numpy.asarray(band) for band in bands], -1), 0, 1)
        off = numpy.abs(premultiplied(rgba((directory / "out" / (name + ".png")).read_bytes())) - wanted)
        # clipping between the two passes, and colours over 1 where alpha is small
        assert off.mean() < 0.01, (name, off.mean())


KINDS = {  # source -> depth and colour type at the same size
    "gray-1": (1, 0), "gray-2": (2, 0), "gray-4": (4, 0), "gray-8": (8, 0),
    "palette-1": (1, 3), "palette-2": (2, 3), "palette-4": (4, 3), "palette-8": (8, 3),
    "palette-alpha-1": (1, 3), "palette-alpha-2": (2, 3), "palette-alpha-4": (4, 3), "palette-alpha-8": (8, 3),
    "rgb-16": (16, 2), "gray-16": (16, 0), "rgb-alpha-16": (16, 6), "gray-alpha-16": (16, 4),
}


@pytest.mark.parametrize("effort", ["1", "6", "10"])
def test_kinds_stay_what_they_were(directory, effort):
    (directory / "in").mkdir()
    for name in KINDS:
        (directory / "in" / (name + ".png")).write_bytes(SOURCES[name])
    assert directory.run("--png-effort", effort, "-s", "100%", "-o", "out", "in").status == 0
    for name, kind in KINDS.items():
        assert parse((directory / "out" / (name + ".png")).read_bytes())[:2] == kind, name


def save(directory, name, pixels, **options):
    path = directory / name
    Image.fromarray(pixels).save(path, **options)
    return path


def blocks(colours, side=40):
    """A square of blocks, one of each colour."""
    count = int(numpy.ceil(numpy.sqrt(len(colours))))
    pixels = numpy.zeros((count * side, count * side, len(colours[0])), numpy.uint8)
    for i in range(count * count):
        y, x = divmod(i, count)
        pixels[y * side:(y + 1) * side, x * side:(x + 1) * side] = colours[min(i, len(colours) - 1)]
    return pixels


@pytest.mark.parametrize("count, depth", [(2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)])
@pytest.mark.parametrize("alpha", [False, True])
def test_few_colours_take_the_fewest_bits(directory, count, depth, alpha):
    colours = [(10 * i % 256, 255 - i, i // 2) for i in range(count)]
    if alpha:
        colours = [colour + (255 - i % 200,) for i, colour in enumerate(colours)]
    save(directory, "a.png", blocks(colours))
    assert directory.run("-s", "100%", "-o", "out", "a.png").status == 0
    result = (directory / "out/a.png").read_bytes()
    found, kind, chunks = parse(result)
    assert numpy.array_equal(rgba(result), rgba(directory / "a.png"))
    if count == 256 and kind == 2:
        return  # filters make less of these steps than the palette itself takes
    assert (found, kind) == (depth, 3)
    assert len(chunks[b"PLTE"]) == 3 * count and (b"tRNS" in chunks) == alpha


def test_257_colours_do_not_fit(directory):
    save(directory, "a.png", blocks([(i % 256, i // 256, 7) for i in range(257)]))
    assert directory.run("-s", "100%", "-o", "out", "a.png").status == 0
    assert parse((directory / "out/a.png").read_bytes())[:2] == (8, 2)


def test_an_opaque_alpha_is_dropped(directory):
    y, x = numpy.mgrid[0:90, 0:120]
    pixels = numpy.stack([x, y, x + y, numpy.full_like(x, 255)], -1).astype(numpy.uint8)
    save(directory, "a.png", pixels)
    deep = numpy.concatenate([pixels[..., :3].astype(">u2") * 256 + 1, numpy.full((90, 120, 1), 65535, ">u2")], -1)
    (directory / "b.png").write_bytes(png(120, 90, 16, 6, [row.tobytes() for row in deep.astype(">u2")]))
    (directory / "c.png").write_bytes(png(120, 90, 16, 4, [row.tobytes() for row in deep[..., 2:].astype(">u2")]))
    assert directory.run("-s", "60", "-o", "out", "a.png", "b.png", "c.png").status == 0
    assert parse((directory / "out/a.png").read_bytes())[:2] == (8, 2)
    assert parse((directory / "out/b.png").read_bytes())[:2] == (16, 2)
    assert parse((directory / "out/c.png").read_bytes())[:2] == (16, 0)


def test_gray_is_only_for_what_was_gray(directory):
    level = numpy.random.default_rng(3).integers(0, 256, (64, 64, 1), numpy.uint8)
    save(directory, "rgb.png", numpy.repeat(level, 3, -1))
    Image.fromarray(level[..., 0]).convert("P").save(directory / "palette.png")
    assert directory.run("-s", "100%", "-o", "out", "rgb.png", "palette.png").status == 0
    assert parse((directory / "out/rgb.png").read_bytes())[1] in (2, 3)
    assert parse((directory / "out/palette.png").read_bytes())[:2] == (8, 0)


@needs_libvips  # finds the palette
def test_a_line_drawing_from_a_palette_stays_small(directory):
    """Resized, it has more than 256 colours; the palette that is found for it cannot be told from it."""
    size = 1200
    y, x = numpy.mgrid[0:size, 0:size]
    numbers = ((x + 2 * y) // 97 % 12 + 1) * ((x - 300) ** 2 + (y - 500) ** 2 > 200 ** 2)
    image = Image.fromarray(numbers.astype(numpy.uint8), "P")
    image.putpalette(palette(13))
    image.save(directory / "a.png", optimize=True)
    done = directory.run("-s", "500", "-o", "out", "a.png")
    assert done.status == 0, done
    result = (directory / "out/a.png").read_bytes()
    wanted = numpy.asarray(image.convert("RGB").resize((500, 500), Image.LANCZOS)).astype(int)
    assert parse(result)[:2] == (8, 3)
    off = numpy.abs(rgba(result)[..., :3] * 255 - wanted)
    assert off.mean() < 1 and numpy.quantile(off, 0.999) < 16


def test_what_cannot_be_had_in_a_palette_gets_all_its_colours(directory):
    """However large the file is then."""
    y, x = numpy.mgrid[0:300, 0:400]
    hues = numpy.stack([x * 255 // 400, y * 255 // 300, (x * 7 + y * 13) % 256], -1).astype(numpy.uint8)
    Image.fromarray(hues).quantize(256).save(directory / "a.png")
    done = directory.run("-s", "390", "-o", "out", "a.png")
    assert done.status == 0 and parse((directory / "out/a.png").read_bytes())[:2] == (8, 2), done
    assert (directory / "out/a.png").stat().st_size > (directory / "a.png").stat().st_size
    assert "grew" in done.report[0]["notes"]


@pytest.mark.parametrize("options", [(), ("--png-effort", "1"), ("--metadata", "keep"), ("--profile", "keep"),
                                     ("--filter", "nearest"), ("--fail-on", "none"), ("--png-effort", "8")])
def test_one_size_has_the_bytes_it_has_among_others(directory, options):
    """A PNG that becomes one PNG goes a shorter way than one that becomes two."""
    (directory / "in").mkdir()
    for name, data in SOURCES.items():
        (directory / "in" / (name + ".png")).write_bytes(data)
    for path in sorted((TESTDATA / "edge").glob("*.png")) + sorted((TESTDATA / "photos").glob("*.png")):
        directory.copy(path.relative_to(TESTDATA), "in/" + path.name)
    for size, other in (("77x41", "30x20"), ("60", "x10")):
        one = directory.run("-s", size, "-o", "one", "--name", "{stem}.{ext}", "in", *options)
        two = directory.run("-s", size + "," + other, "-o", "two", "--name", "{stem}-{size}.{ext}", "in", *options)
        assert one.status == two.status == 0, (one, two)
        for path in sorted((directory / "one").iterdir()):
            twin = directory / "two" / ("%s-%s.png" % (path.stem, size))
            assert not twin.exists() or path.read_bytes() == twin.read_bytes(), path.name
        assert len(list((directory / "two").glob("*-%s.png" % size))) > 30


@every_mode
def test_what_stays_as_it_is_does_not_grow(directory, mode):
    """However much time its encoder took: its data is used again, without what surrounds it."""
    Image.open(TESTDATA / "photos/flower.jpg").resize((300, 200)).save(directory / "photo.png")
    shades = (numpy.arange(120 * 100).reshape(100, 120) * 7 % 251).astype(numpy.uint8)
    Image.fromarray(shades).convert("P").save(directory / "palette.png", transparency=3)
    assert directory.run("--png-effort", "10", "-o", "best", "photo.png", "palette.png").status == 0
    best = {name: (directory / "best" / name).read_bytes() for name in ("photo.png", "palette.png")}
    for name, data in best.items():
        (directory / "best" / name).write_bytes(data[:33] + chunk(b"tEXt", b"Comment\0private") + data[33:])
    done = directory.run("--png-effort", "1", "-o", "out", "best", mode=mode)
    assert done.status == 0, done
    for name, data in best.items():
        result = (directory / "out" / name).read_bytes()
        assert len(result) <= len(data) and parse(result)[2][b"tEXt"] == b"Software\0batchresize"
        assert numpy.array_equal(rgba(result), rgba(data))
    done = directory.run("--png-effort", "1", "-o", "other", "-s", "299", "best", mode=mode)
    assert done.status == 0 and Image.open(directory / "other/photo.png").size == (299, 199), done


def test_effort_makes_it_smaller_and_changes_nothing(directory):
    directory.copy("photos/chart.png", "a.png")
    Image.open(TESTDATA / "photos/flower.jpg").save(directory / "b.png")
    sizes = {}
    for effort in ("1", "4", "6", "7", "10"):
        assert directory.run("--png-effort", effort, "-s", "300", "-o", effort, "a.png", "b.png").status == 0
        for name in ("a.png", "b.png"):
            sizes[effort, name] = (directory / effort / name).stat().st_size
            assert numpy.array_equal(rgba(directory / effort / name), rgba(directory / "1" / name))
    for name in ("a.png", "b.png"):
        assert sizes["10", name] <= min(sizes["7", name], sizes["6", name])
        # from one level of deflate to the next it is not always less
        assert max(sizes["6", name], sizes["7", name]) < sizes["1", name]
        assert sizes["7", name] < 1.02 * sizes["6", name]


@every_mode
def test_the_same_bytes_in_every_mode(directory, mode):
    (directory / "in").mkdir()
    for name, data in SOURCES.items():
        (directory / "in" / (name + ".png")).write_bytes(data)
    assert directory.run("-s", "40", "-o", "serial", "in", mode="serial").status == 0
    assert directory.run("-s", "40", "-o", "out", "in", mode=mode).status == 0
    assert directory.files("serial") == directory.files("out")


@every_mode
def test_two_gigabytes_of_text_are_only_a_claim(directory, mode):
    """libpng would make room for what a chunk says; the scan knows where the file ends."""
    whole = SOURCES["rgb-8"]
    claim = struct.pack(">I", 2 ** 31 - 1) + b"iTXt" + b"key\0\0\0\0\0text"
    directory.path.joinpath("before.png").write_bytes(whole[:33] + claim + whole[33:])
    directory.path.joinpath("after.png").write_bytes(whole[:-12] + claim)
    packed_text = zlib.compress(b"x" * (64 << 20), 9)
    text = chunk(b"iTXt", b"key\0\1\0\0\0" + packed_text)
    directory.path.joinpath("inflates.png").write_bytes(whole[:33] + text * 30 + whole[33:])
    done = directory.run("-s", "48", "-o", "out", "before.png", "after.png", "inflates.png", mode=mode)
    assert done.record("before.png")["code"] == "truncated", done
    assert done.record("inflates.png")["status"] == "ok", done
    assert done.record("after.png")["status"] in ("ok", "failed")
