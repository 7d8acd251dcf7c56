"""Norms that a step records."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_tensor as tensor

from seal_tf.training.gradient_norms import GradientNorms


def _record(norms, step, optimizer=None):
    variables = [keras.Variable([3.0]), keras.Variable([4.0, 0.0])]
    variables.append(keras.Variable([1.0]))
    norms.record(
        [tensor([6.0]), tensor([0.0, 8.0]), None],
        variables,
        [0, 0, 1],
        step,
        optimizer or keras.optimizers.SGD(),
    )


def test_read_after_a_due_step_returns_norms_over_each_group():
    norms = GradientNorms(2, ("early", "later"))
    assert norms.read() == (-1, {})
    _record(norms, 2)
    # A group without gradients has no gradient norm.
    assert norms.read() == (
        2,
        {"gradient/early": 10.0, "weight/early": 5.0, "weight/later": 1.0},
    )


def test_record_of_a_step_that_is_not_due_keeps_the_last_record():
    norms = GradientNorms(2, ("early", "later"))
    _record(norms, 0)
    _record(norms, 1)
    assert norms.read()[0] == 0
    norms.clear()
    assert norms.read() == (-1, {})


def test_record_divides_by_the_loss_scale():
    norms = GradientNorms(1, ("early", "later"))
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(), initial_scale=2.0
    )
    _record(norms, 0, optimizer)
    np.testing.assert_allclose(norms.read()[1]["gradient/early"], 5.0)


@pytest.mark.tensorflow
def test_record_of_sparse_gradient_sums_repeated_rows():
    import tensorflow as tf

    norms = GradientNorms(1, ("all layers",))
    gradient = tf.IndexedSlices(
        tf.constant([[3.0], [4.0], [24.0]]),
        tf.constant([1, 1, 0]),
        tf.constant([3, 1]),
    )
    norms.record(
        [gradient],
        [keras.Variable([[0.0]] * 3)],
        [0],
        0,
        keras.optimizers.SGD(),
    )
    assert norms.read()[1]["gradient/all layers"] == 25.0
