"""Time whole fits in alternation, some epochs at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import keras


class LockstepFit(keras.callbacks.Callback):
    """Run a fit in a thread, and let it pause before each round of epochs.

    A call of the object runs one round and returns its time in seconds. The
    time is from the start of the round to the start of the next one, so work
    of other callbacks between epochs counts.

    Args:
        fit: Function that calls `model.fit` with the callbacks that it gets.
        epochs: Epochs of a round.
    """

    def __init__(
        self,
        fit: Callable[[list[keras.callbacks.Callback]], object],
        epochs: int = 1,
    ) -> None:
        super().__init__()
        self._epochs = epochs
        self._resume, self._paused = threading.Event(), threading.Event()
        self._start = self._seconds = 0.0
        self._thread = threading.Thread(target=lambda: fit([self]), daemon=True)
        self._thread.start()
        self._paused.wait()

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Pause at the start of a round."""
        if epoch % self._epochs:
            return
        now = time.perf_counter()
        if epoch:
            self._seconds = now - self._start
        self._paused.set()
        self._resume.wait()
        self._resume.clear()
        self._start = time.perf_counter()

    def __call__(self) -> float:
        """Run one round, and return its time in seconds."""
        self._paused.clear()
        self._resume.set()
        self._paused.wait()
        return self._seconds
