"""Random crop with padding, and random horizontal flip."""

from __future__ import annotations

import tensorflow as tf

#: Maximum padding for which `random_crop` selects columns instead of
#: gathering them.
MAX_SELECT_PADDING = 8


def random_crop(
    pixels: tf.Tensor, padding: int, key: tf.Tensor, *, xla: bool = True
) -> tf.Tensor:
    """Pad each image with zeros and crop it to its size at a random offset.

    The offsets of each image are uniform integers in [0, 2 * padding].

    Args:
        pixels: Images [images, height, width, channels] of any type.
        padding: Padding on each side in pixels; 0 returns the images as they
            are.
        key: int32 key [2].
        xla: Whether XLA compiles the function; the result is the same.
            Defaults to True.

    Returns:
        Images of the same shape and type.
    """
    if not padding:
        return pixels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    offsets = tf.random.stateless_uniform(
        (count, 2), key, 0, 2 * padding + 1, tf.int32
    )
    paddings = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    padded = tf.pad(pixels, paddings)
    row_indices = offsets[:, :1] + tf.range(height)
    rows = tf.gather(padded, row_indices, axis=1, batch_dims=1)
    if not xla or padding > MAX_SELECT_PADDING:
        columns = offsets[:, 1:] + tf.range(width)
        return tf.gather(rows, columns, axis=2, batch_dims=1)
    # A gather of columns moves three bytes at a time. XLA fuses these
    # selects with the operations that follow, which takes two thirds of the
    # time.
    offset = offsets[:, 1][:, None, None, None]
    cropped = rows[:, :, :width]
    for start in range(1, 2 * padding + 1):
        cropped = tf.where(
            offset == start, rows[:, :, start : start + width], cropped
        )
    return cropped


def random_flip(pixels: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Flip each image horizontally with probability 0.5.

    Args:
        pixels: Images [images, height, width, channels] of any type.
        key: int32 key [2].

    Returns:
        Images of the same shape and type.
    """
    flips = tf.random.stateless_uniform(
        (tf.shape(pixels)[0], 1, 1, 1), key, 0, 2, tf.int32
    )
    return tf.where(flips == 1, tf.reverse(pixels, [2]), pixels)
