"""Record norms of gradients and weights inside the train step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from seal_tf.backends import get_backend
from seal_tf.training.global_norm import global_norm

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
        replicas: Number of replicas whose losses Keras averages.

    Attributes:
        values: The variable of the record: the step, then each norm.
    """

    def __init__(
        self, every: int, groups: Sequence[str], replicas: int = 1
    ) -> None:
        self._every = every
        self._replicas = replicas
        self._names = [
            f"{kind}/{group}"
            for kind in ("gradient", "weight")
            for group in groups
        ]
        self._group_count = len(groups)
        self.values = keras.Variable(
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
        step: Any,
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

        scale = ops.cast(optimizer.scale_loss(ops.ones(())), "float32")

        def compute() -> Any:
            gradient_norms = [
                # Keras divides the loss of each replica by their number.
                norm if norm is NO_NORM else self._replicas * norm / scale
                for norm in by_group(gradients)
            ]
            return ops.stack(
                [
                    ops.cast(value, "float32")
                    for value in (step, *gradient_norms, *by_group(values))
                ]
            )

        is_due = ops.equal(step % self._every, 0)
        self.values.assign(ops.cond(is_due, compute, lambda: self.values.value))

    def clear(self) -> None:
        """Discard the record, at the start of an epoch."""
        self.values.assign(np.full(self.values.shape, NO_NORM, "float32"))

    def read(self) -> tuple[int, dict[str, float]]:
        """Return the latest record.

        Returns:
            (step of the epoch, norms by name); the step is -1 before the
            first record of the epoch.
        """
        step, *norms = keras.ops.convert_to_numpy(self.values)
        return int(step), {
            name: float(norm)
            for name, norm in zip(self._names, norms, strict=True)
            if norm != NO_NORM
        }


def _norm(tensors: Sequence[Any]) -> Any:
    to_dense = get_backend().to_dense
    present = [to_dense(t) for t in tensors if t is not None]
    return global_norm(present) if present else NO_NORM
