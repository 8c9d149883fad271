"""Sources that are URLs, from servers on loopback, kind and malicious ones."""

import ipaddress
import os
import re
import shutil
import signal
import ssl
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from conftest import DEADLINE, MODES, TESTDATA, wait_for
from url_server import EPOCH, LAST_MODIFIED, nginx_of, serve

PICTURE = TESTDATA / "photos/mountains.jpg"


@pytest.fixture(name="server")
def _server(directory):
    if "CURL=no" in directory.run("http://127.0.0.1:1/a.jpg", "--fetch-retries=0").err:
        pytest.skip("needs libcurl, which this build is made without (CURL=no)")
    with serve(PICTURE.read_bytes()) as server:
        yield server


def codes(done):
    return {record["source"]: record["code"] for record in done.report}


def made(directory):
    """The output of the picture as a file."""
    directory.copy("photos/mountains.jpg", "file.jpg")
    assert directory.run("file.jpg", "-o", "expected").status == 0
    return (directory / "expected/file.jpg").read_bytes()


# --- what comes of it -----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_makes_what_it_makes_of_a_file(directory, server, mode):
    expected = made(directory)
    (directory / "list").write_text("%s/p/listed.jpg\n" % server.url)
    (directory / "objects").write_text('{"source": "%s/p/object.jpg?v=1", "output": "x/named.jpg"}\n' % server.url)
    done = directory.run("-o", "out", server.url + "/p/a/typed%20one.jpg", mode=mode)
    assert done.status == 0 and codes(done) == {server.url + "/p/a/typed%20one.jpg": None}, done
    assert done.report[0]["bytes_in"] == PICTURE.stat().st_size and done.report[0]["mode"] == mode, done
    assert directory.run("-o", "out", "--files-from=list", "--allow-private", mode=mode).status == 0
    assert directory.run("-o", "out", "--files-from=objects", "--list-format=ndjson", "--allow-private", mode=mode).status == 0
    assert directory.run("-o", "one.jpg", server.url + "/p/b.jpg", mode=mode).status == 0
    assert directory.run(server.url + "/p/c.jpg", mode=mode).status == 0
    names = ["out/p/a/typed one.jpg", "out/p/listed.jpg", "out/x/named.jpg", "one.jpg", "resized_c.jpg"]
    assert [(directory / name).read_bytes() == expected for name in names] == [True] * len(names)


def test_outputs_can_have_the_time_that_the_server_tells(directory, server):
    done = directory.run("-o", "out", "--preserve=times", server.url + "/p/a.jpg")
    assert done.status == 0 and int((directory / "out/p/a.jpg").stat().st_mtime) == EPOCH, done


def test_a_dry_run_asks_nobody(directory, server):
    done = directory.run("-n", "-o", "out", server.url + "/p/a.jpg", "http://[::1]:1/../x/%2e%2e/b.png#c")
    assert done.status == 0 and not server.requests and "out/b.png" in done.out.decode(), done


def test_urls_of_one_name_collide_and_one_named_twice_is_one(directory, server):
    urls = [server.url + name for name in ("/p/a.jpg", "/p/a.jpg", "/p/a.jpg?v=2", "/p/b?id=1", "/p/b?id=2")]
    done = directory.run("-o", "out", *urls)
    assert done.status == 1 and codes(done) == {urls[0]: "collision", urls[2]: "collision", urls[3]: None, urls[4]: None}, done
    assert len(list((directory / "out/p").iterdir())) == 2, done


def test_a_part_of_a_page_makes_no_other_picture(directory, server):
    urls = [server.url + "/p/a.jpg" + part for part in ("", "#top", "#", "#?x")]
    done = directory.run("-o", "out", *urls)
    assert done.status == 0 and len(done.report) == 1 and codes(done) == {urls[0]: None}, done


def test_a_list_through_a_pipe_knows_what_it_named_before(directory, server):
    urls = [server.url + "/p/b?id=%d" % number for number in (1, 2, 1, 2)]
    process = directory.start("-o", "out", "--files-from=-", "--allow-private", "--report=report", stdin=subprocess.PIPE)
    for number, url in enumerate(urls):
        process.stdin.write(url.encode() + b"\n")
        process.stdin.flush()
        if number < 2:
            wait_for(lambda number=number: len(list((directory / "out").rglob("b-*"))) == number + 1, "an output")
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 0 and len(server.requests) == 2, server.requests


def test_without_urls_no_libcurl_is_loaded(directory, server):
    directory.copy("photos/mountains.jpg", "a.jpg")
    loaded = {}
    for source in ("a.jpg", server.url + "/p/a.jpg"):
        prefix = ["env", "LD_DEBUG=files", "LD_DEBUG_OUTPUT=%s" % (directory / "loaded")]
        assert directory.run(source, "-o", "out", mode="thread", prefix=prefix).status == 0
        traces = list(directory.path.glob("loaded.*"))
        loaded[source] = any("libcurl" in trace.read_text(errors="replace") for trace in traces)
        for trace in traces:
            trace.unlink()
    assert loaded == {"a.jpg": False, server.url + "/p/a.jpg": True}


def test_ten_threads_wait_for_ten_answers(directory, server):
    """100 URLs, each of which takes 100 ms."""
    urls = [server.url + "/slow/%03d.jpg" % number for number in range(100)]
    done = directory.run("-o", "out", "--io-threads=10", "-s", "100", *urls, mode="hybrid")
    assert done.status == 0 and len(directory.outputs("out/slow")) == 100, done
    assert 8 <= server.most <= 10, server.most


@pytest.mark.parametrize("mode", ["process", "hybrid"])
def test_much_at_once_waits_for_room(directory, server, mode):
    """So little memory that a transfer goes on only when others are done with."""
    urls = [server.url + "/large/%02d.jpg" % number for number in range(24)]
    done = directory.run("-o", "out", "--max-memory=256M", *urls, mode=mode)
    assert done.status == 0 and len(directory.outputs("out/large")) == 24, done


# --- servers that are unwell ----------------------------------------------------------------------

BAD = {
    "/none.jpg": "http-not-found", "/status/410": "http-not-found", "/status/401": "http-denied", "/status/403": "http-denied",
    "/status/418": "http-error", "/status/500": "http-error", "/status/206": "network", "/status/304": "http-error",
    "/later/a.jpg": "http-error", "/half/a.jpg": "network", "/huge/a.jpg": "too-large", "/endless/a.jpg": "too-large",
    "/loop/a.jpg": "http-error", "/nowhere/a.jpg": "http-error", "/to?file:///etc/passwd": "http-error",
    "/to?ftp://127.0.0.1/a.jpg": "http-error", "/to?gopher://127.0.0.1/a": "http-error", "/page/a.jpg": "not-an-image",
    "/text/a.jpg": "not-an-image", "/empty/a.jpg": "empty", "/headers/a.jpg": "network", "/silent/a.jpg": "network",
}


@pytest.mark.parametrize("mode", MODES)
def test_each_costs_its_own_picture(directory, server, mode):
    urls = {server.url + path: code for path, code in BAD.items()}
    good = server.url + "/p/good.jpg"
    with_closed = "http://127.0.0.1:1/closed.jpg"
    done = directory.run("-o", "out", "--max-download=1M", "--timeout=12", "--fetch-retries=0", *urls, with_closed,
                         "http://name.invalid/a.jpg", good, mode=mode)
    assert done.status == 1 and codes(done) == {**urls, with_closed: "network", "http://name.invalid/a.jpg": "network", good: None}, done
    assert server.counts["/loop/a.jpg"] == 11, server.counts
    said = {record["source"]: record["error"] for record in done.report}
    assert "status 404" in said[server.url + "/none.jpg"] and "web page" in said[server.url + "/page/a.jpg"]
    assert re.search("again in (86400|21600) s", said[server.url + "/later/a.jpg"]), said  # libcurl 8 makes six hours of more
    assert [path.name for path in directory.outputs("out/p")] == ["good.jpg"]


def test_what_passes_is_asked_for_again(directory, server):
    done = directory.run("-o", "out", server.url + "/busy/a.jpg")
    assert done.status == 0 and server.counts["/busy/a.jpg"] == 3, done
    done = directory.run("-o", "out", server.url + "/busy/b.jpg", "--fetch-retries=1")
    assert done.status == 1 and "status 503" in done.report[0]["error"] and server.counts["/busy/b.jpg"] == 2, done


def test_what_an_answer_leaves_behind_is_no_answer_to_another(directory, server):
    urls = [server.url + "/longer/%d.jpg" % number for number in range(5)] + [server.url + "/p/%d.jpg" % number for number in range(5)]
    done = directory.run("-o", "out", *urls, mode="serial")
    assert list(codes(done).values()) == ["http-not-found"] * 5 + [None] * 5, done


def test_what_was_cut_goes_on(directory, server):
    expected = made(directory)
    urls = [server.url + "/%s/a.jpg" % kind for kind in ("cut", "changed", "mixed")]
    assert directory.run("-o", "out", *urls).status == 0
    half = len(server.picture) // 2
    first, second = server.asked("/cut/a.jpg")
    assert "Range" not in first and second["Range"] == "bytes=%d-" % half and second["If-Range"] == '"one"'
    assert server.asked("/changed/a.jpg")[1]["If-Range"] == '"another"'
    assert server.counts["/mixed/a.jpg"] == 3 and "Range" not in server.asked("/mixed/a.jpg")[2]
    for kind in ("cut", "changed", "mixed"):
        assert (directory / "out" / kind / "a.jpg").read_bytes() == expected, kind


@pytest.mark.parametrize("mode", ["hybrid", "thread"])
def test_a_signal_ends_the_wait(directory, server, mode):
    process = directory.start("-o", "out", server.url + "/silent/a.jpg", mode=mode, report=directory / "report")
    wait_for(lambda: server.now, "the request")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=DEADLINE)
    assert process.returncode == -signal.SIGTERM and not server.ended.is_set()
    assert '"status":"cancelled"' in (directory / "report").read_text()


# --- whom to ask ----------------------------------------------------------------------------------


def test_lists_name_no_private_addresses(directory, server):
    port = server.server_address[1]
    hosts = ["127.0.0.1", "localhost", "sub.localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "0.0.0.0", "[::1]",
             "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "10.0.0.1", "169.254.169.254", "[64:ff9b::7f00:1]", "[fe80::1]"]
    urls = ["http://%s:%d/p/%d.jpg" % (host, port, number) for number, host in enumerate(hosts)]
    (directory / "list").write_text("\n".join(urls))
    done = directory.run("-o", "out", "--files-from=list", "--fetch-retries=0")
    assert done.status == 1 and codes(done) == dict.fromkeys(urls, "private-address"), done
    assert "--allow-private" in done.report[0]["error"] and not server.requests, done
    assert directory.run("-o", "out", urls[0], "--fetch-retries=0").status == 0
    (directory / "list").write_text(urls[0])
    assert directory.run("-o", "out2", "--files-from=list", "--allow-private").status == 0


PRIVATE = strategies.sampled_from(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/29 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 "
    "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 100::/64 2001:2::/48 2001:db8::/32 fc00::/7 fe80::/10 ff00::/8 "
    "::ffff:10.0.0.0/104 64:ff9b::c0a8:0/112 2002:7f00::/24".split()
).map(ipaddress.ip_network).flatmap(lambda network: strategies.ip_addresses(network=network))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(addresses=strategies.lists(PRIVATE, min_size=20, max_size=60, unique=True))
def test_whatever_is_not_global_is_refused(tmp_path_factory, addresses):
    from conftest import Directory
    directory = Directory(tmp_path_factory.mktemp("private"))
    urls = ["http://%s/%d.jpg" % ("[%s]" % address if address.version == 6 else address, number)
            for number, address in enumerate(addresses)]
    (directory / "list").write_text("\n".join(urls))
    done = directory.run("-o", "out", "--files-from=list", "--fetch-retries=0", "--timeout=5")
    if any("CURL=no" in (record["error"] or "") for record in done.report):
        pytest.skip("needs libcurl, which this build is made without (CURL=no)")
    assert set(codes(done).values()) == {"private-address"}, done


def test_no_server_redirects_to_private_addresses(directory, server):
    """But to itself, if the user typed it."""
    port = server.server_address[1]
    elsewhere, itself = server.url + "/to?http://localhost:%d/p/a.jpg" % port, server.url + "/to?/p/b.jpg"
    done = directory.run("-o", "out", elsewhere, itself, "-f", "jpeg")
    assert done.status == 1 and codes(done) == {elsewhere: "private-address", itself: None}, done
    assert "redirect" in done.report[0]["error"] + done.report[1]["error"].__str__(), done
    assert directory.run("-o", "out", elsewhere, "-f", "jpeg", "--allow-private").status == 0


def test_no_server_redirects_to_redis(directory, server):
    url = server.url + "/to?redis://localhost/a.jpg"
    done = directory.run("-o", "out", url, "--allow-private")
    assert done.status == 1 and codes(done) == {url: "http-error"} and "redirects to what is no address" in done.report[0]["error"], done


def test_headers_and_passwords_stay_with_their_server(directory, server):
    with serve(server.picture) as other:
        url = server.url.replace("//", "//me:sekret@") + "/to?%s/p/a.jpg" % other.url
        done = directory.run("-o", "out", url, "--allow-private", "--header", "X-Token: t0ken", "--header=Authorization: Bearer b3arer",
                             "-v", "--log-file=log", "--failed-list=failed")
        assert done.status == 0, done
        (_, sent), (_, passed_on) = server.requests[0], other.requests[0]
        assert sent["X-Token"] == "t0ken" and sent["Authorization"] == "Bearer b3arer", sent
        assert "X-Token" not in passed_on and "Authorization" not in passed_on, passed_on
        assert passed_on["User-Agent"].startswith("batchresize/")


@pytest.mark.parametrize("path", ["/p/a.jpg", "/status/404", "/away"])
def test_no_password_is_shown(directory, server, path):
    url = server.url.replace("//", "//me:sekret@") + path
    arguments = ("-o", "out", "-v", "--log-file=log", "--log-level=debug", "--failed-list=failed", "--fetch-retries=0", "--print",
                 "--html=page.html")
    done = directory.run(*arguments, url)
    assert server.requests[0][1]["Authorization"].startswith("Basic "), server.requests
    planned = directory.run("-n", url)
    (directory / "bad list").write_text(url + " \n")
    refused = directory.run("--files-from=bad list")
    kept = [path for path in directory.path.rglob("*") if path.is_file() and path.name != "bad list"]
    assert len(kept) >= 3, kept
    for run in (done, planned, refused):
        shown = run.err + run.out.decode() + str(run.report)
        assert "sekret" not in shown, shown
    assert [path for path in kept if b"sekret" in path.read_bytes()] == []


@pytest.mark.parametrize("arguments", [("rediss://:s3cret@127.0.0.1/key",), ("ftp://me:s3cret@127.0.0.1/a.jpg", "a.jpg"),
                                       ("--queue=redis://h/k", "http://me:s3cret@h/a.jpg"),
                                       ("--files-from=list", "http://me:s3cret@h/a.jpg"),
                                       ("-o", "https://me:s3cret@h/x/", "a.jpg"), ("-o", "redis://me:s3cret@h:x/x", "a.jpg")])
def test_no_password_is_shown_of_what_is_refused(directory, arguments):
    directory.copy("edge/1x1.png", "a.jpg")
    done = directory.run("--sandbox=off", *arguments, report=False)  # of which a build without seccomp has a word to say
    assert done.status == 2 and "s3cret" not in done.err and done.err.count("\n") == 1, done
    assert directory.names() == ["a.jpg"]


def test_an_address_of_another_kind_in_a_list_is_a_bad_line(directory):
    directory.copy("edge/1x1.png", "a.png", "x:/b.png")
    (directory / "list").write_text("ftp://h/a.png\na.png\nx://b.png\n")
    done = directory.run("-o", "out", "--files-from=list")
    assert done.status == 1 and done.statuses() == {"ok": 2}, done
    assert "line 1 of the list: 'ftp://' is no address that pictures are fetched from" in done.err


def test_a_url_may_come_last(directory, server):
    """And is not taken for a directory that is missing."""
    directory.copy("photos/mountains.jpg", "a.jpg")
    assert directory.run("a.jpg", server.url + "/p/image?id=1").status == 0


def test_netrc_when_it_is_asked_for(directory, server):
    (directory / ".netrc").write_text("machine 127.0.0.1 login me password pass\n")
    home = ["env", "HOME=%s" % directory.path]
    assert directory.run("-o", "out", server.url + "/p/a.jpg", prefix=home).status == 0
    assert directory.run("-o", "out", server.url + "/p/b.jpg", "--netrc", prefix=home).status == 0
    assert "Authorization" not in server.requests[0][1] and server.requests[1][1]["Authorization"].startswith("Basic ")


def test_a_proxy_of_the_environment(directory, server):
    (directory / "list").write_text("http://pictures.example/p/a.jpg\nhttp://10.1.2.3/p/b.jpg\nhttp://direct.invalid/p/c.jpg\n")
    prefix = ["env", "http_proxy=" + server.url, "no_proxy=other.example,.invalid"]
    done = directory.run("-o", "out", "--files-from=list", "--fetch-retries=0", prefix=prefix)
    assert sorted(codes(done).items()) == [("http://10.1.2.3/p/b.jpg", "private-address"), ("http://direct.invalid/p/c.jpg", "network"),
                                           ("http://pictures.example/p/a.jpg", None)], done
    assert [path for path, _ in server.requests] == ["/p/a.jpg"]


HERE = ("localhost", "localhost.", "LOCALHOST.", "a.localhost..", "localhost.localdomain", "ip6-loopback", "127.0.0.1.", "2130706433",
        "0x7f.1", "017700000001", "[::1]", "[::ffff:127.0.0.1]")


def test_no_way_to_write_this_host_reaches_it_by_a_proxy(directory, server):
    (directory / "list").write_text("".join("http://%s/p/%d.jpg\n" % (host, number) for number, host in enumerate(HERE)))
    done = directory.run("-o", "out", "--files-from=list", "--fetch-retries=0", prefix=["env", "http_proxy=" + server.url])
    assert set(codes(done).values()) == {"private-address"} and len(codes(done)) == len(HERE), done
    assert not server.requests


def test_certificates_are_checked(directory, server):
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", directory / "key", "-out", directory / "cert"],
                   check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert", directory / "key")
    with serve(server.picture) as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        done = directory.run("-o", "out", secure.url.replace("http:", "https:") + "/p/a.jpg")
        assert done.status == 1 and done.report[0]["code"] == "network" and "certificate" in done.report[0]["error"], done
        assert not secure.requests


@pytest.mark.parametrize("header", ["none", ": x", "A b: c", "A: b\nC: d"])
def test_a_header_that_is_none(directory, header):
    done = directory.run("http://127.0.0.1:1/a.jpg", "--header", header, report=False)
    assert done.status == 2 and "--header" in done.err, done


# --- again ----------------------------------------------------------------------------------------


def test_update_asks_whether_it_has_changed(directory, server):
    urls = [server.url + "/p/a.jpg", server.url + "/plain/b.jpg"]
    assert directory.run("-o", "out", *urls).status == 0
    done = directory.run("-o", "out", *urls)
    assert done.status == 0 and codes(done) == dict.fromkeys(urls, "skipped"), done
    assert server.asked("/p/a.jpg")[1]["If-None-Match"] == '"one"'
    assert server.asked("/p/a.jpg")[1]["If-Modified-Since"] == LAST_MODIFIED
    assert "If-None-Match" not in server.asked("/plain/b.jpg")[1]
    assert directory.run("-o", "out", *urls, "-q", "70").statuses() == {"ok": 2}, "an option has changed"
    assert "If-None-Match" not in server.asked("/p/a.jpg")[2]
    server.picture = (TESTDATA / "photos/city.jpg").read_bytes()
    done = directory.run("-o", "out", *urls, "-q", "70")
    assert codes(done) == {urls[0]: "skipped", urls[1]: None}, "a server that lies is believed, bytes that differ are made"
    os.unlink(directory / "out/p/a.jpg")
    done = directory.run("-o", "out", *urls, "-q", "70")
    assert codes(done) == {urls[0]: None, urls[1]: "skipped"}, "what is missing is made"


def test_what_is_said_of_it(directory, server):
    url = server.url + "/p/a.jpg"
    reasons = []
    for arguments in (["-n"], [], ["-n"], [], ["-n", "-q", "70"], ["-n", "--existing=skip"]):
        done = directory.run("-o", "out", "--explain", *arguments, url)
        assert done.status == 0 and len(done.report) == 1, done
        reasons.append((done.report[0]["status"], done.report[0]["reason"]))
    assert reasons == [("planned", "new"), ("ok", "new"), ("planned", "not-remembered"), ("skipped", "up-to-date"), ("planned", "option"),
                       ("skipped", "exists")], reasons
    assert len(server.requests) == 2


def test_nothing_is_pruned_since_it_was_fetched(directory, server):
    directory.copy("photos/mountains.jpg", "p/here.jpg")
    assert directory.run("-o", "out", server.url + "/p/a.jpg").status == 0
    assert directory.run("-o", "out", "--prune", "p").status == 0
    assert sorted(path.name for path in (directory / "out").rglob("*.jpg")) == ["a.jpg", "here.jpg"]


def test_urls_are_not_watched(directory):
    done = directory.run("--watch", "http://me:sekret@127.0.0.1:1/", report=False)
    assert done.status == 2 and "--watch" in done.err and "sekret" not in done.err, done


def test_another_url_of_the_same_name_is_another_source(directory, server):
    with serve((TESTDATA / "photos/city.jpg").read_bytes()) as other:
        assert directory.run("-o", "out", server.url + "/p/a.jpg").status == 0
        done = directory.run("-o", "out", other.url + "/p/a.jpg")
        assert done.status == 0 and codes(done) == {other.url + "/p/a.jpg": None}, done
        assert "If-None-Match" not in other.asked("/p/a.jpg")[0]


def test_skip_and_error_ask_no_server_for_what_is_there(directory, server):
    url = server.url + "/p/a.jpg"
    assert directory.run("-o", "out", url).status == 0
    assert codes(directory.run("-o", "out", url, "--existing=skip")) == {url: "skipped"}
    assert codes(directory.run("-o", "out", url, "--existing=error")) == {url: "exists"}
    assert len(server.requests) == 1
    assert codes(directory.run("-o", "out", url, "--existing=overwrite")) == {url: None}


# --- a real server --------------------------------------------------------------------------------


@pytest.fixture(name="nginx")
def _nginx(directory, server):  # which tells whether anything is fetched
    """A folder, and the URL under which nginx has it."""
    folder = directory.path.parent / "nginx"
    (folder / "www").mkdir(parents=True)
    with nginx_of(folder, folder / "www") as url:
        if not url:
            pytest.skip("needs nginx, which is not installed or does not start here")
        yield folder / "www", url


@pytest.mark.parametrize("mode", ["process", "hybrid"])
def test_nginx(directory, nginx, mode):
    folder, url = nginx
    for number in range(300):
        shutil.copyfile(PICTURE, folder / ("%03d.jpg" % number))
    (directory / "list").write_text("".join("%s/%03d.jpg\n" % (url, number) for number in range(300)))
    done = directory.run("-o", "out", "-s", "100", "--files-from=list", "--allow-private", mode=mode)
    assert done.status == 0 and len(directory.outputs("out")) == 300, done
    done = directory.run("-o", "out", "-s", "100", "--files-from=list", "--allow-private", mode=mode)
    assert done.status == 0 and done.statuses() == {"skipped": 300}, done
