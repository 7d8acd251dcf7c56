"""Measure the accuracy on the probe images between two steps of a fit."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

#: Images of one forward pass, at most.
MAX_BATCH = 64


def check_accuracy_metric(model: keras.Model) -> None:
    """Check that a model has an accuracy metric and one output.

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


def _is_accuracy(metric: Any) -> bool:
    if metric is None:
        return False
    if not isinstance(metric, str):
        metric = f"{getattr(metric, 'name', '')} {type(metric).__name__}"
    return "acc" in metric.lower()


class ProbeAccuracy:
    """Measure the accuracy of a model on fixed images, in evaluation mode.

    The accuracy is that of Keras' "accuracy" for predictions and labels of
    these shapes (binary, categorical or sparse). The metrics of the model do
    not change.

    Args:
        model: The model.
        x: Inputs, an array or a structure of arrays.
        y: Labels, in the form that fit gets.

    Attributes:
        chance: Accuracy of always predicting the most frequent class; None
            before the first measurement.
        images: Number of images.
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
                lambda a, i=i: tf.convert_to_tensor(a[i : i + batch_size]),
                (x, y),
            )
            for i in range(0, self.images, batch_size)
        ]
        self._labels = y[: self.images]
        self._count_correct = tf.function(
            self._correct_in_batch, reduce_retracing=True, autograph=False
        )
        self._kind = ""
        self.chance: float | None = None

    def measure(self) -> float:
        """Return the current accuracy."""
        correct, count = 0.0, 0
        for x, y in self._batches:
            batch_correct, batch_count = self._count_correct(x, y)
            correct += float(batch_correct)
            count += int(batch_count)
        if self.chance is None:
            self.chance = self._majority_accuracy()
        return float(np.float32(correct) / np.float32(count))

    def _correct_in_batch(self, x: Any, y: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """(number of correct predictions, number of predictions)."""
        model, strategy = self._model, self._model.distribute_strategy

        def predict() -> Any:
            if model._call_has_training_arg:
                return model(x, training=False)
            return model(x)

        y_pred = keras.tree.flatten(
            strategy.experimental_local_results(strategy.run(predict))[0]
        )[0]
        self._kind = _accuracy_kind(y.shape, y_pred.shape)
        matches = getattr(keras.metrics, f"{self._kind}_accuracy")(y, y_pred)
        if self._kind == "binary":
            # A mean over the last axis, which has length 1.
            matches = tf.reshape(matches, [-1])
        matches = tf.cast(matches, tf.float32)
        return tf.reduce_sum(matches), tf.size(matches)

    def _majority_accuracy(self) -> float:
        labels = self._labels
        if self._kind == "categorical":
            labels = labels.argmax(-1)
        _, counts = np.unique(labels, return_counts=True)
        return float(counts.max() / counts.sum())


def _accuracy_kind(labels: tf.TensorShape, predictions: tf.TensorShape) -> str:
    """The metric that Keras' "accuracy" selects for these shapes."""
    if predictions[-1] == 1:
        return "binary"
    same = len(labels) == len(predictions) and labels[-1] == predictions[-1]
    return "categorical" if same else "sparse_categorical"
