"""What became of the runs that the suite disturbed, as a table in Markdown: a plugin of pytest's.

A test tells it with the fixture `tell`. The table goes into the file that FAULT_TABLE names."""

import collections
import os

import pytest

from conftest import MODES, directory, network_disk, shim  # noqa: F401: fixtures, which a conftest elsewhere gives nobody


@pytest.fixture
def tell(record_property):
    """tell(fault, mode, outcomes): in words, and how often each."""
    def remember(fault, mode, outcomes):
        record_property("fault", (fault, mode, dict(collections.Counter(outcomes))))

    return remember


def pytest_terminal_summary(terminalreporter):
    rows, counts = {}, collections.Counter()
    for result in ("passed", "skipped"):
        for report in terminalreporter.getreports(result):
            test = "%s::%s" % (os.path.basename(report.location[0]), report.location[2].partition("[")[0])
            for name, value in report.user_properties:
                if name == "fault":
                    fault, mode, outcomes = value
                    rows.setdefault((fault, test), {}).setdefault(mode, collections.Counter()).update(outcomes)
                    counts.update(outcomes)
    path = os.environ.get("FAULT_TABLE")
    if not rows or not path:
        return
    with open(path, "w") as stream:
        stream.write("| fault | %s | test |\n|---|%s---|\n" % (" | ".join(MODES), "---|" * len(MODES)))
        for (fault, test), modes in rows.items():
            cells = [", ".join(sorted(modes[mode])) if mode in modes else "-" for mode in MODES]
            stream.write("| %s | %s | `%s` |\n" % (fault, " | ".join(cells), test))
    terminalreporter.write_line("%d disturbed runs: %s; %s" % (
        sum(counts.values()), ", ".join("%d %s" % (count, outcome) for outcome, count in counts.most_common()), path))
