"""The chosen files of each class, decoded."""

from __future__ import annotations

import numpy as np

from pipelines.images import Images
from pipelines.sources.decode import decode


def gather(tree, name, files, class_names, selection, image_size):
    """Decodes the chosen images of each class.

    Args:
        tree: The `Tree` of the files.
        name: Name of data set and split.
        files: For each class name, its files in order.
        class_names: The classes, in the order of their labels.
        selection: The `Selection`.
        image_size: See `pipelines.read`.

    Raises:
        DataError: a class has no image, or fewer than asked for.
    """
    chosen, labels = [], []
    for label, class_name in enumerate(class_names):
        mine = selection.of_images(
            files.get(class_name, []), class_name, f"{tree.where()}: {name}"
        )
        chosen += mine
        labels += [label] * len(mine)
    pixels = decode(tree, chosen, image_size)
    return Images(name, pixels, np.array(labels, np.int32), class_names)
