"""Split discipline: what choices are made on, and what must not leak."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np

from pipelines.errors import DataError


def hold_out(images, share: float, seed: int):
    """Holds out a class-balanced slice of the training images.

    For choosing things: the published test split is then only reported.

    Args:
        images: The training `Images`.
        share: Of each class, in 0 … 1; at least one image, and not all.
        seed: Of the draw.

    Returns:
        (the rest, the slice), as `Images`.

    Raises:
        DataError: a class has a single image, or the share is none.
    """
    if not 0 < share < 1:
        raise DataError(
            f"--val_from_train={share}: a share between 0 and 1 is needed."
        )
    chosen = np.zeros(len(images), bool)
    for label, name in enumerate(images.class_names):
        mine = np.flatnonzero(images.labels == label)
        if len(mine) < 2:
            raise DataError(
                f"{images.name}: class {name!r} has one image; it cannot be "
                "in both parts (--val_from_train)."
            )
        count = min(max(1, round(share * len(mine))), len(mine) - 1)
        rng = np.random.default_rng([seed, label])
        chosen[rng.choice(mine, count, replace=False)] = True
    return (
        part(images, np.flatnonzero(~chosen)),
        part(images, np.flatnonzero(chosen), f"{images.name}, held out"),
    )


def part(images, chosen, name=None):
    """Some of the images, copied.

    Args:
        images: The `Images`.
        chosen: Their places, in the order wanted.
        name: What they are called; None: as they are all.
    """
    from pipelines.cache import aligned

    pixels = aligned((len(chosen), *images.image_shape))
    # "raise" would make a second copy of them all.
    np.take(images.pixels, chosen, axis=0, out=pixels, mode="clip")
    return dataclasses.replace(
        images,
        name=name or images.name,
        pixels=pixels,
        labels=images.labels[chosen],
    )


def in_both(first, second) -> list[tuple[int, int]]:
    """Pairs of images that are the same, byte for byte, in two splits.

    Args:
        first: `Images` of one shape.
        second: `Images` of the same shape.

    Returns:
        Indices (in first, in second), in order of the second's.
    """
    places: dict[bytes, list[int]] = {}
    for i, image in enumerate(first.pixels):
        places.setdefault(_digest(image), []).append(i)
    return [
        (i, j)
        for j, image in enumerate(second.pixels)
        for i in places.get(_digest(image), [])
    ]


def _digest(image):
    return hashlib.blake2b(np.ascontiguousarray(image), digest_size=16).digest()
