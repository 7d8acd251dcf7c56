"""Convolutions with operations that are fast on a CPU."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf


def pointwise(x: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Compute a 1x1 convolution as a matrix product.

    Args:
        x: [images, height, width, channels]; all sizes but the first are
            static.
        kernel: [1, 1, channels, filters].
        stride: Stride in both directions.

    Returns:
        [images, height / stride, width / stride, filters].
    """
    x = _subsampled(x, stride)
    _, height, width, channels = x.shape
    filters = kernel.shape[-1]
    y = tf.matmul(
        tf.reshape(x, (-1, channels)), tf.reshape(kernel, (channels, filters))
    )
    return tf.reshape(y, (-1, height, width, filters))


def convolution(
    x: tf.Tensor, kernel: tf.Tensor, stride: int, padding: str
) -> tf.Tensor:
    """Compute a convolution with a faster gradient of the kernel.

    The gradient of the kernel is a sum of matrix products where oneDNN's own
    is slow: many channels on small maps, and bfloat16. Elsewhere it is
    TensorFlow's.

    Args:
        x: [images, height, width, channels]; all sizes but the first are
            static.
        kernel: [size, size, channels, filters].
        stride: Stride in both directions.
        padding: "SAME" or "VALID". "SAME" requires stride 1 and an odd size.

    Returns:
        The convolution, as `tf.nn.conv2d` computes it.
    """

    @tf.custom_gradient
    def convolve(
        x: tf.Tensor, kernel: tf.Tensor
    ) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            dx = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(x),
                filter=kernel,
                out_backprop=dy,
                strides=[1, stride, stride, 1],
                padding=padding,
            )
            if _products_are_faster(x, dy):
                return dx, _kernel_gradient(x, dy, kernel, stride, padding)
            return dx, tf.raw_ops.Conv2DBackpropFilter(
                input=x,
                filter_sizes=kernel.shape,
                out_backprop=dy,
                strides=[1, stride, stride, 1],
                padding=padding,
            )

        return tf.nn.conv2d(x, kernel, stride, padding), gradient

    return convolve(x, kernel)


def _products_are_faster(x: tf.Tensor, dy: tf.Tensor) -> bool:
    """Whether matrix products are faster; measured on 2 cores."""
    images, height, width, filters = dy.shape
    positions = (images or 32) * height * width
    factor = 16 if x.dtype == tf.bfloat16 else 1
    return bool(x.shape[-1] >= 64 and factor * filters >= positions)


def _kernel_gradient(
    x: tf.Tensor, dy: tf.Tensor, kernel: tf.Tensor, stride: int, padding: str
) -> tf.Tensor:
    """One product of the shifted input with dy for each kernel position."""
    size, _, channels, filters = kernel.shape
    _, height, width, _ = dy.shape
    if padding == "SAME":
        x = _padded(x, size // 2, size // 2)
    if stride > 1:
        # Positions a stride apart become channels, so a slice is contiguous.
        x = _padded(x, 0, (-x.shape[1]) % stride, (-x.shape[2]) % stride)
        x = tf.nn.space_to_depth(x, stride)
    dy = tf.reshape(dy, (-1, filters))
    products = []
    for i in range(size):
        for j in range(size):
            first = ((i % stride) * stride + j % stride) * channels
            shifted = tf.slice(
                x,
                (0, i // stride, j // stride, first),
                (-1, height, width, channels),
            )
            shifted = tf.reshape(shifted, (-1, channels))
            products.append(tf.matmul(shifted, dy, transpose_a=True))
    return tf.reshape(tf.stack(products), kernel.shape)


def _padded(
    x: tf.Tensor, before: int, below: int, right: int | None = None
) -> tf.Tensor:
    right = below if right is None else right
    if not (before or below or right):
        return x
    return tf.pad(x, ((0, 0), (before, below), (before, right), (0, 0)))


def _subsampled(x: tf.Tensor, stride: int) -> tf.Tensor:
    """Every stride-th position, from the first.

    A reshape replaces the strided slice where possible: TensorFlow's strided
    slice and its gradient take five times as long.
    """
    _, height, width, channels = x.shape
    if stride == 1:
        return x
    if height % stride or width % stride:
        return x[:, ::stride, ::stride]
    height, width = height // stride, width // stride
    x = tf.reshape(x, (-1, height, stride, width, stride * channels))
    x = tf.slice(x, (0, 0, 0, 0, 0), (-1, height, 1, width, channels))
    return tf.reshape(x, (-1, height, width, channels))
