"""What is the same on all backends."""

import keras
import numpy as np
import pytest

from seal_tf.backends import BACKENDS, get_backend
from seal_tf.checkpoints.variables import values
from seal_tf.optimizers import SGD
from tests.training import nets


def test_get_backend_is_that_of_keras():
    assert get_backend().name == keras.config.backend() in BACKENDS
    assert get_backend() is get_backend()


def test_copy_is_no_later_value():
    variable = keras.Variable([1.0, 2.0])
    copy = get_backend().copy(variable)
    variable.assign([5.0, 5.0])
    assert keras.ops.convert_to_numpy(copy).tolist() == [1, 2]


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("l2", [None, 0.01])
@pytest.mark.parametrize("general", [False, True])
def test_momentum_step_equals_the_formula(nesterov, l2, general):
    rng = np.random.default_rng(0)
    w, g = rng.normal(size=(2, 5)).astype("float32")
    variable, v = keras.Variable(w), np.zeros(5)
    optimizer = SGD(0.1, 0.9, nesterov)
    optimizer.build([variable])
    step = get_backend().momentum_step
    if general:
        # That of a backend without fused operations.
        step = super(type(get_backend()), get_backend()).momentum_step
    for _ in range(3):
        gradient = keras.ops.convert_to_tensor(g)
        step(optimizer, variable, gradient, 0.1, l2)
        total = g + (l2 or 0) * w
        v = 0.9 * v + total
        w = w - 0.1 * (total + 0.9 * v if nesterov else v)
    (result,) = values([variable])
    np.testing.assert_allclose(result, w, rtol=1e-5)


def test_compiled_function_assigns_variables():
    model = nets.functional()
    norm = model.get_layer("norm")
    (before,) = values([norm.moving_mean])
    forward = get_backend().compiled(
        model, lambda x: model(x, training=True), training=True
    )
    x = keras.ops.convert_to_tensor(nets.data()[0])
    outputs = forward(x)
    assert tuple(outputs.shape) == (48, 3)
    (after,) = values([norm.moving_mean])
    assert np.abs(after - before).max() > 0
