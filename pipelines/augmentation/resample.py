"""Resampling: random resized crop and affine transformation."""

from __future__ import annotations

import tensorflow as tf

from pipelines.augmentation.seeds import split_seed, uniform


def random_resized_crop(
    pixels: tf.Tensor, min_area: float, key: tf.Tensor
) -> tf.Tensor:
    """Crop a random box of each image and resize it to the image's size.

    The area of the box is uniform in [min_area, 1] of the image, the
    logarithm of its aspect ratio is uniform for ratios from 3/4 to 4/3, and
    its position is uniform. Resizing is bilinear and antialiased, as two
    matrix products. Source: Szegedy et al., "Going Deeper with
    Convolutions", CVPR 2015, section 6.

    Args:
        pixels: float images [images, height, width, channels].
        min_area: Minimum area in (0, 1]; 1 returns the images as they are.
        key: int32 key [2].

    Returns:
        Images of the same shape.
    """
    if min_area >= 1:
        return pixels
    _, height, width, _ = pixels.shape
    count = tf.shape(pixels)[0]
    keys = split_seed(key, 4)
    area = uniform(keys[0], (count,), min_area, 1.0)
    ratio = tf.exp(uniform(keys[1], (count,), -1.0, 1.0) * tf.math.log(4 / 3))
    box_height = tf.minimum(tf.sqrt(area / ratio), 1.0) * height
    box_width = tf.minimum(tf.sqrt(area * ratio), 1.0) * width
    y = uniform(keys[2], (count,)) * (height - box_height)
    x = uniform(keys[3], (count,)) * (width - box_width)
    row_weights = _resampling_weights(y, box_height, height)
    column_weights = _resampling_weights(x, box_width, width)
    rows = tf.einsum("nHh,nhwc->nHwc", row_weights, pixels)
    return tf.einsum("nWw,nHwc->nHWc", column_weights, rows)


def affine_transform(
    pixels: tf.Tensor, matrices: tf.Tensor, fill: float
) -> tf.Tensor:
    """Transform images about their center, by nearest-neighbor sampling.

    Args:
        pixels: Images [images, height, width, channels].
        matrices: float matrices [images, 2, 3] from (row, column, 1) of the
            output to (row, column) of the input, both relative to the
            center.
        fill: Value of pixels that come from outside the image.

    Returns:
        Images of the same shape.
    """
    _, height, width, channels = pixels.shape
    center = tf.constant([(height - 1) / 2, (width - 1) / 2])
    grid = tf.stack(
        tf.meshgrid(
            tf.range(height, dtype=tf.float32) - center[0],
            tf.range(width, dtype=tf.float32) - center[1],
            indexing="ij",
        ),
        axis=-1,
    )
    grid = tf.reshape(grid, (-1, 2))
    positions = tf.einsum("nij,pj->npi", matrices[:, :, :2], grid)
    positions = tf.round(positions + matrices[:, None, :, 2] + center)
    is_inside = tf.reduce_all(
        (positions >= 0) & (positions <= 2 * center), axis=-1, keepdims=True
    )
    positions = tf.cast(tf.clip_by_value(positions, 0.0, 2 * center), tf.int32)
    flat = tf.reshape(pixels, (-1, height * width, channels))
    indices = positions[..., 0] * width + positions[..., 1]
    sampled = tf.gather(flat, indices, axis=1, batch_dims=1)
    sampled = tf.where(is_inside, sampled, tf.cast(fill, sampled.dtype))
    return tf.reshape(sampled, (-1, height, width, channels))


def _resampling_weights(
    start: tf.Tensor, length: tf.Tensor, count: int
) -> tf.Tensor:
    """Compute weights [images, count, count] that resize a box along an axis.

    The box begins at `start` [images] and has `length` [images] pixels.
    """
    scale = (length / count)[:, None]
    centers = (tf.range(count, dtype=tf.float32) + 0.5)[None] * scale
    centers = centers + start[:, None] - 0.5
    distance = tf.abs(centers[..., None] - tf.range(count, dtype=tf.float32))
    weights = tf.maximum(0.0, 1 - distance / tf.maximum(scale, 1.0)[..., None])
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True)
