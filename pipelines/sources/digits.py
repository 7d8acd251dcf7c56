"""The 1,797 handwritten digits of scikit-learn, 8x8 pixels."""

from __future__ import annotations

import os

import numpy as np

from pipelines.errors import DataError
from pipelines.images import Images
from pipelines.io.resizing import resize_and_crop
from pipelines.registry import DataSet
from pipelines.selection import Selection
from pipelines.sources.prepared import refuse_split_fraction

#: Every fifth image of a class is a validation image.
VALIDATION_PERIOD = 5


def read_split(
    split: str,
    *,
    data_dir: str | os.PathLike[str] | None,
    data_set: DataSet,
    split_fraction: float | None,
    selection: Selection,
    image_size: int | None,
) -> Images:
    """Read a split of the digits, which need no download.

    Args:
        split: "train" or "validation".
        data_dir: Must be None.
        data_set: Entry of the registry.
        split_fraction: Must be None.
        selection: Classes and images to use.
        image_size: Height and width in pixels. None keeps 8x8 pixels.

    Returns:
        Images with one channel.

    Raises:
        DataError: `data_dir` or `split_fraction` is not None, or the
            selection is larger than the data set.
    """
    from sklearn.datasets import load_digits

    refuse_split_fraction(split_fraction, data_set)
    if data_dir:
        raise DataError(
            "Argument `data_dir` must be None for digits, which scikit-learn "
            f"includes. Received: data_dir={data_dir}."
        )
    bunch = load_digits()
    names = selection.select_classes([str(n) for n in range(10)], "digits")
    selected = []
    for name in names:
        indices = np.flatnonzero(bunch.target == int(name))
        position = np.arange(len(indices)) % VALIDATION_PERIOD
        is_validation = position == VALIDATION_PERIOD - 1
        indices = indices[
            is_validation if split == "validation" else ~is_validation
        ]
        selected.append(
            selection.select_images(indices, name, f"digits {split}")
        )
    order = np.concatenate(selected)
    pixels = np.round(bunch.images[order] * (255 / 16)).astype(np.uint8)
    pixels = pixels[..., None]
    if image_size is not None:
        pixels = np.stack([resize_and_crop(p, image_size) for p in pixels])
    labels = (bunch.target[order] - int(names[0])).astype(np.int32)
    return Images(f"digits {split}", pixels, labels, names)
