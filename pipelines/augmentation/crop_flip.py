"""Random crop with padding, and flip: the papers' recipe."""

from __future__ import annotations

import tensorflow as tf

#: Padding up to which columns are chosen by selects.
MOST_SELECTS = 8


def random_crop(pixels, padding: int, seed, *, xla=True):
    """Pads with zeros on all sides and cuts the same size out again.

    Each image has an offset of its own, uniform in 0 … 2 * padding.

    Args:
        pixels: [images, height, width, channels].
        padding: Pixels on each side; 0 changes nothing.
        seed: int [2].
        xla: Whether XLA is to compile it; the bytes are the same.
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
    found = tf.gather(padded, rows, axis=1, batch_dims=1)
    if not xla or padding > MOST_SELECTS:
        columns = offsets[:, 1:] + tf.range(width)
        return tf.gather(found, columns, axis=2, batch_dims=1)
    # A gather of columns moves three bytes at a time; XLA makes one loop of
    # these, and of what comes after, in two thirds of the time.
    left = offsets[:, 1][:, None, None, None]
    cut = found[:, :, :width]
    for start in range(1, 2 * padding + 1):
        cut = tf.where(left == start, found[:, :, start : start + width], cut)
    return cut


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
