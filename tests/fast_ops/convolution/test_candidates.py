"""Which algorithms apply to a geometry, and the cast to float32."""

import dataclasses

import tensorflow as tf

from seal_tf.fast_ops.convolution.candidates import applicable, in_float32
from seal_tf.fast_ops.convolution.geometry import Geometry

GEOMETRY = Geometry(2, 8, 8, 4, 4, 3, 1, "SAME", "float32")


def _names(**sizes):
    names = ("float32", "direct", "flipped", "products")
    algorithms = dict.fromkeys(names, lambda geometry, a, b: a)
    return list(applicable(dataclasses.replace(GEOMETRY, **sizes), algorithms))


def test_applicable_keeps_the_order_and_what_the_geometry_allows():
    assert _names() == ["direct", "flipped", "products"]
    assert _names(stride=2) == ["direct", "products"]
    assert _names(size=1) == ["direct"]
    assert _names(size=1, dtype="bfloat16") == ["float32", "direct"]


def test_in_float32_casts_the_tensors_and_the_result():
    def add(geometry, a, b):
        assert a.dtype == b.dtype == tf.float32
        return a + b

    x = tf.constant([1.0, 2.0], tf.bfloat16)
    result = in_float32(add)(GEOMETRY, x, x)
    assert result.dtype == tf.bfloat16 and result.numpy().tolist() == [2, 4]
