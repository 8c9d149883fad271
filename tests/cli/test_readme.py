"""README and option table say the same: the list below must not be kept by hand in two places."""

import re

from conftest import TOP
from test_report import FIELDS


def options_of_help(text):
    """Option -> (letter, takes an argument), from lines like `  -m, --mode=MODE  who does the work`."""
    found = {}
    for letter, name, argument in re.findall(r"^ +(?:-(\w), |    )--([a-z-]+)(=\S+)?", text, re.MULTILINE):
        found[name] = (letter, bool(argument))
    return found


def options_of_readme(text):
    section = text.split("\n## Options\n")[1].split("\n## ")[0]
    found = {}
    for cell in re.findall(r"^\| (`-.*?) \|", section, re.MULTILINE):
        for letter, name, argument in re.findall(r"`(?:-(\w), )?--([a-z-]+)( [A-Z]+)?`", cell):
            found[name] = (letter, bool(argument))
    return found


def test_readme_lists_exactly_the_options_there_are(directory):
    done = directory.run("--help", report=False)
    assert done.status == 0
    table = options_of_help(done.out.decode())
    assert len(table) > 20
    assert options_of_readme((TOP / "README.md").read_text()) == table


def test_readme_names_every_word_of_every_option(directory):
    """What --help lists for an option, in the order of `a, b or c`, stands in README's row as well."""
    text = directory.run("--help", report=False).out.decode()
    readme = (TOP / "README.md").read_text().split("\n## Options\n")[1]
    for name in ("mode", "fail-on", "fit", "gravity", "filter", "format", "existing", "preserve"):
        flat = re.sub(r"\s+", " ", re.search(r"--%s=.*?(?=\n +-|\n\n)" % name, text, re.DOTALL).group())
        words = re.findall(r"[a-z0-9]+", flat.split(":")[1].split("[")[0].replace(" or ", ", "))
        assert len(words) > 1
        row = re.search(r"^\| `.*--%s .*$" % name, readme, re.MULTILINE).group()
        missing = [word for word in words if "`%s`" % word not in row]
        assert not missing, (name, missing)


def test_readme_lists_the_exit_statuses():
    section = (TOP / "README.md").read_text().split("\n## Exit status\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| (\d\S*) \|", section, re.MULTILINE) == ["0", "1", "2", "3", "128+N"]


def test_readme_lists_the_report_fields():
    section = (TOP / "README.md").read_text().split("\n## The report\n")[1].split("\n## ")[0]
    listed = re.findall(r"`([a-z_]+)`", re.sub(r"\(.*?\)", "", section, flags=re.DOTALL))
    assert [name for name in listed if name in FIELDS] == FIELDS
