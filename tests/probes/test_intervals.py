"""Confidence intervals."""

import numpy as np
import pytest

from seal_tf.probes.intervals import accuracy_interval, mean_margin


def test_accuracy_interval_equals_wilsons_formula():
    low, high = accuracy_interval(90, 100)
    z, p, n = 1.959964, 0.9, 100
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * 0.1 / n + z * z / (4 * n * n))
    assert [low, high] == pytest.approx([middle - half, middle + half])


def test_mean_margin_is_the_t_interval():
    assert mean_margin([1.0]) is None
    # t with 2 degrees of freedom is 4.3027.
    assert mean_margin([1, 2, 3]) == pytest.approx(
        4.3027 / np.sqrt(3), rel=1e-4
    )
