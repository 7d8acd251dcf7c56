"""Which classes and which of their images: the first of each."""

from __future__ import annotations

import numpy as np

from pipelines.errors import DataError
from pipelines.images import Images
from pipelines.sources.decode import decode


def first_classes(names, classes: int | None, where: str) -> tuple[str, ...]:
    """The first classes, all of them for None.

    Raises:
        DataError: there are fewer, or fewer than two are asked for.
    """
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise DataError(f"{where}: class {twice!r} is there twice.")
    if len(names) < 2:
        raise DataError(
            f"{where}: {len(names) or 'no'} classes; at least 2 are needed."
        )
    if classes is not None and classes < 2:
        raise DataError(f"--classes={classes}: at least 2 are needed.")
    if classes is not None and classes > len(names):
        raise DataError(
            f"{where}: {len(names)} classes, fewer than --classes={classes}."
        )
    return tuple(names[:classes])


def gather(tree, name, files, class_names, images_per_class, image_size):
    """Decodes the first files of each class.

    Args:
        tree: The `Tree` of the files.
        name: Name of data set and split.
        files: For each class name, its files in order.
        class_names: The classes, in the order of their labels.
        images_per_class: At most so many of each; None: all.
        image_size: See `pipelines.read`.

    Raises:
        DataError: a class has no image, or fewer than asked for.
    """
    if images_per_class is not None and images_per_class < 1:
        raise DataError(
            f"--images_per_class={images_per_class}: at least 1 is needed."
        )
    chosen, labels = [], []
    for label, class_name in enumerate(class_names):
        mine = files.get(class_name, [])[:images_per_class]
        if len(mine) < (images_per_class or 1):
            raise DataError(
                f"{tree.where()}: class {class_name!r} of {name} has "
                f"{len(mine) or 'no'} images"
                + (
                    f", fewer than --images_per_class={images_per_class}."
                    if images_per_class
                    else "."
                )
            )
        chosen += mine
        labels += [label] * len(mine)
    pixels = decode(tree, chosen, image_size)
    return Images(name, pixels, np.array(labels, np.int32), class_names)
