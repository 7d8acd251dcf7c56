"""Images, labels and a key that the augmentation tests share."""

from collections.abc import Callable

import numpy as np
from PIL import Image

_RNG = np.random.default_rng(0)
#: float32 images in [0, 255].
PIXELS = _RNG.integers(0, 256, (6, 12, 10, 3)).astype("f4")
#: One-hot labels of four classes.
LABELS = np.eye(4, dtype="f4")[_RNG.integers(0, 4, 6)]
#: Key of random numbers.
KEY = [5, 6]


def apply_pillow(function: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """Apply a function of Pillow to every image of `PIXELS`."""
    return np.stack(
        [np.asarray(function(Image.fromarray(x.astype("u1")))) for x in PIXELS]
    )
