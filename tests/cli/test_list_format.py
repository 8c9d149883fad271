"""A list that says more than paths: a JSON object a line, as a database writes them."""

import json

import pytest
from PIL import Image

from conftest import every_mode, needs_libvips, size_of


def lines(*entries):
    return "".join((entry if isinstance(entry, str) else json.dumps(entry)) + "\n" for entry in entries).encode()


def listed(directory, stdin, *arguments, **options):
    return directory.run("--list-format=ndjson", "--files-from", "-", *arguments, stdin=stdin, **options)


@every_mode
def test_entries_say_what_becomes_of_them(directory, mode):
    """Output, size and format, each alone or together; the rest is as the options say."""
    directory.copy("photos/city.jpg", "in/a.jpg", "in/\u00e9 \U0001f600.jpg", "in/d/e.jpg")
    directory.copy("edge/1x1.png", "in/p.png")
    done = listed(directory, lines(
        {"source": "in/a.jpg"},
        {"source": "in/a.jpg", "output": "x/y/1.jpg", "size": "30x30"},
        '{"size":40,"source":"in\\/a.jpg" , "output":"2.jpg"}\r',
        '  {"source": "in/\\u00e9 \\uD83D\\ude00.jpg", "size": "10%"}',
        {"source": "in/p.png", "format": "keep", "output": "p"},
        {"source": "in/d"}), "-o", "out", "-s", "50", "--flat", mode=mode)
    assert done.status == 0, done
    sizes = {name: max(size_of(directory / "out" / name)) for name in directory.names("out")}
    tenth = round(max(size_of(directory / "in/a.jpg")) / 10)
    assert sizes == {"a.jpg": 50, "x/y/1.jpg": 30, "2.jpg": 40, "\u00e9 \U0001f600.jpg": tenth, "p": 1, "e.jpg": 50}
    assert len(done.report) == 6


@needs_libvips
@every_mode
def test_formats_of_entries(directory, mode):
    """By a word, or by the extension of the output; a name without one takes that of the format."""
    directory.copy("photos/city.jpg", "a.jpg", "b.jpg")
    entries = [{"source": "a.jpg", "format": "png"}, {"source": "a.jpg", "output": "o.webp"},
               {"source": "b.jpg", "output": "o.x", "format": "png"}, {"source": "b.jpg"},
               {"source": "b.jpg", "output": "kept.png", "format": "keep"}]
    done = listed(directory, lines(*entries), "-o", "out", "-s", "9", "-f", "webp", mode=mode)
    assert done.status == 0, done
    formats = {record["output"]: (directory / record["output"]).read_bytes()[:3] for record in done.report}
    assert formats == {"out/a.png": b"\x89PN", "out/o.webp": b"RIF", "out/o.x": b"\x89PN", "out/b.webp": b"RIF",
                       "out/kept.png": b"\xff\xd8\xff"}, formats


def test_without_output_they_lie_beside(directory):
    directory.copy("edge/1x1.png", "d/a.png")
    done = listed(directory, lines({"source": "d/a.png", "size": "1"}, {"source": "d/a.png", "output": "x.png"}))
    assert done.status == 1 and directory.names() == ["d/a.png", "d/resized_a.png"]
    assert "line 2 of the list: its output needs an --output" in done.err, done


@pytest.mark.parametrize("regular", [False, True])
def test_bad_lines_are_told_and_the_rest_goes_on(directory, regular):
    directory.copy("edge/1x1.png", "a.png", "d/b.png")
    outside = "its output is no path below --output"
    bad = [("a.png", "it is no JSON object"), ("{}", "it is no JSON object"), ('{"source": "a.png"', "it is no JSON object"),
           ('{"source": "a.png"} x', "it is no JSON object"), ('{"source": "a.png",}', "it is no JSON object"),
           ("{'source': 'a.png'}", "it is no JSON object"), ('{"source": ["a.png"]}', "it is no JSON object"),
           ('{"source": 7}', "it is no JSON object"), ('{"source": null}', "it is no JSON object"),
           ('{"source": "a.png", "size": 07}', "it is no JSON object"), ('{"source": "a.png", "size": 7.5}', "it is no JSON object"),
           ('{"source": "\\ud83d.png"}', "it is no JSON object"), ('{"source": "a\\u0000.png"}', "it is no JSON object"),
           ('{"source": "a\\x.png"}', "it is no JSON object"), ('{"source": "a\tb"}', "it is no JSON object"),
           ('{"output": "x.png"}', "it names no source"), ('{"source": ""}', "it names no source"),
           ('{"source": "a.png", "source": "a.png"}', "a field is there twice"),
           ('{"source": "a.png", "quality": "7"}', "a field is none of source, output"),
           ('{"source": "a.png", "size": "big"}', "its size is none"), ('{"source": "a.png", "size": "200%"}', "its size is over 100%: add --enlarge"),
           ('{"source": "a.png", "format": "bmpx"}', "its format is not known"),
           ('{"source": "d", "output": "x.png"}', "its source is a directory")]
    bad += [(json.dumps({"source": "a.png", "output": path}), outside) for path in (
        "/etc/x.png", "../x.png", "x/../../y.png", "x//y.png", "./x.png", "x/", "", ".", "..", "x/..")]
    bad += [(json.dumps({"source": "a.png", "output": path}), "its output has a name that this program keeps for itself") for path in (
        ".batchresize/state.db", "x/.batchresize/lock", ".batchresize", ".batchresize-1.png")]
    bad += [(json.dumps({"source": "a/" * 9000}), "its source is too long")]
    text = lines(*[line for line, _ in bad]) + b'{"source": "\xff.png"}\n\n' + lines({"source": "a.png", "output": "z/good.png"})
    (directory / "list").write_bytes(text)
    done = directory.run("--list-format=ndjson", "--files-from", "list" if regular else "-", "-o", "out",
                         stdin=b"" if regular else text)
    assert done.status == 1 and directory.names("out") == ["z/good.png"] and len(done.report) == 1, done
    for number, (line, said) in enumerate(bad, 1):
        assert "line %d of the list: %s" % (number, said) in done.err, (line, done.err)
    assert done.err.count(" of the list: ") == len(bad) + 1


def test_what_fits_no_run_of_several_sizes(directory):
    directory.copy("edge/jpeg-444.jpg", "a.png")
    done = listed(directory, lines({"source": "a.png", "output": "x.png"}, {"source": "a.png", "size": "7"},
                                   {"source": "a.png", "format": "jpeg"}), "-o", "out", "-s", "1,2")
    assert done.status == 1 and directory.names("out") == ["a-1.jpg", "a-2.jpg"], done
    assert "line 1 of the list: its output is for a run of one --size" in done.err
    assert "line 2 of the list: its size is for a run of one --size" in done.err
    done = listed(directory, lines({"source": "a.png", "size": "7"}), "-o", "out", "-s", "1x1", "--fit=cover")
    assert done.status == 1 and "line 1 of the list: its size needs two sides" in done.err
    done = directory.run("--list-format=ndjson", "a.png", report=False)
    assert done.status == 2 and "--list-format has no effect without --files-from" in done.err


def test_collisions_of_outputs_that_are_asked_for(directory):
    """With each other, with a source, and with what a name would have been."""
    directory.copy("edge/1x1.png", "a.png", "b.png", "out/c.png")
    (directory / "list").write_bytes(lines(
        {"source": "a.png", "output": "x.png"}, {"source": "b.png", "output": "x.png"}, {"source": "a.png", "output": "b.png"},
        {"source": "b.png"}, {"source": "a.png", "output": "c.png"}, {"source": "out/c.png", "output": "d.png"},
        {"source": "a.png", "output": "e.png"}, {"source": "a.png", "output": "e.png"}))
    done = directory.run("--list-format=ndjson", "--files-from", "list", "-o", "out")
    codes = sorted((record["source"], record["output"], record["code"]) for record in done.report)
    assert codes == [("a.png", "out/b.png", "collision"), ("a.png", "out/c.png", "output-is-source"), ("a.png", "out/e.png", None),
                     ("a.png", "out/x.png", "collision"), ("b.png", "out/b.png", "collision"), ("b.png", "out/x.png", "collision"),
                     ("out/c.png", "out/d.png", None)], codes


@pytest.mark.parametrize("regular", [False, True])
def test_one_output_can_not_be_of_two_sizes(directory, regular):
    """Nor of two formats; the same entry twice is one."""
    directory.copy("edge/1x1.png", "a.png")
    entries = [{"source": "a.png", "output": "x.png", "size": "1x1"}, {"source": "a.png", "output": "x.png", "size": "2x2"},
               {"source": "a.png", "output": "y.png", "size": "1x1"}, {"source": "a.png", "output": "y.png", "size": "1x1"},
               {"source": "a.png", "output": "z", "format": "png"}, {"source": "a.png", "output": "z", "format": "jpeg"}]
    (directory / "list").write_bytes(lines(*entries))
    done = directory.run("--list-format=ndjson", "--files-from", "list" if regular else "-", "-o", "out",
                         stdin=b"" if regular else lines(*entries))
    codes = sorted((record["output"], record["code"]) for record in done.report)
    assert codes == [("out/x.png", "collision")] * 2 + [("out/y.png", None)] + [("out/z", "collision")] * 2
    assert done.status == 1 and (directory / "out/y.png").exists()


@pytest.mark.parametrize("regular", [False, True])
def test_each_entry_of_a_source_that_is_none_is_reported(directory, regular):
    """As whoever wrote the list looks for its outputs in the report."""
    (directory / "text.png").write_text("no picture")
    entries = [{"source": source, "output": output} for source in ("gone.png", "text.png") for output in ("x.png", "y.png")]
    entries += [{"source": "gone.png"}]
    if regular:
        entries += [{"source": "gone.png", "size": "5"}, {"source": "gone.png", "output": "x.png"}]  # the same again
    (directory / "list").write_bytes(lines(*entries))
    done = directory.run("--list-format=ndjson", "--files-from", "list" if regular else "-", "-o", "out",
                         stdin=b"" if regular else lines(*entries))
    wanted = [("gone.png", "out/gone.png"), ("gone.png", "out/x.png"), ("gone.png", "out/y.png"), ("text.png", "out/x.png"),
              ("text.png", "out/y.png")]
    found = sorted((record["source"], record["output"]) for record in done.report)
    assert done.status == 1 and found == wanted, done
    assert all(record["status"] == "failed" for record in done.report)


def test_a_dry_run_shows_them(directory):
    directory.copy("edge/1x1.png", "a.png")
    done = listed(directory, lines({"source": "a.png", "output": "s/x.png", "size": "7"}, {"source": "a.png", "size": "8"}),
                  "-n", "-o", "out", "--name", "{size}/{stem}.{ext}", report=False)
    assert done.status == 0 and sorted(done.out.splitlines()) == [b"a.png -> out/8/a.png", b"a.png -> out/s/x.png"], done


def test_what_is_asked_for_is_made_again(directory):
    """The options do not tell whether an output has the size that its line asks for."""
    directory.copy("photos/city.jpg", "a.jpg")
    for size in (30, 20):
        done = listed(directory, lines({"source": "a.jpg", "output": "x.jpg", "size": size}), "-o", "out")
        assert done.status == 0 and max(size_of(directory / "out/x.jpg")) == size, done


@pytest.mark.parametrize("regular", [False, True])
def test_what_is_remembered_of_entries(directory, regular):
    """Which source has become which output, of which size and format."""
    directory.copy("photos/city.jpg", "x/1.jpg")
    directory.copy("photos/sea.jpg", "y/1.jpg")

    def made(*entries):
        listed = lines(*({"source": source, "output": output, **more} for source, output, more in entries))
        (directory / "list").write_bytes(listed)
        done = directory.run("--list-format=ndjson", "--files-from", "list" if regular else "-", "-o", "out", "-s", "50",
                             stdin=b"" if regular else listed)
        assert done.status == 0, done
        return sorted(record["output"][4:] for record in done.report if record["status"] == "ok")

    first, second, third = ("x/1.jpg", "a.jpg", {}), ("y/1.jpg", "b.jpg", {}), ("x/1.jpg", "c.jpg", {})
    assert made(first, second, third) == ["a.jpg", "b.jpg", "c.jpg"]
    assert made(first, second, third) == []
    (directory / "out/c.jpg").unlink()
    assert made(first, second, third) == ["c.jpg"]
    # other ways round
    expected = {"b.jpg": (directory / "out/a.jpg").read_bytes(), "a.jpg": (directory / "out/b.jpg").read_bytes()}
    assert made(("x/1.jpg", "b.jpg", {}), ("y/1.jpg", "a.jpg", {})) == ["a.jpg", "b.jpg"]
    assert {name: (directory / "out" / name).read_bytes() for name in expected} == expected
    # a size that was asked for is not the run's
    for more, side in (({"size": 20}, 20), ({}, 50), ({"size": 20}, 20)):
        assert made(("x/1.jpg", "d.jpg", more)) == ["d.jpg"]
        assert max(size_of(directory / "out/d.jpg")) == side
        assert made(("x/1.jpg", "d.jpg", more)) == []
    for kind in ("png", "jpeg", "png"):
        assert made(("x/1.jpg", "e", {"format": kind})) == ["e"]
        assert Image.open(directory / "out/e").format.lower() == kind
        assert made(("x/1.jpg", "e", {"format": kind})) == []
