"""The fused batch normalization against Keras' own."""

import time

import keras
import numpy as np

from seal_tf.fast_ops import batch_normalization_timing as module


def test_is_fused_faster_compares_both_on_a_copy(monkeypatch):
    layer = keras.layers.BatchNormalization()
    layer.build((2, 4, 4, 3))
    before = [np.array(v) for v in layer.variables]
    # 4 images of 4 x 4 x 3 are more than this.
    monkeypatch.setattr(module, "MAX_ELEMENTS", 100)
    shapes = []

    def slow(copy, x, training):
        shapes.append(tuple(x.shape))
        assert copy is not layer

        return keras.ops.convert_to_tensor(x) + _delay()

    def _delay():
        import tensorflow as tf

        return tf.py_function(lambda: time.sleep(0.2) or 0.0, [], "float32")

    monkeypatch.setattr(module, "normalize", slow)
    assert module.is_fused_faster(layer, (4, 4, 4, 3)) is False
    assert shapes == [(2, 4, 4, 3)]
    for a, b in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(a, b)
