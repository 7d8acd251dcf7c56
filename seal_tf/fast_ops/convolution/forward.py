"""Algorithms for the forward pass of a convolution.

Each function takes (geometry, input [images, height, width, channels], kernel
[size, size, channels, filters]) and returns the output. None needs more
multiply-adds than the direct form.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from seal_tf.fast_ops.convolution.geometry import Geometry, Shape
from seal_tf.fast_ops.convolution.patches import patches

Function = Callable[[Geometry, tf.Tensor, tf.Tensor], tf.Tensor]


def direct(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute the output with TensorFlow's operation."""
    return tf.nn.conv2d(x, kernel, geometry.stride, geometry.padding)


def float32(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute the output in float32: bfloat16 is slow on some CPUs."""
    y = direct(geometry, tf.cast(x, "float32"), tf.cast(kernel, "float32"))
    return tf.cast(y, x.dtype)


def im2col(geometry: Geometry, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute one matrix product of all patches with the kernel."""
    taps = geometry.taps
    columns = patches(geometry, x, taps)
    if len(taps) < geometry.size**2:
        kernel = tf.stack([kernel[i, j] for i, j in taps])
    matrix = tf.reshape(kernel, (-1, geometry.filters))
    left = columns[0] if len(taps) == 1 else tf.concat(columns, 1)
    return _to_images(geometry, tf.matmul(left, matrix))


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


def candidates(geometry: Geometry) -> dict[str, Function]:
    """Return the algorithms for a geometry; the first one is the default."""
    found: dict[str, Function] = {"direct": direct, "im2col": im2col}
    if geometry.size > 1:
        found["products"] = products
    if geometry.dtype == "bfloat16":
        found["float32"] = float32
    return found


def input_shapes(geometry: Geometry) -> tuple[Shape, Shape]:
    """Return the shapes of the two tensors that an algorithm takes."""
    return geometry.input_shape, geometry.kernel_shape
