"""`--track_learning`: which images are right after each epoch."""

from __future__ import annotations

import keras
import numpy as np

import pipelines
from seal_tf.probes import learning


class LearningRecord(keras.callbacks.Callback):
    """Writes `learning/epoch_N.npz` after every epoch.

    Args:
        folder: `learning/` of the work directory.
        train: Training images.
        validation: Validation images.
        batch_size: Images of a batch.
    """

    def __init__(self, folder, train, validation, batch_size):
        super().__init__()
        self._folder = folder
        self._splits = {
            split: (
                images.labels,
                pipelines.evaluation_batches(images, batch_size).map(
                    lambda pixels, labels: pixels
                ),
            )
            for split, images in zip(
                learning.SPLITS, (train, validation), strict=True
            )
        }

    def on_epoch_end(self, epoch, logs=None):
        correct = {
            split: np.argmax(self.model.predict(batches, verbose=0), 1)
            == labels
            for split, (labels, batches) in self._splits.items()
        }
        learning.write(self._folder, epoch, correct)
