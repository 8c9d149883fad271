"""Pictures drawn by arithmetic: scenes that compress and filter like photographs, and charts."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def grid(width, height):
    """Coordinates of the pixels, x and y from 0 to 1."""
    return np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))


def clouds(width, height, seed, slope=1.8):
    """Noise with the spectrum of natural scenes, 1 / f^slope, from 0 to 1."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(rng.standard_normal((height, width)))
    fy = np.fft.fftfreq(height)[:, None] * height
    fx = np.fft.rfftfreq(width)[None, :] * width
    spectrum /= np.maximum(np.hypot(fx, fy), 1) ** slope
    field = np.fft.irfft2(spectrum, (height, width))
    return (field - field.min()) / (field.max() - field.min())


def mix(a, b, weight):
    return a * (1 - weight[..., None]) + np.asarray(b, float) * weight[..., None]


def develop(scene, seed, grain=2.0):
    """Linear 0..255 to a picture with a sensor's grain."""
    noise = np.random.default_rng(seed).standard_normal(scene.shape) * grain
    return Image.fromarray(np.clip(scene + noise, 0, 255).astype(np.uint8))


def mountains(width, height, seed=1):
    x, y = grid(width, height)
    scene = mix(np.full((height, width, 3), (70.0, 120, 200)), (250, 215, 170), y)
    scene = mix(scene, (250, 250, 255), np.clip(clouds(width, height, seed) * 2.4 - 1.2, 0, 1) * (1 - y))
    scene = mix(scene, (255, 245, 200), np.clip(1.2 - np.hypot((x - 0.72) * width, (y - 0.3) * height) / 60, 0, 1))
    for layer, colour in enumerate(((120, 140, 175), (80, 100, 120), (40, 62, 50))):
        ridge = 0.45 + 0.16 * layer - 0.25 * (clouds(width, 8, seed + 10 + layer, 1.3)[0] - 0.3)
        rock = np.array(colour) * (0.7 + 0.6 * clouds(width, height, seed + 20 + layer, 1.2)[..., None])
        scene = np.where((y > ridge)[..., None], rock, scene)
    return develop(scene, seed)


def sea(width, height, seed=2):
    x, y = grid(width, height)
    waves = np.sin(400 * np.sqrt(np.maximum(y - 0.38, 0)) + 6 * clouds(width, height, seed)) * (y > 0.4)
    scene = np.where((y < 0.4)[..., None], mix(np.full((height, width, 3), (245.0, 150, 90)), (255, 220, 150), y * 2.5),
                     mix(np.full((height, width, 3), (30.0, 80, 110)), (20, 40, 70), y))
    glitter = np.exp(-((x - 0.5) / 0.12) ** 2) * np.clip(waves, 0, 1)
    return develop(mix(scene + waves[..., None] * 14, (255, 225, 160), glitter * 0.8), seed, 1.5)


def flower(width, height, seed=3):
    x, y = grid(width, height)
    leaves = clouds(width, height, seed, 1.5)
    scene = np.stack([30 + 60 * leaves, 80 + 110 * leaves, 25 + 40 * leaves], -1)
    dx, dy = (x - 0.5) * width / height, y - 0.42
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    petals = radius < 0.3 * (0.62 + 0.38 * np.abs(np.cos(4 * angle)))
    shade = 0.6 + radius + 0.15 * np.sin(60 * angle)
    scene = np.where(petals[..., None], np.stack([235 * shade, 70 * shade, 120 * shade], -1), scene)
    heart = radius < 0.07 * (1 + 0.1 * np.sin(40 * angle))
    scene = np.where(heart[..., None], np.array([245.0, 200, 40]) * (0.7 + 0.5 * clouds(width, height, seed + 1, 0.8)[..., None]),
                     scene)
    return develop(scene, seed)


def city(width, height, seed=4):
    rng = np.random.default_rng(seed)
    x, y = grid(width, height)
    scene = mix(np.full((height, width, 3), (8.0, 10, 30)), (60, 40, 70), y)
    left = 0
    while left < width:
        right = left + int(rng.integers(width // 24, width // 10))
        top = int(height * rng.uniform(0.25, 0.7))
        scene[top:, left:right] = rng.uniform(12, 34, 3)
        for row in range(top + 8, height - 8, 14):
            for column in range(left + 6, min(right, width) - 8, 12):
                if rng.random() < 0.45:
                    scene[row:row + 7, column:column + 6] = np.array((255, 214, 140)) * rng.uniform(0.5, 1)
        left = right + int(rng.integers(0, 6))
    return develop(scene, seed, 3)


def chart(width, height):
    """Fine detail: a zone plate, bars of growing frequency, ramps and flat colours."""
    x, y = grid(width, height)
    zone = 127.5 + 127.5 * np.cos(((x - 0.5) ** 2 + (y - 0.5) ** 2) * width * 1.1)
    scene = np.repeat(zone[..., None], 3, axis=2)
    band = height // 8
    scene[:band] = (127.5 + 127.5 * np.sign(np.sin((x[:band] ** 2) * width * 0.8)))[..., None]
    colours = np.array([(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0),
                        (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)], float)
    scene[-band:] = colours[np.minimum((x[-band:] * 8).astype(int), 7)]
    scene[-2 * band:-band] = (x[-2 * band:-band] * 255)[..., None]
    return Image.fromarray(np.clip(np.rint(scene), 0, 255).astype(np.uint8))


def write(image, text, place, scale, fill):
    """Text in the built-in bitmap font, enlarged."""
    font = ImageFont.load_default()
    box = font.getbbox(text)
    letters = Image.new("1", (box[2], box[3]))
    ImageDraw.Draw(letters).text((0, 0), text, 1, font)
    image.paste(Image.new(image.mode, (box[2] * scale, box[3] * scale), fill), place,
                letters.resize((box[2] * scale, box[3] * scale), Image.NEAREST).convert("L").point(lambda v: 255 if v else 0))


def upright(width=240, height=160, label=""):
    """A picture that shows which way is up: an arrow, TOP, a large F, four corners of their own colours."""
    image = Image.new("RGB", (width, height), (235, 232, 220))
    draw = ImageDraw.Draw(image)
    corner = height // 5
    draw.rectangle((0, 0, corner, corner), (220, 40, 40))
    draw.rectangle((width - corner - 1, 0, width, corner), (40, 160, 60))
    draw.rectangle((0, height - corner - 1, corner, height), (40, 80, 210))
    draw.rectangle((width - corner - 1, height - corner - 1, width, height), (240, 200, 40))
    middle, unit = width // 2, height // 16
    draw.polygon((middle, unit, middle - 3 * unit, 4 * unit, middle + 3 * unit, 4 * unit), (20, 20, 20))
    draw.rectangle((middle - unit // 2, 4 * unit, middle + unit // 2, 6 * unit), (20, 20, 20))
    write(image, "TOP", (middle + 3 * unit, unit), 2, (20, 20, 20))
    left, top = middle - 2 * unit, 7 * unit
    for box in ((0, 0, 1.6, 8), (0, 0, 5, 1.6), (0, 3, 4, 4.6)):
        draw.rectangle((left + box[0] * unit, top + box[1] * unit, left + box[2] * unit, top + box[3] * unit), (20, 20, 20))
    if label:
        write(image, label, (left + 6 * unit, top + 4 * unit), 2, (120, 20, 120))
    return image


def badge(size):
    """RGBA: a soft-edged disc over nothing, with a half-clear ring; colours lie under clear pixels too."""
    x, y = grid(size, size)
    radius = np.hypot(x - 0.5, y - 0.5)
    alpha = np.clip((0.42 - radius) * size / 3, 0, 1)
    alpha = np.where((radius > 0.25) & (radius < 0.33), alpha * 0.5, alpha)
    colour = np.stack([255 * x, 255 * (1 - y), 255 * y], -1)
    colour = np.where((alpha == 0)[..., None], np.array([255.0, 0, 255]), colour)
    return np.dstack([colour, alpha * 255]).round().astype(np.uint8)
