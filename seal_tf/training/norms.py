"""Norms of gradients and weights, measured inside the step now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

#: In the place of a norm: there is none.
NONE = -1.0


class Norms:
    """Euclidean norms over all variables of a group of layers.

    Of the gradients of the loss (without the loss scale of half precision,
    and before any sign or L2), and of the weights that are trained, before
    the step is taken. In float32. Of a group that has neither, as it is
    frozen, nothing is said. Of several replicas the first one's gradients are
    measured, as if its images were all of the batch.

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
        # Keras has each replica's loss divided by their number.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync

        def measure() -> Any:
            found = [
                norm if norm is NONE else replicas * norm / scale
                for norm in by_group(gradients)
            ]
            return tf.stack(
                [tf.cast(step, tf.float32), *found, *by_group(values)]
            )

        due = tf.equal(step % self._every, 0)
        self._found.assign(tf.cond(due, measure, lambda: self._found.value))

    def clear(self) -> None:
        """As an epoch begins: nothing of it is measured yet."""
        self._found.assign(np.full(self._found.shape, -1, "float32"))

    def read(self) -> tuple[int, dict[str, float]]:
        """(step of the epoch, norms by name) measured last; -1: none yet."""
        step, *norms = keras.ops.convert_to_numpy(self._found)
        return int(step), {
            name: float(norm)
            for name, norm in zip(self._names, norms, strict=True)
            if norm != NONE
        }


def _norm(tensors: Any) -> Any:
    tensors = [t for t in tensors if t is not None]
    if not tensors:
        return NONE
    return tf.linalg.global_norm([_float32(t) for t in tensors])


def _float32(tensor: Any) -> Any:
    if isinstance(tensor, tf.IndexedSlices):
        # Of an embedding: rows that occur twice are one gradient.
        tensor = tf.convert_to_tensor(tensor)
    return tf.cast(tensor, tf.float32)
