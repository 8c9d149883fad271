"""Any name that a file may have, any line of a list, any template: nothing of it is misread, lost or made up."""

import itertools
import json
import os
import re

from hypothesis import assume, example, given
from hypothesis import strategies as st

from conftest import examples, size_of, source_bytes

NUMBERS = itertools.count()

NASTY = [b"-", b"--help", b"a\n", b"\n", b" ", b"a ", b"\t", b"\xff", b"\x1b[2J.png", b"~", b"*", b"?", b"$(id)", b"`id`", b";",
         b"'", b'"', b"\\", b"a.jpg[Q=1]", b"%s%n.png", b"{stem}", b"{", b"\xe2\x80\xae.gpj", b"\xc3\xa9.png", b"e\xcc\x81.png",
         b"...", b"....png", b".png", b"..a", b"a.", b"x" * 255, b"\xf0\x9f\x98\x80" * 63, b"a\r", b"\xef\xbb\xbfa", b"{}", b"CON",
         b"a:b", b"resized_a.png", b"\x7f", b"\x80", b"\xc2\x85"]
NAMES = (st.sampled_from(NASTY) | st.binary(min_size=1, max_size=12)).filter(
    lambda name: name not in (b".", b"..") and not set(b"/\0") & set(name) and not name.startswith(b".batchresize"))


def place_of(directory):
    """A directory of its own for each example."""
    return directory.below(str(next(NUMBERS)))


@examples(12)
@given(st.lists(NAMES, min_size=1, max_size=8, unique=True), st.booleans())
@example(NASTY, False)
@example(NASTY, True)
def test_any_name(directory, names, listed):
    """Each picture is made, printed and reported once, by exactly its name, and known the next time."""
    here = place_of(directory)
    here.copy("edge/1x1.png", *(b"in/" + name for name in names))
    arguments = ["--hidden", "-p", "-0", "-o", "out"]
    arguments += ["--files-from=-"] if listed else ["in"]
    below = b"out/in/" if listed else b"out/"
    stdin = b"".join(b"in/" + name + b"\0" for name in names) if listed else b""
    done = here.run(*arguments, *(["-v"] if listed else []), stdin=stdin)
    outputs = sorted(below + name for name in names)
    assert done.status == 0, done
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.err), done.err
    assert sorted(done.out.split(b"\0")[:-1]) == outputs
    assert sorted(source_bytes(record) for record in done.report) == sorted(b"in/" + name for name in names)
    made = [name for name in os.listdir(os.fsencode(here / os.fsdecode(below))) if name != b".batchresize"]
    assert sorted(below + name for name in made) == outputs
    again = here.run(*arguments, stdin=stdin)
    assert again.status == 0 and again.statuses() == {"skipped": len(names)} and again.out == b"", again


# --- lists -------------------------------------------------------------------------------------------------------

SIZES = ["30", "x7", "30x7", "12.5%", 30, "0x5", "big", 0, "30x", "1e2"]
BLANKS = st.sampled_from(["", " ", "\t", "  ", "\r", "\n"])


def quoted(draw, text):
    """A JSON string, some of its characters escaped that need not be."""
    return '"%s"' % "".join("\\u%04X" % ord(one) if ord(one) < 0xFFFF and draw(st.integers(0, 5)) == 0
                            else json.dumps(one, ensure_ascii=draw(st.booleans()))[1:-1] for one in text)


@st.composite
def entries(draw):
    """A line of a list: an object of few errors or none, and one in four with something cut out of it or put in."""
    fields = {"source": draw(st.sampled_from(["a.png", "\u00e9 \U0001f600.png", 'q".png', "gone"]))}
    if draw(st.booleans()):
        fields["output"] = draw(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="/\0"), min_size=1, max_size=5))
    if draw(st.booleans()):
        fields["size"] = draw(st.sampled_from(SIZES))
    if draw(st.booleans()):
        fields["format"] = draw(st.sampled_from(["keep", "png", "jpeg", "bmpx"]))
    pairs = draw(st.permutations(list(fields.items())))
    line = ",".join("".join([draw(BLANKS), quoted(draw, key), draw(BLANKS), ":", draw(BLANKS),
                             quoted(draw, value) if isinstance(value, str) else json.dumps(value), draw(BLANKS)])
                    for key, value in pairs)
    line = draw(BLANKS) + "{" + line + "}" + draw(BLANKS)
    if draw(st.integers(0, 3)) == 0:
        begin = draw(st.integers(0, len(line)))
        end = draw(st.integers(begin, min(begin + 4, len(line))))
        line = line[:begin] + draw(st.sampled_from(["", ",", '"', "\\", "{", "\\ud800", "\\u0000", "\x01", "\xa0", "1", "null"])) + line[end:]
    return line


def once(pairs):
    """An object whose keys are each there once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def asked(line):
    """The source and output that a line asks for by Python's reader of JSON; None: it is a bad one."""
    try:
        fields = json.loads(line, object_pairs_hook=once)
        text = [fields["source"], fields.get("output", "x"), fields.get("format", "keep")]
        if set(fields) - {"source", "output", "size", "format"} or any("\0" in part or not part for part in text):
            return None
        "".join(text).encode()
        size = fields.get("size", "1")
        size = str(size) if type(size) is int and size > 0 else size
        if not re.fullmatch(r"0*[1-9]\d*(x0*[1-9]\d*)?|x0*[1-9]\d*|(?!0+(\.0+)?%)\d+(\.\d{1,3})?%", size, re.A) or text[2] == "bmpx":
            return None
        if size[-1] == "%" and float(size[:-1]) > 100 or text[2] not in ("keep", "png", "jpeg"):
            return None
        if "/" in text[1] or text[1] in (".", ".."):
            return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return fields["source"], fields.get("output")


@examples(25)
@given(st.lists(entries(), min_size=1, max_size=12), st.booleans())
@example(['{"source":"a.png","size":30}', '{"source":"a.png","size":030}', '{"source":"a.png","size":"030"}'], False)
@example(['{\n"source"\n:\n"a.png"\n,"size":30\n}\n', "{}", '\n{"source":"gone"}'], True)
def test_lines_of_a_list_are_read_as_json(directory, lines, null):
    """As Python reads them: bad lines are told by their numbers, and the rest goes on."""
    lines = lines if null else [line.replace("\n", " ") for line in lines]
    here = place_of(directory)
    here.copy("edge/1x1.png", "a.png", "\u00e9 \U0001f600.png", 'q".png')
    assume(not any(line.startswith("\ufeff") for line in lines))
    wanted = {number: asked(line) for number, line in enumerate(lines, 1)}
    (here / "list").write_bytes(("\0" if null else "\n").join(lines).encode())
    done = here.run("--list-format=ndjson", "--files-from=list", "-o", "out", "-n", *(["-0"] if null else []))
    told = {int(number) for number in re.findall(r"line (\d+) of the list: ", done.err)}
    assert told == {number for number, line in wanted.items() if line is None and lines[number - 1]}, (lines, done)
    found = {(record["source"], record["output"]) for record in done.report}
    assert {source for source, _ in found} == {line[0] for line in wanted.values() if line}
    for line in filter(None, wanted.values()):
        assert line[1] is None or (line[0], "out/" + line[1]) in found, (line, done)


# --- templates ---------------------------------------------------------------------------------------------------

LITERALS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Nd"), blacklist_characters="/."), max_size=4)
FIELDS = st.sampled_from(["{stem}", "{size}", "{ext}", "-{width}x{height}-"])


@examples(10)
@given(st.lists(st.tuples(LITERALS, FIELDS), max_size=3), st.lists(st.tuples(LITERALS, st.sampled_from(["{stem}", "{size}"])), max_size=2),
       st.sampled_from(["city.jpg", "a.b.jpg", "..c.jpg", "{stem}.jpg", "\u00e9.jpg"]))
def test_any_template(directory, parts, above, name):
    """Every field is replaced where it stands, and every brace that is written twice is one."""
    def doubled(text):
        return text.replace("{", "{{").replace("}", "}}")

    here = place_of(directory)
    here.copy("photos/city.jpg", name)
    whole = "".join(doubled(text) + field + "/" for text, field in above)
    whole += "".join(doubled(text) + field for text, field in parts) + "_{size}.{ext}"
    done = here.run("-s", "20,x12", "--name=" + whole, "-o", "out", name)
    assert done.status == 0, done
    stem = name[:-len(".jpg")]
    sizes = {output["output"]: (output["width"], output["height"]) for output in done.report[0]["outputs"]}
    for size, sides in (("20", (20, None)), ("x12", (None, 12))):
        path, = [path for path, found in sizes.items() if found[0] == sides[0] or found[1] == sides[1]]
        width, height = size_of(here / path)
        values = {"stem": stem, "size": size, "ext": "jpg", "width": str(width), "height": str(height), "{": "{", "}": "}"}
        assert path == "out/" + re.sub(r"\{(stem|size|ext|width|height|\{)\}?|\}(\})", lambda match: values[match[1] or match[2]], whole), done
