"""Antialiased resizing in NumPy, with the same result as TensorFlow.

The operations and their order are those of `tf.image.resize(antialias=True)`
on a CPU: a triangle filter, in float32, over the rows and then the columns.
Every pixel is therefore the same.
"""

from __future__ import annotations

import numpy as np

_HALF = np.float32(0.5)
_ONE = np.float32(1)


def resize_and_crop(image: np.ndarray, image_size: int | None) -> np.ndarray:
    """Resize the shorter side, antialiased, and crop the center.

    Args:
        image: uint8 image [height, width, channels].
        image_size: Height and width of the result in pixels. None returns
            the image as it is.

    Returns:
        uint8 image [image_size, image_size, channels].

    Example:
        >>> import numpy as np
        >>> from pipelines.io.resizing import resize_and_crop
        >>> resize_and_crop(np.zeros((40, 60, 3), np.uint8), 32).shape
        (32, 32, 3)
    """
    if image_size is None or image.shape[:2] == (image_size, image_size):
        return image
    # Only the rows and columns of the crop are computed.
    scale = image_size / min(image.shape[:2])
    rows, columns = (
        _filter(size, max(round(size * scale), image_size), image_size)
        for size in image.shape[:2]
    )
    resized = _filter_rows(image, *rows)
    resized = _filter_rows(resized.transpose(1, 0, 2), *columns)
    rounded = np.clip(np.round(resized.transpose(1, 0, 2)), 0, 255)
    return rounded.astype(np.uint8)


def _filter(
    size: int, new_size: int, crop_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the filter of one dimension, for the center of the result.

    Args:
        size: Number of pixels.
        new_size: Number of pixels after resizing.
        crop_size: Number of pixels after cropping.

    Returns:
        Positions of source pixels and their float32 weights, both
        [crop_size, positions].
    """
    inverse = _ONE / (np.float32(new_size) / np.float32(size))
    radius = max(inverse, _ONE)
    centers = (np.arange(new_size, dtype=np.float32) + _HALF) * inverse
    start = (new_size - crop_size) // 2
    centers = centers[start : start + crop_size]
    first = np.ceil(centers - radius - _HALF).astype(int).clip(0, size - 1)
    last = np.floor(centers + radius - _HALF).astype(int).clip(0, size - 1)
    positions = first[:, None] + np.arange((last - first).max() + 1)
    offsets = positions.astype(np.float32) + _HALF - centers[:, None]
    weights = np.maximum(_ONE - np.abs(offsets * (_ONE / radius)), 0)
    weights[positions > last[:, None]] = 0
    total = np.zeros(crop_size, np.float32)
    for column in weights.T:
        total += column
    return positions.clip(0, size - 1), weights * (_ONE / total)[:, None]


def _filter_rows(
    image: np.ndarray, positions: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return weighted sums of rows, added in their order, as float32."""
    shape = (len(positions), *image.shape[1:])
    result = np.zeros(shape, np.float32)
    for rows, factors in zip(positions.T, weights.T, strict=True):
        result += factors[:, None, None] * image[rows]
    return result
