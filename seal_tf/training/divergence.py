"""Weights to go back to when the loss is no longer a number."""

from __future__ import annotations

import contextlib
import math
import tempfile

import keras
import numpy as np


class Diverged(RuntimeWarning):
    """Training stopped, as the loss was no longer finite."""


class LastFinite:
    """Keeps the weights of the last epoch that ended finite.

    In an unnamed temporary file: in memory they would be as much again as
    the model. Where no file can be written, in memory after all. One weight
    at a time is looked at.
    """

    def __init__(self):
        self._kept = None
        self._never = set()

    def keep(self, model) -> bool:
        """Copies the model's weights, if they are finite.

        What is not finite the first time, a mask of -inf for example, need
        not become so.
        """
        if self._kept is None:
            self._never = set(_broken(model))
        elif not self.are_finite(model):
            return False
        try:
            self._kept = _InFile(_arrays(model))
        except (OSError, ValueError):
            self._kept = model.get_weights()
        return True

    def are_finite(self, model) -> bool:
        """Whether all that was finite the first time still is."""
        if self._kept is None:
            return True
        return set(_broken(model)) <= self._never

    def put_back(self, model) -> bool:
        """Puts the kept weights back; False where there are none."""
        if self._kept is None:
            return False
        model.set_weights(list(self._kept))
        return True


class _InFile:
    """Arrays in a temporary file that is gone with this object."""

    def __init__(self, arrays):
        with contextlib.ExitStack() as undo:
            self._file = undo.enter_context(tempfile.TemporaryFile())
            self._count = 0
            for array in arrays:
                np.save(self._file, array, allow_pickle=False)
                self._count += 1
            self._file.flush()
            undo.pop_all()

    def __iter__(self):
        self._file.seek(0)
        for _ in range(self._count):
            yield np.load(self._file, allow_pickle=False)

    def __del__(self):
        self._file.close()


def _arrays(model):
    return (keras.ops.convert_to_numpy(w) for w in model.weights)


def _broken(model):
    return (i for i, w in enumerate(_arrays(model)) if not _finite(w))


def _finite(weight):
    if not np.issubdtype(np.asarray(weight).dtype, np.number):
        return True
    return bool(np.isfinite(np.sum(weight, dtype=np.float64)))


def is_finite(loss) -> bool:
    return loss is None or math.isfinite(float(loss))
