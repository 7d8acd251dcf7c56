"""RandAugment (Cubuk et al., NeurIPS 2020) of whole batches.

Every image draws its own operations. In a plain graph each operation is done
to the images that drew it; XLA, which wants static sizes, computes all
fourteen for the whole batch and takes one an image. Both give the same
numbers; `benchmarks/input.py` measures the price.
"""

from __future__ import annotations

import math

import tensorflow as tf

from pipelines.augmentation import colour
from pipelines.augmentation.resample import affine
from pipelines.augmentation.seeds import split_seed, uniform

#: The largest magnitude.
LEVELS = 10
#: What geometric operations leave empty.
FILL = 128.0


def randaugment(pixels, operations: int, magnitude: int, key, *, xla=True):
    """Applies operations to every image, drawn image by image.

    Args:
        pixels: float [images, height, width, channels], in 0 … 255.
        operations: N of the paper: how many, one after the other.
        magnitude: M of the paper, 0 … 10, of all of them.
        key: int32 [2].
        xla: Whether XLA is to compile it; else each image costs only what
            it drew.
    """
    if not operations:
        return pixels
    count = tf.shape(pixels)[0]
    for seed in tf.unstack(split_seed(key, operations)):
        which, side = tf.unstack(split_seed(seed))
        chosen = tf.random.stateless_uniform(
            (count,), which, 0, len(OPERATIONS), tf.int32
        )
        sign = tf.where(uniform(side, (count,)) < 0.5, -1.0, 1.0)
        level = sign * (magnitude / LEVELS)
        made = pixels
        for i, operation in enumerate(OPERATIONS):
            if xla:
                mine = (chosen == i)[:, None, None, None]
                made = tf.where(mine, operation(pixels, level), made)
            else:
                at = tf.where(chosen == i)
                some = operation(
                    tf.gather(pixels, at[:, 0]), tf.gather(level, at[:, 0])
                )
                made = tf.tensor_scatter_nd_update(made, at, some)
        pixels = made
    return pixels


def _matrix(level, rows):
    """[images, 2, 3] from numbers and vectors."""
    ones = tf.ones_like(level)
    return tf.stack([tf.stack([v * ones for v in r], -1) for r in rows], 1)


def _rotate(x, level):
    angle = level * (30 * math.pi / 180)
    cos, sin = tf.cos(angle), tf.sin(angle)
    return affine(x, _matrix(level, [[cos, sin, 0.0], [-sin, cos, 0.0]]), FILL)


def _shear_x(x, level):
    matrix = _matrix(level, [[1.0, 0.0, 0.0], [0.3 * level, 1.0, 0.0]])
    return affine(x, matrix, FILL)


def _shear_y(x, level):
    matrix = _matrix(level, [[1.0, 0.3 * level, 0.0], [0.0, 1.0, 0.0]])
    return affine(x, matrix, FILL)


def _translate_x(x, level):
    shift = 0.45 * x.shape[2] * level
    return affine(x, _matrix(level, [[1.0, 0.0, 0.0], [0.0, 1.0, shift]]), FILL)


def _translate_y(x, level):
    shift = 0.45 * x.shape[1] * level
    return affine(x, _matrix(level, [[1.0, 0.0, shift], [0.0, 1.0, 0.0]]), FILL)


#: The paper's fourteen; `level` is signed, its size 0 … 1.
OPERATIONS = (
    lambda x, level: x,
    lambda x, level: colour.autocontrast(x),
    lambda x, level: colour.equalize(x),
    _rotate,
    lambda x, level: colour.solarize(x, 256 * (1 - tf.abs(level))),
    lambda x, level: colour.saturation(x, 1 + 0.9 * level),
    lambda x, level: colour.posterize(x, 8 - 4 * tf.abs(level)),
    lambda x, level: colour.contrast(x, 1 + 0.9 * level),
    lambda x, level: colour.brightness(x, 1 + 0.9 * level),
    lambda x, level: colour.sharpness(x, 1 + 0.9 * level),
    _shear_x,
    _shear_y,
    _translate_x,
    _translate_y,
)
