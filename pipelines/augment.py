"""Stateless augmentation of whole batches, compiled by XLA.

Every function is pure: what it draws is keyed by the seeds it is given, so
the same (seed, epoch, step) gives the same batch, whatever the parallelism.
Only integers are drawn, under seeds that are not negative: XLA and a plain
graph agree on those, and on no others.
"""

from __future__ import annotations

import tensorflow as tf

#: Mean and standard deviation of ImageNet's channels, of pixels in [0, 1].
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalise(pixels):
    """uint8 images to float32, less mean, by standard deviation.

    ImageNet's mean and deviation for three channels (the recipe of SEAL's
    official code); 0.5 and 0.5 for one.

    Args:
        pixels: uint8 or float [images, height, width, channels], in
            0 … 255.
    """
    color = pixels.shape[-1] == 3
    mean = tf.constant(IMAGENET_MEAN if color else (0.5,))
    std = tf.constant(IMAGENET_STD if color else (0.5,))
    # One multiply and one add a pixel.
    return tf.cast(pixels, tf.float32) * (1 / (255 * std)) - mean / std


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
    count, height, width, _ = pixels.shape
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
        (pixels.shape[0], 1, 1, 1), seed, 0, 2, tf.int32
    )
    return tf.where(flips == 1, tf.reverse(pixels, [2]), pixels)


def step_seed(seed: int, epoch, step):
    """The seed of one step's batch: int32 [2], not negative.

    Args:
        seed: Seed of the run, at least 0.
        epoch: Epoch of the run.
        step: Step within the epoch.
    """
    key = tf.constant([seed, 0], tf.int32)
    for number in (epoch, step):
        number = tf.cast(number, tf.int32)
        key = _not_negative(tf.random.fold_in(key, number))
    return key


def split_seed(key, count: int = 2):
    """Independent seeds from one: int32 [count, 2], not negative."""
    return _not_negative(tf.random.split(key, count))


def _not_negative(key):
    # XLA and a plain graph read a negative seed differently (TensorFlow
    # 2.21: one extends its sign, the other does not).
    return tf.bitwise.bitwise_and(key, 0x7FFFFFFF)
