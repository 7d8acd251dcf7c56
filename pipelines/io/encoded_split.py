"""The encoded images of a split, before they are decoded."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.io.file_tree import FileTree
from pipelines.omissions import Omission


@dataclasses.dataclass(frozen=True)
class EncodedSplit:
    """Encoded images of a split, by class.

    A key identifies an image within the split; its type depends on the
    source.

    Args:
        name: Name of the data set and the split, for messages.
        keys_by_class: Keys of the images of each class, in order. The
            classes are in the order of the labels.
        read_bytes: Function from a key to the content of the image file.
        stream_bytes: Function from a sequence of keys to pairs (position in
            the sequence, content), in any order.
        describe_key: Function from a key to the image's location, for
            messages.
        location: Location of the whole split, for messages.
        fingerprint: String that changes if the files change.
        omissions: Files that are not part of the split, but that a user may
            expect in it. Defaults to none.
        class_words: Classes in words, by name, for a data set whose names are
            codes. Defaults to none.
    """

    name: str
    keys_by_class: Mapping[str, Sequence[Any]]
    read_bytes: Callable[[Any], bytes]
    stream_bytes: Callable[[Sequence[Any]], Iterable[tuple[int, bytes]]]
    describe_key: Callable[[Any], str]
    location: str
    fingerprint: str
    omissions: tuple[Omission, ...] = ()
    class_words: Mapping[str, str] = dataclasses.field(default_factory=dict)


def split_from_tree(
    tree: FileTree,
    name: str,
    files_by_class: Mapping[str, Sequence[str]],
    omissions: Sequence[Omission] = (),
) -> EncodedSplit:
    """Create a split from files of a folder or zip archive.

    Args:
        tree: The folder or archive.
        name: Name of the data set and the split, for messages.
        files_by_class: Names of the files in `tree`, by class.
        omissions: Files of `tree` that are not part of the split. Defaults
            to none.

    Returns:
        The split, whose keys are the names of the files.
    """
    return EncodedSplit(
        name=name,
        keys_by_class=files_by_class,
        read_bytes=tree.read_bytes,
        stream_bytes=lambda files: enumerate(map(tree.read_bytes, files)),
        describe_key=tree.describe,
        location=tree.describe(),
        fingerprint=tree.fingerprint(),
        omissions=tuple(omissions),
    )


def omission(
    tree: FileTree, names: Sequence[str], description: str
) -> list[Omission]:
    """Report files or folders of a tree that are not part of a split.

    Args:
        tree: The folder or archive.
        names: Names of the files or folders in `tree`.
        description: What they are, as a plural.

    Returns:
        One omission, or none if there are no names.
    """
    if not names:
        return []
    return [Omission(len(names), description, tree.describe(names[0]))]


def holdout_mask(keys: Sequence[Any], fraction: float) -> np.ndarray:
    """Choose which images of a class are held out for validation.

    The images with the smallest SHA-256 hashes of their names are held out.
    The choice does not depend on the location of the folder, and it changes
    little if images are added. At least one image is held out, and at least
    one is not.

    Args:
        keys: Names of the images of a class.
        fraction: Fraction of the images to hold out, in (0, 1).

    Returns:
        bool array of shape [images], True where an image is held out.
    """
    count = min(max(1, round(fraction * len(keys))), len(keys) - 1)
    hashes = [
        hashlib.sha256(
            # Names of files need not be UTF-8.
            str(key).encode("utf-8", "surrogateescape")
        ).hexdigest()
        for key in keys
    ]
    mask = np.zeros(len(keys), bool)
    mask[np.argsort(hashes, kind="stable")[: max(count, 0)]] = True
    return mask
