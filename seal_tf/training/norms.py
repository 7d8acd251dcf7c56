"""Norms of gradients and weights, measured inside the step now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class Norms:
    """Euclidean norms over all variables of a group of layers.

    Of the gradients of the loss (without the loss scale of half precision,
    and before any sign or L2), and of the weights that are trained, before
    the step is taken. In float32. A group that is frozen has neither.
    Of several replicas the first one's gradients are measured.

    Args:
        every: Rhythm in steps of an epoch; its first step always is one.
        groups: Names of the groups.
    """

    def __init__(self, every: int, groups: Sequence[str]) -> None:
        self._every = every
        self._names = [
            f"{what}/{group}"
            for what in ("gradient", "weight")
            for group in groups
        ]
        self._groups = range(len(groups))
        self._found = keras.Variable(
            np.full(1 + len(self._names), -1, "float32"),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="seal_norms",
        )

    def note(
        self,
        gradients: Sequence[Any],
        variables: Sequence[Any],
        step: int,
        group_of: Callable[[Any], int],
        optimizer: Any,
    ) -> None:
        """Part of the train step: measures, where the step is one.

        Args:
            gradients: One gradient (or None) for each variable.
            variables: The variables.
            step: Scalar integer tensor, the step of the epoch.
            group_of: Function of a variable: the index of its group.
            optimizer: Which has scaled the loss.
        """
        groups = [group_of(variable) for variable in variables]
        values = [variable.value for variable in variables]

        def by_group(tensors: Any) -> Any:
            pairs = list(zip(tensors, groups, strict=True))
            return [
                _norm([tensor for tensor, group in pairs if group == wanted])
                for wanted in self._groups
            ]

        scale = tf.cast(optimizer.scale_loss(tf.ones(())), tf.float32)

        def measure() -> Any:
            found = [norm / scale for norm in by_group(gradients)]
            return tf.stack(
                [tf.cast(step, tf.float32), *found, *by_group(values)]
            )

        due = tf.equal(step % self._every, 0)
        self._found.assign(tf.cond(due, measure, lambda: self._found.value))

    def clear(self) -> None:
        """As an epoch begins: nothing of it is measured yet."""
        self._found.assign(np.full(self._found.shape, -1, "float32"))

    def read(self) -> tuple[int, dict[str, float]] | None:
        """(step of the epoch, norms by name) measured last, if any."""
        step, *norms = keras.ops.convert_to_numpy(self._found)
        if step < 0:
            return None
        return int(step), dict(zip(self._names, map(float, norms), strict=True))


def _norm(tensors: Any) -> Any:
    tensors = [t for t in tensors if t is not None]
    if not tensors:
        return tf.zeros(())
    return tf.linalg.global_norm([_float32(t) for t in tensors])


def _float32(tensor: Any) -> Any:
    if isinstance(tensor, tf.IndexedSlices):
        # Of an embedding: rows that occur twice are one gradient.
        tensor = tf.convert_to_tensor(tensor)
    return tf.cast(tensor, tf.float32)
