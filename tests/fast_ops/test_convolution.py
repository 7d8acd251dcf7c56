"""Convolutions against Keras and NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seal_tf.fast_ops import convolution as conv
from seal_tf.fast_ops.layer_patch import patch_layers
from seal_tf.utils.patching import AttributePatcher
from tests.fast_ops.gradients import value_and_gradients


def _numpy_conv(x, kernel, stride, before, output_size):
    """y[b, i, j] = sum over p, q of x[b, s i + p, s j + q] kernel[p, q]."""
    size = kernel.shape[0]
    x = np.pad(x, ((0, 0), (before, size), (before, size), (0, 0)))
    y = np.zeros((len(x), *output_size, kernel.shape[-1]))
    for i in range(output_size[0]):
        for j in range(output_size[1]):
            a, b = stride * i, stride * j
            patch = x[:, a : a + size, b : b + size]
            y[:, i, j] = np.einsum("bpqc,pqcf->bf", patch, kernel)
    return y


@pytest.mark.parametrize(
    "height,width,channels,filters,size,stride,padding",
    [
        (4, 6, 3, 5, 1, 1, "valid"),
        (4, 6, 3, 5, 1, 2, "valid"),
        (5, 7, 3, 5, 1, 2, "same"),  # odd sizes: no reshape
        (4, 4, 64, 160, 3, 1, "same"),
        (6, 6, 64, 160, 3, 2, "valid"),
        (5, 7, 64, 160, 3, 2, "valid"),
        (7, 7, 64, 160, 5, 3, "valid"),
        (4, 4, 3, 2, 3, 1, "same"),  # few channels: TensorFlow's gradient
    ],
)
def test_convolution_and_its_gradients_equal_keras_and_numpy(
    height, width, channels, filters, size, stride, padding
):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, height, width, channels)).astype("float32")
    layer = keras.layers.Conv2D(
        filters, size, stride, padding=padding, use_bias=False
    )
    layer.build(x.shape)
    kernel = layer.kernel.numpy()
    expected = value_and_gradients(layer.convolution_op, x, kernel)
    assert patch_layers(layer, AttributePatcher()) == 1
    results = value_and_gradients(layer.convolution_op, x, kernel)
    for a, b in zip(results, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-4)
    before = size // 2 if padding == "same" and stride == 1 else 0
    reference = _numpy_conv(x, kernel, stride, before, results[0].shape[1:3])
    np.testing.assert_allclose(results[0], reference, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("images", "size", "filters", "expected"),
    [(3, 4, 160, True), (32, 16, 64, False), (None, 2, 512, True)],
)
def test_products_are_faster_for_many_filters_on_small_maps(
    images, size, filters, expected
):
    """The cases of the test above are on both sides of this choice."""
    x = keras.KerasTensor((images, size, size, 64), "float32")
    dy = keras.KerasTensor((images, size, size, filters), "float32")
    assert conv._products_are_faster(x, dy) is expected


@pytest.mark.parametrize("stride,padding", [(1, "SAME"), (2, "VALID")])
def test_convolution_in_bfloat16_is_close_to_float32(stride, padding):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 5, 5, 64)), rng.normal(size=(3, 3, 64, 64))
    x, kernel = (tf.cast(v, tf.bfloat16) for v in (x, kernel))

    def fast(x, kernel):
        return conv.convolution(x, kernel, stride, padding)

    def float32(x, kernel):
        x, kernel = tf.cast(x, "float32"), tf.cast(kernel, "float32")
        return tf.nn.conv2d(x, kernel, stride, padding)

    pairs = zip(
        value_and_gradients(fast, x, kernel),
        value_and_gradients(float32, x, kernel),
        strict=True,
    )
    for a, b in pairs:
        scale = np.abs(tf.cast(b, "float32").numpy()).max()
        difference = tf.cast(a, "float32") - tf.cast(b, "float32")
        assert np.abs(difference).max() < 0.02 * scale
