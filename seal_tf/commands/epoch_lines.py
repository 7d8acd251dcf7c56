"""Where there is no terminal: one line an epoch, as it ends."""

from __future__ import annotations

import keras


class EpochLines(keras.callbacks.Callback):
    """Prints the line.

    Args:
        generations: The `GenerationCallback` of the run, before this one.
    """

    def __init__(self, generations):
        super().__init__()
        self._generations = generations

    def on_epoch_end(self, epoch, logs=None):
        parts = [
            f"epoch {epoch + 1}/{self.params['epochs']}",
            self._generations.plan.epoch(epoch).title(),
            f"loss {logs['loss']:.4f}",
            self._generations.so_far(epoch + 1),
            self._generations.outcome(),
        ]
        print(" · ".join(filter(None, parts)), flush=True)
