"""Record which images the network classifies correctly after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from pipelines.images import Images
from seal_tf.cli.train.batches import evaluation_batches
from seal_tf.probes.learning_record import SPLITS, write_epoch


class LearningCallback(keras.callbacks.Callback):
    """Write `learning/epoch_N.npz` after every epoch.

    Args:
        folder: The folder `learning/` of the work directory.
        train: Training images.
        validation: Validation images.
        batch_size: Images per batch.
    """

    def __init__(
        self, folder: Path, train: Images, validation: Images, batch_size: int
    ) -> None:
        super().__init__()
        self._folder = folder
        self._splits = {
            split: (
                images.labels,
                evaluation_batches(images, batch_size),
            )
            for split, images in zip(SPLITS, (train, validation), strict=True)
        }

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the record of the epoch."""
        correct = {
            split: np.argmax(self.model.predict(batches, verbose=0), 1)
            == labels
            for split, (labels, batches) in self._splits.items()
        }
        write_epoch(self._folder, epoch, correct)
