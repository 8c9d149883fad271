"""A disk that remembers in which order it was written to and flushed: python3 logged_disk.py PLACE IMAGE LOG

Below PLACE there are two files. `disk` has the bytes of IMAGE, for a loop device; `said` takes whatever is to be put in
order with what the disk was told. One thread serves both, without the kernel's cache, so that what has been said in
LOG before a flush had been said before it. LOG is of the records that read_log() returns."""

import errno
import os
import struct
import sys

HEAD = struct.Struct("<cQI")
WRITTEN, FLUSHED, SAID = b"w", b"f", b"s"


def read_log(path):
    """Each (kind, where, bytes)."""
    with open(path, "rb") as log:
        while len(head := log.read(HEAD.size)) == HEAD.size:
            kind, where, length = HEAD.unpack(head)
            yield kind, where, log.read(length)


def serve(place, image, log_path):
    from fusepy import FUSE, FuseOSError, Operations  # only a server needs it

    class Disk(Operations):
        def __init__(self):
            self.image, self.log = os.open(image, os.O_RDWR), open(log_path, "wb", buffering=1 << 20)

        def note(self, kind, where=0, data=b""):
            self.log.write(HEAD.pack(kind, where, len(data)))
            self.log.write(data)

        def getattr(self, path, handle=None):
            if path == "/":
                return {"st_mode": 0o40700, "st_nlink": 2}
            if path not in ("/disk", "/said"):
                raise FuseOSError(errno.ENOENT)
            return {"st_mode": 0o100600, "st_nlink": 1, "st_size": os.fstat(self.image).st_size if path == "/disk" else 0}

        def open(self, path, flags):
            return 0

        def read(self, path, size, offset, handle):
            return os.pread(self.image, size, offset) if path == "/disk" else b""

        def write(self, path, data, offset, handle):
            if path == "/disk":
                os.pwrite(self.image, data, offset)
            self.note(WRITTEN if path == "/disk" else SAID, offset, data)
            return len(data)

        def truncate(self, path, length, handle=None):
            if path == "/disk":
                raise FuseOSError(errno.EPERM)

        def flush(self, path, handle):
            """close(2), which promises nothing."""

        def fsync(self, path, only_data, handle):
            if path == "/disk":
                self.note(FLUSHED)

        def destroy(self, path):
            self.log.close()

    FUSE(Disk(), place, foreground=True, nothreads=True, direct_io=True, big_writes=True, max_write=1 << 17)


if __name__ == "__main__":
    serve(*sys.argv[1:])
