"""Gradients at perturbed weights."""

import keras
import numpy as np
import tensorflow as tf

from seal_tf.training.perturbation import Perturbation


def _model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_gradients_perturb_by_the_radius_and_restore_the_weights():
    model = _model()
    kernel, bias = model.trainable_variables
    before = kernel.numpy()
    direction = [tf.constant([[3.0], [0.0]]), tf.constant([4.0])]
    seen = []
    result = Perturbation(model, tf.constant(0.5)).gradients(
        direction,
        [kernel, bias],
        lambda: seen.append((kernel.numpy(), bias.numpy())) or ["result"],
    )
    assert result == ["result"]
    np.testing.assert_allclose(seen[0][0] - before, [[0.3], [0]], atol=1e-7)
    np.testing.assert_allclose(seen[0][1], [0.4], atol=1e-7)
    np.testing.assert_array_equal(kernel.numpy(), before)
    np.testing.assert_array_equal(bias.numpy(), [0])


def test_gradients_omit_variables_without_gradient():
    model = _model()
    kernel, bias = model.trainable_variables
    seen = []
    Perturbation(model, tf.constant(2.0)).gradients(
        [None, tf.constant([-0.1])],
        [kernel, bias],
        lambda: seen.append(bias.numpy()) or [],
    )
    np.testing.assert_allclose(seen[0], [-2.0])
