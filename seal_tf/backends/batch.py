"""One batch of a train step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras


@dataclasses.dataclass
class Batch:
    """A batch, or the shard of it that one replica gets.

    Args:
        x: Inputs, in the structure that fit gets.
        y: Targets, in the structure that fit gets.
        weights: float32 [images], or None. Their mean with the losses is the
            loss of the whole batch, times the share of this replica.
        count: Number of images that the loss of this replica stands for.
        select_real: Function of a tensor that removes the rows of padding;
            None if there is no padding.
        is_real: float32 [images], 1 for images and 0 for padding, where rows
            cannot be removed; None elsewhere. It takes the place of the
            weights in `weighted_metrics`.
    """

    x: Any
    y: Any
    weights: Any
    count: Any
    select_real: Callable[[Any], Any] | None = None
    is_real: Any = None

    def real_images(self, *tensors: Any) -> Any:
        """Return the rows of each tensor that belong to real images."""
        select = self.select_real
        if select is None:
            return tensors
        return keras.tree.map_structure(
            lambda t: None if t is None else select(t), tensors
        )


def first_input(x: Any) -> Any:
    """Return the first tensor of the inputs."""
    return next(i for i in keras.tree.flatten(x) if i is not None)
