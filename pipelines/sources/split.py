"""A split's files before they are decoded: what every source gives."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Split:
    """Encoded images of a split, by class.

    Args:
        name: Data set and split, for messages.
        classes: For each class name, in the order of the labels, the keys of
            its images, in order.
        read: One image's bytes, of its key.
        stream: Of many keys, (place among them, bytes), in any order.
        where: Names an image for messages, of its key.
        home: What messages call all of it.
        stamp: What changes where the files change.
    """

    name: str
    classes: Mapping[str, Sequence[Any]]
    read: Callable[[Any], bytes]
    stream: Callable[[Sequence[Any]], Iterable[tuple[int, bytes]]]
    where: Callable[[Any], str]
    home: str
    stamp: str


def of_tree(tree, name, files: dict[str, list[str]]) -> Split:
    """A split of files in a `files.Tree`."""
    return Split(
        name,
        files,
        tree.read,
        lambda names: enumerate(map(tree.read, names)),
        tree.where,
        tree.where(),
        tree.stamp(),
    )


def held_out(keys: Sequence[str], share: float) -> np.ndarray:
    """Which of a class's images are held out where no split is official.

    Those of the smallest hashes of their names: the same ones whatever else
    is in the folder and wherever it lies; at least one, and not all.

    Args:
        keys: Names of a class's images.
        share: In 0 … 1.

    Returns:
        bool [images].
    """
    count = min(max(1, round(share * len(keys))), len(keys) - 1)
    hashes = [hashlib.sha256(str(k).encode()).hexdigest() for k in keys]
    chosen = np.zeros(len(keys), bool)
    chosen[np.argsort(hashes, kind="stable")[: max(count, 0)]] = True
    return chosen
