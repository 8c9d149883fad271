"""URLs: a hundred that take 100 ms each, and ten thousand of a server on this machine."""
import concurrent.futures
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from . import measure, sets
from .contenders import Contender, Job, sizes_of
from .settings import PROGRAM, QUALITY, ROOT, ROUNDS, WORKERS

sys.path.insert(0, str(ROOT / "tests/cli"))

from url_server import nginx_of, serve  # noqa: E402

MANY = 10000


def read(url):
    with urllib.request.urlopen(url) as answer:
        return len(answer.read())


def by_python(urls):
    """Ten threads of Python's pool read them, without making anything of them."""
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        list(pool.map(read, urls))


def by_us(urls):
    with tempfile.TemporaryDirectory() as output:
        subprocess.run([PROGRAM, "--mode=hybrid", "--io-threads=10", "-s200x150", "--quiet", "-o", output, *urls], check=True)


def hundred():
    picture = next(iter(sorted(sets.small().iterdir()))).read_bytes()
    taking = {"Python, ten threads, fetched alone": by_python, "batchresize hybrid, ten I/O threads": by_us}
    walls = {name: [] for name in taking}
    with serve(picture) as server:
        urls = [f"{server.url}/slow/{number}.jpg" for number in range(100)]
        for _ in range(ROUNDS):
            for name, run in taking.items():
                begin = time.monotonic()
                run(urls)
                walls[name].append(time.monotonic() - begin)
    print("\n100 URLs, each of which takes 100 ms; medians\n")
    for name, taken in walls.items():
        print(f"  {name:44}{statistics.median(taken):7.2f} s")
    return {name: statistics.median(taken) for name, taken in walls.items()}


def listed(mode, what, names):
    """Ours, with the paths or URLs of a file."""
    return Contender(f"batchresize {mode}, {what}", ours=True, command=lambda job, output: [
        PROGRAM, "--mode", mode, "-j", str(WORKERS), "-s", sizes_of(job), "-q", str(QUALITY), "--quiet", "--flat", "--allow-private",
        "-o", output, "--files-from", names])


def many():
    """The server takes its share of the processors: the CPU seconds are ours alone."""
    job = Job(sets.some_small(MANY), ("200x150",))
    with tempfile.TemporaryDirectory() as temporary, nginx_of(Path(temporary), job.source) as url:
        if not url:
            print("\nURLs of a server: needs nginx")
            return None
        taking = []
        for what, before in (("files", job.source), ("URLs", url)):
            names = Path(temporary) / what
            names.write_text("".join(f"{before}/{path.name}\n" for path in sorted(job.source.iterdir())))
            taking += [listed(mode, what, names) for mode in ("process", "hybrid")]
        rows = measure.rounds(job, taking, count=min(3, ROUNDS))
    print(f"\n{MANY:,} small pictures to 200x150, from the disk and from nginx on this machine\n")
    for name, row in rows.items():
        other = rows[name.replace("URLs", "files")]
        print(f"  {name:44}{row['wall']:7.2f} s{row['cpu']:9.2f} CPU s{other['wall'] / row['wall']:8.2f}")
    return {name: {"wall": row["wall"], "cpu": row["cpu"]} for name, row in rows.items()}


def urls():
    return {"hundred": hundred(), "many": many()}
