"""Confidence intervals of accuracies and means."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def accuracy_interval(correct: int, count: int) -> list[float]:
    """Return Wilson's 95 % interval of an accuracy over test examples.

    Args:
        correct: Number of correctly classified examples.
        count: Number of examples.

    Returns:
        [low, high], in [0, 1].
    """
    from scipy.stats import binomtest

    interval = binomtest(correct, count).proportion_ci(method="wilson")
    return [float(interval.low), float(interval.high)]


def mean_margin(values: Iterable[float]) -> float | None:
    """Return half the width of the 95 % t interval of a mean.

    Args:
        values: [n], independent samples.

    Returns:
        The margin of error, or None for fewer than two values.
    """
    from scipy.stats import t

    samples = np.asarray(list(values), np.float64)
    if len(samples) < 2:
        return None
    error = samples.std(ddof=1) / np.sqrt(len(samples))
    return float(t.ppf(0.975, len(samples) - 1) * error)
