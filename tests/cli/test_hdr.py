"""Colours that are told by numbers: converted, brought into what sRGB can show, kept, or at least noted."""

import io
import struct
import tempfile

import numpy as np
import pytest
from PIL import Image

from colour_science import (boxed_profile, chart, chunks, delta_e, encode, formats, icc, littlecms, profile_in, to_encoded)
from conftest import TESTDATA, every_mode, notes_of
from hdr_science import (HLG, PQ, PRIMARIES, WHITE, app, box, cicp, hlg_value, jxl_with_codes, light, mpf, png16, pq_value,
                         tone_mapped, with_coded_numbers, with_nclx, without_nclx)

WHOLE = ("-s", "4000x4000")
NITS = np.array([0, 1, 5, 20, 50, 100, 150, WHITE, 300, 500, 1000])
CURVES = {4: icc.gamma_curve(2.2), 5: icc.gamma_curve(2.8), 8: icc.gamma_curve(1), 13: icc.srgb_curve()}


def noted(record):
    return set(notes_of(record)) - {"grew", "not-enlarged", "changed-format", "depth-reduced"}


def make(directory, data, *arguments, mode=None):
    """What becomes of a file, and what is noted."""
    out = tempfile.mkdtemp(dir=directory.path)
    (directory / "in").write_bytes(data)
    done = directory.run(*WHOLE, "-o", out, *arguments, "in", mode=mode)
    assert done.status == 0, done
    return (directory / out / directory.names(out)[0]).read_bytes(), noted(done.report[0])


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def seen(directory, data, notes, *arguments, mode=None):
    made, told = make(directory, data, "-f", "png", *arguments, mode=mode)
    assert told == set(notes)
    return pixels(made)


def avif(directory, rgb):
    """An AVIF of these values that has numbers."""
    plain = formats.png(rgb, formats.RGB, before=[cicp(9, PQ)])
    made, notes = make(directory, plain, "-f", "avif", "--profile", "keep", "-q", "100", "--lossless")
    assert not notes and made.count(b"colrnclx") == 1
    return made


def ramp(values):
    """A column of 16 pixels of each, gray."""
    return np.asarray(values)[None].repeat(16, 0).repeat(16, 1)[..., None].repeat(3, 2)


# --- primaries and a curve ----------------------------------------------------------------------------


def test_numbers_of_avif(directory):
    data = avif(directory, chart(5, 8))
    plain = seen(directory, with_nclx(data, 1, 13), [])
    image = Image.fromarray(plain.astype(np.uint8))
    for primaries, transfer in [(p, 13) for p in PRIMARIES] + [(12, t) for t in CURVES] + [(1, 5), (9, 8)]:
        profile = icc.rgb("wanted", PRIMARIES[primaries], CURVES[transfer])
        out = seen(directory, with_nclx(data, primaries, transfer), [])
        error = delta_e(out, littlecms(image, profile))
        assert error.max() < 1.0 and error.mean() < 0.2, (primaries, transfer)


@pytest.mark.parametrize("primaries, transfer", [(1, 1), (1, 6), (1, 14), (1, 15), (1, 2), (2, 2), (2, 13), (1, 13)])
def test_numbers_that_mean_srgb(directory, primaries, transfer):
    """Video's curves too: they are made to be seen as they are."""
    data = with_nclx(avif(directory, chart(5, 8)), primaries, transfer)
    made, notes = make(directory, data, "-f", "png", "--profile", "keep", "--metadata", "keep")
    assert not notes and profile_in(made) is None
    assert (pixels(made) == seen(directory, with_nclx(data, 1, 13), [])).all()


@pytest.mark.parametrize("primaries, transfer", [(3, 13), (1, 9), (1, 17), (99, 16), (9, 40), (10, 8)])
def test_numbers_of_no_known_meaning_are_noted(directory, primaries, transfer):
    seen(directory, with_nclx(avif(directory, chart(5, 8)), primaries, transfer), ["colours-unknown"])
    plain = formats.png(chart(5, 8), formats.RGB, before=[cicp(primaries, transfer)])
    assert (seen(directory, plain, ["colours-unknown"]) == chart(5, 8)).all()
    known = formats.png(chart(5, 8), formats.RGB, before=[cicp(primaries, transfer), formats.iccp(icc.srgb())])
    assert (seen(directory, known, []) == chart(5, 8)).all()


def test_values_that_libheif_does_not_undo(directory):
    """ICtCp: older ones hand it out as it is, which is noted; newer ones refuse it."""
    (directory / "a.avif").write_bytes(with_nclx(avif(directory, chart(5, 8)), 9, PQ, 14))
    record = directory.run("-f", "png", "-o", "out", "a.avif").report[0]
    assert "colours-unknown" in record["notes"] or record["status"] == "failed", record


def test_narrow_values_are_noted(directory):
    seen(directory, formats.png(chart(), formats.RGB, before=[cicp(1, 13, full=0)]), ["colours-unknown"])


@every_mode
def test_numbers_become_a_profile(directory, mode):
    """Where they are to be kept: every output says the same colours."""
    data = with_nclx(avif(directory, chart(5, 8)), 12, 13)
    wanted = seen(directory, data, [])
    for out in ("png", "jpeg", "webp", "tiff", "avif", "jxl"):
        more = ["--lossless"] if out in ("webp", "avif", "jxl") else ["-q", "100"]
        made, notes = make(directory, data, "--profile", "keep", "-f", out, *more, mode=mode)
        assert not notes
        if out == "avif":
            assert boxed_profile(made)[16:20] == b"RGB "
        elif out != "jxl":
            assert profile_in(made)[16:20] == b"RGB "
        assert delta_e(seen(directory, made, []), wanted).mean() < 1.0, out


def test_profile_goes_before_numbers_in_avif(directory):
    """And numbers before a profile in PNG: each as its format says."""
    plain = encode(Image.fromarray(chart(5, 8)), "png", icc_profile=icc.display_p3())
    data, _ = make(directory, plain, "-f", "avif", "--profile", "keep", "-q", "100")
    at = data.index(b"colr") - 4
    assert data[at + 8:at + 12] in (b"prof", b"rICC")
    wanted = seen(directory, data, [])
    assert delta_e(wanted, littlecms(Image.fromarray(chart(5, 8)), icc.display_p3())).mean() < 1.5


# --- numbers in the coded picture alone ---------------------------------------------------------------


every_coded = pytest.mark.parametrize("kind", ["avif", "heic"])


def coded(kind, primaries, transfer, matrix=6):
    data = (TESTDATA / ("edge/photo." + kind)).read_bytes()
    return without_nclx(with_coded_numbers(data, primaries, transfer, matrix))


@every_mode
@every_coded
def test_numbers_of_a_coded_picture(directory, mode, kind):
    plain = Image.fromarray(seen(directory, coded(kind, 1, 13), [], mode=mode).astype(np.uint8))
    assert (seen(directory, coded(kind, 2, 2), [], mode=mode) == plain).all()
    for primaries, transfer in ((12, 13), (9, 1), (1, 4)):
        profile = icc.rgb("wanted", PRIMARIES[primaries], CURVES.get(transfer, CURVES[13]))
        out = seen(directory, coded(kind, primaries, transfer), [], mode=mode)
        error = delta_e(out, littlecms(plain, profile))
        assert error.max() < 1.0 and error.mean() < 0.2, (primaries, transfer)
    for transfer in (PQ, HLG):
        out = seen(directory, coded(kind, 9, transfer), ["tone-mapped"], mode=mode)
        assert np.abs(out - tone_mapped(np.asarray(plain) / 255, transfer)).max() < 2
    assert (seen(directory, coded(kind, 3, 13), ["colours-unknown"], mode=mode) == plain).all()


@every_coded
def test_numbers_of_a_coded_picture_are_kept(directory, kind):
    wanted = seen(directory, coded(kind, 12, 13), [])
    made, notes = make(directory, coded(kind, 12, 13), "--profile", "keep", "-f", "png")
    assert not notes and delta_e(seen(directory, made, []), wanted).mean() < 0.2
    made, notes = make(directory, coded(kind, 9, PQ), "--profile", "keep", "-f", "avif", "-q", "90")
    assert not notes and made[made.index(b"colrnclx") + 8:][:4] == bytes([0, 9, 0, PQ])


def test_a_box_goes_before_numbers_of_a_coded_picture(directory):
    """Whatever it says; and a profile before both."""
    data = (TESTDATA / "edge/photo.avif").read_bytes()
    plain = seen(directory, data, [])
    for told in ((1, 13), (2, 2)):
        for inside in ((12, 13), (9, PQ)):
            both = with_nclx(with_coded_numbers(data, *inside), *told)
            assert (seen(directory, both, []) == plain).all()
    both = with_nclx(with_coded_numbers(data, 9, PQ), 12, 13)
    assert (seen(directory, both, []) == seen(directory, coded("avif", 12, 13), [])).all()


# --- PQ and HLG -------------------------------------------------------------------------------------


@pytest.mark.parametrize("top", [100, WHITE, 400, 1000])
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_gray_of_hdr(directory, transfer, top):
    nits = NITS[NITS <= top]
    values = pq_value(nits) if transfer == PQ else hlg_value((nits / 1000) ** (1 / 1.2))
    out = seen(directory, png16(ramp(values), cicp(9, transfer)), ["tone-mapped"])
    assert np.ptp(out, axis=2).max() == 0
    assert np.abs(out - tone_mapped(ramp(values), transfer)).max() < 1
    steps = out[8, 8::16, 0]
    assert (np.diff(steps) > 0).all()
    # BT.2408: white paper, and whatever is darker than the knee as if nothing had been done
    if top >= WHITE:
        assert steps[list(nits).index(WHITE)] >= (255 if top == WHITE else 228)
    assert np.abs(steps[:6] - to_encoded(nits[:6] / WHITE) * 255).max() < 2
    assert steps.max() == (255 if top >= WHITE else steps[-1])


def test_reference_white_is_where_both_have_it():
    assert abs(pq_value(WHITE) - 0.58) < 0.001
    assert abs(hlg_value((WHITE / 1000) ** (1 / 1.2)) - 0.75) < 0.001
    assert abs(light(np.array([0.75] * 3), HLG)[0] - WHITE) < 1


@pytest.mark.parametrize("primaries", [1, 9, 12])
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_colours_of_hdr(directory, transfer, primaries):
    values = chart(6, 4) / 255 * 0.75
    out = seen(directory, png16(values, cicp(primaries, transfer)), ["tone-mapped"])
    assert np.abs(out - tone_mapped(values, transfer, primaries)).max() < 2


@every_mode
def test_hdr_in_every_format_and_mode(directory, mode):
    values = ramp(pq_value(NITS))
    wanted = tone_mapped(values, PQ)
    data = png16(values, cicp(9, PQ))
    for out in ("png", "jpeg", "webp", "tiff", "avif"):
        made, notes = make(directory, data, "-f", out, "-q", "100", mode=mode)
        assert notes == {"tone-mapped"}
        assert np.abs(seen(directory, made, []) - wanted).max() < 6, out


def test_hdr_of_8_bits(directory):
    values = np.rint(ramp(pq_value(NITS)) * 255)
    wanted = tone_mapped(values / 255, PQ)
    assert np.abs(seen(directory, formats.png(values.astype(np.uint8), formats.RGB, before=[cicp(9, PQ)]), ["tone-mapped"])
                  - wanted).max() < 1
    data = avif(directory, values.astype(np.uint8))
    assert np.abs(seen(directory, data, ["tone-mapped"]) - wanted).max() < 6
    assert (seen(directory, with_nclx(data, 2, 16), ["tone-mapped"]) == seen(directory, data, ["tone-mapped"])).all()


def test_hdr_gray_and_alpha(directory):
    values, alpha = np.rint(ramp(pq_value(NITS))[..., 0] * 65535), np.full((16, 16 * len(NITS)), 32896)
    wanted = tone_mapped(ramp(pq_value(NITS)), PQ)[..., 0]
    made, notes = make(directory, formats.png(np.dstack([values, alpha]).astype(np.uint16), formats.GRAY_ALPHA, bits=16,
                                              before=[cicp(9, PQ)]), "-f", "png")
    image = np.asarray(Image.open(io.BytesIO(made)).convert("LA"))
    assert notes == {"tone-mapped"} and (image[..., 1] == 128).all()
    assert np.abs(image[..., 0] - wanted).max() <= 1


def test_hdr_of_jpeg_xl(directory):
    """Known by the numbers in its header: libjxl's profile for them may say nothing of brightness."""
    plain = formats.png(np.rint(ramp(pq_value(NITS)) * 255).astype(np.uint8), formats.RGB)
    data, _ = make(directory, plain, "-f", "jxl", "--lossless")
    wanted = tone_mapped(np.rint(ramp(pq_value(NITS)) * 255) / 255, PQ)
    for primaries in (1, 9, 11):
        assert np.abs(seen(directory, jxl_with_codes(data, primaries, PQ), ["tone-mapped"]) - wanted).max() < 1
    seen(directory, jxl_with_codes(data, 9, HLG), ["tone-mapped"])
    assert (seen(directory, jxl_with_codes(data, 1, 13), []) == pixels(plain)).all()
    at = seen(directory, jxl_with_codes(data, 11, 13), [])
    assert np.ptp(at, axis=2).max() <= 1


def test_hdr_by_a_profile(directory):
    """ICC.1:2022 has a tag for the numbers."""
    plain = icc.rgb("PQ", PRIMARIES[9], icc.gamma_curve(1))
    count = int.from_bytes(plain[128:132], "big")
    entries = [struct.unpack_from(">4sII", plain, 132 + 12 * i) for i in range(count)]
    body = plain[132 + 12 * count:]
    entries = [(tag, at + 12, size) for tag, at, size in entries] + [(b"cicp", 144 + 12 * count + len(body), 12)]
    profile = (plain[:128] + struct.pack(">I", count + 1) + b"".join(struct.pack(">4sII", *entry) for entry in entries)
               + body + b"cicp\0\0\0\0" + bytes([9, PQ, 0, 1]))
    profile = struct.pack(">I", len(profile)) + profile[4:]
    values = np.rint(ramp(pq_value(NITS)) * 255).astype(np.uint8)
    for kind in ("png", "tiff", "webp"):
        data = encode(Image.fromarray(values), kind, icc_profile=profile)
        assert np.abs(seen(directory, data, ["tone-mapped"]) - tone_mapped(values / 255, PQ)).max() < 1
    data = encode(Image.fromarray(values), "tiff", icc_profile=profile)
    made, notes = make(directory, data, "--profile", "keep", "-f", "webp", "--lossless")
    assert not notes and profile_in(made) == profile and (pixels(made) == values).all()


@every_mode
def test_hdr_is_kept_where_numbers_have_a_place(directory, mode):
    values = ramp(pq_value(NITS))
    data = png16(values, cicp(9, PQ))
    made, notes = make(directory, data, "--profile", "keep", mode=mode)
    assert not notes and (b"cICP", bytes([9, PQ, 0, 1])) in chunks(made)
    assert (pixels(made) == pixels(data)).all()
    assert np.abs(seen(directory, made, ["tone-mapped"]) - tone_mapped(values, PQ)).max() < 1
    made, notes = make(directory, data, "--profile", "keep", "-f", "avif", "-q", "100", mode=mode)
    assert not notes and made[made.index(b"colrnclx") + 8:][:4] == bytes([0, 9, 0, PQ])
    assert np.abs(seen(directory, made, ["tone-mapped"]) - tone_mapped(values, PQ)).max() < 8
    for out in ("jpeg", "webp", "tiff", "gif"):
        made, notes = make(directory, data, "--profile", "keep", "-f", out, mode=mode)
        assert notes == {"tone-mapped"} and profile_in(made) is None
    # paint is of sRGB
    made, notes = make(directory, data, "--profile", "keep", "--fit", "pad", "-s", "300x300", "--enlarge", mode=mode)
    assert notes == {"tone-mapped"} and pixels(made)[0, 0].min() == 255


def test_hdr_that_is_resized(directory):
    """In any number of sizes, and in linear light, which is that of the display: white paper stays what it is."""
    data = png16(ramp(pq_value(np.array([50, WHITE, 1000] * 8))), cicp(9, PQ))
    (directory / "a.png").write_bytes(data)
    for arguments in ([], ["--linear"]):
        out = tempfile.mkdtemp(dir=directory.path)
        done = directory.run("-s", "384,192,128", "-o", out, *arguments, "a.png")
        assert done.status == 0 and all("tone-mapped" in record["notes"] for record in done.report)
        for name in directory.names(out):
            image = pixels((directory / out / name).read_bytes())
            step = image.shape[1] // 24
            middle = image[image.shape[0] // 2, step // 2::step, 0][:3]
            assert np.abs(middle - [136, 229, 255]).max() < 6, name


def test_hdr_keeps_16_bits(directory):
    values = np.linspace(0, pq_value(WHITE), 4096)[None].repeat(4, 0)[..., None].repeat(3, 2)
    made, _ = make(directory, png16(values, cicp(9, PQ)))
    assert chunks(made)[0][1][8] == 16


# --- gain maps ----------------------------------------------------------------------------------------


def jpeg(size=64):
    return encode(Image.fromarray(chart(4, size // 8)[:size, :size]), "jpeg")


def xmp(words):
    return app(1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/' "
               b"xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'>" + words + b"</x:xmpmeta>")


ISO = app(2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")
ULTRA = xmp(b'<rdf:Description hdrgm:Version="1.0"/>')
OTHERWISE = app(1, b"http://ns.adobe.com/xap/1.0/\0<rdf:Description xmlns:g = 'http://ns.adobe.com/hdr-gain-map/1.0/'>"
                b"<g:Version>1.0</g:Version></rdf:Description>")
SINGLE = xmp(b"<Container:Item Item:Semantic='GainMap'/>")
APPLE = xmp(b"<apdi:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</apdi:AuxiliaryImageType>")
JPEGS = {
    "otherwise": (OTHERWISE + mpf(1, 2), OTHERWISE, True), "single": (SINGLE, b"", True),
    "ultra": (ULTRA + mpf(1, 2), ULTRA, True), "without-mpf": (ULTRA, ULTRA, True), "iso": (ISO + mpf(1, 2), ISO, True),
    "apple": (mpf(1, 2), APPLE, True), "preview": (mpf(1, 2), b"", False), "gone": (ULTRA, None, False),
    "none": (b"", None, False), "a-namespace": (xmp(b"") + mpf(1, 2), xmp(b""), False)}


@every_mode
@pytest.mark.parametrize("arguments", [(), ("-f", "png"), ("--metadata", "keep")])
def test_gain_map_of_jpeg(directory, arguments, mode):
    for name, (first, second, _) in JPEGS.items():
        data = jpeg()
        data = data[:2] + first + data[2:]
        if second is not None:
            data += jpeg(32)[:2] + second + jpeg(32)[2:]
        (directory / name).write_bytes(data)
    done = directory.run(*WHOLE, "-o", "out", *arguments, *JPEGS, mode=mode)
    assert done.status == 0, done
    for name, (_, _, there) in JPEGS.items():
        assert noted(done.record(name)) == ({"gain-map-dropped"} if there else set()), name


def test_gain_map_of_avif_and_jpeg_xl(directory):
    """An auxiliary picture of Apple's and a box: named where they are, whatever they hold."""
    data = avif(directory, chart(5, 8))
    meta = data.index(b"meta") - 4
    ipco = data.index(b"ipco") - 4
    auxiliary = box(b"auxC", bytes(4) + b"urn:com:apple:photo:2020:aux:hdrgainmap\0")
    at = ipco + int.from_bytes(data[ipco:ipco + 4], "big")
    made = bytearray(data[:at] + auxiliary + data[at:])
    for place in (meta, data.index(b"iprp") - 4, ipco):
        made[place:place + 4] = (int.from_bytes(made[place:place + 4], "big") + len(auxiliary)).to_bytes(4, "big")
    # the picture's place in the file
    iloc = made.index(b"iloc")
    offset = made.index((data.index(b"mdat") + 4).to_bytes(4, "big"), iloc)
    made[offset:offset + 4] = (data.index(b"mdat") + 4 + len(auxiliary)).to_bytes(4, "big")
    assert make(directory, bytes(made), "-f", "png")[1] == {"tone-mapped", "gain-map-dropped"}
    bare, _ = make(directory, formats.png(chart(), formats.RGB), "-f", "jxl", "--metadata", "keep")
    if bare[:2] == b"\xff\x0a":
        bare = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ") + box(b"jxlc", bare)
    assert make(directory, bare)[1] == set()
    assert make(directory, bare + box(b"jhgm", b"\0" * 20))[1] == {"gain-map-dropped"}
    assert make(directory, bare + box(b"brob", b"jhgm" + b"\0" * 20))[1] == {"gain-map-dropped"}
