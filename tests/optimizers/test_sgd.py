"""SGD with coupled L2, against the formulas."""

import keras
import numpy as np
import pytest

from seal_tf.optimizers import SGD
from tests.x64 import float64_on_jax


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_sgd_steps_equal_the_formula(nesterov, l2):
    """v = m v + (g + l2 w); w -= r v, or r (g + l2 w + m v)."""
    with float64_on_jax("float64"):
        _check_steps(nesterov, l2)


def _check_steps(nesterov, l2):
    rng = np.random.default_rng(0)
    w = rng.normal(size=5)
    v = np.zeros(5)
    variable = keras.Variable(w, dtype="float64")
    optimizer = SGD(0.1, 0.9, nesterov, l2)
    for rate in (0.1, 0.1, 0.02, 0.3):
        g = rng.normal(size=5)
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(g)], [variable])
        total = g + l2 * w
        v = 0.9 * v + total
        w = w - np.float32(rate) * (total + 0.9 * v if nesterov else v)
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(variable), w, rtol=1e-7
        )


def test_sgd_and_keras_sgd_differ_when_the_rate_changes():
    results = []
    for optimizer in (SGD(0.1, 0.9), keras.optimizers.SGD(0.1, 0.9)):
        variable = keras.Variable([1.0])
        for rate in (0.1, 0.01):
            optimizer.learning_rate = rate
            optimizer.apply([keras.ops.ones(1)], [variable])
        results.append(variable.numpy()[0])
    assert results[0] == pytest.approx(1 - 0.1 - 0.01 * 1.9)
    assert results[1] == pytest.approx(1 - 0.1 - 0.1 * 0.9 - 0.01)


def test_sgd_without_momentum_has_no_velocities():
    variable = keras.Variable([2.0])
    optimizer = SGD(0.5, momentum=0.0, l2=0.1)
    optimizer.apply([keras.ops.ones(1)], [variable])
    assert variable.numpy()[0] == pytest.approx(2 - 0.5 * 1.2)
    assert optimizer.velocities == []


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"momentum": 1.0}, "`momentum` .*momentum=1.0"),
        ({"l2": -1e-4}, "`l2` .*l2=-0.0001"),
        ({"l2": float("nan")}, "`l2` .*l2=nan"),
        ({"weight_decay": 1e-4}, "`weight_decay` .*Pass `l2` instead"),
        ({"momentum": 0.0, "nesterov": True}, "`nesterov=True` requires"),
    ],
)
def test_sgd_with_bad_setting_names_the_argument(settings, message):
    with pytest.raises(ValueError, match=message):
        SGD(0.1, **settings)


def test_sgd_from_config_has_the_same_settings():
    optimizer = SGD(0.3, 0.8, True, 1e-3, clipnorm=1.0)
    copy = SGD.from_config(optimizer.get_config())
    assert copy.get_config() == optimizer.get_config()


def test_sgd_of_bfloat16_variables_is_close_to_the_formula():
    """TensorFlow has no fused update of bfloat16 on every device."""
    variable = keras.Variable([2.0], dtype="bfloat16")
    optimizer = SGD(0.5, 0.9, l2=0.1)
    for _ in range(2):
        optimizer.apply([keras.ops.ones(1, "bfloat16")], [variable])
    v = 1.2
    w = 2 - 0.5 * v
    w -= 0.5 * (0.9 * v + 1 + 0.1 * w)
    assert float(variable.numpy()[0]) == pytest.approx(w, rel=0.02)
