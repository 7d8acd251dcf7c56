"""Resizing in NumPy gives the pixels of TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.io.decoding import _resize_tensor
from pipelines.io.resizing import resize_and_crop


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "shape", [(64, 64), (63, 90), (301, 40), (200, 333), (17, 5), (1, 9)]
)
def test_every_pixel_equals_tensorflow(shape, channels):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*shape, channels), np.uint8)
    for size in (1, 8, 32, 50, 64, 101):
        expected = _resize_tensor(tf.constant(image), size).numpy()
        resized = resize_and_crop(image, size)
        assert resized.dtype == np.uint8
        np.testing.assert_array_equal(resized, expected)


def test_without_a_size_or_with_its_own_the_image_stays():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert resize_and_crop(image, None) is image
    assert resize_and_crop(image, 4) is image


def test_a_constant_image_stays_constant():
    image = np.full((37, 53, 3), 201, np.uint8)
    np.testing.assert_array_equal(resize_and_crop(image, 16), 201)
