"""Pictures that lie under keys of a Redis server."""

import contextlib
import json
import os
import socket
import socketserver
import subprocess
import threading

import pytest

import test_queue
from conftest import DEADLINE, TESTDATA, wait_for
from test_queue import command, is_being_reached, played, unreachable

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
    server.add("jobs", "source", "redis://127.0.0.2:%d/a.jpg" % server.port)
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
    server.ask("ACL", "SETUSER", "reader", "on", ">s3cret", "~b*", "+@all")
    for user in ("reader:s3cret@", "reader:wr0ng@"):
        done = directory.run(server.url("a.jpg").replace("//", "//" + user), "-o", "out")
        assert done.status == 1 and "s3cret" not in done.err and "wr0ng" not in done.err, done
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


def test_a_signal_ends_a_run_that_reaches_for_a_server(directory):
    with unreachable() as port:
        run = directory.start("redis://127.0.0.1:%d/k" % port, "-o", "out", "--timeout", "0", stderr=subprocess.DEVNULL)
        wait_for(lambda: is_being_reached(run, port), "a connection")
        run.terminate()
        assert run.wait(timeout=DEADLINE) == -15


def test_a_database_that_there_is_not(directory, server):
    put(server, "a.jpg", photo())
    done = directory.run(server.url("99/b.jpg"), server.url("a.jpg"), "-o", "out")
    assert done.status == 1 and done.statuses() == {"failed": 1, "ok": 1}, done
    record = done.record("/99/b.jpg")
    assert record["code"] == "usage" and "has no database 99 (ERR DB index is out of range)" in record["error"], done
    assert directory.run(server.url("1000001/a.jpg"), "-o", "out", report=False).status == 2


class Crowded(socketserver.StreamRequestHandler):
    """A server that has as many clients as it may have."""

    def handle(self):
        while command(self.rfile):
            self.wfile.write(b"-ERR max number of clients reached\r\n")


@pytest.mark.parametrize("number", ["", "3/"])
def test_too_many_clients_are_no_database_that_there_is_not(directory, number):
    """It may be asked again, and it is no mistake of the command line's."""
    with played(Crowded) as crowded:
        url = "redis://127.0.0.1:%d/%s" % (crowded.server_address[1], number)
        done = directory.run(url + "a.jpg", "-o", "out", "--fetch-retries", "0")
        assert done.status == 1 and done.record("a.jpg")["code"] == "network", done
        assert "max number of clients reached" in done.record("a.jpg")["error"], done
        directory.many(1)
        assert directory.run("images", "-o", url, "--timeout", "1", report=False).status != 2


class Dripping(socketserver.StreamRequestHandler):
    """A server whose answer about a key comes drop by drop, and has no end."""

    def handle(self):
        while command(self.rfile)[0] in ("AUTH", "SELECT"):
            self.wfile.write(b"+OK\r\n")
        self.server.asked.set()
        self.wfile.write(b"$1000000\r\n")
        with contextlib.suppress(OSError):
            while not self.server.over.wait(0.05):
                self.wfile.write(b"x")


def test_an_answer_that_comes_drop_by_drop_has_the_time_of_its_picture(directory):
    with played(Dripping, asked=threading.Event(), over=threading.Event()) as dripping:
        done = directory.run("redis://127.0.0.1:%d/k" % dripping.server_address[1], "-o", "out", "--timeout", "1")
        dripping.over.set()
    assert done.status == 1 and done.record("/k")["code"] == "network", done
    assert "it was not done in time" in done.record("/k")["error"], done


def test_a_signal_ends_an_answer_that_comes_drop_by_drop(directory):
    with played(Dripping, asked=threading.Event(), over=threading.Event()) as dripping:
        run = directory.start("redis://127.0.0.1:%d/k" % dripping.server_address[1], "-o", "out", "--timeout", "0",
                              stderr=subprocess.DEVNULL)
        assert dripping.asked.wait(DEADLINE)
        run.terminate()
        assert run.wait(timeout=DEADLINE) == -15
        dripping.over.set()


class Endless(socketserver.StreamRequestHandler):
    """A server whose answer to a question about a key has no end."""

    def handle(self):
        while command(self.rfile)[0] in ("AUTH", "SELECT"):
            self.wfile.write(b"+OK\r\n")
        self.wfile.write(self.server.begins)
        try:
            while True:
                self.wfile.write(self.server.goes_on)
                self.server.sent += len(self.server.goes_on)
        except OSError:
            self.server.ended.set()


@pytest.mark.parametrize("begins, goes_on", [(b"$500000000000\r\n", bytes(100_000)), (b"*100000000\r\n", b":1\r\n" * 25_000)],
                         ids=["a value", "an array"])
def test_an_answer_without_end_takes_no_memory(directory, begins, goes_on):
    with played(Endless, begins=begins, goes_on=goes_on, sent=0, ended=threading.Event()) as endless:
        done = directory.run("redis://127.0.0.1:%d/a.jpg" % endless.server_address[1], "-o", "out", "--fetch-retries", "0")
        assert endless.ended.wait(DEADLINE)
    assert done.status == 1 and "sends more than was asked for" in done.record("a.jpg")["error"], done
    assert endless.sent < 60_000_000  # what sockets hold included


class Fickle(socketserver.StreamRequestHandler):
    """A server whose value is another one each time that it is read from the beginning, as EXEC tells."""

    def handle(self):
        values = self.server.values
        while True:
            words = command(self.rfile)
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
    values = [photo(12_000_000), b"\0" * 5_000_000, photo(10_000_000), photo(6_000_000)]  # the last is the shortest
    with played(Fickle, values=values) as fickle:
        done = directory.run("redis://127.0.0.1:%d/a.jpg" % fickle.server_address[1], "-o", "out")
    assert done.status == 0 and done.record("a.jpg")["bytes_in"] == len(photo(6_000_000)), done


def test_an_address_that_is_none_shows_no_password(directory):
    for url in ("redis://:s3/cret@h/k", "redis://:s3cret@h", "redis://:s3cret@h:x/k"):
        done = directory.run(url, "-o", "out", report=False)
        assert done.status == 2 and "cret" not in done.err, done


# --- outputs ---------------------------------------------------------------------------------------


def read(server, key, *words):
    data = subprocess.run([test_queue.CLIENT, "-p", str(server.port), *words, "GET", key], stdout=subprocess.PIPE, check=True).stdout
    return data[:-1]  # without the client's newline


def keys(server):
    return set(server.ask("KEYS", "*").decode().split())


@pytest.mark.parametrize("mode", ["process", "hybrid", "thread", "serial", "auto"])
def test_outputs_are_keys(directory, server, mode):
    directory.copy("photos/mountains.jpg", "photos/a.jpg", "photos/b/c.jpg")
    put(server, "d.jpg", photo())
    done = directory.run("photos", server.url("d.jpg"), "-s", "100", "-o", server.url("thumb:"), mode=mode)
    assert done.status == 0, done
    assert keys(server) == {"d.jpg", "thumb:a.jpg", "thumb:b/c.jpg", "thumb:d.jpg"}
    directory.run("photos", "-s", "100", "-o", "out", mode=mode)
    assert read(server, "thumb:b/c.jpg") == (directory / "out/b/c.jpg").read_bytes()
    assert done.record("photos/a.jpg")["output"] == server.url("thumb:a.jpg")
    assert set(directory.names()) == {"photos/a.jpg", "photos/b/c.jpg", "out/a.jpg", "out/b/c.jpg"}
    assert {path.name for path in directory.path.iterdir()} == {"photos", "out"}  # no directory redis: either


@pytest.mark.parametrize("prefix, made", [("", {"a-8.png", "a-9.png"}), ("x", {"x/a-8.png", "x/a-9.png"}), ("x/", {"x/a-8.png", "x/a-9.png"}),
                                          ("0/7/", {"7/a-8.png", "7/a-9.png"}), ("ü", {"ü/a-8.png", "ü/a-9.png"})])
def test_what_stands_before_the_names(directory, server, prefix, made):
    directory.copy("photos/mountains.jpg", "a.jpg")
    done = directory.run("a.jpg", "-s", "8,9", "-f", "png", "-o", server.url(prefix), "--print")
    assert done.status == 0 and set(json.loads(subprocess.run(
        [test_queue.CLIENT, "-p", str(server.port), "--json", "KEYS", "*"], stdout=subprocess.PIPE, check=True).stdout)) == made, done
    assert done.out.count(b"redis://127.0.0.1:%d/" % server.port) == 2


def test_one_key_for_one_picture_and_the_password_is_not_shown(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    server.ask("CONFIG", "SET", "requirepass", "s3cret")
    target = server.url("2/x/y z.webp").replace("//", "//:s3cret@")
    done = directory.run("a.jpg", "-v", "-o", target, "--html", "page")
    assert done.status == 0 and done.record("a.jpg")["output"] == server.url("2/x/y%20z.webp"), done
    assert "s3cret" not in done.err + (directory / "page").read_text()
    assert read(server, "x/y z.webp", "-a", "s3cret", "-n", "2")[8:12] == b"WEBP"
    done = directory.run("a.jpg", "b.jpg", "-o", target)
    assert done.status == 2 and "s3cret" not in done.err, done


def test_a_line_of_a_list_names_a_key(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    put(server, "in", photo())
    lines = [{"source": "a.jpg", "output": server.url("1.png")}, {"source": "a.jpg", "output": "b/c.jpg"},
             {"source": server.url("in"), "output": server.url("2"), "format": "webp", "size": "50"},
             {"source": "a.jpg", "output": server.url("same")}, {"source": server.url("in"), "output": server.url("0/same")},
             {"source": server.url("in"), "output": server.url("%69n")}]
    (directory / "list").write_text("".join(json.dumps(line) + "\n" for line in lines))
    arguments = ["--files-from", "list", "--list-format", "ndjson", "-s", "100", "-o", "out"]
    refused = directory.run(*arguments)
    assert "private-address" in {record["code"] for record in refused.report} and keys(server) == {"in"}, refused
    done = directory.run(*arguments, "--allow-private")
    assert done.status == 1 and done.statuses() == {"ok": 2, "skipped": 1, "failed": 3}, done
    assert sorted(record["code"] for record in done.report if record["status"] == "failed") == ["collision", "collision", "output-is-source"]
    assert keys(server) == {"in", "1.png", "2"} and directory.names("out") == ["b/c.jpg"]
    assert read(server, "2")[8:12] == b"WEBP" and read(server, "1.png")[1:4] == b"PNG" and read(server, "in") == photo()


def test_an_order_by_ids_alone(directory, server):
    put(server, "in:1", photo())
    server.add("jobs", "source", server.url("in:1"), "output", server.url("out:1"), "format", "png")
    bad = server.add("jobs", "source", server.url("in:1"), "output", server.url("jobs"))
    none = server.add("jobs", "source", server.url("in:1"), "output", "redis://:s3cret@h")
    same = server.add("jobs", "source", server.url("in:1"), "output", server.url("in:1"))
    done = directory.run("--queue", server.url("jobs"), "--drain", "-s", "100")
    assert done.status == 1 and done.statuses() == {"ok": 1, "failed": 2}, done
    letters = {letter["entry"]: letter for _, letter in server.entries("jobs:dead")}
    assert set(letters) == {bad, none, same} and letters[same]["code"] == "output-is-source"
    assert "holds a stream, which is not replaced" in letters[bad]["reason"] and "s3cret" not in letters[none]["reason"]
    assert read(server, "out:1")[1:4] == b"PNG" and directory.names() == []


def test_what_is_there(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    put(server, "a.jpg", b"old")
    skipped = directory.run("a.jpg", "-o", server.url(""), "--existing", "skip")
    assert skipped.statuses() == {"skipped": 1} and read(server, "a.jpg") == b"old", skipped
    refused = directory.run("a.jpg", "-o", server.url(""), "--existing", "error")
    assert refused.record("a.jpg")["code"] == "exists" and read(server, "a.jpg") == b"old", refused
    assert directory.run("a.jpg", "-o", server.url("")).status == 0 and read(server, "a.jpg") != b"old"
    for existing in ("skip", "error"):
        assert directory.run("a.jpg", "-o", server.url("new-" + existing), "--existing", existing).statuses() == {"ok": 1}
    server.ask("RPUSH", "list/a.jpg", "x")
    for existing, code in (("skip", "not-an-image"), ("error", "exists"), ("overwrite", "not-an-image")):
        done = directory.run("a.jpg", "-o", server.url("list"), "--existing", existing)
        assert done.record("a.jpg")["code"] == code and server.ask("LLEN", "list/a.jpg").strip() == b"1", (existing, done)


def test_why_an_output_is_made(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    arguments = ["a.jpg", "-s", "8,9", "-o", server.url("x"), "-n", "--explain"]

    def reasons(*more):
        return [directory.run(*arguments, "--existing", existing, *more).record("a.jpg")["reason"] for existing in ("skip", "overwrite")]

    assert reasons() == ["new", "always"] and keys(server) == set()
    assert directory.run(*arguments[:5]).status == 0
    assert reasons() == ["exists", "always"] and reasons("--name", "{width}.{ext}") == ["not-remembered", "always"]
    server.ask("DEL", "x/a-8.jpg")
    assert reasons() == ["output-missing", "always"] and keys(server) == {"x/a-9.jpg"}


def test_a_host_in_capitals_is_the_same_server(directory, server):
    put(server, "a.jpg", photo())
    source, target = (server.url(key).replace("127.0.0.1", host) for key, host in (("a.jpg", "localhost"), ("", "LOCALHOST")))
    done = directory.run(source, "-s", "100", "-o", target)
    assert done.record("a.jpg")["code"] == "output-is-source" and read(server, "a.jpg") == photo(), done


def test_a_key_with_a_newline_is_one_line(directory, server):
    directory.copy("photos/mountains.jpg", "a\nb.jpg")
    done = directory.run("a\nb.jpg", "-s", "100", "-o", server.url("x"), "--print")
    assert done.out.decode() == server.url("x/a%0Ab.jpg\n"), done
    assert directory.run(server.url("x/a%0Ab.jpg"), "-o", "out").status == 0 and directory.names("out") == ["x/a_b.jpg"]


def test_names_that_are_known_late(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    arguments = ["a.jpg", "-s", "100", "-o", server.url("x"), "--name", "{stem}-{width}.{ext}"]
    assert directory.run(*arguments).status == 0 and keys(server) == {"x/a-100.jpg"}
    assert directory.run(*arguments, "--existing", "skip").statuses() == {"skipped": 1}


@pytest.mark.parametrize("words, said, status", [(("CONFIG", "SET", "maxmemory", "1"), "no more memory", 1),
                                                 (("REPLICAOF", "127.0.0.1", "1"), "is a replica", 3)])
def test_a_server_that_takes_nothing(directory, server, words, said, status):
    directory.copy("photos/mountains.jpg", "a.jpg", "b.jpg")
    server.ask(*words)
    done = directory.run("a.jpg", "b.jpg", "-o", server.url("x"))
    assert done.status == status and done.statuses() == {"failed": 2} and said in done.record("a.jpg")["error"], done
    assert not keys(server)
    (directory / "list").write_text(json.dumps({"source": "a.jpg", "output": server.url("y")}) + "\n")
    done = directory.run("--files-from", "list", "--list-format", "ndjson", "--allow-private", "-o", "out")
    assert done.status == 1 and said in done.record("a.jpg")["error"], done


def test_an_order_waits_for_a_server_without_memory(directory, server, tmp_path):
    (tmp_path / "other").mkdir()
    other = test_queue.Server(tmp_path / "other")
    try:
        other.ask("CONFIG", "SET", "maxmemory", "1")
        put(server, "in", photo())
        server.add("jobs", "source", server.url("in"), "output", other.url("out"))
        with open(directory / "words", "wb") as words:
            member = directory.start("--queue", server.url("jobs"), "--allow-private", "--claim-after", "1", "--drain", stderr=words)
        wait_for(lambda: "no more memory" in (directory / "words").read_text(), "a failure")
        other.ask("CONFIG", "SET", "maxmemory", "0")
        assert member.wait(timeout=DEADLINE) == 1
        assert read(other, "out")[:2] == b"\xff\xd8" and server.entries("jobs:dead") == [] and server.pending("jobs") == 0
    finally:
        other.kill()


def test_a_killed_run_leaves_whole_values(directory, server):
    directory.many(60)
    put(server, "warm", b"x")
    run = directory.start("images", "-s", "100", "-o", server.url("x"), stderr=subprocess.DEVNULL)
    wait_for(lambda: len(keys(server)) > 5, "outputs")
    run.kill()
    run.wait(timeout=DEADLINE)
    for key in keys(server) - {"warm"}:
        data = read(server, key)
        assert data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"), key


@pytest.mark.parametrize("arguments, said", [
    (["--watch"], "--watch is for outputs that are files"), (["--fsync"], "--fsync is for outputs that are files"),
    (["--preserve", "times"], "--preserve is for outputs"), (["--srcset", "x"], "--srcset is for outputs"),
    (["--existing", "update"], "choose overwrite, skip or error"), (["-o", "redis://:s3cret@h:x/"], "its host or port is none"),
    (["-o", "redis://:s3/cret@h/"], "its host or port is none"),
])
def test_what_makes_no_sense_with_keys_is_refused(directory, arguments, said):
    (directory / "images").mkdir()
    done = directory.run("images", "-o", "redis://h/x", *arguments, report=False)
    assert done.status == 2 and said in done.err and "cret" not in done.err, done
