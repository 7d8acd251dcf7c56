"""Tests of random batches."""

from __future__ import annotations

import numpy as np

from benchmarks.random_batch import random_batch


def test_random_batch_has_the_requested_shapes_and_is_reproducible() -> None:
    x, y = random_batch(3, 8, 5)
    assert x.shape == (3, 8, 8, 3)
    assert y.shape == (3, 5)
    assert x.dtype == y.dtype == np.float32
    assert (y.sum(1) == 1).all()
    assert (random_batch(3, 8, 5)[0] == x).all()
