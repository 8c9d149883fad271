"""--plugin: code of the user's own sees every picture, and its faults cost what they should."""

import io
import os
import shutil
import subprocess

import pytest
from PIL import Image

from conftest import PROGRAM, SANITIZER, TOP, every_mode, mode_with_workers, needs_libvips

HERE = TOP / "tests/cli"
EXAMPLES = PROGRAM.rpartition("/")[0] + "/examples/"
PHOTOS = ("photos/city.jpg", "photos/sea.jpg", "photos/chart.png")


def compiled(folder, name, *flags):
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("needs a C compiler")
    library = folder / name
    subprocess.run([compiler, "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-I", TOP / "include", *flags, "-o", library,
                    HERE / "odd_plugin.c"], check=True)
    return library


# One that takes pictures one by one, and one that takes several at a time.
@pytest.fixture(scope="session", params=["pixels", "batch"])
def odd(tmp_path_factory, request):
    flags = ["-DODD_TOGETHER=4"] if request.param == "batch" else []
    return compiled(tmp_path_factory.mktemp("plugin"), "odd.so", *flags)


@pytest.fixture
def photos(directory):
    for source in PHOTOS:
        directory.copy(source, "in/" + source.rpartition("/")[2])
    return directory


def run(directory, plugin, *arguments, mode="process"):
    return directory.run("-o", "out", "--plugin", str(plugin), *arguments, "in", mode=mode)


@every_mode
def test_it_sees_every_picture(photos, odd, mode):
    done = run(photos, f"{odd},tell", mode=mode)
    assert done.status == 0, done
    assert len(done.report) == len(PHOTOS)
    for record in done.report:
        told = record["plugin"]
        assert told["source"] == record["source"]
        assert told["seen-800x600"] == record["out_width"] * 10000 + record["out_height"]
        assert told["format"] == record["format"]
        assert (told["sizes"], told["frame"], told["frames"]) == (1, 0, 1)
        with Image.open(photos / record["output"]) as image:
            assert told["bands"] == len(image.convert("RGB").getbands()) or told["bands"] == len(image.getbands())
            if image.format == "PNG":
                assert told["first"] == image.convert("RGB").getpixel((0, 0))[0]
    # one init for many: a worker that is a process counts its pictures
    assert sum(told["pictures"] == 1 for told in (record["plugin"] for record in done.report)) <= 2


@pytest.mark.parametrize("what", ["", "look", "change"])
def test_one_that_changes_nothing_changes_nothing(photos, odd, what):
    photos.copy("photos/small.webp", "in/small.webp")
    plain = photos.run("-s", "200", "-o", "plain", "in", mode="process")
    done = run(photos, f"{odd},{what}", "-s", "200")
    assert (plain.status, done.status) == (0, 0)
    assert photos.files("out") == photos.files("plain")


@every_mode
@pytest.mark.parametrize("form", ["keep", "jpeg", "png", "webp"])
def test_what_it_paints_is_there(photos, odd, mode, form):
    done = run(photos, f"{odd},paint", "-f", form, mode=mode)
    assert done.status == 0, done
    for record in done.report:
        with Image.open(photos / record["output"]) as image:
            gray = image.convert("L")
            assert max(gray.crop((0, 0, gray.width, gray.height // 2 - 8)).getdata()) < 12
            assert max(gray.crop((0, gray.height // 2 + 8, gray.width, gray.height)).getdata()) > 100


@needs_libvips
def test_frames_of_an_animation(directory, odd):
    frames = [Image.new("RGB", (64, 48), (255, 40 * i, 0)) for i in range(4)]
    (directory / "in").mkdir()
    frames[0].save(directory / "in/a.gif", save_all=True, append_images=frames[1:], duration=50)
    done = run(directory, f"{odd},tell", "-s", "32")
    assert done.status == 0, done
    assert (done.report[0]["plugin"]["frames"], done.report[0]["plugin"]["frame"]) == (4, 3)
    done = run(directory, f"{odd},drop", "-s", "32", "--existing=overwrite")
    assert (done.report[0]["status"], done.report[0]["code"]) == ("skipped", "dropped")


def test_each_size_is_told_apart(photos, odd):
    done = run(photos, f"{odd},tell", "-s", "300,150", "--include=city.jpg")
    told = done.report[0]["plugin"]
    assert {name for name in told if name.startswith("seen-")} == {"seen-300", "seen-150"}
    assert told["sizes"] == 2


def test_a_pipe(photos, odd):
    done = photos.run("--plugin", f"{odd},tell", "-s", "100", "-", stdin=(photos / "in/city.jpg").read_bytes())
    assert done.status == 0 and done.report[0]["plugin"]["source"] == "-"
    with Image.open(io.BytesIO(done.out)) as image:
        assert image.width == 100


@pytest.fixture(scope="session")
def several(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    return {most: compiled(folder, f"odd{most}.so", f"-DODD_TOGETHER={most}") for most in (1, 4, 64)}


def copies(directory, count):
    for number in range(count):
        directory.copy("photos/city.jpg", f"in/{number}.jpg")


@every_mode
@pytest.mark.parametrize("most", [1, 4, 64])
def test_several_at_a_time(directory, several, mode, most):
    copies(directory, 80)
    done = run(directory, f"{several[most]},tell", "-s", "64,40", mode=mode)
    assert done.status == 0
    assert sorted(record["source"] for record in done.report) == sorted(f"in/{number}.jpg" for number in range(80))
    for record in done.report:
        told = record["plugin"]
        assert told["source"] == record["source"]
        assert 1 <= told["together"] <= (1 if mode == "serial" else most)
        assert {"seen-64", "seen-40"} <= set(told)


@every_mode
def test_several_do_come_together(directory, several, mode):
    copies(directory, 40)
    for _ in range(20):
        done = run(directory, f"{several[4]},tell", "-s", "40", "-j1", "--existing=overwrite", mode=mode)
        most = max(record["plugin"]["together"] for record in done.report)
        if mode == "serial" or most > 1:
            break
    assert most > 1 if mode != "serial" else most == 1


@every_mode
def test_the_stack_that_it_is_promised(photos, odd, mode):
    photos.copy("edge/animated.gif", "in/animated.gif")  # shown by the thread that makes it
    done = run(photos, f"{odd},deep", mode=mode)
    assert done.status == 0 and {record["plugin"]["deep"] for record in done.report} == {77}, done


@mode_with_workers
@pytest.mark.parametrize("word, status", [("crash", "crashed"), ("hang", "timeout")])
@pytest.mark.parametrize("retries", [0, 1])
def test_of_several_it_costs_the_guilty(directory, several, mode, word, status, retries):
    copies(directory, 20)
    done = run(directory, f"{several[4]},{word}=/13.jpg", "-s", "40", "--timeout=3", f"--retries={retries}", mode=mode)
    assert done.statuses() == {"ok": 19, status: 1}
    record = done.record("13.jpg")
    assert (record["stage"], record["attempt"]) == ("plugin", retries + 1)
    assert len(directory.names("out")) == 19


def test_several_by_threads_cost_the_guilty(directory, several):
    copies(directory, 20)
    done = run(directory, f"{several[4]},hang=/13.jpg", "-s", "40", "--timeout=3", mode="thread")
    assert done.statuses() == {"ok": 19, "timeout": 1}
    assert done.record("13.jpg")["status"] == "timeout"


def test_of_several_each_has_its_answer(directory, several):
    copies(directory, 20)
    done = run(directory, f"{several[64]},drop=/1", "-s", "40", mode="process")
    assert done.statuses() == {"ok": 9, "skipped": 11}
    assert {record["code"] for record in done.report if "/1" in record["source"]} == {"dropped"}
    assert run(directory, f"{several[4]},fail=/1", "-s", "40", mode="hybrid").statuses()["failed"] == 11


@mode_with_workers
def test_of_several_without_memory_each_is_made_alone(directory, several, mode):
    copies(directory, 6)
    done = run(directory, f"{several[4]},hoard", "-s", "900", "-j1", "--max-memory=256M", mode=mode)
    assert done.statuses() == {"ok": 6}, done.err
    assert {record["attempt"] for record in done.report} == {1}


@pytest.mark.parametrize("flags, said", [
    (["-DODD_TOGETHER=0"], "wants 0 pictures"), (["-DODD_TOGETHER=65"], "wants 65 pictures"),
    (["-DODD_TOGETHER=2", "-DODD_BOTH"], "has both"),
])
def test_what_can_not_be_had_at_a_time(photos, tmp_path, flags, said):
    done = run(photos, compiled(tmp_path, "many.so", *flags))
    assert done.status == 2 and said in done.err
    assert "out" not in photos.names()


@every_mode
def test_what_it_drops(photos, odd, mode):
    done = run(photos, f"{odd},drop=sea", "--failed-list", "failed", mode=mode)
    assert done.status == 0
    record = done.record("sea.jpg")
    assert (record["status"], record["code"]) == ("skipped", "dropped")
    assert record["error"] == "the plugin dropped it: too dull"
    assert photos.names("out") == ["chart.png", "city.jpg"]
    assert (photos / "failed").read_bytes() == b""


def test_what_it_drops_is_not_asked_again(photos, odd):
    """Until the picture, an option or the plugin's arguments change, or all is to be made anew."""
    def dropped(*arguments, word="drop=sea"):
        done = run(photos, f"{odd},{word}", "--explain", *arguments)
        assert done.status == 0 and done.record("chart.png")["status"] in ("ok", "skipped")
        record = done.record("sea.jpg")
        return record["code"], "not asked again" in (record["error"] or ""), record.get("reason")

    assert dropped() == ("dropped", False, None)
    assert dropped() == ("dropped", True, "up-to-date")
    assert photos.run("--list-poison", "-o", "out", report=False).out == b""
    assert dropped("--retry-poison")[1]
    assert not dropped("--existing=overwrite")[1]
    assert not dropped("-q", "71")[1] and dropped("-q", "71")[1]
    photos.copy("photos/flower.jpg", "in/sea.jpg")
    assert not dropped("-q", "71")[1] and dropped("-q", "71")[1]
    assert dropped("-q", "71", word="drop=nothing")[0] is None
    assert os.path.exists(photos / "out/sea.jpg")


@every_mode
def test_what_it_fails(photos, odd, mode):
    done = run(photos, f"{odd},fail=city", mode=mode)
    assert done.status == 1
    record = done.record("city.jpg")
    assert (record["status"], record["code"], record["error"]) == ("failed", "plugin", "the plugin failed: not this one")
    assert "plugin" not in record
    assert photos.names("out") == ["chart.png", "sea.jpg"]


@mode_with_workers
@pytest.mark.parametrize("word, status", [("crash", "crashed"), ("hang", "timeout")])
def test_a_crash_or_hang_costs_its_picture(photos, odd, mode, word, status):
    done = run(photos, f"{odd},{word}=city", "--timeout=3", mode=mode)
    assert done.status == 1
    record = done.record("city.jpg")
    assert (record["status"], record["stage"], record["attempt"]) == (status, "plugin", 2)
    assert photos.names("out") == ["chart.png", "sea.jpg"]
    # like any other that ended its worker it is remembered, until the plugin is another one
    again = run(photos, f"{odd},{word}=city", "--timeout=3", mode=mode)
    assert again.record("city.jpg")["code"] == "poison"
    mended = run(photos, odd, mode=mode)
    assert mended.status == 0 and mended.record("city.jpg")["status"] == "ok"


@mode_with_workers
def test_writing_far_beyond_ends_the_worker(photos, odd, mode):
    done = run(photos, f"{odd},stray=far", "--include=*.jpg", mode=mode)
    assert done.statuses() == {"crashed": 2}
    assert {record["stage"] for record in done.report} == {"plugin"}
    assert photos.names("out") == []


@every_mode
@pytest.mark.parametrize("where", ["before", "just-behind"])
def test_writing_a_byte_beside_is_seen(photos, odd, mode, where):
    # a size whose bytes are no multiple of 16
    done = run(photos, f"{odd},stray={where}", "-s", "101", "--include=city.jpg", mode=mode)
    record = done.report[0]
    assert (record["status"], record["code"]) == ("failed", "plugin") or record["status"] == "crashed"
    assert photos.names("out") == []


@every_mode
def test_it_may_not_change_the_size(photos, odd, mode):
    done = run(photos, f"{odd},resize", mode=mode)
    assert done.statuses() == {"failed": len(PHOTOS)}
    assert {record["code"] for record in done.report} == {"plugin"}
    assert "changed the size" in done.report[0]["error"]
    assert photos.names("out") == []


def test_what_is_no_field_is_refused(photos, odd):
    done = run(photos, f"{odd},tell-wrong", "--include=city.jpg")
    assert done.status == 0
    told = done.report[0]["plugin"]
    assert told == {"hostile": '"}, \\     \u00e9 {"', "pi": 3.25e-7, "again": 2, "refused": 8}


@pytest.mark.parametrize("mode", ["process", "hybrid", "auto"])
def test_a_worker_sees_no_picture_but_its_own(directory, tmp_path_factory, mode):
    """Small ones, of which the next could lie ready for it."""
    plugin = compiled(tmp_path_factory.mktemp("plugin"), "odd.so")
    directory.many(60, folder="in")
    done = run(directory, f"{plugin},next", "-s", "40", "-j1", mode=mode)
    assert len(done.report) == 60
    assert {record["plugin"]["next"] for record in done.report} == {0}


def test_fields_are_bounded(photos, odd):
    done = run(photos, f"{odd},tell-much", "--include=city.jpg")
    assert done.status == 0
    assert 1 <= len(done.report[0]["plugin"]) <= 16


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime opens files: no wall stands")
def test_nothing_can_be_opened_any_more(photos, odd):
    done = run(photos, f"{odd},open", "--include=city.jpg")
    if "workers run without" in done.err:
        pytest.skip("no sandbox here")
    assert done.report[0]["plugin"]["opened"] == 0
    done = run(photos, f"{odd},open", "--include=city.jpg", "--sandbox=off", "--existing=overwrite")
    assert done.report[0]["plugin"]["opened"] == 1


@every_mode
def test_an_init_that_fails_ends_the_run_once(photos, odd, mode):
    done = run(photos, f"{odd},init-fail=/srv/x", mode=mode)
    assert (done.status, done.report) == (3, [])
    assert done.err.count("\n") == 1 and "no model at /srv/x" in done.err and "odd.so" in done.err
    assert photos.names("out") == [] if (photos / "out").exists() else True


@mode_with_workers
@pytest.mark.parametrize("word, said", [("init-crash", "signal 6"), ("init-exit", "exit status 7"),
                                        ("init-hang", "did not get ready")])
def test_an_init_that_does_not_come_back_ends_the_run_once(photos, odd, mode, word, said):
    done = run(photos, f"{odd},{word}", "--timeout=1", mode=mode)
    assert (done.status, done.report) == (3, [])
    assert done.err.count("\n") == 1 and "did not come back from init()" in done.err and said in done.err


@every_mode
def test_another_version_is_refused_before_anything(photos, tmp_path, mode):
    plugin = compiled(tmp_path, "other.so", "-DODD_ABI=999")
    done = run(photos, plugin, mode=mode)
    assert (done.status, done.report) == (2, [])
    assert "version 999" in done.err
    assert not (photos / "out").exists()
    assert photos.run("-n", "--plugin", str(plugin), "in").status == 2


def test_a_crash_when_it_is_loaded_ends_the_run(photos, tmp_path):
    done = run(photos, compiled(tmp_path, "bad.so", "-DODD_CRASHES_WHEN_LOADED"))
    assert (done.status, done.report) == (3, [])
    assert "ended the process that loaded it" in done.err


@pytest.mark.parametrize("name, said", [("in/city.jpg", "cannot be loaded"), ("gone.so", "No such file"),
                                        ("in", "is no file"), (",x", "needs a file"), ("libz", "no br_plugin_entry")])
@pytest.mark.parametrize("mode", ("process", "thread"))
def test_what_is_no_plugin(photos, name, said, mode):
    if name == "libz":
        found = [line.split()[-1] for line in subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True,
                                                             check=True).stdout.splitlines() if "libz.so.1 " in line]
        if not found:
            pytest.skip("no libz here")
        name = found[0]
    done = run(photos, name, mode=mode)
    assert (done.status, done.report) == (2, [])
    assert said in done.err


def test_it_is_part_of_what_an_output_was_made_with(photos, odd, tmp_path):
    plugin = tmp_path / "mine.so"
    shutil.copy(odd, plugin)
    assert run(photos, plugin).statuses() == {"ok": len(PHOTOS)}
    assert run(photos, plugin).statuses() == {"skipped": len(PHOTOS)}
    done = run(photos, f"{plugin},look", "-n", "--explain")
    assert {record["explanation"] for record in done.report} == {"--plugin has another value"}
    assert run(photos, f"{plugin},look").statuses() == {"ok": len(PHOTOS)}
    compiled(tmp_path, "mine.so", "-DODD=1", "-O2")
    assert run(photos, f"{plugin},look").statuses() == {"ok": len(PHOTOS)}
    assert run(photos, f"{plugin},look").statuses() == {"skipped": len(PHOTOS)}
    done = photos.run("-o", "out", "-n", "--explain", "in")
    assert {record["explanation"] for record in done.report} == {"--plugin is gone"}


def test_a_stranger_may_not_name_one(photos, odd):
    """Not in the defaults that lie among sources."""
    (photos / "in/.batchresize.conf").write_text(f"plugin = {odd},crash\n")
    done = photos.run("-o", "out", "in")
    assert all(record["status"] != "crashed" for record in done.report)
    assert done.status == 2 or "plugin" in done.err


# --- the examples ---------------------------------------------------------------------------------


def test_watermark(photos):
    """It is short, and there is nothing but the word in its corner."""
    assert len((TOP / "tests/examples/plugins/watermark.c").read_text().splitlines()) <= 60
    plain = photos.run("-o", "plain", "in", mode="process")
    done = run(photos, EXAMPLES + "watermark.so,(C) 2026 Me")
    assert (plain.status, done.status) == (0, 0), done
    for name in photos.names("out"):
        with Image.open(photos / "plain" / name) as before, Image.open(photos / "out" / name) as after:
            before, after = before.convert("L"), after.convert("L")
            assert list(before.crop((0, 0, before.width, before.height // 2)).getdata()) == \
                list(after.crop((0, 0, after.width, after.height // 2)).getdata())
            corner = (before.width - 40 * (before.height // 100 + 1), before.height - 6 * (before.height // 100 + 1),
                      before.width, before.height)
            assert sum(after.crop(corner).getdata()) > sum(before.crop(corner).getdata())
    assert run(photos, EXAMPLES + "watermark.so").status == 3


def fetched(name):
    """The path of an example's model, fetched once into .deps/ beside the sources."""
    if not os.path.exists(f"{EXAMPLES}{name}.so"):
        pytest.skip("needs ONNX Runtime (libonnxruntime-dev) or OpenCV (libopencv-dnn-dev) when it is built: "
                    "scripts/install-deps inference")
    path = TOP / f".deps/{name}.onnx"
    done = subprocess.run([TOP / "scripts/fetch-model", name, path], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip("the model cannot be fetched: " + (done.stderr.strip() or "no npm, or no network")[-200:])
    return path


@pytest.fixture(scope="session")
def model():
    return fetched("faces")


@pytest.fixture(scope="session")
def moderator():
    return fetched("moderate")


@every_mode
def test_inference(photos, model, mode):
    """What the model says here is what it says in Python of the same pixels."""
    done = run(photos, f"{EXAMPLES}faces.so,{model}", "-s", "128x128", "--fit=pad", "-f", "png", mode=mode)
    assert done.status == 0, done
    for record in done.report:
        assert record["plugin"]["faces"] >= 0
        assert 0 <= record["plugin"]["score"] <= 1
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    net = cv2.dnn.readNetFromONNX(str(model))
    for record in done.report:
        with Image.open(photos / record["output"]) as image:
            pixels = numpy.asarray(image.convert("RGB"), numpy.float32) / 127.5 - 1
        net.setInput(pixels[None])
        scores = net.forward(net.getUnconnectedOutLayersNames())[:2]
        best = max(float(one.max()) for one in scores)
        assert abs(1 / (1 + numpy.exp(-best)) - record["plugin"]["score"]) < 1e-3


def test_inference_drops_what_has_no_face(photos, model):
    done = run(photos, f"{EXAMPLES}faces.so,{model},drop", "-s", "128x128", "--fit=pad")
    assert done.status == 0
    for record in done.report:
        assert (record["code"] == "dropped") == (not os.path.exists(photos / record["output"]))
    assert run(photos, f"{EXAMPLES}faces.so,nothing.onnx").status == 3


@pytest.mark.parametrize("mode", ("process", "thread"))
def test_inference_of_several_at_a_time(photos, moderator, mode):
    """What the model says of eight pictures that it sees at once is what it says of each in Python."""
    done = run(photos, f"{EXAMPLES}moderate.so,{moderator}", "-s", "224x224", "--fit=pad", "-f", "png", mode=mode)
    assert done.status == 0 and done.report, done
    cv2 = pytest.importorskip("cv2")
    net = cv2.dnn.readNetFromONNX(str(moderator))
    for record in done.report:
        net.setInput(cv2.dnn.blobFromImage(cv2.imread(str(photos / record["output"])), 1 / 255, swapRB=True))
        drawing, hentai, neutral, porn, sexy = map(float, net.forward()[0])
        unsafe = hentai + porn + sexy
        assert abs(unsafe - record["plugin"]["unsafe"]) < 1e-5
        assert record["plugin"]["kind"] == max((drawing, "drawing"), (neutral, "neutral"), (unsafe, "unsafe"))[1]


def test_moderation_drops_what_is_unsafe(photos, moderator):
    done = run(photos, f"{EXAMPLES}moderate.so,{moderator},drop", "-s", "224x224", "--fit=pad")
    assert done.status == 0 and done.report
    for record in done.report:
        assert (record["code"] == "dropped") == (record["plugin"]["kind"] == "unsafe")
        assert (record["code"] == "dropped") == (not os.path.exists(photos / record["output"]))
    # BlazeFace has four answers, and this plugin wants one.
    assert run(photos, f"{EXAMPLES}moderate.so,{fetched('faces')}").status == 3
