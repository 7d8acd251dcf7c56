"""Whole fits by turns: an epoch or some of one, as many of the other."""

from __future__ import annotations

import threading
import time

import keras


class Baton(keras.callbacks.Callback):
    """Has a fit in a thread of its own wait before each epoch.

    Args:
        fit: Calls `model.fit` with the callbacks that it is given.
        epochs: Epochs of a turn.
    """

    def __init__(self, fit, epochs=1):
        super().__init__()
        self._epochs = epochs
        self._go, self._done = threading.Event(), threading.Event()
        self._seconds = None
        self._thread = threading.Thread(target=lambda: fit([self]), daemon=True)
        self._thread.start()
        self._done.wait()

    def on_epoch_begin(self, epoch, logs=None):
        if epoch % self._epochs:
            return
        # As the epoch begins, so what others do between two is counted.
        now = time.perf_counter()
        if epoch:
            self._seconds = now - self._began
        self._done.set()
        self._go.wait()
        self._go.clear()
        self._began = time.perf_counter()

    def __call__(self) -> float:
        """Seconds of a turn, from one beginning to the next."""
        self._done.clear()
        self._go.set()
        self._done.wait()
        return self._seconds
