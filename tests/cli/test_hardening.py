"""What the compiler and the linker were told for safety, read back from what they made."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import PROGRAM, SANITIZER

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="a build for a sanitizer is not hardened")
ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(PROGRAM).parent
LIBRARIES = ["libbatchresize.so.0", "libbatchresize-pool.so.0"]


def told(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def binaries(folder):
    found = [path for path in (folder / name for name in ["batchresize", *LIBRARIES]) if path.exists()]
    assert found
    return found


def what_is_loaded_is_written_or_run_never_both(built):
    for path in binaries(built):
        segments = re.findall(r"^  (\w+) .* ([R ][W ][E ]) 0x", told("readelf", "-lW", path), re.MULTILINE)
        kinds = {kind for kind, _ in segments}
        assert {"LOAD", "GNU_RELRO", "GNU_STACK"} <= kinds, (path, segments)
        assert not [flags for kind, flags in segments if flags[1:] == "WE" or (kind == "GNU_STACK" and "E" in flags)], (path, segments)


def all_symbols_are_bound_at_the_start_and_no_code_is_changed_for_it(built):
    for path in binaries(built):
        dynamic = told("readelf", "-dW", path)
        assert "BIND_NOW" in dynamic and "TEXTREL" not in dynamic, (path, dynamic)
        assert ("PIE" in dynamic) == (path.name == "batchresize"), (path, dynamic)


def the_stack_and_the_buffers_are_watched(built):
    for path in binaries(built):
        symbols = set(re.findall(r"UND (\w+)", told("readelf", "--dyn-syms", "-W", path)))
        assert "__stack_chk_fail" in symbols, path
        assert [name for name in symbols if name.endswith("_chk")], path
    assert "-D_FORTIFY_SOURCE=3" in (built / "flags").read_text()  # the level leaves no trace in the code


def no_frame_leaps_over_the_guard_page(built):
    if platform.machine() != "x86_64":  # code of others looks different
        return
    for path in binaries(built):
        code = told("objdump", "-d", "--no-show-raw-insn", path)
        assert re.search(r"\b(?:or|mov)[bwlq]? +\$0x0,(?:0x[0-9a-f]+)?\(%rsp\)", code), path


def branches_lead_where_they_may(built):
    """Of our own objects: the C library's own, which are linked in, need not be made for it."""
    note = {"x86_64": "IBT, SHSTK", "aarch64": "BTI, PAC"}.get(platform.machine())
    if not note:  # nothing of that kind on this processor
        return
    objects = [path for path in (built / "src").rglob("*.o") if (ROOT / path.relative_to(built)).with_suffix(".c").exists()]
    assert objects
    for path in objects:
        assert note in told("readelf", "-n", path), path


CHECKS = [what_is_loaded_is_written_or_run_never_both, all_symbols_are_bound_at_the_start_and_no_code_is_changed_for_it,
          the_stack_and_the_buffers_are_watched, no_frame_leaps_over_the_guard_page, branches_lead_where_they_may]


@pytest.mark.skipif(not (BUILD / "flags").exists(), reason="the program is not where it was built")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_as_built(check):
    check(BUILD)


def test_by_the_other_compiler(tmp_path):
    """The library of pools alone, which takes a moment."""
    flags = BUILD / "flags"
    other = "gcc" if flags.exists() and flags.read_text().startswith("clang") else "clang"
    if not shutil.which(other):
        pytest.skip("there is no " + other)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    subprocess.run(["make", "CC=" + other, "BUILD=%s" % tmp_path, "CFLAGS=-O2", "INSTALL_DEPS=true",
                    "%s/libbatchresize-pool.so.0" % tmp_path], cwd=ROOT, env=variables, check=True, stdout=subprocess.DEVNULL)
    for check in CHECKS:
        check(tmp_path)
