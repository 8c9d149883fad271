"""Running again where outputs lie among their sources: what an earlier run made is known, and nothing else is."""

import os

import pytest
from PIL import Image

from conftest import every_mode, size_of


def draw(directory, name, size=(400, 300), colour=(200, 100, 50)):
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def named(directory, *patterns):
    """What the shell makes of patterns."""
    return sorted(str(path.relative_to(directory.path)) for pattern in patterns for path in directory.path.glob(pattern))


def codes(done):
    return {record["source"]: record["code"] or record["status"] for record in done.report}


def nights(directory, arguments, count=3, mode=None, **options):
    """Runs several times; from the first on nothing is added, and all is well. Returns the last run."""
    files = None
    for _ in range(count):
        done = directory.run(*(arguments() if callable(arguments) else arguments), mode=mode, **options)
        assert done.status == 0, done
        assert files is None or directory.names() == files
        files = directory.names()
    return done


# --- all ways of naming -------------------------------------------------------------------------


@every_mode
def test_the_files_of_a_shells_pattern(directory, mode):
    draw(directory, "a.jpg")
    draw(directory, "b.jpg", (300, 400))
    done = nights(directory, lambda: ("-s", "100", *named(directory, "*.jpg")), mode=mode)
    assert directory.names() == ["a.jpg", "b.jpg", "resized_a.jpg", "resized_b.jpg"]
    assert codes(done) == {"a.jpg": "ok", "b.jpg": "ok", "resized_a.jpg": "own-output", "resized_b.jpg": "own-output"}
    assert done.statuses() == {"ok": 2, "skipped": 2}


@every_mode
@pytest.mark.parametrize("end", ["\n", "\0"])
def test_a_list(directory, mode, end):
    draw(directory, "x/a.jpg")
    draw(directory, "b.jpg")
    for _ in range(3):
        paths = "".join("./" + name + end for name in named(directory, "**/*.jpg"))
        done = directory.run("-s", "100,200", *(["-0"] if end == "\0" else []), "--files-from", "-", mode=mode,
                             stdin=paths.encode())
        assert done.status == 0, done
        assert directory.names() == ["b.jpg", "resized_b-100.jpg", "resized_b-200.jpg", "x/a.jpg", "x/resized_a-100.jpg",
                                     "x/resized_a-200.jpg"]


def test_a_list_of_what_is_new(directory):
    """find -newer names yesterday's output and not what it was made of, which lies beside it."""
    draw(directory, "a.jpg")
    assert directory.run("-s", "100", "a.jpg").status == 0
    for name in ("./resized_a.jpg", str(directory / "resized_a.jpg")):
        done = directory.run("-s", "100", "--files-from", "-", stdin=name.encode() + b"\n")
        assert done.status == 0 and done.report[0]["code"] == "own-output", done
    assert directory.names() == ["a.jpg", "resized_a.jpg"]


@pytest.mark.parametrize("mode, existing", [("serial", "overwrite"), ("thread", "update"), ("process", "update"), ("hybrid", "skip")])
@pytest.mark.parametrize("arguments, outputs", [
    (("-s", "100,200"), ["a-100.png", "a-200.png"]),
    (("-s", "100,200", "-f", "webp"), ["a-100.webp", "a-200.webp"]),
    (("-s", "100", "-f", "webp"), ["a.webp"]),
    (("-s", "100x100", "--fit", "cover", "--name", "{stem}_square.{ext}"), ["a_square.png"]),
    (("-s", "50%,x10", "--name", "{stem}@{size}.{ext}"), ["a@50%.png", "a@x10.png"]),
    (("-s", "100,200", "--name", "{stem}-{width}x{height}.{ext}"), ["a-100x75.png", "a-200x150.png"]),
    (("-s", "100,200", "--name", "{size}/{stem}.{ext}"), ["100/a.png", "200/a.png"]),
    (("-s", "100,200", "--name", "{stem}/{width}.{ext}"), ["a/100.png", "a/200.png"])])
def test_a_directory_beside_its_outputs(directory, mode, existing, arguments, outputs):
    draw(directory, "p/a.png")
    done = nights(directory, (*arguments, "--existing", existing, "-o", "p", "p"), mode=mode)
    assert directory.names("p") == sorted(["a.png"] + outputs), done
    assert sorted(codes(done)) == sorted(["p/a.png"] + ["p/" + name for name in outputs])
    assert [codes(done)["p/" + name] for name in outputs] == ["own-output"] * len(outputs)


@every_mode
def test_what_a_pattern_names_besides(directory, mode):
    """The directory of yesterday's outputs is among what `*` means."""
    draw(directory, "a.jpg")
    draw(directory, "images/b.jpg")
    nights(directory, lambda: ("-s", "100", *named(directory, "*")), mode=mode)
    assert directory.names() == ["a.jpg", "images/b.jpg", "resized_a.jpg", "resized_images/b.jpg"]
    os.unlink(directory / "images/b.jpg")
    nights(directory, lambda: ("-s", "100", "--force-empty", *named(directory, "*")), mode=mode)
    assert directory.names() == ["a.jpg", "resized_a.jpg", "resized_images/b.jpg"]


def test_what_a_pattern_names_besides_with_an_output(directory):
    draw(directory, "a.jpg")
    draw(directory, "b.jpg")
    nights(directory, lambda: ("-s", "100", "-o", "out", *named(directory, "*")))
    assert directory.names() == ["a.jpg", "b.jpg", "out/a.jpg", "out/b.jpg"]


# --- another night, other options ---------------------------------------------------------------


@pytest.mark.parametrize("first, second", [
    (("-s", "100,200"), ("-s", "100,200,300")),
    (("-s", "100,200,300"), ("-s", "100,200")),
    (("-s", "100,200"), ("-s", "50,60")),
    (("-s", "100,200", "-f", "webp"), ("-s", "100,200", "-f", "avif")),
    (("-s", "100,200", "-f", "webp"), ("-s", "100,200")),
    (("-s", "100x100,200x200"), ("-s", "100x100,200x200", "--fit", "cover")),
    (("-s", "100x90", "--name", "{stem}_t.{ext}"), ("-s", "100x90", "--fit", "pad", "--name", "{stem}_t.{ext}")),
    (("-s", "100", "--name", "{stem}_t.{ext}"), ("-s", "150", "--name", "{stem}_t.{ext}")),
    (("-s", "100", "-f", "webp"), ("-s", "300", "-f", "webp")),
    (("-s", "100", "-f", "webp"), ("-s", "100", "-f", "avif")),
    (("-s", "100,200", "--name", "{stem}-{width}.{ext}"), ("-s", "60,70", "--name", "{stem}-{width}.{ext}")),
    (("-s", "100,200", "--name", "{size}/{stem}.{ext}"), ("-s", "50,60", "--name", "{size}/{stem}.{ext}"))])
def test_other_options_the_next_night(directory, first, second):
    draw(directory, "p/a.png")
    draw(directory, "p/sub/b.png", (120, 600))
    assert directory.run(*first, "-o", "p", "p").status == 0
    made = directory.names("p")
    done = directory.run(*second, "-o", "p", "p")
    assert done.status == 0 and done.statuses()["ok"] == 2, done
    assert {name for name, code in codes(done).items() if code == "own-output"} == {
        "p/" + name for name in made if name not in ("a.png", "sub/b.png")}
    assert directory.run(*second, "-o", "p", "p").status == 0


@pytest.mark.parametrize("first, second", [("100", "50,60"), ("50,60", "100")])
def test_one_size_and_several_by_turns(directory, first, second):
    draw(directory, "a.png")
    draw(directory, "resized_b-50.png", (300, 200))  # a photograph: there is no b.png
    for sizes in (first, second, first):
        done = directory.run("-s", sizes, *(name for name in directory.names() if "b-50" not in name))
        assert done.status == 0 and done.statuses()["ok"] == 1, done
    assert directory.names() == ["a.png", "resized_a-50.png", "resized_a-60.png", "resized_a.png", "resized_b-50.png"]
    assert directory.run("-s", "100", "resized_b-50.png").statuses() == {"ok": 1}


@pytest.mark.parametrize("first, second", [("100", "300"), ("300", "100"), ("100x100", "5000")])
def test_another_size_for_what_is_named(directory, first, second):
    draw(directory, "a.png")
    assert directory.run("-s", first, "--fit", "cover" if "x" in first else "contain", "a.png").status == 0
    nights(directory, ("-s", second, "a.png", "resized_a.png"))
    assert directory.names() == ["a.png", "resized_a.png"]
    assert size_of(directory / "resized_a.png")[0] == min(int(second), 400)


@every_mode
@pytest.mark.parametrize("options", [("-s", "100,200"), ("-s", "100", "-f", "webp"), ("-s", "100", "--name", "{stem}_t.{ext}")])
def test_a_source_that_has_changed(directory, mode, options):
    draw(directory, "p/a.png", (400, 300))
    assert directory.run(*options, "-o", "p", "p", mode=mode).status == 0
    names = directory.names("p")
    draw(directory, "p/a.png", (300, 500))
    nights(directory, (*options, "-o", "p", "p"), mode=mode)
    assert directory.names("p") == names


def test_outputs_of_outputs(directory):
    draw(directory, "a.png", (400, 300))
    assert directory.run("-s", "200", "a.png").status == 0
    (directory / "resized_resized_a.png").write_bytes((directory / "resized_a.png").read_bytes())
    done = nights(directory, lambda: ("-s", "200", *named(directory, "*.png")))
    assert codes(done) == {"a.png": "ok", "resized_a.png": "own-output", "resized_resized_a.png": "own-output"}


@every_mode
@pytest.mark.parametrize("options, output", [(("-s", "100,200"), "a-100.png"), (("-s", "100", "-f", "webp"), "a.webp")])
def test_an_empty_output(directory, mode, options, output):
    draw(directory, "p/a.png")
    (directory / "p" / output).touch()
    nights(directory, (*options, "--existing", "update", "-o", "p", "p"), mode=mode)
    assert size_of(directory / "p" / output) == (100, 75)


# --- the mark -----------------------------------------------------------------------------------

MARKED = ("jpg", "png", "tif", "gif")


@every_mode
@pytest.mark.parametrize("extension", MARKED)
def test_an_output_whose_original_is_gone(directory, extension, mode):
    draw(directory, "a." + extension)
    draw(directory, "b." + extension)
    assert directory.run("-s", "100", *named(directory, "*"), mode=mode).status == 0
    os.unlink(directory / ("a." + extension))
    for existing in ("overwrite", "update", "skip"):
        done = directory.run("-s", "100", "--existing", existing, *named(directory, "*"), mode=mode)
        assert done.status == 0 and codes(done)["resized_a." + extension] == "own-output", done
    assert directory.names() == sorted(["b." + extension, "resized_a." + extension, "resized_b." + extension])


@pytest.mark.parametrize("metadata", ["strip", "keep"])
@pytest.mark.parametrize("options, left", [
    (("-s", "100,200"), ["a-100.{0}", "a-200.{0}"]),
    (("-s", "100,500"), ["a-100.{0}", "a-500.{0}"]),
    (("-s", "50%,x10", "--name", "{stem}@{size}.{ext}"), ["a@50%.{0}", "a@x10.{0}"]),
    (("-s", "100x100", "--fit", "cover", "--name", "{stem}_square.{ext}"), ["a_square.{0}"]),
    (("-s", "100", "--linear", "--name", "{stem}_t.{ext}"), ["a_t.{0}"]),
    (("-s", "100,200", "--name", "{stem}-{width}x{height}.{ext}"), ["a-100x75.{0}", "a-200x150.{0}"]),
    (("-s", "100", "--name", "{size}/{stem}.{ext}"), ["100/a.{0}"])])
@pytest.mark.parametrize("extension", MARKED)
def test_a_directory_of_outputs_whose_original_is_gone(directory, extension, options, left, metadata):
    left = [name.format(extension) for name in left]
    draw(directory, "p/a." + extension)
    arguments = (*options, "--metadata", metadata, "-o", "p", "p")
    assert directory.run(*arguments).status == 0
    os.unlink(directory / ("p/a." + extension))
    done = directory.run(*arguments)
    assert done.status == 0 and codes(done) == {"p/" + name: "own-output" for name in left}, done
    done = directory.run("-n", *arguments)
    assert done.status == 0 and done.out == b"", done
    assert directory.names("p") == sorted(left)


def test_a_new_format_whose_original_is_gone(directory):
    """Its name is like any other's, but its output would be itself."""
    draw(directory, "p/a.png")
    draw(directory, "p/b.png")
    assert directory.run("-s", "100", "-f", "jpeg", "-o", "p", "p").status == 0
    os.unlink(directory / "p/a.png")
    nights(directory, ("-s", "100", "-f", "jpeg", "-o", "p", "p"))
    assert directory.names("p") == ["a.jpg", "b.jpg", "b.png"]
    # of what would become smaller nothing says that it is no source
    done = directory.run("-s", "50", "-f", "jpeg", "-o", "p", "p")
    assert done.status == 1 and codes(done) == {"p/a.jpg": "output-is-source", "p/b.jpg": "own-output", "p/b.png": "ok"}, done


@every_mode
@pytest.mark.parametrize("extension", MARKED)
def test_a_photograph_named_and_sized_as_an_output(directory, extension, mode):
    draw(directory, "p/shoe." + extension, (200, 150))
    draw(directory, "p/shoe-100." + extension, (100, 75), (1, 2, 3))
    before = directory.files()
    for existing in ("overwrite", "update", "skip"):
        done = directory.run("-s", "100", "--name", "{stem}-{width}.{ext}", "--existing", existing, "-o", "p", "p", mode=mode)
        assert codes(done)["p/shoe-100." + extension] in ("ok", "skipped"), done
        files = directory.files()
        assert all(files[path] == digest for path, digest in before.items()), existing
        if existing == "overwrite":
            assert done.status == 1 and done.record("p/shoe." + extension)["code"] == "output-is-source", done
    assert size_of(directory / ("p/shoe-100-100." + extension)) == (100, 75)


@every_mode
@pytest.mark.parametrize("extension", MARKED)
@pytest.mark.parametrize("options, name", [
    (("-s", "100"), "resized_a"), (("-s", "100,200"), "resized_a-100"), (("-s", "100", "-o", "p", "--flat", "--name", "t-{stem}.{ext}"), "t-a")])
def test_a_photograph_named_as_another_would_be(directory, extension, options, name, mode):
    draw(directory, "p/a." + extension)
    draw(directory, "p/%s.%s" % (name, extension), (100, 75), (1, 2, 3))
    before = directory.files()
    paths = "".join("p/%s.%s\n" % (stem, extension) for stem in ("a", name))
    for _ in range(2):
        done = directory.run(*options, "--files-from", "-", "--srcset", "list.json", mode=mode, stdin=paths.encode())
        assert done.status == 1 and done.record("p/a." + extension)["code"] == "output-is-source", done
        assert done.record("p/%s.%s" % (name, extension))["status"] in ("ok", "skipped")
        files = directory.files()
        assert all(files[path] == digest for path, digest in before.items())


def test_marked_files_elsewhere_are_sources(directory):
    """Outputs that were carried away carry their mark with them, and are pictures as any others there."""
    for extension in MARKED:
        draw(directory, "a." + extension)
    assert directory.run("-s", "200", "-o", "q", "--flat", *named(directory, "*")).status == 0
    (directory / "q/holiday-2024.jpg").write_bytes((directory / "q/a.jpg").read_bytes())
    done = directory.run("-s", "100", "-o", "out", "q")
    assert done.status == 0 and done.statuses() == {"ok": 5}, done
    for template in ("{stem}-{width}.{ext}", "{stem}-{size}.{ext}"):
        done = directory.run("-s", "100", "--name", template, "-o", "q", "q")
        assert done.status == 0 and done.statuses()["ok"] == 5, done
    assert size_of(directory / "q/holiday-2024-100.jpg") == (100, 75)


@pytest.mark.parametrize("extension", MARKED)
def test_the_mark_is_the_same_and_there_once(directory, extension):
    """Through files and through a pipe, by every mode, and of what carries one already."""
    draw(directory, "a." + extension)
    source = (directory / ("a." + extension)).read_bytes()
    for metadata in ("strip", "keep"):
        made = directory.run("-s", "200", "--metadata", metadata, "-", stdin=source).out
        for mode in ("serial", "thread", "process", "hybrid"):
            out = "%s-%s" % (metadata, mode)
            assert directory.run("-s", "200", "--metadata", metadata, "-o", out, "a." + extension, mode=mode).status == 0
            assert (directory / out / ("a." + extension)).read_bytes() == made
        again = directory.run("-s", "100", "--metadata", metadata, "-", stdin=made).out
        assert made.count(b"batchresize") == again.count(b"batchresize") == 1


# --- what is no output --------------------------------------------------------------------------


def test_a_name_alone_makes_no_output(directory):
    draw(directory, "resized_x.jpg")
    draw(directory, "p/photo.jpg", (4000, 3000))
    draw(directory, "p/photo-1.jpg", (3000, 4000))
    draw(directory, "p/photo-2.jpg", (4000, 3000))
    done = directory.run("-s", "100", "resized_x.jpg")
    assert done.status == 0 and done.statuses() == {"ok": 1}, done
    done = directory.run("-s", "100,200", "-o", "p", "p")
    assert done.status == 0 and done.statuses() == {"ok": 3}, done
    done = directory.run("-s", "100,200", "-o", "p", "p")
    assert done.status == 0 and done.statuses() == {"skipped": 9}, done


@pytest.mark.parametrize("mode, existing", [("serial", "skip"), ("thread", "update"), ("process", "overwrite"), ("hybrid", "overwrite")])
@pytest.mark.parametrize("options, name", [
    (("-s", "100,200", "-o", "p", "p"), "p/a-100.jpg"),
    (("-s", "100,200", "-o", "p", "--name", "{stem}-{width}.{ext}", "p"), "p/a-100.jpg"),
    (("-s", "100", "-f", "webp", "-o", "p", "p"), "p/a.webp"),
    (("-s", "100", "p/a.jpg", "p/resized_a.jpg"), "p/resized_a.jpg")])
def test_a_photograph_that_has_an_outputs_name(directory, mode, existing, options, name):
    draw(directory, "p/a.jpg", (400, 300))
    draw(directory, name, (600, 800), (1, 2, 3))
    before = directory.files()
    done = directory.run("--existing", existing, *options, mode=mode)
    assert done.status == 1 and done.record("p/a.jpg")["code"] == "output-is-source", done
    after = directory.files()
    assert all(after[path] == digest for path, digest in before.items())


def test_another_picture_of_the_same_stem(directory):
    """It has the width that is asked for, and is not what the other would become."""
    draw(directory, "p/a.png", (400, 300))
    draw(directory, "p/a.jpg", (100, 90))
    before = directory.files()
    done = directory.run("-s", "100", "-f", "webp", "-o", "p", "p")
    assert done.status == 1 and {record["code"] for record in done.report} == {"collision"}, done
    assert directory.files() == before


def test_what_is_no_picture_is_not_replaced(directory):
    draw(directory, "p/a.jpg")
    directory.copy("broken/text.jpg", "p/a-100.jpg")
    before = directory.files()
    done = directory.run("-s", "100,200", "-o", "p", "p")
    assert done.status == 1, done
    assert directory.files() == before


def test_a_dry_run_says_the_same(directory):
    draw(directory, "p/a.png")
    assert directory.run("-s", "100,200", "-o", "p", "p").status == 0
    done = directory.run("-n", "-s", "100,200", "-o", "p", "p")
    assert done.status == 0 and done.out == b"", done
    done = directory.run("-n", "-s", "100,200", "--existing", "overwrite", "-o", "p", "p")
    assert done.status == 0 and done.out.decode().splitlines() == ["p/a.png -> p/a-100.png", "p/a.png -> p/a-200.png"]
