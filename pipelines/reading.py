"""A split of a data set, decoded: from its name to `Images`."""

from __future__ import annotations

import contextlib
import importlib

import numpy as np

from pipelines.errors import DataError
from pipelines.registry import DATA_SETS, NAMES
from pipelines.selection import Selection

#: Bytes of a split that are kept in memory, unless the user says otherwise.
CACHE_MEMORY = 8e9


def read(
    name,
    split,
    *,
    data_dir=None,
    classes=None,
    skip_classes=0,
    images_per_class=None,
    image_size=None,
    split_fraction=None,
    skip_damaged=False,
    cache_memory=CACHE_MEMORY,
    cache_dir=None,
    progress=lambda done, total: None,
):
    """Reads and decodes one split of a data set. Downloads nothing.

    Args:
        name: One of `pipelines.NAMES`.
        split: "train" or "validation", what is evaluated on: the official
            validation or test images.
        data_dir: Folder or zip of the data, or where
            `seal_tf.prepare_data` has put it.
        classes: Use only the first so many classes.
        skip_classes: Leave out so many classes, from the first.
        images_per_class: Use only the first so many training images of each.
        image_size: Height and width in pixels; other sizes are resized
            (antialiased; the shorter side, then a central crop). None: as
            they are, all of one size.
        split_fraction: Share of each class that is held out for validation,
            of an image_folder that is one folder of classes.
        skip_damaged: Leave out images that cannot be decoded.
        cache_memory: Bytes of decoded pixels that are kept in memory; a
            split that is larger is kept in a file and mapped.
        cache_dir: Folder for such files; None: `~/.cache/seal_tf/images`.
        progress: Called with images decoded and in all.

    Returns:
        A `pipelines.images.Images`.

    Raises:
        DataError: in one line, what is wrong and where.
    """
    if name not in DATA_SETS:
        raise DataError(f"no data set {name!r}: there are {', '.join(NAMES)}.")
    if split not in ("train", "validation"):
        raise DataError(f"no split {split!r}: there are train, validation.")
    if image_size is not None and image_size < 1:
        raise DataError(f"--image_size={image_size}: at least 1 is needed.")
    data_set = DATA_SETS[name]
    selection = Selection(
        classes, skip_classes, images_per_class if split == "train" else None
    )
    source = importlib.import_module(f"pipelines.sources.{data_set.source}")
    asked = {
        "data_dir": data_dir,
        "data_set": data_set,
        "split_fraction": split_fraction,
    }
    if hasattr(source, "read"):  # It has its pixels already.
        return source.read(
            split, **asked, selection=selection, image_size=image_size
        )
    found = source.split(split, **asked)
    return _decoded(
        found,
        selection,
        image_size,
        skip_damaged,
        cache_memory,
        cache_dir,
        progress,
    )


def _decoded(
    found,
    selection,
    image_size,
    skip_damaged,
    cache_memory,
    cache_dir,
    progress,
):
    from pipelines.images import Images

    names = selection.of_classes(list(found.classes), found.home)
    keys, labels = [], []
    for label, class_name in enumerate(names):
        mine = selection.of_images(
            found.classes[class_name],
            class_name,
            f"{found.home}: {found.name}",
        )
        keys += list(mine)
        labels += [label] * len(mine)
    labels = np.array(labels, np.int32)
    pixels, damaged = _pixels(
        found, keys, image_size, cache_memory, cache_dir, progress
    )
    if damaged:
        _say_damaged(found, keys, damaged, skip_damaged)
        whole = np.ones(len(keys), bool)
        whole[damaged] = False
        empty = set(range(len(names))) - set(labels[whole].tolist())
        if empty:
            raise DataError(
                f"{found.home}: every image of class {names[empty.pop()]!r} "
                "is damaged."
            )
        pixels, labels = pixels[whole], labels[whole]
    return Images(
        found.name,
        pixels,
        labels,
        names,
        tuple(found.where(keys[i]) for i in damaged),
    )


def _say_damaged(found, keys, damaged, skip):
    first = found.where(keys[damaged[0]])
    many = f"{len(damaged):,} of {len(keys):,} images"
    if not skip:
        raise DataError(
            f"{first}: damaged image, it cannot be decoded; {many} of "
            f"{found.name} are. --skip_damaged goes on without them."
        )


def _pixels(found, keys, image_size, cache_memory, cache_dir, progress):
    """(pixels, damaged), in memory or mapped from a cache on disk."""
    from pipelines.cache import DiskCache, aligned
    from pipelines.sources.decode import decode

    def decoded(into):
        return decode(
            found.stream(keys),
            lambda i: found.read(keys[i]),
            lambda i: found.where(keys[i]),
            into,
            len(keys),
            image_size,
            progress,
        )

    made_of = [found.name, found.stamp, list(map(str, keys)), image_size]
    cache = DiskCache(cache_dir, made_of)
    kept = []

    def into(shape):
        """Memory, or a file where it would be too much."""
        if np.prod(shape, dtype=np.int64) <= cache_memory:
            return aligned(shape)
        kept.append(writing.enter_context(cache.written()))
        return kept[0](shape)

    known = cache.read()
    if known is not None:
        return known
    with contextlib.ExitStack() as writing:
        pixels, damaged = decoded(into)
    if not kept:
        return pixels, damaged
    del pixels
    cache.finish(damaged)
    return cache.read()
