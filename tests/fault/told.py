"""What became of the runs that the suite disturbed, as the table in SECURITY.md: a plugin of pytest's.

A test tells it with the fixture `tell`. The table goes into the file that FAULT_TABLE names: in place of the one in it,
whose rows stay as they are where this run has not looked, and so do modes of a row. What it has looked at in part
(STEP, BEGIN: see sweep.py) it adds to what was found before."""

import collections
import os
import re

import pytest

from conftest import directory, network_disk, shim  # noqa: F401: fixtures, which a conftest elsewhere gives nobody
from modes import MODES
from promise import OUTCOMES

HEAD = "| fault | %s | test |\n|---|%s---|\n" % (" | ".join(MODES), "---|" * len(MODES))


@pytest.fixture
def tell(record_property):
    """tell(fault, mode, outcomes, variant=""): in words, and how often each. What comes in variants is one row."""
    def remember(fault, mode, outcomes, variant=""):
        record_property("fault", (fault, mode, dict(collections.Counter(outcomes)), variant))

    return remember


def words_of(fault, variants):
    return fault + (": " + " ".join("`%s`" % variant for variant in sorted(variants)) if variants else "")


def row_of(fault, test, told):
    """A line of the table, of (mode, outcomes, variant)."""
    modes = {mode: {name for other, outcomes, _ in told if other == mode for name in outcomes} for mode in MODES}
    cells = [", ".join(sorted(names, key=OUTCOMES.index)) or "-" for names in modes.values()]
    words = words_of(fault[0].upper() + fault[1:], {variant for _, _, variant in told if variant})
    return "| %s | %s | `%s` |\n" % (words, " | ".join(cells), test)


def fault_of(row):
    """What rows of the same fault, found by the same test, have in common."""
    cells = row.strip("| \n").split(" | ")
    return re.sub(r": `.*`$", "", cells[0]), cells[-1]


def variants_of(row):
    return set(re.findall(r"`([^`]*)`", row.strip("| \n").split(" | ")[0][len(fault_of(row)[0]):]))


def outcomes_of(row):
    """Of each mode, the set of those in its cell."""
    return [set(cell.split(", ")) - {"-"} for cell in row.strip("| \n").split(" | ")[1:-1]]


def joined(row, before, in_part):
    """A row with what one before it has of modes that it lacks, or, in part, of all, and of its variants."""
    fault, test = fault_of(row)
    cells = [now | then if in_part or not now else now for now, then in zip(outcomes_of(row), outcomes_of(before))]
    words = words_of(fault, variants_of(row) | (variants_of(before) if in_part else set()))
    return "| %s |\n" % " | ".join([words, *(", ".join(sorted(cell, key=OUTCOMES.index)) or "-" for cell in cells), test])


def write_table(path, rows, in_part=False):
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    before, head, rest = text.partition(HEAD)
    table = re.match(r"(\|.*\n)*", rest).group()
    known = {fault_of(row): row for row in table.splitlines(keepends=True)}
    known.update((fault_of(row), joined(row, known.get(fault_of(row), row), in_part)) for row in rows)
    lines = sorted(known.values(), key=lambda row: row.replace("`", "").lower())
    with open(path, "w", encoding="utf-8") as stream:
        stream.write((before if head else "") + HEAD + "".join(lines) + rest[len(table):])


def pytest_terminal_summary(terminalreporter):
    rows, counts = collections.defaultdict(list), collections.Counter()
    for result in ("passed", "skipped"):
        for report in terminalreporter.getreports(result):
            test = "%s::%s" % (os.path.basename(report.location[0]), report.location[2].partition("[")[0])
            for name, value in report.user_properties:
                if name == "fault":
                    fault, *told = value
                    rows[fault, test].append(told)
                    counts.update(told[1])
    path = os.environ.get("FAULT_TABLE")
    if not rows or not path:
        return
    in_part = {os.environ.get("STEP", "1"), os.environ.get("BEGIN", "0")} != {"1", "0"}
    write_table(path, [row_of(fault, test, told) for (fault, test), told in rows.items()], in_part)
    terminalreporter.write_line("%d disturbed runs: %s; %s" % (
        sum(counts.values()), ", ".join("%d %s" % (count, outcome) for outcome, count in counts.most_common()), path))
