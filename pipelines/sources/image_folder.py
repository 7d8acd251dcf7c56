"""Anybody's images: train/<class>/* and val/<class>/* or test/<class>/*.

Or one folder of classes, of which a stated share is held out.
"""

from __future__ import annotations

from pipelines.errors import DataError
from pipelines.sources.decode import SUFFIXES
from pipelines.sources.files import Tree
from pipelines.sources.split import Split, held_out, of_tree

EVALUATION = ("val", "validation", "test")


def split(which, *, data_dir, data_set, split_fraction) -> Split:
    """A split of a folder or zip; classes in natural order.

    See `pipelines.read` for the arguments.
    """
    if split_fraction is not None:
        return _of_one_folder(which, data_dir, split_fraction, data_set.name)
    try:
        tree = Tree(data_dir, ("train/",))
    except DataError as error:
        raise DataError(
            f"{error} One folder of classes needs --split_fraction=0.2 or "
            "its like."
        ) from error
    return of_parts(which, tree, data_set.name)


def of_parts(which, tree, name) -> Split:
    """A split of a tree with train/<class>/* and val/ or test/."""
    folders = _by_folder(tree)
    training = folders.get("train", {})
    if not training:
        raise DataError(f"{tree.where('train')}: no images.")
    files = training
    if which != "train":
        folder = next((f for f in EVALUATION if f in folders), None)
        if folder is None:
            raise DataError(
                f"{tree.where()}: no images in {', '.join(EVALUATION)}."
            )
        files = folders[folder]
        unknown = sorted(set(files) - set(training))
        if unknown:
            raise DataError(
                f"{tree.where(f'{folder}/{unknown[0]}')}: a class that "
                "train/ lacks."
            )
        # In the order of the training classes, whose labels they have.
        files = {c: files.get(c, []) for c in training}
    return of_tree(tree, f"{name} {which}", files)


def _of_one_folder(which, data_dir, share, name):
    if not 0 < share < 1:
        raise DataError(
            f"--split_fraction={share}: the share that is held out, between "
            "0 and 1."
        )
    tree = Tree(data_dir, None)
    found = {}
    for file in tree.names:
        parts = file.split("/")
        if len(parts) == 2 and parts[1].lower().endswith(SUFFIXES):
            found.setdefault(parts[0], []).append(file)
    if {"train", *EVALUATION} & set(found):
        raise DataError(
            f"{tree.where()}: has {' and '.join(sorted(found))} already; "
            "leave out --split_fraction."
        )
    files = {}
    for label, names in found.items():
        if len(names) < 2:
            raise DataError(
                f"{tree.where(label)}: one image, and both splits need one."
            )
        chosen = held_out([n.split("/")[1] for n in names], share)
        wanted = which != "train"
        files[label] = [
            n for n, held in zip(names, chosen, strict=True) if held == wanted
        ]
    return of_tree(tree, f"{name} {which}", files)


def _by_folder(tree):
    """Images by part and class; a class of other files is an error."""
    found = {}
    for name in tree.names:
        parts = name.split("/")
        if len(parts) == 3 and parts[0] in ("train", *EVALUATION):
            mine = found.setdefault(parts[0], {}).setdefault(parts[1], [])
            if parts[2].lower().endswith(SUFFIXES):
                mine.append(name)
    for part, classes in found.items():
        for name, files in classes.items():
            if not files:
                raise DataError(
                    f"{tree.where(f'{part}/{name}')}: none of its files is "
                    f"an image ({', '.join(SUFFIXES)})."
                )
    return found
