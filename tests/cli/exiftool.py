"""ExifTool, started once for all the questions of a process: its start takes longer than most answers."""

import atexit
import json
import re
import subprocess
import tempfile


class Answer:
    """Exit status, stdout (bytes) and stderr (text) of one command."""

    def __init__(self, returncode, stdout, stderr):
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr

    def __repr__(self):
        return "exiftool: status %d\n%r\n%s" % (self.returncode, self.stdout[:2000], self.stderr)


class Server:
    """Commands go in as lines, one for each argument; what ends an answer tells the status as well."""

    END = re.compile(rb"\{status (\d+)\}\r?\n\{ready\}\r?\n\Z")

    def __init__(self):
        self.stderr = tempfile.TemporaryFile()
        # It waits for more even where nobody is left to say it.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "exiftool", "-stay_open", "True", "-@", "-"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr)

    def ask(self, *arguments):
        assert not any("\n" in argument for argument in arguments)
        said = self.stderr.seek(0, 2)
        self.process.stdin.write("\n".join([*arguments, "-echo3", "{status ${status}}", "-execute", ""]).encode())
        self.process.stdin.flush()
        out = b""
        while not (end := self.END.search(out)):
            line = self.process.stdout.readline()
            assert line, "exiftool ended: %r" % arguments
            out += line
        self.stderr.seek(said)
        return Answer(int(end[1]), out[:end.start()], self.stderr.read().decode("utf-8", "replace"))

    def end(self):
        self.process.communicate(b"-stay_open\nFalse\n")


server = None


def exiftool(*arguments):
    global server
    if not server:
        server = Server()
        atexit.register(server.end)
    return server.ask(*map(str, arguments))


def tags(path):
    """What exiftool finds in a file, by group and tag, numbers as they are."""
    return json.loads(exiftool("-j", "-G1", "-a", "-n", "-u", path).stdout)[0]


def structured(path):
    """The same, with lists and structures as such."""
    return json.loads(exiftool("-j", "-G1", "-struct", "-n", "-a", path).stdout)[0]
