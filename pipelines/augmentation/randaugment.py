"""RandAugment of whole batches, with operations drawn image by image.

Source: Cubuk et al., "RandAugment: Practical Automated Data Augmentation with
a Reduced Search Space", NeurIPS 2020.

Without XLA, each operation is applied only to the images that drew it. XLA
needs static sizes, so it computes all fourteen operations for the whole batch
and selects one result per image. The results are the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from pipelines.augmentation import color
from pipelines.augmentation.resample import affine_transform
from pipelines.augmentation.seeds import split_seed, uniform

#: Maximum magnitude.
MAX_MAGNITUDE = 10
#: Value of pixels that geometric operations leave empty.
FILL = 128.0


def randaugment(
    pixels: tf.Tensor,
    operations: int,
    magnitude: int,
    key: tf.Tensor,
    *,
    xla: bool = True,
) -> tf.Tensor:
    """Apply random operations to each image.

    Args:
        pixels: float images [images, height, width, channels], with values
            in [0, 255].
        operations: Number of consecutive operations per image, N in the
            paper; 0 returns the images as they are.
        magnitude: Magnitude of all operations, M in the paper, in [0, 10].
        key: int32 key [2].
        xla: Whether XLA compiles the function. If False, an image costs only
            the operations that it drew. Defaults to True.

    Returns:
        Images of the same shape.
    """
    if not operations:
        return pixels
    count = tf.shape(pixels)[0]
    for round_key in tf.unstack(split_seed(key, operations)):
        operation_key, sign_key = tf.unstack(split_seed(round_key))
        drawn = tf.random.stateless_uniform(
            (count,), operation_key, 0, len(OPERATIONS), tf.int32
        )
        sign = tf.where(uniform(sign_key, (count,)) < 0.5, -1.0, 1.0)
        level = sign * (magnitude / MAX_MAGNITUDE)
        augmented = pixels
        for index, operation in enumerate(OPERATIONS):
            if xla:
                is_drawn = (drawn == index)[:, None, None, None]
                augmented = tf.where(
                    is_drawn, operation(pixels, level), augmented
                )
            else:
                indices = tf.where(drawn == index)
                subset = operation(
                    tf.gather(pixels, indices[:, 0]),
                    tf.gather(level, indices[:, 0]),
                )
                augmented = tf.tensor_scatter_nd_update(
                    augmented, indices, subset
                )
        pixels = augmented
    return pixels


def _matrices(
    level: tf.Tensor, rows: Sequence[Sequence[float | tf.Tensor]]
) -> tf.Tensor:
    """Stack numbers and vectors [images] to matrices [images, 2, 3]."""
    ones = tf.ones_like(level)
    return tf.stack(
        [tf.stack([value * ones for value in row], -1) for row in rows], 1
    )


def _rotate(x: tf.Tensor, level: tf.Tensor) -> tf.Tensor:
    angle = level * (30 * math.pi / 180)
    cos, sin = tf.cos(angle), tf.sin(angle)
    matrices = _matrices(level, [[cos, sin, 0.0], [-sin, cos, 0.0]])
    return affine_transform(x, matrices, FILL)


def _shear_x(x: tf.Tensor, level: tf.Tensor) -> tf.Tensor:
    matrices = _matrices(level, [[1.0, 0.0, 0.0], [0.3 * level, 1.0, 0.0]])
    return affine_transform(x, matrices, FILL)


def _shear_y(x: tf.Tensor, level: tf.Tensor) -> tf.Tensor:
    matrices = _matrices(level, [[1.0, 0.3 * level, 0.0], [0.0, 1.0, 0.0]])
    return affine_transform(x, matrices, FILL)


def _translate_x(x: tf.Tensor, level: tf.Tensor) -> tf.Tensor:
    shift = 0.45 * x.shape[2] * level
    matrices = _matrices(level, [[1.0, 0.0, 0.0], [0.0, 1.0, shift]])
    return affine_transform(x, matrices, FILL)


def _translate_y(x: tf.Tensor, level: tf.Tensor) -> tf.Tensor:
    shift = 0.45 * x.shape[1] * level
    matrices = _matrices(level, [[1.0, 0.0, shift], [0.0, 1.0, 0.0]])
    return affine_transform(x, matrices, FILL)


#: The fourteen operations of the paper: functions of (images, level), with
#: the signed level [images] in [-1, 1].
OPERATIONS = (
    lambda x, level: x,
    lambda x, level: color.autocontrast(x),
    lambda x, level: color.equalize(x),
    _rotate,
    lambda x, level: color.solarize(x, 256 * (1 - tf.abs(level))),
    lambda x, level: color.saturation(x, 1 + 0.9 * level),
    lambda x, level: color.posterize(x, 8 - 4 * tf.abs(level)),
    lambda x, level: color.contrast(x, 1 + 0.9 * level),
    lambda x, level: color.brightness(x, 1 + 0.9 * level),
    lambda x, level: color.sharpness(x, 1 + 0.9 * level),
    _shear_x,
    _shear_y,
    _translate_x,
    _translate_y,
)
