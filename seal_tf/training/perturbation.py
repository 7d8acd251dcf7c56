"""Gradients at perturbed weights: the second pass of SAM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from seal_tf.backends import get_backend
from seal_tf.training.global_norm import global_norm


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

    def __init__(self, model: keras.Model, radius: Any) -> None:
        self._model = model
        self._radius = radius
        self._before = _save(model.non_trainable_variables)
        self._random_before = get_backend().random_state()

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
        backend = get_backend()
        after, random_after = _save(_state(self._model)), backend.random_state()
        _restore(self._before)
        backend.set_random_state(self._random_before)
        pairs = [
            (variable, gradient)
            for variable, gradient in zip(variables, gradients, strict=True)
            if gradient is not None
        ]
        weights = _save([variable for variable, _ in pairs])
        perturbed = self.perturbed(
            [value for _, value in weights], [g for _, g in pairs]
        )
        for (variable, _), value in zip(weights, perturbed, strict=True):
            variable.assign(value)
        result = compute()
        _restore(weights)
        _restore(after)
        backend.set_random_state(random_after)
        return result

    def perturbed(
        self, weights: Sequence[Any], gradients: Sequence[Any]
    ) -> list[Any]:
        """Return weights + rho * g / |g|, with g the gradients as one vector.

        A common factor of the gradients, such as a loss scale, has no effect.

        Args:
            weights: Values of the weights.
            gradients: One gradient for each weight.
        """
        backend = get_backend()
        # Keras divides the loss of each replica by the number of replicas.
        directions = _unit_vector(
            backend.sum_over_replicas([backend.to_dense(g) for g in gradients])
        )
        return [
            old
            + ops.cast(
                ops.cast(self._radius, direction.dtype) * direction, old.dtype
            )
            for old, direction in zip(weights, directions, strict=True)
        ]


def _state(model: keras.Model) -> list[Any]:
    """Every variable that a forward pass may change, once."""
    variables = [*model.non_trainable_variables, *model.metrics_variables]
    return list({id(v): v for v in variables}.values())


def _save(variables: Sequence[Any]) -> list[tuple[Any, Any]]:
    return [(v, get_backend().copy(v)) for v in variables]


def _restore(values: Sequence[tuple[Any, Any]]) -> None:
    for variable, value in values:
        variable.assign(value)


def _unit_vector(tensors: Sequence[Any]) -> list[Any]:
    """Divide tensors by their norm as one vector; 0 stays 0."""
    wide = any(
        keras.backend.standardize_dtype(t.dtype) == "float64" for t in tensors
    )
    dtype = "float64" if wide else "float32"
    norm = global_norm(tensors, dtype)
    return [ops.divide_no_nan(ops.cast(t, dtype), norm) for t in tensors]
