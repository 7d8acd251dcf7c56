"""Tiny-ImageNet (Stanford CS231n): 200 classes, 64x64, official layout."""

from __future__ import annotations

from pipelines.errors import DataError
from pipelines.sources.files import Tree
from pipelines.sources.gather import gather


def read(split, *, data_dir, selection, image_size):
    """Reads a split from the official folder or its zip.

    `wnids.txt` says the classes and their order, `train/<wnid>/images/` has
    the training images, `val/val_annotations.txt` the class of each of
    `val/images/`. The official validation images are the evaluation split.
    See `pipelines.read` for the arguments.
    """
    tree = Tree(data_dir, ("wnids.txt",))
    wnids = [line.strip() for line in tree.lines("wnids.txt")]
    chosen = selection.of_classes(wnids, tree.where("wnids.txt"))
    find = _training_files if split == "train" else _validation_files
    return gather(
        tree,
        f"tiny_imagenet {split}",
        find(tree, wnids),
        chosen,
        selection,
        image_size,
    )


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
