"""Geometry: random resized crop, and affine maps."""

from __future__ import annotations

import tensorflow as tf

from pipelines.augmentation.seeds import split_seed, uniform


def random_resized_crop(pixels, least_area: float, key):
    """Cuts a random box out and resizes it back (Inception's crop).

    Area uniform in least_area … 1 of the image, aspect ratio log-uniform in
    3/4 … 4/3, place uniform; antialiased bilinear, as two matrix products.

    Args:
        pixels: float [images, height, width, channels].
        least_area: In 0 … 1; 1 changes nothing.
        key: int32 [2].
    """
    if least_area >= 1:
        return pixels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    keys = split_seed(key, 4)
    area = uniform(keys[0], (count,), least_area, 1.0)
    ratio = tf.exp(uniform(keys[1], (count,), -1.0, 1.0) * tf.math.log(4 / 3))
    tall = tf.minimum(tf.sqrt(area / ratio), 1.0) * height
    wide = tf.minimum(tf.sqrt(area * ratio), 1.0) * width
    top = uniform(keys[2], (count,)) * (height - tall)
    left = uniform(keys[3], (count,)) * (width - wide)
    rows = _resampling(top, tall, height)
    columns = _resampling(left, wide, width)
    found = tf.einsum("nHh,nhwc->nHwc", rows, pixels)
    return tf.einsum("nWw,nHwc->nHWc", columns, found)


def _resampling(start, length, count):
    """Weights [images, count, count] of a box resized to the whole."""
    scale = (length / count)[:, None]
    centres = (tf.range(count, dtype=tf.float32) + 0.5)[None] * scale
    centres = centres + start[:, None] - 0.5
    away = tf.abs(centres[..., None] - tf.range(count, dtype=tf.float32))
    weights = tf.maximum(0.0, 1 - away / tf.maximum(scale, 1.0)[..., None])
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True)


def affine(pixels, matrices, fill: float):
    """Nearest-neighbour sampling at affine places around the centre.

    Args:
        pixels: [images, height, width, channels].
        matrices: float [images, 2, 3]: from (row, column, 1) of the output,
            counted from the centre, to the place in the input.
        fill: What lies outside.
    """
    _, height, width, channels = pixels.shape
    middle = tf.constant([(height - 1) / 2, (width - 1) / 2])
    grid = tf.stack(
        tf.meshgrid(
            tf.range(height, dtype=tf.float32) - middle[0],
            tf.range(width, dtype=tf.float32) - middle[1],
            indexing="ij",
        ),
        axis=-1,
    )
    grid = tf.reshape(grid, (-1, 2))
    places = tf.einsum("nij,pj->npi", matrices[:, :, :2], grid)
    places = tf.round(places + matrices[:, None, :, 2] + middle)
    inside = tf.reduce_all(
        (places >= 0) & (places <= 2 * middle), axis=-1, keepdims=True
    )
    places = tf.cast(tf.clip_by_value(places, 0.0, 2 * middle), tf.int32)
    flat = tf.reshape(pixels, (-1, height * width, channels))
    found = tf.gather(
        flat, places[..., 0] * width + places[..., 1], axis=1, batch_dims=1
    )
    found = tf.where(inside, found, tf.cast(fill, found.dtype))
    return tf.reshape(found, (-1, height, width, channels))
