"""Algorithms for the forward pass of a convolution.

Each function takes (geometry, input [images, height, width, channels], kernel
[size, size, channels, filters]) and returns the output. None needs more
multiply-adds than the direct form.
"""

from __future__ import annotations

import tensorflow as tf

from seal_tf.fast_ops.convolution.candidates import (
    Algorithm,
    applicable,
    in_float32,
)
from seal_tf.fast_ops.convolution.geometry import Geometry, Shape
from seal_tf.fast_ops.convolution.patches import (
    kernel_matrix,
    patch_matrix,
    patches,
)


def direct(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute the output with TensorFlow's operation."""
    return tf.nn.conv2d(x, kernel, geometry.stride, geometry.padding)


def im2col(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute one matrix product of all patches with the kernel."""
    matrix = kernel_matrix(geometry, kernel)
    return _to_images(geometry, tf.matmul(patch_matrix(geometry, x), matrix))


def products(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Add one matrix product for each kernel position."""
    taps = geometry.taps
    pairs = zip(patches(geometry, x, taps), taps, strict=True)
    return _to_images(
        geometry, tf.add_n([tf.matmul(p, kernel[i, j]) for p, (i, j) in pairs])
    )


def _to_images(geometry: Geometry, y: tf.Tensor) -> tf.Tensor:
    shape = (-1, geometry.rows.output, geometry.columns.output)
    return tf.reshape(y, (*shape, geometry.filters))


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
    return geometry.input_shape, geometry.kernel_shape
