"""The initial bias of the classifier."""

import keras
import numpy as np
import pytest

from seal_tf import models
from seal_tf.models.classifier_bias import draw_classifier_bias


def _bias(seed):
    keras.utils.set_random_seed(seed)
    model = models.build("small", (8, 8, 3), 200)
    before = model.get_weights()
    draw_classifier_bias(model)
    changed = [
        v.path
        for v, old in zip(model.weights, before, strict=True)
        if (np.array(v) != old).any()
    ]
    assert changed == ["predictions/bias"]
    return np.array(model.get_layer("predictions").bias)


def test_bias_is_uniform_by_fan_in_and_follows_the_seed():
    bias, limit = _bias(0), 128**-0.5
    assert np.abs(bias).max() <= limit
    # The deviation of a uniform distribution, from 200 values.
    assert bias.std() == pytest.approx(limit / np.sqrt(3), rel=0.15)
    np.testing.assert_array_equal(bias, _bias(0))
    assert (bias != _bias(1)).any()


def test_model_without_bias_raises():
    model = keras.Sequential([keras.Input((3,)), keras.layers.ReLU()])
    with pytest.raises(ValueError, match="no Dense layer with a bias"):
        draw_classifier_bias(model)
