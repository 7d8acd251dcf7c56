"""scikit-learn's 1,797 handwritten digits, 8x8: real, and needs no download."""

from __future__ import annotations

import numpy as np

from pipelines.errors import DataError
from pipelines.images import Images
from pipelines.sources.decode import fitted

#: Every fifth image of a class, in the package's order, is for validation.
HELD_OUT = 5


def read(which, *, data_dir, data_set, split_fraction, selection, image_size):
    """Reads a split: uint8, one channel. See `pipelines.read`."""
    from sklearn.datasets import load_digits

    from pipelines.sources.prepared import no_fraction

    no_fraction(split_fraction, data_set)
    if data_dir:
        raise DataError(
            f"digits come with scikit-learn: leave out --data_dir={data_dir}."
        )
    bunch = load_digits()
    names = selection.of_classes([str(n) for n in range(10)], "digits")
    chosen = []
    for name in names:
        mine = np.flatnonzero(bunch.target == int(name))
        held_out = np.arange(len(mine)) % HELD_OUT == HELD_OUT - 1
        mine = mine[held_out if which == "validation" else ~held_out]
        chosen.append(selection.of_images(mine, name, f"digits {which}"))
    chosen = np.concatenate(chosen)
    pixels = np.round(bunch.images[chosen] * (255 / 16)).astype(np.uint8)
    pixels = pixels[..., None]
    if image_size is not None:
        pixels = np.stack([fitted(p, image_size) for p in pixels])
    labels = (bunch.target[chosen] - int(names[0])).astype(np.int32)
    return Images(f"digits {which}", pixels, labels, names)
