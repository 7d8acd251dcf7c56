"""Clip ascent updates to a fraction of the norm of a layer's weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from seal_tf.backends import get_backend
from seal_tf.training.global_norm import global_norm


class UpdateClipping:
    """Clip the update of each ascending layer.

    With w the trained weights of a layer as one vector, and d the update of
    its optimizer, d becomes d * min(1, clip * |w| / |d|). The update of a
    layer that does not ascend is unchanged (to rounding). LARS (arXiv
    1708.03888) scales by the same ratio; this clipping is not published. A
    moving average of the weights includes the update before clipping.

    Create it before the optimizer updates the weights.

    Args:
        layers: For each layer that may ascend: (group, its variables).
        clip: Scalar tensor: the largest |d| / |w|.
        signs: For each group, its sign at this step.
    """

    def __init__(
        self,
        layers: Sequence[tuple[int, Sequence[Any]]],
        clip: Any,
        signs: Sequence[Any],
    ) -> None:
        self._layers, self._clip, self._signs = layers, clip, signs
        copy = get_backend().copy
        self._before = [[copy(v) for v in variables] for _, variables in layers]

    def clip(self) -> None:
        """Clip the update that the optimizer has applied."""
        for (group, variables), before in zip(
            self._layers, self._before, strict=True
        ):
            updates = [
                v.value - old for v, old in zip(variables, before, strict=True)
            ]
            limit = self._clip * global_norm(before)
            length = global_norm(updates)
            factor = ops.where(
                ops.logical_and(self._signs[group] < 0, length > limit),
                limit / length,
                1.0,
            )
            for v, old, update in zip(variables, before, updates, strict=True):
                v.assign(old + ops.cast(factor, update.dtype) * update)
