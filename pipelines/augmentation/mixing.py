"""MixUp, CutMix and random erasing."""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf

from pipelines.augmentation.seeds import split_seed, uniform

#: Number of quantiles that represent the distribution Beta(alpha, alpha).
QUANTILES = 4096


def mixup(
    pixels: tf.Tensor, labels: tf.Tensor, alpha: float, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mix each image, and its label, with another image of the batch.

    x' = lambda x_i + (1 - lambda) x_j, with one lambda of the distribution
    Beta(alpha, alpha) for the batch. Source: Zhang et al., "mixup: Beyond
    Empirical Risk Minimization", ICLR 2018, equation 2.

    Args:
        pixels: float images [images, height, width, channels].
        labels: float labels [images, classes].
        alpha: Parameter of the Beta distribution; 0 returns the images as
            they are.
        key: int32 key [2].

    Returns:
        The mixed images and labels.
    """
    if not alpha:
        return pixels, labels
    weight, shift = _draw_weight_and_shift(alpha, tf.shape(pixels)[0], key)

    def mix(x: tf.Tensor) -> tf.Tensor:
        return weight * x + (1 - weight) * tf.roll(x, shift, 0)

    return mix(pixels), mix(labels)


def cutmix(
    pixels: tf.Tensor, labels: tf.Tensor, alpha: float, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Replace a box of each image by the same box of another image.

    Labels are mixed by the area of the box, which is the same for the whole
    batch. Source: Yun et al., "CutMix", ICCV 2019, equations 1 and 2.

    Args:
        pixels: float images [images, height, width, channels].
        labels: float labels [images, classes].
        alpha: Parameter of the Beta(alpha, alpha) distribution of the area
            outside the box; 0 returns the images as they are.
        key: int32 key [2].

    Returns:
        The mixed images and labels.
    """
    if not alpha:
        return pixels, labels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    keys = split_seed(key)
    weight, shift = _draw_weight_and_shift(alpha, count, keys[0])
    size = tf.sqrt(1 - weight)
    box = _box_mask(
        uniform(keys[1], (2, 1)), size[None], size[None], height, width
    )
    mixed = tf.where(box[..., None], tf.roll(pixels, shift, 0), pixels)
    area = tf.reduce_mean(tf.cast(box, tf.float32))
    return mixed, (1 - area) * labels + area * tf.roll(labels, shift, 0)


def random_erasing(
    pixels: tf.Tensor, probability: float, key: tf.Tensor, fill: float = 128.0
) -> tf.Tensor:
    """Fill a random box of some images with a constant.

    The area of the box is uniform in 2 % to 33 % of the image, and the
    logarithm of its aspect ratio is uniform, for ratios from 1/3.3 to 3.3.
    Source: Zhong et al., "Random Erasing Data Augmentation", AAAI 2020,
    algorithm 1.

    Args:
        pixels: float images [images, height, width, channels].
        probability: Probability in [0, 1] that an image is changed; 0
            returns the images as they are.
        key: int32 key [2].
        fill: Value of the pixels in the box. Defaults to 128.

    Returns:
        The changed images.
    """
    if not probability:
        return pixels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    keys = split_seed(key, 4)
    area = uniform(keys[0], (count,), 0.02, 0.33)
    ratio = tf.exp(uniform(keys[1], (count,), -1.0, 1.0) * np.log(3.3))
    box = _box_mask(
        uniform(keys[2], (2, count)),
        tf.sqrt(area * ratio),
        tf.sqrt(area / ratio),
        height,
        width,
    )
    is_erased = uniform(keys[3], (count, 1, 1)) < probability
    return tf.where((box & is_erased)[..., None], fill, pixels)


def _box_mask(
    center: tf.Tensor,
    box_height: tf.Tensor,
    box_width: tf.Tensor,
    height: int,
    width: int,
) -> tf.Tensor:
    """Compute bool masks [boxes, height, width] of boxes.

    Centers [2, boxes], heights and widths [boxes] are fractions of the image.
    """
    row = (tf.range(height, dtype=tf.float32)[None] + 0.5) / height
    column = (tf.range(width, dtype=tf.float32)[None] + 0.5) / width
    rows = tf.abs(row - center[0][:, None]) < box_height[:, None] / 2
    columns = tf.abs(column - center[1][:, None]) < box_width[:, None] / 2
    return rows[:, :, None] & columns[:, None, :]


def _draw_weight_and_shift(
    alpha: float, count: tf.Tensor, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draw the weight of each image, and the distance of its partner.

    A shift suffices because the order of the batch is random.
    """
    keys = split_seed(key)
    index = tf.random.stateless_uniform((), keys[0], 0, QUANTILES, tf.int32)
    weight = tf.gather(tf.constant(_beta_quantiles(alpha)), index)
    shift = tf.random.stateless_uniform(
        (), keys[1], 1, tf.maximum(count, 2), tf.int32
    )
    return weight, shift


@functools.cache
def _beta_quantiles(alpha: float) -> np.ndarray:
    """Tabulate the quantiles of Beta(alpha, alpha).

    XLA and a plain graph draw the same integers, but not the same floats, so
    an integer selects the quantile.
    """
    from scipy.stats import beta

    probabilities = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return beta.ppf(probabilities, alpha, alpha).astype(np.float32)
