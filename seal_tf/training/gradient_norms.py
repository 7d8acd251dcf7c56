"""Record norms of gradients and weights inside the train step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

#: Value of a norm that does not exist.
NO_NORM = -1.0


class GradientNorms:
    """Euclidean norms over all variables of each layer group, in float32.

    The step records the norms of the gradients of the loss (without loss
    scaling, before sign and L2) and of the trained weights before the update.
    A frozen group has no norms. With several replicas, the gradients are
    those of the first replica, as if its images were the whole batch.

    Args:
        every: Steps between two records; the first step of an epoch is one.
        groups: Names of the layer groups.
    """

    def __init__(self, every: int, groups: Sequence[str]) -> None:
        self._every = every
        self._names = [
            f"{kind}/{group}"
            for kind in ("gradient", "weight")
            for group in groups
        ]
        self._group_count = len(groups)
        self._values = keras.Variable(
            np.full(1 + len(self._names), NO_NORM, "float32"),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="seal_norms",
        )

    def record(
        self,
        gradients: Sequence[Any],
        variables: Sequence[Any],
        groups: Sequence[int],
        step: tf.Tensor,
        optimizer: Any,
    ) -> None:
        """Record the norms, if this step is due; part of the train step.

        Args:
            gradients: One gradient, or None, for each variable.
            variables: The variables.
            groups: For each variable, the index of its group.
            step: Scalar integer tensor, the step of the epoch.
            optimizer: The optimizer, which has scaled the loss.
        """
        values = [variable.value for variable in variables]

        def by_group(tensors: Sequence[Any]) -> list[Any]:
            pairs = list(zip(tensors, groups, strict=True))
            return [
                _norm([tensor for tensor, g in pairs if g == group])
                for group in range(self._group_count)
            ]

        scale = tf.cast(optimizer.scale_loss(tf.ones(())), tf.float32)
        # Keras divides the loss of each replica by the number of replicas.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync

        def compute() -> tf.Tensor:
            gradient_norms = [
                norm if norm is NO_NORM else replicas * norm / scale
                for norm in by_group(gradients)
            ]
            return tf.stack(
                [
                    tf.cast(step, tf.float32),
                    *gradient_norms,
                    *by_group(values),
                ]
            )

        is_due = tf.equal(step % self._every, 0)
        self._values.assign(
            tf.cond(is_due, compute, lambda: self._values.value)
        )

    def clear(self) -> None:
        """Discard the record, at the start of an epoch."""
        self._values.assign(np.full(self._values.shape, NO_NORM, "float32"))

    def read(self) -> tuple[int, dict[str, float]]:
        """Return the latest record.

        Returns:
            (step of the epoch, norms by name); the step is -1 before the
            first record of the epoch.
        """
        step, *norms = keras.ops.convert_to_numpy(self._values)
        return int(step), {
            name: float(norm)
            for name, norm in zip(self._names, norms, strict=True)
            if norm != NO_NORM
        }


def _norm(tensors: Sequence[Any]) -> Any:
    present = [t for t in tensors if t is not None]
    if not present:
        return NO_NORM
    return tf.linalg.global_norm([_float32(t) for t in present])


def _float32(tensor: Any) -> tf.Tensor:
    if isinstance(tensor, tf.IndexedSlices):
        # The gradient of an embedding may have the same row several times.
        tensor = tf.convert_to_tensor(tensor)
    return tf.cast(tensor, tf.float32)
