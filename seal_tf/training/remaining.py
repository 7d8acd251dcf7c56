"""What training accuracy is left, on a slice, between two steps of a fit."""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf

from seal_tf.training.state import assign, values

#: Images of a forward pass, at most.
PASS = 64


def check_accuracy(model) -> None:
    """Raises ValueError where a model is compiled without an accuracy."""
    compiled = getattr(model, "_compile_metrics", None)
    given = keras.tree.flatten(
        [
            getattr(compiled, "_user_metrics", None),
            getattr(compiled, "_user_weighted_metrics", None),
        ]
    )
    if not any(_is_accuracy(metric) for metric in given):
        raise ValueError(
            "ascent_scale='auto' looks at the training accuracy, and the "
            "model is compiled without one: compile it with "
            "metrics=['accuracy'], or give a number."
        )


def _is_accuracy(metric) -> bool:
    if metric is None:
        return False
    if not isinstance(metric, str):
        metric = f"{getattr(metric, 'name', '')} {type(metric).__name__}"
    return "acc" in metric.lower()


class Remaining:
    """Measures the accuracy of a model on a slice, in evaluation mode.

    The metrics of the epoch that is going on are as they were afterwards.

    Args:
        model: The compiled model.
        x: Inputs of the slice, an array or a structure of arrays.
        y: Its labels, in the form that fit gets.
    """

    def __init__(self, model, x, y):
        self._model = model
        count = len(keras.tree.flatten(x)[0])
        # Passes of one size, that nothing is traced twice.
        batch = math.ceil(count / math.ceil(count / PASS))
        self._batches = [
            keras.tree.map_structure(
                lambda a, i=i: tf.convert_to_tensor(a[i : i + batch]), (x, y)
            )
            for i in range(0, count, batch)
        ]
        self.chance = _chance(y)
        # Not traced until it is needed, and once for a fit.
        self._pass = tf.function(
            self._everywhere, reduce_retracing=True, autograph=False
        )

    def accuracy(self) -> float:
        """The accuracy now."""
        model = self._model
        metrics = model.metrics_variables
        before = values(metrics)
        model.reset_metrics()
        try:
            for x, y in self._batches:
                logs = self._pass(x, y)
        finally:
            # Some may have been made only now: those have counted nothing.
            model.reset_metrics()
            assign(metrics, before)
        return float(next(v for k, v in logs.items() if "acc" in k.lower()))

    def _everywhere(self, x, y):
        strategy = self._model.distribute_strategy
        logs = strategy.run(self._counted, args=(x, y))
        return {
            k: strategy.experimental_local_results(v)[0]
            for k, v in logs.items()
        }

    def _counted(self, x, y):
        model = self._model
        if model._call_has_training_arg:
            y_pred = model(x, training=False)
        else:
            y_pred = model(x)
        return model.compute_metrics(x, y, y_pred)


def _chance(y) -> float:
    """Accuracy of always naming the commonest class of the slice."""
    labels = np.asarray(keras.tree.flatten(y)[0])
    if labels.ndim > 1 and labels.shape[-1] > 1:
        labels = labels.argmax(-1)
    elif labels.dtype.kind == "f":
        labels = labels > 0.5 if labels.max() <= 1 else labels
    _, counts = np.unique(labels, return_counts=True)
    return float(counts.max() / counts.sum())
