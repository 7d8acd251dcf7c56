"""Many files to one uint8 array, on all cores."""

from __future__ import annotations

import concurrent.futures
import os

import numpy as np
import tensorflow as tf

from pipelines.errors import DataError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")


def decode(tree, names: list[str], image_size: int | None) -> np.ndarray:
    """Decodes images as RGB; grayscale ones get three equal channels.

    Args:
        tree: The `Tree` that the names belong to.
        names: Names of the files, in the order of the result.
        image_size: See `pipelines.read`.

    Returns:
        uint8 [images, height, width, 3].

    Raises:
        DataError: an image is damaged (it is named), or sizes differ and no
            image_size is given.
    """
    first = _one(tree, names[0], image_size)
    pixels = np.empty((len(names), *first.shape), np.uint8)

    def fill(index):
        image = _one(tree, names[index], image_size)
        if image.shape != first.shape:
            raise DataError(
                f"{tree.where(names[index])}: {_size(image)} pixels, where "
                f"{names[0]} has {_size(first)}: give --image_size."
            )
        pixels[index] = image

    # TensorFlow releases the GIL while it decodes.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(_each, fill, c) for c in _chunks(len(names))]
        try:
            for chunk in running:
                chunk.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return pixels


def _chunks(count, size=256):
    return [range(i, min(i + size, count)) for i in range(0, count, size)]


def _each(fill, indices):
    for index in indices:
        fill(index)


def _size(image):
    return f"{image.shape[1]}x{image.shape[0]}"


def _one(tree, name, image_size):
    data = tree.read(name)
    try:
        with tf.device("CPU"):
            image = tf.io.decode_image(
                data, channels=3, expand_animations=False
            )
            return fitted(image, image_size).numpy()
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        raise DataError(
            f"{tree.where(name)}: damaged image, it cannot be decoded "
            f"({len(data):,} bytes)."
        ) from error


def fitted(image, image_size):
    """Resizes the shorter side to image_size, antialiased, and crops."""
    height, width = image.shape[:2]
    if image_size is None or (height, width) == (image_size, image_size):
        return tf.convert_to_tensor(image)
    scale = image_size / min(height, width)
    size = [max(image_size, round(n * scale)) for n in (height, width)]
    image = tf.image.resize(image, size, antialias=True)
    image = tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)
    top, left = [(n - image_size) // 2 for n in size]
    return image[top : top + image_size, left : left + image_size]
