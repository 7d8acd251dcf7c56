"""Decoding of many encoded images to one uint8 array, on all cores.

TensorFlow decodes JPEG and PNG files in the threads of a tf.data pipeline.
Files that it cannot decode (other formats, damaged files), JPEG files in CMYK,
which it converts with other rounding, and images to turn go to Pillow. Where
TensorFlow is not installed, Pillow decodes all files. Both decode and resize a
file to the same bytes.
"""

from __future__ import annotations

import collections
import concurrent.futures
import io
import itertools
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import DataError
from pipelines.installed import has_tensorflow
from pipelines.io.encoded_split import EncodedSplit
from pipelines.io.jpeg_header import JPEG_MAGIC, parse_jpeg_header
from pipelines.io.orientation import (
    UPRIGHT,
    image_orientation,
    make_upright,
    read_orientation,
)
from pipelines.io.resizing import resize_and_crop

if TYPE_CHECKING:
    import tensorflow as tf
    from PIL import Image

#: Name of the decoder, which is part of the name of a cache file. Change it
#: whenever the same files give another array.
DECODER = "3: intact images without gaps"
#: Inverse cosine transform of JPEG files, the one of Pillow. TensorFlow's
#: default is several of 255 levels off, and hardly faster.
DCT_METHOD = "INTEGER_ACCURATE"

#: Files, and bytes of files, that one element of the tf.data pipeline passes
#: from Python. The pipeline holds a few such elements.
_CHUNK_SIZE, _CHUNK_BYTES = 512, 2**24
#: Images, and bytes of images, that it returns at once.
_BATCH_SIZE, _BATCH_BYTES = 256, 2**26


class DamagedImageError(Exception):
    """An image that neither TensorFlow nor Pillow can decode."""


def decode_images(
    split: EncodedSplit,
    keys: Sequence[Any],
    allocate: Callable[[tuple[int, ...]], np.ndarray],
    image_size: int | None = None,
    exif_orientation: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, list[int]]:
    """Decode images as RGB; grayscale images get three equal channels.

    Args:
        split: The split that has the images.
        keys: Keys of the images, in the order of the result.
        allocate: Function from a shape to the uint8 array that is filled.
        image_size: Height and width in pixels; see `pipelines.read`.
            Defaults to None: images keep their size.
        exif_orientation: Whether to turn images upright as their metadata
            state; see `pipelines.read`. Defaults to True.
        progress: Function that is called with the number of images that are
            decoded and the number of all images. Defaults to None.

    Returns:
        The uint8 array [intact images, height, width, 3], which begins at the
        start of the allocated array, and the indices of damaged images.

    Raises:
        DataError: Sizes differ and `image_size` is None, or all images are
            damaged.
    """
    count = len(keys)
    options = (image_size, exif_orientation)
    first, shape = _first_shape(split, keys, *options)
    if shape is None:
        raise DataError(
            f"{split.describe_key(keys[0])}: damaged, as all {count:,} images "
            f"of {split.name} are."
        )
    pixels = allocate((count, *shape))
    is_decoded = np.zeros(count, bool)
    completed = 0
    batches: Iterable[tuple[np.ndarray, np.ndarray]] = ()
    if has_tensorflow():
        batches = _decode_by_tensorflow(
            split.stream_bytes(keys), shape, *options
        )
    for indices, images in batches:
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
    remaining = np.flatnonzero(~is_decoded).tolist()
    # Some sources pass over all files, even if no file is selected.
    files = (
        split.stream_bytes([keys[index] for index in remaining])
        if remaining
        else ()
    )
    for position, image in _decode_in_threads(files, *options):
        index = remaining[position]
        completed += 1
        if progress is not None:
            progress(min(completed, count - 1), count)
        if image is None:
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
    damaged.sort()
    _move_to_front(pixels, damaged)
    return pixels[: count - len(damaged)], damaged


def _move_to_front(pixels: np.ndarray, left_out: Sequence[int]) -> None:
    """Move rows to the front, without some, in place and in pieces.

    A copy of the array may be larger than the memory.
    """
    if not left_out:
        return
    target = left_out[0]
    for row, end in itertools.pairwise((*left_out, len(pixels))):
        for start in range(row + 1, end, _BATCH_SIZE):
            piece = pixels[start : min(start + _BATCH_SIZE, end)]
            pixels[target : target + len(piece)] = piece
            target += len(piece)


def _first_shape(
    split: EncodedSplit,
    keys: Sequence[Any],
    image_size: int | None,
    exif_orientation: bool,
) -> tuple[int, tuple[int, ...] | None]:
    """Return index and shape of the first image that can be decoded."""
    for index, key in enumerate(keys):
        try:
            image = _decode_by_pillow(
                split.read_bytes(key), image_size, exif_orientation
            )
        except DamagedImageError:
            continue
        return index, image.shape
    return 0, None


def _decode_by_tensorflow(
    files: Iterable[tuple[int, bytes]],
    shape: tuple[int, ...],
    image_size: int | None,
    exif_orientation: bool,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (indices, images) of all files that TensorFlow can decode."""
    import tensorflow as tf

    from pipelines.tf_data import disable_autotuning

    def chunks() -> Iterator[tuple[tuple[int | bytes, ...], ...]]:
        # Chunks reduce the overhead per element that comes from Python.
        chunk: list[tuple[int, bytes]] = []
        size = 0
        for index, data in files:
            if not _is_decoded_by_tensorflow(data, exif_orientation):
                continue
            chunk.append((index, data))
            size += len(data)
            if len(chunk) == _CHUNK_SIZE or size >= _CHUNK_BYTES:
                yield tuple(zip(*chunk, strict=True))
                chunk, size = [], 0
        if chunk:
            yield tuple(zip(*chunk, strict=True))

    def decode(
        index: tf.Tensor, encoded: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        # The operation also decodes PNG files.
        image = tf.io.decode_jpeg(encoded, 3, dct_method=DCT_METHOD)
        image.set_shape((None, None, 3))
        image = _resize_tensor(image, image_size)
        return index, tf.ensure_shape(image, shape)

    batch_size = max(1, min(_BATCH_SIZE, _BATCH_BYTES // math.prod(shape)))
    with tf.device("CPU"):
        dataset = (
            tf.data.Dataset.from_generator(
                chunks,
                output_signature=(
                    tf.TensorSpec([None], tf.int64),
                    tf.TensorSpec([None], tf.string),
                ),
            )
            .prefetch(2)
            .unbatch()
            .map(decode, os.cpu_count() or 1, deterministic=True)
            .ignore_errors()
            .batch(batch_size)
            .prefetch(2)
        )
        return disable_autotuning(dataset).as_numpy_iterator()


def _is_decoded_by_tensorflow(data: bytes, exif_orientation: bool) -> bool:
    if data[:2] == JPEG_MAGIC:
        header = parse_jpeg_header(data)
        if header.components not in (1, 3):
            return False
        has_metadata = header.has_app1
    elif data[:2] == b"\x89P":
        has_metadata = True
    else:
        return False
    # An operation that may turn an image slows the decoding of all.
    return not (
        exif_orientation and has_metadata and read_orientation(data) != UPRIGHT
    )


def _decode_in_threads(
    files: Iterable[tuple[int, bytes]],
    image_size: int | None,
    exif_orientation: bool,
) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yield (position, image) of all files, None for a damaged image."""

    def decode(data: bytes) -> np.ndarray | None:
        try:
            return _decode_by_pillow(data, image_size, exif_orientation)
        except DamagedImageError:
            return None

    workers = os.cpu_count() or 1
    pending: collections.deque[
        tuple[int, concurrent.futures.Future[np.ndarray | None]]
    ] = collections.deque()
    # Pillow decodes without the lock of the interpreter.
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for position, data in files:
            pending.append((position, pool.submit(decode, data)))
            # A bounded queue bounds the memory.
            if len(pending) > 2 * workers:
                position, image = pending.popleft()
                yield position, image.result()
        for position, image in pending:
            yield position, image.result()


def _decode_by_pillow(
    encoded: bytes, image_size: int | None, exif_orientation: bool
) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(encoded)) as image:
            image.seek(0)
            rgb = _rgb_pixels(image)
            # Pillow turns a TIFF image itself, and then its orientation is 1.
            orientation = (
                image_orientation(image) if exif_orientation else UPRIGHT
            )
    except Exception as error:
        raise DamagedImageError(str(error)) from error
    return resize_and_crop(make_upright(rgb, orientation), image_size)


def describe_damage(encoded: bytes) -> str:
    """Return why an image cannot be decoded, as " (reason)", or "".

    Args:
        encoded: The content of the file.
    """
    try:
        _decode_by_pillow(encoded, None, False)
    except DamagedImageError as error:
        # Pillow names the buffer, which is not a file of the user.
        reason = re.sub(r" <_io\.BytesIO object at \w+>", "", str(error))
        return f" ({reason})" if reason else ""
    return ""


def _rgb_pixels(image: Image.Image) -> np.ndarray:
    """Return the pixels as uint8 RGB; of 16 bits, the upper 8 bits."""
    # Pillow would clip values of more than 8 bits.
    if image.mode.startswith("I;16") or (image.mode, image.format) == (
        "I",
        "PPM",
    ):
        wide = np.asarray(image).astype(np.uint16) >> 8
        return np.repeat(wide.astype(np.uint8)[..., None], 3, axis=2)
    if image.mode in ("I", "F"):
        raise DamagedImageError(
            f"mode {image.mode}: the range of the values is not known"
        )
    return np.array(image.convert("RGB"))


def _format_size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"


def _resize_tensor(image: tf.Tensor, image_size: int | None) -> tf.Tensor:
    """Do what `resize_and_crop` does, with TensorFlow."""
    import tensorflow as tf

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
