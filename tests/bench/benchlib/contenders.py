"""Everybody who takes part. A contender runs a job with WORKERS workers and raises where it can't."""
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .settings import BENCH, HERE, MODES, PROGRAM, QUALITY, WORKERS

EXTENSION = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


@dataclass(frozen=True)
class Job:
    """Pictures of `source`, each to every box of `sizes` ("800x600"), as `form`."""
    source: Path
    sizes: tuple
    form: str = "jpeg"

    @property
    def size(self):
        return self.sizes[0]

    def outputs(self, name):
        """The names that an input's outputs have, whoever made them, by box."""
        stem, extension = os.path.splitext(name)[0], EXTENSION[self.form]
        if len(self.sizes) == 1:
            return {self.size: stem + extension}
        return {size: f"{stem}-{size.split('x')[0]}{extension}" for size in self.sizes}


@dataclass(frozen=True)
class Contender:
    name: str
    command: object        # of (job, output), gives the arguments of a program
    names: object = None   # of (job), gives bytes for its standard input
    makes: object = None   # whether it takes the job
    ours: bool = False
    environment: tuple = ()

    def takes(self, job):
        return self.makes is None or self.makes(job)

    def start(self, job, output, **more):
        """Starts the run; the caller waits for it."""
        environment = {**os.environ, **dict(self.environment), **more.pop("environment", {})}
        process = subprocess.Popen(self.command(job, output), cwd=job.source, env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, **more)
        try:
            process.stdin.write(self.names(job) if self.names else b"")
            process.stdin.close()
        except BrokenPipeError:
            pass
        return process


def sizes_of(job):
    """Several sizes by their widths: the boxes are open below."""
    return job.size if len(job.sizes) == 1 else ",".join(s.split("x")[0] for s in job.sizes)


def ours(mode, workers=WORKERS, more=()):
    return Contender(
        f"batchresize {mode}", ours=True, command=lambda job, output: [
            PROGRAM, "--mode", mode, "-j", str(workers), "-s", sizes_of(job), "-q", str(QUALITY),
            "-f", job.form, "--quiet", "-o", output, *more, job.source])


def file_names(job):
    return "\0".join(sorted(os.listdir(job.source))).encode()


def share(job):
    """As many files a process as keep all processors busy to the end, 100 at most."""
    return str(max(1, min(100, len(os.listdir(job.source)) // (WORKERS * 8))))


def xargs(job, *command):
    return ["xargs", "-0", f"-P{WORKERS}", f"-n{share(job)}", *command]


def vipsthumbnail(job, output):
    quality = "" if job.form == "png" else f"[Q={QUALITY}]"
    if len(job.sizes) == 1:
        # ">": never enlarged, as ours
        return xargs(job, "vipsthumbnail", "--size", job.size + ">", "-o",
                     f"{output}/%s{EXTENSION[job.form]}{quality}")
    runs = " && ".join(
        f'vipsthumbnail --size "{size}>" -o "{output}/%s-{size.split("x")[0]}'
        f'{EXTENSION[job.form]}{quality}" "$@"' for size in job.sizes)
    return xargs(job, "sh", "-c", runs, "sh")


def one_size(job):
    return len(job.sizes) == 1


def sharp_root():
    """The folder that `npm i sharp` was run in, or None."""
    root = Path(os.environ.get("SHARP_ROOT", BENCH / "rivals"))
    return root if (root / "node_modules/sharp").is_dir() else None


def magick(program):
    """ImageMagick and GraphicsMagick, with the hint that lets the JPEG decoder shrink."""
    def command(job, output):
        width, height = job.size.split("x")
        twice = f"{2 * int(width)}x{2 * int(height)}"
        place, hint = ((["-path"], ["-define", "jpeg:size=" + twice]) if program == ["mogrify"] else
                       (["-output-directory"], ["-size", twice]))
        # PNG's "quality" is its compression
        quality = ([] if job.form == "png" else
                   ["-quality", str(QUALITY), "-sampling-factor", "2x2,1x1,1x1"])
        return xargs(job, *program, "-format", EXTENSION[job.form][1:], *place, str(output), *hint,
                     "-thumbnail", job.size + ">", *quality)
    return command


def rivals():
    found = []
    if shutil.which("vipsthumbnail"):
        found.append(Contender(f"xargs -P{WORKERS} vipsthumbnail", vipsthumbnail, file_names,
                               environment=(("VIPS_CONCURRENCY", "1"),)))
    if shutil.which("node") and sharp_root():
        found.append(Contender("sharp", lambda job, output: [
            "node", HERE / "sharp.mjs", str(WORKERS), job.source, output, job.form, str(QUALITY),
            ",".join(job.sizes)], environment=(("SHARP_ROOT", str(sharp_root())),)))
    if shutil.which("mogrify"):
        found.append(Contender(f"xargs -P{WORKERS} mogrify", magick(["mogrify"]), file_names,
                               makes=one_size, environment=(("MAGICK_THREAD_LIMIT", "1"),)))
    if shutil.which("gm"):
        found.append(Contender(f"xargs -P{WORKERS} gm mogrify", magick(["gm", "mogrify"]),
                               file_names, makes=one_size, environment=(("OMP_NUM_THREADS", "1"),)))
    for kind in ("threads", "processes"):
        found.append(Contender(f"Pillow, {kind}", lambda job, output, kind=kind: [
            "/usr/bin/python3", HERE / "pillow_batch.py", kind, str(WORKERS), job.source, output,
            job.form, str(QUALITY), job.size], makes=one_size))
    return found


def everybody():
    return [ours(mode) for mode in MODES] + rivals()
