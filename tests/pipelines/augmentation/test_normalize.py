"""Normalization by the mean and standard deviation of the channels."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augmentation.normalize import normalize
from tests.pipelines.fakes import random_images


@pytest.mark.parametrize("channels", [1, 3])
def test_normalize_uint8_images_follow_the_formula(channels):
    images = random_images(channels=channels).pixels
    mean = [0.485, 0.456, 0.406] if channels == 3 else [0.5]
    std = [0.229, 0.224, 0.225] if channels == 3 else [0.5]
    expected = (images / 255 - mean) / std
    normalized = normalize(tf.constant(images)).numpy()
    np.testing.assert_allclose(normalized, expected, atol=1e-5)
