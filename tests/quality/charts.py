"""Charts that show what a resampler does wrong: each is drawn by arithmetic, the same on every run.

Sizes are such that the factors to 800x600 are whole and not, and fall on all scales of a JPEG decoder.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT = "Sphinx of black quartz, judge my vow. 0123456789 (fi) {fl} [ij] @%&$ "


def grid(width, height):
    """Coordinates of the pixels' centres from the middle, in pixels."""
    return np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)


def paint(values):
    values = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return Image.fromarray(values if values.ndim == 3 else np.repeat(values[..., None], 3, 2))


def zone_plate(width, height):
    """Every frequency up to half the sampling rate at the left and right edge: aliases show as rings."""
    x, y = grid(width, height)
    return paint(127.5 + 100 * np.cos(np.pi * (x * x + y * y) / width))


def siemens_star(width, height):
    """36 pairs of spokes, with edges one pixel soft."""
    x, y = grid(width, height)
    radius = np.maximum(np.hypot(x, y), 1e-9)
    wave = np.sin(36 * np.arctan2(y, x)) * radius / 36
    return paint(np.where(radius < height * 0.48, 127.5 + 127.5 * np.clip(wave, -1, 1), 200))


def slanted_edges(width, height):
    """Squares turned by five degrees, of low and high contrast: overshoot shows as halos."""
    x, y = grid(width, height)
    picture = np.full((height, width), 128.0)
    levels = [(40, 90), (0, 255), (230, 160), (255, 20), (110, 140), (10, 60)]
    angle = np.radians(5)
    for number, (outside, inside) in enumerate(levels):
        cell_x, cell_y = width * ((number % 3) - 1) / 3, height * (number // 3 - 0.5) / 2
        dx, dy = x - cell_x, y - cell_y
        turned = np.maximum(np.abs(dx * np.cos(angle) + dy * np.sin(angle)),
                            np.abs(dy * np.cos(angle) - dx * np.sin(angle)))
        box = (np.abs(dx) < width / 6) & (np.abs(dy) < height / 4)
        edge = np.clip(turned - height / 7 + 0.5, 0, 1)
        picture = np.where(box, inside + (outside - inside) * edge, picture)
    return paint(picture)


def fine_text(width, height):
    """Small letters, black on white, white on black, and coloured on coloured."""
    image = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default()
    third = width // 3
    draw.rectangle((third, 0, 2 * third, height), "black")
    draw.rectangle((2 * third, 0, width, height), (20, 60, 160))
    line = TEXT * (third // 6 // len(TEXT) + 1)
    for row, top in enumerate(range(4, height - 14, 14)):
        text = (line[row % len(TEXT):] + line)[:third // 6 - 3]
        for column, colour in enumerate(("black", "white", (250, 200, 60))):
            draw.text((column * third + 6, top), text, colour, font)
    return image


def colour_patches(width, height):
    """13 x 9 patches over the cube of colours, the greys among them."""
    x, y = np.meshgrid(np.arange(width) * 13 // width, np.arange(height) * 9 // height)
    index = y * 13 + x
    levels = np.array([0, 48, 96, 160, 255])
    cube = np.stack([levels[index % 5], levels[index // 5 % 5], levels[index // 25 % 5]], -1)
    return paint(cube.astype(float))


def gradients(width, height):
    """Ramps of gray and of each primary, and of hue: steps show as bands."""
    x = np.arange(width) / (width - 1)
    hue = np.clip(np.abs((x[:, None] * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    ramps = [x[:, None] * np.array(colour) for colour in
             ((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))] + [hue, 0.25 + 0.5 * hue]
    return paint(255 * np.repeat(np.array(ramps), -(-height // len(ramps)), 0)[:height])


def saturated_edges(width, height):
    """Stripes of full colours that meet, ever narrower: what chroma subsampling and its place cost."""
    colours = np.array([(255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 0, 255), (255, 255, 0), (0, 255, 255)])
    x, y = grid(width, height)
    period = np.array([4, 7, 12, 20, 33, 54])[np.clip((y + height / 2) * 6 // height, 0, 5).astype(int)]
    slant = np.floor((x + width + 0.35 * y) / period).astype(int)
    return paint(colours[slant % 6].astype(float))


def checkerboard(width, height):
    """Fields of 1, 2, 3, 5, 8 and 13 pixels."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    field = np.array([1, 2, 3, 5, 8, 13])[x * 6 // width]
    return paint(((x // field + y // field) % 2 * 215 + 20).astype(float))


CHARTS = {
    "zone-plate": (zone_plate, 2400, 1800),
    "siemens-star": (siemens_star, 1999, 1501),
    "slanted-edges": (slanted_edges, 1600, 1200),
    "fine-text": (fine_text, 1500, 1125),
    "colour-patches": (colour_patches, 3003, 2250),
    "gradients": (gradients, 2800, 2100),
    "saturated-edges": (saturated_edges, 1840, 1380),
    "checkerboard": (checkerboard, 3600, 2700),
}


def draw(name):
    function, width, height = CHARTS[name]
    return function(width, height)
