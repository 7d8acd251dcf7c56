"""Tiny-ImageNet (Stanford CS231n): 200 classes, 64x64, official layout."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import DataError
from pipelines.sources import prepared
from pipelines.sources.files import Tree
from pipelines.sources.split import Split, of_tree


def split(which, *, data_dir, data_set, split_fraction) -> Split:
    """A split of the official folder, its zip, or TFDS once prepared.

    `wnids.txt` says the classes and their order, `train/<wnid>/images/` has
    the training images, `val/val_annotations.txt` the class of each of
    `val/images/`. The official validation images are the evaluation split.
    See `pipelines.read` for the arguments.
    """
    prepared.no_fraction(split_fraction, data_set)
    if data_dir and prepared.is_prepared(Path(data_dir), data_set):
        return prepared.split(
            which,
            data_dir=data_dir,
            data_set=data_set,
            split_fraction=split_fraction,
        )
    tree = Tree(data_dir, ("wnids.txt",))
    wnids = _wnids(tree)
    find = _training_files if which == "train" else _validation_files
    files = find(tree, wnids)
    return of_tree(
        tree,
        f"{data_set.name} {which}",
        {wnid: files.get(wnid, []) for wnid in wnids},
    )


def _wnids(tree):
    where = tree.where("wnids.txt")
    wnids = [line.strip() for line in tree.lines("wnids.txt")]
    if len(wnids) < 2:
        count = len(wnids) or "no"
        raise DataError(f"{where}: {count} classes; at least 2 are needed.")
    twice = next((n for n in wnids if wnids.count(n) > 1), None)
    if twice is not None:
        raise DataError(f"{where}: class {twice!r} is there twice.")
    return wnids


def _training_files(tree, wnids):
    files = {}
    for name in tree.names:
        parts = name.split("/")
        if len(parts) == 4 and parts[0] == "train" and parts[2] == "images":
            files.setdefault(parts[1], []).append(name)
    unknown = sorted(set(files) - set(wnids))
    if unknown:
        raise DataError(
            f"{tree.where('train/' + unknown[0])}: a class that wnids.txt "
            "does not list."
        )
    return files


def _validation_files(tree, wnids):
    listing = "val/val_annotations.txt"
    present = set(tree.names)
    known = set(wnids)
    files = {}
    for number, line in enumerate(tree.lines(listing), 1):
        columns = line.split("\t")
        where = f"{tree.where(listing)} line {number}"
        if len(columns) < 2:
            raise DataError(f"{where}: not 'file<TAB>wnid…' but {line!r}.")
        file, wnid = f"val/images/{columns[0]}", columns[1].strip()
        if wnid not in known:
            raise DataError(
                f"{where}: class {wnid!r}, which wnids.txt does not list."
            )
        if file not in present:
            raise DataError(f"{where}: {file} is missing.")
        files.setdefault(wnid, []).append(file)
    return files
