"""Many encoded images to one uint8 array, on all cores.

TensorFlow decodes JPEG and PNG in the threads of a tf.data pipeline; what it
cannot or should not read (palette BMPs, damaged files) goes one by one to
Pillow, which also says what is wrong with it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from pipelines.errors import DataError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
#: Files handed to the pipeline at once.
CHUNK = 512


class Damaged(Exception):
    """An image that nothing can decode."""


def decode(
    data: Iterable[tuple[int, bytes]],
    read: Callable[[int], bytes],
    where: Callable[[int], str],
    into: Callable[[tuple], np.ndarray],
    count: int,
    image_size: int | None,
    progress=lambda done, total: None,
) -> tuple[np.ndarray, list[int]]:
    """Decodes images as RGB; grayscale ones get three equal channels.

    Args:
        data: (index, bytes) of every file, in any order.
        read: Gives one file's bytes again.
        where: Names a file, for messages.
        into: Makes the array of a shape.
        count: Number of files.
        image_size: See `pipelines.read`.
        progress: Called with images done and in all.

    Returns:
        (uint8 [images, height, width, 3]; indices of damaged images, whose
        rows mean nothing).

    Raises:
        DataError: sizes differ and no image_size is given, or all images
            are damaged.
    """
    first, shape = _first_shape(read, count, image_size)
    if shape is None:
        raise DataError(f"{where(0)}: damaged, like every image here.")
    pixels = into((count, *shape))
    seen = np.zeros(count, bool)
    done = 0
    for indices, images in _decoded(data, shape, image_size):
        start, end = indices[0], indices[-1] + 1
        if end - start == len(indices):  # Nothing was damaged: one copy.
            pixels[start:end] = images
        else:
            pixels[indices] = images
        seen[indices] = True
        done += len(indices)
        progress(min(done, count - 1), count)
    damaged = []
    for index in map(int, np.flatnonzero(~seen)):
        try:
            image = _by_pillow(read(index), image_size)
        except Damaged:
            damaged.append(index)
            continue
        if image.shape != shape:
            raise DataError(
                f"{where(index)}: {_size(image.shape)} pixels, where "
                f"{where(first)} has {_size(shape)}: give --image_size."
            )
        pixels[index] = image
    progress(count, count)
    return pixels, damaged


def _first_shape(read, count, image_size):
    for index in range(count):
        try:
            return index, _by_pillow(read(index), image_size).shape
        except Damaged:
            continue
    return None, None


def _decoded(data, shape, image_size):
    """(indices, images) of what TensorFlow decodes, in the files' order."""

    def chunks():
        # Many at a time: from Python, each element of a pipeline costs.
        chunk = []
        for found in data:
            chunk.append(found)
            if len(chunk) == CHUNK:
                yield tuple(zip(*chunk, strict=True))
                chunk = []
        if chunk:
            yield tuple(zip(*chunk, strict=True))

    def one(index, encoded):
        head = tf.strings.substr(encoded, 0, 2)
        known = (head == b"\xff\xd8") | (head == b"\x89P")
        tf.debugging.Assert(known, ["neither JPEG nor PNG"])
        image = tf.io.decode_image(encoded, 3, expand_animations=False)
        image.set_shape((None, None, 3))
        image = _fitted(image, image_size)
        tf.debugging.assert_equal(tf.shape(image), shape)
        return index, tf.ensure_shape(image, shape)

    with tf.device("CPU"):
        return (
            tf.data.Dataset.from_generator(
                chunks,
                output_signature=(
                    tf.TensorSpec([None], tf.int64),
                    tf.TensorSpec([None], tf.string),
                ),
            )
            .prefetch(2)
            .unbatch()
            .map(one, tf.data.AUTOTUNE, deterministic=True)
            .ignore_errors()
            .batch(256)
            .prefetch(2)
            .as_numpy_iterator()
        )


def _by_pillow(encoded, image_size):
    from PIL import Image

    try:
        with Image.open(io.BytesIO(encoded)) as image:
            image.seek(0)
            if image.mode.startswith("I;16"):
                # Pillow clips sixteen bits; eight of them are kept instead.
                wide = np.asarray(image).astype(np.uint16) >> 8
                rgb = np.repeat(wide.astype(np.uint8)[..., None], 3, axis=2)
            else:
                rgb = np.array(image.convert("RGB"))
    except Exception as error:
        raise Damaged(str(error)) from error
    with tf.device("CPU"):
        return fitted(rgb, image_size)


def _size(shape):
    return f"{shape[1]}x{shape[0]}"


def fitted(image, image_size) -> np.ndarray:
    """Resizes the shorter side to image_size, antialiased, and crops."""
    with tf.device("CPU"):
        return _fitted(tf.constant(image), image_size).numpy()


def _fitted(image, image_size):
    if image_size is None:
        return image
    size = tf.shape(image)[:2]

    def resized():
        scale = image_size / tf.reduce_min(size)
        large = tf.cast(tf.round(tf.cast(size, tf.float64) * scale), tf.int32)
        large = tf.maximum(large, image_size)
        wide = tf.image.resize(image, large, antialias=True)
        wide = tf.cast(tf.clip_by_value(tf.round(wide), 0, 255), tf.uint8)
        top, left = tf.unstack((large - image_size) // 2)
        return wide[top : top + image_size, left : left + image_size]

    return tf.cond(tf.reduce_all(size == image_size), lambda: image, resized)
