"""MixUp, CutMix and random erasing: what mixes or removes whole regions."""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf

from pipelines.augmentation.seeds import split_seed, uniform

#: Quantiles of Beta(alpha, alpha) that are drawn from.
QUANTILES = 4096


def mixup(pixels, labels, alpha: float, key):
    """A convex mix of each image with another of the batch, labels too.

    Zhang et al., ICLR 2018: one share a batch, drawn of Beta(alpha, alpha).

    Args:
        pixels: float [images, height, width, channels].
        labels: float [images, classes].
        alpha: 0 changes nothing.
        key: int32 [2].
    """
    if not alpha:
        return pixels, labels
    share, shift = _share_and_shift(alpha, tf.shape(pixels)[0], key)
    return tuple(
        share * x + (1 - share) * tf.roll(x, shift, 0) for x in (pixels, labels)
    )


def cutmix(pixels, labels, alpha: float, key):
    """A box of each image replaced by another image's, labels by its area.

    Yun et al., ICCV 2019: one box a batch.

    Args:
        pixels: float [images, height, width, channels].
        labels: float [images, classes].
        alpha: Of the Beta law of the share that stays; 0 changes nothing.
        key: int32 [2].
    """
    if not alpha:
        return pixels, labels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    keys = split_seed(key)
    share, shift = _share_and_shift(alpha, count, keys[0])
    size = tf.sqrt(1 - share)
    inside = _box(
        uniform(keys[1], (2, 1)), size[None], size[None], height, width
    )
    mixed = tf.where(inside[..., None], tf.roll(pixels, shift, 0), pixels)
    area = tf.reduce_mean(tf.cast(inside, tf.float32))
    return mixed, (1 - area) * labels + area * tf.roll(labels, shift, 0)


def erase(pixels, probability: float, key, fill=128.0):
    """A random box of some images made plain (Zhong et al., AAAI 2020).

    Area 2 to 33 % of the image, aspect ratio log-uniform in 0.3 … 3.3.

    Args:
        pixels: float [images, height, width, channels].
        probability: Share of the images.
        key: int32 [2].
        fill: What the box becomes.
    """
    if not probability:
        return pixels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    keys = split_seed(key, 4)
    area = uniform(keys[0], (count,), 0.02, 0.33)
    ratio = tf.exp(uniform(keys[1], (count,), -1.0, 1.0) * np.log(3.3))
    inside = _box(
        uniform(keys[2], (2, count)),
        tf.sqrt(area * ratio),
        tf.sqrt(area / ratio),
        height,
        width,
    )
    chosen = uniform(keys[3], (count, 1, 1)) < probability
    return tf.where((inside & chosen)[..., None], fill, pixels)


def _box(centre, tall, wide, height, width):
    """bool [boxes, height, width]: in a box around a centre, all shares."""
    row = (tf.range(height, dtype=tf.float32)[None] + 0.5) / height
    column = (tf.range(width, dtype=tf.float32)[None] + 0.5) / width
    rows = tf.abs(row - centre[0][:, None]) < tall[:, None] / 2
    columns = tf.abs(column - centre[1][:, None]) < wide[:, None] / 2
    return rows[:, :, None] & columns[:, None, :]


def _share_and_shift(alpha, count, key):
    """The share that stays, and how far away in the batch the partner is.

    The order of a batch is random already.
    """
    keys = split_seed(key)
    drawn = tf.random.stateless_uniform((), keys[0], 0, QUANTILES, tf.int32)
    share = tf.gather(tf.constant(_beta_quantiles(alpha)), drawn)
    shift = tf.random.stateless_uniform(
        (), keys[1], 1, tf.maximum(count, 2), tf.int32
    )
    return share, shift


@functools.cache
def _beta_quantiles(alpha):
    """Beta draws by a table: integers are what XLA and a graph agree on."""
    from scipy.stats import beta

    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return beta.ppf(middles, alpha, alpha).astype(np.float32)
