"""The units for systemd and the line for cron: what they say of this program is true, and they are locked down."""

import re
import shlex
import shutil
import subprocess

import pytest

from conftest import PROGRAM, TOP, environment

UNITS = TOP / "scripts/systemd"
SERVICES = ["batchresize@.service", "batchresize-watch@.service"]


def settings(name):
    """Lines of the service's own section."""
    text = re.sub(r"^#.*\n", "", (UNITS / name).read_text(), flags=re.M)
    return text.partition("[Service]\n")[2].partition("\n[Install]")[0].split("\n")


def test_services_are_locked_down_alike():
    """One file can't include another: that they are the same is seen to here."""
    one, other = ([line for line in settings(name) if line and not line.startswith(
        ("ExecStart=", "Type=", "Environment=OUTPUT=", "Restart", "Watchdog", "IOSchedulingClass=", "Nice="))] for name in SERVICES)
    assert one == other and "MemoryDenyWriteExecute=yes" in one


@pytest.mark.parametrize("name", SERVICES)
def test_exposure(directory, name):
    """At most 2.0 of 10, as systemd counts."""
    analyze = shutil.which("systemd-analyze")
    instance = directory / name.replace("@", "@srv-photos")
    instance.write_text((UNITS / name).read_text().replace("%f", "/srv/photos"))
    done = analyze and subprocess.run([analyze, "security", "--offline=true", "--threshold=20", "--no-pager", instance],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if not done or "Overall exposure" not in done.stdout:
        pytest.skip("needs systemd-analyze security --offline, of systemd 250")
    assert done.returncode == 0, done.stdout


def test_the_run_of_the_service(directory):
    directory.copy("photos/city.jpg", "photos/a.jpg")
    command = next(line for line in settings("batchresize@.service") if line.startswith("ExecStart=")).partition("=")[2]
    command = command.replace("${OUTPUT}", "out").replace("$OPTIONS", "-s 100").replace("%f", "photos")
    done = subprocess.run([PROGRAM, *shlex.split(command)[1:]], cwd=directory.path, env=environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0 and done.stdout == b"" and directory.names("out")[-1] == "a.jpg", done


def test_the_line_for_cron(directory):
    """In cron's environment, which is next to none, and without a terminal."""
    directory.copy("photos/city.jpg", "photos/a.jpg")
    line = (TOP / "scripts/batchresize.cron").read_text().splitlines()[-1]
    command = " ".join(line.split()[5:]).replace("/srv/photos", "photos").replace("/srv/web", "out")
    command = command.replace("batchresize ", shlex.quote(PROGRAM) + " ", 1)
    done = subprocess.run(["/bin/sh", "-c", command], cwd=directory.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          env={"HOME": str(directory.path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "root"})
    assert done.returncode == 0 and done.stdout == b"", done
    assert (directory / "out/a.jpg").exists() and (directory / "resize.ndjson").exists()


def test_package_has_the_version():
    version = re.search(r'BR_VERSION +"(.*)"', (TOP / "include/batchresize/version.h").read_text()).group(1)
    assert (TOP / "scripts/debian/changelog").read_text().startswith("batchresize (%s) " % version)


def test_package_is_built_with_what_the_build_needs():
    """One list for scripts/install-deps, one for dpkg-buildpackage."""
    arrays = dict(re.findall(r"^(\w+)=\(([^)]*)\)", (TOP / "scripts/install-deps").read_text(), flags=re.M))
    needed = {name for word in ("without_vips", "build") for name in arrays[word].split() if not name.startswith('"')}
    control = (TOP / "scripts/debian/control").read_text().partition("Build-Depends: ")[2].partition("\nStandards")[0]
    assert needed - {"gcc", "libc6-dev", "make"} == set(re.findall(r"[\w.-]+", re.sub(r"\(.*?\)", "", control))) - {"debhelper-compat"}
