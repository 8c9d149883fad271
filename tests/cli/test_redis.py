"""Pictures that lie under keys of a Redis server."""

import json
import os
import socket
import socketserver
import subprocess
import threading

import pytest

import test_queue
from conftest import DEADLINE, TESTDATA, wait_for

server = test_queue.server
pytestmark = test_queue.pytestmark


def photo(padding=0):
    with open(os.path.join(TESTDATA, "photos/mountains.jpg"), "rb") as file:
        return file.read() + bytes(padding)


def put(server, key, data, *words):
    subprocess.run([test_queue.CLIENT, "-p", str(server.port), *words, "-x", "SET", key], input=data, stdout=subprocess.DEVNULL,
                   check=True)


# --- sources ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["process", "hybrid", "thread", "serial", "auto"])
def test_keys_on_the_command_line(directory, server, mode):
    put(server, "photos/a.jpg", photo())
    put(server, "b?c#d.jpg", photo(), "-n", "3")
    put(server, "large.jpg", photo(9_000_000))
    done = directory.run(*map(server.url, ("photos/a.jpg", "3/b?c#d.jpg", "large.jpg")), "-s", "100", "-o", "out", mode=mode)
    assert done.status == 0, done
    assert set(directory.names("out")) == {"photos/a.jpg", "b?c#d.jpg", "large.jpg"}
    assert done.record("large.jpg")["bytes_in"] == len(photo(9_000_000))
    again = directory.run(server.url("photos/a.jpg"), "-s", "100", "-o", "out", mode=mode)
    assert again.statuses() == {"skipped": 1}, again  # the same bytes


def test_keys_in_lists(directory, server):
    put(server, "a.jpg", photo())
    url = server.url("a.jpg")
    (directory / "list").write_text(url + "\n")
    (directory / "objects").write_text(json.dumps({"source": url, "output": "x/y.png", "size": "30"}) + "\n")
    refused = directory.run("--files-from", "list", "-o", "out")
    assert refused.status == 1 and refused.record("a.jpg")["code"] == "private-address", refused
    assert directory.run("--files-from", "list", "--allow-private", "-o", "out").status == 0
    done = directory.run("--files-from", "objects", "--list-format", "ndjson", "--allow-private", "-o", "out")
    assert done.status == 0 and done.record("a.jpg")["out_width"] == 30, done
    assert set(directory.names("out")) == {"a.jpg", "x/y.png"}


def test_orders_may_name_keys_of_their_own_server_without_its_password(directory, server):
    put(server, "a.jpg", photo())
    server.add("jobs", "source", server.url("a.jpg"))
    server.ask("CONFIG", "SET", "requirepass", "s3cret")
    queue = server.url("jobs").replace("//", "//:s3cret@")
    done = directory.run("--queue", queue, "--drain", "-o", "out")
    assert done.status == 0 and done.statuses() == {"ok": 1} and "s3cret" not in done.err, done


def test_orders_may_not_name_keys_of_other_private_servers(directory, server):
    server.add("jobs", "source", "redis://localhost:%d/a.jpg" % server.port)
    done = directory.run("--queue", server.url("jobs"), "--drain", "-o", "out")
    [(_, letter)] = server.entries("jobs:dead")
    assert done.status == 1 and letter["code"] == "private-address", done


BAD = {"gone": ((), "no such key"), "another type": (("LPUSH", "k", "x"), "another type of Redis than a string"),
       "empty": (("SET", "k", ""), "no bytes"), "no picture": (("SET", "k", "nonsense"), "first bytes"),
       "small and too large": (("SETRANGE", "k", "2000000", "x"), "raise --max-download"),
       "too large": (("SETRANGE", "k", "30000000", "x"), "raise --max-download"),
       "a web page": (("SET", "k", "<!doctype html><p>none"), "a web page")}


@pytest.mark.parametrize("kind", BAD)
def test_a_key_that_is_no_picture_costs_that_one(directory, server, kind):
    words, said = BAD[kind]
    if words:
        server.ask(*words)
    put(server, "a.jpg", photo())
    done = directory.run(server.url("k"), server.url("a.jpg"), "-o", "out", "--max-download", "1M")
    assert done.status == 1 and done.statuses() == {"failed": 1, "ok": 1}, done
    assert said in done.record("/k")["error"], done


def test_what_the_server_does_not_allow(directory, server):
    put(server, "a.jpg", photo())
    server.ask("ACL", "SETUSER", "reader", "on", ">word", "~b*", "+@all")
    for user in ("reader:word@", "reader:wrong@"):
        done = directory.run(server.url("a.jpg").replace("//", "//" + user), "-o", "out")
        assert done.status == 1 and "word" not in done.err and "wrong" not in done.err, done
        assert "Permission denied" in done.record("a.jpg")["error"], done


def test_a_server_that_comes_back_is_asked_again(directory, server):
    put(server, "a.jpg", photo())
    server.kill()
    run = directory.start(server.url("a.jpg"), "-o", "out", "--fetch-retries", "100", "--timeout", str(DEADLINE), report="report",
                          stderr=subprocess.DEVNULL)
    server.start()
    assert run.wait(timeout=DEADLINE) == 0 and directory.names("out") == ["a.jpg"]


def test_a_server_that_is_silent(directory):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        done = directory.run("redis://127.0.0.1:%d/k" % silent.getsockname()[1], "-o", "out", "--timeout", "2")
    assert done.status == 1 and done.record("/k")["code"] == "network", done


def test_a_signal_ends_a_run_that_waits_for_a_server(directory):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        run = directory.start("redis://127.0.0.1:%d/k" % silent.getsockname()[1], "-o", "out", "--timeout", "0",
                              stderr=subprocess.DEVNULL)
        client, _ = silent.accept()
        assert client.recv(100)
        run.terminate()
        assert run.wait(timeout=DEADLINE) == -15
        client.close()


class Fickle(socketserver.StreamRequestHandler):
    """A server whose value is another one each time that it is read from the beginning, as EXEC tells."""

    def command(self):
        line = self.rfile.readline()
        words = []
        for _ in range(int(line[1:] or 0)):
            size = int(self.rfile.readline()[1:])
            words.append(self.rfile.read(size + 2)[:size].decode())
        return words

    def handle(self):
        values = self.server.values
        while True:
            words = self.command()
            if not words:
                return
            if words[0] == "GETRANGE":
                piece = values[0][int(words[2]):int(words[3]) + 1]
                self.wfile.write(b"$%d\r\n%s\r\n" % (len(piece), piece))
            elif words[0] == "STRLEN":
                self.wfile.write(b":%d\r\n" % len(values[0]))
            elif words[0] == "EXEC" and len(values) > 1:
                values.pop(0)
                self.wfile.write(b"*-1\r\n")
            else:
                self.wfile.write(b"*0\r\n" if words[0] == "EXEC" else b"+OK\r\n")


def test_a_value_that_changes_is_read_anew(directory):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Fickle) as fickle:
        fickle.daemon_threads = True
        # the last is the shortest
        fickle.values = [photo(12_000_000), b"\0" * 5_000_000, photo(10_000_000), photo(6_000_000)]
        threading.Thread(target=fickle.serve_forever, daemon=True).start()
        done = directory.run("redis://127.0.0.1:%d/a.jpg" % fickle.server_address[1], "-o", "out")
        fickle.shutdown()
    assert done.status == 0 and done.record("a.jpg")["bytes_in"] == len(photo(6_000_000)), done


def test_an_address_that_is_none_shows_no_password(directory):
    for url in ("redis://:s3/cret@h/k", "redis://:s3cret@h", "redis://:s3cret@h:x/k"):
        done = directory.run(url, "-o", "out", report=False)
        assert done.status == 2 and "cret" not in done.err, done
