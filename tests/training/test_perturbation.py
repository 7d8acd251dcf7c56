"""Gradients at perturbed weights."""

import keras
import numpy as np
from keras.ops import convert_to_tensor as tensor

from seal_tf.checkpoints.variables import values
from seal_tf.training.perturbation import Perturbation


def _model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_gradients_perturb_by_the_radius_and_restore_the_weights():
    model = _model()
    kernel, bias = model.trainable_variables
    (before,) = values([kernel])
    direction = [tensor([[3.0], [0.0]]), tensor([4.0])]
    seen = []
    result = Perturbation(model, tensor(0.5)).gradients(
        direction,
        [kernel, bias],
        lambda: seen.append(values([kernel, bias])) or ["result"],
    )
    assert result == ["result"]
    np.testing.assert_allclose(seen[0][0] - before, [[0.3], [0]], atol=1e-7)
    np.testing.assert_allclose(seen[0][1], [0.4], atol=1e-7)
    after = values([kernel, bias])
    np.testing.assert_array_equal(after[0], before)
    np.testing.assert_array_equal(after[1], [0])


def test_gradients_omit_variables_without_gradient():
    model = _model()
    kernel, bias = model.trainable_variables
    seen = []
    Perturbation(model, tensor(2.0)).gradients(
        [None, tensor([-0.1])],
        [kernel, bias],
        lambda: seen.extend(values([bias])) or [],
    )
    np.testing.assert_allclose(seen[0], [-2.0])
