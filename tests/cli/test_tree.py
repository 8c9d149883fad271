"""Which files are taken, where they go, and what is refused before anything is written."""

import os

import pytest

from conftest import TESTDATA, every_mode, size_of, source_bytes

TREE = ("a.jpg", "deep/b.jpg", "deep/deeper/c.jpg", "with space/d.jpg")


@every_mode
def test_tree_is_mirrored(directory, mode):
    directory.copy("edge/jpeg-444.jpg", *("images/" + name for name in TREE))
    before = directory.files("images")
    done = directory.run("images/", mode=mode)
    assert done.status == 0, done
    assert directory.names("resized_images") == sorted(TREE)
    assert directory.files("images") == before
    assert sorted(record["source"] for record in done.report) == sorted("images/" + name for name in TREE)


@pytest.mark.parametrize("argument", ["images", "images/", "./images", "../here/images"])
def test_output_lies_beside_its_source(directory, argument):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    assert directory.run(argument).status == 0
    assert directory.names() == ["images/a.jpg", "resized_images/a.jpg"]


def test_file_gets_a_prefix_beside_itself(directory):
    directory.copy("edge/1x1.jpg", "sub/a.jpg")
    assert directory.run("sub/a.jpg").status == 0
    assert directory.names() == ["sub/a.jpg", "sub/resized_a.jpg"]


def test_output_directory_takes_directories_and_files(directory):
    directory.copy("edge/1x1.jpg", "one/x/a.jpg", "two/b.jpg", "three/c.jpg")
    assert directory.run("-o", "out", "one", "two/", "three/c.jpg").status == 0
    assert directory.names("out") == ["b.jpg", "three/c.jpg", "x/a.jpg"]


def test_listed_file_keeps_its_path_without_what_leads_out(directory):
    directory.copy("edge/1x1.jpg", "one/a.jpg", "b.jpg")
    assert directory.run("-o", "out", "one/../b.jpg", str(directory / "one/a.jpg")).status == 0
    assert directory.names("out") == sorted(["b.jpg", str(directory / "one/a.jpg")[1:]])


def test_what_is_no_image_is_passed_over_below_a_directory(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    directory.copy("broken/text.txt", "images/notes.txt", "images/README")
    directory.copy("edge/jpeg-without-extension", "images/really")
    done = directory.run("images")
    assert done.status == 0, done
    assert directory.names("resized_images") == ["a.jpg", "really"]


# By extension: what the file begins with, and what is said of it.
OTHERS = {
    "pdf": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "unsupported", "pdftoppm"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported", "render"),
    "ico": (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0", "unsupported", "icotool"),
    "bmp": (b"BM" + bytes(12) + b"\x28" + bytes(60), "unsupported", "PNG"),
    "psd": (b"8BPS\0\1" + bytes(60), "unsupported", "PNG"),
    "jp2": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60), "unsupported", "PNG"),
    "ppm": (b"P6\n1 1\n255\nabc", "unsupported", "PNG"),
    "crw": (b"II\x1a\0\0\0HEAPCCDR" + bytes(60), "raw-thumbnail-only", "develop"),
    "tga": (bytes(2) + b"\2" + bytes(60), "not-an-image", ""),
    "exr": (b"\x76\x2f\x31\x01" + bytes(60), "not-an-image", ""),
    "mp4": (b"\0\0\0\x18ftypmp42" + bytes(60), "not-an-image", ""),
    "zip": (b"PK\3\4" + bytes(60), "not-an-image", ""),
}


@every_mode
def test_what_cannot_be_made(directory, mode):
    """Below a directory it is passed over and accounted for; named, or with --strict, it is a failure."""
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    for extension, (content, _, _) in OTHERS.items():
        (directory / ("images/stray." + extension)).write_bytes(content)
    done = directory.run("images", mode=mode)
    assert done.status == 0 and done.statuses() == {"ok": 1, "skipped": len(OTHERS)}, done
    assert directory.names("resized_images") == ["a.jpg"]
    strict = directory.run("--strict", "images", mode=mode)
    assert strict.status == 1 and strict.statuses() == {"skipped": 1, "failed": len(OTHERS)}, strict
    paths = ["images/stray." + extension for extension in OTHERS]
    named = directory.run("-o", "out", *paths, mode=mode)
    assert named.status == 1 and named.statuses() == {"failed": len(OTHERS)}, named
    listed = directory.run("-o", "out", "--files-from", "-", mode=mode, stdin="\n".join(paths).encode())
    assert listed.status == 1 and listed.statuses() == {"failed": len(OTHERS)}, listed
    for extension, (_, code, advice) in OTHERS.items():
        for run in (done, strict, named, listed):
            record = run.record("stray." + extension)
            assert record["code"] == code and advice in record["error"], record


@every_mode
def test_what_is_called_a_picture(directory, mode):
    """What a file holds decides; one that holds nothing known and is called a picture is a damaged one."""
    directory.copy("edge/1x1.jpg", "images/jpeg.bmp", "images/jpeg")
    (directory / "images/pdf").write_bytes(OTHERS["pdf"][0])
    done = directory.run("images", mode=mode)
    assert done.status == 0 and done.statuses() == {"ok": 2, "skipped": 1}, done
    assert done.record("/pdf")["code"] == "unsupported" and done.record("jpeg.bmp")["status"] == "ok"
    assert done.record("/pdf")["format"] == "pdf"
    for name in ("pdf.jpg", "bmp.png"):
        (directory / "images" / name).write_bytes(OTHERS[name[:3]][0])
    done = directory.run("images", mode=mode)
    assert done.status == 1 and done.statuses() == {"skipped": 3, "failed": 2}, done
    for name in ("broken/text.jpg", "broken/truncated-header.jpg", "broken/empty.jpg", "broken/zeros.png"):
        directory.copy(name, "broken/" + name[7:])
    done = directory.run("broken", mode=mode)
    assert done.status == 1 and done.statuses() == {"failed": 4}, done


def test_what_cannot_be_made_is_not_replaced(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    (directory / "images/a-2.jpg").write_bytes(OTHERS["bmp"][0])
    before = directory.files()
    done = directory.run("--name", "{stem}-2.jpg", "-o", "images", "images")
    assert done.status == 1 and done.record("a.jpg")["code"] == "output-is-source", done
    assert directory.files() == before


def test_what_is_no_image_is_an_error_when_named(directory):
    directory.copy("broken/text.txt", "notes.txt")
    done = directory.run("notes.txt")
    assert done.status == 1 and done.record("notes.txt")["code"] == "not-an-image", done
    assert "notes.txt" in done.err


def test_what_is_named_and_missing_is_an_error_and_the_rest_goes_on(directory):
    directory.copy("edge/1x1.jpg", "a.jpg")
    done = directory.run("gone.jpg", "a.jpg")
    assert done.status == 1 and "gone.jpg" in done.err and "No such file" in done.err, done
    assert directory.names() == ["a.jpg", "resized_a.jpg"]


@pytest.mark.parametrize("options, expected", [
    ([], ["a.jpg", "b.png", "sub/c.jpg"]),
    (["--include", "*.jpg"], ["a.jpg", "sub/c.jpg"]),
    (["--exclude", "*.png"], ["a.jpg", "sub/c.jpg"]),
    (["--include", "*.jpg", "--include", "*.png", "--exclude", "sub"], ["a.jpg", "b.png"]),
    (["--hidden"], [".hid/e.jpg", ".h.jpg", "a.jpg", "b.png", "sub/c.jpg"]),
    (["--include", "nothing*"], [])])
def test_choice_below_a_directory(directory, options, expected):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/sub/c.jpg", "images/.h.jpg", "images/.hid/e.jpg")
    directory.copy("edge/1x1.png", "images/b.png")
    done = directory.run(*options, "-o", "out", "images")
    assert done.status == 0, done
    assert directory.names("out") == sorted(expected)


def test_links_are_followed_when_asked_and_loops_end(directory):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "elsewhere/b.jpg")
    os.symlink("../elsewhere", directory / "images/link")
    os.symlink("..", directory / "images/loop")
    os.symlink("nowhere", directory / "images/dangling.jpg")
    done = directory.run("-o", "out", "images")
    assert directory.names("out") == ["a.jpg"], done
    done = directory.run("--follow", "-o", "followed", "images")
    names = directory.names("followed")
    assert "a.jpg" in names and "link/b.jpg" in names, done
    sources = [source_bytes(record) for record in done.report]
    assert len(sources) == len(set(sources))


@every_mode
def test_special_files_are_passed_over(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    os.mkfifo(directory / "images/pipe.jpg")
    done = directory.run("images", mode=mode)
    assert directory.names("resized_images") == ["a.jpg"], done
    done = directory.run(str(directory / "images/pipe.jpg"), mode=mode)
    assert done.status == 1 and "pipe.jpg" in done.err


ODD = (b"new\nline.jpg", b"not\xff\xfeutf8.jpg", b"-leading-dash.jpg", b"--help.jpg", b"[Q=5].jpg", b"a b\tc.jpg",
       b"quote'\"$(x);.jpg", "Grüße 日本.jpg".encode(), b"x" * 247 + b".jpg", b".jpg.jpg", b"a%sb%n.jpg", b"\x1b[31mred.jpg")


@every_mode
def test_names_of_any_bytes(directory, mode):
    root = os.fsencode(directory.path)
    data = (TESTDATA / "edge/1x1.jpg").read_bytes()
    os.mkdir(root + b"/images")
    for name in ODD:
        with open(root + b"/images/" + name, "wb") as stream:
            stream.write(data)
    done = directory.run("--hidden", "-v", "images", mode=mode)
    assert done.status == 0, done
    assert sorted(os.listdir(root + b"/resized_images")) == sorted([*ODD, b".batchresize"])
    assert sorted(source_bytes(record) for record in done.report) == sorted(b"images/" + name for name in ODD)
    assert "\x1b" not in done.err


def test_names_of_255_bytes_fit_where_no_prefix_is_needed(directory):
    name = "y" * 251 + ".jpg"
    directory.copy("edge/1x1.jpg", "images/" + name)
    assert directory.run("images").status == 0
    assert directory.names("resized_images") == [name]
    done = directory.run("images/" + name)
    assert done.status == 1, done
    assert len(done.report) == 1 and done.report[0]["status"] == "failed"
    assert directory.names("images") == [name]


@every_mode
@pytest.mark.parametrize("end, options", [(b"\n", []), (b"\0", ["-0"])])
def test_list_of_files(directory, mode, end, options):
    names = [b"a.jpg", b"sub/-b.jpg", b"c d.jpg"] + ([b"new\nline.jpg"] if options else [])
    directory.copy("edge/1x1.jpg", *names)
    listed = end.join(names) + end
    done = directory.run("--files-from", "-", *options, "-o", "out", mode=mode, stdin=listed)
    assert done.status == 0, done
    assert [os.fsencode(name) for name in directory.names("out")] == sorted(names)
    (directory / "list").write_bytes(listed.rstrip(end))
    done = directory.run("--files-from", "list", *options, "-o", "again", mode=mode)
    assert done.status == 0, done
    assert directory.names("again") == directory.names("out")


def test_a_million_arguments_come_by_list(directory):
    directory.many(3000, "edge/1x1.jpg")
    listed = "".join("images/%04d.jpg\n" % number for number in range(3000)).encode()
    done = directory.run("--files-from", "-", "-o", "out", stdin=listed)
    assert done.status == 0, done
    assert len(directory.names("out/images")) == 3000 and done.statuses() == {"ok": 3000}


@pytest.mark.parametrize("arguments, status, word", [
    (["--files-from", "gone"], 3, "'gone'"), (["--files-from", "-", "a.jpg"], 2, "'a.jpg'"), ([], 2, "")])
def test_list_that_makes_no_sense(directory, arguments, status, word):
    directory.copy("edge/1x1.jpg", "a.jpg")
    done = directory.run(*arguments, stdin=b"a.jpg\n")
    assert done.status == status and word in done.err, done
    assert directory.names() == ["a.jpg"]


@every_mode
def test_collision_spares_all_rivals_and_the_rest_goes_on(directory, mode):
    directory.copy("edge/1x1.png", "images/a.png", "images/other.png")
    directory.copy("edge/1x1.jpg", "images/a.jpg")
    done = directory.run("-f", "jpeg", "images", mode=mode)
    assert done.status == 1, done
    assert directory.names("resized_images") == ["other.jpg"]
    for name, rival in (("a.png", "a.jpg"), ("a.jpg", "a.png")):
        record = done.record("images/" + name)
        assert (record["status"], record["code"]) == ("failed", "collision")
        assert rival in record["error"]
    assert done.statuses() == {"ok": 1, "failed": 2}


def test_collision_between_arguments(directory):
    directory.copy("edge/1x1.jpg", "one/a.jpg", "two/a.jpg", "two/b.jpg")
    done = directory.run("-o", "out", "one", "two")
    assert done.status == 1 and directory.names("out") == ["b.jpg"], done


def test_the_same_source_twice_is_one_image(directory):
    directory.copy("edge/1x1.jpg", "a.jpg")
    done = directory.run("a.jpg", "./a.jpg", "a.jpg")
    assert done.status == 0 and done.statuses() == {"ok": 1}, done


def test_output_never_replaces_a_source(directory):
    directory.copy("photos/small.webp", "images/a.webp")
    before = directory.files()
    done = directory.run("-o", "images", "images")
    assert done.status == 1 and done.report[0]["code"] == "output-is-source", done
    assert directory.files() == before


@every_mode
def test_output_inside_the_input_is_not_fed_back(directory, mode):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg", "images/sub/b.jpg")
    for _ in range(2):
        done = directory.run("-o", "images/out", "images", mode=mode)
        assert done.status == 0, done
        assert directory.names("images") == ["a.jpg", "out/a.jpg", "out/sub/b.jpg", "sub/b.jpg"]
        assert len(done.report) == 2


@every_mode
def test_dry_run_touches_nothing(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/sub/b.jpg")
    before = directory.files()
    done = directory.run("-n", "images", mode=mode, report=False)
    assert done.status == 0, done
    assert directory.files() == before and not (directory / "resized_images").exists()
    assert done.out.decode().splitlines() == ["images/a.jpg -> resized_images/a.jpg",
                                              "images/sub/b.jpg -> resized_images/sub/b.jpg"]
    done = directory.run("-n", "-0", "images", mode=mode, report=False)
    assert sorted(done.out.split(b"\0")) == sorted([b"images/a.jpg", b"resized_images/a.jpg", b"images/sub/b.jpg",
                                                    b"resized_images/sub/b.jpg", b""])


def test_dry_run_tells_of_collisions(directory):
    directory.copy("edge/1x1.jpg", "one/a.jpg", "two/a.jpg")
    done = directory.run("-n", "-o", "out", "one", "two")
    assert done.status == 1 and not (directory / "out").exists()
    assert {record["code"] for record in done.report} == {"collision"}


def test_nothing_to_do_is_no_failure(directory):
    (directory / "images").mkdir()
    done = directory.run("images")
    assert done.status == 0 and done.report == [], done
    assert directory.run("--files-from", "-", "-o", "out").status == 0
    assert not (directory / "out").exists()


@every_mode
def test_a_directory_that_cannot_be_read_is_told_of(directory, mode):
    directory.copy("edge/1x1.jpg", "images/a.jpg", "images/locked/b.jpg")
    (directory / "out").mkdir()
    (directory / "out").chmod(0o777)
    (directory / "images/locked").chmod(0)
    done = directory.run("-o", "out", "images", mode=mode, prefix=directory.as_nobody(), report=False)
    (directory / "images/locked").chmod(0o755)
    assert done.status == 1 and "images/locked" in done.err, done
    assert directory.names("out") == ["a.jpg"]


def test_a_deep_tree(directory):
    deep = "/".join("d%d" % number for number in range(200))
    directory.copy("edge/1x1.jpg", "images/" + deep + "/a.jpg")
    assert directory.run("images").status == 0
    assert size_of(directory / "resized_images" / deep / "a.jpg") == (1, 1)
