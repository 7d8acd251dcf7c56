"""Print one line per epoch, where there is no terminal."""

from __future__ import annotations

from typing import Any

import keras

from seal_tf.callbacks.generation import GenerationCallback


class EpochLogger(keras.callbacks.Callback):
    """Print one line at the end of each epoch.

    Args:
        generations: The `GenerationCallback` of the run, before this callback
            in the list.
    """

    def __init__(self, generations: GenerationCallback) -> None:
        super().__init__()
        self._generations = generations

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Print the line."""
        parts = [
            f"epoch {epoch + 1}/{self.params['epochs']}",
            self._generations.plan.epoch(epoch).title(),
            f"loss {(logs or {})['loss']:.4f}",
            self._generations.progress_text(epoch + 1),
            self._generations.ascent_summary(),
        ]
        print(" · ".join(filter(None, parts)), flush=True)
