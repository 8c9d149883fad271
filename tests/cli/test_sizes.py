"""Several sizes of each picture: all or none, what they are called, what is told of them."""

import base64
import html.parser
import json
import os
import re
import resource
import signal
import subprocess
import urllib.parse

import pytest

from conftest import (DEADLINE, SANITIZER, TESTDATA, Process, assert_whole, every_mode, mode_with_workers, size_of,
                      stop_busy_worker, wait_for)

SIZES = "320,640,1280"
MADE = {"320": (320, 213), "640": (640, 427), "1280": (1280, 853)}  # of photos/mountains.jpg, 1440x960
ODD = [b"space d.jpg", b"quo'te\".jpg", b"new\nline.jpg", b"\xff\xfe.jpg", b"a&b<c>;,%20.jpg", b"-dash.jpg", b"{size}.jpg", b"...jpg"]


def made_names(*stems):
    return sorted("%s-%s.jpg" % (stem, size) for stem in stems for size in MADE)


def make(directory, name, data):
    path = os.path.join(os.fsencode(directory.path), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data)


# --- what is made -------------------------------------------------------------------------------


@every_mode
def test_each_size_is_a_picture_of_its_own(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/sub/b.jpg")
    done = directory.run("-s", SIZES, "images", mode=mode)
    assert done.status == 0, done
    assert directory.names("resized_images") == made_names("a", "sub/b")
    for size, sides in MADE.items():
        assert size_of(directory / ("resized_images/a-%s.jpg" % size)) == sides
    record = done.record("a.jpg")
    assert [(output["output"], output["width"], output["height"]) for output in record["outputs"]] == \
        [("resized_images/a-%s.jpg" % size, *MADE[size]) for size in MADE]
    for output in record["outputs"]:
        assert output["bytes"] == os.path.getsize(directory / output["output"])
    largest = record["outputs"][2]
    assert (record["output"], record["out_width"], record["out_height"], record["bytes_out"]) == \
        (largest["output"], largest["width"], largest["height"], largest["bytes"])


def test_modes_make_the_same_bytes(directory):
    for name in ("photos/mountains.jpg", "photos/flower.jpg", "edge/jpeg-444.jpg", "edge/1x1.jpg"):
        directory.copy(name, "images/" + os.path.basename(name))
    made = []
    for mode in ("serial", "thread", "process", "hybrid"):
        assert directory.run("-s", "10%,64x64,x200,800x600", "-o", mode, "images", mode=mode).status == 0
        made.append(directory.files(mode))
    assert made[0] and all(other == made[0] for other in made[1:])


def test_a_single_size_is_called_as_ever(directory):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    done = directory.run("-s", "320", "images", "images/a.jpg")
    assert done.status == 0 and "outputs" not in done.report[0]
    assert directory.names() == ["images/a.jpg", "images/resized_a.jpg", "resized_images/a.jpg"]


def test_listed_files_have_their_outputs_beside_them(directory):
    directory.copy("photos/mountains.jpg", "a.jpg", "images/b.jpg")
    assert directory.run("-s", SIZES, "a.jpg", "images/b.jpg").status == 0
    assert directory.names() == sorted(["a.jpg", "images/b.jpg"] + made_names("resized_a", "images/resized_b"))


@every_mode
def test_sizes_that_come_to_the_same_are_left_out(directory, mode):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    width, height = size_of(TESTDATA / "edge/jpeg-444.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/a-9000.jpg")
    done = directory.run("-s", "8,8000,9000", "images", mode=mode)
    assert done.status == 0 and "size-skipped" in done.report[0]["notes"], done
    assert [output["width"] for output in done.report[0]["outputs"]] == [8, width]
    assert size_of(directory / "resized_images/a-8000.jpg") == (width, height)
    assert size_of(directory / "resized_images/a-9000.jpg") == (1, 1), "an older file stays"


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("template, expected", [
    ("{dir}/{stem}_{size}.{ext}", ["sub/a_320.jpg", "sub/a_x100.jpg"]),
    ("{size}/{stem}.{ext}", ["sub/320/a.jpg", "sub/x100/a.jpg"]),
    ("{stem}/{width}x{height}.{ext}", ["sub/a/150x100.jpg", "sub/a/320x213.jpg"]),
    ("{{{stem}}} {width}", ["sub/{a} 150", "sub/{a} 320"]),
])
def test_templates(directory, template, expected):
    directory.copy("photos/mountains.jpg", "images/sub/a.jpg")
    done = directory.run("-s", "320,x100", "--name", template, "-o", "out", "images")
    assert done.status == 0, done
    assert directory.names("out") == expected


def test_template_and_format(directory):
    directory.copy("photos/mountains.jpg", "images/a.JPG", "images/b")
    done = directory.run("-s", "320", "-f", "webp", "--name", "{stem}@{size}.{ext}", "-o", "out", "images")
    assert done.status == 0 and directory.names("out") == ["a@320.webp", "b@320.webp"]
    assert all("changed-format" not in record["notes"] for record in done.report)


@pytest.mark.parametrize("template", ["../{stem}-{size}.{ext}", "/tmp/{stem}-{size}", "{stem}/../../{size}", "{dir}/..",
                                      "{size}/{ext}", "{stem}{width}", "{width}/{stem}", "{sizes}", "{stem}", ""])
def test_templates_that_make_no_sense(directory, template):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run("-s", "320,640", "--name", template, "-o", "out", "images")
    assert done.status == 2 and "--name" in done.err and len(done.err.splitlines()) == 1, done
    assert directory.names() == ["images/a.jpg"]


@every_mode
def test_odd_names(directory, mode):
    data = (TESTDATA / "edge/jpeg-444.jpg").read_bytes()
    for name in ODD:
        make(directory, b"images/" + name, data)
    done = directory.run("-s", "7,9", "-o", "out", "--print", "-0", "--hidden", "images", mode=mode)
    assert done.status == 0, done
    stems = [name[:-4] if name != b"...jpg" else name for name in ODD]
    expected = {b"out/" + stem + b"-" + size + (b".jpg" if stem != b"...jpg" else b"") for stem in stems for size in (b"7", b"9")}
    assert set(done.out.split(b"\0")) == expected | {b""}
    assert {b"out/" + os.fsencode(path.name) for path in directory.outputs("out")} == expected
    told = set()
    for record in done.report:
        for output in record["outputs"]:
            told.add(base64.b64decode(output["output_bytes"]) if "output_bytes" in output else os.fsencode(output["output"]))
    assert told == expected


def test_two_sizes_of_one_name(directory):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "images/b.jpg")
    done = directory.run("-s", "320,320x9000", "--name", "{stem}-{width}.{ext}", "images")
    assert done.status == 1 and done.record("a.jpg")["code"] == "collision", done
    assert done.record("b.jpg")["status"] == "ok" and directory.names("resized_images") == ["b-1.jpg"]


# --- collisions ---------------------------------------------------------------------------------


@every_mode
def test_a_size_of_one_that_is_another_source(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "images/a-320.jpg")
    before = directory.files("images")
    done = directory.run("-s", "320,640", "-o", "images", "images/", mode=mode)
    assert done.status == 1 and done.record("/a.jpg")["code"] == "output-is-source", done
    assert done.record("a-320.jpg")["status"] == "ok"
    after = directory.files("images")
    assert all(after[name] == digest for name, digest in before.items())
    assert sorted(after) == ["a-320-320.jpg", "a-320.jpg", "a.jpg"]


@every_mode
def test_a_width_that_makes_it_another_source(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/1x1.jpg", "images/a-640.jpg")
    before = directory.files("images")
    done = directory.run("-s", "320,640", "--name", "{stem}-{width}.{ext}", "-o", "images", "images/", mode=mode)
    assert done.status == 1 and done.record("/a.jpg")["code"] == "output-is-source", done
    assert directory.names("images") == ["a-640-1.jpg", "a-640.jpg", "a.jpg"]
    assert directory.files("images")["a-640.jpg"] == before["a-640.jpg"]


def test_sizes_of_different_sources_that_collide(directory):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/a1.jpg", "images/b.jpg")
    done = directory.run("-s", "320,1320", "--name", "{stem}{size}.{ext}", "-o", "out", "images")
    assert done.status == 1 and done.statuses() == {"failed": 2, "ok": 1}, done
    assert "a1.jpg" in done.record("/a.jpg")["error"]
    assert directory.names("out") == ["b1320.jpg", "b320.jpg"]


# --- all or none --------------------------------------------------------------------------------


@every_mode
def test_one_name_that_cannot_be_had_takes_all_back(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/b.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/a-320.jpg")
    (directory / "resized_images/a-1280.jpg").mkdir()
    done = directory.run("-s", SIZES, "images", mode=mode)
    assert done.status == 1 and done.record("a.jpg")["status"] == "failed", done
    assert done.record("a.jpg")["outputs"] == []
    assert directory.names("resized_images") == sorted(["a-320.jpg"] + made_names("b"))
    assert size_of(directory / "resized_images/a-320.jpg") == (1, 1)
    assert_whole(directory / "resized_images")


@every_mode
@pytest.mark.parametrize("existing", ["overwrite", "update"])
def test_older_outputs_are_replaced_together(directory, mode, existing):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    for size in MADE:
        directory.copy("edge/1x1.jpg", "resized_images/a-%s.jpg" % size)
        os.utime(directory / ("resized_images/a-%s.jpg" % size), (1000, 1000))
    done = directory.run("-s", SIZES, "--existing", existing, "--fsync", "images", mode=mode)
    assert done.status == 0, done
    assert directory.names("resized_images") == made_names("a")
    assert assert_whole(directory / "resized_images") == 3
    assert size_of(directory / "resized_images/a-640.jpg") == MADE["640"]


@every_mode
def test_damage_publishes_nothing(directory, mode):
    data = (TESTDATA / "photos/mountains.jpg").read_bytes()
    make(directory, b"images/a.jpg", data[:len(data) // 2])
    done = directory.run("-s", SIZES, "images", mode=mode)
    assert done.status == 1 and done.report[0]["code"] == "truncated", done
    assert directory.names() == ["images/a.jpg"]


@pytest.fixture
def small_disk(directory):
    """A file system of one megabyte, mounted at ./disk."""
    path = directory / "disk"
    path.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], check=False).returncode:
        pytest.skip("needs the right to mount")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


@every_mode
def test_a_full_disk_has_whole_sets_only(directory, mode, small_disk):
    directory.many(30)
    done = directory.run("-s", SIZES, "-o", "disk", "images", mode=mode)
    assert done.status == 3 and "No space left" in done.err, done
    made = directory.names("disk")
    assert len(made) == assert_whole(small_disk)
    assert made == made_names(*(os.path.basename(record["source"])[:-4] for record in done.report if record["status"] == "ok"))


@mode_with_workers
@pytest.mark.skipif(SANITIZER != "", reason="a sanitizer's own work looks like a worker's")
def test_a_killed_worker_leaves_nothing(directory, mode):
    directory.many(40)
    run = directory.start("-s", SIZES, "--retries", "0", "--report", "report", "images", mode=mode)
    worker = stop_busy_worker(Process(run.pid), mode)
    worker.signal(signal.SIGKILL)
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 1, err
    records = [json.loads(line) for line in (directory / "report").read_text().splitlines()]
    crashed = [record for record in records if record["status"] == "crashed"]
    assert len(records) == 40 and len(crashed) == 1 and crashed[0]["signal"] == signal.SIGKILL
    assert assert_whole(directory / "resized_images") == 39 * 3
    stem = os.path.basename(crashed[0]["source"])[:-4]
    assert not list((directory / "resized_images").glob(stem + "*"))


@every_mode
def test_the_program_killed_leaves_whole_files_only(directory, mode):
    directory.many(300)
    run = directory.start("-s", SIZES, "images", mode=mode)
    wait_for(lambda: len(list(directory.path.glob("resized_images/*-320.jpg"))) > 5, "outputs")
    run.kill()
    run.communicate(timeout=DEADLINE)
    assert_whole(directory / "resized_images")


def test_an_interrupt_leaves_whole_sets(directory):
    directory.many(300)
    run = directory.start("-s", SIZES, "--srcset", "list.json", "images")
    wait_for(lambda: len(list(directory.path.glob("resized_images/*-320.jpg"))) > 5, "outputs")
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=DEADLINE)
    assert run.returncode == -signal.SIGINT
    sets = {}
    for name in directory.names("resized_images"):
        sets.setdefault(name.split("-")[0], []).append(name)
    assert sets and all(len(names) == 3 for names in sets.values())
    assert not (directory / "list.json").exists(), "half a list is none"


@pytest.mark.skipif(SANITIZER != "", reason="a sanitizer opens files of its own")
@every_mode
def test_few_descriptors_are_enough(directory, mode):
    directory.many(60)
    sizes = ",".join(str(20 * size) for size in range(1, 17))
    done = directory.run("-s", sizes, "-o", "out", "images", mode=mode,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (112, 112)))
    assert done.status == 0, done
    assert len(directory.names("out")) == 60 * 16


# --- outputs that exist -------------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("existing", ["skip", "update"])
def test_a_second_run_does_nothing(directory, mode, existing):
    """Also for a picture that is too small for some sizes, which will never be there."""
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/jpeg-444.jpg", "images/small.jpg")
    options = ("-s", "8,1280,2000,3000", "--existing", existing, "images")
    done = directory.run(*options, mode=mode)
    assert done.status == 0 and done.statuses() == {"ok": 2}, done
    made = directory.files("resized_images")
    assert len(made) == 3 + 2, "1440 pixels, and less than 1280"
    done = directory.run(*options, mode=mode)
    assert done.status == 0 and done.statuses() == {"skipped": 2}, done
    assert all(record["outputs"] == [] and record["code"] == "skipped" for record in done.report)
    os.unlink(directory / "resized_images/a-8.jpg")
    done = directory.run(*options, mode=mode)
    assert done.statuses() == {"ok": 1, "skipped": 1} and done.record("/a.jpg")["status"] == "ok", done
    assert directory.files("resized_images") == made


@every_mode
def test_update_looks_at_every_size(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/b.jpg")
    options = ("-s", SIZES, "--existing", "update", "images")
    assert directory.run(*options, mode=mode).status == 0
    os.utime(directory / "resized_images/b-640.jpg", (1000, 1000))
    done = directory.run(*options, mode=mode)
    assert done.status == 0 and done.record("a.jpg")["status"] == "skipped", done
    assert done.record("b.jpg")["status"] == "ok"
    assert (directory / "resized_images/b-640.jpg").stat().st_mtime > 2000


@every_mode
def test_existing_error_counts_what_would_be_made(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("edge/jpeg-444.jpg", "images/small.jpg")
    directory.copy("edge/1x1.jpg", "resized_images/a-1280.jpg", "resized_images/small-3000.jpg")
    done = directory.run("-s", "8,1280,3000", "--existing", "error", "images", mode=mode)
    assert done.status == 1 and done.record("/a.jpg")["code"] == "exists", done
    assert done.record("small.jpg")["status"] == "ok"
    assert directory.names("resized_images") == ["a-1280.jpg", "small-1280.jpg", "small-3000.jpg", "small-8.jpg"]
    assert size_of(directory / "resized_images/small-3000.jpg") == (1, 1)


@every_mode
def test_names_known_late_are_skipped_late(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    options = ("-s", "320,640", "--name", "{stem}-{width}.{ext}", "images")
    assert directory.run(*options, mode=mode).status == 0
    made = directory.files("resized_images")
    assert sorted(made) == ["a-320.jpg", "a-640.jpg"]
    assert directory.run("--existing", "skip", *options, mode=mode).statuses() == {"skipped": 1}
    assert directory.run("--existing", "error", *options, mode=mode).report[0]["code"] == "exists"
    assert directory.files("resized_images") == made


# --- what is told -------------------------------------------------------------------------------


@every_mode
def test_every_path_is_printed(directory, mode):
    directory.copy("photos/mountains.jpg", "images/a.jpg", "images/b.jpg")
    directory.copy("broken/text.jpg", "images/bad.jpg")
    done = directory.run("-s", SIZES, "--print", "images", mode=mode)
    assert sorted(done.out.decode().splitlines()) == ["resized_images/" + name for name in made_names("a", "b")]
    line = done.err.splitlines()[-1]
    assert "3 images" in line and "2 resized into 6 files" in line and "1 failed" in line, line


def test_every_planned_path_is_shown(directory):
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    directory.copy("photos/mountains.jpg", "resized_images/b-320.jpg", "resized_images/b-640.jpg")
    directory.copy("edge/1x1.jpg", "images/b.jpg")
    done = directory.run("-n", "-s", "320,640", "--existing", "skip", "images")
    assert done.out.decode().splitlines() == ["images/a.jpg -> resized_images/a-320.jpg",
                                              "images/a.jpg -> resized_images/a-640.jpg"]
    assert done.statuses() == {"planned": 1, "skipped": 1}
    assert [output["output"] for output in done.record("a.jpg")["outputs"]] == \
        ["resized_images/a-320.jpg", "resized_images/a-640.jpg"]
    assert "1 image to resize into 2 files" in done.err
    done = directory.run("-n", "-0", "-s", "320,640", "--name", "{stem}-{width}.{ext}", "images/a.jpg", report=False)
    assert done.out == b"images/a.jpg\0images/a-{width}.jpg\0" * 2
    assert sorted(directory.names()) == ["images/a.jpg", "images/b.jpg", "resized_images/b-320.jpg", "resized_images/b-640.jpg"]


def test_a_pipe_takes_one_size(directory):
    done = directory.run("-s", "320,640", "-", stdin=(TESTDATA / "edge/1x1.jpg").read_bytes(), report=False)
    assert done.status == 2 and done.out == b"" and "one size" in done.err


# --- srcset -------------------------------------------------------------------------------------


class Images(html.parser.HTMLParser):
    """The attributes of every tag, which are to be <img>."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert tag == "img" and len(attrs) == len(dict(attrs))
        self.found.append(dict(attrs))

    def handle_data(self, data):
        pytest.fail("text beside the tag: %r" % data)


def candidates(srcset):
    """URL -> width, as a browser reads the attribute where no URL has blanks or commas at its ends."""
    return {url: int(width[:-1]) for url, width in (part.split(" ") for part in srcset.split(", "))}


def path_of(entry, name="path"):
    exact = entry.get(name + "_bytes")
    return base64.b64decode(exact) if exact else os.fsencode(entry[name])


@every_mode
@pytest.mark.parametrize("file, output", [("out/list.json", "out"), ("lists/new/list.json", "./out/deep/.."),
                                          ("list.json", None)])
def test_srcset(directory, mode, file, output):
    data = (TESTDATA / "edge/jpeg-444.jpg").read_bytes()
    for name in ODD:
        make(directory, b"images/sub dir/" + name, data)
    make(directory, b"images/bad.jpg", b"no picture")
    sizes = ("-s", "9,7,8000,9000,7x7000", "--hidden")
    done = directory.run(*sizes, "--srcset", file, *(["-o", output] if output else []), "images", mode=mode)
    assert done.status == 1, done
    entries = json.loads((directory / file).read_text())
    assert sorted(path_of(entry, "source") for entry in entries) == sorted(b"images/sub dir/" + name for name in ODD)
    base = os.path.dirname(os.path.join(os.fsencode(directory.path), os.fsencode(file)))
    for entry in entries:
        assert [key for key in entry if not key.endswith("_bytes")] == ["source", "images", "srcset", "html"]
        widths = [image["width"] for image in entry["images"]]
        assert widths == sorted(widths) and widths[0] == widths[1] == 7
        for image in entry["images"]:
            path = os.path.join(base, path_of(image))
            assert size_of(os.fsdecode(path)) == (image["width"], image["height"])
            assert os.path.getsize(path) == image["bytes"] and image["type"] == "image/jpeg"
        images = Images(entry["html"]).found
        assert len(images) == 1 and images[0]["srcset"] == entry["srcset"]
        assert images[0]["alt"] == "" and images[0]["sizes"] == "100vw"
        assert (int(images[0]["width"]), int(images[0]["height"])) == (widths[-1], entry["images"][-1]["height"])
        urls = candidates(entry["srcset"])
        assert sorted(urls.values()) == sorted(set(widths)) and urls[images[0]["src"]] == widths[-1]
        for url, width in urls.items():
            assert re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", url)
            path = os.path.join(base, urllib.parse.unquote_to_bytes(url))
            assert size_of(os.fsdecode(path))[0] == width


def test_srcset_replaces_only_its_like(directory):
    directory.copy("edge/1x1.jpg", "a.jpg", "b.jpg")
    before = directory.files()
    done = directory.run("--srcset", "a.jpg", "b.jpg", report=False)
    assert done.status == 2 and "--srcset" in done.err and directory.files() == before, done
    for _ in range(2):
        done = directory.run("--existing", "skip", "--srcset", "list.json", "b.jpg", report=False)
        assert done.status == 0 and len(json.loads((directory / "list.json").read_text())) == 1, done
    assert not [name for name in os.listdir(directory.path) if name.startswith(".batchresize")]


def listed(directory, file="list.json"):
    """What a list says: the source's name -> (path, width, height, bytes, type) of each image. All of it is true."""
    entries = json.loads((directory / file).read_text())
    for entry in entries:
        for image in entry["images"]:
            path = os.path.join(directory / os.path.dirname(file), image["path"])
            assert size_of(path) == (image["width"], image["height"]) and os.path.getsize(path) == image["bytes"]
    return {entry["source"]: [tuple(image.values()) for image in entry["images"]] for entry in entries}


@every_mode
@pytest.mark.parametrize("existing, sizes", [("skip", "10"), ("update", "10,20,50%"), ("update", "9x5,9000"), ("error", "10,20")])
@pytest.mark.parametrize("template", [(), ("--name", "{stem}-{width}x{height}.{ext}")])
def test_srcset_after_a_quiet_night(directory, mode, existing, sizes, template):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    directory.copy("edge/alpha.png", "images/b.png")
    options = ("-s", sizes, *template, "--srcset", "list.json", "-o", "out", "images")
    assert directory.run(*options, mode=mode).status == 0
    first = listed(directory)
    assert sorted(first) == ["images/a.jpg", "images/b.png"]
    done = directory.run("--existing", existing, *options, mode=mode)
    assert done.status == (existing == "error") and "ok" not in done.statuses(), done
    assert listed(directory) == first
    # one night later there is one more, and one whose source is damaged
    directory.copy("edge/jpeg-422.jpg", "images/c.jpg")
    directory.copy("broken/truncated.png", "images/b.png")
    done = directory.run("--existing", existing, *options, mode=mode)
    assert done.status == (existing != "skip" or bool(template)) and done.record("c.jpg")["status"] == "ok", done
    second = listed(directory)
    assert second.pop("images/c.jpg")
    if template:
        second.setdefault("images/b.png", first["images/b.png"])  # its names are known when it is made
    assert second == first


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "gif", "avif", "jxl"])
def test_srcset_knows_every_format(directory, name):
    directory.copy("photos/mountains.jpg", "a.jpg")
    options = ("-f", name, "-s", "90,333x77", "--srcset", "list.json", "-o", "out", "a.jpg")
    if directory.run(*options).status == 3:
        pytest.skip("this system cannot write " + name)
    first = json.loads((directory / "list.json").read_text())
    assert [image["type"] for image in first[0]["images"]] == ["image/" + name] * 2
    assert directory.run("--existing", "skip", *options).statuses() == {"skipped": 1}
    assert json.loads((directory / "list.json").read_text()) == first


@every_mode
def test_srcset_when_the_source_has_gone(directory, mode):
    directory.copy("photos/mountains.jpg", "a.jpg")
    options = ("-s", "100,200", "--srcset", "list.json", "-o", "out", "a.jpg")
    assert directory.run(*options, mode=mode).status == 0
    first = listed(directory)
    os.unlink(directory / "a.jpg")
    assert directory.run(*options, mode=mode).status == 1
    assert listed(directory) == first
    os.unlink(directory / "out/a-200.jpg")
    assert directory.run(*options, mode=mode).status == 1
    assert listed(directory) == {"a.jpg": first["a.jpg"][:1]}


@every_mode
@pytest.mark.parametrize("source", ["missing", "empty"])
def test_srcset_when_all_sources_have_gone(directory, mode, source):
    """As on the night on which their disk is not mounted."""
    directory.copy("photos/mountains.jpg", "images/a.jpg")
    options = ("-s", "100", "--srcset", "list.json", "-o", "out", "images")
    (directory / "list.json").write_text("[]\n")
    assert directory.run(*options, mode=mode).status == 0
    first = listed(directory)
    assert sorted(first) == ["images/a.jpg"]
    os.unlink(directory / "images/a.jpg")
    if source == "missing":
        os.rmdir(directory / "images")
    if source == "empty":
        done = directory.run(*options, mode=mode, report=False)
        assert done.status == 3 and "--force-empty" in done.err and listed(directory) == first, done
        options = ("--force-empty", *options)
    done = directory.run(*options, mode=mode, report=False)
    assert done.status == (source == "missing") and "list.json: is left as it was" in done.err, done
    assert listed(directory) == first
    os.unlink(directory / "list.json")
    for _ in range(2):
        done = directory.run(*options, mode=mode, report=False)
        assert (directory / "list.json").read_text() == "[]\n" and "list.json" not in done.err, done


def test_srcset_that_cannot_be_written(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    (directory / "file").write_text("")
    done = directory.run("--srcset", "file/list.json", "images", report=False)
    assert done.status == 3 and "file/list.json" in done.err, done
    assert not (directory / "resized_images").exists()


def test_srcset_on_a_full_disk(directory, small_disk):
    directory.many(400, source="edge/1x1.jpg")
    (small_disk / "filler").write_bytes(bytes((1 << 20) - (1 << 16)))
    done = directory.run("-s", "1,x1", "--srcset", "disk/list.json", "-o", "out/" + "long/" * 40, "images", report=False)
    assert done.status == 3 and "disk/list.json" in done.err, done
    assert os.listdir(small_disk) == ["filler"]
