"""Algorithms for the gradient of the input of a convolution.

Each function takes (geometry, kernel [size, size, channels, filters], gradient
of the output [images, output height, output width, filters]) and returns the
gradient of the input. None needs more multiply-adds than the direct form.
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
    fold,
    kernel_matrix,
    upsample,
)


def direct(geometry: Geometry, kernel: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Compute the gradient with TensorFlow's operation."""
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=(
            tf.shape(dy)[0],
            geometry.height,
            geometry.width,
            geometry.channels,
        ),
        filter=kernel,
        out_backprop=dy,
        strides=[1, geometry.stride, geometry.stride, 1],
        padding=geometry.padding,
    )


def flipped(geometry: Geometry, kernel: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Convolve the gradient with the flipped kernel; stride 1 only."""
    kernel = tf.transpose(tf.reverse(kernel, [0, 1]), (0, 1, 3, 2))
    last = geometry.size - 1
    padding = [
        (last - axis.before, last - axis.after)
        for axis in (geometry.rows, geometry.columns)
    ]
    if geometry.padding == "SAME" and padding == [(last // 2, last // 2)] * 2:
        return tf.nn.conv2d(dy, kernel, 1, "SAME")
    dy = tf.pad(dy, ((0, 0), *padding, (0, 0)))
    return tf.nn.conv2d(dy, kernel, 1, "VALID")


def product_and_fold(
    geometry: Geometry, kernel: tf.Tensor, dy: tf.Tensor
) -> tf.Tensor:
    """Compute one matrix product, and add the parts at their places."""
    taps, channels = geometry.taps, geometry.channels
    filters, (_, height, width, _) = geometry.filters, dy.shape
    rows = tf.reshape(dy, (-1, filters))
    if len(taps) == 1:
        ((i, j),) = taps
        parts = [tf.matmul(rows, kernel[i, j], transpose_b=True)]
    else:
        matrix = kernel_matrix(geometry, kernel)
        columns = tf.matmul(rows, matrix, transpose_b=True)
        parts = tf.split(columns, len(taps), axis=1)
    parts = [tf.reshape(p, (-1, height, width, channels)) for p in parts]
    if geometry.size == 1:
        return upsample(parts[0], geometry)
    return fold(geometry, parts, taps)


def products(geometry: Geometry, kernel: tf.Tensor, dy: tf.Tensor) -> tf.Tensor:
    """Add one matrix product for each kernel position at its place."""
    taps, (_, height, width, _) = geometry.taps, dy.shape
    rows = tf.reshape(dy, (-1, geometry.filters))
    parts = [tf.matmul(rows, kernel[i, j], transpose_b=True) for i, j in taps]
    shape = (-1, height, width, geometry.channels)
    return fold(geometry, [tf.reshape(p, shape) for p in parts], taps)


def candidates(geometry: Geometry) -> dict[str, Algorithm]:
    """Return the algorithms for a geometry; the first one is the default."""
    return applicable(
        geometry,
        {
            "direct": direct,
            "product_and_fold": product_and_fold,
            "products": products,
            "flipped": flipped,
            "float32": in_float32(direct),
        },
    )


def input_shapes(geometry: Geometry) -> tuple[Shape, Shape]:
    """Return the shapes of the two tensors that an algorithm takes."""
    return geometry.kernel_shape, geometry.output_shape
