"""A worker whose memory is broken may say anything: that costs it its life, the job a second attempt, and nobody anything else.

A library that is loaded before the program forges what the worker says in its second answer; the picture is made by the
next worker then, and every output is the one that a run without it makes.
"""

import fcntl
import os
import shutil
import subprocess

import pytest

from conftest import NO_SANDBOX, SANITIZER, TOP, mode_with_workers

pytestmark = pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer wants to be loaded first")

COUNT = 8

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "batch/task.h"
#include "exec/channel.h"

static int answers, writes, kept;

static int is_worker(void)
{
	char name[17] = "";

	(void)prctl(PR_GET_NAME, name);
	return strcmp(name, "worker") == 0;
}

static void say(int fd, struct channel_message message)
{
	(void)send(fd, &message, sizeof(message), MSG_NOSIGNAL);
}

static ssize_t with_descriptors(int fd, const struct msghdr *header, int flags, int count)
{
	ssize_t (*real)(int, const struct msghdr *, int) =
	    (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
	struct msghdr more = *header;
	static char control[CMSG_SPACE(sizeof(int) * 253)] __attribute__((aligned(16)));
	struct cmsghdr *part = (struct cmsghdr *)control;

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
	for (int i = 0; i < count; i++)
		((int *)CMSG_DATA(part))[i] = 2;
	more.msg_control = control;
	more.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
	return real(fd, &more, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *header, int flags)
{
	ssize_t (*real)(int, const struct msghdr *, int) =
	    (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
	struct channel_message *m = header->msg_iov[0].iov_base;

	if (is_worker() && m->kind == CHANNEL_RESULT && ++answers == 2) {
		struct task_outcome *r = header->msg_iov[1].iov_base;
		struct iovec *body = &header->msg_iov[1];

		(void)r;
		(void)body;
		LIE;
	}
	return real(fd, header, flags);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	if (is_worker() && ++writes >= 2) {
		WRITE;
	}
	return syscall(SYS_pwrite64, fd, bytes, size, offset);
}
"""

FAIL = "m->status = BR_ERROR_CORRUPT; r->error.code = BR_ERROR_CORRUPT; "

LIES = {
    "zeros": "memset(r, 0, body->iov_len)",
    "noise": "memset(r, 0x5a, body->iov_len)",
    "twice": "real(fd, header, flags)",
    "no-result": "body->iov_len = 0",
    "half-a-result": "body->iov_len /= 2",
    "another-job": "m->generation++",
    "the-last-job": "m->generation--",
    "another-slot": "m->index += 1",
    "a-slot-far-away": "m->index = 1u << 31",
    "ready-again": "say(fd, (struct channel_message){.kind = CHANNEL_READY})",
    "an-order": "m->kind = CHANNEL_KILL",
    "no-kind": "m->kind = 99",
    "asks-for-nothing": "say(fd, (struct channel_message){.kind = CHANNEL_ASK})",
    "asks-for-all": "say(fd, (struct channel_message){.kind = CHANNEL_ASK, .size = UINT64_MAX});"
                    "say(fd, (struct channel_message){.kind = CHANNEL_ASK, .size = UINT64_MAX})",
    "answers-without-memory": "say(fd, (struct channel_message){.kind = CHANNEL_ASK, .size = (uint64_t)1 << 28}); m->size++",
    "asks-for-ever": "for (;;) say(fd, (struct channel_message){.kind = CHANNEL_ASK, .size = UINT64_MAX})",
    "closes": "shutdown(fd, SHUT_WR)",
    "closes-and-stays": "close(fd); for (;;) pause()",
    "closes-everything": "for (int i = 0; i < 64; i++) close(i); for (;;) pause()",
    "half-a-head": "(void)send(fd, m, sizeof(*m) / 2, MSG_NOSIGNAL)",
    "says-nothing": "(void)send(fd, m, 0, MSG_NOSIGNAL)",
    "a-descriptor-beside": "return with_descriptors(fd, header, flags, 1)",
    "many-descriptors-beside": "return with_descriptors(fd, header, flags, 250)",
    "descriptors-for-ever": "for (;;) (void)with_descriptors(fd, header, flags, 250)",
    "status-far-away": "m->status = 1 << 30",
    "status-below": "m->status = -(1 << 30)",
    "was-skipped": "m->status = BR_ERROR_SKIPPED; r->error.code = BR_ERROR_SKIPPED",
    "exists": "m->status = BR_ERROR_EXISTS",
    "cancelled": "m->status = BR_ERROR_CANCELLED",
    "failed-as-skipped": "m->status = BR_ERROR_CORRUPT; r->error.code = BR_ERROR_SKIPPED",
    "size-too-large": "m->size = UINT64_MAX",
    "size-too-small": "m->size /= 2",
    "capacity-too-small": "m->capacity = 1",
    "capacity-too-large": "m->capacity = UINT64_MAX; m->size = UINT64_MAX - 1",
    "offset-before": "r->image.output[0].offset = (uint64_t)-4096",
    "offset-behind": "r->image.output[0].offset = 1",
    "output-too-large": "r->image.output[0].size++",
    "output-too-small": "r->image.output[0].size--",
    "output-huge": "r->image.output[0].size = UINT64_MAX",
    "no-output": "r->image.output[0].size = 0",
    "no-outputs": "r->image.outputs = 0",
    "many-outputs": "r->image.outputs = UINT32_MAX",
    "one-output-more": "r->image.outputs++; r->image.output[1] = r->image.output[0]",
    "no-width": "r->image.output[0].width = 0",
    "width-huge": "r->image.output[0].width = UINT32_MAX",
    "no-format": "r->image.out_format = BR_IMAGE_FORMAT_UNKNOWN",
    "format-far-away": "r->image.out_format = 12345",
    "format-below": "r->image.info.format = -1",
    "another-total": "r->bytes_out++",
    "notes": "r->image.notes = UINT32_MAX",
    "detour": "r->image.detour = 99",
    "orientation": "r->image.info.orientation = 77",
    "no-time": "r->image.decode_ms = NAN",
    "time-for-ever": "r->image.encode_ms = INFINITY",
    "time-of-months": "r->image.resize_ms = 1e30F",
    "time-backwards": "r->read_ms = -1",
    "no-bool": "memset(&r->looked, 7, 1)",
    "no-bool-of-the-library": "memset(&r->image.library, 7, 1)",
    "looked-at-nothing": "r->looked = 0",
    "refused": "r->refused = 1",
    "committed": "r->committed = 1",
    "another-source": "r->source.st_mode = 06777",
    "bytes-in": "r->bytes_in++",
    "present": "r->present = 1",
    "text-without-end": FAIL + "memset(r->error.msg, 'x', sizeof(r->error.msg))",
    "text-for-a-terminal": FAIL + "strcpy(r->error.msg, \"\\033[2Jgone\")",
    "errno-below": FAIL + "r->error.sys_errno = -5",
}

DEAFNESS = {"hears-no-more": "shutdown(fd, SHUT_RD); real(fd, header, flags); for (;;) pause()"}

# What a hybrid's parent has found out itself.
LIES_OF_READING = {
    "time-of-reading": "r->read_ms += 1",
}


# In the worker's second output.
WRITES = {
    "nothing": "if (writes == 2) return (ssize_t)size",
    "garbage": "if (writes == 2) memset((void *)(uintptr_t)bytes, 'x', 8)",
    "without-its-end": "if (writes == 2) ((char *)(uintptr_t)bytes)[size - 1] ^= 1",
    "elsewhere": "if (writes == 2) return syscall(SYS_pwrite64, fd, bytes, size, offset + 1)",
}


# And in those that follow.
LATER = {
    "to-what-it-has-kept": "if (writes == 2) kept = dup(fd); else (void)!syscall(SYS_pwrite64, kept, \"x\", 1, 40)",
}


def one_of(choices):
    """C that does what $LIE names, if it names one of these."""
    return "".join('if (strcmp(getenv("LIE"), "%s") == 0) { %s; }\n' % choice for choice in choices.items())


@pytest.fixture(scope="module")
def lying(tmp_path_factory):
    """lying(name) -> what to put before the program, so that its workers tell that lie."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("shims")
    source, library = folder / "shim.c", folder / "shim.so"
    source.write_text(SHIM.replace("LIE;", one_of({**LIES, **DEAFNESS, **LIES_OF_READING})).replace("WRITE;", one_of({**WRITES, **LATER})))
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-U_FORTIFY_SOURCE", "-I", str(TOP / "include"),
                    "-I", str(TOP / "src"), "-o", str(library), str(source), "-ldl", "-lm"], check=True)
    return lambda name: ["env", "LD_PRELOAD=%s" % library, "LIE=" + name]


def run(directory, mode, prefix, *options):
    directory.many(COUNT)
    return directory.run("-j", "1", "--timeout", "20", *options, "-s", "100", "-o", "out", "images", mode=mode, prefix=prefix)


@mode_with_workers
@pytest.mark.parametrize("lie", LIES)
def test_lie(directory, lying, mode, lie):
    done = run(directory, mode, lying(lie))
    assert done.status == 0 and done.statuses() == {"ok": COUNT}, done
    assert len(set(directory.files("out").values())) == 1, "every output is whole"
    assert any(record["attempt"] == 2 for record in done.report) or lie in ("twice", "closes"), done


@mode_with_workers
def test_who_hears_no_more(directory, lying, mode):
    """All of them, and they live on: waiting for what they will do would be in vain."""
    directory.many(COUNT)
    done = directory.run(NO_SANDBOX, "-j", "2", "--timeout", "20", "-s", "100", "-o", "out", "images", mode=mode,
                         prefix=lying("hears-no-more"))
    assert done.status == 0 and done.statuses() == {"ok": COUNT}, done
    assert len(set(directory.files("out").values())) == 1


@pytest.mark.parametrize("lie", LIES_OF_READING)
def test_lie_of_what_the_parent_read(directory, lying, lie):
    done = run(directory, "hybrid", lying(lie))
    assert done.status == 0 and done.statuses() == {"ok": COUNT}, done
    assert any(record["attempt"] == 2 for record in done.report), done


@mode_with_workers
def test_lie_without_a_second_attempt(directory, lying, mode):
    done = run(directory, mode, lying("zeros"), "--retries", "0")
    assert done.status == 1 and set(done.statuses()) == {"ok", "crashed"}, done
    assert "nonsense" in done.err, done
    assert len(directory.names("out")) == done.statuses()["ok"]


@pytest.mark.parametrize("write", WRITES)
def test_what_was_not_written_is_not_published(directory, lying, write):
    done = run(directory, "process", lying(write))
    assert done.status == 1 and set(done.statuses()) == {"ok", "failed"}, done
    names = directory.names("out")
    assert len(names) == done.statuses()["ok"] and len(set(directory.files("out").values())) == 1, done


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_what_lacks_its_end_is_not_published(directory, lying, kind):
    done = run(directory, "process", lying("without-its-end"), "--format", kind)
    assert done.status == 1 and set(done.statuses()) == {"ok", "failed"}, done
    assert "does not end as" in done.err, done


def tells_of_writers(path):
    """Whether the file system has nameless files, and leases that a writer stands in the way of."""
    try:
        writer = os.open(path, os.O_TMPFILE | os.O_RDWR)
    except OSError:
        return False
    try:
        reader = os.open("/proc/self/fd/%d" % writer, os.O_RDONLY)
        try:
            fcntl.fcntl(reader, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            return False
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(reader)
    finally:
        os.close(writer)


def test_what_can_still_be_written_to_is_not_published(directory, lying):
    """A worker that keeps a descriptor could change the output when everybody has looked at it."""
    if not tells_of_writers(directory.path):
        pytest.skip("no nameless files, or no leases, here")
    done = run(directory, "process", lying("to-what-it-has-kept"), NO_SANDBOX)
    assert done.status == 1 and set(done.statuses()) == {"ok", "failed"}, done
    assert "still writes" in done.err, done
    names = directory.names("out")
    assert len(names) == done.statuses()["ok"] and len(set(directory.files("out").values())) == 1, done
