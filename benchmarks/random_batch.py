"""Create random batches of images."""

from __future__ import annotations

import numpy as np

CLASSES = 200


def random_batch(
    images: int = 32, size: int = 64, classes: int = CLASSES
) -> tuple[np.ndarray, np.ndarray]:
    """Create a batch of noise.

    Args:
        images: Number of images.
        size: Height and width.
        classes: Number of classes.

    Returns:
        float32 [images, size, size, 3] and one-hot float32 [images, classes].
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, size, size, 3), np.float32)
    return x, np.eye(classes, dtype="f4")[rng.integers(0, classes, images)]
