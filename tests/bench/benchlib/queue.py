"""What orders out of a queue cost, beside the same pictures out of their directory."""
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from . import nightly, sets
from .settings import PROGRAM, ROUNDS, WORKERS


def start_server(folder):
    """A server of our own, which keeps its log as one in earnest does. Returns it and its port."""
    server = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if not server:
        sys.exit("bench: the part queue needs redis-server, or redis-tools")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save",
                                "", "--appendonly", "yes"], executable=server, stdout=subprocess.DEVNULL)
    while subprocess.run(["redis-cli", "-p", str(port), "PING"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         check=False).returncode:
        time.sleep(0.05)
    return process, port


def queue():
    sources = sets.small()
    with tempfile.TemporaryDirectory() as folder:
        server, port = start_server(folder)
        orders = "DEL jobs\n" + "".join("XADD jobs * json '%s'\n" % json.dumps({"source": str(path)})
                                        for path in sorted(sources.iterdir()))
        common = ["--quiet", "--existing", "overwrite", "--lock", "off", "-j", str(WORKERS), "-s", "200x150"]

        def from_queue():
            subprocess.run(["redis-cli", "-p", str(port)], input=orders.encode(), stdout=subprocess.DEVNULL, check=True)
            return [PROGRAM, "--quiet", "--existing", "overwrite", "-j", str(WORKERS), "-s", "200x150", "--queue",
                    f"redis://127.0.0.1:{port}/jobs", "--drain", "-o", nightly.fresh()]

        try:
            results = nightly.alternate({"directory": lambda: [PROGRAM, *common, "-o", nightly.fresh(), sources],
                                         "queue": from_queue}, ROUNDS)
        finally:
            server.kill()
            server.wait()
    rate = results["directory"]["wall"] / results["queue"]["wall"]
    print(f"\n{orders.count('XADD')} small pictures: {results['directory']['wall']:.2f} s ({results['directory']['cpu']:.2f} CPU) "
          f"as files, {results['queue']['wall']:.2f} s ({results['queue']['cpu']:.2f} CPU) as orders of a queue: {rate:.2f} "
          f"of the rate; bar 0.9: {nightly.verdict(rate >= 0.9)}")
    return {**results, "rate": rate}
