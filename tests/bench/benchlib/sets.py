"""The pictures: those of Debian's wallpaper packages, fetched once into bench/ (which git ignores)."""
import os
import shutil
import sqlite3
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


@made("small.fifth")
def small_fifth(folder):
    """Of what takes long."""
    for path in sorted(small().iterdir())[::5]:
        os.link(path, folder / path.name)


def many(name, count, pictures):
    """So many pictures, of links where there are more than those of the folder that `pictures` gives."""
    @made(f"{name}-{count}")
    def fill(folder):
        names = sorted(pictures().iterdir())
        for number in range(count):
            path = names[number % len(names)]
            os.link(path, folder / f"{number:06d}_{path.name}")
    return fill()


def some_small(count):
    return many("small", count, small)


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


def first_small(count):
    """So many of the small pictures, of different photographs."""
    @made(f"first-{count}")
    def fill(folder):
        for path in sorted(small_once().glob("*.jpg"))[:count]:
            os.link(path, folder / path.name)
    return fill()


@made("formats")
def formats(folder):
    """Some photographs as JPEG, PNG, WebP and AVIF, of middling sizes."""
    sources = sorted(photographs().iterdir())[:24]
    for form, size in (("jpeg", "1600x1200"), ("png", "1000x800"), ("webp", "1200x900"), ("avif", "800x600")):
        below = folder / form
        subprocess.run([PROGRAM, "--quiet", "--flat", "-f", form, "-s", size, "-o", below, *sources], check=True)
        for path in [path for path in below.iterdir() if path.is_file()]:
            path.rename(folder / f"{form}-{path.name}")
        shutil.rmtree(below)


# --- nights ---------------------------------------------------------------------------------------


def tiny():
    """The bytes of a picture of 96x72: little work."""
    return subprocess.run([PROGRAM, "--quiet", "-s", "96x72", "-"], capture_output=True, check=True,
                          input=(ROOT / "testdata/photos/flower.jpg").read_bytes()).stdout


def resize(sources, out, *more):
    subprocess.run([PROGRAM, "--quiet", "--settle=0", *more, "-o", out, sources], check=True)


@made("nightly")
def nightly_folder(folder):
    data = tiny()
    for number in range(NIGHTLY_FOLDERS):
        below = folder / f"sources/folder-{number:02d}"
        below.mkdir(parents=True)
        for picture in range(1000):
            (below / f"product-photo-{picture:04d}.jpg").write_bytes(data)
    resize(folder / "sources", folder / "out", "-s", "32,48,64")


def nightly():
    """100,000 tiny pictures, and the folder for their outputs."""
    folder = nightly_folder()
    return folder / "sources", folder / "out"


# Folders of a thousand pictures each.
NIGHTLY_FOLDERS = 100
KNOWN_FOLDERS = 1000
# So many of them share an inode, which has at most 65,000 names on ext4.
GROUP = 50


def link_folder(first, folder):
    folder.mkdir(parents=True)
    for path in first.iterdir():
        os.link(path, folder / path.name)


def copy_rows(base, first, folders, absolute):
    """What is remembered of the pictures of one folder, for others that are like it."""
    columns = [row[1] for row in base.execute("PRAGMA table_info(picture)")]
    (one,) = base.execute("SELECT id FROM directory WHERE path = ?", (first.encode(),)).fetchone()
    values = ", ".join({"directory": "?1", "source": "?2"}.get(column, column) for column in columns)
    for name in folders:
        ids = [base.execute("INSERT INTO directory(path) VALUES(?)", (path,)).lastrowid
               for path in (name.encode(), os.fsencode(absolute / name))]
        base.execute(f"INSERT INTO picture SELECT {values} FROM picture WHERE directory = ?3", (*ids, one))


@made("known-million")
def known_million_folder(folder):
    """A picture in fifty folders has fifty names for each of a thousand pictures, and what is made of it as well:
    what a run remembers of the first folder is true of all."""
    sources, out = folder / "sources", folder / "out"
    firsts = []
    for number in range(KNOWN_FOLDERS):
        name = f"folder-{number:03d}"
        if number % GROUP == 0:
            firsts.append(name)
            (sources / name).mkdir(parents=True)
            (sources / name / "product-photo-0000.jpg").write_bytes(tiny())
            for picture in range(1, 1000):
                os.link(sources / name / "product-photo-0000.jpg", sources / name / f"product-photo-{picture:04d}.jpg")
        else:
            link_folder(sources / firsts[-1], sources / name)
    resize(sources, out, "-s", "32", *(f"--include={name}/**" for name in firsts))
    base = sqlite3.connect(out / ".batchresize/state.db")
    for number, first in enumerate(firsts):
        others = [f"folder-{number * GROUP + other:03d}" for other in range(1, GROUP)]
        for name in others:
            link_folder(out / first, out / name)
        copy_rows(base, first, others, BENCH / "known-million/sources")
    # the folder gets another name when it is done
    base.execute("UPDATE directory SET path = CAST(replace(CAST(path AS TEXT), 'known-million.part/', 'known-million/')"
                 " AS BLOB)")
    base.commit()
    base.close()


def known_million():
    """A million names of pictures, and of what was made of them, all of it remembered."""
    folder = known_million_folder()
    noted = folder / "noted"
    if not noted.exists():  # each name more has changed the status of the file, which is noted once
        resize(folder / "sources", folder / "out", "-s", "32")
        noted.touch()
    return folder / "sources", folder / "out"


@made("mixed")
def mixed(folder):
    """Photographs as JPEG and PNG, each under many names: more than can be done in a few seconds."""
    for path in [*sorted(photographs().iterdir()), *sorted(png().iterdir())]:
        for copy in range(20):
            os.link(path, folder / f"{copy:02d}_{path.suffix[1:]}_{path.name}")


@made("masters")
def masters(folder):
    """Four square parts of each photograph, of 2,000 pixels: what a shop keeps of a product."""
    for part in ("north", "south", "east", "west"):
        subprocess.run([PROGRAM, "--quiet", "-q", "90", "-s", "2000x2000", "--enlarge", "--fit", "cover", "--gravity",
                        part, "--name", f"{{stem}}-{part}.{{ext}}", "-o", folder, photographs()], check=True)
    shutil.rmtree(folder / ".batchresize")


def products(count):
    """So many names of a few hundred pictures."""
    return many("products", count, masters)
