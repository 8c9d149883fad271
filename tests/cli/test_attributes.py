"""What an output has besides its bytes: of the file that it replaces, of its source, and where that is refused."""

import os
import stat
import struct

import pytest

from conftest import SANITIZER, every_mode

ACL = "system.posix_acl_access"
# owner rw-, user 1 r--, group r--, mask r--, others --- (acl(5), and linux/posix_acl_xattr.h)
AN_ACL = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
    (1, 6, 0xFFFFFFFF), (2, 4, 1), (4, 4, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)))


def set_attribute(path, name, value):
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip("needs a file system with %s: %s" % (name, error))


def owner_of(path):
    found = path.stat()
    return found.st_uid, found.st_gid


@every_mode
@pytest.mark.parametrize("size", ["100x100", "100,50"])
def test_a_replaced_file_hands_on_what_it_had(directory, mode, size):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    assert directory.run("-s", size, "images", mode=mode).status == 0
    names = directory.names("resized_images")
    for name in names:
        (directory / "resized_images" / name).chmod(0o640)
        if os.geteuid() == 0:
            os.chown(directory / "resized_images" / name, 1234, 5678)
    assert directory.run("-s", size, "images", mode=mode).status == 0
    assert directory.names("resized_images") == names
    for name in names:
        path = directory / "resized_images" / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert owner_of(path) == ((1234, 5678) if os.geteuid() == 0 else owner_of(directory / "images"))


@pytest.mark.parametrize("options", [[], ["--fsync"]])
def test_a_replaced_file_hands_on_its_attributes(directory, options):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    made = directory / "resized_images/a.jpg"
    assert directory.run("images").status == 0
    set_attribute(made, "user.note", b"by hand")
    set_attribute(made, ACL, AN_ACL)
    assert directory.run(*options, "-q", "10", "images").status == 0
    assert os.getxattr(made, "user.note") == b"by hand" and os.getxattr(made, ACL) == AN_ACL
    assert stat.S_IMODE(made.stat().st_mode) == 0o640
    # The source's permissions instead of those, and no list that contradicts them.
    (directory / "images/a.jpg").chmod(0o604)
    assert directory.run("--preserve", "mode", "images").status == 0
    assert stat.S_IMODE(made.stat().st_mode) == 0o604 and ACL not in os.listxattr(made)
    assert os.getxattr(made, "user.note") == b"by hand"


def test_a_directory_s_default_does_not_come_over_a_replaced_file(directory):
    """A file without a list stays one, though new ones in its directory get one."""
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    made = directory / "resized_images/a.jpg"
    assert directory.run("images").status == 0
    made.chmod(0o600)
    set_attribute(directory / "resized_images", "system.posix_acl_default", AN_ACL)
    assert directory.run("images").status == 0
    assert ACL not in os.listxattr(made) and stat.S_IMODE(made.stat().st_mode) == 0o600


@every_mode
def test_attributes_of_the_source(directory, mode):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    source, made = directory / "images/a.jpg", directory / "resized_images/a.jpg"
    set_attribute(source, "user.note", b"of the source")
    set_attribute(source, ACL, AN_ACL)
    if os.geteuid() == 0:
        os.chown(source, 1234, 5678)
    assert directory.run("images", mode=mode).status == 0
    assert "user.note" not in os.listxattr(made) and ACL not in os.listxattr(made)
    assert directory.run("--preserve", "owner,acl,xattr", "images", mode=mode).status == 0
    assert os.getxattr(made, "user.note") == b"of the source" and os.getxattr(made, ACL) == AN_ACL
    assert owner_of(made) == owner_of(source)


REFUSES = """
int fchmod(int fd, mode_t mode) { (void)fd; (void)mode; errno = REFUSAL; return -1; }
int futimens(int fd, const struct timespec *times) { (void)fd; (void)times; errno = REFUSAL; return -1; }
int fchown(int fd, uid_t owner, gid_t group) { (void)fd; (void)owner; (void)group; errno = REFUSAL; return -1; }
int fsync(int fd) { (void)fd; errno = REFUSAL; return -1; }
"""


@every_mode
@pytest.mark.parametrize("refusal", ["EPERM", "ENOSYS", "EOPNOTSUPP", "EINVAL"])
@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime comes first in the list of what is loaded")
def test_a_wish_that_is_refused_is_a_note(directory, shim, mode, refusal):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg", "images/b.jpg")
    for name in ("a", "b"):
        (directory / ("images/%s.jpg" % name)).chmod(0o604)
    done = directory.run("--preserve", "times,mode,owner", "--fsync", "images", mode=mode,
                         prefix=shim(REFUSES.replace("REFUSAL", refusal)))
    assert done.status == 0 and done.statuses() == {"ok": 2}, done
    for record in done.report:
        assert "preserve-refused" in record["notes"] and "not-durable" in record["notes"]
    assert done.err.count("preserve-refused") == 1 and done.err.count("not-durable") == 1, done
    assert directory.names("resized_images") == ["a.jpg", "b.jpg"]
    done = directory.run("--fsync", "--preserve", "times", "images", mode=mode)
    assert "refused" not in done.err and "durable" not in done.err + str(done.report), done


@every_mode
@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EDQUOT"])
@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer's runtime comes first in the list of what is loaded")
def test_a_disk_that_cannot_keep_it_is_a_failure(directory, shim, mode, error):
    directory.copy("edge/jpeg-444.jpg", "images/a.jpg")
    done = directory.run("--fsync", "images", mode=mode, prefix=shim("int fsync(int fd) { (void)fd; errno = %s; return -1; }" % error))
    assert done.status == 3 and done.statuses() == {"failed": 1}, done
    assert directory.names("resized_images") == []
