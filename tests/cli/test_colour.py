"""Colours: what a profile says is what is seen, and pixels are kept where that is asked for."""

import io
import struct
import tempfile
import zlib

import numpy as np
import pytest
from PIL import Image

from colour_science import (SRGB, boxed_profile, chart, chunks, coated, curve_table, delta_e, encode, formats, gray_profile,
                            icc, lab, littlecms, profile_in, srgb_of_lab, tiff, tiff_lab, tiff_tag, to_encoded, to_linear,
                            with_table)
from conftest import TESTDATA, every_mode, notes_of

def samples(png, channels):
    """Those of a PNG, of 8 or 16 bits, which Pillow would reduce to 8."""
    head, rows = chunks(png)[0][1], zlib.decompress(b"".join(data for kind, data in chunks(png) if kind == b"IDAT"))
    width, height, bits = struct.unpack(">IIB", head[:9])
    step, stride = channels * bits // 8, width * channels * bits // 8
    out = np.zeros((height + 1, stride), np.uint8)
    for y in range(height):
        kind, row = rows[y * (stride + 1)], np.frombuffer(rows, np.uint8, stride, y * (stride + 1) + 1)
        if kind in (0, 2):
            out[y + 1] = row + (out[y] if kind == 2 else 0)
            continue
        for x in range(stride):
            left, above = (int(line[x - step]) if x >= step else 0 for line in (out[y + 1], out[y]))
            up = int(out[y, x])
            near = left + up - above
            paeth = min((left, up, above), key=lambda value: abs(near - value))
            out[y + 1, x] = (int(row[x]) + {1: left, 3: (left + up) // 2, 4: paeth}[kind]) & 255
    return out[1:].view(">u2" if bits == 16 else np.uint8).reshape(height, width, channels)


WHOLE = ("-s", "4000x4000")  # nothing is resampled


def convert(directory, data, *arguments, notes=(), mode=None):
    """What a file becomes at its own size, as bytes."""
    out = tempfile.mkdtemp(dir=directory.path)
    (directory / "in").write_bytes(data)
    done = directory.run(*WHOLE, "-o", out, *arguments, "in", mode=mode)
    assert done.status == 0, done
    assert set(notes_of(done.report[0])) - {"grew", "not-enlarged", "changed-format"} == set(notes)
    return (directory / out / directory.names(out)[0]).read_bytes()


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def as_png(directory, data, *arguments, **more):
    return pixels(convert(directory, data, "-f", "png", *arguments, **more))


RGB_PROFILES = {
    "display-p3": icc.display_p3(),
    "adobe-rgb": icc.adobe_rgb(),
    "gamma-1": icc.rgb("linear", icc.SRGB, icc.gamma_curve(1)),
    "pro-photo": icc.rgb("wide", ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), (0.3457, 0.3585)), icc.gamma_curve(1.8)),
    "table": with_table(),
}


@pytest.mark.parametrize("kind", ["png", "tiff", "webp", "jpeg"])
@pytest.mark.parametrize("name", RGB_PROFILES)
def test_profile_is_converted_as_littlecms_does(directory, name, kind):
    profile = RGB_PROFILES[name]
    data = encode(Image.fromarray(chart()), kind, icc_profile=profile)
    wanted = littlecms(Image.open(io.BytesIO(data)).convert("RGB"), profile, perceptual=name == "table")
    error = delta_e(as_png(directory, data), wanted)
    assert error.max() < 1.0 and error.mean() < 0.2


def test_photograph_with_a_profile(directory):
    """Resized and as JPEG, against littleCMS' conversion of the reduced picture."""
    data = (TESTDATA / "edge/display-p3.jpg").read_bytes()
    image = Image.open(io.BytesIO(data))
    width, height = image.width // 2, image.height // 2
    wanted = littlecms(image.resize((width, height), Image.Resampling.LANCZOS), image.info["icc_profile"])
    (directory / "a.jpg").write_bytes(data)
    assert directory.run("-q", "97", "-s", "%dx%d" % (width, height), "a.jpg").status == 0
    assert delta_e(np.asarray(Image.open(directory / "resized_a.jpg")), wanted).mean() < 1.0


def dot_gain(x):
    """Paper that is darker than its dots: 20 % more where half is covered."""
    ink = 1 - x
    return 1 - (ink + 4 * 0.2 * ink * (1 - ink))


@pytest.mark.parametrize("kind", ["png", "tiff", "jpeg"])
@pytest.mark.parametrize("curve, light", [
    (icc.gamma_curve(563 / 256), lambda x: x ** (563 / 256)), (icc.gamma_curve(1.8), lambda x: x ** (461 / 256)),
    (icc.gamma_curve(1), lambda x: x), (curve_table(dot_gain, 4096), dot_gain)], ids=["2.2", "1.8", "1", "dot-gain"])
def test_gray_profile(directory, curve, light, kind):
    """Exactly, that is: littleCMS' own way is off by 10 of 255 in the shadows of gamma 1."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(16, 0)
    data = encode(Image.fromarray(ramp), kind, icc_profile=gray_profile(curve))
    out = np.asarray(Image.open(io.BytesIO(convert(directory, data, "-f", "png"))))
    assert out.ndim == 2
    assert np.abs(out - to_encoded(light(np.asarray(Image.open(io.BytesIO(data))) / 255)) * 255).max() < 1


def test_gray_with_alpha_and_a_profile(directory):
    pair = np.dstack([np.arange(256, dtype=np.uint8)[None].repeat(16, 0), np.full((16, 256), 77, np.uint8)])
    data = formats.png(pair, formats.GRAY_ALPHA, before=[formats.iccp(gray_profile(icc.gamma_curve(1)))])
    out = np.asarray(Image.open(io.BytesIO(convert(directory, data))).convert("LA"))
    assert (out[..., 1] == 77).all()
    assert np.abs(out[..., 0] - to_encoded(pair[..., 0] / 255) * 255).max() < 1


@pytest.mark.parametrize("kind", ["tiff", "jpeg"])
def test_cmyk_with_its_profile(directory, kind):
    profile = icc.cmyk()
    data = encode(Image.fromarray(chart(5, 4, 4), "CMYK"), kind, icc_profile=profile)
    error = delta_e(as_png(directory, data), littlecms(Image.open(io.BytesIO(data)), profile, perceptual=True))
    assert error.max() < 1.0 and error.mean() < 0.3


def test_cmyk_of_every_kind_is_the_same_picture(directory):
    """Adobe's inverted inks, YCCK, and plain ones in a TIFF."""
    seen = {}
    for name in ("cmyk.jpg", "ycck.jpg"):
        seen[name] = as_png(directory, (TESTDATA / "edge" / name).read_bytes(), notes=["profile-missing"])
    assert delta_e(seen["cmyk.jpg"], seen["ycck.jpg"]).mean() < 2
    image = Image.open(TESTDATA / "edge/cmyk.jpg")
    plain = as_png(directory, encode(image, "tiff"), notes=["profile-missing"])
    assert delta_e(seen["cmyk.jpg"], plain).max() < 1
    # inks that are not there are paper, all of them are black
    ends = np.zeros((16, 16, 4), np.uint8)
    ends[8:] = 255
    out = as_png(directory, encode(Image.fromarray(ends, "CMYK"), "tiff"), notes=["profile-missing"])
    assert out[2, 2].min() > 250 and out[13, 2].max() < 32


@pytest.mark.parametrize("kind", ["tiff", "jpeg"])
def test_inks_without_a_profile_are_coated_paper(directory, kind):
    inks = chart(5, 4, 4)
    data = encode(Image.fromarray(inks, "CMYK"), kind)
    out = as_png(directory, data, notes=["profile-missing"])
    wanted = coated(np.asarray(Image.open(io.BytesIO(data))))
    assert np.abs(out - wanted).max() < 2
    # as FOGRA39's profile has its solids, by the tables that printers use
    solids = {(1, 0, 0): (0, 158, 227), (0, 1, 0): (230, 0, 126), (0, 1, 1): (227, 6, 19), (1, 0, 1): (0, 150, 64),
              (1, 1, 0): (49, 39, 131)}
    for solid, colour in solids.items():
        assert delta_e(coated(np.array([*solid, 0]) * 255), np.array(colour)) < 5


@every_mode
def test_black_ink_is_neutral(directory, mode):
    """From paper, which is white, to solid black, which is black; in a JPEG as well, which has it inverted."""
    ramp = np.zeros((16, 256, 4), np.uint8)
    ramp[..., 3] = np.arange(256)
    ramp = Image.fromarray(ramp, "CMYK")
    for kind in ("tiff", "jpeg"):
        out = as_png(directory, encode(ramp, kind), notes=["profile-missing"], mode=mode).astype(int)
        assert np.ptp(out, axis=2).max() == 0
        assert (out[:, 0] == 255).all() and (out[:, 255] == 0).all() and (np.diff(out[0, :, 0]) <= 0).all()


@pytest.mark.parametrize("kind, bound", [("8", 1.5), ("16", 1.0), ("float", 1.0)])
def test_lab(directory, kind, bound):
    rgb = chart()
    error = delta_e(as_png(directory, tiff_lab(lab(rgb), kind)), rgb)
    assert error.max() < bound and error.mean() < bound / 3


def test_lab_is_kept_in_tiff(directory):
    rgb = chart()
    for kind, bits in (("8", 8), ("16", 16), ("float", 32)):
        data = convert(directory, tiff_lab(lab(rgb), kind), "--profile", "keep")
        assert tiff_tag(data, 262) == 8 and tiff_tag(data, 258) == bits
        assert delta_e(as_png(directory, data), rgb).max() < 1.5
    assert delta_e(pixels(convert(directory, tiff_lab(lab(rgb), "8"), "--profile", "keep", "-f", "png")),
                   rgb).max() < 1.5


@pytest.mark.parametrize("photometric", [6, 7, 9, 10, 32844])
def test_tiff_in_other_colours_is_refused(directory, photometric):
    """Rather than shown in the wrong ones: libvips takes YCbCr, ICC's and ITU's Lab, LogL and the unknown for RGB."""
    data = tiff(chart(), photometric=photometric, subsampling=(1, 1))
    (directory / "a.tif").write_bytes(data)
    done = directory.run("-o", "out", "a.tif")
    assert done.status == 1 and done.report[0]["code"] == "unsupported", done
    assert f"PhotometricInterpretation {photometric}," in done.report[0]["error"], done


def test_ycbcr_of_jpeg_in_tiff(directory):
    stream, rgb = io.BytesIO(), np.full((32, 32, 3), (200, 100, 50), np.uint8)
    Image.fromarray(rgb).convert("YCbCr").save(stream, "TIFF", compression="jpeg", quality=95)
    assert tiff_tag(stream.getvalue(), 262) == 6
    assert delta_e(as_png(directory, stream.getvalue()), rgb).max() < 2


# --- sRGB by content ----------------------------------------------------------------------------


def tables(count):
    return icc.rgb("sRGB", icc.SRGB, curve_table(to_linear, count))


@pytest.mark.parametrize("profile", [icc.srgb(), SRGB.tobytes(), tables(1024), tables(256), tables(42), tables(26)],
                         ids=["parametric", "littlecms", "1024", "256", "42", "26"])
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff"])
def test_srgb_takes_no_colour_pass(directory, profile, kind):
    image = Image.fromarray(chart())
    plain = as_png(directory, encode(image, kind))
    assert (as_png(directory, encode(image, kind, icc_profile=profile)) == plain).all()


@pytest.mark.parametrize("curve", [icc.srgb_curve(), curve_table(to_linear, 256)], ids=["parametric", "256"])
def test_gray_with_the_curve_of_srgb_takes_no_colour_pass(directory, curve):
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(16, 0)
    out = convert(directory, encode(Image.fromarray(ramp), "png", icc_profile=gray_profile(curve)), "-f", "png")
    assert (np.asarray(Image.open(io.BytesIO(out))) == ramp).all()


def test_gamma_of_2_2_is_not_srgb(directory):
    image = Image.fromarray(chart())
    data = encode(image, "png", icc_profile=icc.rgb("2.2", icc.SRGB, icc.gamma_curve(563 / 256)))
    assert np.abs(as_png(directory, data).astype(int) - np.asarray(image)).max() > 3


# --- profiles that are none ---------------------------------------------------------------------


def lying(profile):
    return struct.pack(">I", 1 << 30) + profile[4:]


def wild_offsets(profile):
    count = struct.unpack(">I", profile[128:132])[0]
    table = b"".join(profile[132 + 12 * i:136 + 12 * i] + b"\xff\xff\xff\xf0\0\0\1\0" for i in range(count))
    return profile[:132] + table + profile[132 + 12 * count:]


BROKEN = {
    "garbage": b"this is no profile at all" * 20,
    "short": icc.display_p3()[:100],
    "cut": icc.display_p3()[:300],
    "lies": lying(icc.display_p3()),
    "offsets": wild_offsets(icc.display_p3()),
    "many-tags": icc.display_p3()[:128] + b"\xff\xff\xff\xff" + icc.display_p3()[132:],
    "gray": icc.gray(2.2),
    "cmyk": icc.cmyk(3),
}


@pytest.mark.parametrize("keep", [False, True], ids=["srgb", "keep"])
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "webp"])
def test_broken_profile_is_taken_as_srgb(directory, kind, keep):
    image = Image.fromarray(chart())
    plain = as_png(directory, encode(image, kind))
    for name, profile in BROKEN.items():
        (directory / name).write_bytes(encode(image, kind, icc_profile=profile))
    done = directory.run(*WHOLE, "-f", "png", *(["--profile", "keep", "--metadata", "keep"] if keep else []), "-o", "out", *BROKEN)
    assert done.status == 0, done
    for name in BROKEN:
        record = done.record(name)
        assert set(notes_of(record)) - {"grew", "not-enlarged", "changed-format"} == {"profile-broken"}, record
        out = (directory / record["output"]).read_bytes()
        assert b"iCCP" not in out, name
        assert (pixels(out) == plain).all(), name


@every_mode
def test_broken_profile_in_every_mode(directory, mode):
    data = encode(Image.fromarray(chart()), "jpeg", icc_profile=BROKEN["garbage"])
    assert (as_png(directory, data, notes=["profile-broken"], mode=mode) == as_png(directory, encode(
        Image.fromarray(chart()), "jpeg"), mode=mode)).all()


# --- PNG's own words ------------------------------------------------------------------------------


def png(rgb, *before, colour=formats.RGB):
    return formats.png(rgb, colour, before=before)


def gama(value):
    return b"gAMA", struct.pack(">I", value)


def chrm(space):
    (r, g, b, w) = space
    return b"cHRM", struct.pack(">8I", *[round(v * 100000) for pair in (w, r, g, b) for v in pair])


def test_gamma_chunk(directory):
    out = as_png(directory, png(chart(), gama(100000)))
    assert delta_e(out, to_encoded(chart() / 255) * 255).max() < 1
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(16, 0)
    out = as_png(directory, formats.png(ramp, formats.GRAY, before=[gama(100000)]))
    assert np.abs(out[..., 0] - to_encoded(ramp / 255) * 255).max() < 1


@pytest.mark.parametrize("space, gamma", [(icc.DISPLAY_P3, 100000), (icc.ADOBE_RGB, 45455), (icc.SRGB, 55556)])
def test_primaries_chunk(directory, space, gamma):
    curve = icc.srgb_curve() if gamma == 45455 else icc.gamma_curve(100000 / gamma)
    wanted = littlecms(Image.fromarray(chart()), icc.rgb("wanted", space, curve))
    assert delta_e(as_png(directory, png(chart(), gama(gamma), chrm(space))), wanted).max() < 1


@pytest.mark.parametrize("before", [
    [gama(45455)], [gama(45454)], [gama(45455), chrm(icc.SRGB)], [chrm(icc.SRGB)], [gama(0)], [gama(1)], [gama(4000000000)],
    [(b"sRGB", b"\0"), gama(100000), chrm(icc.ADOBE_RGB)], [(b"cHRM", bytes(32))], [(b"cHRM", b"\xff" * 32)],
    [(b"cICP", bytes([1, 13, 0, 1])), gama(100000)],
    [formats.iccp(icc.srgb()), gama(100000), chrm(icc.ADOBE_RGB)]],
    ids=["2.2", "rounded", "both", "primaries", "none", "tiny", "huge", "srgb", "zeros", "ones", "cicp", "iccp"])
def test_chunks_that_mean_srgb(directory, before):
    assert (as_png(directory, png(chart(), *before)) == chart()).all()


def test_cicp_of_display_p3(directory):
    wanted = littlecms(Image.fromarray(chart()), icc.display_p3())
    out = as_png(directory, png(chart(), (b"cICP", bytes([12, 13, 0, 1])), formats.iccp(icc.srgb())))
    assert delta_e(out, wanted).max() < 1


@every_mode
def test_made_profile_is_kept(directory, mode):
    """What the chunks said, the output says by a profile; the same on every run."""
    data = png(chart(), gama(100000))
    out = convert(directory, data, "--profile", "keep", mode=mode)
    assert (pixels(out) == chart()).all()
    wanted = to_encoded(chart() / 255) * 255
    assert delta_e(littlecms(Image.fromarray(chart()), profile_in(out)), wanted).max() < 1
    assert delta_e(as_png(directory, out), wanted).max() < 1


def option_file(space=0xffff, index=b"R03"):
    """EXIF of a camera's file in Adobe RGB (DCF 2.0)."""
    details = struct.pack("<H", 2) + struct.pack("<HHII", 0xa001, 3, 1, space) + struct.pack("<HHII", 0xa005, 4, 1, 56) + bytes(4)
    exif = (b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0) + details
            + struct.pack("<HHHI", 1, 1, 2, 4) + index + b"\0" + bytes(4))
    return b"\xff\xe1" + struct.pack(">H", 8 + len(exif)) + b"Exif\0\0" + exif


@every_mode
def test_adobe_rgb_by_exif(directory, mode):
    plain = encode(Image.fromarray(chart(5, 16)), "jpeg")
    untagged = as_png(directory, plain).astype(np.uint8)
    wanted = littlecms(Image.fromarray(untagged), icc.adobe_rgb())
    for segment, told in ((option_file(), True), (option_file(2, b"R98"), True), (option_file(1), False),
                          (option_file(0xffff, b"R98"), False)):
        data = plain[:2] + segment + plain[2:]
        out = as_png(directory, data, mode=mode)
        assert delta_e(out, wanted if told else untagged).max() < 1
        made = convert(directory, data, "-q", "100", mode=mode)
        assert profile_in(made) is None and delta_e(pixels(made), wanted if told else untagged).mean() < 1.5
        kept = convert(directory, data, "--profile", "keep", "-q", "100", mode=mode)
        assert (profile_in(kept) is not None) == told
        assert delta_e(as_png(directory, kept), wanted if told else untagged).mean() < 1.5
    # a profile goes before it
    data = encode(Image.fromarray(chart(5, 16)), "jpeg", icc_profile=icc.srgb())
    assert (as_png(directory, data[:2] + option_file() + data[2:]) == untagged).all()


# --- keep -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metadata", ["strip", "keep"])
@pytest.mark.parametrize("kind", ["png", "tiff", "webp", "jpeg"])
@pytest.mark.parametrize("out", ["png", "tiff", "jpeg", "webp"])
def test_profile_is_kept(directory, kind, out, metadata):
    profile = icc.display_p3()
    data = encode(Image.fromarray(chart(5, 16)), kind, icc_profile=profile)
    made = convert(directory, data, "--profile", "keep", "-f", out, "-q", "100", "--metadata", metadata)
    assert profile_in(made) == profile
    plain = convert(directory, encode(Image.fromarray(chart(5, 16)), kind), "-f", out, "-q", "100")
    assert (pixels(made) == pixels(plain)).all()


@pytest.mark.parametrize("metadata", ["strip", "keep"])
@pytest.mark.parametrize("out", ["jpeg", "png", "tiff", "webp", "avif", "jxl"])
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "gray-alpha"])
def test_profile_agrees_with_the_pixels(directory, kind, out, metadata):
    """A profile for gray on gray alone: WebP and AVIF have none, and get one for RGB that says the same."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(64, 0)
    profile = gray_profile(icc.gamma_curve(1.8))
    if kind == "gray-alpha":
        data = formats.png(np.dstack([ramp, np.full_like(ramp, 255)]), formats.GRAY_ALPHA, before=[formats.iccp(profile)])
    else:
        data = encode(Image.fromarray(ramp), kind, icc_profile=profile)
    made = convert(directory, data, "--profile", "keep", "-f", out, "-q", "100", "--metadata", metadata)
    wanted = to_encoded((ramp / 255) ** (461 / 256)) * 255
    # libjxl decodes what has such a profile to 8 bits of linear light, which leaves little of the shadows
    seen = wanted > 70 if out == "jxl" else wanted >= 0
    assert np.abs(as_png(directory, made)[..., 1] - wanted)[seen].max() < 4
    if out == "jxl":
        return  # where the profile is compressed
    if out == "avif":
        assert boxed_profile(made)[16:20] == b"RGB "
        return
    image = Image.open(io.BytesIO(made))
    if out in ("jpeg", "png", "tiff"):
        assert image.mode in ("L", "LA") and image.info["icc_profile"] == profile
    else:
        assert image.mode == "RGB" and image.info["icc_profile"][16:20] == b"RGB "
        assert np.abs(littlecms(image, image.info["icc_profile"])[..., 1] - wanted).max() < 4


@pytest.mark.parametrize("out", ["webp", "avif"])
def test_gray_profile_that_rgb_cannot_say(directory, out):
    """One of lightness, or of sRGB's curve as metadata: converted, or said for RGB; never for gray."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(64, 0)
    lightness = gray_profile(icc.gamma_curve(1)).replace(b"GRAYXYZ ", b"GRAYLab ")
    made = convert(directory, encode(Image.fromarray(ramp), "png", icc_profile=lightness), "--profile", "keep", "-f", out,
                   "-q", "100")
    assert profile_in(made) is None if out == "webp" else boxed_profile(made) is None
    wanted = srgb_of_lab(np.stack([ramp / 2.55, ramp * 0, ramp * 0], -1))[..., 1]
    assert np.abs(as_png(directory, made)[..., 1] - wanted).max() < 4
    srgb = encode(Image.fromarray(ramp), "png", icc_profile=gray_profile(icc.srgb_curve()))
    made = convert(directory, srgb, "--metadata", "keep", "-f", out, "-q", "100")
    assert (profile_in(made) if out == "webp" else boxed_profile(made))[16:20] == b"RGB "
    assert np.abs(as_png(directory, made)[..., 1].astype(int) - ramp).max() < 4


def test_gif_has_no_place_for_a_profile(directory):
    """Colours that would not be read by their profile any more are converted, whatever is asked for."""
    image, profile = Image.new("RGB", (64, 64), (40, 200, 60)), RGB_PROFILES["display-p3"]
    data = encode(image, "png", icc_profile=profile)
    made = pixels(convert(directory, data, "-f", "gif", "--profile", "keep"))
    assert delta_e(made, littlecms(image, profile)).max() < 1.0


def test_profile_that_is_too_long_for_jpeg(directory):
    """What 255 segments cannot hold is converted, not left to be read as sRGB."""
    image, profile = Image.new("RGB", (64, 64), (40, 200, 60)), RGB_PROFILES["display-p3"]
    size = 255 * 65519
    padded = struct.pack(">I", size) + profile[4:] + bytes(size - len(profile))
    fits = convert(directory, encode(image, "tiff", icc_profile=padded), "-f", "jpeg", "-q", "100", "--profile", "keep")
    assert profile_in(fits) == padded
    long = struct.pack(">I", size + 4) + padded[4:] + bytes(4)
    made = convert(directory, encode(image, "tiff", icc_profile=long), "-f", "jpeg", "-q", "100", "--profile", "keep")
    assert profile_in(made) is None and delta_e(pixels(made), littlecms(image, profile)).max() < 1.5


@every_mode
def test_jpeg_with_its_profile(directory, mode):
    """The short way from JPEG to JPEG takes it as well: the same pixels as those of one without."""
    image = Image.open(TESTDATA / "photos/mountains.jpg")
    for gray in (False, True):
        small = (image.convert("L") if gray else image).resize((600, 400))
        profile = gray_profile(icc.gamma_curve(1.8)) if gray else icc.adobe_rgb()
        (directory / "plain.jpg").write_bytes(encode(small, "jpeg", quality=90))
        (directory / "tagged.jpg").write_bytes(encode(small, "jpeg", quality=90, icc_profile=profile))
        done = directory.run("--profile", "keep", "-s", "300x300", "-o", "out", "plain.jpg", "tagged.jpg", mode=mode)
        assert done.status == 0, done
        plain, tagged = (Image.open(directory / "out" / name) for name in ("plain.jpg", "tagged.jpg"))
        assert (np.asarray(plain) == np.asarray(tagged)).all()
        assert "icc_profile" not in plain.info and tagged.info["icc_profile"] == profile


def test_profile_of_many_segments(directory):
    """A profile over 64 kB lies in several pieces, here out of order on the way in."""
    profile = icc.rgb("large", icc.DISPLAY_P3, icc.srgb_curve())
    head = struct.pack(">I", len(profile) + 400000) + profile[4:]
    profile = head + np.random.default_rng(1).integers(0, 256, 400000, np.uint8).tobytes()
    data = encode(Image.fromarray(chart()), "jpeg", icc_profile=profile)
    assert data.count(b"ICC_PROFILE\0") == 7
    plain = littlecms(Image.open(io.BytesIO(data)), icc.display_p3())
    assert delta_e(as_png(directory, data), plain).max() < 1
    for out in ("jpeg", "png", "webp", "tiff"):
        assert profile_in(convert(directory, data, "--profile", "keep", "-f", out)) == profile
    at = [i for i in range(len(data)) if data.startswith(b"ICC_PROFILE\0", i)]
    missing = data[:at[3] - 4] + data[at[4] - 4:]
    as_png(directory, missing, notes=["profile-broken"])
    twice = data[:at[3] - 4] + data[at[3] - 4:at[4] - 4] + data[at[3] - 4:]
    as_png(directory, twice, notes=["profile-broken"])


def test_profile_of_255_segments(directory):
    profile = icc.display_p3()
    pieces = [profile[i * len(profile) // 255:(i + 1) * len(profile) // 255] for i in range(255)]
    segments = b"".join(b"\xff\xe2" + struct.pack(">H", 16 + len(p)) + b"ICC_PROFILE\0" + bytes([i + 1, 255]) + p
                        for i, p in reversed(list(enumerate(pieces))))
    data = encode(Image.fromarray(chart()), "jpeg")
    data = data[:2] + segments + data[2:]
    assert profile_in(convert(directory, data, "--profile", "keep")) == profile


@pytest.mark.parametrize("out", ["jpeg", "tiff"])
@pytest.mark.parametrize("kind", ["jpeg", "tiff"])
def test_cmyk_is_kept(directory, kind, out):
    inks = Image.fromarray(chart(4, 8, 4), "CMYK")
    for profile in (icc.cmyk(3), None):
        data = encode(inks, kind, **({"icc_profile": profile} if profile else {}))
        made = convert(directory, data, "--profile", "keep", "-f", out, "-q", "100")
        image = Image.open(io.BytesIO(made))
        assert image.mode == "CMYK" and image.info.get("icc_profile") == profile
        assert np.abs(np.asarray(image).astype(int) - np.asarray(Image.open(io.BytesIO(data)))).mean() < 2


def test_cmyk_is_converted_where_it_cannot_be_kept(directory):
    data = encode(Image.fromarray(chart(4, 8, 4), "CMYK"), "tiff", icc_profile=icc.cmyk(3))
    for out in ("png", "webp"):
        made = convert(directory, data, "--profile", "keep", "-f", out)
        assert profile_in(made) is None and Image.open(io.BytesIO(made)).mode in ("RGB", "P")


def test_converted_pictures_carry_no_profile(directory):
    data = encode(Image.fromarray(chart()), "png", icc_profile=icc.display_p3())
    for out in ("png", "jpeg", "webp", "tiff"):
        for metadata in ("strip", "keep"):
            assert profile_in(convert(directory, data, "-f", out, "--metadata", metadata)) is None


def test_profile_of_srgb_is_metadata(directory):
    data = encode(Image.fromarray(chart()), "jpeg", icc_profile=icc.srgb())
    for out in ("jpeg", "png", "webp", "tiff"):
        assert profile_in(convert(directory, data, "-f", out)) is None
        assert profile_in(convert(directory, data, "-f", out, "--metadata", "keep")) == icc.srgb()


# --- 16 bits ----------------------------------------------------------------------------------------


def test_sixteen_bits(directory):
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256)[..., None].repeat(3, 2)
    data = formats.png(deep, formats.RGB, bits=16)
    out = convert(directory, data)
    assert out[24] == 16
    assert chunks(out)[0][1][8] == 16
    reduced = np.asarray(Image.open(io.BytesIO(convert(directory, data, "-f", "webp", "-q", "100",
                                                       notes=["depth-reduced"]))).convert("RGB"))
    assert np.abs(reduced[..., 1] - deep[..., 1] / 257).mean() < 2


def test_sixteen_bits_with_a_profile(directory):
    """Converted in 16 bits: steps finer than 1/255 survive."""
    deep = (chart().astype(np.uint16) * 257).astype(np.uint16)
    wanted = littlecms(Image.fromarray(chart()), icc.display_p3())
    data = formats.png(deep, formats.RGB, bits=16, before=[formats.iccp(icc.display_p3())])
    out = convert(directory, data)
    assert chunks(out)[0][1][8] == 16
    assert delta_e(pixels(out), wanted).max() < 1
    assert delta_e(pixels(convert(directory, data, "-f", "jpeg", "-q", "100", notes=["depth-reduced"])),
                   wanted).mean() < 1.5


def test_alpha_is_not_converted(directory):
    rgba = np.dstack([chart(), np.tile(np.arange(chart().shape[1], dtype=np.uint8) * 2, (chart().shape[0], 1))])
    data = formats.png(rgba, formats.RGBA, before=[formats.iccp(icc.adobe_rgb())])
    out = np.asarray(Image.open(io.BytesIO(convert(directory, data))))
    assert (out[..., 3] == rgba[..., 3]).all()
    assert delta_e(out[..., :3], littlecms(Image.fromarray(chart()), icc.adobe_rgb())).max() < 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("colours", [1, 3])
def test_associated_alpha_is_rounded(directory, colours, kind):
    """TIFF's colours multiplied by alpha: divided, not cut off below; what is opaque stays as it is."""
    top = np.iinfo(kind).max
    alpha = np.arange(256)[:, None, None].repeat(256, 1) * (top // 255)
    colour = np.arange(256)[None, :, None].repeat(256, 0).repeat(colours, 2) * (top // 255)
    multiplied = np.rint(colour * (alpha / top)).astype(kind)
    data = tiff(np.dstack([multiplied, alpha.astype(kind)]), extra=1, photometric=2 if colours == 3 else 1)
    out = convert(directory, data, "-f", "png")
    wanted = np.minimum(np.floor(multiplied.astype(float) * top / np.maximum(alpha, 1) + 0.5), top)
    assert chunks(out)[0][1][8] == 8 * kind().itemsize
    seen = samples(out, colours + 1).astype(float)
    assert (seen[..., -1:] == alpha).all() and (seen[255, :, :-1] == colour[255]).all()
    error = seen[1:, :, :-1] - wanted[1:]
    # at alpha near the maximum a cut of 16 bits can't be told from the floats that it was made of
    assert np.abs(error).max() <= (0 if kind is np.uint8 else 1) and np.abs(error).mean() < 0.001
