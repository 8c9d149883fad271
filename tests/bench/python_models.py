#!/usr/bin/python3
"""Inference in Python's pool of processes, as guides to it have it: each process is given batches of
pictures, which OpenCV reads, makes small, shows to the model and writes. The model is loaded once in
each process, or by the task itself, once for each batch.

python_models.py once-a-process|once-a-batch faces|moderate WORKERS MODEL SOURCE OUTPUT QUALITY
"""
import concurrent.futures
import os
import sys

import cv2
import numpy

BATCH = 8


def faces(net, pictures):
    """The surest face's score. That model takes one picture at a time."""
    found = []
    for picture in pictures:
        net.setInput(picture[None, :, :, ::-1].astype(numpy.float32) / 127.5 - 1)
        found.append(max(float(one.max()) for one in net.forward(net.getUnconnectedOutLayersNames())[:2]))
    return found


def moderate(net, pictures):
    """How likely each kind is."""
    net.setInput(cv2.dnn.blobFromImages(pictures, 1 / 255, swapRB=True))
    return net.forward().tolist()


# Each with the side of the pictures that it sees.
MODELS = {"faces": (faces, 128), "moderate": (moderate, 224)}

model = None


def load(path):
    cv2.setNumThreads(1)
    return cv2.dnn.readNetFromONNX(path)


def begin(path):
    global model
    model = load(path)


def fitted(source, side):
    """As small as the model sees it, white around it."""
    picture = cv2.imread(source)
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    above, left = (side - size[1]) // 2, (side - size[0]) // 2
    return cv2.copyMakeBorder(picture, above, side - size[1] - above, left, side - size[0] - left,
                              cv2.BORDER_CONSTANT, value=(255, 255, 255))


def batch(task):
    path, name, files, quality = task
    net = model or load(path)
    infer, side = MODELS[name]
    pictures = [fitted(source, side) for source, _ in files]
    for (_, target), picture in zip(files, pictures):
        cv2.imwrite(target, picture, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    return infer(net, pictures)


def main():
    kind, name, workers, path, source, output, quality = sys.argv[1:]
    os.makedirs(output, exist_ok=True)
    names = sorted(os.listdir(source))
    files = [(os.path.join(source, one), os.path.join(output, one)) for one in names]
    tasks = [(path, name, files[i:i + BATCH], int(quality)) for i in range(0, len(files), BATCH)]
    once = {"initializer": begin, "initargs": (path,)} if kind == "once-a-process" else {}
    with concurrent.futures.ProcessPoolExecutor(max_workers=int(workers), **once) as executor:
        found = sum(map(len, executor.map(batch, tasks)))
    if found != len(names):
        sys.exit("not all were looked at")


if __name__ == "__main__":
    main()
