"""Libraries that the program is started under, in which a system call fails as it does on other systems.

Compiled when a test wants one; what it defines comes before the C library's."""

import shutil
import subprocess

import pytest

HEAD = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
"""


@pytest.fixture
def shim(tmp_path):
    """shim(C source) -> what to put before the program."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        pytest.skip("needs a C compiler")

    def make(source):
        library = tmp_path / "shim.so"
        (tmp_path / "shim.c").write_text(HEAD + source)
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, tmp_path / "shim.c"], check=True)
        return ["env", "LD_PRELOAD=%s" % library]

    return make
