"""Which layers are patched, and when Keras' own operation runs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.fast_ops.patched import patch


class _ConvSubclass(keras.layers.Conv2D):
    pass


UNSUPPORTED = {
    "groups": lambda: keras.layers.Conv2D(4, 3, groups=2, padding="same"),
    "dilation": lambda: keras.layers.Conv2D(4, 3, dilation_rate=2),
    "strides": lambda: keras.layers.Conv2D(4, 3, (1, 2)),
    "kernel size": lambda: keras.layers.Conv2D(4, (1, 3)),
    "subclass": lambda: _ConvSubclass(4, 1),
    "renorm": lambda: keras.layers.BatchNormalization(renorm=True),
    "synchronized": lambda: keras.layers.BatchNormalization(synchronized=True),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3),
    "dense": lambda: keras.layers.Dense(3),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_patch_layers_with_unsupported_layer_patches_nothing(case):
    layer = UNSUPPORTED[case]()
    layer.build((None, 4) if case == "dense" else (None, 8, 8, 4))
    assert patch(layer) == 0


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: keras.layers.BatchNormalization(), (4, 3)),
        (lambda: keras.layers.BatchNormalization(1), (4, 3, 2, 2)),
        (lambda: keras.layers.Conv2D(2, 1, dtype="float16"), (1, 2, 2, 3)),
    ],
    ids=["vectors", "another axis", "float16"],
)
def test_patched_layer_with_unsupported_input_equals_keras(make, shape):
    layer = make()
    layer.build(shape)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    expected = layer(x).numpy()
    assert patch(layer) == 1
    np.testing.assert_array_equal(layer(x), expected)


def test_patched_batch_normalization_with_mask_equals_keras():
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    mask = np.arange(32).reshape(2, 4, 4) % 3 > 0
    patched = keras.layers.BatchNormalization()
    plain = keras.layers.BatchNormalization()
    assert patch(patched) == 1
    np.testing.assert_array_equal(
        patched(x, training=True, mask=mask),
        plain(x, training=True, mask=mask),
    )


def test_patched_convolution_of_unknown_size_equals_keras():
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    inputs = keras.Input((None, None, 3))
    layer = keras.layers.Conv2D(2, 1, 2)
    model = keras.Model(inputs, layer(inputs))
    expected = model(x).numpy()
    patch(model)
    signature = [tf.TensorSpec((None, None, None, 3))]
    run = tf.function(lambda x: model(x), input_signature=signature)
    np.testing.assert_array_equal(run(x), expected)
