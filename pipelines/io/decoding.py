"""Decoding of many encoded images to one uint8 array, on all cores.

TensorFlow decodes JPEG and PNG files in the threads of a tf.data pipeline.
Files that it cannot decode (palette BMPs, damaged files) go to Pillow.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.errors import DataError
from pipelines.io.encoded_split import EncodedSplit

#: Suffixes of image files, in lower case.
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
# Files that one element of the tf.data pipeline passes from Python.
_CHUNK_SIZE = 512


class DamagedImageError(Exception):
    """An image that neither TensorFlow nor Pillow can decode."""


def decode_images(
    split: EncodedSplit,
    keys: Sequence[Any],
    allocate: Callable[[tuple[int, ...]], np.ndarray],
    image_size: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, list[int]]:
    """Decode images as RGB; grayscale images get three equal channels.

    Args:
        split: The split that has the images.
        keys: Keys of the images, in the order of the result.
        allocate: Function from a shape to the uint8 array that is filled.
        image_size: Height and width in pixels; see `pipelines.read`.
            Defaults to None: images keep their size.
        progress: Function that is called with the number of images that are
            decoded and the number of all images. Defaults to None.

    Returns:
        The uint8 array [images, height, width, 3], and the indices of
        damaged images, whose rows are undefined.

    Raises:
        DataError: Sizes differ and `image_size` is None, or all images are
            damaged.
    """
    count = len(keys)
    first, shape = _first_shape(split, keys, image_size)
    if shape is None:
        raise DataError(
            f"{split.describe_key(keys[0])}: damaged, as all {count:,} images "
            f"of {split.name} are."
        )
    pixels = allocate((count, *shape))
    is_decoded = np.zeros(count, bool)
    completed = 0
    for indices, images in _decode_by_tensorflow(
        split.stream_bytes(keys), shape, image_size
    ):
        start, end = indices[0], indices[-1] + 1
        if end - start == len(indices):
            # A contiguous range is written with a single copy.
            pixels[start:end] = images
        else:
            pixels[indices] = images
        is_decoded[indices] = True
        completed += len(indices)
        if progress is not None:
            progress(min(completed, count - 1), count)
    damaged = []
    for index in map(int, np.flatnonzero(~is_decoded)):
        try:
            image = _decode_by_pillow(split.read_bytes(keys[index]), image_size)
        except DamagedImageError:
            damaged.append(index)
            continue
        if image.shape != shape:
            raise DataError(
                f"{split.describe_key(keys[index])}: "
                f"{_format_size(image.shape)} pixels, but "
                f"{split.describe_key(keys[first])} has {_format_size(shape)}. "
                "Set `image_size` to resize all images."
            )
        pixels[index] = image
    if progress is not None:
        progress(count, count)
    return pixels, damaged


def resize_and_crop(image: np.ndarray, image_size: int | None) -> np.ndarray:
    """Resize the shorter side, antialiased, and crop the center.

    Args:
        image: uint8 image [height, width, channels].
        image_size: Height and width of the result in pixels. None returns
            the image as it is.

    Returns:
        uint8 image [image_size, image_size, channels].
    """
    with tf.device("CPU"):
        return _resize_and_crop(tf.constant(image), image_size).numpy()


def _first_shape(
    split: EncodedSplit, keys: Sequence[Any], image_size: int | None
) -> tuple[int, tuple[int, ...] | None]:
    """Return index and shape of the first image that can be decoded."""
    for index, key in enumerate(keys):
        try:
            image = _decode_by_pillow(split.read_bytes(key), image_size)
        except DamagedImageError:
            continue
        return index, image.shape
    return 0, None


def _decode_by_tensorflow(
    files: Iterable[tuple[int, bytes]],
    shape: tuple[int, ...],
    image_size: int | None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (indices, images) of all files that TensorFlow can decode."""

    def chunks() -> Iterator[tuple[tuple[int | bytes, ...], ...]]:
        # Chunks reduce the overhead per element that comes from Python.
        chunk: list[tuple[int, bytes]] = []
        for file in files:
            chunk.append(file)
            if len(chunk) == _CHUNK_SIZE:
                yield tuple(zip(*chunk, strict=True))
                chunk = []
        if chunk:
            yield tuple(zip(*chunk, strict=True))

    def decode(
        index: tf.Tensor, encoded: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        header = tf.strings.substr(encoded, 0, 2)
        is_supported = (header == b"\xff\xd8") | (header == b"\x89P")
        tf.debugging.Assert(is_supported, ["neither JPEG nor PNG"])
        image = tf.io.decode_image(encoded, 3, expand_animations=False)
        image.set_shape((None, None, 3))
        image = _resize_and_crop(image, image_size)
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
            .map(decode, tf.data.AUTOTUNE, deterministic=True)
            .ignore_errors()
            .batch(256)
            .prefetch(2)
            .as_numpy_iterator()
        )


def _decode_by_pillow(encoded: bytes, image_size: int | None) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(encoded)) as image:
            image.seek(0)
            if image.mode.startswith("I;16"):
                # Pillow would clip 16-bit values; use their upper 8 bits.
                wide = np.asarray(image).astype(np.uint16) >> 8
                rgb = np.repeat(wide.astype(np.uint8)[..., None], 3, axis=2)
            else:
                rgb = np.array(image.convert("RGB"))
    except Exception as error:
        raise DamagedImageError(str(error)) from error
    return resize_and_crop(rgb, image_size)


def _format_size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"


def _resize_and_crop(image: tf.Tensor, image_size: int | None) -> tf.Tensor:
    if image_size is None:
        return image
    size = tf.shape(image)[:2]

    def resize() -> tf.Tensor:
        scale = image_size / tf.reduce_min(size)
        new_size = tf.cast(
            tf.round(tf.cast(size, tf.float64) * scale), tf.int32
        )
        new_size = tf.maximum(new_size, image_size)
        resized = tf.image.resize(image, new_size, antialias=True)
        resized = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
        y, x = tf.unstack((new_size - image_size) // 2)
        return resized[y : y + image_size, x : x + image_size]

    return tf.cond(tf.reduce_all(size == image_size), lambda: image, resize)
