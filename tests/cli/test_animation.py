"""Animations: every frame, its time and its pixels, where the output can have them."""

import base64
import io
import struct

import numpy
import pytest
from PIL import Image

from conftest import every_mode

BOTH = pytest.mark.parametrize("output", ["gif", "webp"])
DURATIONS = [40, 70, 100, 1000, 30]


def drawn(count, width, height, holes=False):
    """Frames of a ramp with a disc that travels; `holes`: a corner is transparent."""
    y, x = numpy.mgrid[0:height, 0:width]
    for i in range(count):
        frame = numpy.zeros((height, width, 4), numpy.uint8)
        frame[..., 0], frame[..., 1], frame[..., 2] = x * 255 // width, y * 255 // height, i * 255 // max(1, count - 1)
        frame[..., 3] = 255
        frame[(x - (i + .5) * width / count) ** 2 + (y - height / 2) ** 2 < (height / 5) ** 2] = (255, 255, 0, 255)
        if holes:
            frame[:height // 3, :width // 3] = 0
        yield Image.fromarray(frame)


def save(path, images, **options):
    images = list(images)
    path.parent.mkdir(exist_ok=True)
    options.setdefault("duration", DURATIONS[:len(images)])
    options.setdefault("loop", 0)
    images[0].save(path, save_all=True, append_images=images[1:], **options)


def composed(file):
    """What is to be seen of each frame (RGBA) and for how long."""
    image = Image.open(file)
    found = []
    for i in range(image.n_frames):
        image.seek(i)
        found.append((image.convert("RGBA"), image.info.get("duration", 0)))
    return found


def premultiplied(image):
    pixels = numpy.asarray(image).astype(float)
    return numpy.concatenate([pixels[..., :3] * pixels[..., 3:] / 255, pixels[..., 3:]], -1)


def smaller(image, size, box=None):
    """By Pillow, with alpha premultiplied."""
    return image.convert("RGBa").resize(size, Image.LANCZOS, box=box).convert("RGBA")


@every_mode
@BOTH
@pytest.mark.parametrize("source", ["a.gif", "a.webp"])
def test_frames_times_and_pixels_are_kept(directory, mode, output, source):
    save(directory / source, drawn(5, 321, 201), **({"lossless": True} if source == "a.webp" else {}))
    done = directory.run("-s", "160", "-f", output, "--lossless" if output == "webp" else "-q80", "-o", "out", source,
                         mode=mode)
    assert done.status == 0 and done.report[0]["notes"] in ([], ["grew"]), done
    assert (done.report[0]["out_width"], done.report[0]["out_height"]) == (160, 100)
    before, after = composed(directory / source), composed(directory.outputs("out")[0])
    assert [time for _, time in after] == DURATIONS
    for (old, _), (new, _) in zip(before, after):
        assert new.size == (160, 100)
        off = numpy.abs(premultiplied(new) - premultiplied(smaller(old, (160, 100))))
        # GIF has 256 colours for each frame, dithered
        assert off.mean() < (1 if output == "webp" else 6), off.mean()
        assert off[..., 3].max() == 0


@BOTH
@pytest.mark.parametrize("fit, box", [("fill", None), ("cover", (60, 0, 260, 200)), ("pad", None)])
def test_every_fit_is_of_each_frame(directory, output, fit, box):
    """The options are those of struct image_options; where the command line lacks one, so does this test."""
    if b"--fit" not in directory.run("--help", report=False).out:
        pytest.skip("no --fit yet")
    save(directory / "a.webp", drawn(4, 320, 200), lossless=True)
    done = directory.run("--fit", fit, "-s", "80x80", "--lossless" if output == "webp" else "-q80", "-f", output, "-o", "out",
                         "a.webp")
    assert done.status == 0, done
    after = composed(directory.outputs("out")[0])
    assert len(after) == 4
    for (old, _), (new, _) in zip(composed(directory / "a.webp"), after):
        wanted = Image.new("RGBA", (80, 80), "white")
        wanted.paste(smaller(old, (80, 50) if fit == "pad" else (80, 80), box), (0, 15) if fit == "pad" else (0, 0))
        assert numpy.abs(premultiplied(new) - premultiplied(wanted)).mean() < (2 if output == "webp" else 7)


@BOTH
@pytest.mark.parametrize("size", ["100%", "25%"])
def test_nothing_bleeds_from_frame_to_frame(directory, output, size):
    colours = [(255, 0, 0, 255), (0, 0, 255, 255), (0, 255, 0, 255), (0, 0, 0, 255)]
    save(directory / "a.webp", [Image.new("RGBA", (64, 40), colour) for colour in colours], lossless=True)
    done = directory.run("-s", size, "--lossless" if output == "webp" else "-q80", "-f", output, "-o", "out", "a.webp")
    assert done.status == 0, done
    for colour, (frame, _) in zip(colours, composed(directory.outputs("out")[0])):
        assert frame.getcolors() == [(frame.width * frame.height, colour)]


@every_mode
@BOTH
@pytest.mark.parametrize("source", ["a.gif", "a.webp"])
def test_transparent_parts_stay_so(directory, mode, output, source):
    save(directory / source, drawn(4, 240, 150, holes=True), **({"lossless": True} if source == "a.webp" else
                                                               {"disposal": 2}))
    done = directory.run("-s", "120", "-f", output, "--lossless" if output == "webp" else "-q80", "-o", "out", source,
                         mode=mode)
    assert done.status == 0, done
    for frame, _ in composed(directory.outputs("out")[0]):
        alpha = numpy.asarray(frame)[..., 3]
        assert alpha[:22, :36].max() == 0 and alpha[30:].min() == 255 and alpha[:, 45:].min() == 255


def loops(data):
    """How often the file says it is played; 0: for ever."""
    if data[:3] == b"GIF":
        at = data.find(b"NETSCAPE2.0\x03\x01")
        return struct.unpack_from("<H", data, at + 13)[0] + (data[at + 13:at + 15] != b"\0\0") if at > 0 else 1
    return struct.unpack_from("<H", data, data.find(b"ANIM") + 12)[0]


@BOTH
@pytest.mark.parametrize("source", ["a.gif", "a.webp"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_loop_count(directory, output, source, count):
    options = {"loop": count}
    if source == "a.gif" and count:
        # a GIF counts repetitions; one that is played once has no count at all
        options["loop"] = count - 1 if count > 1 else None
    images = list(drawn(3, 64, 40))
    images[0].save(directory / source, save_all=True, append_images=images[1:], duration=50,
                   **{name: value for name, value in options.items() if value is not None})
    assert loops((directory / source).read_bytes()) == count
    done = directory.run("-s", "32", "-f", output, "-o", "out", source)
    assert done.status == 0, done
    assert loops(directory.outputs("out")[0].read_bytes()) == count


@every_mode
def test_a_webp_has_every_time(directory, mode):
    """To the millisecond; what browsers show for 100 ms is not made 100 ms."""
    times = [0, 1, 5, 10, 11, 16, 33, 1000]
    save(directory / "a.webp", drawn(len(times), 64, 40), duration=times, lossless=True)
    assert directory.run("-s", "32", "-o", "out", "a.webp", mode=mode).status == 0
    assert [time for _, time in composed(directory / "out/a.webp")] == times


@BOTH
def test_short_times_of_a_gif_are_kept(directory, output):
    times = [10, 20, 10, 30, 10]
    save(directory / "a.gif", drawn(len(times), 64, 40), duration=times)
    assert directory.run("-s", "32", "-f", output, "-o", "out", "a.gif").status == 0
    assert [time for _, time in composed(directory.outputs("out")[0])] == times


def without_controls(data):
    """The GIF without the blocks that say how long a frame is shown: none is made out."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 128 else 0)
    kept, seen = data[:at], 0
    while data[at] != 0x3b:
        begin, control = at, data[at] == 0x21 and data[at + 1] == 0xf9
        at += 2 if data[at] == 0x21 else 11 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 128 else 0)
        while data[at]:
            at += 1 + data[at]
        at += 1
        kept, seen = kept + (b"" if control else data[begin:at]), seen + control
    assert seen
    return kept + b";"


@every_mode
@BOTH
@pytest.mark.parametrize("controls", [True, False])
def test_no_time_of_a_gif_stays_none(directory, mode, output, controls):
    """Whether a frame says 0 or, as Pillow writes them, nothing."""
    frames, times = list(drawn(4, 64, 40)), [30, 0, 50, 0]
    save(directory / "a.gif", frames, duration=times if controls else 70)
    if not controls:
        (directory / "a.gif").write_bytes(without_controls((directory / "a.gif").read_bytes()))
        times = [0] * 4
    assert directory.run("-s", "32", "-f", output, "-o", "out", "a.gif", mode=mode).status == 0
    assert [time for _, time in composed(directory.outputs("out")[0])] == times


def test_short_times_of_a_webp_are_not_nothing_in_a_gif(directory):
    times = [0, 1, 5, 9, 10]
    save(directory / "a.webp", drawn(len(times), 64, 40), duration=times, lossless=True)
    assert directory.run("-s", "32", "-f", "gif", "-o", "out", "a.webp").status == 0
    assert [time for _, time in composed(directory / "out/a.gif")] == [0, 10, 10, 10, 10]


@every_mode
@BOTH
@pytest.mark.parametrize("alpha", [255, 128])
def test_frames_that_are_all_alike_stay_an_animation(directory, mode, output, alpha):
    """However many of them the encoder makes one."""
    (directory / "a.webp").write_bytes(webp(97, 50, 40, of=(50, 40), alpha=alpha))
    done = directory.run("-s", "25", "-f", output, "--lossless" if output == "webp" else "-q80", "-o", "out", "a.webp",
                         mode=mode)
    assert done.status == 0 and "animation-dropped" not in done.report[0]["notes"], done
    name = directory / "out" / ("a." + output)
    after = composed(name)
    assert len(after) > 1 and sum(time for _, time in after) == 97 * 20
    for frame, _ in after:
        assert frame.size == (25, 20)
        assert output == "gif" or frame.getpixel((24, 19)) == (255, 0, 0, alpha)
    assert loops(name.read_bytes()) == 0


def test_times_of_a_gif_add_up(directory):
    """A GIF counts in hundredths of a second, and browsers take less than two of them for ten."""
    times = [33] * 30 + [16] * 6 + [10, 500]
    save(directory / "a.webp", drawn(len(times), 64, 40), duration=times, lossless=True)
    assert directory.run("-s", "32", "-f", "gif", "-o", "out", "a.webp").status == 0
    after = [time for _, time in composed(directory / "out/a.gif")]
    assert len(after) == len(times)
    assert abs(sum(after[:30]) - 990) <= 10 and set(after[:30]) == {30, 40}
    assert after[30:36] == [20] * 6 and after[36:] in ([10, 500], [10, 490])


@every_mode
@pytest.mark.parametrize("source", ["a.gif", "a.webp", "a.png"])
@pytest.mark.parametrize("output", ["jpeg", "png", "tiff", "avif"])
def test_other_formats_take_the_first_frame(directory, mode, source, output):
    save(directory / source, drawn(3, 64, 40))
    done = directory.run("-s", "32", "-f", output, "-o", "out", source, mode=mode)
    assert done.status == 0 and "animation-dropped" in done.report[0]["notes"], done
    if output == "png":
        new = Image.open(directory.outputs("out")[0])
        assert getattr(new, "n_frames", 1) == 1
        wanted = smaller(composed(directory / source)[0][0], (32, 20))
        assert numpy.abs(premultiplied(new.convert("RGBA")) - premultiplied(wanted)).mean() < 2


@BOTH
def test_an_animated_png_shows_its_first_frame(directory, output):
    save(directory / "a.png", drawn(3, 64, 40))
    done = directory.run("-f", output, "-o", "out", "a.png")
    assert done.status == 0 and "animation-dropped" in done.report[0]["notes"], done
    assert Image.open(directory.outputs("out")[0]).n_frames == 1


@every_mode
def test_the_same_bytes_in_every_mode(directory, mode):
    save(directory / "in/a.gif", drawn(5, 200, 120, holes=True))
    save(directory / "in/b.webp", drawn(5, 200, 120, holes=True))
    for output in ("gif", "webp"):
        assert directory.run("-s", "90", "-f", output, "-o", output, "in", mode="serial").status == 0
        assert directory.run("-s", "90", "-f", output, "-o", output + "2", "in", mode=mode).status == 0
        assert directory.files(output) == directory.files(output + "2")


def test_an_enlarged_one(directory):
    if b"--enlarge" not in directory.run("--help", report=False).out:
        pytest.skip("no --enlarge yet")
    save(directory / "a.gif", drawn(3, 40, 30))
    assert directory.run("--enlarge", "-s", "120", "-o", "out", "a.gif").status == 0
    assert [frame.size for frame, _ in composed(directory / "out/a.gif")] == [(120, 90)] * 3


# --- formats whose first frame is taken -------------------------------------------------------------

# Blue, red, green of 24x16 pixels for 70 ms each, lossless, as cjxl 0.7 makes them of a GIF; and blue alone.
JXL = {
    "bare": "/woDBQFYUFwSCAjgAQAAtABLEgkSGDgEQUiBDRNj8P4x/n/8+DHGOQBgYwcA3ZcONNfjVSELlu2HcjQ+EB8ICOABAACgAEsSCRIYOARBSIEN"
            "E2Pw/jF+/BjjxxjnAIQNvhoQGbsPLNsbvGkMbD4ICOBBAAB4AEsSCRIYOARBSIENE2Mw8WOMcwDCx7MAvo68U4TvAw==",
    "in-boxes": "AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAABKanhscAAAAAD/CgMFAVhQXBIICOABAAC0AEsSCRIYOARBSIENE2Pw/jH+"
                "f/z4McY5AGBjBwDdlw401+NVIQuW7YdyND4QHwAAADxqeGxwAAAAAQgI4AEAAKAASxIJEhg4BEFIgQ0TY/D+MX78GOPHGOcAhA2+GhAZ"
                "uw8s2xu8aQxsPgAAADJqeGxwgAAAAggI4EEAAHgASxIJEhg4BEFIgQ0TYzDxY4xzAMLHswC+jrxThO8D",
    "still": "/woDQUBxIQgCAQCoAEsSCRIYOARBSIENE2PwPjHOTJw4McY5AGBTLwC3dB4016O3JBuW72Q7MQ==",
}


@every_mode
@pytest.mark.parametrize("kind", JXL)
@pytest.mark.parametrize("size", ["100%", "12"])
def test_the_first_frame_of_a_jpeg_xl(directory, mode, kind, size):
    (directory / "a.jxl").write_bytes(base64.b64decode(JXL[kind]))
    done = directory.run("-s", size, "-f", "png", "-o", "out", "a.jxl", mode=mode)
    assert done.status == 0, done
    assert ("animation-dropped" in done.report[0]["notes"]) == (kind != "still")
    assert Image.open(directory / "out/a.png").convert("RGB").getpixel((5, 5)) == (0, 0, 255)


def box(name, *content):
    return struct.pack(">I", 8 + sum(map(len, content))) + name + b"".join(content)


@every_mode
def test_a_sequence_of_avif_is_noted(directory, mode):
    """Its first frame is its still picture as well; that there are others, its track says."""
    save(directory / "a.png", drawn(1, 64, 40))
    if directory.run("-f", "avif", "-o", "made", "a.png").status != 0:
        pytest.skip("no AVIF is written here: install libheif-plugin-aomenc")
    sizes = box(b"stsz", bytes(4), struct.pack(">7I", 0, 5, 9, 9, 9, 9, 9))
    media = box(b"mdia", box(b"hdlr", bytes(8), b"pict", bytes(13)), box(b"minf", box(b"stbl", sizes)))
    data = (directory / "made/a.avif").read_bytes()
    (directory / "a.avif").write_bytes(data + box(b"moov", box(b"trak", media)))
    done = directory.run("-f", "png", "-o", "out", "a.avif", mode=mode)
    if "heif: " in (done.report[0]["error"] or ""):
        pytest.skip("this libheif reads tracks, and wants more of them than is made here")
    assert done.status == 0 and "animation-dropped" in done.report[0]["notes"], done


# --- bad input ----------------------------------------------------------------------------------


def gif(count, width, height, end=b";"):
    """So many frames of one pixel on a canvas."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes([255, 0, 0, 0, 0, 255])
    frame = b"!\xf9\x04\x04\x02\0\0\0," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + frame * count + end


def u24(value):
    return struct.pack("<I", value)[:3]


def webp(count, width, height, x=0, y=0, of=(1, 1), alpha=255):
    """So many frames of one pixel, or more, at x, y, on a canvas, which replace what was there for 20 ms."""
    one = io.BytesIO()
    Image.new("RGBA", of, (255, 0, 0, alpha)).save(one, "WEBP", lossless=True)
    picture = one.getvalue()[one.getvalue().index(b"VP8L"):]
    frame = u24(x // 2) + u24(y // 2) + u24(of[0] - 1) + u24(of[1] - 1) + u24(20) + b"\2" + picture
    body = (b"VP8X" + struct.pack("<I", 10) + bytes([0x12, 0, 0, 0]) + u24(width - 1) + u24(height - 1) +
            b"ANIM" + struct.pack("<IIH", 6, 0, 0) + (b"ANMF" + struct.pack("<I", len(frame)) + frame) * count)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


HOSTILE = {
    "no-frames.gif": (gif(0, 50, 40), "corrupt"),
    "no-frames.webp": (webp(0, 50, 40), "corrupt"),
    "5000-frames.gif": (gif(5000, 50, 40), "too-large"),
    "5000-of-them.webp": (webp(5000, 50, 40), "too-large"),
    "100000-frames.gif": (gif(100000, 1, 1), "too-large"),
    "too-many-lines.webp": (webp(4000, 1, 3000), "too-large"),
    "too-many-pixels-in-all.gif": (gif(2000, 2000, 2000), "too-large"),
    "16383x16383.webp": (webp(3, 16383, 16383), "too-many-pixels"),
    "too-much-memory.webp": (webp(3, 8000, 8000), "too-large"),
    "outside-the-canvas.webp": (webp(3, 50, 40, x=50), "corrupt"),
    "cut.gif": (gif(5, 50, 40, end=b"")[:-2], "truncated"),
    "cut.webp": (webp(5, 50, 40)[:-20], "truncated"),
}


@every_mode
def test_hostile_ones_cost_themselves_alone(directory, mode):
    (directory / "in").mkdir()
    for name, (data, _) in HOSTILE.items():
        (directory / "in" / name).write_bytes(data)
    save(directory / "in/good.gif", drawn(3, 64, 40))
    done = directory.run("-s", "100%", "in", "-o", "out", mode=mode)
    assert done.status == 1, done
    for name, (_, code) in HOSTILE.items():
        record = done.record("/" + name)
        assert (record["status"], record["code"]) == ("failed", code), record
        if code == "too-large":
            assert "--format" in record["error"]
    assert directory.names("out") == ["good.gif"]


@every_mode
def test_the_first_frame_can_be_had(directory, mode):
    """What the error for too many frames says to do."""
    (directory / "in").mkdir()
    taken = ("5000-frames.gif", "5000-of-them.webp", "100000-frames.gif", "too-many-lines.webp")
    for name in taken:
        (directory / "in" / name).write_bytes(HOSTILE[name][0])
    done = directory.run("-f", "png", "-s", "20", "in", "-o", "out", mode=mode)
    assert done.status == 0 and all("animation-dropped" in record["notes"] for record in done.report), done


@every_mode
def test_one_pixel_frames_on_a_large_canvas(directory, mode):
    (directory / "a.webp").write_bytes(webp(3, 3000, 2000, x=2998, y=1998))
    done = directory.run("-s", "300", "--lossless", "-o", "out", "a.webp", mode=mode)
    assert done.status == 0, done
    frame = numpy.asarray(composed(directory / "out/a.webp")[0][0])
    assert frame.shape == (200, 300, 4) and frame[:198, :297, 3].max() == 0


@every_mode
def test_a_cut_animation_keeps_what_there_is_when_asked(directory, mode):
    save(directory / "whole.gif", drawn(5, 200, 120), disposal=2)
    data = (directory / "whole.gif").read_bytes()
    (directory / "a.gif").write_bytes(data[:len(data) * 7 // 10])
    assert directory.run("-s", "100", "-o", "out", "a.gif", mode=mode).report[0]["code"] == "truncated"
    done = directory.run("--fail-on", "none", "-s", "100", "-o", "out", "a.gif", mode=mode)
    assert done.status == 0 and "truncated" in done.report[0]["notes"], done
    after = composed(directory / "out/a.gif")
    assert 2 <= len(after) <= 5
    for (old, _), (new, _) in zip(composed(directory / "whole.gif")[:2], after):
        assert numpy.abs(premultiplied(new) - premultiplied(smaller(old, (100, 60)))).mean() < 6


@pytest.mark.parametrize("mode", ["serial", "process"])
def test_memory_of_large_frames_is_foreseen(directory, mode):
    """Few pixels come out, and the decoder still needs canvas upon canvas: no worker has that much."""
    (directory / "a.webp").write_bytes(webp(3, 8000, 8000))
    done = directory.run("-s", "50x50", "a.webp", mode=mode)
    assert done.status == 1, done
    assert done.report[0]["code"] == "too-large", done
    assert "--format" in done.report[0]["error"]
    if mode == "process":  # as is advised
        assert directory.run("-s", "50x50", "-f", "png", "a.webp", mode=mode).status == 0
