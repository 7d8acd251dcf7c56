"""The average of weights, and the averaged network."""

import keras
import numpy as np
import pytest

from seal_tf.schedules import SWA, AverageWeights
from seal_tf.training.plan_builder import build_plan
from seal_tf.training.weight_average import WeightAverage, averaged_model
from tests.training import nets


def _set(model, value):
    model.set_weights([np.full(w.shape, value) for w in model.get_weights()])


def test_update_equals_the_mean_and_restarts():
    model = nets.functional()
    average = WeightAverage(model)
    assert average.weights is None
    for value, restart in (
        (9.0, True),
        (1.0, True),
        (2.0, False),
        (6.0, False),
    ):
        _set(model, value)
        average.update(AverageWeights(restart))
    assert average.count == 3
    for weight in average.weights:
        np.testing.assert_allclose(weight, 3.0, rtol=1e-6)
    # The model keeps its own weights.
    assert all((w == 6).all() for w in model.get_weights())


def test_set_state_continues_the_average():
    model = nets.functional()
    first, second = WeightAverage(model), WeightAverage(model)
    first.update(AverageWeights(True))
    second.set_state(first.get_state())
    _set(model, 2.0)
    for average in (first, second):
        average.update(AverageWeights(False))
    assert second.count == 2
    for a, b in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    empty = WeightAverage(model)
    empty.set_state(WeightAverage(model).get_state())
    assert empty.weights is None


def test_check_start_within_an_average_requires_its_state():
    model = nets.functional()
    plan = build_plan(SWA(generations=2, count=2), model, 8)
    for epoch in (0, 1, 2, 4, 5, 6, 8):
        WeightAverage(model).check_start(plan, epoch)
    with pytest.raises(ValueError, match="starts at epoch 4 .*checkpoint_dir"):
        WeightAverage(model).check_start(plan, 3)


def test_averaged_model_has_the_statistics_of_the_batches():
    """In NumPy: Dense, then mean and variance of each batch, averaged."""
    model = nets.functional()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=w.shape) for w in model.get_weights()]
    before = model.get_weights()
    batches = [
        (rng.normal(size=(16, 6)).astype("float32"), None) for _ in range(3)
    ]
    averaged = averaged_model(model, weights, iter(batches))
    names = [w.path for w in model.weights]
    values = dict(zip(names, weights, strict=True))
    hidden = [
        x @ values["first/kernel"] + values["first/bias"] for x, _ in batches
    ]
    expected = values | {
        "norm/moving_mean": np.mean([h.mean(0) for h in hidden], axis=0),
        "norm/moving_variance": np.mean([h.var(0) for h in hidden], axis=0),
    }
    for weight in averaged.weights:
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(weight),
            expected[weight.path],
            rtol=1e-4,
            atol=1e-5,
        )
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert isinstance(averaged, keras.Model)


def test_update_of_short_floats_is_a_float32_mean():
    """bfloat16 has 8 bits: 1 + 1/256 is not one of its numbers."""
    layer = keras.layers.Dense(1, use_bias=False, dtype="bfloat16")
    model = keras.Sequential([keras.Input((1,)), layer])
    average = WeightAverage(model)
    for value, restart in ((1.0, True), (1.0078125, False)):
        _set(model, value)
        average.update(AverageWeights(restart))
    (weight,) = average.weights
    assert weight.dtype == np.float32
    assert weight.tolist() == [[1.00390625]]


def test_averaged_model_with_dropout_has_the_same_statistics_every_time():
    """An initializer without a seed would draw another mask each time."""
    inputs = keras.Input((6,))
    h = keras.layers.BatchNormalization()(keras.layers.Dropout(0.5)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(h))
    model(np.ones((2, 6)), training=True)
    batches = [(np.ones((16, 6), "float32"),)]
    first, second = (
        averaged_model(model, model.get_weights(), batches).get_weights()
        for _ in range(2)
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="`batches` .* Received: no batch"):
        averaged_model(model, model.get_weights(), [])


def test_averaged_model_of_unregistered_classes_is_a_copy():
    class Own(nets.Subclassed):
        pass

    class Double(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    double = Double()
    x = np.ones((4, 6), "float32")
    for model in (
        Own(),
        keras.Sequential([double, keras.layers.Dense(3)]),
        keras.Sequential([keras.layers.Lambda(lambda x: 2 * x)]),
    ):
        model(x)
        averaged = averaged_model(model, model.get_weights(), [(x,)])
        assert type(averaged) is type(model)
        assert averaged(x).shape == model(x).shape


def test_averaged_model_that_keras_cannot_load_raises():
    class Sized(nets.Subclassed):
        def __init__(self, size):
            super().__init__()
            self.size = size

    model = Sized(3)
    model(np.ones((2, 6)))
    with pytest.raises(ValueError, match="`get_config` of Sized, or assign"):
        averaged_model(model, model.get_weights(), [])
