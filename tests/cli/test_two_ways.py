"""A JPEG that becomes a JPEG, PNG or WebP is decoded by code of our own, any other by the image library:
what is damaged, how badly, and what is taken all the same, both must say alike."""

import random

import pytest

from conftest import TESTDATA

SOURCES = ("edge/jpeg-420.jpg", "edge/jpeg-444.jpg", "edge/jpeg-optimised.jpg", "edge/jpeg-restart.jpg",
           "edge/gray.jpg", "edge/orientation-6.jpg", "photos/sea.jpg")
EACH = 40


def damaged(data, chance):
    """Cut off, with bytes changed, removed, doubled, or zeroed; in the header and in the picture."""
    data = bytearray(data)
    place = chance.randrange(2, len(data) - 2) if chance.random() < 0.7 else chance.randrange(2, 700)
    kind = chance.randrange(6)
    if kind == 0:
        del data[place:]
    elif kind == 1:
        data[place] ^= 1 << chance.randrange(8)
    elif kind == 2:
        del data[place:place + chance.randrange(1, 40)]
    elif kind == 3:
        data[place:place] = data[place:place + chance.randrange(1, 40)]
    elif kind == 4:
        data[place:place + 8] = bytes(8)
    else:
        data[place:place + 2] = bytes((0xFF, chance.choice((0x00, 0xD0, 0xD9, 0xDA, 0xC4, 0xFF))))
    return bytes(data)


def verdicts(directory, level, form):
    done = directory.run("--fail-on", level, "-f", form, "-s", "90", "-o", form + level, "images", mode="process")
    return {record["source"]: (record["status"], record["code"], "truncated" in record["notes"])
            for record in done.report}


@pytest.mark.parametrize("level", ["none", "truncated", "error", "warning"])
def test_damage_is_judged_alike(directory, level):
    chance = random.Random(level)
    (directory / "images").mkdir()
    for source in SOURCES:
        whole = (TESTDATA / source).read_bytes()
        for number in range(EACH):
            path = directory / "images" / ("%s-%02d.jpg" % (source.replace("/", "-")[:-4], number))
            path.write_bytes(damaged(whole, chance))
    general = verdicts(directory, level, "tiff")
    assert len(general) == EACH * len(SOURCES)
    for form in ("jpeg", "png", "webp"):
        assert verdicts(directory, level, form) == general, form
    codes = {code for _, code, _ in general.values()}
    assert {None, "corrupt", "truncated"} <= codes or level == "none"
