"""Weights to go back to when the loss is no longer a number."""

from __future__ import annotations

import math

import numpy as np


class Diverged(RuntimeWarning):
    """Training stopped, as the loss was no longer finite."""


class LastFinite:
    """Keeps the weights of the last epoch that ended finite."""

    def __init__(self):
        self._weights = None
        self._never = set()

    def keep(self, model) -> bool:
        """Copies the model's weights to the host, if they are finite.

        What is not finite the first time, a mask of -inf for example, need
        not become so.
        """
        weights = model.get_weights()
        if self._weights is None:
            self._never = _broken(weights)
        elif not self.are_finite(weights):
            return False
        self._weights = weights
        return True

    def are_finite(self, weights) -> bool:
        """Whether all that was finite the first time still is."""
        if self._weights is None:
            return True
        return not _broken(weights) - self._never

    def put_back(self, model) -> bool:
        """Puts the kept weights back; False where there are none."""
        if self._weights is None:
            return False
        model.set_weights(self._weights)
        return True


def _broken(weights):
    return {i for i, w in enumerate(weights) if not _finite(w)}


def _finite(weight):
    if not np.issubdtype(np.asarray(weight).dtype, np.number):
        return True
    return bool(np.isfinite(np.sum(weight, dtype=np.float64)))


def is_finite(loss) -> bool:
    return loss is None or math.isfinite(float(loss))
