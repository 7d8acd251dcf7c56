"""Reading of a data set's split into memory, or into a mapped file."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.errors import DataError, DataWarning
from pipelines.registry import get_data_set
from pipelines.selection import Selection

if TYPE_CHECKING:
    from pipelines.images import Images
    from pipelines.io.encoded_split import EncodedSplit

#: Default of `cache_memory`, in bytes.
CACHE_MEMORY = 8e9


def read(  # noqa: PLR0913  public keyword arguments
    name: str,
    split: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    classes: int | None = None,
    skip_classes: int = 0,
    images_per_class: int | None = None,
    images_per_class_seed: int | None = None,
    image_size: int | None = None,
    split_fraction: float | None = None,
    exif_orientation: bool = True,
    skip_damaged: bool = False,
    cache_memory: float = CACHE_MEMORY,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Images:
    """Read and decode one split of a data set. It downloads nothing.

    Args:
        name: One of `pipelines.DATA_SET_NAMES`.
        split: "train", or "validation" for the official validation or test
            images.
        data_dir: Folder or zip archive of the data, or folder in which
            `pipelines.preparation.prepare_data_set` prepared the data set.
            Defaults to None, which only "digits" accepts.
        classes: Number of classes to use, the first ones, at least 2.
            Defaults to None: all classes.
        skip_classes: Number of classes to skip before the first one that is
            used. Defaults to 0.
        images_per_class: Number of training images to use of each class, the
            first ones. Defaults to None: all images.
        images_per_class_seed: Seed of a random choice of these images, at
            least 0, instead of the first ones. Defaults to None.
        image_size: Height and width in pixels. Images of another size are
            resized (antialiased, to the shorter side) and cropped at the
            center. Defaults to None: images keep their size, which must be
            the same for all.
        split_fraction: Fraction of each class, in (0, 1), that is held out
            for validation; only for an "image_folder" that has no folders
            for training and validation. Defaults to None.
        exif_orientation: Whether to turn and flip images as their EXIF or
            XMP metadata state, so that they are upright, as
            `PIL.ImageOps.exif_transpose` does. False keeps the stored order
            of the pixels, except of TIFF files. Defaults to True.
        skip_damaged: Whether to leave out images that cannot be decoded
            instead of raising an error. Defaults to False.
        cache_memory: Maximum size in bytes of the decoded pixels in memory.
            A larger split is decoded into a file, which is memory-mapped.
            Defaults to 8e9.
        cache_dir: Folder of these files. Defaults to None:
            `~/.cache/seal_tf/images`.
        progress: Function that is called with the number of images that are
            decoded and the number of all images. Defaults to None.

    Returns:
        The decoded images, with uint8 pixels and int32 labels.

    Raises:
        DataError: An argument or the data cannot be used.

    Warns:
        DataWarning: Files of the data set are not read, such as files
            without the suffix of an image. They are also the `omissions` of
            the result.

    Example:
        >>> import pipelines
        >>> images = pipelines.read("digits", "train", classes=3)
        >>> images.pixels.shape, images.class_names
        ((431, 8, 8, 1), ('0', '1', '2'))
    """
    data_set = get_data_set(name)
    if split not in ("train", "validation"):
        raise DataError(
            "Argument `split` must be 'train' or 'validation'. Received: "
            f"split={split!r}."
        )
    if image_size is not None and image_size < 1:
        raise DataError(
            "Argument `image_size` must be at least 1. Received: "
            f"image_size={image_size}."
        )
    # Arguments are checked for both splits; the choice is of training images.
    selection = Selection(
        classes, skip_classes, images_per_class, images_per_class_seed
    )
    if split != "train":
        selection = Selection(classes, skip_classes)
    source = importlib.import_module(f"pipelines.sources.{data_set.source}")
    arguments = {
        "data_dir": data_dir,
        "data_set": data_set,
        "split_fraction": split_fraction,
    }
    if hasattr(source, "read_split"):
        return source.read_split(
            split, **arguments, selection=selection, image_size=image_size
        )
    images = _decode(
        source.open_split(split, **arguments),
        selection,
        _DecodeOptions(
            image_size,
            exif_orientation,
            skip_damaged,
            cache_memory,
            cache_dir,
            progress,
        ),
    )
    _warn_of_omissions(images)
    return images


def _warn_of_omissions(images: Images) -> None:
    """Warn of each omission, at the line that called `pipelines`."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_own_frame(frame):
        level, frame = level + 1, frame.f_back
    for omission in images.omissions:
        warnings.warn(f"{images.name}: left out {omission}", DataWarning, level)


def _is_own_frame(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] == "pipelines"


@dataclasses.dataclass(frozen=True)
class _DecodeOptions:
    """Arguments of `read` that apply to decoding."""

    image_size: int | None
    exif_orientation: bool
    skip_damaged: bool
    cache_memory: float
    cache_dir: str | os.PathLike[str] | None
    progress: Callable[[int, int], None] | None


def _decode(
    encoded: EncodedSplit, selection: Selection, options: _DecodeOptions
) -> Images:
    from pipelines.images import Images

    names = selection.select_classes(
        list(encoded.keys_by_class), encoded.location
    )
    keys: list[Any] = []
    label_list: list[int] = []
    for label, class_name in enumerate(names):
        selected = selection.select_images(
            encoded.keys_by_class[class_name],
            class_name,
            f"{encoded.location}: {encoded.name}",
        )
        keys += list(selected)
        label_list += [label] * len(selected)
    labels = np.array(label_list, np.int32)
    pixels, damaged = _cached_pixels(encoded, keys, options)
    if damaged:
        if not options.skip_damaged:
            raise _damaged_error(encoded, keys, damaged)
        is_intact = np.ones(len(keys), bool)
        is_intact[damaged] = False
        empty = set(range(len(names))) - set(labels[is_intact].tolist())
        if empty:
            raise DataError(
                f"{encoded.location}: every image of class "
                f"{names[empty.pop()]!r} is damaged."
            )
        labels = labels[is_intact]
    return Images(
        encoded.name,
        pixels,
        labels,
        names,
        tuple(encoded.describe_key(keys[index]) for index in damaged),
        encoded.omissions,
        class_words=tuple(encoded.class_words.get(name, name) for name in names)
        if encoded.class_words
        else (),
    )


def _damaged_error(
    encoded: EncodedSplit, keys: Sequence[Any], damaged: Sequence[int]
) -> DataError:
    from pipelines.io import decoding

    key = keys[damaged[0]]
    first = encoded.describe_key(key)
    reason = decoding.describe_damage(encoded.read_bytes(key))
    return DataError(
        f"{first}: damaged image that cannot be decoded{reason}. "
        f"{len(damaged):,} of {len(keys):,} images of {encoded.name} are "
        "damaged. Set `skip_damaged` to leave them out."
    )


def _cached_pixels(
    encoded: EncodedSplit, keys: Sequence[Any], options: _DecodeOptions
) -> tuple[np.ndarray, list[int]]:
    """Return pixels of intact images, and the indices of damaged images.

    The pixels are in memory, or mapped from the cache.
    """
    from pipelines.io import decoding
    from pipelines.io.memory import aligned_empty
    from pipelines.io.pixel_cache import PixelCache

    dependencies = [
        encoded.name,
        encoded.fingerprint,
        list(map(str, keys)),
        options.image_size,
        options.exif_orientation,
        decoding.DECODER,
    ]
    cache = PixelCache(options.cache_dir, dependencies)
    cached = cache.read()
    if cached is not None:
        return cached
    is_on_disk = False
    with contextlib.ExitStack() as stack:

        def allocate(shape: tuple[int, ...]) -> np.ndarray:
            nonlocal is_on_disk
            if np.prod(shape, dtype=np.int64) <= options.cache_memory:
                return aligned_empty(shape)
            is_on_disk = True
            return stack.enter_context(cache.write())(shape)

        pixels, damaged = decoding.decode_images(
            encoded,
            keys,
            allocate,
            options.image_size,
            options.exif_orientation,
            options.progress,
        )
    if not is_on_disk:
        return pixels, damaged
    # Close the writable map before the file is mapped for reading.
    del pixels
    cache.mark_complete(damaged)
    cached = cache.read()
    assert cached is not None
    return cached
