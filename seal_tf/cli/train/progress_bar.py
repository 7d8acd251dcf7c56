"""Draw a progress bar of images for each epoch, on a terminal."""

from __future__ import annotations

from typing import Any

import keras

from seal_tf.callbacks.generation import GenerationCallback

#: Log entries beside the bar; the plan's title shows phase and generation.
SHOWN = ("loss", "accuracy", "val_loss", "val_accuracy")


class ImageProgressBar(keras.callbacks.Callback):
    """Draw a bar that counts images, with loss and accuracy beside it.

    A line above the bar names the epoch, and one below it the best accuracy
    and the remaining time.

    Args:
        generations: The `GenerationCallback` of the run, before this callback
            in the list.
        images: Training images per epoch, repetitions included.
        batch_size: Images per batch.
    """

    def __init__(
        self, generations: GenerationCallback, images: int, batch_size: int
    ) -> None:
        super().__init__()
        self._generations = generations
        self._images = images
        self._batch_size = batch_size
        self._progbar: Any = None

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Print the title of the epoch, and start a bar."""
        title = self._generations.plan.epoch(epoch).title()
        print(f"epoch {epoch + 1}/{self.params['epochs']} · {title}")
        self._progbar = keras.utils.Progbar(
            self._images, unit_name="image", stateless_metrics=()
        )

    def on_train_batch_end(
        self, batch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Draw the completed images."""
        completed = min((batch + 1) * self._batch_size, self._images)
        self._progbar.update(completed, _shown(logs), finalize=False)

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Draw the complete bar, and print the line below it."""
        self._progbar.update(self._images, _shown(logs), finalize=True)
        parts = (
            self._generations.progress_text(epoch + 1),
            self._generations.ascent_summary(),
        )
        print(" · ".join(filter(None, parts)), flush=True)


def _shown(logs: dict[str, Any] | None) -> list[tuple[str, Any]]:
    values = logs or {}
    return [(name, values[name]) for name in SHOWN if name in values]
