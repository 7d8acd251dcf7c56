"""Color operations, compared with Pillow and with their formulas."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import ImageEnhance, ImageOps

from pipelines.augmentation import color
from tests.pipelines.augmentation.samples import KEY, PIXELS, apply_pillow


@pytest.mark.parametrize("factor", [0.1, 0.7, 1.0, 1.8])
@pytest.mark.parametrize(
    ("operation", "enhancer"),
    [
        (color.brightness, ImageEnhance.Brightness),
        (color.contrast, ImageEnhance.Contrast),
        (color.saturation, ImageEnhance.Color),
        (color.sharpness, ImageEnhance.Sharpness),
    ],
    ids=lambda f: f.__name__,
)
def test_color_with_factor_equals_pillow(operation, enhancer, factor):
    result = operation(tf.constant(PIXELS), tf.fill([6], factor))
    expected = apply_pillow(lambda image: enhancer(image).enhance(factor))
    # Pillow rounds gray values and means to integers.
    np.testing.assert_allclose(result, expected, atol=2.1)


def test_autocontrast_posterize_solarize_equal_pillow():
    np.testing.assert_allclose(
        color.autocontrast(PIXELS),
        apply_pillow(ImageOps.autocontrast),
        atol=1.01,
    )
    np.testing.assert_array_equal(
        color.posterize(PIXELS, tf.fill([6], 3.0)),
        apply_pillow(lambda image: ImageOps.posterize(image, 3)),
    )
    np.testing.assert_array_equal(
        color.solarize(PIXELS, tf.fill([6], 100.0)),
        apply_pillow(lambda image: ImageOps.solarize(image, 100)),
    )


def test_autocontrast_and_equalize_single_value_stays():
    flat = np.full_like(PIXELS, 7)
    np.testing.assert_array_equal(color.autocontrast(flat), flat)
    np.testing.assert_array_equal(color.equalize(flat), flat)


def test_equalize_random_images_follow_cumulative_histogram():
    equalized = color.equalize(tf.constant(PIXELS)).numpy()
    for image, actual in zip(PIXELS, equalized, strict=True):
        for channel in range(3):
            x = image[..., channel]
            cumulative = np.array([[(x <= v).sum() for v in row] for row in x])
            smallest = (x == x.min()).sum()
            expected = 255 * (cumulative - smallest) / (x.size - smallest)
            np.testing.assert_allclose(
                actual[..., channel], expected, atol=1e-3
            )


def test_color_jitter_strength_bounds_the_brightness():
    black_to_gray = np.full((50, 4, 4, 1), 100, "f4")
    result = color.color_jitter(tf.constant(black_to_gray), 0.3, KEY).numpy()
    # Contrast and saturation do not change a uniform gray image.
    assert (result >= 70 - 1e-3).all()
    assert (result <= 130 + 1e-3).all()
    assert len(np.unique(result[:, 0, 0, 0])) > 40
    assert color.color_jitter(PIXELS, 0.0, KEY) is PIXELS
