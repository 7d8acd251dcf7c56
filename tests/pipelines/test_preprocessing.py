"""Preprocessing modes, compared with Keras."""

import numpy as np
import pytest
from keras.applications.imagenet_utils import preprocess_input

from pipelines.preprocessing import (
    PREPROCESSING_MODES,
    preprocessing_function,
)
from tests.pipelines.fakes import random_images


@pytest.mark.parametrize("mode", PREPROCESSING_MODES)
def test_preprocessing_function_mode_equals_keras(mode):
    pixels = random_images().pixels
    if mode in ("none", "unit"):
        expected = pixels.astype("f4") / (255 if mode == "unit" else 1)
    else:
        expected = preprocess_input(pixels.astype("f4"), mode=mode)
    result = preprocessing_function(mode)(pixels)
    np.testing.assert_allclose(result, expected, atol=1e-4)
