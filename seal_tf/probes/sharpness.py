"""Curvature of the training loss where a network ended.

Largest eigenvalue of the Hessian by power iteration, and its trace by
Hutchinson's estimator, of the mean loss over a stated batch, with respect to
all trainable weights, BatchNormalization in inference mode.
"""

from __future__ import annotations

import json

import keras
import numpy as np
import tensorflow as tf


def in_float32(model):
    """The same network, computing in float32: bfloat16 would be noise."""
    config = json.dumps(keras.saving.serialize_keras_object(model))
    if "mixed_" not in config:
        return model
    for policy in ("mixed_bfloat16", "mixed_float16"):
        config = config.replace(policy, "float32")
    again = keras.saving.deserialize_keras_object(json.loads(config))
    again.set_weights(model.get_weights())
    return again


def cross_entropy(from_logits: bool):
    """The loss per example, of (targets, outputs)."""
    return lambda targets, outputs: keras.losses.categorical_crossentropy(
        targets, outputs, from_logits=from_logits
    )


class Curvature:
    """Products of the Hessian with vectors.

    Args:
        model: A Keras model in float32.
        images: [examples, …], as the model takes them.
        targets: [examples, classes], one-hot or smoothed.
        batch_size: Examples at once; the products are summed over all.
        loss: Function of (targets, outputs) to a loss per example:
            `cross_entropy` from logits, or another.
    """

    def __init__(self, model, images, targets, batch_size=64, loss=None):
        self._model = model
        self._batches = [
            (images[i : i + batch_size], targets[i : i + batch_size])
            for i in range(0, len(images), batch_size)
        ]
        self._count = len(images)
        self._loss = loss or cross_entropy(from_logits=True)
        self._weights = [v.value for v in model.trainable_variables]
        self._product = tf.function(self._of_batch, reduce_retracing=True)

    def _of_batch(self, images, targets, vector):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                outputs = self._model(images, training=False)
                loss = tf.reduce_sum(self._loss(targets, outputs))
            slope = inner.gradient(
                loss, self._weights, unconnected_gradients="zero"
            )
            along = tf.add_n(
                [
                    tf.reduce_sum(s * v)
                    for s, v in zip(slope, vector, strict=True)
                ]
            )
        return outer.gradient(
            along, self._weights, unconnected_gradients="zero"
        )

    def product(self, vector):
        """Hessian times vector: a list, shaped like the weights."""
        total = [tf.zeros_like(w) for w in self._weights]
        for images, targets in self._batches:
            part = self._product(images, targets, vector)
            total = [t + p for t, p in zip(total, part, strict=True)]
        return [t / self._count for t in total]

    def random(self, seed, signs=False):
        """A vector of normal numbers, or of signs, keyed by (seed, weight)."""
        found = []
        for i, weight in enumerate(self._weights):
            rng = np.random.default_rng([*seed, i])
            shape = tuple(weight.shape)
            drawn = rng.normal(size=shape)
            if signs:
                drawn = rng.integers(0, 2, shape) * 2.0 - 1.0
            found.append(tf.constant(drawn, weight.dtype))
        return found


def largest_eigenvalue(
    curvature, *, seed=0, most=100, tolerance=1e-3, progress=lambda d, t: None
) -> dict:
    """The eigenvalue of largest size, by power iteration.

    Args:
        curvature: A `Curvature`.
        seed: Of the first vector.
        most: Iterations at most.
        tolerance: Relative change of the eigenvalue to stop at.
        progress: Called with iterations done and at most.

    Returns:
        "value", "iterations", "converged".
    """
    vector = _unit(curvature.random((seed, 0)))
    value = None
    for iteration in range(1, most + 1):
        image = curvature.product(vector)
        before, value = value, float(_dot(vector, image))
        progress(iteration, most)
        if before is not None and (
            abs(value - before) <= tolerance * max(abs(value), 1e-12)
        ):
            return {"value": value, "iterations": iteration, "converged": True}
        vector = _unit(image)
    return {"value": value, "iterations": most, "converged": False}


def trace(curvature, *, samples=30, seed=0, progress=lambda d, t: None) -> dict:
    """The trace by Hutchinson's estimator with random signs.

    Returns:
        "value", "standard_error" over the samples, "samples".
    """
    found = []
    for i in range(samples):
        signs = curvature.random((seed, 1, i), signs=True)
        found.append(float(_dot(signs, curvature.product(signs))))
        progress(i + 1, samples)
    error = np.std(found, ddof=1) / np.sqrt(samples) if samples > 1 else None
    return {
        "value": float(np.mean(found)),
        "standard_error": None if error is None else float(error),
        "samples": samples,
    }


def _dot(a, b):
    return tf.add_n([tf.reduce_sum(x * y) for x, y in zip(a, b, strict=True)])


def _unit(vector):
    length = tf.sqrt(_dot(vector, vector))
    return [x / tf.maximum(length, 1e-30) for x in vector]
