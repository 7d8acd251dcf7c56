"""What training accuracy is left, on a slice, between two steps of a fit."""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf

#: Images of a forward pass, at most.
PASS = 64


def check_accuracy(model) -> None:
    """Raises ValueError where a model has no accuracy, or several outputs."""
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
    if len(getattr(model, "outputs", None) or [0]) > 1:
        raise ValueError(
            "ascent_scale='auto' looks at the training accuracy of one "
            f"output, and the model has {len(model.outputs)}: give a number."
        )


def _is_accuracy(metric) -> bool:
    if metric is None:
        return False
    if not isinstance(metric, str):
        metric = f"{getattr(metric, 'name', '')} {type(metric).__name__}"
    return "acc" in metric.lower()


class Remaining:
    """Measures the accuracy of a model on a slice, in evaluation mode.

    It is Keras' "accuracy" of predictions and labels of such shapes (binary,
    categorical or sparse), whatever else is among the metrics, which are left
    alone.

    Args:
        model: The model.
        x: Inputs of the slice, an array or a structure of arrays.
        y: Its labels, in the form that fit gets.

    Attributes:
        chance: Accuracy of who always names the commonest class of the slice.
        images: Images that are looked at.
    """

    def __init__(self, model, x, y):
        self._model = model
        labels = keras.tree.flatten(y)
        if len(labels) != 1:
            raise ValueError(
                "ascent_scale='auto' looks at one kind of labels, and there "
                f"are {len(labels)}: give a number for ascent_scale."
            )
        y = np.asarray(labels[0])
        # Passes of one size, that nothing is traced twice.
        passes = math.ceil(len(y) / PASS)
        batch = len(y) // passes
        self.images = batch * passes
        self._batches = [
            keras.tree.map_structure(
                lambda a, i=i: tf.convert_to_tensor(a[i : i + batch]), (x, y)
            )
            for i in range(0, self.images, batch)
        ]
        self._labels = y[: self.images]
        # Not traced until it is needed, and once for a fit.
        self._pass = tf.function(
            self._right, reduce_retracing=True, autograph=False
        )
        self.chance = None

    def accuracy(self) -> float:
        """The accuracy now."""
        right, count = 0.0, 0
        for x, y in self._batches:
            these, here = self._pass(x, y)
            right, count = right + float(these), count + int(here)
        if self.chance is None:
            self.chance = self._commonest()
        return float(np.float32(right) / np.float32(count))

    def _right(self, x, y):
        """(predictions that are right, predictions) of a batch."""
        model, strategy = self._model, self._model.distribute_strategy

        def predicted():
            if model._call_has_training_arg:
                return model(x, training=False)
            return model(x)

        y_pred = keras.tree.flatten(
            strategy.experimental_local_results(strategy.run(predicted))[0]
        )[0]
        self._kind = _kind(y.shape, y_pred.shape)
        matches = getattr(keras.metrics, f"{self._kind}_accuracy")(y, y_pred)
        if self._kind == "binary":
            # A mean over the last axis, which has one entry.
            matches = tf.reshape(matches, [-1])
        matches = tf.cast(matches, tf.float32)
        return tf.reduce_sum(matches), tf.size(matches)

    def _commonest(self) -> float:
        labels = self._labels
        if self._kind == "categorical":
            labels = labels.argmax(-1)
        _, counts = np.unique(labels, return_counts=True)
        return float(counts.max() / counts.sum())


def _kind(labels, predictions) -> str:
    """Which accuracy Keras' "accuracy" is for these shapes."""
    if predictions[-1] == 1:
        return "binary"
    same = len(labels) == len(predictions) and labels[-1] == predictions[-1]
    return "categorical" if same else "sparse_categorical"
