"""Tiny-ImageNet (Stanford CS231n): 200 classes, 64x64, official layout."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from pipelines.builders.factory import is_prepared
from pipelines.errors import DataError
from pipelines.io.encoded_split import (
    EncodedSplit,
    omission,
    split_from_tree,
)
from pipelines.io.file_tree import FileTree
from pipelines.io.image_formats import is_image
from pipelines.registry import DataSet
from pipelines.sources import prepared


def open_split(
    split: str,
    *,
    data_dir: str | os.PathLike[str] | None,
    data_set: DataSet,
    split_fraction: float | None,
) -> EncodedSplit:
    """Open a split of the official folder or zip, or of the prepared data.

    `wnids.txt` lists the classes in the order of their labels,
    `train/<wnid>/images/` has the training images, and
    `val/val_annotations.txt` lists the class of each image in `val/images/`.
    The official validation images are the validation split.

    Args:
        split: "train" or "validation".
        data_dir: Path of the official folder or zip archive, or folder in
            which TFDS prepared the data set.
        data_set: Entry of the registry.
        split_fraction: Must be None.

    Returns:
        The encoded images of the split.

    Raises:
        DataError: `data_dir` does not have the official layout, or
            `split_fraction` is not None.
    """
    prepared.refuse_split_fraction(split_fraction, data_set)
    if data_dir and is_prepared(Path(data_dir).expanduser(), data_set):
        return prepared.open_split(
            split,
            data_dir=data_dir,
            data_set=data_set,
            split_fraction=split_fraction,
        )
    tree = FileTree(data_dir, ("wnids.txt",))
    wnids = _read_wnids(tree)
    list_files = _training_files if split == "train" else _validation_files
    files = list_files(tree, wnids)
    folder = "train/" if split == "train" else "val/"
    listed = {name for names in files.values() for name in names}
    unlisted = [
        name
        for name in tree.names
        if name.startswith(folder) and name not in listed and is_image(name)
    ]
    encoded = split_from_tree(
        tree,
        f"{data_set.name} {split}",
        {wnid: files.get(wnid, []) for wnid in wnids},
        omission(
            tree,
            unlisted,
            "images outside train/<wnid>/images/"
            if split == "train"
            else "images that val/val_annotations.txt does not list",
        ),
    )
    return dataclasses.replace(encoded, class_words=_read_words(tree, wnids))


def _read_wnids(tree: FileTree) -> list[str]:
    location = tree.describe("wnids.txt")
    wnids = [line.strip() for line in tree.read_lines("wnids.txt")]
    if len(wnids) < 2:
        count = len(wnids) or "no"
        raise DataError(f"{location}: {count} classes; at least 2 are needed.")
    duplicate = next((n for n in wnids if wnids.count(n) > 1), None)
    if duplicate is not None:
        raise DataError(f"{location}: class {duplicate!r} appears twice.")
    return wnids


def _read_words(tree: FileTree, wnids: Sequence[str]) -> dict[str, str]:
    """Return each class in words, if the archive has `words.txt`.

    The first synonym stands for a class, or all of them if two classes share
    the first.
    """
    if "words.txt" not in tree.names:
        return {}
    try:
        lines = [line.partition("\t") for line in tree.read_lines("words.txt")]
    except DataError:
        # The words are for people; a damaged list of them stops no training.
        return {}
    classes = set(wnids)
    synonyms = {w: words.strip() for w, _, words in lines if w in classes}
    first = {wnid: words.split(",")[0] for wnid, words in synonyms.items()}
    shared = list(first.values())
    return {
        wnid: synonyms[wnid] if shared.count(words) > 1 else words
        for wnid, words in first.items()
    }


def _training_files(
    tree: FileTree, wnids: Sequence[str]
) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for name in tree.names:
        parts = name.split("/")
        if len(parts) == 4 and parts[0] == "train" and parts[2] == "images":
            files.setdefault(parts[1], []).append(name)
    unknown = sorted(set(files) - set(wnids))
    if unknown:
        raise DataError(
            f"{tree.describe('train/' + unknown[0])}: a class that wnids.txt "
            "does not list."
        )
    return files


def _validation_files(
    tree: FileTree, wnids: Sequence[str]
) -> dict[str, list[str]]:
    listing = "val/val_annotations.txt"
    names = set(tree.names)
    classes = set(wnids)
    files: dict[str, list[str]] = {}
    for number, line in enumerate(tree.read_lines(listing), 1):
        columns = line.split("\t")
        location = f"{tree.describe(listing)} line {number}"
        if len(columns) < 2:
            raise DataError(
                f"{location}: the line must be 'file<TAB>wnid…'. Received: "
                f"{line!r}."
            )
        file, wnid = f"val/images/{columns[0]}", columns[1].strip()
        if wnid not in classes:
            raise DataError(
                f"{location}: class {wnid!r}, which wnids.txt does not list."
            )
        if file not in names:
            raise DataError(f"{location}: {file} is missing.")
        files.setdefault(wnid, []).append(file)
    return files
