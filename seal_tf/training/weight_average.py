"""The average of the weights of a run, and the averaged network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seal_tf.backends import get_backend
from seal_tf.checkpoints import variables
from seal_tf.checkpoints.inference_model import save_inference_model
from seal_tf.checkpoints.state import model_variables
from seal_tf.models.batch_norm_statistics import (
    update_batch_norm_statistics,
)
from seal_tf.schedules import AverageWeights, Plan


class WeightAverage:
    """The running mean of the weights of a model.

    It never changes the model. The mean of float16 and bfloat16 weights is
    float32. Weights that are not floating-point numbers are those of the
    latest update.

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
        latest = [_copy(w) for w in self._model.weights]
        if event.restart or self.weights is None:
            self.count, self.weights = 1, latest
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


def _copy(weight: keras.Variable) -> np.ndarray:
    """Return a copy of a weight, float32 instead of shorter floats."""
    value = np.array(keras.ops.convert_to_numpy(weight))
    # To NumPy, bfloat16 is no floating-point number.
    is_short = "float" in weight.dtype and value.dtype.itemsize < 4
    return value.astype(np.float32) if is_short else value


def _running_mean(
    mean: np.ndarray, value: np.ndarray, count: int
) -> np.ndarray:
    if not np.issubdtype(mean.dtype, np.floating):
        return value
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

    Raises:
        ValueError: If Keras cannot copy the model, or if `batches` is empty
            and the model has BatchNormalization.
    """
    averaged = _copy_model(model)
    averaged.set_weights(weights)
    # Dropout before BatchNormalization draws what it would draw in `model`.
    variables.assign(
        _random_states(averaged), variables.values(_random_states(model))
    )
    backend = get_backend()
    random_state = backend.random_state()
    update_batch_norm_statistics(averaged, batches)
    # The training goes on as if it had not been interrupted.
    backend.set_random_state(random_state)
    return averaged


def _copy_model(model: keras.Model) -> keras.Model:
    """Save a model and load it, in any class that Keras can save."""
    classes = {type(layer) for layer in model._flatten_layers()}
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.keras"
            save_inference_model(model, file)
            # This process has just written the file, so it is safe, and has
            # every class of it.
            copy: keras.Model = keras.saving.load_model(
                file,
                custom_objects={c.__name__: c for c in classes},
                compile=False,
                safe_mode=False,
            )
    except (TypeError, ValueError, NotImplementedError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise ValueError(
            "An averaged model requires a model that Keras can save and "
            f"load. Define `get_config` of {type(model).__name__}, or assign "
            f"`averaged_weights` to a copy of your own ({reason})"
        ) from error
    return copy


def _random_states(model: keras.Model) -> list[keras.Variable]:
    """Return the states of random generators, which are no weights."""
    weights = {id(w) for w in model.weights}
    return [v for v in model_variables(model) if id(v) not in weights]
