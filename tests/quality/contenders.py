"""What `make quality` compares: this build and its rivals, each told to make the same of a picture, in its
own way: at most 800x600, not enlarged, upright, sRGB, nothing attached, JPEG as 4:2:0 with optimised Huffman
tables, at the same number for the quality."""

import hashlib
import inspect
import io
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import PIL
from PIL import Image, ImageCms, ImageOps

BOX = (800, 600)
SIZE = "%dx%d" % BOX
# In place of a quality: as PNG.
LOSSLESS = 0
HERE = Path(__file__).resolve().parent
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def output_name(source, quality):
    return source.stem + ".png" if quality == LOSSLESS else source.name


def said(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def xargs(command, paths, count):
    """Two processes at a time, so many files each."""
    subprocess.run(["xargs", "-0", "-r", "-P2", f"-n{count}", *command], input="\0".join(map(str, paths)).encode(),
                   check=True, stderr=subprocess.DEVNULL)


def parted(paths, test):
    """Those that pass the test, and those that don't."""
    passed = [path for path in paths if test(path)]
    return passed, [path for path in paths if path not in passed]


def tagged(path):
    with Image.open(path) as image:
        return "icc_profile" in image.info


def larger_than_hint(path):
    with Image.open(path) as image:
        return image.width > 2 * BOX[0] and image.height > 2 * BOX[1]


class Contender:
    """name; `identity`: of the program and of what it is told, so that a score is kept only as long as it
    holds; run(paths, folder, quality) leaves an output of each source's name in folder."""

    def __init__(self, name, version):
        self.name, self.version = name, version
        told = "\n".join([name, version, SIZE, inspect.getsource(type(self)), inspect.getsource(pillow_resize),
                          (HERE / "sharp.js").read_text()])
        self.identity = hashlib.sha256(told.encode()).hexdigest()


class Batchresize(Contender):
    def __init__(self, program):
        program = Path(program).resolve()
        build = hashlib.sha256(program.read_bytes()).hexdigest()
        version = said(program, "--version")
        super().__init__("batchresize", version)
        self.program = program
        self.identity = hashlib.sha256((self.identity + build).encode()).hexdigest()

    def run(self, paths, folder, quality):
        # Links: for a listed file the tree above it would be made again below the output.
        encoder = ["-f", "png"] if quality == LOSSLESS else ["-q", str(quality), "--jpeg-subsampling", "420"]
        with tempfile.TemporaryDirectory(dir=folder.parent) as listed:
            for path in paths:
                os.link(path, Path(listed) / path.name)
            subprocess.run([self.program, "--quiet", "-s", SIZE, *encoder, "-o", folder, listed], check=True)


class Vipsthumbnail(Contender):
    """Told to export to sRGB it would take a picture without a profile through CIELAB and back, and lose much
    by it: only those with a profile are."""

    def __init__(self):
        super().__init__("vipsthumbnail", said("vipsthumbnail", "--version"))

    def run(self, paths, folder, quality):
        saver = {".jpg": f".jpg[Q={quality},subsample-mode=on,optimize-coding,strip]", ".png": ".png[strip]"}
        for some, export in zip(parted(paths, tagged), (["--export-profile", "srgb"], [])):
            for extension, output in saver.items():
                xargs(["vipsthumbnail", "--size", SIZE + ">", *export, "-o", f"{folder}/%s{output}"],
                      [path for path in some if path.suffix == extension], 8)


class Sharp(Contender):
    def __init__(self, modules):
        package = json.loads((modules / "node_modules/sharp/package.json").read_text())
        super().__init__("sharp", "sharp " + package["version"])
        self.modules = modules

    def run(self, paths, folder, quality):
        pairs = [(str(path), str(folder / path.name)) for path in paths]
        subprocess.run(["node", HERE / "sharp.js", self.modules, str(quality)],
                       input=json.dumps(pairs).encode(), check=True)


class Mogrify(Contender):
    """With the hint, libjpeg shrinks while it decodes, to no less than twice the box. A smaller picture it
    would enlarge: those go without."""

    def __init__(self, hint):
        super().__init__("mogrify -thumbnail, jpeg:size" if hint else "mogrify -resize",
                         said("mogrify", "-version"))
        self.hint = hint

    def run(self, paths, folder, quality):
        hint = ["-define", f"jpeg:size={2 * BOX[0]}x{2 * BOX[1]}"]
        with tempfile.NamedTemporaryFile(suffix=".icc") as srgb:
            srgb.write(SRGB.tobytes())
            srgb.flush()
            for some, define in zip(parted(paths, larger_than_hint), (hint if self.hint else [], [])):
                xargs(["mogrify", "-path", folder, *define, "-auto-orient",
                       "-thumbnail" if self.hint else "-resize", SIZE + ">", "-profile", srgb.name, "-strip",
                       "-sampling-factor", "4:2:0", "-quality", str(quality)], some, 4)


def pillow_resize(job):
    """One picture by Pillow: of the pool, hence at the module's top."""
    source, output, quality, draft = job
    with Image.open(source) as image:
        sideways = image.getexif().get(0x0112, 1) >= 5
        box = BOX[::-1] if sideways else BOX
        profile = image.info.get("icc_profile")
        if draft:
            image.thumbnail(box, Image.LANCZOS)
        else:
            factor = min(1, box[0] / image.width, box[1] / image.height)
            image = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))),
                                 Image.LANCZOS)
        if profile:
            image = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB,
                                              outputMode="RGB")
        image = ImageOps.exif_transpose(image)
        image.info.clear()
        if output.endswith(".jpg"):
            image.save(output, quality=quality, subsampling=2, optimize=True)
        else:
            image.save(output)


class Pillow(Contender):
    def __init__(self, draft, pool):
        super().__init__("Pillow thumbnail" if draft else "Pillow resize",
                         f"Pillow {PIL.__version__}")
        self.draft, self.pool = draft, pool

    def run(self, paths, folder, quality):
        list(self.pool.map(pillow_resize, [(str(path), str(folder / path.name), quality, self.draft)
                                           for path in paths]))


def sharp(modules):
    """sharp of npm's registry in `modules`, or None where there is no npm or no network."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    if not (modules / "node_modules/sharp").is_dir():
        modules.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", "sharp"],
                          cwd=modules, check=False).returncode:
            return None
    return Sharp(modules)


def rivals(modules, pool):
    """Those that this machine has, and the names of those it has not."""
    found, missing = [], []
    for name, make in (("vipsthumbnail", Vipsthumbnail), ("sharp", lambda: sharp(modules)),
                       ("mogrify", lambda: Mogrify(True)), ("mogrify", lambda: Mogrify(False))):
        contender = make() if name == "sharp" or shutil.which(name) else None
        if contender:
            found.append(contender)
        else:
            missing.append(name)
    return found + [Pillow(True, pool), Pillow(False, pool)], missing
