"""Images in class folders: train/<class>/** and val/<class>/**.

The validation folder may also be named "validation" or "test". A folder that
has only class folders is split by a fraction. Images may be in subfolders of
the class folders. The source reports what it does not read.
"""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Sequence

from pipelines.errors import DataError
from pipelines.io.encoded_split import (
    EncodedSplit,
    holdout_mask,
    omission,
    split_from_tree,
)
from pipelines.io.file_tree import FileTree, natural_key
from pipelines.io.image_formats import is_image
from pipelines.io.orientation import FIRST_TRANSPOSED, image_orientation
from pipelines.omissions import Omission, count_suffixes
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
        DataError: `data_dir` does not have the expected folders, or
            `split_fraction` is not in (0, 1).
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
    """Open a split of a tree with train/<class>/** and val/<class>/**.

    Args:
        split: "train" or "validation".
        tree: The folder or zip archive.
        name: Name of the data set, for messages.

    Returns:
        The encoded images of the split.

    Raises:
        DataError: The split has no images, no file of a class is an image,
            or a validation class is not a training class.
    """
    by_folder = {
        folder: _read_class_folders(tree, f"{folder}/")
        for folder in ("train", *VALIDATION_FOLDERS)
    }
    for folder, class_folders in by_folder.items():
        _refuse_classes_of_other_files(tree, folder, class_folders)
    training = by_folder.pop("train")
    if not training.images:
        found = (
            f"{len(training.outside):,} images, but no class folders"
            if training.outside
            else "no images"
        )
        raise DataError(f"{tree.describe('train')}: {found}.")
    if split == "train":
        unread = _images_outside(tree, ("train", *VALIDATION_FOLDERS))
        return split_from_tree(
            tree,
            f"{name} {split}",
            training.images,
            [
                *training.omissions(tree),
                *omission(tree, unread, "images outside train/"),
                *_circular_links(tree),
            ],
        )
    folder, validation = next(
        (item for item in by_folder.items() if item[1].images), ("", None)
    )
    if validation is None:
        raise DataError(
            f"{tree.describe()}: no images in {', '.join(VALIDATION_FOLDERS)}."
        )
    unknown = sorted(set(validation.images) - set(training.images))
    if unknown:
        raise DataError(
            f"{tree.describe(f'{folder}/{unknown[0]}')}: a class that train/ "
            "lacks."
        )
    del by_folder[folder]
    unread = [image for f in by_folder.values() for image in f.all_images()]
    return split_from_tree(
        tree,
        f"{name} {split}",
        # The order of the training classes defines the labels.
        {label: validation.images.get(label, []) for label in training.images},
        [
            *validation.omissions(tree),
            *omission(tree, unread, f"images outside {folder}/"),
        ],
    )


@dataclasses.dataclass(frozen=True)
class _ClassFolders:
    """The files below the class folders of a split.

    Args:
        images: Images of each class, in the order of the labels.
        other_files: Files that are not images, by class.
        empty: Class folders without a file.
        outside: Images that are not in a class folder.
    """

    images: dict[str, list[str]]
    other_files: dict[str, list[str]]
    empty: list[str]
    outside: list[str]

    def all_images(self) -> list[str]:
        """Return all images, in class folders and outside."""
        in_classes = [i for images in self.images.values() for i in images]
        return in_classes + self.outside

    def omissions(self, tree: FileTree) -> list[Omission]:
        """Return what is not read."""
        files = [f for files in self.other_files.values() for f in files]
        return [
            *omission(
                tree,
                files,
                f"files without the suffix of an image "
                f"({count_suffixes(files)})",
            ),
            *omission(tree, self.outside, "images outside the class folders"),
            *omission(tree, self.empty, "class folders without a file"),
        ]


def _read_class_folders(tree: FileTree, prefix: str) -> _ClassFolders:
    """Group the files below `prefix` by class."""
    images: dict[str, list[str]] = {}
    other_files: dict[str, list[str]] = {}
    outside: list[str] = []
    for file in tree.names:
        if not file.startswith(prefix):
            continue
        label, _, in_class = file[len(prefix) :].partition("/")
        if not in_class:
            outside += [file] if is_image(file) else []
            continue
        by_class = images if is_image(file) else other_files
        by_class.setdefault(label, []).append(file)
    empty = [
        folder
        for folder in tree.folders
        if folder.startswith(prefix)
        and "/" not in (label := folder[len(prefix) :])
        and label not in images
        and label not in other_files
    ]
    # The order depends on the names of the classes only. The slash orders
    # "a-b" before "a", as in the order of the files.
    labels = sorted(images, key=lambda label: natural_key(f"{label}/"))
    return _ClassFolders(
        {label: images[label] for label in labels}, other_files, empty, outside
    )


def _refuse_classes_of_other_files(
    tree: FileTree, folder: str, class_folders: _ClassFolders
) -> None:
    for label, files in class_folders.other_files.items():
        if label not in class_folders.images:
            raise DataError(
                f"{tree.describe(f'{folder}/{label}')}: none of the files is "
                f"an image that can be read ({count_suffixes(files)}). Convert "
                "the images, or remove the folder."
            )


def has_split_folders(data_dir: str | os.PathLike[str] | None) -> bool:
    """Return whether a folder or zip has a folder for training images.

    A folder "train" with images, and no other split beside it, is a class.

    Args:
        data_dir: Path of the folder or zip archive.

    Raises:
        DataError: `data_dir` cannot be read.
    """
    names = FileTree(data_dir, None).names
    # "train" is at the top, or in a folder at the top.
    below: dict[str, list[str]] = {}
    for name in names:
        top, _, rest = name.partition("/")
        below.setdefault(top, []).append(rest)
    return any("train" in _split_folders(n) for n in (names, *below.values()))


def _split_folders(names: Sequence[str]) -> list[str]:
    """Return the folders at the top of a tree that are splits.

    These are folders with the name of a split that have class folders, or
    that stand beside another one.

    Args:
        names: Names of the files.
    """
    found, with_folders = set(), set()
    for name in names:
        top, *rest = name.split("/")
        if rest and top in ("train", *VALIDATION_FOLDERS):
            found.add(top)
            if len(rest) > 1:
                with_folders.add(top)
    return sorted(found if len(found) > 1 else with_folders)


def have_equal_sizes(split: EncodedSplit, count: int = 64) -> bool:
    """Return whether the images of a split have the same height and width.

    Args:
        split: The split.
        count: Number of images whose headers are read, evenly spaced.
            Defaults to 64.

    Returns:
        Whether no two of these images differ. Damaged images are ignored:
        reading the split reports them.
    """
    from PIL import Image

    keys = [key for keys in split.keys_by_class.values() for key in keys]
    sizes = set()
    for key in keys[:: max(1, len(keys) // count)]:
        try:
            with Image.open(io.BytesIO(split.read_bytes(key))) as image:
                is_turned = image_orientation(image) >= FIRST_TRANSPOSED
                sizes.add(image.size[::-1] if is_turned else image.size)
        except Exception:
            # Pillow's plugins raise errors of many kinds.
            continue
    return len(sizes) <= 1


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
    folders = _read_class_folders(tree, "")
    if splits := _split_folders(tree.names):
        raise DataError(
            f"{tree.describe()}: the folder has {' and '.join(splits)} "
            "already. Argument `split_fraction` must be None. Received: "
            f"split_fraction={fraction}."
        )
    is_validation = split != "train"
    files_by_class = {}
    for label, files in folders.images.items():
        if len(files) < 2:
            raise DataError(
                f"{tree.describe(label)}: one image, but each split needs at "
                "least one."
            )
        mask = holdout_mask([f[len(label) + 1 :] for f in files], fraction)
        files_by_class[label] = [
            file
            for file, is_held_out in zip(files, mask, strict=True)
            if is_held_out == is_validation
        ]
    # Both splits have the same omissions. Those of one are enough.
    omissions = [] if is_validation else _omissions_of_one_folder(tree, folders)
    return split_from_tree(tree, f"{name} {split}", files_by_class, omissions)


def _omissions_of_one_folder(
    tree: FileTree, folders: _ClassFolders
) -> list[Omission]:
    without_images = [f for f in folders.other_files if f not in folders.images]
    return [
        *folders.omissions(tree),
        *omission(tree, without_images, "folders without an image"),
        *_circular_links(tree),
    ]


def _images_outside(tree: FileTree, folders: Sequence[str]) -> list[str]:
    """Return the images that are not in one of the top folders."""
    return [
        file
        for file in tree.names
        if is_image(file) and file.partition("/")[0] not in folders
    ]


def _circular_links(tree: FileTree) -> list[Omission]:
    return omission(
        tree,
        tree.circular_links,
        "symbolic links to a folder that contains them",
    )
