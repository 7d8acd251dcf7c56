"""Convolutions by the operations that are fast on a CPU."""

from __future__ import annotations

import tensorflow as tf


def pointwise(x, kernel, stride: int):
    """A 1x1 convolution: a matrix product.

    Args:
        x: [images, height, width, channels], all but the first known.
        kernel: [1, 1, channels, filters].
        stride: Of both directions.
    """
    x = _subsampled(x, stride)
    _, height, width, channels = x.shape
    filters = kernel.shape[-1]
    y = tf.matmul(
        tf.reshape(x, (-1, channels)), tf.reshape(kernel, (channels, filters))
    )
    return tf.reshape(y, (-1, height, width, filters))


def convolution(x, kernel, stride: int, padding: str):
    """A convolution whose kernel's gradient is a sum of matrix products.

    That is where oneDNN's own takes longest: many channels on small maps,
    and bfloat16 above all. Elsewhere the gradient is TensorFlow's.

    Args:
        x: [images, height, width, channels], all but the first known.
        kernel: [size, size, channels, filters].
        stride: Of both directions.
        padding: "SAME" or "VALID"; "SAME" with stride 1 only, and an odd
            size.
    """

    @tf.custom_gradient
    def convolved(x, kernel):
        def gradient(dy):
            dx = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(x),
                filter=kernel,
                out_backprop=dy,
                strides=[1, stride, stride, 1],
                padding=padding,
            )
            if _by_products(x, dy):
                return dx, _kernel_gradient(x, dy, kernel, stride, padding)
            return dx, tf.raw_ops.Conv2DBackpropFilter(
                input=x,
                filter_sizes=kernel.shape,
                out_backprop=dy,
                strides=[1, stride, stride, 1],
                padding=padding,
            )

        return tf.nn.conv2d(x, kernel, stride, padding), gradient

    return convolved(x, kernel)


def _by_products(x, dy) -> bool:
    """Whether products are the faster way; found by trying (2 cores)."""
    images, height, width, filters = dy.shape
    positions = (images or 32) * height * width
    share = 16 if x.dtype == tf.bfloat16 else 1
    return x.shape[-1] >= 64 and share * filters >= positions


def _kernel_gradient(x, dy, kernel, stride, padding):
    """One product of the moved input with dy for each place of the kernel."""
    size, _, channels, filters = kernel.shape
    _, height, width, _ = dy.shape
    if padding == "SAME":
        x = _padded(x, size // 2, size // 2)
    if stride > 1:
        # Places a stride apart become channels: a cut is then contiguous.
        x = _padded(x, 0, (-x.shape[1]) % stride, (-x.shape[2]) % stride)
        x = tf.nn.space_to_depth(x, stride)
    dy = tf.reshape(dy, (-1, filters))
    products = []
    for i in range(size):
        for j in range(size):
            first = ((i % stride) * stride + j % stride) * channels
            moved = tf.slice(
                x,
                (0, i // stride, j // stride, first),
                (-1, height, width, channels),
            )
            moved = tf.reshape(moved, (-1, channels))
            products.append(tf.matmul(moved, dy, transpose_a=True))
    return tf.reshape(tf.stack(products), kernel.shape)


def _padded(x, before, below, right=None):
    right = below if right is None else right
    if not (before or below or right):
        return x
    return tf.pad(x, ((0, 0), (before, below), (before, right), (0, 0)))


def _subsampled(x, stride):
    """Every stride-th place, from the first.

    By reshaping, where that goes: TensorFlow's strided slice and its gradient
    take five times as long.
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
