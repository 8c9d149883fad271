"""PNGs that are made without libvips: the same bytes as with it, whatever the picture and the options.

An interlaced file is for libvips alone, so each picture is written both ways. Both files are of the same
size, because what an output may take depends on that.
"""

import shutil
import struct
import zlib

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from colour_science import formats
from conftest import TESTDATA, every_mode, examples, notes_of
from test_png import chunk, png


# First column and line of each pass, and the steps (ISO/IEC 15948, 8.2).
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
BANDS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def lines(pixels, depth):
    return [row.astype(">u2" if depth == 16 else "u1").tobytes() for row in pixels]


def laced(pixels, depth):
    """The rows of all passes one after another."""
    return [line for x, y, across, down in PASSES for line in lines(pixels[y::down, x::across], depth) if line]


def both(directory, pixels, depth, kind, *chunks):
    """The picture as it may go either way: plain.png and laced.png."""
    height, width = pixels.shape[:2]
    files = [png(width, height, depth, kind, lines(pixels, depth), *chunks),
             png(width, height, depth, kind, laced(pixels, depth), *chunks, interlaced=1)]
    size = max(map(len, files)) + 32
    for name, data in zip(("plain", "laced"), files):
        end = len(data) - 12
        (directory / ("i/%s.png" % name)).write_bytes(data[:end] + chunk(b"prIv", bytes(size - len(data) - 12)) + data[end:])


def either_way(directory, form, *options, mode="serial"):
    """What became of both: the same bytes and notes. Returns why the plain one went by libvips, or ""."""
    done = directory.run("-v", "-f", form, "-o", "out", *options, "i", mode=mode)
    assert done.status == 0, done
    told = {name: line.partition(", by libvips: ")[2] for line in done.err.splitlines() for name in ("plain", "laced")
            if line.startswith("i/%s.png -> " % name)}
    assert told["laced"], done
    notes = {record["source"][2:7]: notes_of(record) for record in done.report}
    files = directory.files("out")
    assert notes["plain"] == notes["laced"], done
    assert len(files) > 1
    for name in files:
        assert files[name.replace("laced", "plain")] == files[name], done
    return told["plain"]


def picture(seed, width, height, bands, depth, smooth):
    random = np.random.default_rng(seed)
    top = 2**depth - 1
    if not smooth:
        return random.integers(0, top + 1, (height, width, bands))
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([(x * (5 + b) + y * (3 + seed % 7)) * (top // 255) % (top + 1) for b in range(bands)], -1)


def profile_chunk():
    data = (TESTDATA / "edge/display-p3.png").read_bytes()
    at = data.index(b"iCCP") - 4
    return data[at:at + 12 + int.from_bytes(data[at:at + 4], "big")]


def forget(directory):
    for name in ("i", "out"):
        shutil.rmtree(directory / name, ignore_errors=True)
    (directory / "i").mkdir()


sides = st.integers(1, 70)
boxes = st.builds("{}x{}".format, sides, sides)
places = st.sampled_from(["centre", "northeast", "west"])
sizes = st.one_of(st.sampled_from([("-s", "50%"), ("-s", "33%"), ("-s", "170%", "--enlarge"), ("-s", "30%,70%,45%"), ("-s", "170%,110%,20%", "--enlarge")]),
                  st.tuples(st.just("-s"), st.lists(boxes, min_size=2, max_size=3, unique=True).map(",".join), st.just("--fit"), st.sampled_from(["contain", "cover", "pad"])),
                  st.tuples(st.just("-s"), boxes, st.just("--fit"), st.sampled_from(["contain", "fill"])),
                  st.tuples(st.just("-s"), boxes, st.just("--enlarge")),
                  st.tuples(st.just("-s"), boxes, st.just("--fit"), st.sampled_from(["cover", "pad"]), st.just("--gravity"), places))
backgrounds = st.sampled_from(["white", "black", "gray", "teal", "transparent"])
filters = st.sampled_from(["lanczos3", "cubic", "nearest"])
kept = st.sampled_from([(), ("--metadata", "keep"), ("--profile", "keep"), ("--metadata", "keep", "--profile", "keep")])
jpegs = st.sampled_from([(), ("-q", "95"), ("-q", "20", "--jpeg-progressive"), ("--jpeg-subsampling", "444")])


@examples(40)
@given(seed=st.integers(0, 999), width=sides, height=sides, kind=st.sampled_from([0, 2, 3, 4, 6]), deep=st.booleans(),
       smooth=st.booleans(), orientation=st.integers(1, 8), profile=st.booleans(), size=sizes, background=backgrounds,
       resampling=filters, keep=kept, jpeg=jpegs, form=st.sampled_from(["jpeg", "png"]))
def test_any_picture_is_made_the_same_either_way(directory, seed, width, height, kind, deep, smooth, orientation, profile, size,
                                                 background, resampling, keep, jpeg, form):
    if form == "png":
        # nothing is smaller than the file's own pixels as they were, which are copied from one that is not interlaced
        assume(orientation > 1 or size[1].endswith("%") and max(width, height) > 1)
    assume(form == "png" or background != "transparent")
    depth = 16 if deep and kind != 3 else 8
    pixels = picture(seed, width, height, BANDS[kind], depth, smooth)
    chunks = [profile_chunk()] if profile and kind in (2, 6) else []
    if kind == 3:
        chunks += [chunk(b"PLTE", np.random.default_rng(seed).bytes(768)), chunk(b"tRNS", bytes(range(0, 256, 4)))]
    if orientation > 1:
        chunks.append(chunk(b"eXIf", formats.exif(orientation)))
    forget(directory)
    both(directory, pixels, depth, kind, *chunks)
    options = [*size, "--filter", resampling, *keep]
    options += ["--background", background] if form == "jpeg" or "pad" in size else []
    either_way(directory, form, *options, *(jpeg if form == "jpeg" else []))


@every_mode
@pytest.mark.parametrize("options, reason", [
    ((), ""), (("--fit", "pad", "--background", "gray"), ""), (("--fit", "cover"), ""),
    (("--linear",), "--linear"), (("--fit", "cover", "--gravity", "attention"), "content-aware crop")], ids=str)
def test_verbose_says_which_way_a_png_went(directory, mode, options, reason):
    forget(directory)
    both(directory, picture(1, 90, 60, 4, 8, True), 8, 6)
    assert either_way(directory, "jpeg", "-s", "40x40", *options, mode=mode) == reason


@pytest.mark.parametrize("orientation", [1, 2, 6])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("profile", [False, True])
def test_opaque_alpha_is_no_loss(directory, orientation, depth, profile):
    """Whatever else is done to the picture, scaled or not, by whichever way."""
    forget(directory)
    pixels = picture(1, 30, 20, 4, depth, True)
    pixels[..., 3] = 2**depth - 1
    chunks = ([profile_chunk()] if profile else []) + [chunk(b"eXIf", formats.exif(orientation))]
    both(directory, pixels, depth, 6, *chunks)
    for size in ("15x15", "100%"):
        done = directory.run("-f", "jpeg", "-s", size, "-o", "out", "i")
        assert {tuple(notes_of(record)) for record in done.report} == {("depth-reduced",) if depth == 16 else ()}, done


def test_time_is_kept(directory, tmp_path):
    forget(directory)
    both(directory, picture(1, 3000, 3000, 3, 8, False), 8, 2)
    done = directory.run("-f", "jpeg", "-s", "100%", "--timeout", "0.001", "-o", "out", "i/plain.png", mode="serial")
    assert done.record("plain.png")["code"] == "timeout", done


def test_damage_is_found_before_anything_is_made_of_it(directory):
    """The data are inflated as lines are asked for; what turns out wrong at its end is judged by libvips all the same."""
    pixels = picture(1, 400, 400, 3, 8, False) % 64
    rows = b"".join(b"\0" + line for line in lines(pixels, 8))
    packed = zlib.compress(rows)
    header = (TESTDATA / "photos/chart.png").read_bytes()[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 400, 8, 2, 0, 0, 0))
    wrong = {"sum": packed[:-1] + bytes([packed[-1] ^ 1]), "more": zlib.compress(rows + rows[:1000]),
             "filter": zlib.compress(rows[:1201 * 300] + b"\7" + rows[1201 * 300 + 1:]), "cut": packed[:len(packed) // 2]}
    forget(directory)
    for name, data in {"good": packed, **wrong}.items():
        (directory / ("i/%s.png" % name)).write_bytes(header + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    for form in ("jpeg", "png"):
        done = directory.run("-f", form, "-s", "100", "-o", form, "i", mode="thread")
        assert {name: (done.record(name + ".png")["code"], "general-way:data" in done.record(name + ".png")["notes"])
                for name in ("good", *wrong)} == {"good": (None, False), "sum": (None, True), "more": (None, True),
                                                  "filter": ("corrupt", True), "cut": ("corrupt", True)}, done
        made = {path.name.partition(".")[0]: path.read_bytes() for path in directory.outputs(form)}
        assert made["sum"] == made["more"] == made["good"] and len(made) == 3
