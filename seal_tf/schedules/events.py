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
class UpdateTeacher:
    """Make the network as it is now the teacher of the next epochs.

    Args:
        ensemble: Whether it joins the earlier teachers instead of replacing
            them.
    """

    ensemble: bool
    priority: ClassVar[int] = 1

    def __str__(self) -> str:
        return "network " + (
            "joins the teachers" if self.ensemble else "becomes the teacher"
        )


@dataclasses.dataclass(frozen=True)
class AverageWeights:
    """Add the weights as they are now to the average of the run.

    Args:
        restart: Whether the average starts again with these weights.
    """

    restart: bool
    priority: ClassVar[int] = 2

    def __str__(self) -> str:
        return "average of weights " + (
            "started" if self.restart else "updated"
        )


@dataclasses.dataclass(frozen=True)
class ResetOptimizer:
    """Reset every optimizer slot to its initial value."""

    priority: ClassVar[int] = 3

    def __str__(self) -> str:
        return "optimizer reset"


@dataclasses.dataclass(frozen=True)
class ShrinkAndPerturb:
    """Set weights to shrink * weight + perturb * fresh initial value.

    Args:
        generation: Generation number; part of the random seed, together with
            `seed` and the weight.
        groups: For each layer group of the run, whether it changes.
        shrink: Factor of the weights.
        perturb: Factor of the fresh initial values.
        seed: Seed of the run.
    """

    generation: int
    groups: tuple[bool, ...]
    shrink: float
    perturb: float
    seed: int
    priority: ClassVar[int] = 4

    def __str__(self) -> str:
        return (
            f"weights of {sum(self.groups)} group(s) set to {self.shrink:g} "
            f"times themselves plus {self.perturb:g} times a fresh draw"
        )


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
        kept_fraction: Fraction of the channels of each kernel that stays.
            Defaults to 0: the whole kernel gets new values.
        rescale: Whether the kernels of the other groups get the norm of
            their initial values. Defaults to False.
    """

    generation: int
    groups: tuple[bool, ...]
    reinit: str
    seed: int
    kept_fraction: float = 0.0
    rescale: bool = False
    priority: ClassVar[int] = 5

    def __str__(self) -> str:
        text = f"kernels of {sum(self.groups)} group(s) reinitialized"
        if self.kept_fraction:
            text += (
                f", but not their first {self.kept_fraction:.0%} of channels"
            )
        if self.rescale:
            text += "; the others get the norm of their initial values"
        return text


Event = (
    SaveSnapshot
    | UpdateTeacher
    | AverageWeights
    | ResetOptimizer
    | ShrinkAndPerturb
    | Reinitialize
)
