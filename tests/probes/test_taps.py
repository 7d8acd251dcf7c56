"""Taps of sequential, nested and subclassed models."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.probes import taps


def sequential(size=16):
    """Return a convolutional Sequential without blocks."""
    layers = [keras.layers.Conv2D(4, 3, name=f"c{i}") for i in range(3)]
    return keras.Sequential(
        [
            keras.Input((size, size, 3)),
            *layers,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5, name="head"),
        ],
        name="plain",
    )


def tap_names(model, *names, shape=(16, 16, 3)):
    names = names or ("blocks",)
    return [tap.name for tap in taps.select_taps(model, shape, names)]


def test_select_taps_without_blocks_selects_feature_maps():
    assert tap_names(sequential()) == ["c0", "c1", "c2", "penultimate"]
    assert tap_names(sequential(), "penultimate") == ["penultimate"]
    assert tap_names(sequential(), "c[12]", "c2", "c0") == ["c0", "c1", "c2"]


def test_select_taps_of_resnet_selects_blocks_or_stages():
    from seal_tf import models

    model = models.build("resnet18", (32, 32, 3), 4)
    blocks = [f"conv{s}_block{b}_out" for s in (2, 3, 4, 5) for b in (1, 2)]
    assert tap_names(model, shape=(32, 32, 3)) == [*blocks, "penultimate"]
    assert tap_names(model, "stages", shape=(32, 32, 3)) == [
        *blocks[1::2],
        "penultimate",
    ]


def test_run_with_taps_reaches_into_a_nested_model():
    inner = sequential()
    outer = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255), inner]
    )
    assert tap_names(outer) == ["c0", "c1", "c2", "penultimate"]
    selected = taps.select_taps(outer, (16, 16, 3))
    x = np.random.default_rng(0).uniform(size=(2, 16, 16, 3)).astype("f4")
    outputs, activations = taps.run_with_taps(outer, selected, x * 255)
    reference = keras.Model(inner.inputs[0], inner.get_layer("c1").output)(x)
    np.testing.assert_allclose(activations["c1"], reference, atol=1e-6)
    np.testing.assert_allclose(outputs, inner(x), atol=1e-6)
    # The patch of `call` is removed.
    assert all("call" not in vars(layer) for layer in inner.layers)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Conv2D(4, 3)
        self.second = keras.layers.Dense(3)

    def call(self, x):
        return self.second(tf.reduce_mean(self.first(x), [1, 2]))


def test_select_taps_of_subclassed_and_headless_models():
    model = Subclassed()
    model(np.zeros((1, 8, 8, 3)))
    assert len(tap_names(model, shape=(8, 8, 3))) == 2
    headless = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="only")]
    )
    selected = taps.select_taps(headless, (8, 8, 3), ["penultimate"])
    assert selected[0].layer is None
    assert selected[0].shape == (6, 6, 4)


def test_select_taps_leaves_the_call_that_a_layer_has():
    """Of an adapter, or a callback in the middle of a fit."""
    model = sequential()
    layer = model.get_layer("c1")
    plain = layer.call
    layer.call = lambda *args, **kwargs: 2 * plain(*args, **kwargs)
    own = layer.call
    assert tap_names(model)
    assert layer.call is own
    assert all("call" not in vars(o) for o in model.layers if o is not layer)


def test_select_taps_without_a_match_raises():
    with pytest.raises(ValueError, match="taps=cc0; did you mean c0"):
        tap_names(sequential(), "cc0")
    with pytest.raises(ValueError, match="regular expressions .* taps=c"):
        tap_names(sequential(), "c[")


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7])
def test_pool_activation_equals_numpy(length):
    """Bin i of n spans floor(i L / n) to ceil((i + 1) L / n)."""
    x = np.random.default_rng(0).normal(size=(2, length, length, 3))
    edges = [
        (int(np.floor(i * length / 2)), int(np.ceil((i + 1) * length / 2)))
        for i in range(2)
    ]
    expected = np.concatenate(
        [x[:, a:b, c:d].mean((1, 2)) for a, b in edges for c, d in edges], 1
    )
    np.testing.assert_allclose(taps.pool_activation(x, 2), expected, rtol=1e-5)


def test_pool_activation_of_tokens_averages_and_of_vectors_copies():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_allclose(taps.pool_activation(tf.constant(x)), x.mean(1))
    flat = taps.pool_activation(tf.constant(x[:, 0], tf.float16))
    assert flat.dtype == tf.float32
    np.testing.assert_allclose(flat, x[:, 0])
