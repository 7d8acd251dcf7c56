"""Batch normalization against NumPy and Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.fast_ops.patched import patch


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_normalize_equals_numpy_and_updates_the_statistics(training, scale):
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=(3, 4, 5, 6)).astype("float32")
    layer = keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-3, scale=scale, center=not scale or training
    )
    layer.build(x.shape)
    for variable in layer.weights:
        variable.assign(rng.uniform(0.5, 2, variable.shape))
    m, v = layer.moving_mean.numpy(), layer.moving_variance.numpy()
    gamma = layer.gamma.numpy() if scale else 1
    beta = layer.beta.numpy() if layer.center else 0
    patch(layer)
    y = layer(x, training=training).numpy()
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    if not training:
        mean, variance = m, v
    np.testing.assert_allclose(
        y,
        gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta,
        rtol=1e-4,
        atol=1e-5,
    )
    if training:
        m, v = 0.9 * m + 0.1 * mean, 0.9 * v + 0.1 * variance
    np.testing.assert_allclose(layer.moving_mean, m, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, v, rtol=1e-5)


def test_normalize_of_frozen_layer_uses_the_moving_statistics():
    layer = keras.layers.BatchNormalization()
    layer.build((2, 2, 2, 3))
    layer.trainable = False
    patch(layer)
    x = np.full((2, 2, 2, 3), 5.0, "float32")
    np.testing.assert_allclose(layer(x, training=True), x, rtol=1e-3)
    np.testing.assert_array_equal(layer.moving_mean, 0)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("mode", ["training", "frozen", "inference"])
def test_normalize_gradients_equal_keras(mode, policy):
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=(3, 4, 5, 6)).astype("float32")
    results = []
    for patched in (False, True):
        layer = keras.layers.BatchNormalization(dtype=policy)
        layer.build(x.shape)
        layer.gamma.assign(np.linspace(0.5, 2, 6))
        layer.trainable = mode != "frozen"
        if patched:
            patch(layer)
        inputs = tf.constant(x)
        sources = [inputs, layer.gamma.value, layer.beta.value]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            y = tf.cast(layer(inputs, training=mode != "inference"), "float32")
            loss = tf.reduce_sum(y * np.sin(np.arange(360)).reshape(y.shape))
        results.append([y, *tape.gradient(loss, sources)])
    tolerance = 1e-4 if policy == "float32" else 3e-2
    for a, b in zip(*results, strict=True):
        scale = np.abs(b).max()
        np.testing.assert_allclose(a, b, atol=tolerance * scale)
