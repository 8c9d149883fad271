#!/usr/bin/python3
"""Faces in Python's pool of processes, as guides to it do inference: the model is loaded once in each
process, or once for each batch that a process is given.

python_faces.py once-a-process|once-a-batch WORKERS MODEL SOURCE OUTPUT QUALITY
"""
import concurrent.futures
import os
import sys

import cv2
import numpy
from PIL import Image, ImageOps

SIDE = 128
BATCH = 8

model = None


def load(path):
    cv2.setNumThreads(1)
    return cv2.dnn.readNetFromONNX(path)


def begin(path):
    global model
    model = load(path)


def look(net, source, target, quality):
    """The surest face's score; and the picture, as small as the model sees it."""
    with Image.open(source) as picture:
        picture.thumbnail((SIDE, SIDE), Image.LANCZOS, reducing_gap=2.0)
        picture = ImageOps.pad(ImageOps.exif_transpose(picture).convert("RGB"), (SIDE, SIDE), color="white")
    net.setInput(numpy.asarray(picture, numpy.float32)[None] / 127.5 - 1)
    scores = net.forward(net.getUnconnectedOutLayersNames())[:2]
    picture.save(target, quality=quality, subsampling="4:2:0", optimize=True)
    return max(float(one.max()) for one in scores)


def batch(task):
    path, pictures = task
    net = model or load(path)
    return [look(net, *picture) for picture in pictures]


def main():
    kind, workers, path, source, output, quality = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    names = sorted(os.listdir(source))
    pictures = [(os.path.join(source, name), os.path.join(output, name), int(quality)) for name in names]
    tasks = [(path, pictures[i:i + BATCH]) for i in range(0, len(pictures), BATCH)]
    once = {"initializer": begin, "initargs": (path,)} if kind == "once-a-process" else {}
    with concurrent.futures.ProcessPoolExecutor(max_workers=int(workers), **once) as executor:
        found = sum(map(len, executor.map(batch, tasks)))
    if found != len(names):
        sys.exit("not all were looked at")


if __name__ == "__main__":
    main()
