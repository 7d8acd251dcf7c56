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

    def undo(self, model, optimizer) -> str:
        """Puts the kept weights back, and makes the optimizer new.

        Args:
            model: The model.
            optimizer: Its `LentOptimizer`.

        Returns:
            What was done, for a message.
        """
        if not self.put_back(model):
            return ""
        said = ", the weights are those of the last epoch that ended finite"
        if not optimizer.can_reset():
            return said
        # Its slots are not finite any more either.
        optimizer.reset()
        return said + ", and the optimizer is new"


class _InFile:
    """Arrays in a temporary file that is gone with this object."""

    def __init__(self, arrays):
        with contextlib.ExitStack() as undo:
            self._file = undo.enter_context(tempfile.TemporaryFile())
            self._types = []
            for array in arrays:
                np.save(self._file, array, allow_pickle=False)
                self._types.append(array.dtype)
            self._file.flush()
            undo.pop_all()

    def __del__(self):
        if hasattr(self, "_file"):
            self._file.close()

    def __iter__(self):
        self._file.seek(0)
        for dtype in self._types:
            # NumPy's files do not know bfloat16, but keep its bytes.
            yield np.load(self._file, allow_pickle=False).view(dtype)


def _arrays(model):
    return (keras.ops.convert_to_numpy(w) for w in model.weights)


def _broken(model):
    return (i for i, w in enumerate(_arrays(model)) if not _finite(w))


def _finite(weight):
    kind = np.asarray(weight).dtype.kind
    if kind in "OSUb":
        return True
    if kind == "V":
        # NumPy cannot sum bfloat16.
        weight = weight.astype(np.float32)
    return bool(np.isfinite(np.sum(weight, dtype=np.float64)))


def is_finite(loss) -> bool:
    return loss is None or math.isfinite(float(loss))
