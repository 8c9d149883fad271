"""README is true: its commands run, its links lead somewhere, what it names exists."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

from conftest import DEADLINE, PROGRAM, TESTDATA, TOP, environment, needs_libvips
from test_help import help_rows

README = (TOP / "README.md").read_text()
SECURITY = (TOP / "SECURITY.md").read_text()
PAGES = ["README.md", "SECURITY.md", "tests/bench/README.md", "tests/quality/README.md"]
# Programs of a reader's own, which a recipe hands something to or gets something from.
STUBS = {"upload": 'for path; do [ -s "$path" ] || exit 1; echo "$path" >>uploaded; done',
         "curl": "cat picture.jpg"}


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, README, re.M | re.S)


def section(title):
    return README.split("\n## %s\n" % title)[1].split("\n## ")[0]


@pytest.fixture
def folder(tmp_path):
    """A reader's folder, and the program where a shell finds it."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "batchresize").symlink_to(PROGRAM)
    for name, script in STUBS.items():
        (tools / name).write_text("#!/bin/sh\n%s\n" % script)
        (tools / name).chmod(0o755)
    for name in ("photos", "iphone"):
        shutil.copytree(TESTDATA / "photos", tmp_path / name)
    shutil.copy(TESTDATA / "photos/city.jpg", tmp_path / "picture.jpg")
    (tmp_path / "urls.txt").write_text("picture.jpg\n")  # no server is asked here: test_urls.py does
    examples = pathlib.Path(PROGRAM).resolve().parent / "examples"
    if (examples / "watermark.so").exists():
        (tmp_path / "build").mkdir()
        (tmp_path / "build/examples").symlink_to(examples)
    return tmp_path


def shell(folder, script, **more):
    path = "%s:%s" % (folder / "tools", os.environ["PATH"])
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment(PATH=path, url="", **more),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=DEADLINE)


@needs_libvips
def test_recipes_run(folder):
    if not shutil.which("jq"):
        pytest.skip("needs jq")
    recipes = section("Recipes").split("```sh\n")[1].split("\n```")[0].split("\n\n")
    assert len(recipes) >= 5
    for recipe in recipes:
        if "--watch" in recipe:  # which comes to no end
            recipe += " 2>said &\nuntil grep -q watching said; do sleep 0.01; done; kill $!; wait $! || [ $? -eq 143 ]"
        if "--plugin" in recipe and not (folder / "build").exists():
            continue  # of a build without the examples
        done = shell(folder, recipe)
        if "--queue" in recipe:  # test_queue.py has a server
            assert done.returncode == 3 and "Redis" in done.stderr, done.stderr
        else:
            assert done.returncode == 0, (recipe, done.stderr)
    assert len((folder / "uploaded").read_text().split()) == 4  # the JPEGs
    assert (folder / "small.jpg").stat().st_size > 1000
    assert (folder / "web/srcset.json").stat().st_size > 1000


@needs_libvips
def test_nightly_job_is_silent(folder):
    """Cron mails whatever is printed."""
    command = re.search(r"^15 2 \* \* \*  (.*)$", README, re.M).group(1)
    for name in ("/var/log", "/srv"):
        assert name in command
    command = command.replace("/var/log", str(folder)).replace("/srv", str(folder))
    for _ in range(2):
        done = shell(folder, command)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list((folder / "web").glob("[!.]*"))) == 6


@needs_libvips
def test_slurm_job_runs(folder):
    script = next(block for block in blocks("sh") if "#SBATCH" in block)
    done = shell(folder, script, SCRATCH=str(folder))
    assert done.returncode == 0, done.stderr
    assert len(list((folder / "web").glob("[!.]*"))) == 6


@needs_libvips
def test_answers_run(folder):
    commands = re.findall(r"`(batchresize .*?)`", section("Questions"), re.S)
    assert len(commands) >= 2
    for command in commands:
        done = shell(folder, command)
        assert done.returncode == 0, (command, done.stderr)


def test_every_option_named_exists():
    known = {"--" + name for _, name, _ in help_rows()}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README + SECURITY))
    others = {"--cpus-per-task", "--time", "--signal"}  # of sbatch
    assert len(named & known) > 10
    assert named - known == others


def test_every_goal_named_exists():
    goals = set(re.findall(r"^([a-z-]+):.*##", (TOP / "Makefile").read_text(), re.M))
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)", " ".join(re.findall(r"`make [^`]*`|^(?:sudo )?make .*", README, re.M))))
    assert {"demo", "test", "install", "uninstall", "man", "bench"} <= named
    assert named <= goals


def test_every_fault_has_its_test():
    """What SECURITY.md says is proved by a test is: a test of that name is where it says."""
    rows = re.findall(r"^\| .* \| .* \| (.*test_.*) \|$", SECURITY, re.M)
    assert len(rows) > 20
    for row in rows:
        assert re.fullmatch(r"`test_\w+\.(c|py)::test_\w+`(, `test_\w+\.(c|py)::test_\w+`)*", row), row
        for file, name in re.findall(r"`([\w.]+)::(\w+)`", row):
            found = [path.read_text() for path in (TOP / "tests").glob("*/" + file)]
            definition = r"^static void %s\(" if file.endswith(".c") else r"^def %s\("
            assert found and re.search(definition % name, found[0], re.M), "SECURITY.md: no test %s in %s" % (name, file)


def test_every_test_of_the_fault_suite_is_told_of():
    """The suite's table has a row of each of its tests: FAULT_TABLE=SECURITY.md make fault writes it."""
    for file in sorted((TOP / "tests/fault").glob("test_*.py")):
        for test in re.split(r"^(?=def |@)", file.read_text(), flags=re.M):
            name = re.match(r"def (test_\w+)\(.*\btell\b", test)
            assert not name or "`%s::%s`" % (file.name, name[1]) in SECURITY, (file.name, name[1])


def test_the_filter_is_as_it_is_told():
    """SECURITY.md names each system call that src/sandbox/calls.c does, and no other."""
    source = (TOP / "src/sandbox/calls.c").read_text()
    arrays = re.findall(r"^static const char \*const \w+\[\] = \{(.*?)\};", source, re.M | re.S)
    named = {name for array in arrays for name in re.findall(r'"(\w+)"', array)}
    named |= set(re.findall(r'\badd(?:_if)?\(making, (?:SCMP_ACT_ALLOW, )?"(\w+)"', source))
    told = SECURITY.split("\n## The sandbox\n")[1].split("\n## ")[0].split("\nThe filter allows")[1]
    assert len(named) > 50
    assert set(re.findall(r"`(\w+)`", told)) == named


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (TOP / page).read_text()
    links = re.findall(r"\]\(([^)]+)\)", text)
    headings = {re.sub(r"[^a-z -]", "", line.lower()).strip().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.M)}
    for link in links:
        if link.startswith("#"):
            assert link[1:] in headings
        else:
            assert ((TOP / page).parent / link).is_file(), link


def test_modes_and_exit_statuses_are_all_told():
    text = subprocess.run([PROGRAM, "--help"], stdout=subprocess.PIPE, text=True, env=environment(), check=True).stdout
    told = re.findall(r"^\| `([a-z]+)`", section("Modes"), re.M)
    assert sorted(told) == ["auto", "hybrid", "process", "serial", "thread"]
    statuses = re.findall(r"^  (\d\S*) ", text.split("Exit status:\n")[1], re.M)
    assert re.findall(r"(?:^|[ .])(\d|128\+N): ", section("Questions"), re.M) == statuses
    assert re.findall(r"SIG[A-Z]+\d?", section("Questions")) == ["SIGUSR1", "SIGHUP"]


def test_prerequisites_are_what_a_minimal_system_lacks():
    """What the two commands call before install-deps can have brought anything."""
    first = blocks("sh")[0].splitlines()
    assert shlex.split(first[0])[-2:] == ["git", "make"]
    assert [line.split("#")[0].strip() for line in first[2:]] == ["make demo", "make test"]
