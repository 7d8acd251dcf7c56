"""Measure the accuracy on the probe images between two steps of a fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.src.backend import get_keras_mask, set_keras_mask

from seal_tf.backends import get_backend
from seal_tf.training.stateful_layers import layer_states
from seal_tf.utils.model_call import call_model

#: Images of one forward pass, at most.
MAX_BATCH = 64
#: With fewer images an accuracy says too little.
MIN_IMAGES = 16


def check_accuracy_metric(model: keras.Model) -> None:
    """Check that a model has an accuracy metric to copy, and one output.

    Raises:
        ValueError: If it does not.
    """
    compiled = getattr(model, "_compile_metrics", None)
    metrics = keras.tree.flatten(
        [
            getattr(compiled, "_user_metrics", None),
            getattr(compiled, "_user_weighted_metrics", None),
        ]
    )
    for metric in metrics:
        if isinstance(metric, keras.metrics.Metric) and _is_measured(metric):
            _copy_metric(metric)
    if not any(_is_accuracy(metric) for metric in metrics):
        raise ValueError(
            "`ascent_scale='auto'` requires an accuracy metric: compile the "
            "model with metrics=['accuracy'], or pass a number."
        )
    outputs = getattr(model, "outputs", None) or [None]
    if len(outputs) > 1:
        raise ValueError(
            "`ascent_scale='auto'` requires a model with one output. Received "
            f"a model with {len(outputs)} outputs: pass a number."
        )


def _is_measured(metric: Any) -> bool:
    # The right class among the first k is another question.
    return _is_accuracy(metric) and "TopK" not in type(metric).__name__


def _copy_metric(metric: Any) -> Any:
    try:
        return type(metric).from_config(metric.get_config())
    except (TypeError, ValueError) as error:
        cause = str(error).strip().split("\n", 1)[0]
        raise ValueError(
            f"`ascent_scale='auto'` cannot copy the metric {metric.name!r} of "
            f"class {type(metric).__name__}: define its get_config, or pass "
            f"a number. ({cause})"
        ) from error


def _is_accuracy(metric: Any) -> bool:
    if metric is None:
        return False
    if not isinstance(metric, str):
        metric = f"{getattr(metric, 'name', '')} {type(metric).__name__}"
    return "acc" in metric.lower()


def check_probe_data(probe_data: Any) -> None:
    """Check the images and labels of a search.

    Args:
        probe_data: What the user passed as `probe_data`.

    Raises:
        ValueError: If it is not a pair of arrays of one length, or has too few
            images.
    """
    if not isinstance(probe_data, tuple | list) or len(probe_data) != 2:
        raise ValueError(
            "Argument `probe_data` must be a pair (x, y) of arrays. Received: "
            f"probe_data of type {type(probe_data).__name__}"
        )
    sizes = []
    for array in keras.tree.flatten(tuple(probe_data)):
        shape = getattr(array, "shape", None)
        if not shape:
            raise ValueError(
                "Argument `probe_data` must contain arrays. Received: a value "
                f"of type {type(array).__name__}"
            )
        sizes.append(int(shape[0]))
    if len(set(sizes)) != 1 or sizes[0] < MIN_IMAGES:
        raise ValueError(
            "Argument `probe_data` must contain arrays of one length, at "
            f"least {MIN_IMAGES}. Received: lengths {sizes}"
        )


class ProbeAccuracy:
    """Measure the accuracy of a model on fixed images, in evaluation mode.

    The accuracy is that of the model's own compiled metric, as in `evaluate`,
    with the masks that its layers set. The metrics of the model do not
    change. Before the metrics are built, it is Keras' "accuracy" for
    predictions and labels of these shapes.

    Args:
        model: The model.
        x: Inputs, an array or a structure of arrays.
        y: Labels, in the form that fit gets.

    Attributes:
        chance: Accuracy of always predicting the most frequent class; None
            before the first measurement.
        images: Number of images.

    Raises:
        ValueError: If there are several arrays of labels.
    """

    def __init__(self, model: keras.Model, x: Any, y: Any) -> None:
        self._model = model
        labels = keras.tree.flatten(y)
        if len(labels) != 1:
            raise ValueError(
                "`ascent_scale='auto'` requires one array of labels. Received "
                f"{len(labels)} arrays: pass a number for `ascent_scale`."
            )
        y = np.asarray(labels[0])
        # Batches of one size need one trace only.
        batches = math.ceil(len(y) / MAX_BATCH)
        batch_size = len(y) // batches
        self.images = batch_size * batches
        self._batches = [
            keras.tree.map_structure(
                lambda a, i=i: keras.ops.convert_to_tensor(
                    a[i : i + batch_size]
                ),
                (x, y),
            )
            for i in range(0, self.images, batch_size)
        ]
        self._labels = y[: self.images]
        self._predict = get_backend().compiled(model, self._outputs)
        self._metric: Any = None
        self.chance: float | None = None

    def measure(self) -> float:
        """Return the current accuracy.

        Raises:
            ValueError: If all labels are of one class.
        """
        # Stateful layers assign their states in evaluation mode, too.
        states = layer_states(self._model)
        before = [get_backend().copy(variable) for variable in states]
        if self._metric is None:
            self._metric = self._create_metric()
        self._metric.reset_state()
        masks = [self._update_metric(x, y) for x, y in self._batches]
        for variable, value in zip(states, before, strict=True):
            variable.assign(value)
        if self.chance is None:
            self.chance = self._majority_accuracy(masks)
        return float(self._metric.result())

    def _create_metric(self) -> Any:
        """Return a copy of the compiled metric of the accuracy."""
        compiled = getattr(self._model, "_compile_metrics", None)
        for metric in getattr(compiled, "metrics", ()):
            if _is_measured(metric):
                return _copy_metric(metric)
        x, y = self._batches[0]
        shape = self._predict(x)[0].shape
        kind = _accuracy_kind(y.shape, shape)
        return {
            "binary": keras.metrics.BinaryAccuracy,
            "categorical": keras.metrics.CategoricalAccuracy,
            "sparse_categorical": keras.metrics.SparseCategoricalAccuracy,
        }[kind]()

    def _outputs(self, x: Any) -> Any:
        outputs = call_model(self._model, x, training=False)
        (y_pred,) = keras.tree.flatten(outputs)
        return y_pred, get_keras_mask(y_pred)

    def _update_metric(self, x: Any, y: Any) -> Any:
        """Update the metric with one batch, and return the mask."""
        y_pred, mask = self._predict(x)
        if mask is not None:
            set_keras_mask(y_pred, mask)
        self._metric.update_state(y, y_pred)
        return mask

    def _majority_accuracy(self, masks: list[Any]) -> float:
        labels = self._labels
        if isinstance(self._metric, keras.metrics.CategoricalAccuracy):
            labels = labels.argmax(-1)
        if masks[0] is not None:
            mask = np.concatenate(
                [keras.ops.convert_to_numpy(m) for m in masks]
            ).astype(bool)
            labels = labels.reshape(*mask.shape, -1)[mask]
        _, counts = np.unique(labels, return_counts=True)
        if len(counts) < 2:
            raise ValueError(
                "`ascent_scale='auto'` measures the accuracy on images of one "
                "class only. Are the training data sorted by class? Pass "
                "`probe_data=(x, y)` with images of all classes."
            )
        return float(counts.max() / counts.sum())


def _accuracy_kind(labels: Sequence[int], predictions: Sequence[int]) -> str:
    """The metric that Keras' "accuracy" selects for these shapes."""
    if predictions[-1] == 1:
        return "binary"
    same = len(labels) == len(predictions) and labels[-1] == predictions[-1]
    return "categorical" if same else "sparse_categorical"
