"""Sources that change while they are read, and what is no source at all."""

import os
import socket

import pytest

from conftest import NO_SANDBOX, shim_of_pread
from modes import every_mode
from promise import Ground, Run, keep

VICTIM = "images/000.jpg"

# Done once, when the victim's bytes are asked for; `path` is its name.
CHANGES = {
    "grows": "int f = open(path, O_WRONLY | O_APPEND); if (f < 0 || write(f, path, 16) != 16) abort(); close(f);",
    "shrinks": "if (truncate(path, 300)) abort();",
    "is emptied": "if (truncate(path, 0)) abort();",
    "vanishes": "if (unlink(path)) abort();",
    "is replaced": 'if (rename("spare", path)) abort();',
    "is replaced by a directory": "if (unlink(path) || mkdir(path, 0777)) abort();",
}


@every_mode
@pytest.mark.parametrize("change", CHANGES)
def test_a_source_changes_while_it_is_read(tmp_path, shim, mode, change, tell):
    ground = Ground(tmp_path / "here")
    ground.draw("spare.jpg", 1000, 90)
    os.rename(ground.path / "spare.jpg", ground.path / "spare")
    prefix = shim(shim_of_pread("""
	if (strstr(path, "%s") && syscall(SYS_mkdirat, AT_FDCWD, "done", 0777) == 0) { %s }""" % (VICTIM, CHANGES[change])))
    run = Run(ground, NO_SANDBOX, mode=mode, prefix=prefix).wait()
    assert (ground.path / "done").exists(), "the source was not read"
    outcome = keep(run, changed={VICTIM}, again=False)
    assert outcome in ("done", "its picture"), outcome
    tell("a source %s while it is read" % change, mode, [outcome])


@every_mode
@pytest.mark.parametrize("named", [False, True], ids=["met", "named"])
def test_what_is_no_file(tmp_path, mode, named, tell):
    ground = Ground(tmp_path / "here")
    images = ground.path / "images"
    os.mkfifo(images / "fifo.jpg")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(images / "socket.jpg"))
    for name, target in (("loop.jpg", "loop.jpg"), ("device.jpg", "/dev/zero"), ("nothing.jpg", "gone"), ("endless", "..")):
        os.symlink(target, images / name)
    strangers = ["images/" + name for name in ("fifo.jpg", "socket.jpg", "loop.jpg", "device.jpg", "nothing.jpg")]
    if named:
        ground.names = sorted(ground.names + strangers)
    run = Run(ground, *([] if named else ["--follow"]), mode=mode, sources=["images", *(strangers if named else ())]).wait()
    records = {record["source"]: record for record in run.records()}
    for name in strangers:
        assert name not in records or records[name]["status"] in ("failed", "skipped"), records[name]
    ground.names = sorted({*ground.names, *records} - {"images/endless"})
    tell("FIFO, socket, device, loop of links %s" % ("by name" if named else "in a directory"), mode, [keep(run, again=False)])
