"""Batches of noise."""

from __future__ import annotations

import numpy as np

CLASSES = 200


def batch(images=32, size=64, classes=CLASSES):
    """(x, y): float32 [images, size, size, 3] and one-hot [images, classes]."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((images, size, size, 3), np.float32)
    return x, np.eye(classes, dtype="f4")[rng.integers(0, classes, images)]
