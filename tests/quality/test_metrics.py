"""The measures and the reference of `make quality` are themselves right."""

import numpy as np
import pytest
from PIL import Image

import metrics
import reference

# G. Sharma, W. Wu, E. N. Dalal: The CIEDE2000 Color-Difference Formula: Implementation Notes,
# Supplementary Test Data, and Mathematical Observations. Color Research and Application 30 (2005),
# table 1: two colours in CIELAB and their difference to four places.
SHARMA = np.array([
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
])


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def smooth(seed, height, width):
    """A photograph's spectrum rather than noise."""
    small = Image.fromarray(noise(seed, height // 16, width // 16, 3))
    return np.asarray(small.resize((width, height), Image.BICUBIC))


def test_ciede2000_gives_the_published_differences():
    found = metrics.ciede2000(SHARMA[:, :3], SHARMA[:, 3:6])
    assert np.abs(found - SHARMA[:, 6]).max() < 6e-5


def test_ciede2000_is_symmetric_and_zero_for_the_same():
    assert np.abs(metrics.ciede2000(SHARMA[:, 3:6], SHARMA[:, :3]) - SHARMA[:, 6]).max() < 6e-5
    assert not metrics.ciede2000(SHARMA[:, :3], SHARMA[:, :3]).any()


@pytest.mark.parametrize("rgb, expected", [
    ((0, 0, 0), (0, 0, 0)), ((255, 255, 255), (100, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.21)),
    ((0, 255, 0), (87.73, -86.18, 83.18)), ((0, 0, 255), (32.30, 79.19, -107.86)), ((119, 119, 119), (50.03, 0, 0)),
])
def test_lab_of_known_colours(rgb, expected):
    for kind in (np.uint8, np.float32):
        assert np.abs(metrics.lab(np.array([[rgb]], kind))[0, 0] - expected).max() < 0.02


def test_luma_is_that_of_jpeg():
    colours = noise(1, 16, 16, 3)
    stored = np.asarray(Image.fromarray(colours).convert("L"))  # by BT.601, rounded
    assert np.abs(metrics.luma(colours) - stored).max() < 0.51


def test_psnr_of_known_errors():
    plane = np.full((8, 8), 100.0)
    assert metrics.psnr(plane, plane) == metrics.PSNR_MAX
    assert metrics.psnr(plane, plane + 1) == pytest.approx(48.1308, abs=1e-4)
    assert metrics.psnr(plane, plane + 255) == pytest.approx(0)


def test_ssim_is_one_for_the_same_and_falls_with_every_kind_of_harm():
    plane = metrics.luma(smooth(2, 96, 128))
    worse = plane + np.random.default_rng(3).normal(0, 10, plane.shape)
    assert metrics.ssim(plane, plane) == pytest.approx(1, abs=1e-6)
    assert metrics.ssim(plane, worse) == pytest.approx(metrics.ssim(worse, plane), abs=1e-6)
    assert 0 < metrics.ssim(plane, worse) < metrics.ssim(plane, plane + (worse - plane) / 2) < 1


def test_ssim_of_flat_planes_is_their_luminance_term():
    """(2ab + C1) / (a^2 + b^2 + C1): nothing else is left where nothing varies."""
    a, b, c1 = 100.0, 140.0, 2.55 ** 2
    found = metrics.ssim(np.full((20, 30), a), np.full((20, 30), b))
    assert found == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1), abs=1e-5)


def test_ssim_by_the_definition_at_one_place():
    a, b = noise(4, 11, 11).astype(float), noise(5, 11, 11).astype(float)
    taps = np.exp(-np.square(np.arange(-5, 6)) / 4.5)
    window = np.outer(taps, taps) / taps.sum() ** 2
    mean_a, mean_b = (window * a).sum(), (window * b).sum()
    var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
    both = (window * (a - mean_a) * (b - mean_b)).sum()
    c1, c2 = 2.55 ** 2, 7.65 ** 2
    expected = ((2 * mean_a * mean_b + c1) * (2 * both + c2)
                / ((mean_a ** 2 + mean_b ** 2 + c1) * (var_a + var_b + c2)))
    assert metrics.ssim(a, b) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("size", [(50, 37), (200, 150), (333, 61), (7, 3), (1, 1)])
def test_the_reference_keeps_what_is_constant(size):
    done = reference.resample(np.full((150, 200, 3), 77, np.uint8), *size)
    assert done.shape == (size[1], size[0], 3)
    assert np.abs(done - 77).max() < 1e-3


@pytest.mark.parametrize("out", [10, 37, 64, 100, 200])
def test_the_reference_keeps_a_ramp_in_its_place(out):
    """Away from the edges a ramp stays the same ramp: nothing is shifted by part of a pixel."""
    ramp = np.repeat(np.arange(200, dtype=np.float32)[None, :, None], 4, 0)
    inside = slice(out // 4, out - out // 4)
    expected = (np.arange(out) + 0.5) * 200 / out - 0.5
    across = reference.resample(ramp, out, 4)[0, :, 0]
    down = reference.resample(ramp.transpose(1, 0, 2), 4, out)[:, 0, 0]
    # Lanczos is no partition of unity with respect to ramps: by a few hundredths of a sample.
    assert np.abs(across - expected)[inside].max() < 0.04 * max(1, 200 / out)
    assert np.array_equal(across, down)
    # Exactly odd about the middle.
    assert np.abs(across + across[::-1] - 199).max() < 1e-3


@pytest.mark.parametrize("size", [(80, 60), (61, 97), (250, 190)])
def test_the_reference_agrees_with_another_lanczos(size):
    """Pillow resamples float planes without rounding."""
    picture = noise(6, 120, 160)
    other = np.asarray(Image.fromarray(picture).convert("F").resize(size, Image.LANCZOS))
    assert np.abs(reference.resample(picture[..., None], *size)[..., 0] - other).max() < 0.01


def test_the_reference_turns_a_picture_upright(tmp_path):
    picture = smooth(7, 64, 96)
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.fromarray(picture).save(tmp_path / "a.png", exif=tags)
    assert np.array_equal(reference.decode(tmp_path / "a.png"), np.rot90(picture, -1))


def test_the_reference_converts_a_profile(tmp_path):
    """A picture stored in Display P3 comes back as the sRGB that it was."""
    import sets
    picture = Image.fromarray(smooth(8, 64, 96))
    sets.convert(picture, "display-p3").save(tmp_path / "p3.png", icc_profile=sets.profile("display-p3"))
    back = reference.decode(tmp_path / "p3.png")
    assert np.abs(back.astype(int) - np.asarray(picture)).mean() < 0.5
    assert np.abs(np.asarray(Image.open(tmp_path / "p3.png")).astype(int) - back).mean() > 5
