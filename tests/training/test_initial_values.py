"""Initial values of weights, drawn again."""

import keras
import numpy as np
import pytest
from keras import layers

from seal_tf.training.initial_values import (
    derive_seed,
    draw,
    fan_in,
    initial_value,
    parameters,
    reference_values,
)
from seal_tf.training.reinitialize import kernels

#: A layer of each kind, and the shape of its inputs.
LAYERS = {
    "dense": (lambda: layers.Dense(3), (None, 4)),
    "depthwise": (lambda: layers.DepthwiseConv2D(3), (None, 8, 8, 3)),
    "separable": (lambda: layers.SeparableConv2D(4, 3), (None, 8, 8, 3)),
    "batch norm": (layers.BatchNormalization, (None, 4)),
    "embedding": (lambda: layers.Embedding(4, 3), (None, 4)),
    "lstm": (lambda: layers.LSTM(3), (None, 5, 4)),
    "bidirectional": (
        lambda: layers.Bidirectional(layers.GRU(2)),
        (None, 5, 4),
    ),
    "prelu": (layers.PReLU, (None, 4)),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_parameters_have_the_initializer_of_every_weight(kind):
    make, shape = LAYERS[kind]
    layer = make()
    layer.build(shape)
    found = parameters(layer)
    assert {id(p.variable) for p in found} == {id(w) for w in layer.weights}
    assert all(p.initializer is not None for p in found)
    for parameter in found:
        value = initial_value(parameter, 1)
        assert value.shape == parameter.variable.shape
        if parameter.name in ("bias", "beta", "gamma", "moving_variance"):
            # These initializers are constant.
            np.testing.assert_array_equal(value, parameter.variable.numpy())


def test_parameters_omit_states_without_initializer():
    layer = layers.Dropout(0.5, seed=1)
    assert layer.variables
    assert parameters(layer) == []
    wrapped = layers.SpectralNormalization(layers.Dense(3))
    wrapped.build((None, 4))
    assert [p.name for p in parameters(wrapped)] == ["bias", "kernel"]


def test_draw_equals_a_new_initializer_with_that_seed():
    layer = layers.Dense(5, kernel_initializer=keras.initializers.HeNormal(3))
    layer.build((None, 4))
    value = draw(layer.kernel_initializer, layer.kernel, 11)
    expected = keras.initializers.HeNormal(11)((4, 5))
    np.testing.assert_array_equal(value, expected)


def test_derive_seed_depends_on_every_number():
    seeds = {derive_seed(*key) for key in ((1, 2), (2, 1), (1, 2, 3), (0, 1))}
    assert len(seeds) == 4
    assert min(seeds) >= 0


def test_reference_values_are_uniform_within_the_fan_in():
    layer = layers.Dense(200)
    layer.build((None, 100))
    values = reference_values(layer, layer.kernel, 1)
    assert np.abs(values).max() <= 0.1
    assert values.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)


def test_fan_in_of_every_kind_of_kernel_is_its_number_of_inputs():
    inputs = keras.Input((9, 9, 6))
    h = layers.Conv2D(4, 3, name="a")(inputs)
    h = layers.DepthwiseConv2D(3, depth_multiplier=2, name="b")(h)
    h = layers.SeparableConv2D(5, 3, name="c")(h)
    h = layers.Conv2DTranspose(7, 2, name="d")(h)
    h = layers.Flatten()(h)
    model = keras.Model(inputs, layers.Dense(3, name="e")(h))
    sizes = {
        kernel.path: fan_in(layer, kernel)
        for layer, kernel, _ in kernels(model)
    }
    assert sizes == {
        "a/kernel": 3 * 3 * 6,
        "b/kernel": 9,
        "c/depthwise_kernel": 9,
        "c/pointwise_kernel": 8,
        "d/kernel": 2 * 2 * 5,
        "e/kernel": int(h.shape[-1]),
    }
