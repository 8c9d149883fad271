"""What runs under a sanitizer, where all takes several times as long.

A sanitizer looks at what the program does with memory and numbers. So each way that bytes take through
it is gone once, and what a test is about besides is left to the run without one: the tests of how results are
handed on are run in three modes, all others in one, and of a test with many cases a few are. All cases of what
is hostile are there; what else bytes can say to a parser is for the fuzz targets, whose corpora are read under
sanitizers too. EVERY_CASE=1 leaves none out.
"""

import collections
import os
import zlib

# About what a sanitizer has nothing to say of.
LEFT_OUT = {
    "test_examples.py": "words of other programs",
    "test_help.py": "words",
    "test_hints.py": "words",
    "test_html_browser.py": "what a browser makes of a page",
    "test_install.py": "files, and how they are linked",
    "test_kills.py": "who is to blame, and when another worker comes",
    "test_metrics.py": "what judges the pictures, in Python",
    "test_modes.py": "who lives and who dies, which the unit tests of the executors have under sanitizers",
    "test_readme.py": "words",
    "test_signals.py": "who ends when, and what is there then",
    "test_slow_readers.py": "who waits for whom",
    "test_units.py": "units of systemd",
    "test_words.py": "words",
}

# Where pictures are made, or the plan of a run, the mode is of no account. These are about how jobs and
# results are handed on.
OF_MODES = ("test_bad_input.py", "test_existing.py", "test_failures.py", "test_limits.py", "test_output.py",
            "test_report.py")
ONE = ("process",)
ALL = ("thread", "process", "hybrid")  # serial mode is thread mode without a thread


# So many cases of a test in a mode, and whose cases are all there.
CASES = 2
HOSTILE = ("test_bad_input.py", "test_damage.py", "test_lies.py", "test_hostile_exif")


def modes_of(item):
    """Those that a test is run in one after another, or none."""
    for mark in item.iter_markers("parametrize"):
        if mark.args[0] == "mode":
            return mark.args[1]
    return ()


def is_wanted(item):
    if item.path.name in LEFT_OUT:
        return False
    modes = modes_of(item)
    wanted = ALL if item.path.name in OF_MODES else ONE
    return not set(wanted) & set(modes) or item.callspec.params["mode"] in wanted


def few_of(items):
    """The same ones each time, which have nothing to do with each other: not the first ones, which are alike."""
    tests = collections.defaultdict(list)
    for item in items:
        mode = item.callspec.params["mode"] if modes_of(item) else ""
        whole = item.path.name in HOSTILE or item.originalname in HOSTILE
        tests[item.path, item.originalname, mode, item.nodeid if whole else ""].append(item)
    few = set()
    for cases in tests.values():
        few.update(sorted(cases, key=lambda item: zlib.crc32(item.nodeid.encode()))[:CASES])
    return few


def choose(config, items):
    """For pytest_collection_modifyitems."""
    wanted = {item for item in items if is_wanted(item)}
    if not os.environ.get("EVERY_CASE"):
        wanted = few_of(wanted)
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = [item for item in items if item in wanted]
