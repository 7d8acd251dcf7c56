"""Write the metrics of each epoch, and keep the best weights."""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import numpy as np

from seal_tf.callbacks.generation import GenerationCallback
from seal_tf.cli.train.work_directory import WorkDirectory
from seal_tf.training.ema import validation_weights

#: Metrics of some epochs: where S is searched, and where weights are averaged.
OPTIONAL_METRICS = (
    "ascent_scale",
    "retained_accuracy",
    "averaged_val_loss",
    "averaged_val_accuracy",
)


class MetricsWriter(keras.callbacks.Callback):
    """Write a line of `metrics.jsonl` per epoch, and keep the best weights.

    Args:
        workdir: The work directory.
        generations: The `GenerationCallback` of the run, before this callback
            in the list.
        images: Training images per epoch, repetitions included.
        start: (epoch, fraction of it that is completed) from which the run
            resumes.

    Attributes:
        best: (epoch, validation accuracy, weights) so far, or None.
    """

    def __init__(
        self,
        workdir: WorkDirectory,
        generations: GenerationCallback,
        images: int,
        start: tuple[int, float] = (0, 0.0),
    ) -> None:
        super().__init__()
        self._workdir = workdir
        self._generations = generations
        self._images = images
        self._start = start
        self._epoch_start = 0.0
        self._training_end: float | None = None
        self.best: tuple[int, float, list[np.ndarray]] | None = None

    def get_state(self) -> dict[str, Any]:
        """Return the best weights so far, for a checkpoint."""
        epoch, accuracy, weights = self.best or (None, None, [])
        return {"epoch": epoch, "accuracy": accuracy, "weights": weights}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        if state["epoch"] is not None:
            self.best = (state["epoch"], state["accuracy"], state["weights"])

    def flush(self) -> bool:
        """Return whether the line of every epoch is on the disk."""
        return self._workdir.flush_epochs()

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Start the clock."""
        self._epoch_start = time.monotonic()
        self._training_end = None
        start_epoch, completed = self._start
        # In a resumed epoch the clock covers the remaining steps.
        self._trained_fraction = 1 - completed if epoch == start_epoch else 1

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Stop the clock of training."""
        self._training_end = time.monotonic()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Write the line, and keep the weights if they are the best."""
        end = time.monotonic()
        training = (self._training_end or end) - self._epoch_start
        plan = self._generations.plan.epoch(epoch)
        metrics = {k: float(v) for k, v in (logs or {}).items()}
        images = self._images * self._trained_fraction
        rate = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        self._workdir.add_epoch(
            {
                "epoch": epoch,
                "generation": plan.generation,
                "epoch_in_generation": plan.epoch_in_generation,
                "phase": plan.phase,
                "learning_rate": float(rate),
                "early_rate": metrics["early_rate"],
                "later_rate": metrics["later_rate"],
                "loss": metrics["loss"],
                "accuracy": metrics["accuracy"],
                # Null in an epoch without validation.
                "val_loss": metrics.get("val_loss"),
                "val_accuracy": metrics.get("val_accuracy"),
                "seconds": round(end - self._epoch_start, 3),
                **{
                    name: metrics[name]
                    for name in OPTIONAL_METRICS
                    if math.isfinite(metrics.get(name, math.nan))
                },
                # Null if every step was completed before the run resumed.
                "images_per_second": round(images / training, 1) or None,
            }
        )
        if self._generations.diverged:
            return
        accuracy = metrics.get("val_accuracy")
        if accuracy is None:
            return
        if self.best is None or accuracy > self.best[1]:
            self.best = (epoch, accuracy, validation_weights(self.model))
