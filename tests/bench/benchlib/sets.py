"""The pictures: those of Debian's wallpaper packages, fetched once into bench/ (which git ignores)."""
import os
import shutil
import subprocess

from .settings import BENCH, PROGRAM, ROOT

# Copies of each small picture: with 79 photographs, 1,975 files.
COPIES = 25


def made(name):
    """Decorates a function that fills a folder: it runs once, and its folder appears whole."""
    def decorate(fill):
        def folder():
            path, part = BENCH / name, BENCH / (name + ".part")
            if not path.is_dir():
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                fill(part)
                part.rename(path)
            return path
        return folder
    return decorate


def fetched(name, kind):
    subprocess.run([ROOT / "scripts/fetch-photographs", "-t", kind, BENCH / name], check=True)
    return BENCH / name


def photographs():
    return fetched("photographs", "jpg")


def png():
    return fetched("png", "png")


def is_progressive(path):
    """Whether a JPEG's frame header is SOF2."""
    data = path.read_bytes()
    at = 2
    while at + 4 <= len(data):
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return marker == 0xC2
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return False


def link_those(folder, wanted):
    for path in sorted(photographs().iterdir()):
        if is_progressive(path) == wanted:
            os.link(path, folder / path.name)


@made("baseline")
def baseline(folder):
    link_those(folder, False)


@made("progressive")
def progressive(folder):
    link_those(folder, True)


@made("small.once")
def small_once(folder):
    subprocess.run([PROGRAM, "--quiet", "-q", "85", "-o", folder, photographs()], check=True)


@made("small")
def small(folder):
    """Each photograph at 800x600, many times over: what a shop's catalogue looks like."""
    for path in sorted(small_once().glob("*.jpg")):
        for copy in range(COPIES):
            shutil.copyfile(path, folder / f"{path.stem}_{copy:02d}.jpg")


def some_small(count):
    """So many small pictures, of links where there are more than `small` has."""
    @made(f"small-{count}")
    def fill(folder):
        names = sorted(small().iterdir())
        for number in range(count):
            path = names[number % len(names)]
            os.link(path, folder / f"{number:06d}_{path.name}")
    return fill()


@made("million")
def million(folder):
    """A million names, hard links of a few empty files."""
    for number in range(1000):
        below = folder / f"folder-{number:03d}"
        below.mkdir()
        first = below / "product-photo-0000.jpg"
        first.touch()
        for link in range(1, 1000):
            os.link(first, below / f"product-photo-{link:04d}.jpg")
