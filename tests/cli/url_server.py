"""A server of pictures on loopback, kind or malicious as the path of a URL says."""

import contextlib
import http.server
import os
import shutil
import socket
import subprocess
import threading
import time

LAST_MODIFIED = "Tue, 05 Mar 2024 10:20:30 GMT"
EPOCH = 1709634030  # of that


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server
        path = self.path
        if path.startswith("http://"):  # as to a proxy
            path = "/" + path.split("/", 3)[3]
        with server.lock:
            server.requests.append((path, dict(self.headers)))
            server.now += 1
            server.most = max(server.most, server.now)
            count = server.counts[path] = server.counts.get(path, 0) + 1
        try:
            kind = path.split("/")[1].split("?")[0]
            getattr(self, "do_" + kind, self.do_nothing)(path, count)
        except OSError:
            self.close_connection = True
        finally:
            with server.lock:
                server.now -= 1

    def do_nothing(self, path, _):
        self.answer(404, b"not here")

    def picture(self, etag='"one"', modified=LAST_MODIFIED):
        """With all that a good server does."""
        body = self.server.picture
        told = {name: value for name, value in (("ETag", etag), ("Last_Modified", modified)) if value}
        if etag and self.headers.get("If-None-Match") == etag:
            self.answer(304, ETag=etag)
            return
        begin = self.headers.get("Range", "")
        if begin.startswith("bytes=") and self.headers.get("If-Range") in (etag, modified):
            at = int(begin[6:].rstrip("-"))
            self.answer(206, body[at:], Content_Range="bytes %d-%d/%d" % (at, len(body) - 1, len(body)), **told)
            return
        self.answer(200, body, Accept_Ranges="bytes", **told)

    def half(self, etag):
        body = self.server.picture
        self.answer(200, body[:len(body) // 2], len(body), ETag=etag, Accept_Ranges="bytes")
        self.close_connection = True

    def do_p(self, *_):
        self.picture()

    def do_plain(self, *_):
        self.picture(None, None)

    def do_large(self, *_):
        """A picture with 10 MB behind its end."""
        self.answer(200, self.server.picture + bytes(10 << 20))

    def do_slow(self, *_):
        time.sleep(0.1)
        self.picture()

    def do_busy(self, _, count):
        if count == 1:
            self.answer(429, b"too fast", Retry_After="1")
        elif count == 2:
            self.answer(503)
        else:
            self.picture()

    def do_later(self, *_):
        self.answer(503, Retry_After="86400")

    def do_status(self, path, _):
        status = int(path.split("/")[2])
        self.answer(status, b"" if status == 304 else b"<html>no")

    def do_longer(self, _, count):
        """What follows its answer is no answer to the next request, whichever comes by this connection."""
        self.answer(404, b"no" if count > 1 else b"no and more", 2)

    def do_cut(self, _, count):
        if count == 1:
            self.half('"one"')
        else:
            self.picture()

    def do_changed(self, _, count):
        if count == 1:
            self.half('"another"')
        else:
            self.picture()

    def do_mixed(self, _, count):
        """Says that it goes on, and does not from there."""
        if count == 1:
            self.half('"one"')
        elif count == 2:
            self.answer(206, self.server.picture[:10], ETag='"one"', Content_Range="bytes 0-9/%d" % len(self.server.picture))
        else:
            self.picture()

    def do_half(self, *_):
        self.half('W/"weak"')

    def do_huge(self, *_):
        self.answer(200, self.server.picture, 10 ** 12)
        self.close_connection = True

    def do_endless(self, *_):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.ended.is_set():
            self.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    def do_silent(self, *_):
        self.server.ended.wait(60)
        self.close_connection = True

    def do_loop(self, path, count):
        self.answer(302, b"go on", Location=path)

    def do_to(self, path, _):
        self.answer(302, Location=path.split("?", 1)[1])

    def do_away(self, *_):
        self.answer(302, Location="http://x:sekret@127.0.0.1:1/")

    def do_nowhere(self, *_):
        self.answer(301)

    def do_page(self, *_):
        self.answer(200, b"\n <!DOCTYPE html>\n<title>Login</title>", Content_Type="image/jpeg")

    def do_text(self, *_):
        self.answer(200, b"no picture at all", Content_Type="image/jpeg")

    def do_empty(self, *_):
        self.answer(200)

    def do_headers(self, *_):
        self.send_response(200)
        for number in range(1000):
            self.send_header("X-Long-%d" % number, "x" * 1000)
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, picture):
        super().__init__(("127.0.0.1", 0), Handler)
        self.picture, self.lock, self.ended = picture, threading.Lock(), threading.Event()
        self.requests, self.counts, self.now, self.most = [], {}, 0, 0
        self.url = "http://127.0.0.1:%d" % self.server_address[1]

    def handle_error(self, *_):
        pass

    def asked(self, path):
        """The headers of each request for a path."""
        return [headers for asked, headers in self.requests if asked == path]


@contextlib.contextmanager
def serve(picture):
    server = Server(picture)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()


NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@contextlib.contextmanager
def nginx_of(folder, root):
    """The URL under which an nginx of our own has the files of `root`; None: there is none. It writes to `folder`."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "conf").write_text(NGINX.format(folder=folder, root=root, port=port, user=user))
    process = subprocess.Popen([program, "-c", folder / "conf", "-e", folder / "log"], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not (folder / "pid").exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        yield "http://127.0.0.1:%d" % port if (folder / "pid").exists() and process.poll() is None else None
    finally:
        process.terminate()
        process.wait()
