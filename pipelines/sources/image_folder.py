"""Images in class folders: train/<class>/* and val/<class>/*.

The validation folder may also be named "validation" or "test". A folder that
has only class folders is split by a fraction.
"""

from __future__ import annotations

import os

from pipelines.errors import DataError
from pipelines.io.decoding import IMAGE_SUFFIXES
from pipelines.io.encoded_split import (
    EncodedSplit,
    holdout_mask,
    split_from_tree,
)
from pipelines.io.file_tree import FileTree
from pipelines.registry import DataSet

#: Accepted names of the validation folder, in order of preference.
VALIDATION_FOLDERS = ("val", "validation", "test")


def open_split(
    split: str,
    *,
    data_dir: str | os.PathLike[str] | None,
    data_set: DataSet,
    split_fraction: float | None,
) -> EncodedSplit:
    """Open a split of a folder or zip, with classes in natural order.

    Args:
        split: "train" or "validation".
        data_dir: Path of the folder or zip archive.
        data_set: Entry of the registry.
        split_fraction: Fraction of each class, in (0, 1), that is held out
            for validation if `data_dir` has only class folders. None
            requires folders for training and validation.

    Returns:
        The encoded images of the split.

    Raises:
        DataError: `data_dir` does not have the expected folders.
    """
    if split_fraction is not None:
        return _split_by_fraction(
            split, data_dir, split_fraction, data_set.name
        )
    try:
        tree = FileTree(data_dir, ("train/",))
    except DataError as error:
        raise DataError(
            f"{error} For a folder that has only class folders, set "
            "`split_fraction`, for example to 0.2."
        ) from error
    return open_split_folders(split, tree, data_set.name)


def open_split_folders(split: str, tree: FileTree, name: str) -> EncodedSplit:
    """Open a split of a tree with train/<class>/* and val/<class>/*.

    Args:
        split: "train" or "validation".
        tree: The folder or zip archive.
        name: Name of the data set, for messages.

    Returns:
        The encoded images of the split.

    Raises:
        DataError: The split has no images, or a validation class is not a
            training class.
    """
    folders = _files_by_folder(tree)
    training = folders.get("train", {})
    if not training:
        raise DataError(f"{tree.describe('train')}: no images.")
    if split == "train":
        return split_from_tree(tree, f"{name} {split}", training)
    folder = next((f for f in VALIDATION_FOLDERS if f in folders), None)
    if folder is None:
        raise DataError(
            f"{tree.describe()}: no images in {', '.join(VALIDATION_FOLDERS)}."
        )
    validation = folders[folder]
    unknown = sorted(set(validation) - set(training))
    if unknown:
        raise DataError(
            f"{tree.describe(f'{folder}/{unknown[0]}')}: a class that train/ "
            "lacks."
        )
    # The order of the training classes defines the labels.
    files_by_class = {label: validation.get(label, []) for label in training}
    return split_from_tree(tree, f"{name} {split}", files_by_class)


def _split_by_fraction(
    split: str,
    data_dir: str | os.PathLike[str] | None,
    fraction: float,
    name: str,
) -> EncodedSplit:
    if not 0 < fraction < 1:
        raise DataError(
            "Argument `split_fraction` must be between 0 and 1. Received: "
            f"split_fraction={fraction}."
        )
    tree = FileTree(data_dir, None)
    images: dict[str, list[str]] = {}
    for file in tree.names:
        parts = file.split("/")
        if len(parts) == 2 and parts[1].lower().endswith(IMAGE_SUFFIXES):
            images.setdefault(parts[0], []).append(file)
    if {"train", *VALIDATION_FOLDERS} & set(images):
        raise DataError(
            f"{tree.describe()}: the folder has {' and '.join(sorted(images))} "
            "already. Argument `split_fraction` must be None. Received: "
            f"split_fraction={fraction}."
        )
    files_by_class = {}
    for label, files in images.items():
        if len(files) < 2:
            raise DataError(
                f"{tree.describe(label)}: one image, but each split needs at "
                "least one."
            )
        mask = holdout_mask([file.split("/")[1] for file in files], fraction)
        files_by_class[label] = [
            file
            for file, is_validation in zip(files, mask, strict=True)
            if is_validation == (split != "train")
        ]
    return split_from_tree(tree, f"{name} {split}", files_by_class)


def _files_by_folder(tree: FileTree) -> dict[str, dict[str, list[str]]]:
    """Group the images by split folder and class."""
    folders: dict[str, dict[str, list[str]]] = {}
    for name in tree.names:
        parts = name.split("/")
        if len(parts) == 3 and parts[0] in ("train", *VALIDATION_FOLDERS):
            classes = folders.setdefault(parts[0], {})
            images = classes.setdefault(parts[1], [])
            if parts[2].lower().endswith(IMAGE_SUFFIXES):
                images.append(name)
    for folder, classes in folders.items():
        for label, images in classes.items():
            if not images:
                raise DataError(
                    f"{tree.describe(f'{folder}/{label}')}: none of the files "
                    f"is an image ({', '.join(IMAGE_SUFFIXES)})."
                )
    return folders
