"""Image data sets, decoded once and fed as XLA-compiled tf.data pipelines.

`read` brings a split into memory; `training_batches` and
`evaluation_batches` feed it. Nothing here knows seal_tf.
"""

import importlib

from pipelines.errors import DataError
from pipelines.registry import NAMES, SOURCES
from pipelines.selection import Selection

__all__ = [
    "NAMES",
    "DataError",
    "evaluation_batches",
    "read",
    "training_batches",
]


def read(
    name,
    split,
    *,
    data_dir=None,
    classes=None,
    skip_classes=0,
    images_per_class=None,
    image_size=None,
):
    """Reads and decodes one split of a data set.

    Args:
        name: One of `pipelines.NAMES`.
        split: "train" or "validation".
        data_dir: Folder or zip of the data, for data sets that need one.
        classes: Use only the first so many classes.
        skip_classes: Leave out so many classes, from the first.
        images_per_class: Use only the first so many training images of each.
        image_size: Height and width in pixels; other sizes are resized
            (antialiased; the shorter side, then a central crop). None: as
            they are, all of one size.

    Returns:
        A `pipelines.images.Images`.

    Raises:
        DataError: in one line, what is wrong and where.
    """
    if name not in SOURCES:
        raise DataError(f"no data set {name!r}: there are {', '.join(NAMES)}.")
    if split not in ("train", "validation"):
        raise DataError(f"no split {split!r}: there are train, validation.")
    selection = Selection(
        classes, skip_classes, images_per_class if split == "train" else None
    )
    source = importlib.import_module(f"pipelines.sources.{SOURCES[name]}")
    return source.read(
        split,
        data_dir=data_dir,
        selection=selection,
        image_size=image_size,
    )


def __getattr__(name):
    if name in ("training_batches", "evaluation_batches"):
        return getattr(importlib.import_module("pipelines.batches"), name)
    raise AttributeError(f"module 'pipelines' has no attribute {name!r}")
