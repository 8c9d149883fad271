"""A browser without a window, by WebDriver (https://www.w3.org/TR/webdriver2/) over HTTP."""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from conftest import DEADLINE, wait_for

BROWSERS = ("chromium-headless-shell", "chromium", "chrome-headless-shell", "google-chrome")


class Refused(Exception):
    """What the driver could not do, in its words."""


class Browser:
    def __init__(self, driver, binary, folder):
        self.log = folder / "driver.log"
        self.process = subprocess.Popen([driver, "--port=0", "--log-path=%s" % self.log], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.session = ""
        try:
            self.port = self.read_port()
            self.session = self.start(binary, folder)
        except BaseException:  # a skip as well: nothing is left behind
            self.close()
            raise

    def start(self, binary, folder, attempts=3):
        """Begins a session; the driver waits for a minute, and a busy machine may take longer."""
        options = {"binary": binary, "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        try:
            answer = self.ask("session", {"capabilities": {"alwaysMatch": wanted}})
        except (Refused, TimeoutError) as refusal:
            if attempts == 1:
                pytest.skip("the browser does not start: %s" % str(refusal)[:200])
            return self.start(binary, folder, attempts - 1)
        return "/" + answer["sessionId"]

    def read_port(self):
        for line in self.process.stdout:
            if b"started successfully on port" in line:
                return int(line.split()[-1].rstrip(b"."))
        pytest.skip("the driver of the browser does not start")
        return 0

    def ask(self, command, body=None):
        """POSTs a command of the session, or GETs if there is no body. Returns its value."""
        path = command if command == "session" else "session%s/%s" % (self.session, command)
        request = urllib.request.Request("http://127.0.0.1:%d/%s" % (self.port, path.rstrip("/")),
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refusal:
            raise Refused(json.load(refusal)["value"]["message"]) from None

    def devtools(self, method, **parameters):
        return self.ask("goog/cdp/execute", {"cmd": method, "params": parameters})

    def show(self, path, width, scheme="light"):
        """Loads a file into a window of that width."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("url", {"url": path.resolve().as_uri()})
        wait_for(lambda: self.run("return document.readyState") == "complete", "the page")

    def run(self, script, *arguments):
        """What a script returns, which is ours and not the page's."""
        return self.ask("execute/sync", {"script": script, "args": list(arguments)})

    def complaints(self):
        """What the browser's console says: errors of scripts, what the policy refused, what could not be loaded."""
        return [entry["message"] for entry in self.ask("se/log", {"type": "browser"})]

    def print(self, path):
        path.write_bytes(base64.b64decode(self.ask("print", {"background": True})))

    def close(self):
        try:
            if self.session:
                request = urllib.request.Request("http://127.0.0.1:%d/session%s" % (self.port, self.session), method="DELETE")
                urllib.request.urlopen(request, timeout=DEADLINE).close()
        except OSError:
            pass
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = shutil.which("chromedriver")
    binary = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not driver or not binary:
        pytest.skip("needs chromium-headless-shell and chromium-driver: scripts/install-deps browser")
    browser = Browser(driver, binary, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()
