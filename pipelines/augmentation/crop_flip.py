"""Random crop with padding, and flip: the papers' recipe."""

from __future__ import annotations

import tensorflow as tf


def random_crop(pixels, padding: int, seed):
    """Pads with zeros on all sides and cuts the same size out again.

    Each image has an offset of its own, uniform in 0 … 2 * padding.

    Args:
        pixels: [images, height, width, channels].
        padding: Pixels on each side; 0 changes nothing.
        seed: int [2].
    """
    if not padding:
        return pixels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    offsets = tf.random.stateless_uniform(
        (count, 2), seed, 0, 2 * padding + 1, tf.int32
    )
    frame = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    padded = tf.pad(pixels, frame)
    rows = offsets[:, :1] + tf.range(height)
    columns = offsets[:, 1:] + tf.range(width)
    padded = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(padded, columns, axis=2, batch_dims=1)


def random_flip(pixels, seed):
    """Mirrors each image left to right with probability one half.

    Args:
        pixels: [images, height, width, channels].
        seed: int [2].
    """
    flips = tf.random.stateless_uniform(
        (tf.shape(pixels)[0], 1, 1, 1), seed, 0, 2, tf.int32
    )
    return tf.where(flips == 1, tf.reverse(pixels, [2]), pixels)
