"""Compute the curvature of the loss with respect to the weights.

The largest eigenvalue of the Hessian comes from power iteration, its trace
from Hutchinson's estimator. Both are of the mean loss over a batch, with
respect to all trainable weights, with batch normalization in inference mode.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seal_tf.utils.progress import ProgressCallback, ignore_progress

#: Maps (targets, outputs) to the loss of each example.
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
#: Tensors with the shapes of the weights.
WeightVector = list[tf.Tensor]


def to_float32(model: keras.Model) -> keras.Model:
    """Return the same network with float32 computation.

    Second derivatives in half precision are mostly rounding error.

    Args:
        model: A Keras model, which is returned if it has no half precision.
    """
    original = json.dumps(keras.saving.serialize_keras_object(model))
    config = re.sub('"(mixed_)?b?float16"', '"float32"', original)
    if config == original:
        return model
    copy = keras.saving.deserialize_keras_object(json.loads(config))
    copy.set_weights(model.get_weights())
    return copy


def cross_entropy(from_logits: bool) -> Loss:
    """Return the cross-entropy of each example.

    Args:
        from_logits: Whether the outputs are logits, not probabilities.
    """
    return lambda targets, outputs: keras.losses.categorical_crossentropy(
        targets, outputs, from_logits=from_logits
    )


class Curvature:
    """Products of the Hessian with vectors.

    Args:
        model: A Keras model in float32.
        images: [examples, …], as the model expects them.
        targets: [examples, classes], one-hot or smoothed.
        batch_size: Examples in a batch; the products are summed over all
            batches.
        loss: Function of (targets, outputs) to the loss of each example.
            None takes the cross-entropy of logits.
    """

    def __init__(
        self,
        model: keras.Model,
        images: np.ndarray | tf.Tensor,
        targets: np.ndarray | tf.Tensor,
        batch_size: int = 64,
        loss: Loss | None = None,
    ) -> None:
        self._model = model
        self._batches = [
            (images[i : i + batch_size], targets[i : i + batch_size])
            for i in range(0, len(images), batch_size)
        ]
        self._count = len(images)
        self._loss = loss or cross_entropy(from_logits=True)
        self._weights = [v.value for v in model.trainable_variables]
        self._batch_product = tf.function(
            self._compute_batch_product, reduce_retracing=True
        )

    def _compute_batch_product(
        self, images: tf.Tensor, targets: tf.Tensor, vector: WeightVector
    ) -> WeightVector:
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                outputs = self._model(images, training=False)
                loss = tf.reduce_sum(self._loss(targets, outputs))
            gradient = inner.gradient(
                loss, self._weights, unconnected_gradients="zero"
            )
            derivative = tf.add_n(
                [
                    tf.reduce_sum(g * v)
                    for g, v in zip(gradient, vector, strict=True)
                ]
            )
        return outer.gradient(
            derivative, self._weights, unconnected_gradients="zero"
        )

    def product(self, vector: WeightVector) -> WeightVector:
        """Return the Hessian times a vector.

        Args:
            vector: Tensors with the shapes of the weights.
        """
        result = [tf.zeros_like(w) for w in self._weights]
        for images, targets in self._batches:
            part = self._batch_product(images, targets, vector)
            result = [r + p for r, p in zip(result, part, strict=True)]
        return [r / self._count for r in result]

    def random_vector(
        self, seed: tuple[int, ...], signs: bool = False
    ) -> WeightVector:
        """Sample a vector, as a function of (seed, weight).

        Args:
            seed: Integers.
            signs: Whether to sample -1 and 1, not normal numbers.
        """
        vector = []
        for i, weight in enumerate(self._weights):
            rng = np.random.default_rng([*seed, i])
            shape = tuple(weight.shape)
            # The signs follow the normal numbers in the random stream, so
            # that results stay comparable with earlier ones.
            sample = np.asarray(rng.normal(size=shape), np.float64)
            if signs:
                sample = rng.integers(0, 2, shape) * np.float64(2.0) - 1.0
            vector.append(tf.constant(sample, weight.dtype))
        return vector


def largest_eigenvalue(
    curvature: Curvature,
    *,
    seed: int = 0,
    max_iterations: int = 100,
    tolerance: float = 1e-3,
    progress: ProgressCallback = ignore_progress,
) -> dict[str, Any]:
    """Compute the eigenvalue of largest magnitude by power iteration.

    Args:
        curvature: The Hessian.
        seed: Seed of the first vector.
        max_iterations: Largest number of iterations.
        tolerance: Relative change of the eigenvalue at which to stop.
        progress: Called with the number of completed iterations and
            `max_iterations`.

    Returns:
        "value", "iterations", "converged".
    """
    vector = _normalize(curvature.random_vector((seed, 0)))
    value = None
    for iteration in range(1, max_iterations + 1):
        product = curvature.product(vector)
        previous, value = value, float(_dot(vector, product))
        progress(iteration, max_iterations)
        if previous is not None and (
            abs(value - previous) <= tolerance * max(abs(value), 1e-12)
        ):
            return {"value": value, "iterations": iteration, "converged": True}
        vector = _normalize(product)
    return {"value": value, "iterations": max_iterations, "converged": False}


def hessian_trace(
    curvature: Curvature,
    *,
    samples: int = 30,
    seed: int = 0,
    progress: ProgressCallback = ignore_progress,
) -> dict[str, Any]:
    """Estimate the trace by Hutchinson's estimator with random signs.

    Args:
        curvature: The Hessian.
        samples: Number of random vectors.
        seed: Seed of the vectors.
        progress: Called with the number of completed samples and of all
            samples.

    Returns:
        "value", "standard_error" over the samples (None for one sample),
        "samples".
    """
    values = []
    for i in range(samples):
        signs = curvature.random_vector((seed, 1, i), signs=True)
        values.append(float(_dot(signs, curvature.product(signs))))
        progress(i + 1, samples)
    error = np.std(values, ddof=1) / np.sqrt(samples) if samples > 1 else None
    return {
        "value": float(np.mean(values)),
        "standard_error": None if error is None else float(error),
        "samples": samples,
    }


def _dot(a: WeightVector, b: WeightVector) -> tf.Tensor:
    return tf.add_n([tf.reduce_sum(x * y) for x, y in zip(a, b, strict=True)])


def _normalize(vector: WeightVector) -> WeightVector:
    length = tf.sqrt(_dot(vector, vector))
    return [x / tf.maximum(length, 1e-30) for x in vector]
