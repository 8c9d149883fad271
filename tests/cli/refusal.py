"""A program run under a filter that refuses system calls, as containers and old kernels do: seccomp(2), no root needed."""

import ctypes
import errno
import os
import platform
import struct

import pytest

# Numbers of system calls, by machine.
NUMBERS = {
    "x86_64": {"close_range": 436, "memfd_create": 319, "fallocate": 285, "prctl": 157, "signalfd4": 289, "eventfd2": 290,
               "epoll_create1": 291, "madvise": 28, "socketpair": 53, "clone3": 435, "clone": 56, "getdents64": 217,
               "prlimit64": 302, "capset": 126},
    "aarch64": {"close_range": 436, "memfd_create": 279, "fallocate": 47, "prctl": 167, "signalfd4": 74, "eventfd2": 19,
                "epoll_create1": 20, "madvise": 233, "socketpair": 199, "clone3": 435, "clone": 220, "getdents64": 61,
                "prlimit64": 261, "capset": 91},
}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_NUMBER, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # of a BPF program: man 2 seccomp
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def refusing(calls, error):
    """What to do before exec: those calls fail with the error from then on. Skips where that can't be had."""
    numbers = NUMBERS.get(platform.machine())
    if not numbers:
        pytest.skip("the numbers of the system calls of %s are not known here" % platform.machine())
    code = [(LOAD_NUMBER, 0, 0, 0)]
    for call in calls:
        code += [(IF_EQUAL, 0, 1, numbers[call]), (RETURN, 0, 0, FAIL_WITH | error)]
    code.append((RETURN, 0, 0, ALLOW))
    bytes_of_code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
    program = Program(len(code), ctypes.addressof(bytes_of_code))
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        keep = bytes_of_code  # noqa: F841: the program points at it
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)):
            os._exit(99)

    pid = os.fork()
    if pid == 0:
        install()
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        pytest.skip("no filter of system calls can be set here (seccomp)")
    return install


ERRORS = pytest.mark.parametrize("error", [errno.ENOSYS, errno.EPERM], ids=["ENOSYS", "EPERM"])
