"""What patched layers compute."""

import keras
import numpy as np
import tensorflow as tf

from seal_tf.fast_ops.choices import Choices, TensorFlowChoices
from seal_tf.fast_ops.convolution import forward, operation
from seal_tf.fast_ops.convolution.geometry import Geometry
from seal_tf.fast_ops.operations import MeasuredOperations, Operations

GEOMETRY = Geometry(2, 4, 4, 3, 4, 3, 1, "SAME", "float32")


def _tensors():
    rng = np.random.default_rng(0)
    shapes = (GEOMETRY.input_shape, GEOMETRY.kernel_shape)
    return [tf.cast(rng.normal(size=s), "float32") for s in shapes]


def test_operations_compute_the_chosen_algorithm(monkeypatch):
    calls, products = [], forward.products

    def counting(*arguments):
        calls.append(1)
        return products(*arguments)

    monkeypatch.setattr(forward, "products", counting)
    choice = operation.default_choice() | {"forward": "products"}
    x, kernel = _tensors()
    expected = tf.nn.conv2d(x, kernel, 1, "SAME")
    chosen = Operations(Choices({GEOMETRY.key: choice}))
    result = chosen.convolve(x, kernel, 1, "SAME")
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
    assert calls == [1]
    Operations(TensorFlowChoices()).convolve(x, kernel, 1, "SAME")
    assert calls == [1]


def test_measured_operations_record_convolutions_and_the_largest_norm():
    operations = MeasuredOperations(TensorFlowChoices())
    x, kernel = _tensors()
    operations.convolve(x, kernel, 1, "SAME")
    operations.convolve(x, kernel, 1, "SAME")
    operations.convolve(x, kernel, 2, "SAME")
    strided = Geometry(2, 4, 4, 3, 4, 3, 2, "SAME", "float32")
    assert operations.geometries == {GEOMETRY: 2, strided: 1}
    assert operations.by_cost() == [GEOMETRY, strided]
    layer = keras.layers.BatchNormalization()
    layer.build(x.shape)
    assert operations.largest is None
    operations.normalize(layer, x, True)
    operations.normalize(layer, x[:1], True)
    assert operations.largest == (layer, (2, 4, 4, 3))


def test_measured_operations_compute_the_same():
    choice = {
        "forward": "im2col",
        "input_gradient": "products",
        "kernel_gradient": "direct",
    }
    x, kernel = _tensors()
    operations = MeasuredOperations(Choices({GEOMETRY.key: choice}))
    result = operations.convolve(x, kernel, 1, "SAME")
    expected = tf.nn.conv2d(x, kernel, 1, "SAME")
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
