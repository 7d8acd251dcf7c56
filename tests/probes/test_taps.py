"""Where networks are tapped: ours, Keras' own, nested, subclassed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.probes import taps


def plain(size=16):
    """A convolutional Sequential without blocks."""
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


def names(model, *wanted, shape=(16, 16, 3)):
    return [t.name for t in taps.choose(model, shape, wanted or ("blocks",))]


def test_a_network_without_blocks():
    assert names(plain()) == ["c0", "c1", "c2", "penultimate"]
    assert names(plain(), "penultimate") == ["penultimate"]
    assert names(plain(), "c[12]", "c2", "c0") == ["c0", "c1", "c2"]


def test_blocks_and_stages():
    from seal_tf import models

    model = models.build("resnet18", (32, 32, 3), 4)
    blocks = [f"conv{s}_block{b}_out" for s in (2, 3, 4, 5) for b in (1, 2)]
    assert names(model, shape=(32, 32, 3)) == [*blocks, "penultimate"]
    assert names(model, "stages", shape=(32, 32, 3)) == [
        *blocks[1::2],
        "penultimate",
    ]


def test_inside_a_nested_model():
    inner = plain()
    outer = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Rescaling(1 / 255), inner]
    )
    assert names(outer) == ["c0", "c1", "c2", "penultimate"]
    chosen = taps.choose(outer, (16, 16, 3))
    x = np.random.default_rng(0).uniform(size=(2, 16, 16, 3)).astype("f4")
    outputs, found = taps.run(outer, chosen, x * 255)
    reference = keras.Model(inner.inputs[0], inner.get_layer("c1").output)(x)
    np.testing.assert_allclose(found["c1"], reference, atol=1e-6)
    np.testing.assert_allclose(outputs, inner(x), atol=1e-6)
    # The layers were only lent their recorder.
    assert all("call" not in vars(layer) for layer in inner.layers)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Conv2D(4, 3)
        self.second = keras.layers.Dense(3)

    def call(self, x):
        return self.second(tf.reduce_mean(self.first(x), [1, 2]))


def test_subclassed_and_headless():
    model = Subclassed()
    model(np.zeros((1, 8, 8, 3)))
    assert len(names(model, shape=(8, 8, 3))) == 2
    headless = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="only")]
    )
    chosen = taps.choose(headless, (8, 8, 3), ["penultimate"])
    assert chosen[0].layer is None
    assert chosen[0].shape == (6, 6, 4)


def test_what_fits_nothing():
    with pytest.raises(ValueError, match="--taps=cc0: no layer .* mean c0"):
        names(plain(), "cc0")
    with pytest.raises(ValueError, match="no pattern"):
        names(plain(), "c[")


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7])
def test_pooling_against_numpy(length):
    """Bin i of n spans floor(i L / n) to ceil((i + 1) L / n)."""
    x = np.random.default_rng(0).normal(size=(2, length, length, 3))
    edges = [
        (int(np.floor(i * length / 2)), int(np.ceil((i + 1) * length / 2)))
        for i in range(2)
    ]
    wanted = np.concatenate(
        [x[:, a:b, c:d].mean((1, 2)) for a, b in edges for c, d in edges], 1
    )
    np.testing.assert_allclose(taps.pooled(x, 2), wanted, rtol=1e-5)


def test_pooling_of_tokens_and_vectors():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_allclose(taps.pooled(tf.constant(x)), x.mean(1))
    flat = taps.pooled(tf.constant(x[:, 0], tf.float16))
    assert flat.dtype == tf.float32
    np.testing.assert_allclose(flat, x[:, 0])
