"""The measurement of a model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.fast_ops import selection
from seal_tf.fast_ops.choices import Choices, TensorFlowChoices
from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.fast_ops.operations import MeasuredOperations
from seal_tf.utils.patching import AttributePatcher


@pytest.fixture
def measured():
    """A model, its patched operations, and the measurement of both."""
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3)(x))
    operations, patcher = MeasuredOperations(Choices()), AttributePatcher()
    patch_layers(model, patcher, lambda: operations)
    yield model, operations
    patcher.restore()


def _measure(model, operations):
    spec = tf.TensorSpec((None, 4, 4, 3))
    return selection.measure(model, spec, 6, operations)


def test_measure_chooses_for_each_convolution(measured, monkeypatch):
    monkeypatch.setattr(
        selection, "step_seconds", _steps(measured[1], 2.0, 1.0)
    )
    measurement = _measure(*measured)
    assert sorted(measurement.choices.convolutions) == [
        "6 4 4 3 4 3 1 SAME float32",
        "6 4 4 4 2 3 1 VALID float32",
    ]
    assert measurement.is_faster
    assert (measurement.seconds_before, measurement.seconds_after) == (2, 1)
    assert (
        "shapes replaced, forward and backward pass of 6 images 2 s → 1 s"
        in (measurement.summary())
    )
    assert measurement.to_json()["times"].keys() == (
        measurement.choices.convolutions.keys()
    )


def test_measure_takes_the_choice_back_if_whole_steps_are_slower(
    measured, monkeypatch
):
    monkeypatch.setattr(
        selection, "step_seconds", _steps(measured[1], 1.0, 1.1)
    )
    measurement = _measure(*measured)
    assert measurement.choices.replaced == 0
    assert "none of 2 shapes replaced" in measurement.summary()


def test_measure_trains_nothing(measured):
    model, operations = measured
    before = [np.array(v) for v in model.variables]
    _measure(model, operations)
    for a, b in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def _steps(operations, plain, chosen):
    """Steps that take these seconds, after a real step."""

    def step(model, inputs):
        model(inputs, training=True)
        is_plain = isinstance(operations.choices, TensorFlowChoices)
        return plain if is_plain else chosen

    return step
