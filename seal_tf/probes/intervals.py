"""Intervals of accuracies and of means."""

from __future__ import annotations

import numpy as np


def of_accuracy(right: int, count: int) -> list[float]:
    """Wilson's 95 % interval of an accuracy over test examples."""
    from scipy.stats import binomtest

    found = binomtest(right, count).proportion_ci(method="wilson")
    return [float(found.low), float(found.high)]


def half_of_mean(values) -> float | None:
    """Half of the 95 % t interval of a mean; None for a single value.

    Args:
        values: [n], independent.
    """
    from scipy.stats import t

    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return None
    error = values.std(ddof=1) / np.sqrt(len(values))
    return float(t.ppf(0.975, len(values) - 1) * error)
