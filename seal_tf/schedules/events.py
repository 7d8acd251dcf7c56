"""Events at the boundaries of epochs.

An event is data: it says what happens. `seal_tf.training.events` executes it.
Several events at one boundary run in ascending order of `priority`.
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar


@dataclasses.dataclass(frozen=True)
class SaveSnapshot:
    """Save the model as it is now.

    Args:
        number: Index of the snapshot in the run, from 0.
    """

    number: int
    priority: ClassVar[int] = 0

    def __str__(self) -> str:
        return f"snapshot {self.number + 1} saved"


@dataclasses.dataclass(frozen=True)
class ResetOptimizer:
    """Reset every optimizer slot to its initial value."""

    priority: ClassVar[int] = 1

    def __str__(self) -> str:
        return "optimizer reset"


@dataclasses.dataclass(frozen=True)
class Reinitialize:
    """Reinitialize the convolution and dense kernels of some layer groups.

    Args:
        generation: Generation number; part of the random seed, together with
            `seed` and the layer.
        groups: For each layer group of the run, whether it is reinitialized.
        reinit: Distribution of the new kernels: "reference" (uniform in
            ±1/sqrt(fan_in)) or "initializer" (the layer's own initializer).
        seed: Seed of the run.
    """

    generation: int
    groups: tuple[bool, ...]
    reinit: str
    seed: int
    priority: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"kernels of {sum(self.groups)} group(s) reinitialized"


Event = SaveSnapshot | ResetOptimizer | Reinitialize
