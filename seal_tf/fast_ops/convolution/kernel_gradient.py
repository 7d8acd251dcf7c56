"""Algorithms for the gradient of the kernel of a convolution.

Each function takes (geometry, input [images, height, width, channels],
gradient of the output [images, output height, output width, filters]) and
returns the gradient of the kernel. None needs more multiply-adds than the
direct form.
"""

from __future__ import annotations

import tensorflow as tf

from seal_tf.fast_ops.convolution.candidates import (
    Algorithm,
    applicable,
    in_float32,
)
from seal_tf.fast_ops.convolution.geometry import Geometry, Shape
from seal_tf.fast_ops.convolution.patches import patch_matrix, patches


def direct(geometry: Geometry, x: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Compute the gradient with TensorFlow's operation."""
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x,
        filter_sizes=geometry.kernel_shape,
        out_backprop=dy,
        strides=[1, geometry.stride, geometry.stride, 1],
        padding=geometry.padding,
    )


def im2col(geometry: Geometry, x: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Compute one matrix product of all patches with the gradient."""
    taps = geometry.taps
    rows = tf.reshape(dy, (-1, geometry.filters))
    product = tf.matmul(patch_matrix(geometry, x), rows, transpose_a=True)
    if len(taps) == geometry.size**2:
        return tf.reshape(product, geometry.kernel_shape)
    return _at_taps(geometry, tf.split(product, len(taps)))


def products(geometry: Geometry, x: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Compute one matrix product for each kernel position."""
    rows = tf.reshape(dy, (-1, geometry.filters))
    parts = patches(geometry, x, geometry.taps)
    return _at_taps(
        geometry, [tf.matmul(p, rows, transpose_a=True) for p in parts]
    )


def _at_taps(geometry: Geometry, parts: list[tf.Tensor]) -> tf.Tensor:
    """Put the parts of the kernel together; zeros elsewhere."""
    by_tap = dict(zip(geometry.taps, parts, strict=True))
    zeros = tf.zeros_like(parts[0])
    positions = range(geometry.size)
    stacked = tf.stack(
        [by_tap.get((i, j), zeros) for i in positions for j in positions]
    )
    return tf.reshape(stacked, geometry.kernel_shape)


def candidates(geometry: Geometry) -> dict[str, Algorithm]:
    """Return the algorithms for a geometry; the first one is the default."""
    return applicable(
        geometry,
        {
            "direct": direct,
            "im2col": im2col,
            "products": products,
            "float32": in_float32(direct),
        },
    )


def input_shapes(geometry: Geometry) -> tuple[Shape, Shape]:
    """Return the shapes of the two tensors that an algorithm takes."""
    return geometry.input_shape, geometry.output_shape
