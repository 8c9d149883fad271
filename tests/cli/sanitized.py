"""What runs under a sanitizer, where all takes several times as long.

A sanitizer looks at what the program does with memory and numbers. So each way that bytes take through
it is gone once, and what a test is about besides is left to the run without one.
"""

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


def choose(config, items):
    """For pytest_collection_modifyitems."""
    wanted = [item for item in items if is_wanted(item)]
    config.hook.pytest_deselected(items=[item for item in items if not is_wanted(item)])
    items[:] = wanted
