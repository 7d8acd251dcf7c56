"""The plan of one epoch, and the facts about a run that it depends on.

Every method makes the same statement with other numbers: at this step of this
epoch, each group of layers takes a step of this sign and size with this much
of its weight decay, and at these moments an event happens.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from seal_tf.schedules.events import Event


@dataclasses.dataclass(frozen=True)
class LayerFacts:
    """Facts about a layer that a schedule of single layers needs.

    Args:
        path: Its name, after those of the models around it, joined by "/".
        depth: Number of blocks (stages, layers) before its own.
    """

    path: str
    depth: int


@dataclasses.dataclass(frozen=True)
class Run:
    """Facts about a run that a schedule needs for its plan.

    Args:
        epochs: Number of epochs of the whole run.
        groups: Names of the layer groups, in forward order.
        early: For each group, whether its layers are early layers.
        steps: Training steps per epoch, or None if unknown. Only schedules
            that change within an epoch need it.
        layers: The layers with weights, group by group; empty unless the
            schedule has a `layer_depth`.
    """

    epochs: int
    groups: tuple[str, ...] = ("all layers",)
    early: tuple[bool, ...] = (False,)
    steps: int | None = None
    layers: tuple[LayerFacts, ...] = ()

    def __post_init__(self) -> None:
        if len(self.groups) != len(self.early):
            raise ValueError(
                "Argument `early` must have one entry for each group. "
                f"Received: groups={self.groups}, early={self.early}"
            )

    def require_steps(self) -> int:
        """Return the training steps per epoch.

        Raises:
            ValueError: If the number of steps is unknown.
        """
        if self.steps is None:
            raise ValueError(
                "This schedule changes within an epoch and needs the number "
                "of steps per epoch: pass `steps_per_epoch` to fit."
            )
        return self.steps

    def full_row(self, value: float, dtype: Any = np.float32) -> np.ndarray:
        """Return an array of shape [1, groups] filled with `value`."""
        return np.full((1, len(self.groups)), value, dtype)


@dataclasses.dataclass(frozen=True)
class Distillation:
    """The loss of a network that has teachers; see `Distill`.

    Args:
        alpha: Weight of the teachers, above 0 and at most 1.
        temperature: Temperature of the softmaxes.
        teachers: Number of teachers, each of which costs a forward pass.
    """

    alpha: float
    temperature: float
    teachers: int

    def __str__(self) -> str:
        return (
            f"distilled from {self.teachers} network(s) with alpha "
            f"{self.alpha:g} and temperature {self.temperature:g}"
        )


@dataclasses.dataclass(frozen=True)
class EpochPlan:
    """What happens in one epoch.

    Arrays have one row for each step, or a single row for the whole epoch.
    Columns are the layer groups in forward order.

    Args:
        epoch: Epoch of the run, from 0.
        generation: Generation, from 0.
        epoch_in_generation: Epoch within the generation, from 0.
        epochs_per_generation: Number of epochs of this generation.
        generations: Number of generations of the run.
        phase: Name of the phase: "ascent", "descent" or "annealing".
        phase_epoch: Epoch within this phase, from 0.
        phase_epochs: Number of epochs of this phase.
        scale: float32 [rows, groups]. Learning rate of a group as a fraction
            of the base rate, at least 0. With 0 the group does not move.
        sign: int8 [rows, groups]. +1 for descent, -1 for ascent.
        l2: float32 [rows, groups]. Factor of the optimizer's own L2 or
            weight decay for a group, at least 0.
        base_rate: float32 [rows], or None if the optimizer's own learning
            rate applies.
        peak_rate: The base rate from which the method computes `base_rate`,
            or None.
        layer_scale: float32 [layers]. Factor of the learning rate of each
            layer of `Run.layers`, at least 0, in addition to `scale`. None if
            all are 1.
        frozen: Number of groups, from the first, outside the backward pass:
            no step, no decay, BatchNormalization in inference mode.
        retain: Fraction of the training accuracy above chance that this
            ascent should retain at its end. The scale of ascending groups is
            then multiplied by a searched S (`seal_tf.ascent_scale`). None if
            S is part of `scale`.
        update_clip: Largest update of an ascending layer in one step, as a
            fraction of the norm of its weights. None for no clipping.
        distill: Teachers and their weight in the loss; None without any.
        perturbation: Radius of the perturbation of the weights at which the
            gradients are computed, in a second pass. None for no second pass.
        before: Events at the start of the epoch.
        after: Events at the end of the epoch.
    """

    epoch: int
    generation: int
    epoch_in_generation: int
    epochs_per_generation: int
    generations: int
    phase: str
    phase_epoch: int
    phase_epochs: int
    scale: np.ndarray
    sign: np.ndarray
    l2: np.ndarray
    base_rate: np.ndarray | None = None
    peak_rate: float | None = None
    layer_scale: np.ndarray | None = None
    frozen: int = 0
    retain: float | None = None
    update_clip: float | None = None
    distill: Distillation | None = None
    perturbation: float | None = None
    before: tuple[Event, ...] = ()
    after: tuple[Event, ...] = ()

    @property
    def ascends(self) -> bool:
        """Whether any group ascends at any step of this epoch."""
        return bool((self.sign < 0).any())

    @property
    def last_of_generation(self) -> bool:
        """Whether this is the last epoch of its generation."""
        return self.epoch_in_generation + 1 == self.epochs_per_generation

    def rates(self, base: float | None = None) -> np.ndarray:
        """Return the signed learning rate of each group at each step.

        Args:
            base: Base learning rate, for a plan without its own.

        Returns:
            float array [rows, groups].

        Raises:
            ValueError: If neither the plan nor `base` gives a base rate.
        """
        if self.base_rate is not None:
            return self.base_rate[:, None] * self.scale * self.sign
        if base is None:
            raise ValueError(
                "Argument `base` is required: this plan has no base rate."
            )
        return base * self.scale * self.sign

    def compose_with(
        self,
        scale: Any = 1,
        sign: Any = 1,
        l2: Any = 1,
        before: Iterable[Event] = (),
        after: Iterable[Event] = (),
        **fields: Any,
    ) -> EpochPlan:
        """Return this plan with another method applied on top.

        Scales, signs and decay fractions multiply. The events of both happen
        once each, ordered by priority. Other fields are replaced.

        Args:
            scale: Factor of `scale`; a number or an array [rows, groups].
            sign: Factor of `sign`; a number or an array [rows, groups].
            l2: Factor of `l2`; a number or an array [rows, groups].
            before: Further events at the start of the epoch.
            after: Further events at the end of the epoch.
            **fields: New values of other fields.
        """
        return dataclasses.replace(
            self,
            scale=(self.scale * scale).astype(np.float32),
            sign=(self.sign * sign).astype(np.int8),
            l2=(self.l2 * l2).astype(np.float32),
            before=_merge(self.before, before),
            after=_merge(self.after, after),
            **fields,
        )

    def title(self) -> str:
        """Return a one-line title: 'generation 2/4 · ascent 3/10'."""
        return (
            f"generation {self.generation + 1}/{self.generations} · "
            f"{self.phase} {self.phase_epoch + 1}/{self.phase_epochs}"
        )


def _merge(
    events: Iterable[Event], others: Iterable[Event]
) -> tuple[Event, ...]:
    return tuple(sorted({*events, *others}, key=lambda e: e.priority))
