"""Where there is no terminal: one line an epoch, as it ends."""

from __future__ import annotations

import time

import keras

from seal_tf.training.run_line import RunLine


class EpochLines(keras.callbacks.Callback):
    """Prints the line.

    Args:
        generations: The `GenerationCallback` of the run, before this one.
    """

    def __init__(self, generations):
        super().__init__()
        self._generations = generations

    def on_train_begin(self, logs=None):
        self._line = RunLine(
            self.params["epochs"], self._generations.epochs_before
        )

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self._line.add(logs, time.monotonic() - self._began)
        parts = [
            f"epoch {epoch + 1}/{self.params['epochs']}",
            self._generations.plan.epoch(epoch).title(),
            f"loss {logs['loss']:.4f}",
            self._line.said(epoch + 1),
            self._generations.outcome(),
        ]
        print(" · ".join(filter(None, parts)), flush=True)
