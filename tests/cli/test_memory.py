"""Lack of memory: called that, with the limit that struck; and what is kept costs no other picture."""

import ctypes
import os
import re
import resource
import shutil

import pytest
from PIL import Image

from conftest import SANITIZER, Directory, every_mode, mode_with_workers, needs_libvips

pytestmark = pytest.mark.skipif(SANITIZER != "", reason="sanitizers need addresses and memory themselves")

FORMATS = ("webp", "avif", "gif", "tiff", "jxl", "png", "jpeg")


def limited(name, megabytes):
    return lambda: resource.setrlimit(name, (megabytes << 20, megabytes << 20))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One picture in every format."""
    folder = Directory(tmp_path_factory.mktemp("made"))
    folder.copy("photos/mountains.jpg", "a.jpg")
    for word in FORMATS:
        done = folder.run("-f", word, "-s", "100%", "-o", "sources", "a.jpg", mode="serial", report=False)
        assert done.status == 0, done
    return folder / "sources"


@pytest.fixture
def pictures(directory, made):
    shutil.copytree(made, directory / "sources")
    return sorted("sources/" + name for name in directory.names("sources"))


@pytest.mark.parametrize("limit, name, word", [
    (resource.RLIMIT_AS, "ulimit -v", megabytes) for megabytes in (60, 110, 140, 170, 210, 260)] + [
    (resource.RLIMIT_DATA, "ulimit -d", megabytes) for megabytes in (30, 60, 100)])
def test_too_little_is_called_memory(directory, pictures, limit, name, word):
    """A limit may stop a picture, whose fault it never is."""
    done = directory.run("-j1", "-s", "500", "-o", "out", *pictures, mode="process", preexec_fn=limited(limit, word))
    assert done.status in (0, 1), done
    assert len(done.report) == len(pictures)
    for record in done.report:
        if record["status"] != "ok":
            assert record["code"] == "memory" and name in record["error"], record
            assert "raise" in record["error"]
    if word < 150 and limit == resource.RLIMIT_AS:
        assert any(record["code"] == "memory" for record in done.report)


@pytest.mark.parametrize("limit, name, sizes", [
    (resource.RLIMIT_AS, "ulimit -v", (110, 125, 140, 155, 170)), (resource.RLIMIT_FSIZE, "ulimit -f", (0,))])
def test_too_little_to_share_names_the_limit(directory, limit, name, sizes):
    """Whether hybrid mode starts with so little is the libraries' affair; what it says is not."""
    directory.copy("edge/1x1.jpg", "a.jpg")
    for size in sizes:
        done = directory.run("-j2", "-o", "out", "a.jpg", mode="hybrid", report=False,
                             preexec_fn=limited(limit, size))
        assert done.status in (0, 3), done
        if done.status == 3:
            assert re.findall("ulimit -[a-z]", done.err) == [name], done
    assert done.status == 3 or limit == resource.RLIMIT_AS


@every_mode
@pytest.mark.parametrize("megabytes", [110, 130, 150, 190, 240])
def test_no_mode_dies_of_too_few_addresses(directory, pictures, mode, megabytes):
    """Where libraries would end the process, which is the run where there are no others."""
    done = directory.run("-j1", "-s", "500", "-o", "out", *pictures, mode=mode,
                         preexec_fn=limited(resource.RLIMIT_AS, megabytes))
    if mode == "hybrid" and done.status == 3:
        assert "ulimit -v" in done.err, done
        return
    assert done.status == 1 and len(done.report) == len(pictures), done
    assert all(record["status"] == "ok" or record["code"] == "memory" for record in done.report), done.report


# For shim(): a worker that unpacks a PNG takes all memory that it can get, up to a gigabyte and a half.
GREEDY = r"""
#include <dlfcn.h>
#include <sys/prctl.h>
typedef int unpack(void *, const void *, size_t, void *, size_t, size_t *, size_t *);
int libdeflate_zlib_decompress_ex(void *a, const void *in, size_t b, void *out, size_t c, size_t *d, size_t *e)
{
	char name[17] = "";
	char text[32];
	unsigned got = 0;

	(void)prctl(PR_GET_NAME, name);
	while (strcmp(name, "worker") == 0 && got < 1500 && malloc(1 << 20))
		got++;
	if (got > 0)
		(void)!write(STDERR_FILENO, text, (size_t)sprintf(text, "got %u MB\n", got));
	return ((unpack *)dlsym(RTLD_NEXT, "libdeflate_zlib_decompress_ex"))(a, in, b, out, c, d, e);
}
"""


@mode_with_workers
@pytest.mark.parametrize("megabytes", [128, 512])
def test_a_worker_gets_no_more_than_the_run_may_have(directory, shim, mode, megabytes):
    """Whatever was foreseen: it costs that picture, which is told what raises the limit."""
    Image.new("RGB", (50, 40), "red").save(directory / "a.png", compress_level=0)
    done = directory.run("--max-memory=%dM" % megabytes, "--retries=0", "-s", "30", "-o", "out", "a.png", mode=mode,
                         prefix=shim(GREEDY))
    got = [int(number) for number in re.findall("got ([0-9]+) MB", done.err)]
    assert got and all(megabytes / 2 < number <= megabytes for number in got[:1]), done
    record = done.report[0]
    if record["status"] != "ok":  # what it had already may have been enough
        assert record["code"] == "memory" and "--max-memory" in record["error"], record
    directory.copy("edge/jpeg-444.jpg", "b.jpg")
    assert directory.run("--max-memory=%dM" % megabytes, "-o", "out", "b.jpg", mode=mode, prefix=shim(GREEDY)).status == 0


def test_damage_is_still_called_damage(directory):
    directory.copy("broken/truncated.webp", "a.webp")
    directory.copy("broken/bit-flip.png", "b.png")
    done = directory.run("-o", "out", "a.webp", "b.png", mode="process",
                         preexec_fn=limited(resource.RLIMIT_AS, 2048))
    assert done.status == 1, done
    assert {record["code"] for record in done.report} == {"truncated", "corrupt"}, done.report


@every_mode
def test_a_gigabyte_of_addresses_is_enough(directory, pictures, mode):
    done = directory.run("-s", "500", "-o", "out", *pictures, mode=mode, preexec_fn=limited(resource.RLIMIT_AS, 1024))
    assert done.status == 0, done
    assert done.statuses() == {"ok": len(pictures)}


@every_mode
def test_a_large_file_does_not_cost_the_next_picture(directory, mode):
    """90 MB are read first; what is made next has the memory that it would have alone."""
    directory.copy("photos/city.jpg", "big.jpg")
    os.truncate(directory / "big.jpg", 90 << 20)
    Image.radial_gradient("L").resize((1600, 1200)).convert("RGB").save(directory / "a.webp", lossless=True)
    for names in (["a.webp"], ["big.jpg", "a.webp"]):
        done = directory.run("--max-memory", "180M", "-j1", "-o", "out%d" % len(names), *names, mode=mode)
        assert done.record("a.webp")["status"] == "ok", done


class Watch:
    """Files made in a directory, as inotify(7) tells of them."""

    def __init__(self, path):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK)
        assert self.fd >= 0 and self.libc.inotify_add_watch(self.fd, os.fsencode(path), 0x100) >= 0

    def events(self):
        try:
            return os.read(self.fd, 65536)
        except BlockingIOError:
            return b""
        finally:
            os.close(self.fd)


@every_mode
def test_nothing_is_written_but_the_outputs(directory, mode):
    """ORC, which libvips 8.14 compiles its loops with, makes files in $HOME, and removes them."""
    directory.copy("photos/city.jpg", "a.jpg")
    places = {}
    for name in ("HOME", "TMPDIR", "XDG_RUNTIME_DIR"):
        (directory / name).mkdir()
        places[name] = str(directory / name)
    watches = [Watch(place) for place in places.values()]
    done = directory.run("--fit", "cover", "--gravity", "attention", "-s", "200x300", "-f", "webp", "-o", "out", "a.jpg",
                         mode=mode, prefix=["env"] + ["%s=%s" % place for place in places.items()])
    assert done.status == 0, done
    assert [watch.events() for watch in watches] == [b"", b"", b""]


@every_mode
def test_no_memory_for_a_header_is_no_reason_for_another_decoder(directory, shim, mode):
    """libvips' pixels of a JPEG are not quite ours: whoever lacks memory fails, and makes no other picture."""
    directory.copy("photos/mountains.jpg", "a.jpg")
    directory.copy("photos/chart.png", "b.png")
    done = directory.run("-s", "100", "-o", "out", "a.jpg", "b.png", mode=mode, prefix=shim("""
#include <dlfcn.h>
#include <stddef.h>
#include <jpeglib.h>
#include <jerror.h>
void jpeg_CreateDecompress(j_decompress_ptr in, int version, size_t size)
{
	static j_decompress_ptr known[16];
	for (int i = 0; i < 16 && known[i] != in; i++) {
		if (known[i])
			continue;
		known[i] = in; /* ours is made once before there is a picture, libvips' is another each time */
		((void (*)(j_decompress_ptr, int, size_t))dlsym(RTLD_NEXT, "jpeg_CreateDecompress"))(in, version, size);
		return;
	}
	in->err->msg_code = JERR_OUT_OF_MEMORY;
	in->err->error_exit((j_common_ptr)in);
}"""))
    assert done.status == 1 and directory.names("out") == ["b.png"], done
    assert done.record("a.jpg")["code"] == "memory", done.report


# The nth time that libvips asks for memory for pixels there is none, or from then on; a file "fired" says that it was so.
NO_PIXELS = """
#include <dlfcn.h>
void *vips_tracked_malloc(size_t size)
{
	static int count;
	void *(*next)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "vips_tracked_malloc");

	if (!next)
		next = (void *(*)(size_t))dlsym(dlopen("libvips.so.42", RTLD_NOW), "vips_tracked_malloc");
	if (__sync_fetch_and_add(&count, 1) %s atoi(getenv("NTH")))
		return next(size);
	close(creat("fired", 0666));
	return next((size_t)1 << 62);
}
"""


@needs_libvips
@pytest.mark.parametrize("unless", ["!=", "<"], ids=["once", "from-then-on"])
@pytest.mark.parametrize("mode", ["serial", "thread"])
def test_pixels_that_there_was_no_memory_for_are_not_published(directory, shim, mode, unless):
    """libvips' caches say nothing of a line that they could not get memory for, and show what was there before."""
    Image.linear_gradient("L").resize((90, 60)).save(directory / "a.webp")
    undisturbed = directory.run("-s", "40", "-o", "out", "a.webp", mode=mode)
    assert undisturbed.status == 0, undisturbed
    expected = (directory / "out/a.webp").read_bytes()
    prefix = shim(NO_PIXELS % unless)
    for nth in range(0, 300, 5):
        (directory / "fired").unlink(missing_ok=True)
        output = directory / ("out%d/a.webp" % nth)
        done = directory.run("-s", "40", "-o", "out%d" % nth, "a.webp", mode=mode, prefix=[*prefix, "NTH=%d" % nth])
        if done.status == 0:  # at the second attempt there was memory again
            assert output.read_bytes() == expected, nth
        else:
            assert done.report[0]["code"] == "memory" and not output.exists(), done
        if not (directory / "fired").exists():
            break
    assert 0 < nth < 295
