"""A file system in a process of its own, as those over a network are: python3 network_disk.py FOLDER PLACE ROOM [LACKS...]

What is written arrives when it is flushed, at close(2) or fsync(2), up to ROOM bytes (0: no end of it). A file for
which there is none is told of once, and is empty. There are no nameless files and no renames with flags. LACKS: chmod,
times, directory-fsync, links, long-names (of more than 20 bytes)."""

import errno
import os
import sys
import threading

from fusepy import FUSE, FuseOSError, Operations


class Disk(Operations):
    def __init__(self, folder, room, lacks):
        self.folder, self.room, self.lacks = folder, room, lacks
        self.kept, self.mutex = {}, threading.Lock()

    def __call__(self, operation, path, *arguments):
        try:
            return super().__call__(operation, self.folder + path, *arguments)
        except OSError as error:
            raise FuseOSError(error.errno) from error

    def need(self, what, error=errno.EPERM):
        if what in self.lacks:
            raise FuseOSError(error)

    def getattr(self, path, handle=None):
        with self.mutex:  # else its bytes may be on their way from the one place to the other
            found, kept = os.lstat(path), len(self.kept.get(path, b""))
        result = {name: getattr(found, name) for name in dir(found) if name.startswith("st_") and not name.endswith("_ns")}
        result["st_size"] = max(found.st_size, kept)
        return result

    def readdir(self, path, handle):
        return [".", "..", *os.listdir(path)]

    def create(self, path, mode, info=None):
        if len(os.path.basename(path)) > 20:
            self.need("long-names", errno.ENAMETOOLONG)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def open(self, path, flags):
        return os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)

    def read(self, path, size, offset, handle):
        with self.mutex:
            return bytes(self.kept[path][offset:offset + size]) if path in self.kept else os.pread(handle, size, offset)

    def write(self, path, data, offset, handle):
        with self.mutex:
            bytes_kept = self.kept.setdefault(path, bytearray())
            bytes_kept.extend(bytes(max(0, offset - len(bytes_kept))))
            bytes_kept[offset:offset + len(data)] = data
        return len(data)

    def truncate(self, path, length, handle=None):
        with self.mutex:
            self.kept.pop(path, None)
        os.truncate(path, length)

    def flush(self, path, handle):
        with self.mutex:
            data = self.kept.pop(path, None)
            used = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(self.folder) for name in names)
            if data is not None and self.room and used + len(data) > self.room:
                raise FuseOSError(errno.ENOSPC)
            if data is not None:
                os.pwrite(handle, bytes(data), 0)

    def fsync(self, path, only_data, handle):
        self.flush(path, handle)

    def fsyncdir(self, path, only_data, handle):
        self.need("directory-fsync", errno.EINVAL)

    def release(self, path, handle):
        os.close(handle)

    def rename(self, old, new):
        with self.mutex:
            if old in self.kept:
                self.kept[self.folder + new] = self.kept.pop(old)
            os.rename(old, self.folder + new)  # with the mutex: flush() looks at every file

    def link(self, target, source):
        self.need("links")
        os.link(self.folder + source, target)

    def chmod(self, path, mode):
        self.need("chmod")
        os.chmod(path, mode)

    def chown(self, path, owner, group):
        os.chown(path, owner, group)

    def utimens(self, path, times=None):
        self.need("times")
        os.utime(path, times)

    def mkdir(self, path, mode):
        os.mkdir(path, mode)

    def rmdir(self, path):
        os.rmdir(path)

    def unlink(self, path):
        with self.mutex:
            self.kept.pop(path, None)
            os.unlink(path)

    def statfs(self, path):
        found = os.statvfs(path)
        return {name: getattr(found, name) for name in dir(found) if name.startswith("f_") and name != "f_fsid"}


FUSE(Disk(os.path.abspath(sys.argv[1]), int(sys.argv[3]), sys.argv[4:]), sys.argv[2], foreground=True)
