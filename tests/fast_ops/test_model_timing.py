"""Forward and backward passes outside a graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.fast_ops import model_timing


def test_random_inputs_follow_the_specs():
    specs = {
        "image": tf.TensorSpec((None, 4, 4, 3), tf.float16),
        "word": tf.TensorSpec((7, 2), tf.int32),
    }
    assert model_timing.batch_size(specs["image"], 5) == 5
    assert model_timing.batch_size(specs["word"], 5) == 7
    inputs = model_timing.random_inputs(specs, 5)
    assert inputs["image"].shape == (5, 4, 4, 3)
    assert inputs["image"].dtype == tf.float16
    assert inputs["word"].shape == (5, 2) and not np.any(inputs["word"])


def test_random_inputs_of_unknown_size_raise():
    with pytest.raises(ValueError, match="must be known"):
        model_timing.random_inputs(tf.TensorSpec((None, None, 3)), 5)


def test_step_seconds_leave_the_state_of_the_model_unchanged():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
        ]
    )
    before = [np.array(v) for v in model.variables]
    with model_timing.unchanged_state(model):
        assert model_timing.step_seconds(model, tf.ones((2, 4))) > 0
        changed = [np.array(v) for v in model.variables]
    after = [np.array(v) for v in model.variables]
    pairs = list(zip(before, changed, strict=True))
    # Two moving statistics and the seed.
    assert sum(not np.array_equal(a, b) for a, b in pairs) == 3
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
