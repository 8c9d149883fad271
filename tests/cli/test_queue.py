"""Orders out of a stream of a Redis server: each made once, none lost, whoever dies."""

import contextlib
import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import threading

import pytest

from conftest import DEADLINE, PROGRAM, wait_for
from test_state_killed import KILLED_AT_RENAME

# Debian's package redis-tools has the server's program by another name, and starts none.
SERVER, CLIENT = shutil.which("redis-server") or shutil.which("redis-check-rdb"), shutil.which("redis-cli")
KNOWS = b"knows no Redis" not in subprocess.run([PROGRAM, "--queue", "redis://127.0.0.1:1/x"], check=False,
                                                stderr=subprocess.PIPE).stderr if os.path.exists(PROGRAM) else True

pytestmark = [pytest.mark.skipif(not SERVER or not CLIENT, reason="needs redis-server, or redis-tools"),
              pytest.mark.skipif(not KNOWS, reason="this build knows no Redis")]


class Server:
    """A server of the test's own, whose log of commands survives its death."""

    def __init__(self, path, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.path, self.options, self.process = path, options, None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.path, "--save", "", "--appendonly",
             "yes", "--appendfsync", "always", *self.options], executable=SERVER, stdout=subprocess.DEVNULL)
        wait_for(lambda: self.ask("PING").strip() == b"PONG", "the server")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *words):
        return subprocess.run([CLIENT, "-p", str(self.port), *map(str, words)], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout

    def add(self, stream, *words):
        return self.ask("XADD", stream, "*", *words).decode().strip()

    def add_many(self, stream, orders):
        """A list of (source, output)."""
        lines = "".join("XADD %s * source %s output %s\n" % (stream, *order) for order in orders)
        subprocess.run([CLIENT, "-p", str(self.port)], input=lines.encode(), stdout=subprocess.DEVNULL, check=True)

    def length(self, stream):
        return int(self.ask("XLEN", stream))

    def entries(self, stream):
        """[(ID, {field: value})]"""
        reply = subprocess.run([CLIENT, "-p", str(self.port), "--json", "XRANGE", stream, "-", "+"],
                               stdout=subprocess.PIPE, check=True).stdout
        return [(number, dict(zip(fields[::2], fields[1::2]))) for number, fields in json.loads(reply)]

    def pending(self, stream, group="batchresize"):
        return int(self.ask("XPENDING", stream, group).split(b"\n")[0])

    def members(self, stream, group="batchresize"):
        return self.ask("XINFO", "CONSUMERS", stream, group).count(b"idle")

    def url(self, key):
        return "redis://127.0.0.1:%d/%s" % (self.port, key)


def command(stream):
    """The words of one, as a server reads them; none at the end."""
    words = []
    for _ in range(int(stream.readline()[1:] or 0)):
        size = int(stream.readline()[1:])
        words.append(stream.read(size + 2)[:size].decode())
    return words


@contextlib.contextmanager
def played(handler, **told):
    """A server that is none: each connection is the handler's, which finds in self.server what it is told."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as player:
        player.daemon_threads = True
        vars(player).update(told)
        threading.Thread(target=player.serve_forever, daemon=True).start()
        yield player
        player.shutdown()


@contextlib.contextmanager
def unreachable(port=0):
    """The port of a server to which no further connection is ever made."""
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind(("127.0.0.1", port))
        full.listen(0)
        for _ in range(2):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def is_being_reached(process, port):
    """Whether a connection of that process waits for the server (SYN_SENT)."""
    found = set()
    for link in os.listdir("/proc/%d/fd" % process.pid):
        with contextlib.suppress(OSError):
            found.add(os.readlink("/proc/%d/fd/%s" % (process.pid, link)))
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    return any("socket:[%s]" % row[9] in found for row in rows if row[3] == "02" and int(row[2][-4:], 16) == port)


@pytest.fixture
def server(tmp_path):
    place = tmp_path / "redis"
    place.mkdir()
    made = Server(place)
    yield made
    made.kill()


def drain(directory, server, *more, **options):
    return directory.run("--queue", server.url("jobs"), "--drain", "-o", "out", "-s", "100", *more, **options)


# --- orders ----------------------------------------------------------------------------------------


def test_orders_by_fields_and_by_json(directory, server):
    directory.copy("photos/mountains.jpg", "in/a.jpg", "in/b b.jpg", "in/ü\n.jpg")
    server.add("jobs", "source", "in/a.jpg")
    server.add("jobs", "source", "in/b b.jpg", "output", "x/y.png", "size", "30")
    server.add("jobs", "json", '{"source": "in/ü\\n.jpg", "format": "png"}')
    done = drain(directory, server, "--results", "done")
    assert done.status == 0, done
    assert set(directory.names("out")) == {"in/a.jpg", "x/y.png", "in/ü\n.png"}
    assert done.record("b b.jpg")["out_width"] == 30
    assert server.pending("jobs") == 0 and server.members("jobs") == 0
    results = server.entries("done")
    assert {json.loads(fields["report"])["source"] for _, fields in results} == {"in/a.jpg", "in/b b.jpg", "in/ü\n.jpg"}
    assert {fields["status"] for _, fields in results} == {"ok"}
    assert not (directory / "out" / ".batchresize").exists()


def test_what_was_there_before_the_group_counts_and_an_order_may_come_again(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    for _ in range(5):
        server.add("jobs", "source", "a.jpg")
    done = drain(directory, server)
    assert done.status == 0 and done.statuses() == {"ok": 5}, done
    server.add("jobs", "source", "a.jpg")
    assert drain(directory, server).statuses() == {"ok": 1}


BAD = {"no object": ("json", "nonsense"), "empty": ("json", ""), "no source": ("json", '{"size": "3x3"}'),
       "elsewhere": ("source", "a.jpg", "output", "../b.jpg"), "unknown": ("source", "a.jpg", "colour", "red"),
       "twice": ("source", "a.jpg", "source", "a.jpg"), "size": ("source", "a.jpg", "size", "big"),
       "directory": ("source", "in"), "long": ("json", "x" * 70000), "lines": ("json", '{"source":\n"a\\u0000"}')}


@pytest.mark.parametrize("kind", BAD)
def test_an_order_that_is_none_goes_to_the_dead_letters_and_the_rest_goes_on(directory, server, kind):
    directory.copy("photos/mountains.jpg", "a.jpg", "in/c.jpg")
    bad = server.add("jobs", *BAD[kind])
    server.add("jobs", "source", "a.jpg")
    done = drain(directory, server)
    assert done.status == 1 and done.statuses() == {"ok": 1}, done
    [(_, letter)] = server.entries("jobs:dead")
    assert letter["entry"] == bad and letter["code"] == "usage" and letter["reason"]
    assert "entry %s: %s" % (bad, letter["reason"]) in done.err and "line 1" not in done.err
    assert server.pending("jobs") == 0


def test_a_directory_is_no_order_wherever_its_output_would_go(directory, server):
    """Not even as a key of the server, which all pictures of the directory would replace."""
    directory.copy("photos/mountains.jpg", "in/c.jpg")
    server.add("jobs", "source", "in", "output", server.url("picture.jpg"))
    assert drain(directory, server).statuses() == {}
    [(_, letter)] = server.entries("jobs:dead")
    assert letter["code"] == "usage" and "its source is a directory" in letter["reason"]


def test_a_picture_that_fails_for_good_goes_to_the_dead_letters_once(directory, server):
    directory.copy("broken/truncated.jpg", "bad.jpg")
    number = server.add("jobs", "source", "bad.jpg")
    missing = server.add("jobs", "source", "gone.jpg")
    done = drain(directory, server, "--dead-letters", "failed", "--results", "done")
    assert done.status == 1 and done.statuses() == {"failed": 2}, done
    letters = {letter["entry"]: letter for _, letter in server.entries("failed")}
    assert letters[number]["code"] == "truncated" and json.loads(letters[number]["order"]) == {"source": "bad.jpg"}
    assert letters[missing]["code"] == "system" and "No such file" in letters[missing]["reason"]
    assert len(server.entries("done")) == 2
    assert drain(directory, server).statuses() == {}


def test_a_deleted_entry_ends(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    number = server.add("jobs", "source", "a.jpg")
    server.ask("XGROUP", "CREATE", "jobs", "batchresize", "0")
    server.ask("XREADGROUP", "GROUP", "batchresize", "dead", "STREAMS", "jobs", ">")
    server.ask("XDEL", "jobs", number)
    done = drain(directory, server, "--claim-after", "1")
    assert done.status == 0 and done.statuses() == {}, done
    assert server.pending("jobs") == 0


# --- members that come and go ----------------------------------------------------------------------


def start(directory, server, *more):
    return directory.start("--queue", server.url("jobs"), "-o", "out", "-s", "100", "--claim-after", "1", *more,
                           stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def orders(directory, count):
    directory.many(count, folder="in")
    return [("in/%04d.jpg" % number, "%04d.jpg" % number) for number in range(count)]


def check_whole(directory, server, count):
    """Every order has one result, one output, and nothing else is left."""
    assert server.pending("jobs") == 0
    results = [fields["entry"] for _, fields in server.entries("done")]
    assert sorted(results) == sorted(number for number, _ in server.entries("jobs"))
    assert server.length("jobs:dead") == 0
    files = directory.files("out")
    assert len(files) == count and len(set(files.values())) == 1
    assert int(server.ask("HLEN", "jobs:tries")) == 0


def test_what_a_killed_member_had_is_taken_over(directory, server):
    server.add_many("jobs", orders(directory, 300))
    for _ in range(4):
        member = start(directory, server, "--results", "done")
        so_far = server.length("done")
        wait_for(lambda: server.length("done") > so_far or member.poll() is not None, "a result")
        member.kill()
        member.wait(timeout=DEADLINE)
    done = drain(directory, server, "--results", "done", "--claim-after", "1")
    assert done.status == 0, done
    check_whole(directory, server, 300)


def test_what_a_killed_member_was_replacing_is_taken_away(directory, server, shim):
    """An output of an order that was delivered before: it has a temporary's name for a moment."""
    server.add_many("jobs", orders(directory, 3))
    assert drain(directory, server).status == 0
    server.add_many("jobs", [("in/%04d.jpg" % number, "%04d.jpg" % number) for number in range(3)])
    drain(directory, server, prefix=shim(KILLED_AT_RENAME.replace("COUNT", "2")))
    if not list((directory / "out").glob(".batchresize-*")):
        pytest.skip("the file system replaces without a temporary")
    assert drain(directory, server, "--claim-after", "1").status == 0
    assert len(os.listdir(directory / "out")) == 3


def test_a_signal_hands_back_what_was_not_begun(directory, server):
    server.add_many("jobs", orders(directory, 400))
    member = start(directory, server, "--results", "done")
    wait_for(lambda: server.length("done") > 3, "results")
    member.send_signal(signal.SIGTERM)
    assert member.wait(timeout=DEADLINE) == -signal.SIGTERM
    # one that waits for a day gets them nevertheless, at once
    done = drain(directory, server, "--results", "done", "--claim-after", "86400")
    assert done.status == 0, done
    check_whole(directory, server, 400)
    assert server.members("jobs") <= 1  # the one that has what was handed back


def test_a_member_does_not_wait_with_the_server_before_its_end(directory, server):
    """Nor while it has orders, of which it will have to tell: there is an answer to all that it has to know."""
    server.ask("CONFIG", "SET", "slowlog-max-len", 10000)
    server.ask("CONFIG", "SET", "slowlog-log-slower-than", 0)
    server.add_many("jobs", orders(directory, 20))
    assert drain(directory, server).statuses() == {"ok": 20}
    said = server.ask("SLOWLOG", "GET", 10000)
    assert b"XREADGROUP" in said and b"XPENDING" in said and b"BLOCK" not in said, said


def test_two_members_share_a_stream(directory, server):
    server.add_many("jobs", orders(directory, 200))
    members = [start(directory, server, "--results", "done", "--drain") for _ in range(2)]
    assert [member.wait(timeout=DEADLINE) for member in members] == [0, 0]
    check_whole(directory, server, 200)


def test_a_server_that_is_killed_and_started_again(directory, server):
    server.add_many("jobs", orders(directory, 300))
    member = start(directory, server, "--results", "done", "--drain")
    for _ in range(2):
        so_far = server.length("done")
        wait_for(lambda: server.length("done") > so_far or member.poll() is not None, "a result")
        server.kill()
        server.start()
    assert member.wait(timeout=DEADLINE) == 0
    check_whole(directory, server, 300)


def test_an_order_that_kills_whoever_has_it_is_given_up(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    number = server.add("jobs", "source", "a.jpg")
    server.ask("XGROUP", "CREATE", "jobs", "batchresize", "0")
    server.ask("XREADGROUP", "GROUP", "batchresize", "dead", "STREAMS", "jobs", ">")
    server.ask("HSET", "jobs:tries", number, "10")
    done = drain(directory, server, "--claim-after", "1")
    assert done.statuses() == {}, done
    [(_, letter)] = server.entries("jobs:dead")
    assert letter["entry"] == number and letter["code"] == "poison" and json.loads(letter["order"])
    assert server.pending("jobs") == 0 and int(server.ask("HLEN", "jobs:tries")) == 0


# --- servers that won't ----------------------------------------------------------------------------


def test_nobody_listens(directory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = directory.run("--queue", "redis://127.0.0.1:%d/jobs" % port, "-o", "out")
    assert done.status == 3
    assert done.err == "batchresize: 127.0.0.1:%d does not answer as Redis (Connection refused)\n" % port, done


def test_a_signal_ends_a_member_that_reaches_for_its_server(directory, server):
    server.add_many("jobs", orders(directory, 1))
    member = start(directory, server, "--results", "done")
    wait_for(lambda: server.length("done") == 1, "a result")
    server.kill()
    with unreachable(server.port):
        wait_for(lambda: is_being_reached(member, server.port), "a connection")
        member.send_signal(signal.SIGTERM)
        assert member.wait(timeout=DEADLINE) == -signal.SIGTERM


@pytest.mark.parametrize("number, said, status", [("99", "has no database 99 (ERR DB index is out of range)", 2),
                                                  ("1000001", "no server has a database of that number", 2)])
def test_a_database_that_there_is_not(directory, server, number, said, status):
    done = directory.run("--queue", server.url(number + "/jobs"), "--drain", "-o", "out")
    assert done.status == status and said in done.err and "does not answer" not in done.err, done


SOUND = b"*2\r\n$3\r\n1-0\r\n*2\r\n$6\r\nsource\r\n$5\r\na.jpg\r\n"
NONSENSE = {"a number": b":7\r\n", "a text": b"+a.jpg\r\n", "an entry without a number": SOUND.replace(b"$3\r\n1-0", b"*-1"),
            "a number for an ID": SOUND.replace(b"$3\r\n1-0", b":1"), "a text for an ID": SOUND.replace(b"1-0", b"1.0"),
            "a long ID": SOUND.replace(b"$3\r\n1", b"$52\r\n" + b"1" * 50), "a NUL in an ID": SOUND.replace(b"1-0", b"1-\0"),
            "a field that is a number": SOUND.replace(b"$5\r\na.jpg", b":1"), "a name that is none": SOUND.replace(b"$6\r\nsource", b"$-1"),
            "a field without a value": SOUND.replace(b"*2\r\n$6", b"*1\r\n$6").replace(b"$5\r\na.jpg\r\n", b""),
            "three parts": SOUND.replace(b"*2", b"*3", 1) + b":1\r\n", "fields that are a text": SOUND[:13] + b"$1\r\nx\r\n"}


class Liar(socketserver.StreamRequestHandler):
    """A server that is one until it is asked for orders."""

    def handle(self):
        while words := command(self.rfile):
            self.server.asked.append(words)
            if words[0] == "XREADGROUP":
                self.wfile.write(self.server.new)
            elif words[0] == "XAUTOCLAIM":
                self.wfile.write(self.server.cold)
            else:
                self.wfile.write({"SELECT": b"+OK\r\n", "XGROUP": b"+OK\r\n", "TYPE": b"+none\r\n"}.get(words[0], b":0\r\n"))


def times(liar, word):
    return sum(words[0] == word for words in liar.asked)


def lied_to(directory, liar, asked):
    """Runs until so many times something was asked for; what was said."""
    with open(directory / "words", "wb") as words:
        member = directory.start("--queue", "redis://127.0.0.1:%d/jobs" % liar.server_address[1], "-o", "out", "--claim-after", "1",
                                 stderr=words, stdout=subprocess.DEVNULL)
    wait_for(lambda: times(liar, asked) > 2 or member.poll() is not None, "questions")
    member.send_signal(signal.SIGTERM)
    assert member.wait(timeout=DEADLINE) == -signal.SIGTERM, (directory / "words").read_text()
    return (directory / "words").read_text()


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_server_that_talks_nonsense_ends_nobody(directory, kind):
    entries = b"*1\r\n" + NONSENSE[kind]
    with played(Liar, asked=[], new=b"*1\r\n*2\r\n$4\r\njobs\r\n" + entries, cold=b"*2\r\n$3\r\n0-0\r\n" + entries) as liar:
        said = lied_to(directory, liar, "XREADGROUP")
    assert "it answers otherwise than Redis does" in said and times(liar, "XAUTOCLAIM") > 0
    assert times(liar, "HINCRBY") == 0 and times(liar, "XACK") == times(liar, "EVAL")  # which ask whether they may


@pytest.mark.parametrize("answer", [b":1\r\n", b"+a\r\n", b"*1\r\n:1\r\n", b"*2\r\n:1\r\n:1\r\n", b"*2\r\n*-1\r\n*0\r\n"])
def test_answers_of_another_kind_end_nobody(directory, answer):
    with played(Liar, asked=[], new=answer, cold=answer) as liar:
        assert "it answers otherwise than Redis does" in lied_to(directory, liar, "XREADGROUP")


def test_orders_that_are_too_much_together_come_one_by_one(directory):
    with played(Liar, asked=[], new=b"*1\r\n*2\r\n$4\r\njobs\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$90000000\r\n" +
                bytes(80_000_000), cold=b"*2\r\n$3\r\n0-0\r\n*0\r\n") as liar:
        assert "sends more than was asked for" in lied_to(directory, liar, "XREADGROUP")
    counts = [words[words.index("COUNT") + 1] for words in liar.asked if words[0] == "XREADGROUP"]
    assert int(counts[0]) > 1 and set(counts[1:]) == {"1"}, counts


def test_a_password_is_asked_for_and_never_shown(directory, tmp_path):
    place = tmp_path / "locked"
    place.mkdir()
    server = Server.__new__(Server)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.port = probe.getsockname()[1]
    server.process = subprocess.Popen(["redis-server", "--port", str(server.port), "--dir", place, "--save", "",
                                       "--requirepass", "s3cr/t"], executable=SERVER, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: b"NOAUTH" in server.ask("GET", "x"), "the server")
        address = "redis://%%s127.0.0.1:%d/jobs" % server.port
        for user, status in (("", 3), (":wrong@", 3), (":s3cr%2Ft@", 0), ("default:s3cr%2Ft@", 0), ("s3cr%2Ft@", 0)):
            done = directory.run("--queue", address % user, "--drain", "-o", "out")
            assert done.status == status and "s3cr" not in done.err and "wrong" not in done.err, (user, done)
    finally:
        server.kill()


def test_results_that_are_no_stream(directory, server):
    server.ask("SET", "done", "x")
    done = drain(directory, server, "--results", "done")
    assert done.status == 2 and "no stream but a string" in done.err, done


def test_a_queue_that_is_no_stream(directory, server):
    server.ask("SET", "jobs", "x")
    done = drain(directory, server)
    assert done.status == 3 and "WRONGTYPE" in done.err, done


def test_a_server_without_memory_loses_nothing(directory, server):
    server.add_many("jobs", orders(directory, 400))
    member = start(directory, server, "--results", "done", "--drain")
    wait_for(lambda: server.length("done") > 0, "a result")
    server.ask("CONFIG", "SET", "maxmemory", "1")
    stopped_at = server.length("done")
    # what is taken is made, and waits to be told
    wait_for(lambda: len(directory.outputs("out")) > stopped_at + 3, "outputs")
    assert server.length("done") == stopped_at and member.poll() is None
    server.ask("CONFIG", "SET", "maxmemory", "0")
    assert member.wait(timeout=DEADLINE) == 0
    check_whole(directory, server, 400)


def test_a_server_that_does_not_answer_keeps_nobody_from_ending(directory, server):
    server.add_many("jobs", orders(directory, 300))
    with open(directory / "words", "wb") as words:
        member = directory.start("--queue", server.url("jobs"), "-o", "out", "-s", "100", "--results", "done", stderr=words,
                                 stdout=subprocess.DEVNULL)
    wait_for(lambda: server.length("done") > 3, "results")
    server.process.send_signal(signal.SIGSTOP)
    try:
        member.send_signal(signal.SIGTERM)
        assert member.wait(timeout=DEADLINE) == -signal.SIGTERM
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert "could not be told what became of the last orders" in (directory / "words").read_text()
    done = drain(directory, server, "--results", "done", "--claim-after", "1")
    assert done.status == 0, done
    check_whole(directory, server, 300)


@pytest.mark.parametrize("right, said", [("-eval", "eval"), ("-xclaim", "xclaim"), ("-xack", "xack")])
def test_a_user_who_may_not_do_all_is_told_before_the_run(directory, server, right, said):
    server.ask("ACL", "SETUSER", "worker", "on", ">s3cret", "~*", "&*", "+@all", right)
    server.add("jobs", "source", "a.jpg")
    done = directory.run("--queue", server.url("jobs").replace("//", "//worker:s3cret@"), "--drain", "-o", "out")
    assert done.status == 3 and "NOPERM" in done.err and said in done.err and "s3cret" not in done.err
    assert server.pending("jobs") == 0


def test_orders_that_nobody_may_take_over_are_told_of(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    server.ask("ACL", "SETUSER", "worker", "on", ">s3cret", "~*", "&*", "+@all", "-xautoclaim")
    server.add("jobs", "source", "a.jpg")
    done = directory.run("--queue", server.url("jobs").replace("//", "//worker:s3cret@"), "--drain", "-o", "out")
    assert done.status == 0 and "xautoclaim" in done.err and "well again" not in done.err, done


@pytest.mark.parametrize("arguments, said", [((), "add --output=DIR"), (("-o", "out", "-s", "10,20"), "give one --size")])
def test_what_of_orders_would_always_fail_is_told_at_the_start(directory, server, arguments, said):
    directory.copy("photos/mountains.jpg", "a.jpg")
    server.add("jobs", "source", "a.jpg")
    done = directory.run("--queue", server.url("jobs"), "--drain", *arguments)
    assert done.status == 0 and said in done.err, done
    assert said not in drain(directory, server).err


def test_a_queue_that_is_stopped_needs_no_advice(directory, server):
    server.add_many("jobs", orders(directory, 300))
    with open(directory / "words", "wb") as words:
        member = directory.start("--queue", server.url("jobs"), "-o", "out", "-s", "100", "--results", "done", stderr=words,
                                 stdout=subprocess.DEVNULL)
    wait_for(lambda: server.length("done") > 3, "results")
    member.send_signal(signal.SIGTERM)
    member.wait(timeout=DEADLINE)
    assert "--existing" not in (directory / "words").read_text()


def test_passwords_are_not_shown_with_the_options(directory):
    done = directory.run("--queue", "redis://me:s3cret@h/k", "--header", "Authorization: s3cret", "--show-config", report=False)
    assert done.status == 0 and b"queue = " in done.out and b"header = " in done.out and b"s3cret" not in done.out, done


# --- the command line --------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, said", [
    (["--results", "x", "a.jpg"], "no effect without --queue"),
    (["--drain", "a.jpg"], "no effect without --queue"),
    (["--queue", "redis://h/k", "a.jpg"], "--queue and paths together"),
    (["--queue", "redis://h/k", "-n"], "--dry-run makes no sense with --queue"),
    (["--queue", "redis://h/k", "--prune"], "--prune makes no sense with --queue"),
    (["--queue", "redis://h/k", "--existing", "update"], "choose --existing=overwrite"),
    (["--queue", "rediss://h/k"], "does not begin with redis://"),
    (["--queue", "redis://h"], "the name of a key are missing"),
    (["--queue", "redis://h:99999/k"], "its host or port is none"),
    (["--queue", "redis://:pa%zz@h/k"], "user and password can't be read"),
])
def test_what_makes_no_sense_is_refused(directory, arguments, said):
    done = directory.run(*arguments, report=False)
    assert done.status == 2 and said in done.err, done
    assert "pa%zz" not in done.err
