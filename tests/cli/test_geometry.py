"""Sizes, crops and margins: for whatever picture, box, fit, gravity and orientation."""

import io
import struct
import zlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageColor

from conftest import MODES, TESTDATA, every_mode, examples, size_of

COMPASS = {"centre": (0, 0), "north": (0, -1), "northeast": (1, -1), "east": (1, 0), "southeast": (1, 1),
           "south": (0, 1), "southwest": (-1, 1), "west": (-1, 0), "northwest": (-1, -1)}
FITS = ("contain", "cover", "fill", "pad")
FILTERS = ("lanczos3", "mitchell", "cubic", "linear", "nearest")

# Pillow's way from the picture as seen to the one stored with that orientation.
STORED = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
          5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
          8: Image.Transpose.ROTATE_270}


def encoded(image, kind="PNG", orientation=1, **options):
    """A picture that is seen as `image`, stored turned."""
    if STORED[orientation] is not None:
        image = image.transpose(STORED[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    options.setdefault("quality", 100)
    if kind == "JPEG":
        options.setdefault("subsampling", 0)
    image.save(stream, kind, exif=exif, **options)
    return stream.getvalue()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    # few colours come as a palette, black and white as bits
    plain = {"P": "RGBA" if "transparency" in image.info else "RGB", "1": "L"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def resized(directory, data, *arguments, mode="serial"):
    done = directory.run(*arguments, "-", stdin=data, report=False, mode=mode)
    assert done.status == 0, done
    return opened(done.out)


def resized_all(directory, pictures, *arguments, mode="serial"):
    """What becomes of pictures that have names, by one run."""
    for name, data in pictures.items():
        (directory / name).write_bytes(data)
    done = directory.run(*arguments, "-o", "out", *pictures, mode=mode)
    assert done.status == 0, done
    return {name: opened((directory / done.record(name)["output"]).read_bytes()) for name in pictures}


def to_nearest(ratio):
    """The nearest whole number, halves up, at least 1."""
    return max(int(ratio + Fraction(1, 2)), 1)


def placed(spare, place):
    """Of spare pixels those before, for a place of -1, 0 or 1."""
    return {-1: 0, 0: spare // 2, 1: spare}[place]


def expected_scale(width, height, box, fit, enlarge):
    """What the picture is scaled to, in exact arithmetic."""
    across, down = Fraction(box[0], width), Fraction(box[1], height)
    if fit == "fill":
        return tuple(side if enlarge else min(side, own) for side, own in zip(box, (width, height)))
    scale = max(across, down) if fit == "cover" else min(across, down)
    if scale > 1 and not enlarge:
        scale = Fraction(1)
    return to_nearest(width * scale), to_nearest(height * scale)


sides = st.one_of(st.integers(1, 40), st.integers(1, 400))


@examples(60)
@given(width=sides, height=sides, box=st.tuples(sides, sides), fit=st.sampled_from(FITS), gravity=st.sampled_from(list(COMPASS)),
       enlarge=st.booleans(), orientation=st.integers(1, 8), kind=st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP"]))
def test_any_picture_in_any_box(directory, width, height, box, fit, gravity, enlarge, orientation, kind):
    image = Image.new("RGB", (width, height), (90, 120, 200))
    arguments = ["-s", "%dx%d" % box, "--fit", fit]
    if fit in ("cover", "pad"):
        arguments += ["--gravity", gravity]
    scaled = expected_scale(width, height, box, fit, enlarge)
    assume(scaled[0] * scaled[1] < 4000000)
    out = resized(directory, encoded(image, kind, orientation), *arguments, *(["--enlarge"] if enlarge else []))

    wanted = {"pad": box, "cover": tuple(map(min, scaled, box))}.get(fit, scaled)
    assert out.size == wanted
    # The same said the other way round, without the arithmetic above.
    assert 1 <= out.width <= box[0] and 1 <= out.height <= box[1]
    if not enlarge and fit != "pad":
        assert out.width <= width and out.height <= height
    if enlarge and fit in ("cover", "fill", "pad"):
        assert out.size == box
    if fit == "contain":
        scale = min(box[0] / width, box[1] / height)
        scale = scale if enlarge else min(scale, 1)
        assert abs(out.width - max(width * scale, 1)) <= 0.5 + 1e-9
        assert abs(out.height - max(height * scale, 1)) <= 0.5 + 1e-9


@examples(60)
@given(width=st.integers(1, 3000), ratio=st.integers(1, 9), factor=st.integers(1, 5), fit=st.sampled_from(FITS))
def test_exact_ratios_are_exact(directory, width, ratio, factor, fit):
    """A box of the picture's own shape is filled by every fit."""
    size = (width, width * ratio)
    assume(size[0] * size[1] * factor * factor < 3000000)
    data = encoded(Image.new("L", (size[0] * factor, size[1] * factor), 70))
    assert resized(directory, data, "-s", "%dx%d" % size, "--fit", fit).size == size


@examples(60)
@given(width=sides, height=sides, percent=st.integers(1, 300000))
def test_any_percentage(directory, width, height, percent):
    more = ["--enlarge"] if percent > 100000 else []
    out = resized(directory, encoded(Image.new("L", (width, height), 70)), "-s", "%.3f%%" % (percent / 1000), *more)
    assert out.size == (to_nearest(Fraction(width * percent, 100000)), to_nearest(Fraction(height * percent, 100000)))


# --- places -------------------------------------------------------------------------------------


def plane(width, height):
    """Red says how far right, green how far down: what is left of a crop shows where it was."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)[None, :]
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    pixels[..., 2] = 60
    return Image.fromarray(pixels)


@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize("gravity", COMPASS)
def test_a_crop_keeps_its_side_of_the_picture_as_seen(directory, form, gravity):
    """JPEG to JPEG goes the direct way, to PNG the general one."""
    shapes = {"%d-%dx%d" % (orientation, *shape): (orientation, shape) for orientation in range(1, 9)
              for shape in ((240, 120), (120, 240))}
    made = resized_all(directory, {name: encoded(plane(*shape), "JPEG", orientation)
                                   for name, (orientation, shape) in shapes.items()},
                       "-s", "61x61", "--fit", "cover", "--gravity", gravity, "-f", form, "-q", "97")
    for name, (_, shape) in shapes.items():
        out = np.asarray(made[name].convert("RGB")).astype(float)
        assert out.shape == (61, 61, 3)
        for axis, band in ((0, 0), (1, 1)):  # across: red; down: green
            whole = to_nearest(Fraction(shape[axis] * 61, 120))
            first = placed(whole - 61, COMPASS[gravity][axis])
            at = (np.arange(61) + 0.5 + first) / whole * shape[axis] - 0.5
            want = np.clip(at, 0, shape[axis] - 1) * 255 / (shape[axis] - 1)
            seen = out[..., band].mean(0 if axis == 0 else 1)
            assert np.abs(seen - want)[3:-3].max() < 3, (name, axis)


@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize("box", [(101, 40), (40, 101)])
def test_padding_puts_the_picture_in_its_place(directory, form, box):
    pictures = {str(orientation): encoded(Image.new("RGB", (40, 40), (20, 200, 90)), "JPEG", orientation)
                for orientation in (1, 3, 6, 7)}
    for gravity, places in COMPASS.items():
        made = resized_all(directory, pictures, "-s", "%dx%d" % box, "--fit", "pad", "--gravity", gravity, "-f", form,
                           "--background", "DarkSlateBlue", "-q", "97")
        x, y = placed(box[0] - 40, places[0]), placed(box[1] - 40, places[1])
        want = np.empty((box[1], box[0], 3), int)
        want[:] = ImageColor.getrgb("darkslateblue")
        want[y:y + 40, x:x + 40] = (20, 200, 90)
        for name, image in made.items():
            out = np.asarray(image.convert("RGB")).astype(int)
            error = np.abs(out - want).max(axis=2)
            # A JPEG rings where the colours meet.
            error[max(y - 8, 0):y + 48, max(x - 8, 0):x + 48] *= form == "png"
            inner = np.abs(out - want).max(axis=2)[y + 8:y + 32, x + 8:x + 32]
            assert error.max() <= 3 and inner.max() <= 3, (gravity, name)


@pytest.mark.parametrize("gravity", ["attention", "entropy"])
def test_a_searched_crop_finds_what_there_is(directory, gravity):
    """A face of noise and red on an even ground, right or left; every mode finds the same."""
    pictures, deep = {}, "I;16"
    for left in (20, 290):
        pixels = np.full((100, 400, 3), 128, np.uint8)
        pixels[20:80, left:left + 90] = np.random.default_rng(4).integers(0, 255, (60, 90, 3))
        pixels[20:80, left:left + 90, 0] = 230
        image = Image.fromarray(pixels)
        for kind, mode in (("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGBA"), ("PNG", "LA"), ("PNG", deep), ("TIFF", "CMYK")):
            changed = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257) if mode == deep else image.convert(mode)
            pictures["%s-%s-%d" % (kind, mode, left)] = encoded(changed, kind, 1)
    made = {way: resized_all(directory, pictures, "-s", "100x100", "--fit", "cover", "--gravity", gravity, mode=way) for way in MODES}
    for name in pictures:
        first = made[MODES[0]][name]
        assert first.size == (100, 100)
        for way in MODES[1:]:
            assert np.array_equal(np.asarray(made[way][name]), np.asarray(first)), (name, way)
        face = np.asarray(first.convert("RGBA")).astype(float)[..., :3]
        whole = 60 * 90 * 0.8 / (100 * 100)
        if deep not in name:  # which Pillow would cut
            assert (np.abs(face - face[2, 50]).max(axis=2) > 20).mean() > whole * 0.8, (gravity, name)


# --- filters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["37x23", "150x97"])
def test_nearest_invents_no_colour(directory, scale):
    """Each pixel of the result is the one of the source whose centre is nearest, alpha and all."""
    random = np.random.default_rng(1)
    source = random.integers(0, 256, (61, 93, 4)).astype(np.uint8)
    source[random.random((61, 93)) < 0.3, 3] = 0
    width, height = map(int, scale.split("x"))
    x = (2 * np.arange(width) + 1) * 93 // (2 * width)
    y = (2 * np.arange(height) + 1) * 61 // (2 * height)
    for bands in (1, 2, 3, 4):
        pixels = {1: source[..., 0], 2: source[..., [0, 3]], 3: source[..., :3], 4: source}[bands]
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[bands]
        out = resized(directory, encoded(Image.fromarray(pixels, mode)), "-s", scale, "--fit", "fill", "--filter", "nearest",
                      "--enlarge")
        assert np.array_equal(np.asarray(out.convert(mode)), pixels[y][:, x])


def test_nearest_keeps_a_palette(directory):
    colours = [ImageColor.getrgb(name) for name in ("tomato", "navy", "gold", "teal", "plum")]
    random = np.random.default_rng(2)
    image = Image.fromarray(random.integers(0, 5, (70, 90)).astype(np.uint8), "P")
    image.putpalette([value for colour in colours for value in colour])
    for scale in ("31x200", "300x300"):
        out = resized(directory, encoded(image), "-s", scale, "--filter", "nearest", "--enlarge")
        assert set(map(tuple, np.asarray(out.convert("RGB")).reshape(-1, 3))) <= set(colours)


@pytest.mark.parametrize("orientation", [1, 4, 6])
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("box", ["40x40", "77x77", "300x300"])
def test_both_ways_filter_alike(directory, name, orientation, box):
    """The direct way (JPEG to JPEG) and the general one (to PNG), smaller and larger."""
    random = np.random.default_rng(3)
    noise = Image.fromarray(random.integers(40, 216, (20, 26)).astype(np.uint8)).resize((130, 100), Image.Resampling.BICUBIC)
    data = encoded(noise.convert("RGB"), "JPEG", orientation)
    arguments = ["-s", box, "--filter", name, "--enlarge", "--fit", "cover", "--gravity", "southwest", "-q", "98"]
    direct = np.asarray(resized(directory, data, *arguments).convert("RGB")).astype(float)
    general = np.asarray(resized(directory, data, *arguments, "-f", "png").convert("RGB")).astype(float)
    assert direct.shape == general.shape
    assert np.sqrt(((direct - general) ** 2).mean()) < 2.5


@pytest.mark.parametrize("shape", [(997, 613), (993, 609), (613, 999), (1000, 616)])
def test_a_shrunk_decode_does_not_stretch(directory, shape):
    """A JPEG that is decoded at an eighth ends within its last pixel: 997 / 8 = 124.625, of 125."""
    across, down = (np.arange(side) / side for side in shape)
    waves = 128 + 60 * np.sin(40 * across)[None, :] + 60 * np.sin(40 * down)[:, None]
    Image.fromarray(waves.astype(np.uint8)).convert("RGB").save(directory / "a.jpg", quality=97, subsampling=0)
    run = directory.run("-s", "60,240", "-f", "png", "--name", "{size}.png", "a.jpg")
    assert run.status == 0, run
    source = Image.open(directory / "a.jpg")
    for output in run.report[0]["outputs"]:
        image = Image.open(directory / output["output"]).convert("RGB")
        reference = source.resize(image.size, Image.Resampling.LANCZOS)
        error = np.abs(np.asarray(image, float) - np.asarray(reference, float)).mean()
        assert error < 0.6, (output, error)


def test_filters_differ(directory):
    """Each is the one that was asked for: the sharper one leaves more of a fine pattern."""
    pattern = (np.indices((160, 160)).sum(0) // 3 % 2 * 255).astype(np.uint8)
    for kind, form in (("PNG", "png"), ("JPEG", "jpeg")):
        data = encoded(Image.fromarray(pattern), kind)
        contrast = [np.asarray(resized(directory, data, "-s", "100", "--filter", name, "-f", form, "-q", "97")).astype(float)
                    [10:-10, 10:-10].std() for name in FILTERS]
        nearest, sharp, mitchell, cubic, linear = contrast[4], contrast[0], contrast[1], contrast[2], contrast[3]
        assert nearest > sharp > cubic > mitchell and cubic > linear, contrast


# --- alpha --------------------------------------------------------------------------------------


def edges(deep):
    """Opaque orange beside transparent black, with every step of alpha in between."""
    pixels = np.zeros((64, 96, 4), np.uint16 if deep else np.uint8)
    pixels[:, :40] = (240, 120, 20, 255)
    for i in range(8):
        pixels[:, 40 + i] = (240, 120, 20, 255 - 32 * i)
    return pixels * 257 if deep else pixels


@every_mode
@pytest.mark.parametrize("name", ["lanczos3", "linear"])
@pytest.mark.parametrize("linear", [False, True])
def test_no_dark_fringe(directory, mode, name, linear):
    for size in ("13", "48", "200"):
        out = np.asarray(resized(directory, encoded(Image.fromarray(edges(False), "RGBA")), "-s", size, "--filter", name,
                                 "--enlarge", *(["--linear"] if linear else []), mode=mode)).astype(float)
        seen = out[out[..., 3] > 12]
        assert np.abs(seen[:, :3] - (240, 120, 20)).max() <= 255 / 12 / 2
        assert np.abs(out[out[..., 3] > 120][:, :3] - (240, 120, 20)).max() <= 2


@pytest.mark.parametrize("lossless", [False, True])
def test_no_dark_fringe_made_by_the_decoder(directory, lossless):
    """libwebp can make a picture smaller itself, and of a lossy one it blends what is behind transparent pixels."""
    pixels = np.zeros((256, 512, 4), np.uint8)
    pixels[:, (np.arange(512) + 4) % 32 < 16] = (200, 64, 32, 255)
    source = encoded(Image.fromarray(pixels, "RGBA"), "WEBP", lossless=lossless, exact=True, quality=95)
    out = np.asarray(resized(directory, source, "-s", "56", "-f", "png")).astype(float)
    seen = out[out[..., 3] > 64][:, :3]
    assert len(seen) > 500 and np.abs(seen - (200, 64, 32)).max() <= 12, np.abs(seen - (200, 64, 32)).max(0)


def png16(pixels):
    """Pillow writes no 16 bits with colours."""
    height, width, bands = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[bands], 0, 0, 0)),
              (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(body)) + name + body +
                                           struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks)


def unpng16(data):
    """The pixels of a PNG of 16 bits."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 16
    bands, at, packed = {0: 1, 4: 2, 2: 3, 6: 4}[kind], 8, b""
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    rows, step, last = [], 2 * bands, np.zeros(raw.shape[1] - 1, int)
    for row in raw:
        line = row[1:].astype(int)
        for i in range(len(line)) if row[0] else ():
            left = line[i - step] if i >= step else 0
            above, corner = last[i], last[i - step] if i >= step else 0
            guess = left + above - corner
            paeth = min((left, above, corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + [0, left, above, (left + above) // 2, paeth][row[0]]) % 256
        rows.append(line)
        last = line
    return np.array(rows, np.uint8).view(">u2").reshape(height, width, bands).astype(int)


@pytest.mark.parametrize("linear", [False, True])
def test_no_dark_fringe_in_16_bits(directory, linear):
    done = directory.run("-s", "37", *(["--linear"] if linear else []), "-", stdin=png16(edges(True)), report=False)
    assert done.status == 0, done
    out = unpng16(done.out)
    seen = out[out[..., 3] > 2000]
    assert len(seen) > 100
    assert np.abs(seen[:, :3] - np.array((240, 120, 20)) * 257).max() <= 65535 / 2000 / 2 + 1


def test_pad_behind_alpha(directory):
    """Margins are opaque in the background's colour; the picture keeps its alpha. Or nothing is added."""
    for bands, mode in ((4, "RGBA"), (2, "LA"), (3, "RGB"), (1, "L")):
        value = (10, 200, 30, 77)[:bands] if bands != 2 else (10, 77)
        data = encoded(Image.new(mode, (20, 20), value if bands > 1 else 10))
        for background, ink in (("#f80", (255, 136, 0, 255)), ("gray", (128, 128, 128, 255)), ("transparent", (0, 0, 0, 0))):
            out = resized(directory, data, "-s", "40x20", "--fit", "pad", "--background", background).convert("RGBA")
            seen = np.asarray(out)
            inside = np.asarray(Image.new(mode, (20, 20), value if bands > 1 else 10).convert("RGBA"))
            assert (seen[:, :10] == ink).all() and (seen[:, 30:] == ink).all(), (mode, background)
            assert np.array_equal(seen[:, 10:30], inside)
    out = resized(directory, encoded(Image.new("L", (20, 20), 10), "JPEG"), "-s", "40x20", "--fit", "pad", "--background",
                  "transparent", "-q", "100")
    assert np.asarray(out)[:, :8].min() > 250


# --- linear light -------------------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("name", ["RGB", "L", "RGBA", "16", "JPEG", "JPEG L", "CMYK"])
def test_linear_light(directory, mode, name):
    """Half black and half white: 188 in light, 128 in values."""
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    if name == "16":
        data = png16(np.repeat(board[..., None].astype(np.uint16) * 257, 3, axis=2))
    elif name == "CMYK":
        inks = np.zeros((64, 64, 4), np.uint8)
        inks[..., :] = 255 - board[..., None]
        data = encoded(Image.fromarray(inks, "CMYK"), "TIFF")
    else:
        image = Image.fromarray(board)
        data = encoded(image.convert(name.split()[-1] if name != "JPEG" else "RGB"), name.split()[0] if "JPEG" in name else "PNG")
    # Half of each ink is darker than half of the light, whatever the profile: no 128 there.
    ways = [(["--linear"], 188)] if name == "CMYK" else [(["--linear"], 188), ([], 128)]
    for form in ("png", "jpeg"):
        for arguments, wanted in ways if mode == "serial" else ways[:1]:
            for size in ("50%", "25%") if mode == "serial" else ("50%",):
                done = directory.run("-s", size, "-f", form, "-q", "100", *arguments, "-", stdin=data, report=False, mode=mode)
                assert done.status == 0, done
                out = (unpng16(done.out) / 257 if name == "16" and form == "png"
                       else np.asarray(Image.open(io.BytesIO(done.out)).convert("RGB")).astype(float))
                assert abs(out[4:-4, 4:-4, :3].mean() - wanted) < 2, (form, size, wanted)


def test_linear_leaves_what_is_even(directory):
    values = np.repeat(np.arange(256, dtype=np.uint8), 8).reshape(-1, 64)
    image = Image.fromarray(np.repeat(values, 4, axis=0).repeat(4, axis=1))
    out = np.asarray(resized(directory, encoded(image), "-s", "25%", "--linear", "--filter", "linear")).astype(int)
    assert np.abs(out - values)[:, 2:-2].max() <= 6  # the steps of 8 columns are mixed at their edges


def test_small_sides_survive(directory):
    """1x20000, and its like, in every fit."""
    data = encoded(Image.new("RGB", (1, 20000), (9, 99, 199)))
    for fit, size in (("contain", (1, 600)), ("cover", (1, 600)), ("fill", (1, 600)), ("pad", (800, 600))):
        assert resized(directory, data, "-s", "800x600", "--fit", fit).size == size
    assert size_of(directory.run("-s", "5x5", "-", stdin=data, report=False).out) == (1, 5)


@pytest.mark.parametrize("options", [
    ["-s", "90x90", "--fit", "cover", "--gravity", "attention", "--linear"],
    ["-s", "150x70", "--fit", "pad", "--gravity", "southeast", "--enlarge", "--filter", "nearest", "--background", "transparent"]])
def test_every_mode_makes_the_same_files(directory, options):
    made = {}
    for mode in MODES:
        done = directory.run(*options, "-o", mode, TESTDATA / "edge", TESTDATA / "photos", mode=mode)
        assert set(done.statuses()) == {"ok"}, done
        made[mode] = directory.files(mode)
        assert made[mode] == made["serial"]
    assert len(made["serial"]) > 60


# --- the command line ---------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, message", [
    (["--fit=cover", "--gravity=nroth"], "--gravity: unknown word 'nroth': did you mean 'north'?"),
    (["--gravity=north"], "--gravity=north has no effect with --fit=contain: add --fit=cover or --fit=pad, or leave it out"),
    (["-s", "200%"], "--size: over 100% is larger than the picture: add --enlarge"),
    (["--fit=pad", "--background=lihgtblue"], "--background: unknown colour 'lihgtblue': did you mean 'lightblue'?")])
def test_usage_errors(directory, arguments, message):
    done = directory.run(*arguments, "a.jpg", report=False)
    assert done.status == 2
    assert done.err == "batchresize: %s\n" % message


def test_every_css_colour(directory):
    """All 148 names, by Pillow's list."""
    data = encoded(Image.new("RGB", (1, 1), (1, 2, 3)))
    assert len(ImageColor.colormap) == 148
    for name in ImageColor.colormap:
        out = resized(directory, data, "-s", "3x1", "--fit", "pad", "--background", name)
        assert out.getpixel((0, 0)) == ImageColor.getrgb(name), name
