"""Back up finite weights, to restore them when the loss diverges."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterable, Iterator

import keras
import numpy as np

from seal_tf.checkpoints.variables import values


class Diverged(RuntimeWarning):
    """Training stopped because the loss or a weight was not finite."""


class FiniteWeightsBackup:
    """A backup of the weights of the last epoch that ended with finite ones.

    The backup is an unnamed temporary file, because in memory it would need
    as much space as the model. If no file can be written, the backup is in
    memory. Only one weight at a time is copied for the check.
    """

    def __init__(self) -> None:
        self._backup: Iterable[np.ndarray] | None = None
        self._never_finite: set[int] = set()

    def save(self, model: keras.Model) -> bool:
        """Copy the weights of a model, if they are finite.

        Weights that are not finite in the first backup (for example a mask
        with -inf) are exempt from the check.

        Returns:
            Whether the weights are finite.
        """
        if self._backup is None:
            self._never_finite = set(_nonfinite_indices(model))
        elif not self.are_finite(model):
            return False
        try:
            self._backup = _ArraysInFile(_arrays(model))
        except (OSError, ValueError):
            self._backup = values(model.weights)
        return True

    def are_finite(self, model: keras.Model) -> bool:
        """Return whether every weight that was finite still is."""
        if self._backup is None:
            return True
        return set(_nonfinite_indices(model)) <= self._never_finite

    def restore(self, model: keras.Model) -> bool:
        """Restore the backup; return False if there is none."""
        if self._backup is None:
            return False
        model.set_weights(list(self._backup))
        return True


class _ArraysInFile:
    """Arrays in a temporary file that exists as long as this object."""

    def __init__(self, arrays: Iterable[np.ndarray]) -> None:
        with contextlib.ExitStack() as stack:
            self._file = stack.enter_context(tempfile.TemporaryFile())
            self._dtypes = []
            for array in arrays:
                np.save(self._file, array, allow_pickle=False)
                self._dtypes.append(array.dtype)
            self._file.flush()
            stack.pop_all()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def __iter__(self) -> Iterator[np.ndarray]:
        self._file.seek(0)
        for dtype in self._dtypes:
            # NumPy's files have no name for bfloat16, but hold its bytes.
            yield np.load(self._file, allow_pickle=False).view(dtype)


def _arrays(model: keras.Model) -> Iterator[np.ndarray]:
    return (keras.ops.convert_to_numpy(w) for w in model.weights)


def _nonfinite_indices(model: keras.Model) -> Iterator[int]:
    return (i for i, w in enumerate(_arrays(model)) if not _all_finite(w))


def _all_finite(weight: np.ndarray) -> bool:
    kind = np.asarray(weight).dtype.kind
    if kind in "OSUb":
        return True
    if kind == "V":
        # NumPy cannot sum bfloat16.
        weight = weight.astype(np.float32)
    return bool(np.isfinite(np.sum(weight, dtype=np.float64)))


def is_finite(loss: float | None) -> bool:
    """Return whether a logged loss is finite; a missing loss counts as such."""
    return loss is None or math.isfinite(float(loss))
