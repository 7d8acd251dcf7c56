"""Anybody's images: train/<class>/* and val/<class>/* or test/<class>/*."""

from __future__ import annotations

from pipelines.errors import DataError
from pipelines.sources.decode import SUFFIXES
from pipelines.sources.files import Tree
from pipelines.sources.gather import gather

EVALUATION = ("val", "validation", "test")


def read(split, *, data_dir, selection, image_size):
    """Reads a split from a folder or zip; classes in natural order.

    See `pipelines.read` for the arguments.
    """
    tree = Tree(data_dir, ("train/",))
    folders = _by_folder(tree)
    training = folders.get("train", {})
    if not training:
        raise DataError(f"{tree.where('train')}: no images.")
    chosen = selection.of_classes(list(training), tree.where("train"))
    files = training
    if split != "train":
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
    return gather(
        tree,
        f"image_folder {split}",
        files,
        chosen,
        selection,
        image_size,
    )


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
