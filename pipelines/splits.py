"""Splits of decoded images, and duplicates between splits."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np

from pipelines.errors import DataError
from pipelines.images import Images
from pipelines.io.memory import empty_beside


def holdout_split(
    images: Images, fraction: float, seed: int
) -> tuple[Images, Images]:
    """Hold out a class-balanced part of the training images.

    Choose hyperparameters on the held-out images, and use the published test
    images only for the report.

    Args:
        images: The training images.
        fraction: Fraction of each class to hold out, in (0, 1). At least one
            image of each class is held out, and at least one is not.
        seed: Seed of the random choice, at least 0.

    Returns:
        The remaining training images and the held-out images.

    Raises:
        DataError: `fraction` is not in (0, 1), or a class has one image.

    Example:
        >>> import pipelines
        >>> from pipelines.splits import holdout_split
        >>> images = pipelines.read("digits", "train", images_per_class=10)
        >>> training, validation = holdout_split(images, 0.2, seed=0)
        >>> len(training), len(validation)
        (80, 20)
    """
    if not 0 < fraction < 1:
        raise DataError(
            "Argument `fraction` must be between 0 and 1. Received: "
            f"fraction={fraction}."
        )
    is_held_out = np.zeros(len(images), bool)
    for label, name in enumerate(images.class_names):
        indices = np.flatnonzero(images.labels == label)
        if len(indices) < 2:
            raise DataError(
                f"{images.name}: class {name!r} has one image, which cannot "
                "be in both parts."
            )
        count = min(max(1, round(fraction * len(indices))), len(indices) - 1)
        rng = np.random.default_rng([seed, label])
        is_held_out[rng.choice(indices, count, replace=False)] = True
    return (
        take_images(images, np.flatnonzero(~is_held_out)),
        take_images(
            images, np.flatnonzero(is_held_out), f"{images.name}, held out"
        ),
    )


def take_images(
    images: Images,
    indices: Sequence[int] | np.ndarray,
    name: str | None = None,
) -> Images:
    """Copy some of the images: in memory, or from a mapped file to another.

    Args:
        images: The images.
        indices: Indices of the images to copy, in the order of the result.
        name: Name of the result. Defaults to None: `images.name`.

    Returns:
        The selected images, with the same class names.

    Example:
        >>> import pipelines
        >>> from pipelines.splits import take_images
        >>> images = pipelines.read("digits", "train")
        >>> len(take_images(images, [0, 5, 7]))
        3
    """
    # An empty list would be an array of floats.
    chosen = np.asarray(indices) if len(indices) else np.arange(0)
    # Masks and negative indices select as in NumPy.
    rows = np.arange(len(images))[chosen]
    pixels = empty_beside(images.pixels, (len(rows), *images.image_shape))
    # The default mode, "raise", would buffer a second copy of the result.
    np.take(images.pixels, rows, axis=0, out=pixels, mode="clip")
    return dataclasses.replace(
        images,
        name=name or images.name,
        pixels=pixels,
        labels=images.labels[rows],
    )


def duplicate_indices(first: Images, second: Images) -> list[int]:
    """Find the images of a split that are in another one, too.

    Args:
        first: Images of one split.
        second: Images of another split, of the same shape.

    Returns:
        Indices of images in `second` that are byte-identical to one in
        `first`.

    Example:
        >>> import pipelines
        >>> from pipelines.splits import duplicate_indices
        >>> train = pipelines.read("digits", "train")
        >>> duplicate_indices(train, pipelines.read("digits", "validation"))
        []
    """
    known = {_digest(image) for image in first.pixels}
    return [
        index
        for index, image in enumerate(second.pixels)
        if _digest(image) in known
    ]


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
