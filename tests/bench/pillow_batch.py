#!/usr/bin/python3
"""Pillow with the pools of concurrent.futures.

pillow_batch.py threads|processes WORKERS SOURCE OUTPUT FORMAT QUALITY WIDTHxHEIGHT
"""
import concurrent.futures
import os
import sys

from PIL import Image, ImageOps

EXTENSION = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


def resize(task):
    source, target, form, quality, box = task
    with Image.open(source) as picture:
        # thumbnail() asks the JPEG decoder to shrink, leaving a factor of two
        picture.thumbnail(box, Image.LANCZOS, reducing_gap=2.0)
        picture = ImageOps.exif_transpose(picture)
        options = {"jpeg": {"quality": quality, "subsampling": "4:2:0", "optimize": True},
                   "webp": {"quality": quality}, "png": {}}[form]
        if form == "jpeg" and picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGB")
        picture.save(target, form, **options)


def main():
    kind, workers, source, output, form, quality, size = sys.argv[1:]
    box = tuple(map(int, size.split("x")))
    os.makedirs(output, exist_ok=True)
    tasks = [(os.path.join(source, name),
              os.path.join(output, os.path.splitext(name)[0] + EXTENSION[form]), form, int(quality), box)
             for name in sorted(os.listdir(source))]
    pool = {"threads": concurrent.futures.ThreadPoolExecutor,
            "processes": concurrent.futures.ProcessPoolExecutor}[kind]
    with pool(max_workers=int(workers)) as executor:
        for _ in executor.map(resize, tasks):
            pass


if __name__ == "__main__":
    main()
