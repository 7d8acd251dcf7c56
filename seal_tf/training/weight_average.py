"""The average of the weights of a run, and the averaged network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seal_tf.checkpoints.inference_model import save_inference_model
from seal_tf.probes.ensemble.compute import update_batch_norm_statistics
from seal_tf.schedules import AverageWeights, Plan


class WeightAverage:
    """The running mean of the weights of a model.

    It never changes the model. Weights that are not floating-point numbers
    are those of the latest update.

    Args:
        model: The model.

    Attributes:
        count: Number of averaged weights.
        weights: The averages in the order of `model.weights`; None before the
            first update.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self.count = 0
        self.weights: list[np.ndarray] | None = None

    def update(self, event: AverageWeights) -> None:
        """Add the current weights of the model."""
        latest = [keras.ops.convert_to_numpy(w) for w in self._model.weights]
        if event.restart or self.weights is None:
            self.count, self.weights = 1, [np.array(w) for w in latest]
            return
        self.weights = [
            _running_mean(mean, w, self.count)
            for mean, w in zip(self.weights, latest, strict=True)
        ]
        self.count += 1

    def check_start(self, plan: Plan, epoch: int) -> None:
        """Check that a fit may start at an epoch without a saved state.

        Args:
            plan: The plan of the run.
            epoch: The first epoch of the fit, from 0.

        Raises:
            ValueError: If the average has begun before this epoch.
        """
        for e in range(epoch, len(plan)):
            for event in plan.epoch(e).after:
                if not isinstance(event, AverageWeights):
                    continue
                if not event.restart and self.weights is None:
                    raise ValueError(
                        f"A fit that starts at epoch {epoch + 1} needs the "
                        "average of weights of the epochs before: resume the "
                        "run with `checkpoint_dir`."
                    )
                return

    def get_state(self) -> dict[str, Any]:
        """Return the average, for a checkpoint."""
        return {"count": self.count, "weights": self.weights or []}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self.count = state["count"]
        self.weights = list(state["weights"]) or None


def _running_mean(
    mean: np.ndarray, value: np.ndarray, count: int
) -> np.ndarray:
    if not np.issubdtype(mean.dtype, np.floating):
        return np.array(value)
    return mean + (value - mean) / mean.dtype.type(count + 1)


def averaged_model(
    model: keras.Model, weights: list[np.ndarray], batches: Iterable[Any]
) -> keras.Model:
    """Return a copy of a model with averaged weights.

    The statistics of BatchNormalization are the mean over `batches`, computed
    with the averaged weights in training mode (arXiv 1803.05407, section
    3.2).

    Args:
        model: The model, which does not change.
        weights: Averages in the order of `model.weights`.
        batches: Batches (x, …) of training data, without an end only if the
            caller limits them.

    Returns:
        The copy, not compiled.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        save_inference_model(model, file)
        averaged: keras.Model = keras.saving.load_model(file, compile=False)
    averaged.set_weights(weights)
    update_batch_norm_statistics(averaged, batches)
    return averaged
