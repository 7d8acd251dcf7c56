"""Gradients at perturbed weights: the second pass of SAM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf


class Perturbation:
    """Compute the gradients of one step at perturbed weights.

    The second pass leaves no trace: the statistics of BatchNormalization and
    the metrics are those of the first pass, as in the paper's code. Random
    states are set back between the passes, so dropout has the same mask in
    both. With several replicas, the perturbation is that of the gradient of
    the whole batch, as on one device.

    Create it before the first pass.

    Args:
        model: The compiled model.
        radius: Scalar tensor rho, the norm of the perturbation.
    """

    def __init__(self, model: keras.Model, radius: tf.Tensor) -> None:
        self._model = model
        self._radius = radius
        self._before = _save(model.non_trainable_variables)

    def gradients(
        self,
        gradients: Sequence[Any],
        variables: Sequence[Any],
        compute: Callable[[], Sequence[Any]],
    ) -> Sequence[Any]:
        """Return the gradients at the perturbed weights.

        Args:
            gradients: One gradient, or None, for each variable, at the
                weights themselves.
            variables: The trained variables. Their values are perturbed while
                `compute` runs, and the same afterwards.
            compute: Returns the gradients at the current weights.
        """
        after = _save(_state(self._model))
        _restore(self._before)
        pairs = [
            (variable, tf.convert_to_tensor(gradient))
            for variable, gradient in zip(variables, gradients, strict=True)
            if gradient is not None
        ]
        weights = _save([variable for variable, _ in pairs])
        directions = _unit_vector(_whole_batch([g for _, g in pairs]))
        for (variable, old), direction in zip(weights, directions, strict=True):
            radius = tf.cast(self._radius, direction.dtype)
            variable.assign(old + tf.cast(radius * direction, old.dtype))
        result = compute()
        _restore(weights)
        _restore(after)
        return result


def _state(model: keras.Model) -> list[Any]:
    """Every variable that a forward pass may change, once."""
    variables = [*model.non_trainable_variables, *model.metrics_variables]
    return list({id(v): v for v in variables}.values())


def _save(variables: Sequence[Any]) -> list[tuple[Any, tf.Tensor]]:
    return [(v, tf.identity(v.value)) for v in variables]


def _restore(values: Sequence[tuple[Any, tf.Tensor]]) -> None:
    for variable, value in values:
        variable.assign(value)


def _whole_batch(gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """The gradients of the loss of all replicas together."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return gradients
    # Keras divides the loss of each replica by the number of replicas.
    reduced: list[tf.Tensor] = context.all_reduce(
        tf.distribute.ReduceOp.SUM, gradients
    )
    return reduced


def _unit_vector(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Divide tensors by their norm as one vector; 0 stays 0.

    A common factor, such as a loss scale, has no effect.
    """
    wide = any(t.dtype == tf.float64 for t in tensors)
    dtype = tf.float64 if wide else tf.float32
    tensors = [tf.cast(t, dtype) for t in tensors]
    norm = tf.linalg.global_norm(tensors)
    return [tf.math.divide_no_nan(t, norm) for t in tensors]
